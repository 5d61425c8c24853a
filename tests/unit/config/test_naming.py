"""What monitors of DNS say: what it means, and each mistake with its place, code and mend."""

# ruff: noqa: E501 - a case a line: the tables are read down their columns

from datetime import timedelta

import dns.name
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.config.files import (
    LOCATIONS,
    assert_refused,
    faults,
    marked,
    only,
    watching,
)
from tocsin.config import questions, servers
from tocsin.config.fault import MistakeError, Place, Severity
from tocsin.domain.questions import Dnssec, DnsTarget, ResolverTarget, ZoneTarget
from tocsin.domain.target import Family, Tls, TlsVersion

DIGEST = 64 * "0"
LONG = ".".join(["a" * 61] * 4)
"""A name of 247 characters: six more are left."""

QUESTIONS = [
    pytest.param("{dns: {name: »''}}", "bad_dns_name", "letters, digits", id="no name"),
    pytest.param("{dns: {name: »'*'}}", "bad_dns_name", "letters, digits", id="a wildcard of nothing"),
    pytest.param("{dns: {name: »'a*.example.com'}}", "bad_dns_name", "letters, digits", id="half a wildcard"),
    pytest.param("{dns: {name: »a.*.example.com}}", "bad_dns_name", "letters, digits", id="a wildcard within"),
    pytest.param("{dns: {name: »'@'}}", "bad_dns_name", "letters, digits", id="a zone file's own name"),
    pytest.param("{dns: {name: »'a b.example.com'}}", "bad_dns_name", "letters, digits", id="a space"),
    pytest.param("{dns: {name: »'a\\.b.example.com'}}", "bad_dns_name", "letters, digits", id="an escaped dot"),
    pytest.param("{dns: {name: »'a\\046b.example.com'}}", "bad_dns_name", "letters, digits", id="an escape in digits"),
    pytest.param("{dns: {name: »a/b.example.com}}", "bad_dns_name", "letters, digits", id="a slash between words"),
    pytest.param("{dns: {name: »" + "a" * 64 + ".example.com}}", "bad_dns_name", "at most 63", id="a label of 64"),
    pytest.param("{dns: {name: »" + LONG + ".abcdef}}", "bad_dns_name", "at most 253", id="a name of 254"),
    pytest.param("{dns: {name: »'*." + LONG + ".abcd'}}", "bad_dns_name", "at most 253", id="the same with a wildcard"),
    pytest.param("{dns: {name: »'https://a.example.com/'}}", "bad_dns_name", "Write a.example.com", id="a URL"),
    pytest.param("{dns: {name: »bücher.example}}", "bad_dns_name", "xn--bcher-kva.example", id="a name beyond ASCII"),
    pytest.param("{dns: {name: »straße.example}}", "bad_dns_name", "xn--strae-oqa.example", id="a letter that was two in 2003"),
    pytest.param("{dns: {name: »" + "ü" * 70 + ".example}}", "bad_dns_name", "xn--…", id="a name that has no ASCII form"),
    pytest.param("{dns: {name: »'2001:db8::1'}}", "bad_dns_name", "8.b.d.0.1.0.0.2.ip6.arpa", id="an address of IPv6"),
    pytest.param("{dns: {name: a.example.com, type: »mx}}", "unknown_type", "Write MX", id="a type in small letters"),
    pytest.param("{dns: {name: a.example.com, type: »AXFR}}", "unknown_type", "such as A", id="a transfer"),
    pytest.param("{dns: {name: a.example.com, type: »TYPE255}}", "unknown_type", "such as A", id="any type, by its number"),
    pytest.param("{dns: {name: a.example.com, type: »TYPE65536}}", "unknown_type", "such as A", id="a number over 16 bits"),
    pytest.param("{dns: {name: a.example.com, class: »CHAOS}}", "unknown_class", "Write CH", id="a class by its long name"),
    pytest.param("{dns: {name: a.example.com, class: »in}}", "unknown_class", "Write IN", id="a class in small letters"),
    pytest.param("{dns: {name: a.example.com, class: »ANY}}", "unknown_class", "IN, CH or HS", id="a class that is none"),
    pytest.param("{dns: {name: a.example.com, edns: »511}}", "bad_number", "from 512 to 4096", id="less than every server sends"),
    pytest.param("{dns: {name: a.example.com, edns: »" + "9" * 400 + "}}", "bad_number", "from 512 to 4096", id="a giant number"),
    pytest.param("{dns: {name: a.example.com, recursive: »no}}", "bad_flag", "true or false", id="YAML 1.1's false"),
    pytest.param("{dns: {name: a.example.com, recursive: »false}}", "no_server", "resolver: address", id="no recursion at one's own resolver"),
    pytest.param("{dns: {name: a.example.com, »server: 8.8.8.8}}", "unknown_key", "Write resolver", id="another word for the resolver"),
    pytest.param("{dns: {name: a.example.com}, »resolver: 8.8.8.8}", "unknown_key", "`dns: {resolver: …}`", id="a resolver beside the question"),
    pytest.param("{dns: {name: a.example.com}, »aa: true}", "unknown_key", "`expect: {aa: …}`", id="an expectation beside the question"),
    pytest.param("{dns: {name: a.example.com}, »zone: a.example.com}", "two_kinds", "two monitors", id="a question and a zone"),
]  # fmt: skip
EXPECTATIONS = [
    pytest.param("{rcode: »nxdomain}", "unknown_rcode", "Write NXDOMAIN", id="a code in small letters"),
    pytest.param("{rcode: »BADVERS}", "unknown_rcode", "NOERROR, FORMERR", id="a code that is never expected"),
    pytest.param("{rcode: »NXDOMAIN, matches: x}", "no_records", "or `matches`", id="a pattern for no record"),
    pytest.param("{rcode: »NXDOMAIN, count: 1, one_of: [192.0.2.1]}", "no_records", "`one_of` and `count`", id="a number of no records"),
    pytest.param("{equals: [192.0.2.1, »192.0.2.300]}", "bad_record", "192.0.2.1", id="one of several records"),
    pytest.param("{equals: »192.0.2.1}", "wrong_type", "[192.0.2.1]", id="a record for a list"),
    pytest.param("{equals: »[], contains: [192.0.2.1]}", "no_records", "Remove `equals`, or `contains`", id="no record, and some"),
    pytest.param("{equals: »[192.0.2.1, 192.0.2.1]}", "named_twice", "Remove one", id="a record twice"),
    pytest.param("{none_of: »[]}", "empty_list", "remove the key", id="none of none"),
    pytest.param("{equals: [192.0.2.1], »one_of: [192.0.2.1]}", "two_expectations", "Remove one", id="all of them, and one of them"),
    pytest.param("{equals: [192.0.2.1], »matches: x}", "two_expectations", "Remove one", id="all of them, and a pattern"),
    pytest.param("{equals: [192.0.2.1], »count: 1}", "two_expectations", "Remove one", id="all of them, and their number"),
    pytest.param("{equals: [192.0.2.1], count: »2}", "never_met", "Remove `count`", id="all of them, and another number"),
    pytest.param("{equals: [192.0.2.1], count: »{min: 2}}", "never_met", "Remove `count`", id="all of them, and more"),
    pytest.param("{one_of: [192.0.2.1], none_of: [»192.0.2.1]}", "never_met", "Remove it from one", id="wanted and not wanted"),
    pytest.param("{contains: [192.0.2.1], none_of: [192.0.2.2, »192.0.2.1]}", "never_met", "Remove it from one", id="needed and not wanted"),
    pytest.param("{one_of: [192.0.2.1], contains: [»192.0.2.2]}", "never_met", "Remove it from one", id="needed and not allowed"),
    pytest.param("{contains: [192.0.2.1, 192.0.2.2], count: »1}", "never_met", "Change one", id="more needed than there may be"),
    pytest.param("{one_of: [192.0.2.1], count: »{min: 2}}", "never_met", "Change one", id="fewer allowed than there must be"),
    pytest.param("{count: »0, matches: x}", "no_records", "Remove `count`, or `matches`", id="a pattern for none"),
    pytest.param("{count: »1-4}", "bad_count", "`{min: 1, max: 4}`", id="bounds as a range"),
    pytest.param("{count: »{}}", "bad_count", "`{min: 1, max: 4}`", id="bounds that are none"),
    pytest.param("{count: »{min: 4, max: 1}}", "bad_count", "the other way round", id="bounds in no order"),
    pytest.param("{count: {»mn: 4, max: 1}}", "unknown_key", "Write min", id="a misspelt bound"),
    pytest.param("{count: »513}", "bad_number", "from 0 to 512", id="more than are looked at"),
    pytest.param("{count: »[1, 4]}", "wrong_type", "Write one value", id="bounds as a list"),
    pytest.param("{matches: »'('}", "bad_pattern", "escape with a backslash", id="a pattern that is none"),
    pytest.param("{matches: »" + "a" * 1001 + "}", "too_long", "at most 1,000", id="a pattern over the most"),
    pytest.param("{ttl_at_least: »300}", "bad_duration", "300s or 300m", id="a TTL as a zone file has it"),
    pytest.param("{ttl_at_least: »500ms}", "bad_ttl", "Write 1s or more", id="half a second"),
    pytest.param("{ttl_at_least: »8d}", "bad_ttl", "Write 7d or less", id="more than a week"),
    pytest.param("{aa: »true}", "no_server", "resolver: address", id="authority of one's own resolver"),
    pytest.param("{dnssec: »auto}", "bad_dnssec", "valid or off", id="a zone's word"),
    pytest.param("{dnssec: »vlaid}", "bad_dnssec", "Write valid", id="a misspelt word"),
    pytest.param("{dnssec: »valid, rcode: SERVFAIL}", "no_validation", "or `rcode`", id="a refusal that is signed"),
    pytest.param("{»anchors: ['. DS 1 13 2 " + DIGEST + "']}", "no_validation", "`dnssec: valid`", id="anchors of nothing"),
    pytest.param("{dnssec: valid, anchors: [»'example.org. DS 1 13 2 " + DIGEST + "']}", "anchor_elsewhere", "one above", id="another zone's anchor"),
    pytest.param("{dnssec: valid, anchors: [»'. DS 1 13 2 00']}", "bad_anchor", "64 hexadecimal", id="an anchor cut short"),
    pytest.param("{dnssec: valid, anchors: [»'. DS 1 13 1 " + DIGEST + "']}", "bad_anchor", "-2", id="an anchor that proves nothing"),
    pytest.param("{dnssec: valid, anchors: [»'. DS 65536 13 2 " + DIGEST + "']}", "bad_anchor", "Write it whole", id="an anchor with a large number"),
    pytest.param("{dnssec: valid, anchors: [»'. DNSKEY 257 3 13 AAAA']}", "bad_anchor", "dnssec-dsfromkey", id="a key for an anchor"),
    pytest.param("{dnssec: valid, anchors: [»'trust me']}", "bad_anchor", "example.com. DS", id="an anchor in words"),
    pytest.param("{aliases: »17}", "bad_number", "from 0 to 16", id="endless aliases"),
]  # fmt: skip
ZONES = [
    pytest.param("{zone: ».}", "bad_zone", "as in example.com", id="the root"),
    pytest.param("{zone: »'*.example.com'}", "bad_zone", "as in example.com", id="a wildcard"),
    pytest.param("{zone: »192.0.2.1}", "bad_dns_name", "Write a name", id="an address"),
    pytest.param("{zone: »'https://example.com/'}", "bad_dns_name", "Write example.com", id="a URL"),
    pytest.param("{»zone: }", "wrong_type", "Write one value", id="no name"),
    pytest.param("{zone: example.com, records: »www A}", "wrong_type", "[www A]", id="a word for a list"),
    pytest.param("{zone: example.com, records: [»www]}", "bad_record", "www.example.com A", id="a name alone"),
    pytest.param("{zone: example.com, records: [»www a]}", "unknown_type", "Write A", id="a type in small letters"),
    pytest.param("{zone: example.com, records: [»'@ SOA']}", "bad_record", "Remove it", id="what is looked at anyway"),
    pytest.param("{zone: example.com, records: [»'192.0.2.1 A']}", "bad_dns_name", "Write a name", id="an address to look for"),
    pytest.param("{zone: example.com, records: [www A, »www.example.com. A]}", "named_twice", "Remove one", id="a name in two spellings"),
    pytest.param("{zone: example.com, records: ['@ MX', »Example.com MX]}", "named_twice", "Remove one", id="the zone in two spellings"),
    pytest.param("{zone: example.com, records: [www A, »www.example.org A]}", "outside_zone", "`www.example.com A`", id="another zone's name"),
    pytest.param("{zone: example.com, records: [»notexample.com A]}", "outside_zone", "`www.example.com A`", id="a name that only ends like it"),
    pytest.param("{zone: " + LONG + ", records: [»abcdefg A]}", "bad_dns_name", "at most 253", id="a label that is too much"),
    pytest.param("{zone: example.com, records: »[]}", "empty_list", "remove the key", id="no records"),
    pytest.param("{zone: example.com, parents: [»ns.example.org]}", "bad_resolver", "Write an address", id="a parent by name"),
    pytest.param("{zone: example.com, parents: [»'tls://8.8.8.8']}", "bad_resolver", "address alone", id="a parent under TLS"),
    pytest.param("{zone: example.com, parents: [8.8.8.8, »10.0.0.1]}", "private_target", "from an agent", id="a private parent"),
    pytest.param("{zone: example.com, resolver: »10.0.0.1}", "private_target", "from an agent", id="a private resolver"),
    pytest.param("{zone: example.com, resolver: »'tls://8.8.8.8'}", "bad_resolver", "address alone", id="a resolver under TLS"),
    pytest.param("{zone: example.com, port: »0}", "bad_port", "1 to 65535", id="port 0"),
    pytest.param("{zone: example.com, expect: {serial_lag: »10s}}", "bad_duration", "from 1m to 7d", id="under a minute behind"),
    pytest.param("{zone: example.com, expect: {serial_lag: »8d}}", "bad_duration", "from 1m to 7d", id="over a week behind"),
    pytest.param("{zone: example.com, expect: {serial_lag: »5}}", "bad_duration", "5m or 5h", id="behind by what"),
    pytest.param("{zone: example.com, expect: {dnssec: »yes}}", "bad_dnssec", "auto, valid or off", id="yes, signed"),
    pytest.param("{zone: example.com, expect: {signature_days: »0}}", "bad_number", "from 1 to 3650", id="no days"),
    pytest.param("{zone: example.com, expect: {signature_days: »{warn: 2, fail: 7}}}", "bad_days", "more days for `warn`", id="days in no order"),
    pytest.param("{zone: example.com, expect: {dnssec: off, »signature_days: 3}}", "no_validation", "`dnssec: auto`", id="days of no signatures"),
    pytest.param("{zone: example.com, expect: {servers: »most}}", "bad_number", "Write all", id="servers in words"),
    pytest.param("{zone: example.com, expect: {servers: »65}}", "bad_number", "from 1 to 64", id="more servers than are asked"),
    pytest.param("{zone: example.com, expect: {»rcode: NOERROR}}", "unknown_key", "for monitors of kind dns", id="a question's expectation"),
    pytest.param("{zone: example.com, »serial_lag: 5m}", "unknown_key", "`expect: {serial_lag: …}`", id="an expectation beside the zone"),
    pytest.param("{zone: example.com, »tls: {minimum: 1.3}}", "unknown_key", "Remove it", id="TLS of a zone"),
    pytest.param("{»domain: example.com}", "unknown_key", "Write zone", id="another word for it"),
]  # fmt: skip
RESOLVERS = [
    pytest.param("{resolver: »dns.example.com}", "bad_resolver", "Write an address", id="a name"),
    pytest.param("{resolver: »'tcp://dns.example.com'}", "bad_resolver", "Write an address", id="a name over TCP"),
    pytest.param("{resolver: »'udp://8.8.8.8'}", "bad_resolver", "address alone", id="what goes without saying"),
    pytest.param("{resolver: »'http://dns.example.com/q'}", "bad_resolver", "https://", id="questions in clear"),
    pytest.param("{resolver: »'quic://dns.example.com'}", "bad_resolver", "tls://host", id="a way that there is not"),
    pytest.param("{resolver: »'tls://'}", "bad_host", "Write a name", id="TLS to nobody"),
    pytest.param("{resolver: »'tls://dns.example.com:0'}", "bad_port", "1 to 65535", id="port 0"),
    pytest.param("{resolver: »'tls://dns.example.com/q'}", "bad_host", "Write dns.example.com", id="a path under TLS"),
    pytest.param("{resolver: »'8.8.8.8:dns'}", "bad_port", "1 to 65535", id="a port by name"),
    pytest.param("{resolver: »'8.8.4'}", "bad_address", "Write 8.8.0.4", id="a short address"),
    pytest.param("{resolver: »'https://dns.example.com'}", "bad_url", "`https://dns.example.com/dns-query`", id="no path"),
    pytest.param("{resolver: »'https:///dns-query'}", "bad_url", "https://dns.example.com/dns-query", id="no host"),
    pytest.param("{resolver: »'https://'}", "bad_url", "https://dns.example.com/dns-query", id="neither"),
    pytest.param("{resolver: »'https://bücher.example/q'}", "bad_host", "xn--bcher-kva.example", id="a host beyond ASCII"),
    pytest.param("{resolver: »'https://dns.example.com/ü'}", "bad_url", "Percent-encode", id="a path beyond ASCII"),
    pytest.param("{resolver: »'https://[::1/q'}", "bad_url", "Mend the host", id="half a pair of brackets"),
    pytest.param("{resolver: »'https://dns.example.com/q{?dns}'}", "bad_url", "End it with the path", id="a template of RFC 8484"),
    pytest.param("{resolver: »'https://dns.example.com/q?a=b'}", "bad_url", "End it with the path", id="a query"),
    pytest.param("{resolver: »'https://me:pw@dns.example.com/q'}", "secret_in_clear", "before `@`", id="a password"),
    pytest.param("{resolver: »'https://dns.example.com/${ssm:/tocsin/x}'}", "bad_reference", "the URL itself", id="a secret in the path"),
    pytest.param("{resolver: »127.0.0.1}", "private_target", "from an agent", id="loopback"),
    pytest.param("{resolver: »'tls://10.0.0.1'}", "private_target", "from an agent", id="a private address under TLS"),
    pytest.param("{resolver: »'https://localhost/q'}", "private_target", "from an agent", id="localhost over HTTPS"),
    pytest.param("{resolver: 8.8.8.8, »type: A}", "no_name", "Add `name:`", id="a type of nothing"),
    pytest.param("{resolver: 8.8.8.8, expect: {»equals: [192.0.2.1]}}", "no_name", "Add `name:`", id="records of nothing"),
    pytest.param("{resolver: 8.8.8.8, name: »192.0.2.1}", "bad_dns_name", "1.2.0.192.in-addr.arpa", id="an address to know"),
    pytest.param("{resolver: 8.8.8.8, name: a.example.com, expect: {equals: [192.0.2.1, »mail]}}", "bad_record", "192.0.2.1", id="a record of another type"),
    pytest.param("{resolver: 8.8.8.8, name: a.example.com, type: AAAA, expect: {equals: ['2001:db8::1', »'2001:DB8::01']}}", "named_twice", "Remove one", id="an address in two spellings"),
    pytest.param("{resolver: 8.8.8.8, name: a.example.com, expect: {absent: »a.example.com.}}", "never_met", "another name", id="known and absent"),
    pytest.param("{resolver: 8.8.8.8, expect: {absent: ».}}", "never_met", "another name", id="no root"),
    pytest.param("{resolver: 8.8.8.8, name: a.example.com, expect: {validates: true, bogus: »a.example.com}}", "never_met", "another name", id="known and refused"),
    pytest.param("{resolver: 8.8.8.8, expect: {validates: true, absent: b.example.com, bogus: »b.example.com}}", "never_met", "another name", id="absent and refused"),
    pytest.param("{resolver: 8.8.8.8, expect: {»bogus: b.example.com}}", "no_validation", "`validates: true`", id="a bogus name for nothing"),
    pytest.param("{resolver: 8.8.8.8, tls: {»minimum: 1.3}}", "no_tls", "tls://host", id="rules without TLS"),
    pytest.param("{resolver: 'tls://8.8.8.8', tls: »direct}", "wrong_type", "`tls: {…}`", id="a mode of TLS"),
    pytest.param("{resolver: 8.8.8.8, »validates: true}", "unknown_key", "`expect: {validates: …}`", id="an expectation beside the resolver"),
    pytest.param("{»nameserver: 8.8.8.8}", "unknown_key", "Write resolver", id="another word for it"),
]  # fmt: skip


