"""What a DNS check says of servers that answer well, wrongly, in part or not at all."""

import asyncio
import os
import socket
import struct
import time
from datetime import timedelta

import pytest
from dnslib import QTYPE, RR, TXT, A, DNSRecord
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.servers import (
    HERE,
    SHORT,
    Datagrams,
    assert_abstained,
    assert_failed,
    assert_passed,
    clock,
    closed_port,
    deaf,
    look,
    naming,
    zone,
)
from tocsin.checks.attempt import Attempt, attempted
from tocsin.checks.dial import Dialer
from tocsin.checks.nameserver import STRAYS_LIMIT, Nameserver
from tocsin.checks.wire import RECORDS_LIMIT
from tocsin.config.questions import TYPES
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.questions import DnsTarget
from tocsin.domain.target import Family, TcpTarget

RECORDS = """
example.test. A 192.0.2.1
example.test. A 192.0.2.2
example.test. MX 10 Mail.Example.TEST.
example.test. MX 20 backup.example.test.
example.test. TXT "v=spf1 " "-all"
www.example.test. CNAME example.test.
_sip._tcp.example.test. SRV 1 2 5060 SIP.example.test.
loop.test. CNAME pool.test.
pool.test. CNAME loop.test.
"""
CHAIN = "\n".join(f"c{n}.test. CNAME c{n + 1}.test." for n in range(12))


def on_udp(*answers: bytes) -> object:
    return lambda _query, _tcp: list(answers)


def silent(_query: DNSRecord, _tcp: bool) -> None:  # noqa: FBT001 - the shape of Namer
    return None


def truncating(query: DNSRecord, tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
    reply = query.reply()
    if tcp:
        reply.add_answer(*(RR(query.q.qname, QTYPE.TXT, rdata=TXT("x" * 200)) for _ in range(9)))
    else:
        reply.header.tc = 1
    return bytes(reply.pack())


async def ask(server: Nameserver, target: DnsTarget) -> Outcome:
    asked = DnsTarget(
        name=target.name,
        type=target.type,
        resolver=str(server),
        rcode=target.rcode,
        equals=target.equals,
        contains=target.contains,
    )
    return await look(asked, limit=SHORT)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(DnsTarget(name="example.test"), id="any answer"),
        pytest.param(
            DnsTarget(name="example.test", equals=("192.0.2.2", "192.0.2.1")), id="in any order"
        ),
        pytest.param(DnsTarget(name="example.test", contains=("192.0.2.2",)), id="among others"),
        pytest.param(
            DnsTarget(name="EXAMPLE.test.", type="MX", contains=("10 mail.example.test.",)),
            id="case of names has no meaning",
        ),
        pytest.param(
            DnsTarget(name="example.test", type="TXT", equals=("v=spf1 -all",)), id="unquoted text"
        ),
        pytest.param(
            DnsTarget(name="example.test", type="TXT", equals=('"v=spf1 -all"',)), id="quoted text"
        ),
        pytest.param(
            DnsTarget(name="example.test", type="TXT", equals=('"v=spf" "1 -all"',)),
            id="text cut elsewhere",
        ),
        pytest.param(
            DnsTarget(name="www.example.test", equals=("192.0.2.1", "192.0.2.2")), id="an alias"
        ),
        pytest.param(
            DnsTarget(name="www.example.test", type="CNAME", equals=("EXAMPLE.test.",)),
            id="the alias itself",
        ),
        pytest.param(
            DnsTarget(
                name="_sip._tcp.example.test", type="SRV", equals=("1 2 5060 sip.example.test.",)
            ),
            id="a service record",
        ),
        pytest.param(DnsTarget(name="example.test", type="AAAA", equals=()), id="nothing, wanted"),
        pytest.param(DnsTarget(name="no.test", rcode="NXDOMAIN"), id="no such name, wanted"),
    ],
)
async def test_answers_that_pass(target: DnsTarget) -> None:
    async with naming(zone(RECORDS)) as server:
        outcome = await ask(server, target)

    assert_passed(outcome, target.name)
    assert outcome.address == HERE
    assert list(outcome.phases_ms) == ["dns"]


