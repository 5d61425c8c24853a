"""Every mistake has a place, a code, and a mend."""

# ruff: noqa: E501 - a case a line: the tables are read down their columns

import pytest

from tests.unit.config.files import LOCATIONS, assert_refused, faults, marked, watching
from tocsin.config.fault import Place, Severity
from tocsin.config.reader import parse

SETTINGS = [
    pytest.param("{tcp: 'a.example.com:1', »intervall: 5m}", "unknown_key", "Write interval", id="a misspelt key"),
    pytest.param("{tcp: 'a.example.com:1', »zzz: 5}", "unknown_key", "Remove it", id="a key like no other"),
    pytest.param("{tcp: 'a.example.com:1', »method: GET}", "unknown_key", "Remove it", id="another kind's key"),
    pytest.param("{tcp: 'a.example.com:1', »maintenance: []}", "unknown_key", "Move it to the beginning of a line", id="what the file says of all"),
    pytest.param("{»htpp: 'https://a.example.com/'}", "unknown_key", "Write http", id="a misspelt kind"),
    pytest.param("{tcp: 'a.example.com:1', expect: {»baner: x}}", "unknown_key", "Write banner", id="a misspelt expectation"),
    pytest.param("{dns: {name: a.example.com, »typ: A}}", "unknown_key", "Write type", id="a misspelt part of a question"),
    pytest.param("{tcp: 'a.example.com:1', »http: 'https://a.example.com/'}", "two_kinds", "Make two monitors", id="two kinds"),
    pytest.param("{tcp: 'a.example.com:1', interval: »30s}", "short_interval", "Write 1m", id="an interval under a minute"),
    pytest.param("{tcp: 'a.example.com:1', interval: »90s}", "bad_interval", "Write 1m", id="an interval of a minute and a half"),
    pytest.param("{tcp: 'a.example.com:1', interval: »2d}", "bad_interval", "Write 1440m", id="an interval over a day"),
    pytest.param("{tcp: 'a.example.com:1', timeout: »5}", "bad_duration", "Add the unit: 5s", id="a duration without a unit"),
    pytest.param("{tcp: 'a.example.com:1', timeout: »5 seconds}", "bad_duration", "Write it like 30s", id="a duration in words"),
    pytest.param("{tcp: 'a.example.com:1', timeout: »1:30}", "bad_duration", "Write it like 30s", id="YAML 1.1's sexagesimal"),
    pytest.param("{tcp: 'a.example.com:1', timeout: »0s}", "bad_timeout", "more than 0s", id="no timeout at all"),
    pytest.param("{tcp: 'a.example.com:1', timeout: »41s}", "bad_timeout", "at most 40s", id="a timeout over a check's budget"),
    pytest.param("{tcp: 'a.example.com:1', for: »2d}", "bad_duration", "1d or less", id="a hold over a day"),
    pytest.param("{tcp: 'a.example.com:1', slow: »0s}", "bad_duration", "more than 0s", id="everything is slow"),
    pytest.param("{tcp: 'a.example.com:1', »timeout: }", "wrong_type", "Write one value", id="a key without a value"),
    pytest.param("{tcp: 'a.example.com:1', timeout: »[5s]}", "wrong_type", "Write one value", id="a list for a duration"),
    pytest.param("{tcp: 'a.example.com:1', timeout: »13s}", "over_budget", "`timeout: 12s` or less", id="a timeout over the budget"),
    pytest.param("{tcp: 'a.example.com:1', retries: »6}", "over_budget", "`timeout: 4s` or less", id="retries over the budget"),
    pytest.param("{tcp: 'a.example.com:1', retries: »11}", "bad_number", "from 0 to 10", id="more retries than there are"),
    pytest.param("{tcp: 'a.example.com:1', retries: »-1}", "bad_number", "from 0 to 10", id="a negative number"),
    pytest.param("{tcp: 'a.example.com:1', retries: »two}", "bad_number", "in digits", id="a number in words"),
    pytest.param("{tcp: 'a.example.com:1', retries: »010}", "bad_number", "leading zero", id="YAML 1.1's octal"),
    pytest.param("{tcp: 'a.example.com:1', retries: »1.0}", "bad_number", "in digits", id="a fraction"),
    pytest.param("{tcp: 'a.example.com:1', quorum: »most}", "bad_quorum", "majority, all or any", id="an unknown quorum"),
    pytest.param("{tcp: 'a.example.com:1', quorum: »mayority}", "bad_quorum", "Write majority", id="a misspelt quorum"),
    pytest.param("{tcp: 'a.example.com:1', quorum: »0}", "bad_quorum", "from 1", id="a quorum of none"),
    pytest.param("{tcp: 'a.example.com:1', quorum: »4}", "unreachable_quorum", "`quorum: 3` or less", id="a quorum of 4 of 3"),
    pytest.param("{tcp: 'a.example.com:1', quorum: 2, locations: »[eu]}", "unreachable_quorum", "add locations", id="a quorum of 2 of 1"),
    pytest.param("{tcp: 'a.example.com:1', locations: [eu, »su, ap]}", "unknown_location", "or choose one of eu, us", id="an unknown location"),
    pytest.param("{tcp: 'a.example.com:1', locations: [eu, »offise, ap]}", "unknown_location", "Write office", id="a misspelt location"),
    pytest.param("{tcp: 'a.example.com:1', locations: »[eu, eu]}", "named_twice", "Remove one", id="a location that votes twice"),
    pytest.param("{tcp: 'a.example.com:1', locations: »[]}", "empty_list", "Name at least one", id="no location"),
    pytest.param("{tcp: 'a.example.com:1', locations: »eu}", "wrong_type", "as a list: [eu]", id="a word for a list"),
    pytest.param("{tcp: 'a.example.com:1', alert: [»pagr]}", "unknown_route", "Write page", id="an unknown route"),
    pytest.param("{tcp: 'a.example.com:1', alert: »[]}", "empty_list", "Name at least one", id="alerts for nobody"),
    pytest.param("{tcp: 'a.example.com:1', tags: [»a b]}", "bad_tag", "letters, digits", id="a tag with a space"),
    pytest.param("{tcp: 'a.example.com:1', tags: »[" + ", ".join(f"t{n}" for n in range(101)) + "]}", "too_many", "at most 100", id="a hundred and one tags"),
    pytest.param("{http: 'https://a.example.com/', expect: {status: »[" + "200, " * 101 + "]}}", "too_many", "at most 100", id="a hundred and one statuses"),
    pytest.param("{http: 'https://a.example.com/', headers: »{" + ", ".join(f"X-{n}: a" for n in range(101)) + "}}", "too_many", "at most 100", id="a hundred and one headers"),
    pytest.param("{dns: {name: a.example.com}, expect: {contains: »[" + ", ".join(f"8.8.8.{n}" for n in range(101)) + "]}}", "too_many", "at most 100", id="a hundred and one records"),
    pytest.param("{tcp: 'a.example.com:1', runbook: »wiki/db}", "bad_url", "https://", id="a runbook that is no URL"),
    pytest.param("{tcp: 'a.example.com:1', family: »6to4}", "bad_family", "any, 4 or 6", id="an unknown family"),
    pytest.param("»5", "wrong_type", "Write `m: {…}`", id="a monitor that is a number"),
    pytest.param("{tcp: 'a.example.com:1', slow: »500}", "bad_duration", "Add the unit: 500ms or 500s", id="a threshold without a unit"),
    pytest.param("{tcp: 'a.example.com:1', slow: »fast}", "bad_duration", "Write it like 30ms, 5s", id="a threshold in words"),
    pytest.param("{tcp: 'a.example.com:1', »self_signed: true}", "unknown_key", "Move it into `tls: {self_signed: …}`", id="a key of the TLS rules beside them"),
    pytest.param("{http: 'https://a.example.com/', »status: [200]}", "unknown_key", "Move it into `expect: {status: …}`", id="an expectation beside the others"),
    pytest.param("{tcp: 'a.example.com:1', expect: {»open: true}}", "unknown_key", "for monitors of kind service", id="another kind's expectation"),
    pytest.param("{tcp: 'a.example.com:1', »locations: }", "wrong_type", "remove the key", id="locations without a value"),
    pytest.param("{dns: {name: a.example.com}, expect: {»equals: }}", "wrong_type", "remove the key", id="an expectation without a value"),
    pytest.param("{»mysql: 'a.example.com:3306'}", "unknown_key", "Write `service: mysql` and `host:`", id="a service as a kind"),
    pytest.param("{»postgresql: a.example.com}", "unknown_key", "Write `service: postgres`", id="another name of one"),
    pytest.param("{tcp: 'a.example.com:1', script: [»starttls: ]}", "unknown_key", "the word starttls alone", id="a word as a key"),
]  # fmt: skip
TARGETS = [
    pytest.param("{tcp: »'smtp://a.example.com:25'}", "bad_endpoint", "Write `a.example.com:25`", id="a URL for an endpoint"),
    pytest.param("{tcp: »'smtp://a.example.com/'}", "bad_endpoint", "Write `a.example.com:5432`", id="a URL without a port"),
    pytest.param("{http: 'https://a.example.com/', host: »'https://b.example.com/'}", "bad_host", "Write b.example.com", id="a URL for a host"),
    pytest.param("{tcp: 'a.example.com:1', tls: {name: »'a.example.com:1'}}", "bad_host", "Write a.example.com", id="a name with a port"),
    pytest.param("{http: 'https://a.example.com/', headers: {X-A: »" + "x" * 2049 + "}}", "too_long", "at most 2,048", id="a long header"),
    pytest.param("{http: 'https://a.example.com/', basic: »'me:hunter2'}", "wrong_type", "with its keys", id="a login as text"),
    pytest.param("{tcp: »db.example.com}", "bad_endpoint", "Add the port", id="no port"),
    pytest.param("{tcp: »'db.example.com:0'}", "bad_port", "1 to 65535", id="port 0"),
    pytest.param("{tcp: »'db.example.com:70000'}", "bad_port", "1 to 65535", id="port 70000"),
    pytest.param("{tcp: »'db.example.com:http'}", "bad_port", "1 to 65535", id="a port by name"),
    pytest.param("{tcp: »'2606:4700::1:443'}", "bad_endpoint", "`[2606:4700::1]:443`", id="IPv6 without brackets"),
    pytest.param("{tcp: »'-db.example.com:1'}", "bad_host", "letters, digits and hyphens", id="a name that is none"),
    pytest.param("{tcp: »'bücher.example.com:1'}", "bad_host", "xn--bcher-kva.example.com", id="a name outside ASCII"),
    pytest.param("{tcp: »'127.1:80'}", "bad_address", "Write 127.0.0.1", id="a short address"),
    pytest.param("{tcp: »'0x7f.1:80'}", "bad_address", "Write 127.0.0.1", id="a hexadecimal address"),
    pytest.param("{tcp: »'0177.0.0.1:80'}", "bad_address", "Write 127.0.0.1", id="an octal address"),
    pytest.param("{tcp: »'2130706433:80'}", "bad_address", "Write 127.0.0.1", id="an address as one number"),
    pytest.param("{http: »'http://2130706433/'}", "bad_address", "Write 127.0.0.1", id="the same in a URL"),
    pytest.param("{tcp: »'[2606:4700::1%eth0]:443'}", "bad_address", "Remove `%`", id="an address of one machine"),
    pytest.param("{http: »'http://[2606:4700::1%25eth0]/'}", "bad_address", "Remove `%`", id="the same as a URL has it"),
    pytest.param("{dns: {name: a.example.com, resolver: »'2606:4700::1%eth0'}}", "bad_address", "Remove `%`", id="the same as a resolver"),
    pytest.param("{dns: {name: a.example.com, resolver: »'[2606:4700::1%eth0]:53'}}", "bad_address", "Remove `%`", id="the same with a port"),
    pytest.param("{dns: {name: a.example.com, type: AAAA}, expect: {equals: [»'2606:4700::1%eth0']}}", "bad_record", "2001:db8::1", id="the same as a record"),
    pytest.param("{dns: {name: »'\u212aelvin.example.com'}}", "bad_dns_name", "Write its ASCII form: kelvin.example.com", id="a letter that only looks like ASCII in lower case"),
    pytest.param("{tcp: »'localhost:80'}", "private_target", "from an agent", id="localhost"),
    pytest.param("{tcp: »'db.localhost:80'}", "private_target", "from an agent", id="a name under localhost"),
    pytest.param("{tcp: »'127.0.0.1:80'}", "private_target", "`locations: [office]`", id="loopback"),
    pytest.param("{tcp: »'10.1.2.3:80'}", "private_target", "from an agent", id="a private address"),
    pytest.param("{tcp: »'[::1]:80'}", "private_target", "from an agent", id="loopback in IPv6"),
    pytest.param("{tcp: »'[fe80::1]:80'}", "private_target", "from an agent", id="link-local in IPv6"),
    pytest.param("{http: »'http://169.254.169.254/latest/'}", "private_target", "from an agent", id="the metadata service"),
    pytest.param("{http: »'http://[::ffff:169.254.169.254]/'}", "private_target", "from an agent", id="the same, mapped into IPv6"),
    pytest.param("{http: »'http://[64:ff9b::a9fe:a9fe]/'}", "private_target", "from an agent", id="the same behind NAT64"),
    pytest.param("{dns: {name: a.example.com, resolver: »10.0.0.2}}", "private_target", "from an agent", id="a private resolver"),
    pytest.param("{tcp: »'mail.example.com:25'}", "port_25", "from an agent", id="port 25 from Lambda"),
    pytest.param("{http: »'http://mail.example.com:25/'}", "port_25", "from an agent", id="port 25 in a URL"),
    pytest.param("{tcp: 'a.example.com:1', expect: {banner: »'('}}", "bad_pattern", "escape with a backslash", id="a bad regular expression"),
    pytest.param("{tcp: 'a.example.com:1', expect: {banner: »'[[a]'}}", "bad_pattern", "escape with a backslash", id="one that will change its meaning"),
    pytest.param("{tcp: 'a.example.com:1', expect: {banner: »'[\\xff-Ā]'}}", "bad_pattern", "escape with a backslash", id="a range that is none in bytes"),
    pytest.param("{http: »'ftp://a.example.com/'}", "bad_url", "https://www.example.com", id="a URL of another scheme"),
    pytest.param("{http: »'a.example.com'}", "bad_url", "https://www.example.com", id="a URL without a scheme"),
    pytest.param("{http: »'http://[::1/'}", "bad_url", "Mend the host", id="a URL that cannot be split"),
    pytest.param("{http: »'https://a.example.com/a b'}", "bad_url", "Percent-encode", id="a URL with a space"),
    pytest.param("{http: »'https://a.example.com/#top'}", "bad_url", "Remove `#`", id="a URL with a fragment"),
    pytest.param("{http: »'https://me:secret@a.example.com/'}", "secret_in_clear", "${ssm:/tocsin/name}", id="a password in a URL"),
    pytest.param("{http: »'https://a.example.com/?k=${env:KEY}'}", "bad_reference", "${ssm:/tocsin/", id="a reference to something else"),
    pytest.param("{http: »'https://a.example.com/?k=${ssm:/prod/key}'}", "bad_reference", "probes may read no others", id="a parameter that no probe may read"),
    pytest.param("{http: 'https://a.example.com/', headers: {Authorization: »Bearer abc}}", "secret_in_clear", "${ssm:/tocsin/name}", id="a token in clear"),
    pytest.param("{http: 'https://a.example.com/', headers: {cookie: »a=b}}", "secret_in_clear", "${ssm:/tocsin/name}", id="a cookie in clear"),
    pytest.param("{http: 'https://a.example.com/', headers: {X-Api-Key: »abc}}", "secret_in_clear", "${ssm:/tocsin/name}", id="a key in clear"),
    pytest.param("{http: 'https://a.example.com/', headers: {X-A: »\"a\\r\\nX-B: b\"}}", "bad_header", "one line", id="a line break in a header"),
    pytest.param("{http: 'https://a.example.com/', headers: {»'X A': a}}", "bad_header", "letters, digits", id="a header's name with a space"),
    pytest.param("{http: 'https://a.example.com/', headers: {»Host: a}}", "bad_header", "`host:`", id="the header that names the host"),
    pytest.param("{http: 'https://a.example.com/', headers: {»Te: a}}", "bad_header", "Remove it", id="a header of the prober's"),
    pytest.param("{http: 'https://a.example.com/', headers: {X-A: a, »x-a: b}}", "named_twice", "Remove one", id="a header twice"),
    pytest.param("{http: 'https://a.example.com/', method: »get}", "bad_method", "Write GET", id="a method in lower case"),
    pytest.param("{http: 'https://a.example.com/', method: »HEAD, expect: {text: x}}", "no_body", "`method: GET`", id="a body expected of HEAD"),
    pytest.param("{http: 'https://a.example.com/', redirects: »99}", "bad_number", "from 0 to 10", id="endless redirects"),
    pytest.param("{http: 'https://a.example.com/', expect: {status: [»600]}}", "bad_status", "such as 200", id="a status that is none"),
    pytest.param("{http: 'https://a.example.com/', expect: {status: [»299-200]}}", "bad_status", "200-299", id="a range that is empty"),
    pytest.param("{http: 'https://a.example.com/', expect: {status: »200}}", "wrong_type", "as a list: [200]", id="a status that is no list"),
    pytest.param("{http: 'https://a.example.com/', expect: {json: {»db: ok}}}", "bad_json_path", "$.db", id="a bad JSON path"),
    pytest.param("{http: 'http://a.example.com/', tls: {»minimum: '1.3'}}", "no_tls", "https://", id="rules for TLS where there is none"),
    pytest.param("{http: 'http://a.example.com/', expect: {»certificate_days: 5}}", "no_tls", "https://", id="a certificate where there is none"),
    pytest.param("{http: 'https://a.example.com/', tls: »direct}", "wrong_type", "`tls: {…}`", id="a mode of TLS for a URL"),
    pytest.param("{http: 'https://a.example.com/', tls: {»mode: direct}}", "unknown_key", "one of name, ca", id="the same in a mapping"),
    pytest.param("{http: 'https://a.example.com/', »tls: }", "wrong_type", "remove the key", id="no rules at all"),
    pytest.param("{http: 'https://a.example.com/', basic: {user: a, password: »hunter2}}", "secret_in_clear", "${ssm:/tocsin/name}", id="a password in clear"),
    pytest.param("{http: 'https://a.example.com/', basic: {user: a, password: »'x${ssm:/tocsin/p}'}}", "secret_in_clear", "${ssm:/tocsin/name}", id="half a password in clear"),
    pytest.param("{http: 'https://a.example.com/', basic: {user: »'a:b', password: '${ssm:/tocsin/p}'}}", "bad_user", "without a colon", id="a user with a colon"),
    pytest.param("{http: 'https://a.example.com/', »basic: {user: a}}", "missing_key", "Add `password:`", id="a user without a password"),
    pytest.param("{http: 'https://a.example.com/', basic: {»usr: a, user: b, password: '${ssm:/tocsin/p}'}}", "unknown_key", "Write user", id="a misspelt part of a credential"),
    pytest.param("{http: 'https://a.example.com/', bearer: »hunter2}", "secret_in_clear", "${ssm:/tocsin/name}", id="a bearer's token in clear"),
    pytest.param("{http: 'https://a.example.com/', basic: {user: a, password: '${ssm:/tocsin/p}'}, »bearer: '${ssm:/tocsin/t}'}", "two_credentials", "Keep one", id="two credentials"),
    pytest.param("{http: 'https://a.example.com/', bearer: '${ssm:/tocsin/t}', headers: {»authorization: '${ssm:/tocsin/t}'}}", "two_credentials", "Keep one", id="a credential and its header"),
    pytest.param("{http: 'https://a.example.com/', host: »'a b'}", "bad_host", "letters, digits", id="a Host header that is no host"),
    pytest.param("{http: 'https://a.example.com/', host: »'a.example.com:99999'}", "bad_port", "1 to 65535", id="a Host header with a port that is none"),
    pytest.param("{http: 'https://a.example.com/', limit: »2MiB}", "bad_size", "1MiB or less", id="a limit over the most"),
    pytest.param("{http: 'https://a.example.com/', limit: »256 kb}", "bad_size", "Write 256KiB", id="a size in other letters"),
    pytest.param("{http: 'https://a.example.com/', limit: »65537}", "bad_size", "Write 65KiB", id="a size without a unit"),
    pytest.param("{http: 'https://a.example.com/', limit: »9999999}", "bad_size", "Write 1024KiB", id="a large size without a unit"),
    pytest.param("{http: 'https://a.example.com/', addresses: »every}", "bad_addresses", "any or all", id="a number of addresses that is none"),
    pytest.param("{http: 'https://a.example.com/', slow: {»conect: 1s}}", "unknown_key", "Write connect", id="a phase that is none"),
    pytest.param("{http: 'https://a.example.com/', slow: {connect: »0s}}", "bad_duration", "more than 0s", id="a phase that is always slow"),
    pytest.param("{http: 'https://a.example.com/', expect: {headers: {A: »'('}}}", "bad_pattern", "escape with a backslash", id="a header's bad pattern"),
    pytest.param("{http: 'https://a.example.com/', expect: {headers: {»'A b': x}}}", "bad_header", "letters, digits", id="the name of a header that is none"),
    pytest.param("{http: 'https://a.example.com/', expect: {headers: {A: x, »a: ~}}}", "named_twice", "Remove one", id="a header expected twice"),
    pytest.param("{http: 'https://a.example.com/', expect: {text: database ok, without: »ok}}", "never_met", "Change one", id="a text that must and must not be there"),
    pytest.param("{http: 'https://a.example.com/', method: »HEAD, expect: {without: x}}", "no_body", "`method: GET`", id="no text in no body"),
    pytest.param("{http: 'https://a.example.com/', expect: {pattern: »'*'}}", "bad_pattern", "escape with a backslash", id="a bad pattern"),
    pytest.param("{»dns: {type: MX}}", "missing_key", "Add `name:`", id="a question without a name"),
    pytest.param("{dns: »a.example.com}", "wrong_type", "`dns: {…}`", id="a question that is a name"),
    pytest.param("{dns: {name: »192.0.2.1}}", "bad_dns_name", "1.2.0.192.in-addr.arpa", id="a question about an address"),
    pytest.param("{dns: {name: »a..example.com}}", "bad_dns_name", "letters, digits", id="an empty label"),
    pytest.param("{dns: {name: a.example.com, type: »MXX}}", "unknown_type", "Write MX", id="an unknown DNS type"),
    pytest.param("{dns: {name: a.example.com, type: »ANY}}", "unknown_type", "such as A", id="a type that is not asked"),
    pytest.param("{dns: {name: a.example.com, resolver: »dns.example.com}}", "bad_resolver", "Write an address", id="a resolver by name"),
    pytest.param("{dns: {name: a.example.com}, expect: {rcode: »NXDOMIAN}}", "unknown_rcode", "Write NXDOMAIN", id="an unknown rcode"),
    pytest.param("{dns: {name: a.example.com}, expect: {rcode: »NXDOMAIN, equals: [8.8.8.8]}}", "no_records", "Remove `rcode`", id="records of a name that is none"),
    pytest.param("{dns: {name: a.example.com}, expect: {equals: [8.8.8.8], »contains: [8.8.8.8]}}", "two_expectations", "Remove one", id="two expectations of one answer"),
    pytest.param("{dns: {name: a.example.com}, expect: {equals: [»a.example.com.]}}", "bad_record", "192.0.2.1", id="a name for an address"),
    pytest.param("{dns: {name: a.example.com, type: MX}, expect: {contains: [»10 mail]}}", "bad_record", "`10 mail.`", id="a relative name"),
    pytest.param("{dns: {name: a.example.com, type: MX}, expect: {equals: [»mail.example.com.]}}", "bad_record", "`10 mail.example.com.`", id="no preference"),
]  # fmt: skip


