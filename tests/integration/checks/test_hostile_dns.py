"""DNS servers that mean harm, or are out of order: each question ends, in bounds, with a reason."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import partial
from socket import AF_INET, SOCK_DGRAM, socket

import dns.name
import pytest
from dns.rdatatype import RdataType
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.servers import (
    HERE,
    Behaviour,
    assert_failed,
    assert_passed,
    closing,
    dripping,
    endless,
    look,
    resetting,
    saying,
    serving,
    silent,
)
from tests.integration.checks.test_hostile import Noting
from tocsin.checks.connection import CHUNK
from tocsin.checks.dial import Dialer
from tocsin.checks.nameserver import BROKEN_LIMIT, Nameserver
from tocsin.checks.wire import RECORDS_LIMIT, WireError, question, read
from tocsin.config.questions import TYPES
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.questions import DnsTarget
from tocsin.domain.target import TcpTarget

NAME = "www.example.test"
ASKED = "www.example.test A"
TRUE = "127.0.0.1"
BRIEF = timedelta(seconds=0.15)

NOERROR, SERVFAIL = 0x8180, 0x8182
_OWNER = b"\xc0\x0c"
"""Points at the name in the question."""

type Counts = tuple[int, int, int, int]
type Lie = Callable[[bytes], bytes]
"""Makes an answer of the query as it came."""
type Send = Callable[[bytes], None]
type Play = Callable[[bytes, Send], None]


def asked_in(query: bytes) -> bytes:
    """Give the question, which the OPT record follows."""
    return query[12:-11] if query[11] else query[12:]


def message(
    query: bytes,
    *records: bytes,
    flags: int = NOERROR,
    opt: bytes = b"",
    asks: bytes | None = None,
    counts: Counts | None = None,
    number: int = 0,
) -> bytes:
    """Write an answer; `number` is how far off its id is, `counts` what its header says."""
    counts = counts or (1, len(records), 0, int(bool(opt)))
    header = struct.pack("!HHHHHH", int.from_bytes(query[:2]) ^ number, flags, *counts)
    return header + (asked_in(query) if asks is None else asks) + b"".join(records) + opt


def record(
    data: bytes = b"\x7f\0\0\x01",
    *,
    owner: bytes = _OWNER,
    kind: int = 1,
    ttl: int = 60,
    size: int | None = None,
) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data) if size is None else size) + data


def edns(ttl: int, options: bytes = b"") -> bytes:
    return b"\0" + struct.pack("!HHIH", 41, 1232, ttl, len(options)) + options


def honest(query: bytes) -> bytes:
    return message(query, record(), opt=edns(0))


def asking(name: str, kind: int = 1, rdclass: int = 1) -> bytes:
    wire = dns.name.from_text(name).to_wire()
    assert wire is not None
    return wire + struct.pack("!HH", kind, rdclass)


@asynccontextmanager
async def playing(play: Play) -> AsyncIterator[Nameserver]:
    """Serve UDP so: `play` gets each query, and sends what it likes."""
    loop = asyncio.get_running_loop()
    with udp() as sock:

        async def serve() -> None:
            while True:
                query, asker = await loop.sock_recvfrom(sock, 4096)
                play(query, partial(_send, sock, asker))

        task = asyncio.create_task(serve())
        try:
            yield Nameserver(HERE, sock.getsockname()[1])
        finally:
            task.cancel()


def _send(sock: socket, asker: tuple[str, int], answer: bytes) -> None:
    sock.sendto(answer, asker)


@contextmanager
def udp(host: str = HERE) -> Iterator[socket]:
    with socket(AF_INET, SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((host, 0))
        yield sock


def telling(*lies: Lie) -> Play:
    def play(query: bytes, send: Send) -> None:
        for lie in lies:
            send(lie(query))

    return play


async def suffer(play: Play, *, limit: timedelta = BRIEF, kind: str = "A") -> Outcome:
    async with playing(play) as server:
        return await look(wanting(str(server), kind), limit=limit)


def wanting(server: str, kind: str = "A") -> DnsTarget:
    contains = (TRUE,) if kind == "A" else ()
    return DnsTarget(name=NAME, type=kind, resolver=server, contains=contains)


STRAYS: dict[str, tuple[Lie, str]] = {
    "another id": (lambda q: message(q, record(), number=1), "bears another id"),
    "another name": (
        lambda q: message(q, record(), asks=asking("xxx.example.test")),
        "to another question",
    ),
    "the name above": (
        lambda q: message(q, record(), asks=asking("example.test")),
        "to another question",
    ),
    "another type": (lambda q: message(q, record(), asks=asking(NAME, 28)), "another question"),
    "another class": (lambda q: message(q, record(), asks=asking(NAME, 1, 3)), "another question"),
    "two questions": (
        lambda q: message(q, record(), asks=asked_in(q) * 2, counts=(2, 1, 0, 0)),
        "to another question",
    ),
    "no question": (
        lambda q: message(q, record(owner=b"\0"), asks=b"", counts=(0, 1, 0, 0)),
        "to another question",
    ),
    "the query itself": (lambda q: q, "to another question"),
    "an answer that says it is none": (
        lambda q: message(q, record(), flags=0x0180),
        "to another question",
    ),
    "a status": (lambda q: message(q, record(), flags=0x9180), "to another question"),
    "a notification": (lambda q: message(q, record(), flags=0xA180), "to another question"),
    "an update": (lambda q: message(q, record(), flags=0xA980), "to another question"),
    "an id alone": (lambda q: q[:2], "too short"),
    "half a header": (lambda q: honest(q)[:11], "too short"),
    "a header alone": (lambda q: honest(q)[:12], "too short"),
    "half a question": (lambda q: honest(q)[:20], "too short"),
}
_BEHIND = 12 + len(asking(NAME))
"""Where the first record begins."""


def pointing(at: int) -> bytes:
    return struct.pack("!H", 0xC000 | at)


def chained(query: bytes) -> bytes:
    """Name an owner through 60 pointers, each to the one before."""
    begin = _BEHIND + 12
    hops = b"".join(pointing(begin + 2 * n) for n in range(59))
    hidden = record(_OWNER + hops, kind=65280)
    return message(query, hidden, record(owner=pointing(begin + 2 * 59)))


def circling(query: bytes) -> bytes:
    """Have two pointers lead to each other."""
    begin = _BEHIND + 12
    return message(query, record(pointing(begin + 2) + pointing(begin), kind=2))


def unfolding(query: bytes) -> bytes:
    """Make long names of few bytes: each is a label and a pointer to 120 more."""
    rest = pointing(_BEHIND + 12)
    rows = (record(b"\1%c" % (97 + n % 26) + rest, owner=rest, kind=2) for n in range(200))
    return message(query, record(b"\1a" * 120 + b"\0", kind=65280), *rows)


BROKEN: dict[str, Lie] = {
    "cut in the middle of a record": lambda q: message(q, record())[:-1],
    "cut before a record": lambda q: message(q, record())[:_BEHIND],
    "fewer records than it says": lambda q: message(q, record(), counts=(1, 2, 0, 0)),
    "a record that ends behind the packet": lambda q: message(q, record(size=500)),
    "an address of three bytes": lambda q: message(q, record(b"\x7f\0\0")),
    "an address of five bytes": lambda q: message(q, record(b"\x7f\0\0\1\1")),
    "a pointer ahead": lambda q: message(q, record(owner=pointing(_BEHIND + 20)), record()),
    "a pointer to itself": lambda q: message(q, record(owner=pointing(_BEHIND))),
    "a pointer behind the end": lambda q: message(q, record(owner=b"\xff\xff")),
    "pointers in a circle": circling,
    "pointers without end": chained,
    "a label of no known kind": lambda q: message(q, record(owner=b"\x41a\0")),
    "a name of 300 bytes": lambda q: message(q, record(owner=(b"\x3b" + b"a" * 59) * 5 + b"\0")),
    "a name without end": lambda q: message(q, b"\x3f" + b"a" * 63),
    "10,000 records, it says": lambda q: message(q, record(), counts=(1, 10_000, 0, 0)),
    "too many records for us": lambda q: message(
        q, *[record(b"", owner=b"\0", kind=65280)] * (RECORDS_LIMIT + 1)
    )[:4096],
    "hundreds of names of 120 parts": unfolding,
    "a list of 25,600 types": lambda q: message(
        q, record(b"\0" + b"".join(bytes([n, 32]) + b"\xff" * 32 for n in range(100)), kind=47)
    ),
    "options of EDNS that are cut": lambda q: message(q, record(), opt=edns(0, b"\0\x03\0\x09x")),
    "longer than any datagram": lambda q: message(q, record()) + b"\0" * 5000,
    "noise behind the question": lambda q: message(q, b"\xff" * 60),
}


@pytest.mark.parametrize("lie", STRAYS)
async def test_what_is_no_answer_to_our_question_fails_for_that_and_hides_no_answer(
    lie: str,
) -> None:
    tell, phrase = STRAYS[lie]

    outcome = await suffer(telling(tell))
    after_all = await suffer(telling(tell, honest))

    assert_failed(outcome, Layer.DNS, Reason.DNS_MALFORMED, f"DNS server {HERE}:", phrase)
    assert_passed(after_all, f"{ASKED}: {TRUE}")


@pytest.mark.parametrize("lie", BROKEN)
async def test_an_answer_that_cannot_be_read_fails_for_that_and_hides_no_other(lie: str) -> None:
    tell = BROKEN[lie]

    outcome = await suffer(telling(tell))
    after_all = await suffer(telling(tell, honest))

    assert_failed(outcome, Layer.DNS, Reason.DNS_MALFORMED, f"DNS server {HERE}:", "its answer")
    assert_passed(after_all, f"{ASKED}: {TRUE}")


async def test_a_flood_of_lies_does_not_hide_the_answer() -> None:
    def flood(query: bytes, send: Send) -> None:
        for number in range(1, 101):
            send(message(query, record(b"\x7f\6\6\6"), number=number))
            send(message(query, record(b"\x7f\6\6\6"), asks=asking("bank.example.test")))
        send(honest(query))

    assert_passed(await suffer(flood, limit=timedelta(seconds=5)), f"{ASKED}: {TRUE}")


async def test_answers_that_cannot_be_read_are_not_read_for_ever() -> None:
    cut = BROKEN["cut in the middle of a record"]

    outcome = await suffer(telling(*[cut] * BROKEN_LIMIT, honest), limit=timedelta(seconds=30))

    assert_failed(outcome, Layer.DNS, Reason.DNS_MALFORMED, "cannot be read")
    assert outcome.phases_ms["dns"] < 10_000


@pytest.mark.parametrize("host", [HERE, "127.0.0.2"])
async def test_an_answer_from_elsewhere_is_not_heard(host: str) -> None:
    with udp(host) as other:
        asked: list[tuple[str, int]] = []

        def forge(query: bytes) -> None:
            other.sendto(message(query, record(b"\x7f\6\6\6")), asked[-1])

        loop = asyncio.get_running_loop()
        with udp() as sock:

            async def serve(*, answers: bool) -> None:
                query, asker = await loop.sock_recvfrom(sock, 4096)
                asked.append(asker)
                forge(query)
                if answers:
                    sock.sendto(honest(query), asker)

            async def see(*, answers: bool) -> Outcome:
                serving = asyncio.create_task(serve(answers=answers))
                server = Nameserver(HERE, sock.getsockname()[1])
                outcome = await look(wanting(str(server)), limit=BRIEF)
                await serving
                return outcome

            alone, beside = await see(answers=False), await see(answers=True)

    assert_failed(alone, Layer.DNS, Reason.DNS_TIMEOUT, "did not answer within 0.15 s")
    assert_passed(beside, f"{ASKED}: {TRUE}")


async def test_ports_and_ids_of_questions_are_never_twice_the_same() -> None:
    seen: set[tuple[int, bytes]] = set()
    loop = asyncio.get_running_loop()
    with udp() as sock:

        async def serve() -> None:
            for _ in range(16):
                query, asker = await loop.sock_recvfrom(sock, 4096)
                seen.add((asker[1], query[:2]))
                sock.sendto(honest(query), asker)

        serving = asyncio.create_task(serve())
        target = wanting(str(Nameserver(HERE, sock.getsockname()[1])))
        for _ in range(16):
            assert_passed(await look(target))
        await serving

    assert len({port for port, _ in seen}) > 8
    assert len({number for _, number in seen}) > 8


@pytest.mark.parametrize(
    ("lie", "phrase"),
    [
        pytest.param(lambda q: message(q, flags=SERVFAIL), "answered SERVFAIL", id="servfail"),
        pytest.param(lambda q: message(q, flags=0x8186), "answered YXDOMAIN", id="an odd code"),
        pytest.param(lambda q: message(q, flags=0x818F), "answered RCODE15", id="no known code"),
        pytest.param(
            lambda q: message(q, opt=edns(1 << 24)), "answered BADVERS", id="no such EDNS"
        ),
        pytest.param(
            lambda q: message(q, opt=edns(0xFF << 24), flags=0x818F), "answered RCODE4095",
            id="an extended code that nobody knows",
        ),
        pytest.param(
            lambda q: message(q, asks=b"", counts=(0, 0, 0, 0), flags=0x8185), "answered REFUSED",
            id="a refusal without the question",
        ),
    ],
)  # fmt: skip
async def test_a_code_that_is_not_wanted_is_named(lie: Lie, phrase: str) -> None:
    outcome = await suffer(telling(lie))

    assert_failed(outcome, Layer.DNS, Reason.WRONG_RCODE, f"{ASKED}: {phrase}, expected NOERROR")
    assert outcome.exchange is not None
    assert outcome.exchange.rcode == phrase.removeprefix("answered ")


def explained(number: int, text: bytes) -> Lie:
    """Fail, and say why (RFC 8914)."""
    option = struct.pack("!HHH", 15, 2 + len(text), number) + text
    return lambda query: message(query, flags=SERVFAIL, opt=edns(0, option))


@pytest.mark.parametrize(
    ("number", "text", "says"),
    [
        pytest.param(6, b"expired", 'SERVFAIL (dnssec bogus: "expired")', id="a reason and a text"),
        pytest.param(22, b"", "SERVFAIL (no reachable authority)", id="a reason"),
        pytest.param(4711, b"", "SERVFAIL (error 4711)", id="a reason that nobody knows"),
        pytest.param(0, b"x\n\x1b[2J", r'SERVFAIL (other: "x\n\x1b[2J")', id="no clean text"),
        pytest.param(0, b"x" * 999, f'SERVFAIL (other: "{"x" * 80}…")', id="a long text"),
    ],
)
async def test_why_a_server_has_no_answer_is_told_where_it_says_so(
    number: int, text: bytes, says: str
) -> None:
    outcome = await suffer(telling(explained(number, text)))

    phrase = f"{ASKED}: answered {says}, expected NOERROR"
    assert_failed(outcome, Layer.DNS, Reason.WRONG_RCODE, phrase)


async def test_why_a_host_does_not_resolve_is_told_too() -> None:
    async with playing(telling(explained(22, b"lost"))) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        outcome = await look(TcpTarget(host=NAME, port=1), dialer=dialer)

    phrase = f'{NAME} could not be resolved (SERVFAIL): no reachable authority: "lost"'
    assert_failed(outcome, Layer.DNS, Reason.SERVFAIL, phrase)


async def test_a_refusal_that_holds_records_in_place_of_the_question_is_read_as_it_is() -> None:
    def refuse(query: bytes) -> bytes:
        rows = record(owner=b"\1a\0"), record(owner=pointing(12))
        return message(query, *rows, asks=b"", counts=(0, 2, 0, 0), flags=0x8185)

    outcome = await suffer(telling(refuse))

    assert outcome.exchange is not None
    assert [line.partition(" ")[0] for line in outcome.exchange.records] == ["a.", "a."]


async def test_what_follows_the_last_record_is_let_be() -> None:
    outcome = await suffer(telling(lambda query: honest(query) + b"\0" * 100))

    assert_passed(outcome, f"{ASKED}: {TRUE}")


async def test_records_of_another_class_are_none_of_ours() -> None:
    chaos = _OWNER + struct.pack("!HHIH", 1, 3, 60, 4) + b"\x7f\6\6\6"

    outcome = await suffer(telling(lambda query: message(query, chaos, record())))

    assert_passed(outcome, f"{ASKED}: {TRUE}")


@pytest.mark.parametrize(("ttl", "passes"), [(0x7FFFFFFF, True), (0x80000000, False)])
async def test_a_ttl_below_zero_is_none(ttl: int, *, passes: bool) -> None:
    async with playing(telling(lambda query: message(query, record(ttl=ttl)))) as server:
        outcome = await look(DnsTarget(name=NAME, resolver=str(server), ttl_at_least=1))

    if passes:
        assert_passed(outcome)
    else:
        assert_failed(outcome, Layer.CONTENT, Reason.TTL_TOO_LOW, "may be kept for 0 s")


def alias(owner: bytes, target: str) -> bytes:
    wire = dns.name.from_text(target).to_wire()
    assert wire is not None
    return record(wire, owner=owner, kind=5)


async def test_aliases_in_a_circle_are_followed_once_round() -> None:
    circle = alias(_OWNER, "a.test"), alias(b"\1a\4test\0", "b.test"), alias(b"\1b\4test\0", NAME)

    outcome = await suffer(telling(lambda query: message(query, *circle)))

    phrase = f"{NAME}. is an alias (CNAME) that leads back to {NAME}."
    assert_failed(outcome, Layer.CONTENT, Reason.WRONG_ANSWER, phrase)


# From here on: streams.


STREAMS: dict[str, tuple[Callable[[bytes], bytes], Behaviour, set[Reason]]] = {
    "silence": (lambda _: b"", silent, {Reason.SILENT}),
    "half a length": (lambda a: a[:1], silent, {Reason.TIMEOUT}),
    "a length alone": (lambda a: a[:2], silent, {Reason.TIMEOUT}),
    "all but a byte": (lambda a: a[:-1], silent, {Reason.TIMEOUT}),
    "a length of nothing": (lambda _: b"\0\0", silent, {Reason.DNS_MALFORMED}),
    "a length of a byte": (lambda _: b"\0\1x", silent, {Reason.DNS_MALFORMED}),
    "a length that is too large": (lambda a: b"\xff\xff" + a[2:], silent, {Reason.TIMEOUT}),
    "a length that is too small": (
        lambda a: b"\0\x20" + a[2:], silent, {Reason.DNS_MALFORMED}
    ),
    "an end": (lambda _: b"", closing, {Reason.CLOSED}),
    "an end in the length": (lambda a: a[:1], closing, {Reason.CLOSED}),
    "an end in the answer": (lambda a: a[:-1], closing, {Reason.CLOSED}),
    "a reset": (lambda _: b"", resetting, {Reason.RESET}),
    "another id": (lambda a: a[:2] + b"\0\0" + a[4:], silent, {Reason.DNS_MALFORMED}),
    "cut short over TCP": (
        lambda a: a[:4] + b"\x83" + a[5:], silent, {Reason.DNS_MALFORMED}
    ),
    "noise": (lambda _: b"\0\x40" + b"\xff" * 64, silent, {Reason.DNS_MALFORMED}),
    "endless noise": (lambda _: b"", endless(b"\xff" * 1000), {Reason.DNS_MALFORMED}),
    "two answers": (lambda a: a + a, silent, {Reason.DNS_MALFORMED}),
    "a web page": (lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n", closing, {Reason.CLOSED}),
}  # fmt: skip


def streaming(tell: Callable[[bytes], bytes], then: Behaviour = silent) -> Behaviour:
    """Read a question over TCP, and tell the honest answer so."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        query = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        answer = honest(query)
        await saying(tell(len(answer).to_bytes(2) + answer), then)(reader, writer)

    return behave


