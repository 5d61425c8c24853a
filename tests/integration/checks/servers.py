"""Servers on loopback that behave in every way a target may, and short ways to look at them."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

from dnslib import RR, DNSRecord

from tocsin.checks.dial import Dialer
from tocsin.checks.engine import CHECKS
from tocsin.checks.nameserver import Nameserver
from tocsin.checks.processor import shared
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Monitor, Target
from tocsin.domain.outcome import EVIDENCE_LIMIT, Layer, Outcome, Reason, Vote

type Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
type Namer = Callable[[DNSRecord, bool], bytes | list[bytes] | None]

NOW = datetime.now(UTC).replace(microsecond=0)
HERE = "127.0.0.1"
SHORT = timedelta(seconds=0.5)
LONG = timedelta(seconds=5)
GRACE = 0.4
_NO_LINGER = struct.pack("ii", 1, 0)


def clock() -> datetime:
    return NOW


def monitor(
    target: Target, name: str = "it", *, limit: timedelta = LONG, retries: int = 0
) -> Monitor:
    return Monitor(
        id=name, target=target, locations=("lima",), need=1, timeout=limit, retries=retries
    )


@contextmanager
def measuring() -> Iterator[None]:
    """Have the loop's processor measure, and watch sockets, as it does while attempts are made."""
    processor = shared()
    processor.enter()
    try:
        yield
    finally:
        processor.leave()


async def look(target: Target, *, dialer: Dialer | None = None, limit: timedelta = LONG) -> Outcome:
    """Make one attempt, and hold it to what is promised of every attempt."""
    loop = asyncio.get_running_loop()
    began, processor = loop.time(), shared()
    with measuring():
        before = processor.lost
        outcome = await CHECKS[target.kind](
            monitor(target, limit=limit), dialer or Dialer(egress=Egress.LOOPBACK), clock
        )
        assert loop.time() - began < limit.total_seconds() + processor.lost - before + GRACE
    assert len(outcome.evidence) <= EVIDENCE_LIMIT
    assert outcome.evidence.isprintable()
    assert all(took >= 0 for took in outcome.phases_ms.values())
    return outcome


def assert_failed(outcome: Outcome, layer: Layer, reason: Reason, *phrases: str) -> None:
    assert (outcome.vote, outcome.layer, outcome.reason) == (Vote.FAIL, layer, reason), outcome
    assert all(phrase in outcome.evidence for phrase in phrases), outcome.evidence


def assert_abstained(outcome: Outcome, reason: Reason, *phrases: str) -> None:
    assert (outcome.vote, outcome.reason) == (Vote.ABSTAIN, reason), outcome
    assert all(phrase in outcome.evidence for phrase in phrases), outcome.evidence


def assert_passed(outcome: Outcome, *phrases: str) -> None:
    assert outcome.vote is Vote.PASS, outcome
    assert all(phrase in outcome.evidence for phrase in phrases), outcome.evidence


@asynccontextmanager
async def serving(
    behaviour: Behaviour, *, tls: ssl.SSLContext | None = None, host: str = HERE, port: int = 0
) -> AsyncIterator[int]:
    """Serve every connection so, and give the port; nothing is left when this ends."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, EOFError):
                await behaviour(reader, writer)
        finally:
            writer.transport.abort()
            tasks.discard(task)

    server = await asyncio.start_server(serve, host, port, ssl=tls, backlog=2048)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(set(tasks), timeout=2)


def closed_port() -> int:
    """Give a port on which nothing listens."""
    with socket.socket() as sock:
        sock.bind((HERE, 0))
        port: int = sock.getsockname()[1]
        return port


async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def closing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def leaving(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Go without a word: under TLS, without close_notify."""