@pytest.mark.parametrize(("monitor", "code", "mend"), SETTINGS + TARGETS)
def test_a_wrong_monitor_is_refused_where_it_is_wrong(monitor: str, code: str, mend: str) -> None:
    assert_refused(monitor, code, mend)


@pytest.mark.parametrize(
    ("text", "code", "mend"),
    [
        pytest.param("»", "no_monitors", "Add `monitors:", id="an empty file"),
        pytest.param(f"{LOCATIONS}»monitors:", "no_monitors", "Add `monitors:", id="nothing there"),
        pytest.param(f"{LOCATIONS}»monitors: {{}}", "no_monitors", "Add `monitors:", id="no monitors"),
        pytest.param(f"»{LOCATIONS}", "no_monitors", "Add `monitors:", id="locations only"),
        pytest.param(f"{LOCATIONS}monitors: »[a]", "wrong_type", "with its keys", id="a list of monitors"),
        pytest.param("»monitors: {a: {tcp: 'a.example.com:1'}}", "no_locations", "Add `locations:", id="no locations"),
        pytest.param("»a sentence", "wrong_type", "Write `monitors:`", id="a sentence"),
        pytest.param(watching("  »Db: {tcp: 'a.example.com:1'}"), "bad_name", "to db", id="a name in capitals"),
        pytest.param(watching("  »'a b': {tcp: 'a.example.com:1'}"), "bad_name", "to a-b", id="a name with a space"),
        pytest.param(watching(f"  »{'a' * 64}: {{tcp: 'a.example.com:1'}}"), "bad_name", "for example", id="a long name"),
        pytest.param(watching("  »m: {interval: 5m}"), "no_kind", "service, tcp, http, dns, zone, resolver, icmp or heartbeat", id="no kind"),
        pytest.param("»foo: 1\n" + watching("  m: {tcp: 'a.example.com:1'}"), "unknown_key", "Remove it", id="an unknown section"),
        pytest.param("locations: {»EU: {}, us: }\nmonitors: {m: {tcp: 'a.example.com:1'}}", "bad_location", "lower-case", id="a location in capitals"),
        pytest.param("locations: {eu: {kind: »agnet}, us: , ap: }\nmonitors: {m: {tcp: 'a.example.com:1'}}", "bad_location_kind", "Write agent", id="a location of no kind"),
        pytest.param("defaults: {»tags: [a]}\n" + watching("  m: {tcp: 'a.example.com:1'}"), "unknown_key", "Remove it", id="a default that is none"),
        pytest.param("defaults: {»tls: {self_signed: true}}\n" + watching("  m: {tcp: 'a.example.com:1'}"), "unknown_key", "Move it to the monitors", id="what only a monitor may say"),
        pytest.param("defaults: {»depends_on: [m]}\n" + watching("  m: {tcp: 'a.example.com:1'}"), "unknown_key", "Move it to the monitors", id="what all would depend on"),
        pytest.param("defaults: {slow: {»fist_byte: 1s}}\n" + watching("  m: {tcp: 'a.example.com:1'}"), "unknown_key", "Write first_byte", id="a default phase that is none"),
        pytest.param("defaults: {timeout: »30s}\n" + watching("  m: {tcp: 'a.example.com:1'}\n  n: {tcp: 'a.example.com:1'}"), "over_budget", "`timeout: 12s`", id="a default over the budget, once"),
        pytest.param("defaults: {quorum: »9}\n" + watching("  m: {tcp: 'a.example.com:1'}\n  n: {tcp: 'a.example.com:1'}"), "unreachable_quorum", "`quorum: 3`", id="a default out of reach, once"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_where_it_is_wrong(text: str, code: str, mend: str) -> None:
    file = marked(text)

    errors = parse(file.text, "monitors.yaml").errors

    found = [e for e in errors if e.code == code]
    assert [Place(e.line, e.column) for e in found] == list(file.places)
    assert mend in found[0].fix
    assert {e.code for e in errors} <= {code, "no_locations", "no_monitors"}


@pytest.mark.parametrize(
    ("monitor", "code", "mend"),
    [
        pytest.param("{tcp: 'a.example.com:1', quorum: »any}", "lonely_quorum", "majority", id="any location"),
        pytest.param("{tcp: 'a.example.com:1', quorum: »1}", "lonely_quorum", "majority", id="one of three"),
        pytest.param("{tcp: 'a.example.com:1', locations: »[eu]}", "lonely_quorum", "three", id="one location"),
        pytest.param("{tcp: 'a.example.com:1', slow: »5s}", "never_slow", "less than", id="never slow"),
        pytest.param("{tcp: 'a.example.com:1', slow: {connect: »5s}}", "never_slow", "less than", id="a phase that is never slow"),
        pytest.param("{tcp: 'a.example.com:1', script: »[{send: x}]}", "nothing_expected", "Add an `expect`", id="a script that expects nothing"),
        pytest.param("{http: 'https://a.example.com/', expect: {json: {$.a: »True}}}", "not_json", "Write true", id="Python's truth"),
        pytest.param("{http: 'https://a.example.com/', body: »x}", "body_with_get", "POST", id="a body with GET"),
        pytest.param("{http: 'http://a.example.com/', »bearer: '${ssm:/tocsin/a}'}", "secret_over_http", "https://", id="a token in clear on the way"),
        pytest.param("{http: 'http://a.example.com/', »basic: {user: a, password: '${ssm:/tocsin/a}'}}", "secret_over_http", "https://", id="a password in clear on the way"),
        pytest.param("{http: 'http://a.example.com/', headers: {»X-A: '${ssm:/tocsin/a}'}}", "secret_over_http", "https://", id="a header in clear on the way"),
        pytest.param("{http: 'http://a.example.com/', method: POST, »body: 'k=${ssm:/tocsin/a}'}", "secret_over_http", "https://", id="a body in clear on the way"),
        pytest.param("{»http: 'http://a.example.com/?k=${ssm:/tocsin/a}'}", "secret_over_http", "https://", id="a query in clear on the way"),
    ],
)  # fmt: skip
def test_a_doubtful_monitor_is_a_warning_and_no_more(monitor: str, code: str, mend: str) -> None:
    file = marked(watching(f"  m: {monitor}"))

    reading = parse(file.text, "monitors.yaml")

    (fault,) = reading.faults
    assert (fault.code, fault.severity) == (code, Severity.WARNING)
    assert Place(fault.line, fault.column) == file.places[0]
    assert mend in fault.fix
    assert reading.configuration is not None
    assert not reading.errors


@pytest.mark.parametrize(
    "monitor",
    [
        "{http: 'https://a.example.com/', bearer: '${ssm:/tocsin/a}'}",
        "{http: 'http://a.example.com/', headers: {Accept: text/html}, body: x, method: POST}",
    ],
    ids=["under TLS", "no secret"],
)
def test_what_nobody_on_the_way_can_read_is_no_cause_to_warn(monitor: str) -> None:
    assert faults(watching(f"  m: {monitor}")) == ()


def test_all_faults_are_told_at_once_and_in_order() -> None:
    file = marked("""\
locations: {eu: {}, us: {}, »Ap: {}}
defaults: {timeout: »5, »interal: 5m}
monitors:
  db: {tcp: »"10.0.0.1:5432", interval: »10s, »colour: red}
  mail: {tcp: »'mail.example.com:25', locations: [eu, »uk]}
  »db: {tcp: "a.example.com:1"}
  »web: {expect: {status: [200]}, alert: [»pge]}
  dns: {dns: {»nam: example.com}, retries: »x}
""")

    found = faults(file.text)

    # A question without its name is a fault of the key `dns`, beside the one of `nam`.
    assert [f.code for f in found] == [
        *("bad_location", "bad_duration", "unknown_key"),
        *("private_target", "short_interval", "unknown_key"),
        *("port_25", "unknown_location", "duplicate_key"),
        *("no_kind", "unknown_route", "missing_key", "unknown_key", "bad_number"),
    ]
    places = [Place(f.line, f.column) for f in found if f.code != "missing_key"]
    assert places == list(file.places)


def test_a_secret_is_not_shown_by_the_fault_that_finds_it() -> None:
    found = faults(
        watching(
            """\
  a: {http: "https://me:hunter2@a.example.com/"}
  b: {http: "https://a.example.com/", headers: {Authorization: "Bearer hunter2"}}
  c: {http: "htps://me:hunter2@a.example.com/"}
  d: {http: "https://a.example.com/", headers: {Cookie: "hunter2\\n"}}
  e: {http: "https://a.example.com/", basic: {user: a, password: "hunter2"}}
  f: {http: "https://a.example.com/", bearer: "${ssm:hunter2}"}
  g: {http: "https://a.example.com/", basic: "me:hunter2"}
  h: {http: "https://a.example.com/", headers: "Authorization: hunter2"}
  i: {http: "https://a.example.com/", basic: {user: "me:hunter2", password: "${ssm:/tocsin/p}"}}
  j: {service: postgres, host: "postgres://me:hunter2@db.example.com/app"}
  k: {tcp: "postgres://me:hunter2@db.example.com:5432"}
  l: {http: "https://a.example.com/", headers: {X-A: "hunter2"""
            + "x" * 2048
            + """"}}"""
        )
    )

    assert len(found) == 12
    assert not [str(fault) for fault in found if "hunter2" in str(fault)]


STEERING = "\\e[31mRED\\nforged"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(watching(f'  "{STEERING}": 5'), id="a monitor's name"),
        pytest.param(watching(f'  m: {{tcp: "{STEERING}:1:1"}}'), id="an endpoint"),
        pytest.param(watching(f'  m: {{tcp: "{STEERING}"}}'), id="a host without a port"),
        pytest.param(watching(f'  m: {{tcp: "é{STEERING}:80"}}'), id="a name outside ASCII"),
        pytest.param(
            watching(
                f'  m: {{dns: {{name: a.com, type: MX}}, expect: {{equals: ["10 {STEERING}"]}}}}'
            ),
            id="a record",
        ),
        pytest.param(watching('  m: {tcp: "a.com:1", expect: {banner: "(?<\\e"}}'), id="a pattern"),
        pytest.param(
            f'locations: {{"{STEERING}": , eu: , us: }}\n'
            "monitors: {m: {tcp: 'a.com:1', locations: [su]}}",
            id="the name of a location",
        ),
        pytest.param(watching(f'  m: {{dns: {{name: "::1%{STEERING}"}}}}'), id="a zone"),
    ],
)
def test_no_text_of_a_file_steers_a_terminal_or_begins_a_line(text: str) -> None:
    found = faults(text)

    assert found
    assert all(str(fault).isprintable() for fault in found)


def test_a_mend_is_bounded_as_well() -> None:
    long = f"10 {'x' * 4000}"

    (fault,) = faults(
        watching(f"  m: {{dns: {{name: a.com, type: MX}}, expect: {{equals: [{long}]}}}}")
    )

    assert len(str(fault)) < 1200


def test_a_value_is_shown_as_inert_and_bounded_text() -> None:
    (fault,) = faults(watching('  m: {tcp: "a\\e[31m\\u202e' + "x" * 500 + '"}'))

    assert "\x1b" not in fault.message
    assert "\u202e" not in fault.message
    assert len(fault.message) < 150
