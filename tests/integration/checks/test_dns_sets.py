"""What a DNS check expects of records, flags and codes, and what it keeps of an answer."""

import asyncio
from contextlib import closing
from dataclasses import replace

import dns.rdata
import pytest
from dnslib import CLASS, RD, RR, DNSRecord

from tests.integration.checks.servers import (
    Namer,
    assert_failed,
    assert_passed,
    look,
    measuring,
    naming,
    zone,
)
from tocsin.checks.processor import shared
from tocsin.domain.outcome import EVIDENCE_LIMIT, EXCHANGE_RECORDS, Exchange, Layer, Outcome, Reason
from tocsin.domain.questions import DnsTarget

RECORDS = r"""
a.test. 300 A 192.0.2.1
a.test. 60 A 192.0.2.2
a.test. 300 AAAA 2001:db8::1
a.test. 300 MX 10 Mail.A.test.
a.test. 300 MX 20 backup.a.test.
a.test. 300 NS NS1.A.test.
a.test. 300 SOA NS1.A.test. Host.A.test. 2026010101 3600 900 604800 300
a.test. 300 TXT "v=spf1 include:Mail.Test " "-all"
a.test. 300 TXT "say \"hi\" twice"
a.test. 300 CAA 0 issue "CA.test"
a.test. 300 SRV 1 2 5060 SIP.A.test.
a.test. 300 DS 12345 13 2 ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789
xn--bcher-kva.test. 300 A 192.0.2.7
*.wild.test. 300 A 192.0.2.8
www.test. 300 CNAME cdn.test.
cdn.test. 300 A 192.0.2.5
dangling.test. 300 CNAME gone.test.
c0.test. CNAME c1.test.
c1.test. CNAME c2.test.
c2.test. CNAME c3.test.
c3.test. A 192.0.2.3
"""


async def see(target: DnsTarget, namer: Namer | None = None) -> Outcome:
    async with naming(namer or zone(RECORDS)) as server:
        return await look(replace(target, resolver=str(server)))


def kept(outcome: Outcome) -> Exchange:
    assert outcome.exchange is not None
    return outcome.exchange