@pytest.mark.parametrize(("monitor", "code", "mend"), QUESTIONS + ZONES + RESOLVERS)
def test_a_wrong_monitor_is_refused_where_it_is_wrong(monitor: str, code: str, mend: str) -> None:
    assert_refused(monitor, code, mend)


@pytest.mark.parametrize(("expected", "code", "mend"), EXPECTATIONS)
def test_a_wrong_expectation_is_refused_where_it_is_wrong(
    expected: str, code: str, mend: str
) -> None:
    assert_refused(f"{{dns: {{name: a.example.com}}, expect: {expected}}}", code, mend)


def test_nothing_in_another_class_is_signed() -> None:
    question = "{name: version.bind, type: TXT, class: CH, resolver: 8.8.8.8}"

    assert_refused(
        f"{{dns: {question}, expect: {{dnssec: »valid}}}}", "no_validation", "or `class`"
    )


def test_a_record_in_two_spellings_is_one() -> None:
    records = "['10 mail.example.com.', »'10  MAIL.example.com.']"

    assert_refused(
        f"{{dns: {{name: a.example.com, type: MX}}, expect: {{equals: {records}}}}}",
        "named_twice",
        "Remove one",
    )


@pytest.mark.parametrize(
    ("monitor", "code", "mend"),
    [
        pytest.param(
            "{dns: {name: a.example.com}, expect: {ttl_at_least: »5m}}",
            "aging_ttl",
            "own server",
            id="a TTL that a cache has counted down",
        ),
        pytest.param(
            "{dns: {name: a.example.com, resolver: 8.8.8.8, recursive: false},"
            " expect: {dnssec: »valid}}",
            "no_validation",
            "`anchors:`",
            id="a chain that begins elsewhere",
        ),
    ],
)
def test_a_doubtful_question_is_a_warning_and_no_more(monitor: str, code: str, mend: str) -> None:
    file = marked(watching(f"  m: {monitor}"))

    (fault,) = faults(file.text)

    assert (fault.code, fault.severity) == (code, Severity.WARNING)
    assert Place(fault.line, fault.column) == file.places[0]
    assert mend in fault.fix