@pytest.mark.parametrize("end", STREAMS)
async def test_each_end_of_a_stream_has_its_reason(end: str) -> None:
    tell, then, reasons = STREAMS[end]
    dialer = Noting()

    async with serving(streaming(tell, then)) as port:
        outcome = await look(wanting(f"tcp://{HERE}:{port}"), dialer=dialer, limit=BRIEF)

    assert (outcome.vote, outcome.layer) == (Vote.FAIL, Layer.DNS), outcome
    assert outcome.reason in reasons, outcome
    assert f"{HERE}:{port}" in outcome.evidence
    assert all(connection.received <= 2 + 0xFFFF + CHUNK for connection in dialer.made)


@asynccontextmanager
async def cutting(stream: Behaviour) -> AsyncIterator[Nameserver]:
    """Say over UDP that the answer is cut short, and behave so over TCP."""
    async with serving(stream) as port:

        def cut(query: bytes, asker: tuple[str, int]) -> None:
            transport.sendto(message(query, flags=NOERROR | 0x0200), asker)

        class Datagrams(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                cut(data, addr)

        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            Datagrams, local_addr=(HERE, port)
        )
        try:
            yield Nameserver(HERE, port)
        finally:
            transport.close()


@pytest.mark.parametrize("end", STREAMS)
async def test_what_was_cut_short_fails_for_how_it_ends_over_tcp(end: str) -> None:
    tell, then, _ = STREAMS[end]

    async with cutting(streaming(tell, then)) as server:
        outcome = await look(wanting(str(server)), limit=BRIEF)

    if end == "two answers":
        assert_passed(outcome, f"{ASKED}: {TRUE}")  # nothing more is read here than was asked for
    else:
        reason = Reason.RESET if end == "a reset" else Reason.DNS_MALFORMED
        assert_failed(outcome, Layer.DNS, reason, f"DNS server {server}")