def of(text: str, *, flags: int = 0, rcode: int = 0) -> Namer:
    """Answer everything with these records, in this order."""

    def answer(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        reply = query.reply()
        reply.add_answer(*RR.fromZone(text))
        reply.header.bitmap = (reply.header.bitmap & ~0x0430) | flags | rcode
        return bytes(reply.pack())

    return answer


A, B = "192.0.2.1", "192.0.2.2"
BOTH = f"a.test A: {A}, {B}"


@pytest.mark.parametrize(
    ("target", "says"),
    [
        pytest.param(DnsTarget(name="a.test"), BOTH, id="anything at all"),
        pytest.param(DnsTarget(name="a.test", equals=(B, A)), BOTH, id="exactly these"),
        pytest.param(DnsTarget(name="a.test", contains=(B,)), BOTH, id="this one among them"),
        pytest.param(DnsTarget(name="a.test", one_of=(A, B, "192.0.2.9")), BOTH, id="none but"),
        pytest.param(DnsTarget(name="a.test", none_of=("192.0.2.9",)), BOTH, id="not this one"),
        pytest.param(DnsTarget(name="a.test", count=(2, 2)), BOTH, id="so many"),
        pytest.param(DnsTarget(name="a.test", count=(2, None)), BOTH, id="at least so many"),
        pytest.param(DnsTarget(name="a.test", count=(0, 2)), BOTH, id="at most so many"),
        pytest.param(DnsTarget(name="a.test", matches=r"^192\.0\.2\.2$"), BOTH, id="one matches"),
        pytest.param(DnsTarget(name="a.test", ttl_at_least=60), BOTH, id="kept long enough"),
        pytest.param(
            DnsTarget(name="a.test", contains=(A,), none_of=("192.0.2.9",), count=(1, 3),
                matches="2$", ttl_at_least=1), BOTH, id="all at once",
        ),
        pytest.param(
            DnsTarget(name="a.test", type="HINFO", equals=()), "a.test HINFO: no record", id="none"
        ),
        pytest.param(
            DnsTarget(name="a.test", type="HINFO", count=(0, 0)), "a.test HINFO: no record",
            id="a count of none",
        ),
        pytest.param(
            DnsTarget(name="a.test", type="HINFO", none_of=("x",)), "a.test HINFO: no record",
            id="none, of which none is wrong",
        ),
        pytest.param(
            DnsTarget(name="no.test", rcode="NXDOMAIN"), "no.test A: NXDOMAIN", id="no such name"
        ),
    ],
)  # fmt: skip
async def test_a_set_that_is_as_expected_passes(target: DnsTarget, says: str) -> None:
    outcome = await see(target)

    assert_passed(outcome)
    assert outcome.evidence == says


@pytest.mark.parametrize(
    ("target", "says"),
    [
        pytest.param(
            DnsTarget(name="a.test", equals=(A,)), f"a.test A: unexpected: {B}", id="one too many"
        ),
        pytest.param(
            DnsTarget(name="a.test", equals=(A, B, "192.0.2.3")),
            "a.test A: missing: 192.0.2.3", id="one too few",
        ),
        pytest.param(
            DnsTarget(name="a.test", contains=("192.0.2.3", A)),
            "a.test A: missing: 192.0.2.3", id="not among them",
        ),
        pytest.param(
            DnsTarget(name="a.test", one_of=(A, "192.0.2.3")),
            f"a.test A: unexpected: {B}", id="one that is not allowed",
        ),
        pytest.param(
            DnsTarget(name="a.test", none_of=(B, "192.0.2.3")),
            f"a.test A: unexpected: {B}", id="one that is forbidden",
        ),
        pytest.param(
            DnsTarget(name="a.test", contains=("192.0.2.3",), none_of=(B,)),
            f"a.test A: missing: 192.0.2.3; unexpected: {B}", id="both",
        ),
        pytest.param(
            DnsTarget(name="a.test", count=(3, 3)),
            f"a.test A: 2 records ({A}, {B}), expected 3", id="another number",
        ),
        pytest.param(
            DnsTarget(name="a.test", count=(3, None)),
            f"a.test A: 2 records ({A}, {B}), expected at least 3", id="fewer",
        ),
        pytest.param(
            DnsTarget(name="a.test", count=(0, 1)),
            f"a.test A: 2 records ({A}, {B}), expected 0 to 1", id="more",
        ),
        pytest.param(
            DnsTarget(name="a.test", type="AAAA", count=(2, 2)),
            "a.test AAAA: 1 record (2001:db8::1), expected 2", id="a single one",
        ),
        pytest.param(
            DnsTarget(name="a.test", type="HINFO", count=(1, 1)),
            "a.test HINFO: 0 records, expected 1", id="a number of nothing",
        ),
        pytest.param(
            DnsTarget(name="a.test", matches="^198"),
            f"a.test A: no record matches ^198: {A}, {B}", id="none matches",
        ),
        pytest.param(
            DnsTarget(name="a.test", type="TXT", matches="(.*.*)*x$"),
            "the pattern (.*.*)*x$ takes too long on a.test TXT; simplify it", id="a slow pattern",
        ),
        pytest.param(
            DnsTarget(name="a.test", type="HINFO"), "a.test has no HINFO record", id="nothing"
        ),
        pytest.param(
            DnsTarget(name="a.test", type="HINFO", contains=("x y",)),
            'a.test has no HINFO record, expected "x" "y"', id="nothing, where something is missed",
        ),
        pytest.param(
            DnsTarget(name="a.test", type="HINFO", one_of=("x y",), none_of=("y z",)),
            'a.test has no HINFO record, expected "x" "y"', id="nothing, where one is allowed",
        ),
        pytest.param(
            DnsTarget(name="a.test", type="HINFO", matches="^x", count=(0, 2)),
            "a.test has no HINFO record, expected one that matches ^x", id="nothing can match",
        ),
        pytest.param(
            DnsTarget(name="www.test", type="AAAA"),
            "www.test (an alias of cdn.test) has no AAAA record",
            id="an alias of nothing",
        ),
    ],
)  # fmt: skip
async def test_a_set_that_is_not_as_expected_says_what_is_wrong(
    target: DnsTarget, says: str
) -> None:
    outcome = await see(target)

    assert_failed(outcome, Layer.CONTENT, Reason.WRONG_ANSWER)
    assert outcome.evidence == says


async def test_an_alias_of_a_name_that_is_gone_is_named() -> None:
    outcome = await see(DnsTarget(name="dangling.test"))

    assert_failed(outcome, Layer.DNS, Reason.WRONG_RCODE)
    assert outcome.evidence == (
        "dangling.test A (an alias of gone.test): answered NXDOMAIN, expected NOERROR"
    )


async def test_a_record_that_is_kept_too_short_is_named() -> None:
    outcome = await see(DnsTarget(name="a.test", ttl_at_least=61))

    assert_failed(outcome, Layer.CONTENT, Reason.TTL_TOO_LOW)
    assert outcome.evidence == f"a.test A: {B} may be kept for 60 s, expected at least 61 s"


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        pytest.param("AAAA", "2001:0DB8:0:0:0:0:0:1", id="an address written long"),
        pytest.param("MX", "10 mail.a.TEST.", id="a preference and a name in another case"),
        pytest.param("MX", "020 backup.a.test.", id="a number with a zero before it"),
        pytest.param("NS", "ns1.a.test.", id="a server"),
        pytest.param("SOA", "ns1.a.test. host.a.test. 2026010101 1h 15m 1w 5m", id="units of time"),
        pytest.param("SRV", "1 2 5060 sip.a.test.", id="a service"),
        pytest.param("CAA", "0 issue CA.test", id="a text without its quotes"),
        pytest.param(
            "DS", f"12345 13 2 {'abcdef0123456789' * 2} {'ABCDEF0123456789' * 2}",
            id="a digest in two parts and cases",
        ),
        pytest.param("TXT", "v=spf1 include:Mail.Test -all", id="a text"),
        pytest.param("TXT", '"v=spf1 " "include:Mail.Test -all"', id="a text cut elsewhere"),
        pytest.param("TXT", 'say "hi" twice', id="quotes inside, written as they are"),
        pytest.param("TXT", r'"say \"hi\" twice"', id="quotes inside, escaped"),
        pytest.param("TXT", r'"say \034hi\034 twice"', id="quotes inside, by their numbers"),
    ],
)  # fmt: skip
async def test_a_record_may_be_written_in_each_way_that_means_it(kind: str, record: str) -> None:
    assert_passed(await see(DnsTarget(name="a.test", type=kind, contains=(record,))))


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        pytest.param("MX", "20 mail.a.test.", id="another preference"),
        pytest.param("TXT", "v=spf1 include:mail.test -all", id="a text in another case"),
        pytest.param("TXT", "v=spf1 include:Mail.Test", id="the beginning of a text"),
        pytest.param("TXT", "v=spf1 include:Mail.Test  -all", id="another space"),
        pytest.param("CAA", "0 issuewild CA.test", id="another tag"),
        pytest.param("CAA", "0 issue ca.test", id="a value in another case"),
    ],
)
async def test_what_means_something_else_is_missing(kind: str, record: str) -> None:
    outcome = await see(DnsTarget(name="a.test", type=kind, contains=(record,)))

    assert_failed(outcome, Layer.CONTENT, Reason.WRONG_ANSWER, "missing: ")


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        pytest.param("AFSDB", "1 DB.A.test.", "1 db.a.test.", id="afsdb"),
        pytest.param("KX", "1 KX.A.test.", "1 kx.a.test.", id="kx"),
        pytest.param("RP", "Host.A.test. Txt.A.test.", "host.a.test. txt.a.test.", id="rp"),
        pytest.param("PTR", "Host.A.test.", "host.a.test.", id="ptr"),
        pytest.param("DNAME", "Other.A.test.", "other.a.test.", id="dname"),
        pytest.param("CNAME", "Other.A.test.", "other.a.test.", id="cname"),
    ],
)
async def test_case_has_no_meaning_in_records_of_names(
    kind: str, written: str, expected: str
) -> None:
    data = dns.rdata.from_text("IN", kind, written)

    def answer(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        reply = query.reply()
        reply.add_answer(RR(query.q.qname, query.q.qtype, rdata=RD(data.to_wire())))
        return bytes(reply.pack())

    assert_passed(await see(DnsTarget(name="a.test", type=kind, equals=(expected,)), answer))


async def test_a_text_longer_than_a_string_is_one_text() -> None:
    key = "k=" + "A" * 700

    def answer(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        parts = [key[at : at + 255].encode() for at in range(0, len(key), 255)]
        data = b"".join(bytes([len(part)]) + part for part in parts)
        reply = query.reply()
        reply.add_answer(RR(query.q.qname, query.q.qtype, rdata=RD(data)))
        return bytes(reply.pack())

    target = DnsTarget(name="k.test", type="TXT", equals=(key,), matches=f"^{key}$")
    outcome = await see(target, answer)

    assert_passed(outcome)
    assert len(kept(outcome).records[0]) == 160


async def test_bytes_in_a_text_are_shown_as_what_they_are() -> None:
    def answer(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        reply = query.reply()
        reply.add_answer(RR(query.q.qname, query.q.qtype, rdata=RD(b"\x06\xff\x1b[2J\n")))
        return bytes(reply.pack())

    outcome = await see(DnsTarget(name="t.test", type="TXT"), answer)

    assert outcome.evidence == r'''t.test TXT: "\xff\x1b[2J\n"'''


async def test_a_type_that_has_no_name_is_asked_by_its_number() -> None:
    def answer(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        assert query.q.qtype == 65280
        reply = query.reply()
        reply.add_answer(RR(query.q.qname, 65280, rdata=RD(b"\x0a\0\0\1")))
        return bytes(reply.pack())

    outcome = await see(
        DnsTarget(name="a.test", type="TYPE65280", equals=(r"\# 4 0A000001",)), answer
    )

    assert_passed(outcome)
    assert outcome.evidence == r"a.test TYPE65280: \# 4 0a000001"
    assert kept(outcome).question == "a.test. IN TYPE65280"


async def test_another_class_is_asked() -> None:
    def answer(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        assert query.q.qclass == CLASS.CH
        reply = query.reply()
        reply.add_answer(
            *(RR(query.q.qname, query.q.qtype, rclass=rclass, rdata=RD(b"\x059.18" + bytes([n])))
              for n, rclass in ((0x38, CLASS.CH), (0x39, CLASS.IN)))
        )  # fmt: skip
        return bytes(reply.pack())

    target = DnsTarget(name="version.bind", type="TXT", rdclass="CH", equals=("9.188",))
    outcome = await see(target, answer)

    assert_passed(outcome)
    assert kept(outcome).question == "version.bind. CH TXT"
    assert str(replace(target, resolver="127.0.0.1")) == (
        "dns://version.bind?type=TXT&class=CH&resolver=127.0.0.1"
    )


@pytest.mark.parametrize("name", ["xn--bcher-kva.test", "XN--BCHER-KVA.test.", "bücher.test"])
async def test_a_name_beyond_ascii_is_asked_in_its_encoded_form(name: str) -> None:
    outcome = await see(DnsTarget(name=name, equals=("192.0.2.7",)))

    assert_passed(outcome)
    assert kept(outcome).question.lower() == "xn--bcher-kva.test. in a"


async def test_a_wildcard_itself_can_be_asked_for() -> None:
    assert_passed(await see(DnsTarget(name="*.wild.test", equals=("192.0.2.8",))))


@pytest.mark.parametrize(("longest", "passes"), [(3, True), (2, False)])
async def test_aliases_are_followed_so_far(longest: int, *, passes: bool) -> None:
    outcome = await see(DnsTarget(name="c0.test", aliases=longest))

    if passes:
        assert_passed(outcome, "c0.test A: 192.0.2.3")
        assert len(kept(outcome).records) == 4
    else:
        phrase = "c0.test. is a chain of more than 2 aliases (CNAME)"
        assert_failed(outcome, Layer.CONTENT, Reason.WRONG_ANSWER, phrase)


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "FORMERR"), (2, "SERVFAIL"), (3, "NXDOMAIN"), (4, "NOTIMP"), (5, "REFUSED")],
)
async def test_each_code_can_be_expected(number: int, name: str) -> None:
    outcome = await see(DnsTarget(name="a.test", rcode=name), zone(RECORDS, number))
    another = await see(DnsTarget(name="a.test"), zone(RECORDS, number))

    assert_passed(outcome, f"a.test A: {A}")
    phrase = f"a.test A: answered {name}, expected NOERROR"
    assert_failed(another, Layer.DNS, Reason.WRONG_RCODE, phrase)


AA, AD = 0x0400, 0x0020


@pytest.mark.parametrize(
    ("target", "flag", "layer", "reason", "phrase"),
    [
        pytest.param(
            DnsTarget(name="a.test", authoritative=True), AA, Layer.DNS, Reason.NOT_AUTHORITATIVE,
            "a.test A: the answer is not authoritative (no AA flag)", id="authoritative",
        ),
        pytest.param(
            DnsTarget(name="a.test", authenticated=True), AD, Layer.DNSSEC,
            Reason.NOT_AUTHENTICATED,
            "a.test A: the resolver does not vouch for the answer (no AD flag)", id="authenticated",
        ),
    ],
)  # fmt: skip
async def test_a_flag_that_is_expected_must_be_there(
    target: DnsTarget, flag: int, layer: Layer, reason: Reason, phrase: str
) -> None:
    text = "a.test. 60 A 192.0.2.1"

    assert_passed(await see(target, of(text, flags=flag)))
    assert_failed(await see(target, of(text, flags=(AA | AD) - flag)), layer, reason, phrase)


@pytest.mark.parametrize(
    ("target", "recursive", "size", "signatures"),
    [
        pytest.param(DnsTarget(name="a.test"), True, 1232, False, id="by default"),
        pytest.param(DnsTarget(name="a.test", recursive=False), False, 1232, False, id="alone"),
        pytest.param(DnsTarget(name="a.test", payload=4096), True, 4096, False, id="more"),
        pytest.param(DnsTarget(name="a.test", authenticated=True), True, 1232, True, id="vouched"),
    ],
)
async def test_a_question_is_asked_as_the_monitor_says(
    target: DnsTarget, size: int, *, recursive: bool, signatures: bool
) -> None:
    asked: list[DNSRecord] = []

    def note(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        asked.append(query)
        return of("a.test. 60 A 192.0.2.1", flags=AD)(query, False)  # type: ignore[return-value]

    assert_passed(await see(target, note))

    (query,) = asked
    (edns,) = query.ar
    assert bool(query.header.rd) is recursive
    assert edns.rclass == size
    assert bool(edns.ttl & 0x8000) is signatures
    assert not query.header.bitmap & 0x10  # CD: what is bogus is the resolver's to refuse


async def test_what_is_kept_is_in_canonical_order_whatever_the_answers_order() -> None:
    rows = [
        "b.test. 60 A 192.0.2.10",
        "b.test. 60 A 192.0.2.9",
        "a.test. 60 CNAME b.test.",
        "b.test. 60 A 10.0.0.1",
    ]

    one = await see(DnsTarget(name="a.test"), of("\n".join(rows), flags=AD | AA))
    other = await see(DnsTarget(name="a.test"), of("\n".join(reversed(rows)), flags=AD | AA))

    assert kept(one).records == kept(other).records == (
        "a.test. 60 CNAME b.test.",
        "b.test. 60 A 10.0.0.1",
        "b.test. 60 A 192.0.2.9",
        "b.test. 60 A 192.0.2.10",
    )  # fmt: skip
    assert (kept(one).question, kept(one).rcode) == ("a.test. IN A", "NOERROR")
    assert kept(one).flags == ("qr", "aa", "rd", "ra", "ad")


async def test_of_a_huge_answer_the_beginning_is_kept() -> None:
    def huge(query: DNSRecord, tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        reply = query.reply()
        data = (bytes([100]) + f"{n:03}".encode() + b"x" * 97 for n in range(400, 0, -1))
        reply.add_answer(*(RR(query.q.qname, query.q.qtype, rdata=RD(each)) for each in data))
        wire = bytes(reply.pack())
        return wire if tcp else wire[:2] + bytes([wire[2] | 2]) + wire[3:1000]

    outcome = await see(DnsTarget(name="big.test", type="TXT", count=(400, 400)), huge)

    assert_passed(outcome, "001x", "and 395 more")
    assert len(outcome.evidence) <= EVIDENCE_LIMIT
    assert len(kept(outcome).records) == EXCHANGE_RECORDS
    numbers = [line.partition('"')[2][:3] for line in kept(outcome).records]
    assert numbers == [f"{n:03}" for n in range(1, EXCHANGE_RECORDS + 1)]


async def test_what_was_said_is_kept_of_a_failure_too() -> None:
    outcome = await see(DnsTarget(name="a.test", equals=("192.0.2.3",)))

    assert kept(outcome).records == (f"a.test. 300 A {A}", f"a.test. 60 A {B}")


async def test_how_long_the_answer_took_is_measured() -> None:
    loop = asyncio.get_running_loop()

    class Late(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            answer = zone(RECORDS)(DNSRecord.parse(data), False)
            assert isinstance(answer, bytes)
            loop.call_later(0.1, transport.sendto, answer, addr)

    transport, _ = await loop.create_datagram_endpoint(Late, local_addr=("127.0.0.1", 0))
    with closing(transport), measuring():
        host, port = transport.get_extra_info("sockname")
        before = shared().lost
        outcome = await look(DnsTarget(name="a.test", resolver=f"{host}:{port}"))
        ours = shared().lost - before

    assert_passed(outcome, BOTH)
    assert outcome.total_ms > 95 - ours * 1000