@pytest.mark.parametrize(
    ("monitor", "target"),
    [
        pytest.param(
            "{dns: {name: Example.com, type: MX, resolver: 'tcp://8.8.8.8', recursive: false,"
            " edns: 4096}, expect: {contains: ['10  Mail.example.com.'], count: {min: 2},"
            " matches: '^10 ', ttl_at_least: 1h, aa: true, aliases: 0}}",
            DnsTarget(
                name="example.com",
                type="MX",
                resolver="tcp://8.8.8.8",
                recursive=False,
                payload=4096,
                contains=("10 mail.example.com.",),
                count=(2, None),
                matches="^10 ",
                ttl_at_least=3600,
                authoritative=True,
                aliases=0,
            ),
            id="a question to the zone's own server",
        ),
        pytest.param(
            "{dns: {name: '*.example.com.', resolver: 'TLS://DNS.Google:8853'},"
            " tls: {name: dns.google, minimum: 1.3},"
            " expect: {one_of: [192.0.2.7], none_of: [192.0.2.8], count: 1, ad: true,"
            " dnssec: valid, anchors: ['Example.com. 3600 IN DS 12345 13 2"
            f" {DIGEST[:8].upper()} {DIGEST[8:]}']}}}}",
            DnsTarget(
                name="*.example.com.",
                resolver="tls://dns.google:8853",
                tls=Tls(name="dns.google", minimum=TlsVersion.V1_3),
                one_of=("192.0.2.7",),
                none_of=("192.0.2.8",),
                count=(1, 1),
                authenticated=True,
                dnssec=True,
                anchors=(f"example.com. DS 12345 13 2 {DIGEST}",),
            ),
            id="an answer that is validated",
        ),
        pytest.param(
            "{dns: {name: version.bind, type: TXT, class: CH, resolver: '[2606:4700::1]:53'},"
            " expect: {equals: ['9.18']}}",
            DnsTarget(
                name="version.bind",
                type="TXT",
                rdclass="CH",
                resolver="[2606:4700::1]:53",
                equals=("9.18",),
            ),
            id="a server's version",
        ),
        pytest.param(
            "{dns: {name: a.example.com, type: TYPE65280}, expect: {count: 0, none_of: [x]}}",
            DnsTarget(name="a.example.com", type="TYPE65280", none_of=("x",), count=(0, 0)),
            id="a type by its number",
        ),
        pytest.param(
            "{dns: {name: 1.0/25.2.0.192.in-addr.arpa, type: PTR}}",
            DnsTarget(name="1.0/25.2.0.192.in-addr.arpa", type="PTR"),
            id="a name of RFC 2317",
        ),
        pytest.param(
            "{dns: {name: ., type: SOA, resolver: 'https://DNS.google/Dns-Query'}}",
            DnsTarget(name=".", type="SOA", resolver="https://dns.google/Dns-Query"),
            id="the root over HTTPS",
        ),
        pytest.param(
            "{dns: {name: a.example.com, resolver: '192.0.2.53:5353'}, expect: {rcode: REFUSED}}",
            DnsTarget(name="a.example.com", resolver="192.0.2.53:5353", rcode="REFUSED"),
            id="a question that must be refused",
        ),
        pytest.param("{zone: Example.com.}", ZoneTarget(zone="example.com"), id="a zone"),
        pytest.param(
            "{zone: example.com, parents: [8.8.8.8, '[2606:4700::1]:5353'], resolver: 1.1.1.1,"
            " port: 5353, family: 6, records: ['@ MX', WWW A, a.example.com. AAAA],"
            " expect: {serial_lag: 1m, dnssec: valid, signature_days: {warn: 7, fail: 2},"
            " servers: 3}}",
            ZoneTarget(
                zone="example.com",
                parents=("8.8.8.8", "[2606:4700::1]:5353"),
                resolver="1.1.1.1",
                port=5353,
                family=Family.V6,
                records=(
                    ("example.com", "MX"),
                    ("www.example.com", "A"),
                    ("a.example.com", "AAAA"),
                ),
                serial_lag=timedelta(minutes=1),
                dnssec=Dnssec.VALID,
                warn_days=7,
                fail_days=2,
                servers=3,
            ),
            id="a zone with everything",
        ),
        pytest.param(
            "{zone: 0/25.2.0.192.in-addr.arpa, expect: {signature_days: 3, servers: all}}",
            ZoneTarget(zone="0/25.2.0.192.in-addr.arpa", fail_days=3),
            id="a part of a reverse zone",
        ),
        pytest.param("{resolver: 8.8.8.8}", ResolverTarget(server="8.8.8.8"), id="a resolver"),
        pytest.param(
            "{resolver: 'https://dns.google/dns-query', name: Example.com,"
            " tls: {self_signed: true}, expect: {equals: [192.0.2.1], absent: b.example.com,"
            " validates: true, bogus: c.example.com}}",
            ResolverTarget(
                server="https://dns.google/dns-query",
                tls=Tls(self_signed=True),
                name="example.com",
                type="A",
                equals=("192.0.2.1",),
                absent="b.example.com",
                validates=True,
                bogus="c.example.com",
            ),
            id="a resolver with everything",
        ),
    ],
)
def test_a_target_is_what_the_file_says(monitor: str, target: object) -> None:
    assert only(monitor, allow_private=True).target == target


