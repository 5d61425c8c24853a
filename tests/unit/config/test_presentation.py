"""Records that are expected: those that an answer can hold, and no others."""

import dns.name
import dns.rdata
import pytest
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from tocsin.checks.expectation import folded
from tocsin.config.fault import MistakeError
from tocsin.config.presentation import record

SHA1, SHA256, SHA384 = "0a" * 20, "0a" * 32, "0a" * 48
SOA = "ns1.example.com. hostmaster.example.com. 2026010101 3600 900 604800 300"
SOUND = [
    pytest.param("A", "192.0.2.1", id="an address"),
    pytest.param("AAAA", "2001:db8::1", id="an address of IPv6"),
    pytest.param("AFSDB", "1 afs.example.com.", id="a cell's server"),
    pytest.param("CAA", '0 issue "letsencrypt.org"', id="an authority"),
    pytest.param("CAA", '128 issue ";"', id="no authority at all"),
    pytest.param("CAA", '0 iodef "mailto:security@example.com"', id="where to complain"),
    pytest.param("CNAME", "web.example.net.", id="an alias"),
    pytest.param("DNAME", "example.net.", id="an alias of all names"),
    pytest.param("DS", f"12345 8 1 {SHA1}", id="an old digest"),
    pytest.param("DS", f"12345 13 2 {SHA256}", id="a digest"),
    pytest.param("DS", f"12345 13 2 {SHA256[:8]} {SHA256[8:]}", id="a digest in two pieces"),
    pytest.param("CDS", f"12345 14 4 {SHA384}", id="a long digest"),
    pytest.param("KX", "10 kx.example.com.", id="a key exchanger"),
    pytest.param("MX", "0 .", id="no mail at all"),
    pytest.param("MX", "65535 mail.example.com.", id="the last mail server"),
    pytest.param("NS", "ns1.example.com.", id="a name server"),
    pytest.param("PTR", "1.0/25.2.0.192.in-addr.arpa.", id="a name of RFC 2317"),
    pytest.param("PTR", r"my\032printer._ipp._tcp.example.com.", id="a printer"),
    pytest.param("SMIMEA", f"3 1 1 {SHA256}", id="a person's certificate"),
    pytest.param("SOA", SOA, id="a start of authority"),
    pytest.param("SOA", SOA.replace("hostm", r"a\.hostm"), id="a mailbox with a dot"),
    pytest.param("SRV", "10 60 5060 sip.example.com.", id="a service"),
    pytest.param("SSHFP", f"4 2 {SHA256}", id="a host's key"),
    pytest.param("TLSA", f"3 1 1 {SHA256}", id="a certificate"),
    pytest.param("TXT", "v=spf1 include:_spf.example.com -all", id="a text"),
    pytest.param("TXT", "", id="an empty text"),
    pytest.param("TXT", '"v=spf1 " "-all"', id="a text in strings"),
    pytest.param("TXT", r'"a \"quoted\" word and \065"', id="a string with escapes"),
    pytest.param("TXT", 300 * "a", id="a text that takes two strings"),
    pytest.param("TXT", f'"{255 * "a"}"', id="the longest string"),
    pytest.param("HTTPS", "1 . alpn=h2", id="a type that is taken as it is"),
    pytest.param("TYPE65280", r"\# 1 00", id="a type without a name"),
]
WRONG = [
    pytest.param("A", "www.example.com.", "192.0.2.1", id="a name for an address"),
    pytest.param("A", "2001:db8::1", "192.0.2.1", id="the other kind of address"),
    pytest.param("A", "192.0.2.01", "192.0.2.1", id="an address with a zero before it"),
    pytest.param("AAAA", "fe80::1%eth0", "2001:db8::1", id="an address of one machine"),
    pytest.param("CAA", "letsencrypt.org", '0 issue "letsencrypt.org"', id="an authority alone"),
    pytest.param("CAA", '256 issue "a"', '0 issue "', id="a flag over its byte"),
    pytest.param("CAA", "0 issue ;", '0 issue "', id="a semicolon without quotes"),
    pytest.param("CNAME", "web.example.net", "`web.example.net.`", id="a relative alias"),
    pytest.param("CNAME", "a..example.net.", "letters, digits", id="an empty label"),
    pytest.param("CNAME", f"{'a' * 64}.example.net.", "at most 63", id="a label of 64"),
    pytest.param("CNAME", f"ab.{'a.' * 126}", "at most 253", id="a name of 254"),
    pytest.param("CNAME", "bücher.example.", "xn--bcher-kva.example.", id="an alias beyond ASCII"),
    pytest.param("DS", f"12345 13 2 {SHA1}", "64 hexadecimal", id="a digest cut short"),
    pytest.param("DS", f"12345 13 3 {SHA256}", "64 hexadecimal", id="a digest of no known type"),
    pytest.param("MX", "mail.example.com.", "`10 mail.example.com.`", id="no preference"),
    pytest.param("MX", "10 mail", "`10 mail.`", id="a relative mail server"),
    pytest.param("MX", "65536 mail.example.com.", "10 host", id="a preference over 16 bits"),
    pytest.param("MX", "-1 mail.example.com.", "10 host", id="a preference under nothing"),
    pytest.param("MX", "10  mail example.com.", "10 host", id="a name in two words"),
    pytest.param("MX", "", "10 host", id="nothing"),
    pytest.param("NS", "ns1.example.com. ns2.example.com.", "host.", id="two in one"),
    pytest.param("SOA", "ns1.example.com.", SOA[:9], id="a server for all of it"),
    pytest.param("SRV", "60 5060 sip.example.com.", "10 10 5060", id="no priority"),
    pytest.param("SRV", "10 60 99999 sip.example.com.", "10 10 5060", id="a port that is none"),
    pytest.param("SSHFP", "4 2 00", "64 hexadecimal", id="a fingerprint cut short"),
    pytest.param("TLSA", "3 1 1 xyz", "64 hexadecimal", id="no hexadecimal digits"),
    pytest.param("TLSA", "3 0 0 abc", "64 hexadecimal", id="half a byte"),
    pytest.param("TXT", '"v=spf1 -all', "Remove its quotes", id="an open quote"),
    pytest.param("TXT", '"v=spf1" -all', "Remove its quotes", id="a word outside of the quotes"),
    pytest.param("TXT", f'"{256 * "a"}"', "Remove its quotes", id="a string of 256"),
    pytest.param("TXT", f'"" "{128 * "é"}"', "Remove its quotes", id="a string of 256 bytes"),
]