@pytest.mark.parametrize("way", ["tcp", "udp first"])
async def test_a_stream_byte_by_byte_is_an_answer_too(way: str) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        query = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        answer = honest(query)
        await dripping(len(answer).to_bytes(2) + answer, every=0)(reader, writer)

    async with cutting(drip) as server:
        asked = f"tcp://{server}" if way == "tcp" else str(server)
        assert_passed(await look(wanting(asked)), f"{ASKED}: {TRUE}")


@pytest.mark.parametrize("way", ["tcp", "udp first"])
async def test_the_longest_answer_there_can_be_is_read(way: str) -> None:
    async def long(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        query = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        room = 0xFFFF - len(message(query, record(), record(b"")))
        answer = message(query, record(), record(b"x" * room, kind=65280))
        assert len(answer) == 0xFFFF
        writer.write(len(answer).to_bytes(2) + answer)
        await silent(reader, writer)

    async with cutting(long) as server:
        asked = f"tcp://{server}" if way == "tcp" else str(server)
        outcome = await look(wanting(asked))

    assert_passed(outcome, f"{ASKED}: {TRUE}")
    assert outcome.exchange is not None
    assert len(outcome.exchange.records) == 2
    assert sum(map(len, outcome.exchange.records)) < 400


# From here on: whatever it may be.


RICH = message(
    b"\0\7" + b"\0" * 9 + b"\1" + asking(NAME) + b"\0" * 11,
    alias(_OWNER, "a.test"),
    record(owner=b"\1a\4test\0"),
    record(b"\0\x0a" + _OWNER, kind=15),
    record(b"\4v=sp\3f1 ", kind=16),
    opt=edns(0x8000, b"\0\3\0\4ns1x"),
)


@settings(max_examples=150, deadline=None)
@given(
    at=st.integers(0, len(RICH) - 1),
    cut=st.integers(0, 12),
    put=st.binary(max_size=12),
    whole=st.booleans(),
)
def test_no_change_to_an_answer_is_ever_more_than_an_answer_or_a_fault(
    at: int,
    cut: int,
    put: bytes,
    whole: bool,  # noqa: FBT001 - hypothesis names its arguments
) -> None:
    asked = question(dns.name.from_text(NAME), RdataType.A, whole=whole)
    spoilt = RICH[:at] + put + RICH[at + cut :]
    try:
        answer = read(spoilt, 7, asked)
    except WireError:
        return
    assert spoilt[12 : 12 + len(asked.asked)].lower() == asked.asked or not answer.helpful
    assert answer.size == len(spoilt)


RDATA = st.binary(max_size=40) | st.lists(
    st.sampled_from([b"\0", b"\1", b"\2", b"\4", b"\xff", b"\1a\0", b"\5\0\0\0\0", _OWNER]),
    max_size=12,
).map(b"".join)


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from(TYPES), data=st.lists(RDATA, min_size=1, max_size=3))
async def test_no_record_of_any_type_breaks_the_check(kind: str, data: list[bytes]) -> None:
    number = RdataType.make(kind)

    def tell(query: bytes) -> bytes:
        return message(query, *(record(each, kind=number) for each in data))

    outcome = await suffer(telling(*[tell] * BROKEN_LIMIT), kind=kind)

    assert outcome.vote in {Vote.PASS, Vote.FAIL}
    assert outcome.reason in {None, Reason.DNS_MALFORMED, Reason.WRONG_ANSWER}, outcome
    assert (outcome.exchange is None) == (outcome.reason is Reason.DNS_MALFORMED)


@settings(max_examples=40, deadline=None)
@given(said=st.lists(st.binary(max_size=80), max_size=4), closes=st.booleans())
async def test_no_stream_whatsoever_breaks_the_check(
    said: list[bytes],
    closes: bool,  # noqa: FBT001 - hypothesis names its arguments
) -> None:
    then = closing if closes else resetting

    async with serving(streaming(lambda _: b"".join(said), then)) as port:
        outcome = await look(wanting(f"tcp://{HERE}:{port}"), limit=BRIEF)

    assert outcome.vote is Vote.FAIL
    assert outcome.reason in {Reason.CLOSED, Reason.RESET, Reason.DNS_MALFORMED}, outcome