def test_rules_of_tls_that_say_nothing_are_never_wrong() -> None:
    assert faults(watching("  m: {resolver: 8.8.8.8, tls: {}}")) == ()
    assert faults(watching("  m: {resolver: 'tls://8.8.8.8', tls: {}}")) == ()


@given(st.text("aZ0-_./*@ \\ü", max_size=12))
@example(f"*.{LONG}.abcd")
@example(f"{LONG}.abcdef.")
@example("0/25.2.0.192.in-addr.arpa")
def test_every_name_that_is_taken_can_be_asked_for(text: str) -> None:
    try:
        taken = questions.question_name(text)
    except MistakeError:
        return

    assert dns.name.from_text(taken).to_text() == f"{taken.removesuffix('.')}."


@given(st.text("1289.:[]/htpscl@-aé ?{", max_size=24))
@example("[::1]")
@example("https://a/b")
@example("tls://[::1]:853")
def test_every_server_that_is_taken_is_taken_again(text: str) -> None:
    try:
        taken = servers.server(text)
    except MistakeError:
        return

    assert servers.server(taken) == taken
    assert 1 <= servers.parsed(taken).endpoint[1] <= 65535


def test_a_zone_with_a_thousand_mistakes_tells_each_once() -> None:
    records = ", ".join(f"n{number}.example.org A" for number in range(100))
    zones = "".join(
        f"  z{number}: {{zone: example.com, records: [{records}]}}\n" for number in range(10)
    )

    found = faults(f"{LOCATIONS}monitors:\n{zones}")

    assert [fault.code for fault in found] == ["outside_zone"] * 1000
    assert len({(fault.line, fault.column) for fault in found}) == 1000