@pytest.mark.parametrize(("kind", "written"), SOUND)
def test_a_record_that_an_answer_can_hold_is_taken(kind: str, written: str) -> None:
    assert record(written, kind) == written


@pytest.mark.parametrize(("kind", "written", "mend"), WRONG)
def test_a_record_that_no_answer_can_hold_is_refused(kind: str, written: str, mend: str) -> None:
    with pytest.raises(MistakeError) as refused:
        record(written, kind)

    assert refused.value.code in {"bad_record", "bad_dns_name"}
    assert mend in refused.value.fix


@pytest.mark.parametrize(
    ("kind", "written", "canonical"),
    [
        pytest.param("AAAA", "2001:DB8:0::01", "2001:db8::1", id="an address"),
        pytest.param("MX", "10   Mail.Example.COM.", "10 mail.example.com.", id="spaces, letters"),
        pytest.param("CNAME", r"A\.B.Example.com.", r"a\.b.example.com.", id="escapes"),
    ],
)
def test_records_that_are_the_same_are_written_the_same(
    kind: str, written: str, canonical: str
) -> None:
    assert record(written, kind) == canonical


POOLS = {
    "n": ("0", "1", "2", "4", "13", "255", "256", "65535", "65536", "4294967296", "-1", "1.5", ""),
    "m": (
        *(
            ".",
            "a.",
            "a",
            "A.b.",
            r"a\.b.",
            r"a\256.",
            r"\032.",
            "1/2.a.",
            "*.a.",
            "ü.",
            "a..",
            "@",
        ),
        *(
            "a." * 126,
            f"ab.{'a.' * 126}",
            f"{'a' * 63}.",
            f"{'a' * 64}.",
            r"\065." * 50,
            "(.",
            "a;.",
        ),
    ),
    "w": ("issue", "iodef", "a1", "a-b", ""),
    "t": ('"a"', '""', '"', '";"', ";", "(", "a", '"a b"', r'"\"', r'"\9"', r'"\256"', r'"\065"'),
    "h": (SHA1, SHA256, SHA384, SHA256.upper(), "0a 0a", "0", "", "xy"),
}
SHAPES = {
    **dict.fromkeys(("CNAME", "DNAME", "NS", "PTR"), "m"),
    **dict.fromkeys(("AFSDB", "KX", "MX"), "nm"),
    **dict.fromkeys(("CDS", "DS", "SMIMEA", "TLSA"), "nnnh"),
    "CAA": "nwt",
    "SOA": "mmnnnnn",
    "SRV": "nnnm",
    "SSHFP": "nnh",
}


def of_shape(kind: str) -> st.SearchStrategy[tuple[str, str]]:
    parts = st.tuples(*(st.sampled_from(POOLS[letter]) for letter in SHAPES[kind]))
    return st.tuples(st.just(kind), parts.map(" ".join))


@given(st.sampled_from(sorted(SHAPES)).flatmap(of_shape))
def test_every_record_that_is_taken_can_be_in_an_answer(case: tuple[str, str]) -> None:
    kind, written = case
    try:
        taken = record(written, kind)
    except MistakeError:
        return

    assert record(taken, kind) == taken
    parsed = dns.rdata.from_text(RdataClass.IN, kind, taken, origin=dns.name.root)
    assert folded(RdataType.make(kind), parsed)


@given(st.text('"\\ a9é;', max_size=20))
def test_a_text_that_is_taken_as_strings_can_be_read_as_strings(written: str) -> None:
    try:
        taken = record(f'"{written}', "TXT")
    except MistakeError:
        return

    assert dns.rdata.from_text(RdataClass.IN, RdataType.TXT, taken)