@pytest.mark.parametrize(
    ("target", "layer", "reason", "phrase"),
    [
        pytest.param(
            DnsTarget(name="no.test"),
            Layer.DNS, Reason.WRONG_RCODE, "answered NXDOMAIN, expected NOERROR",
            id="no such name",
        ),
        pytest.param(
            DnsTarget(name="example.test", rcode="NXDOMAIN"),
            Layer.DNS, Reason.WRONG_RCODE, "answered NOERROR, expected NXDOMAIN",
            id="a name that should not be",
        ),
        pytest.param(
            DnsTarget(name="example.test", equals=("192.0.2.1", "192.0.2.3")),
            Layer.CONTENT, Reason.WRONG_ANSWER, "missing: 192.0.2.3; unexpected: 192.0.2.2",
            id="missing and unexpected",
        ),
        pytest.param(
            DnsTarget(name="example.test", contains=("192.0.2.9",)),
            Layer.CONTENT, Reason.WRONG_ANSWER, "missing: 192.0.2.9",
            id="missing",
        ),
        pytest.param(
            DnsTarget(name="example.test", type="MX", contains=("20 mail.example.test.",)),
            Layer.CONTENT, Reason.WRONG_ANSWER, "missing: 20 mail.example.test.",
            id="preference counts",
        ),
        pytest.param(
            DnsTarget(name="example.test", equals=()),
            Layer.CONTENT, Reason.WRONG_ANSWER, "unexpected: 192.0.2.1, 192.0.2.2",
            id="something where nothing should be",
        ),
        pytest.param(
            DnsTarget(name="example.test", type="AAAA"),
            Layer.CONTENT, Reason.WRONG_ANSWER, "has no AAAA record",
            id="nothing",
        ),
        pytest.param(
            DnsTarget(name="loop.test"),
            Layer.CONTENT, Reason.WRONG_ANSWER, "leads back to loop.test.",
            id="aliases in a circle",
        ),
    ],
)  # fmt: skip
async def test_answers_that_fail(
    target: DnsTarget, layer: Layer, reason: Reason, phrase: str
) -> None:
    async with naming(zone(RECORDS)) as server:
        outcome = await ask(server, target)

    assert_failed(outcome, layer, reason, target.name, phrase)


@pytest.mark.parametrize(("rcode", "name"), [(2, "SERVFAIL"), (5, "REFUSED"), (4, "NOTIMP")])
async def test_a_servers_refusals_are_answers(rcode: int, name: str) -> None:
    async with naming(zone(RECORDS, rcode)) as server:
        outcome = await ask(server, DnsTarget(name="example.test"))

    assert_failed(outcome, Layer.DNS, Reason.WRONG_RCODE, f"answered {name}, expected NOERROR")


@pytest.mark.parametrize("kind", TYPES)
async def test_records_of_every_kind_can_be_asked_for(kind: str) -> None:
    async with naming(zone(RECORDS)) as server:
        assert_passed(await ask(server, DnsTarget(name="no.test", type=kind, rcode="NXDOMAIN")))


async def test_what_was_cut_short_comes_over_tcp() -> None:
    async with naming(truncating) as server:
        outcome = await ask(server, DnsTarget(name="big.test", type="TXT", contains=("x" * 200,)))

    assert_passed(outcome, "x" * 50)