async def resetting(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    reset(writer)


def reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    writer.transport.abort()


def saying(data: bytes, then: Behaviour = silent) -> Behaviour:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        await then(reader, writer)

    return behave


def hearing(then: Behaviour) -> Behaviour:
    """Read something first, since what stays unread turns an orderly end into a reset."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        await then(reader, writer)

    return behave


def dripping(data: bytes, every: float = 0.1) -> Behaviour:
    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(every)
        await asyncio.sleep(30)

    return behave


def endless(piece: bytes, first: bytes = b"") -> Behaviour:
    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return behave


def answering(then: Behaviour, asked: list[bytes] | None = None) -> Behaviour:
    """Read a request's head, and its body if it has a length, then behave."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        for line in request.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                request += await reader.readexactly(int(line.partition(b":")[2]))
        if asked is not None:
            asked.append(request)
        await then(reader, writer)

    return behave


def response(
    status: str = "200 OK", body: bytes = b"", headers: tuple[str, ...] = (), *, length: bool = True
) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers]
    lines += [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def page(
    status: str = "200 OK", body: bytes = b"", headers: tuple[str, ...] = (), *, length: bool = True
) -> Behaviour:
    return answering(saying(response(status, body, headers, length=length), closing))


@contextmanager
def speaking_after(seconds: float, data: bytes, *, resets: bool = False) -> Iterator[int]:
    """Speak to one client from a thread, whatever holds up the event loop."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connected, _ = listening.accept()
            with connected:
                time.sleep(seconds)
                connected.sendall(data)
                if resets:
                    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                else:
                    connected.recv(1)

    with socket.create_server((HERE, 0)) as listening:
        listening.settimeout(2)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join(5)


@contextmanager
def strict_tls(context: ssl.SSLContext) -> Iterator[int]:
    """Serve TLS to one client from a thread: asyncio's own server refuses without an alert."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connected, _ = listening.accept()
            connected.settimeout(2)
            with context.wrap_socket(
                connected, server_side=True, do_handshake_on_connect=False
            ) as tls:
                with contextlib.suppress(ssl.SSLError):
                    tls.do_handshake()
                # What stays unread would turn the end into a reset, and the alert be lost.
                tls.shutdown(socket.SHUT_WR)
                while tls.recv(4096):
                    pass

    with socket.create_server((HERE, 0)) as listening:
        listening.settimeout(2)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join(5)


class Datagrams(asyncio.DatagramProtocol):
    """Answer questions over UDP so."""

    def __init__(self, namer: Namer) -> None:
        self._namer = namer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answers = self._namer(DNSRecord.parse(data), False)
        for answer in [answers] if isinstance(answers, bytes) else answers or []:
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def naming(namer: Namer, *, host: str = HERE) -> AsyncIterator[Nameserver]:
    """Serve DNS over UDP and TCP; `namer` gets the query and whether it came over TCP."""
    async with AsyncExitStack() as stack:
        for left in reversed(range(20)):
            port = await stack.enter_async_context(
                serving(speaking_dns(namer, questions=1), host=host)
            )
            try:
                transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: Datagrams(namer), local_addr=(host, port)
                )
            except OSError:  # the port that TCP had free is another's over UDP
                if not left:
                    raise
                continue
            stack.callback(transport.close)
            yield Nameserver(host, port)
            return


def speaking_dns(namer: Namer, *, questions: int = 99) -> Behaviour:
    """Answer so many questions over one connection, then close it; at once where there is none.

    It is silent on None.
    """

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(questions):
            query = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
            answers = namer(DNSRecord.parse(query), True)
            if answers is None:
                await asyncio.sleep(30)
            if not answers:
                return
            for answer in [answers] if isinstance(answers, bytes) else answers:
                writer.write(len(answer).to_bytes(2) + answer)
            await writer.drain()

    return behave


def zone(text: str, rcode: int = 0) -> Namer:
    """Answer from lines in zone file format: aliases are followed, as a recursive server would."""
    records = RR.fromZone(text)

    def answer(query: DNSRecord, _tcp: bool) -> bytes:  # noqa: FBT001 - the shape of Namer
        name, kind = query.q.qname, query.q.qtype
        found: list[RR] = []
        for _ in range(20):
            exact = [r for r in records if r.rname == name and r.rtype == kind]
            aliases = [r for r in records if r.rname == name and r.rtype == 5]
            found += exact or aliases
            if exact or not aliases:
                break
            name = aliases[0].rdata.label
        reply = query.reply()
        reply.add_answer(*found)
        known = any(r.rname == name for r in records)
        reply.header.rcode = rcode or (0 if known else 3)
        return bytes(reply.pack())

    return answer


def replying(
    *replies: bytes,
    greeting: bytes = b"",
    then: Behaviour = silent,
    heard: list[bytes] | None = None,
) -> Behaviour:
    """Greet, then give one reply to each thing that is heard."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        for reply in replies:
            said = await reader.read(4096)
            if heard is not None:
                heard.append(said)
            writer.write(reply)
            await writer.drain()
        await then(reader, writer)

    return behave


def turning_to_tls(context: ssl.SSLContext, then: Behaviour) -> Behaviour:
    """Go on under TLS."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await secured(reader, writer, context)
        await then(reader, writer)

    return behave


async def secured(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext
) -> None:
    """Turn to TLS, also where the client's first word of it was read along with its last in clear.

    asyncio would lose that; real servers do not.
    """
    turning = asyncio.create_task(writer.start_tls(context))
    await asyncio.sleep(0)
    heard: bytearray = reader._buffer  # type: ignore[attr-defined]
    protocol = writer.transport.get_protocol()
    if heard and isinstance(protocol, asyncio.BufferedProtocol):
        await asyncio.sleep(0)  # it hears of its connection
        memoryview(protocol.get_buffer(len(heard)))[: len(heard)] = heard
        protocol.buffer_updated(len(heard))
        heard.clear()
    await turning


@contextmanager
def deaf(host: str, port: int = 0) -> Iterator[int]:
    """Listen with a backlog that is full: the kernel answers no further SYN."""
    with socket.socket() as server, ExitStack() as fillers:
        server.bind((host, port))
        server.listen(0)
        address = server.getsockname()
        for _ in range(3):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address[1]