async def test_what_was_cut_in_the_middle_of_a_record_comes_over_tcp() -> None:
    def cutting(query: DNSRecord, tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        whole = truncating(query, True)
        return whole if tcp else whole[:2] + b"\x82" + whole[3:500]

    async with naming(cutting) as server:
        outcome = await ask(server, DnsTarget(name="big.test", type="TXT", contains=("x" * 200,)))

    assert_passed(outcome, "x" * 50)


async def test_what_is_cut_short_over_tcp_too_is_no_answer() -> None:
    async with naming(lambda query, _tcp: truncating(query, False)) as server:
        outcome = await ask(server, DnsTarget(name="big.test"))

    assert_failed(outcome, Layer.DNS, Reason.DNS_MALFORMED, "cut its answer short over TCP too")


async def test_cut_short_and_silent_over_tcp_is_said_so() -> None:
    def half(query: DNSRecord, tcp: bool) -> bytes | None:  # noqa: FBT001 - the shape of Namer
        return None if tcp else truncating(query, tcp)

    async with naming(half) as server:
        outcome = await ask(server, DnsTarget(name="big.test"))

    assert_failed(outcome, Layer.DNS, Reason.DNS_MALFORMED, "short", "over TCP")


async def test_a_silent_server_times_out() -> None:
    async with naming(silent) as server:
        outcome = await ask(server, DnsTarget(name="example.test"))

    assert_failed(outcome, Layer.DNS, Reason.DNS_TIMEOUT, f"{server} did not answer within 0.5 s")


async def test_a_port_without_a_server_refuses() -> None:
    server = Nameserver(HERE, closed_port())

    outcome = await ask(server, DnsTarget(name="example.test"))

    assert_failed(outcome, Layer.DNS, Reason.REFUSED, f"DNS server {server} refused")


@pytest.mark.parametrize(
    ("spoil", "phrase"),
    [
        pytest.param(
            lambda wire: bytes([wire[0] ^ 1]) + wire[1:], "bears another id", id="wrong id"
        ),
        pytest.param(
            lambda wire: wire.replace(b"example", b"elpmaxe"), "another question",
            id="wrong question",
        ),
        pytest.param(lambda wire: wire[:20], "cannot be read", id="cut in the middle"),
        pytest.param(lambda wire: wire[:2] + b"\xff" * 40, "another question", id="noise"),
        pytest.param(
            lambda wire: wire[:2] + b"\x01\x00" + wire[4:], "another question", id="a query"
        ),
    ],
)  # fmt: skip
async def test_answers_that_are_not_to_our_question_do_not_count(
    spoil: "object", phrase: str
) -> None:
    assert callable(spoil)
    honest = zone(RECORDS)

    def liar(query: DNSRecord, tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        wire = honest(query, tcp)
        assert isinstance(wire, bytes)
        spoilt: bytes = spoil(wire)
        return spoilt

    def forged(query: DNSRecord, tcp: bool) -> list[bytes]:  # noqa: FBT001 - the shape of Namer
        wire = honest(query, tcp)
        assert isinstance(wire, bytes)
        return [spoil(wire), wire]

    async with naming(liar) as server:
        outcome = await ask(server, DnsTarget(name="example.test"))
    async with naming(forged) as server:
        after_all = await ask(server, DnsTarget(name="example.test", contains=("192.0.2.1",)))

    assert_failed(outcome, Layer.DNS, Reason.DNS_MALFORMED, f"DNS server {server.address}", phrase)
    assert_passed(after_all)


async def test_a_server_from_before_edns_is_asked_again_without_it() -> None:
    honest = zone(RECORDS)

    def old(query: DNSRecord, tcp: bool) -> object:  # noqa: FBT001 - the shape of Namer
        return zone(RECORDS, 1)(query, tcp) if query.ar else honest(query, tcp)

    async with naming(old) as server:  # type: ignore[arg-type]
        assert_passed(await ask(server, DnsTarget(name="example.test")))


async def test_a_server_from_before_edns_may_cut_its_answer_short_too() -> None:
    def old(query: DNSRecord, tcp: bool) -> object:  # noqa: FBT001 - the shape of Namer
        return zone(RECORDS, 1)(query, tcp) if query.ar else truncating(query, tcp)

    async with naming(old) as server:  # type: ignore[arg-type]
        outcome = await ask(server, DnsTarget(name="big.test", type="TXT", contains=("x" * 200,)))

    assert_passed(outcome, "x" * 50)


async def test_a_lost_datagram_is_sent_again() -> None:
    honest, asked = zone(RECORDS), []

    def lossy(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - as above
        asked.append(query.header.id)
        return honest(query, tcp) if len(asked) > 1 else None

    async with naming(lossy) as server:
        target = DnsTarget(name="example.test", resolver=str(server))
        assert_passed(await look(target))

    assert len(asked) == 2
    assert len(set(asked)) == 1


async def test_a_resolver_that_may_not_be_reached_is_not_asked() -> None:
    target = DnsTarget(name="example.test", resolver="169.254.169.253")

    outcome = await look(target)

    assert_abstained(outcome, Reason.FORBIDDEN_ADDRESS, "169.254.169.253 is a link-local")


# From here on: names of other targets.


async def dial(*servers: Nameserver, name: str = "example.test") -> Outcome:
    dialer = Dialer(egress=Egress.LOOPBACK, nameservers=servers)
    return await look(TcpTarget(host=name, port=1), dialer=dialer, limit=SHORT)


@pytest.mark.parametrize(
    ("text", "rcode", "reason", "phrase"),
    [
        pytest.param("b.test. A 127.0.0.1", 0, Reason.NXDOMAIN, "does not exist", id="nxdomain"),
        pytest.param("a.test. TXT x", 0, Reason.NO_ADDRESS, "no A or AAAA record", id="no address"),
        pytest.param("a.test. A 127.0.0.1", 2, Reason.SERVFAIL, "(SERVFAIL)", id="servfail"),
        pytest.param("a.test. A 127.0.0.1", 5, Reason.DNS_REFUSED, "(REFUSED)", id="refused"),
        pytest.param(
            "a.test. CNAME b.test.\nb.test. CNAME a.test.", 0, Reason.NO_ADDRESS, "leads back to",
            id="aliases in a circle",
        ),
        pytest.param(
            "a.test. CNAME c0.test.\n" + CHAIN, 0, Reason.NO_ADDRESS, "more than 8 aliases",
            id="endless aliases",
        ),
    ],
)  # fmt: skip
async def test_a_name_that_does_not_resolve(
    text: str, rcode: int, reason: Reason, phrase: str
) -> None:
    async with naming(zone(text, rcode)) as server:
        outcome = await dial(server, name="a.test")

    assert_failed(outcome, Layer.DNS, reason, "a.test", phrase)
    assert outcome.address is None
    assert list(outcome.phases_ms) == ["dns"]


async def test_a_resolver_that_answers_nothing_of_a_name_times_out() -> None:
    async with naming(silent) as server:
        outcome = await dial(server)

    assert_failed(outcome, Layer.DNS, Reason.DNS_TIMEOUT, "did not answer within 0.5 s")


async def test_the_next_server_helps_where_the_first_cannot() -> None:
    text = "example.test. A 127.0.0.1"
    async with naming(zone(text, 2)) as broken, naming(zone(text)) as well:
        after_failure = await dial(broken, well)
        after_refusal = await dial(Nameserver(HERE, closed_port()), well)

    assert_failed(after_failure, Layer.CONNECT, Reason.REFUSED)
    assert_failed(after_refusal, Layer.CONNECT, Reason.REFUSED)


async def test_servers_that_all_refuse_fail_at_once_and_are_all_named() -> None:
    first, second = Nameserver(HERE, closed_port()), Nameserver("127.0.0.2", closed_port())

    outcome = await dial(first, second)

    assert_failed(outcome, Layer.DNS, Reason.REFUSED, f"{first} refused", f"{second} refused")
    assert outcome.phases_ms["dns"] < 300


async def test_a_failure_that_was_heard_tells_more_than_a_silence() -> None:
    nobody = Nameserver(HERE, closed_port())
    async with naming(silent) as mute:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[mute, nobody])
        target = TcpTarget(host="example.test", port=1)
        outcome = await look(target, dialer=dialer, limit=timedelta(seconds=2.5))

    phrases = (f"{mute} did not answer within 0.8", f"{nobody} refused")
    assert_failed(outcome, Layer.DNS, Reason.REFUSED, *phrases)


async def test_a_server_that_never_answers_for_ipv6_costs_a_second_and_no_more() -> None:
    honest = zone("example.test. A 127.0.0.1")

    def deaf(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - as above
        return None if query.q.qtype == QTYPE.AAAA else honest(query, tcp)

    async with naming(deaf) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        outcome = await look(TcpTarget(host="example.test", port=1), dialer=dialer)

    assert_failed(outcome, Layer.CONNECT, Reason.REFUSED)
    assert 900 < outcome.phases_ms["dns"] < 1500


async def test_a_server_that_gives_the_alias_only_is_asked_for_its_end() -> None:
    def partial(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        text = {"www.test.": "www.test. CNAME a.test.", "a.test.": "a.test. A 127.0.0.1"}
        reply = query.reply()
        rows = RR.fromZone(text[str(query.q.qname)])
        reply.add_answer(*(r for r in rows if r.rtype in {5, query.q.qtype}))
        return bytes(reply.pack())

    async with naming(partial) as server:
        outcome = await dial(server, name="www.test")

    assert_failed(outcome, Layer.CONNECT, Reason.REFUSED, "127.0.0.1:1 refused")


async def test_an_alias_that_only_one_of_two_answers_tells_is_followed() -> None:
    def partial(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        reply = query.reply()
        if (str(query.q.qname), query.q.qtype) == ("www.test.", QTYPE.A):
            reply.add_answer(*RR.fromZone("www.test. CNAME a.test."))
        elif (str(query.q.qname), query.q.qtype) == ("a.test.", QTYPE.A):
            reply.add_answer(*RR.fromZone("a.test. A 127.0.0.1"))
        return bytes(reply.pack())

    async with naming(partial) as server:
        outcome = await dial(server, name="www.test")

    assert_failed(outcome, Layer.CONNECT, Reason.REFUSED, "127.0.0.1:1 refused")


async def test_a_server_that_is_deaf_over_tcp_does_not_hide_the_next_one() -> None:
    def cutting(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        return truncating(query, False)

    with deaf(HERE) as port:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Datagrams(cutting), local_addr=(HERE, port)
        )
        try:
            async with naming(zone("example.test. A 127.0.0.1")) as well:
                outcome = await dial(Nameserver(HERE, port), well)
            alone = await dial(Nameserver(HERE, port), Nameserver(HERE, closed_port()))
        finally:
            transport.close()

    assert_failed(outcome, Layer.CONNECT, Reason.REFUSED, "127.0.0.1:1 refused")
    phrase = f"DNS server {HERE}:{port}: cut its answer short, then did not give it over TCP"
    assert_failed(alone, Layer.DNS, Reason.DNS_MALFORMED, phrase)


async def test_an_impossible_name_is_never_asked_for() -> None:
    outcome = await dial(name="a..b")

    assert_failed(outcome, Layer.DNS, Reason.NXDOMAIN, "a..b is not a valid DNS name")


@settings(max_examples=30, deadline=None)
@given(noise=st.binary(max_size=100), keep=st.integers(0, 12))
async def test_no_datagram_whatsoever_breaks_the_check(noise: bytes, keep: int) -> None:
    honest = zone(RECORDS)

    def noisy(query: DNSRecord, tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        wire = honest(query, tcp)
        assert isinstance(wire, bytes)
        return wire[:keep] + noise

    async with naming(noisy) as server:
        target = DnsTarget(name="example.test", resolver=str(server))
        outcome = await look(target, limit=SHORT / 5)

    assert outcome.vote in {Vote.PASS, Vote.FAIL}


async def test_a_dead_resolver_does_not_hide_the_next_one() -> None:
    async with naming(silent) as dead, naming(zone("example.test. A 127.0.0.1")) as well:
        outcome = await dial(dead, well)

    assert_failed(outcome, Layer.CONNECT, Reason.REFUSED)


async def test_only_resolvers_that_were_asked_are_spoken_of() -> None:
    async with naming(silent) as first, naming(silent) as second:
        outcome = await dial(first, second)

    phrases = [f"{server} did not answer within 0.1" for server in (first, second)]
    assert_failed(outcome, Layer.DNS, Reason.DNS_TIMEOUT, *phrases)


async def test_the_half_that_was_lost_is_asked_for_again() -> None:
    honest, asked = zone("example.test. A 127.0.0.1\nexample.test. AAAA ::1"), []

    def lossy(query: DNSRecord, tcp: bool) -> bytes | list[bytes] | None:  # noqa: FBT001 - as above
        asked.append(query.q.qtype)
        lost = query.q.qtype == QTYPE.A and asked.count(QTYPE.A) == 1
        return None if lost else honest(query, tcp)

    async with naming(lossy) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server], source="127.0.0.9")
        outcome = await look(TcpTarget(host="example.test", port=1), dialer=dialer)

    assert_failed(outcome, Layer.CONNECT, Reason.REFUSED, "127.0.0.1:1 refused")
    assert asked == [QTYPE.A, QTYPE.AAAA, QTYPE.A]


async def test_a_datagram_that_the_kernel_throws_away_fails_nothing() -> None:
    try:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    except PermissionError:
        if "CI" in os.environ:
            raise
        pytest.skip("only root may send a datagram with a wrong checksum")
    honest = zone("example.test. A 127.0.0.1")

    with raw, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HERE, 0))
        port = server.getsockname()[1]

        def serve() -> None:
            query, asker = server.recvfrom(4096)
            spoilt = struct.pack("!HHHH", port, asker[1], 408, 0xDEAD) + b"x" * 400
            raw.sendto(spoilt, (HERE, 0))
            time.sleep(0.1)
            answer = honest(DNSRecord.parse(query), False)
            assert isinstance(answer, bytes)
            server.sendto(answer, asker)

        serving = asyncio.create_task(asyncio.to_thread(serve))
        target = DnsTarget(name="example.test", resolver=f"{HERE}:{port}")
        outcome = await look(target)
        await serving

    assert_passed(outcome)


async def test_strays_are_not_listened_to_for_ever() -> None:
    honest = zone("example.test. A 127.0.0.1")

    def noisy(query: DNSRecord, tcp: bool) -> list[bytes]:  # noqa: FBT001 - the shape of Namer
        answer = honest(query, tcp)
        assert isinstance(answer, bytes)
        return [bytes([answer[0] ^ 1]) + answer[1:]] * (STRAYS_LIMIT + 1) + [answer]

    async with naming(noisy) as server:
        outcome = await ask(server, DnsTarget(name="example.test"))

    assert_failed(outcome, Layer.DNS, Reason.DNS_MALFORMED, "bears another id")


async def test_an_answer_of_too_many_records_is_not_parsed() -> None:
    def many(query: DNSRecord, tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        reply = query.reply()
        count = RECORDS_LIMIT + 1 if tcp else 0
        reply.add_answer(*(RR(query.q.qname, QTYPE.A, rdata=A("127.0.0.1")) for _ in range(count)))
        reply.header.tc = int(not tcp)
        return bytes(reply.pack())

    async with naming(many) as server:
        outcome = await look(DnsTarget(name="example.test", resolver=str(server)))

    assert_failed(outcome, Layer.DNS, Reason.DNS_MALFORMED, "holds more than 512 records")


@pytest.mark.parametrize(("family", "each"), [(Family.ANY, 4), (Family.V4, 8)])
async def test_of_many_addresses_a_few_are_dialled(family: Family, each: int) -> None:
    text = "\n".join(f"a.test. A 127.0.1.{n}\na.test. AAAA ::1" for n in range(1, 20))
    found: list[str] = []

    async with naming(zone(text)) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])

        async def resolve(attempt: Attempt) -> str:
            found.extend(await dialer.resolve(attempt, "a.test", family))
            return ""

        assert_passed(await attempted(SHORT, resolve, clock))

    assert [address for address in found if ":" not in address] == [
        f"127.0.1.{n}" for n in range(1, each + 1)
    ]
