"""Servers of zones on loopback: what they are asked is noted, what they say may be spoilt.

They answer as RFC 1034 and its successors have it, from all zones that they are given: one that has
a parent and its child resolves.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rrset
from dns.message import Message, QueryMessage
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.DNAME import DNAME
from dns.rdtypes.ANY.NS import NS
from dns.rrset import RRset

from tests.integration.checks.dnszone_content import TTL, Content
from tests.integration.checks.servers import HERE

PAYLOAD = 1232

type Spoil = Callable[[QueryMessage, QueryMessage], Message | bytes | None]
"""Takes a query and the right answer, and gives another one, or none at all."""


def answered(zones: Iterable[Content], query: QueryMessage) -> QueryMessage:
    """Answer as a server of these zones does."""
    reply = dns.message.make_response(query)
    assert isinstance(reply, QueryMessage)
    (asked,) = query.question
    zones = list(zones)
    name = asked.name
    for _ in range(20):
        zone = _zone_for(zones, name, asked.rdtype)
        if zone is None:
            reply.set_rcode(dns.rcode.NOERROR if reply.answer else dns.rcode.REFUSED)
            break
        target = _answer(reply, zone, name, asked.rdtype)
        if target is None:
            break
        name = target
    if not query.ednsflags & dns.flags.DO:
        for section in (reply.answer, reply.authority):
            hidden = {RdataType.RRSIG, RdataType.NSEC, RdataType.NSEC3} - {asked.rdtype}
            section[:] = [each for each in section if each.rdtype not in hidden]
    return reply


def _zone_for(zones: Sequence[Content], name: Name, kind: RdataType) -> Content | None:
    mine = sorted((z for z in zones if name.is_subdomain(z.origin)), key=lambda z: -len(z.origin))
    above = [z for z in mine if z.origin != name]
    return next(iter(above if kind == RdataType.DS and above else mine), None)


def _answer(reply: QueryMessage, zone: Content, name: Name, kind: RdataType) -> Name | None:
    """Add what a zone says of a name, and give the name that it leads to."""
    if (cut := zone.cut(name, kind)) is not None:
        _refer(reply, zone, cut)
        return None
    reply.flags |= dns.flags.AA
    owner = name
    if not zone.has(name):
        closest = zone.closest(name)
        if rule := zone.found(closest, RdataType.DNAME):
            return _renamed(reply, rule, name)
        owner = dns.name.from_text("*", closest)
        if not zone.has(owner):
            reply.set_rcode(dns.rcode.NXDOMAIN)
            reply.authority += zone.nothing(name)
            return None
        proof = zone.denied(name, expanded=True)
    else:
        proof = []
    if found := zone.found(owner, kind, name):
        reply.answer += found
        reply.authority += proof
        return None
    if (alias := zone.found(owner, RdataType.CNAME, name)) and kind != RdataType.CNAME:
        reply.answer += alias
        reply.authority += proof
        return _target(alias)
    reply.authority += zone.nothing(name)
    return None


def _renamed(reply: QueryMessage, rule: list[RRset], name: Name) -> Name | None:
    """Make an alias of a DNAME, where it is no longer than a name can be (RFC 6672, 2.2)."""
    reply.answer += rule
    try:
        target: Name = name.relativize(rule[0].name).concatenate(_target(rule))
    except dns.name.NameTooLong:
        reply.set_rcode(dns.rcode.YXDOMAIN)
        return None
    made = dns.rrset.from_text(name, TTL, dns.rdataclass.IN, RdataType.CNAME, target.to_text())
    reply.answer.append(made)
    return target


def _refer(reply: QueryMessage, zone: Content, cut: Name) -> None:
    names = zone.found(cut, RdataType.NS)[:1]
    reply.authority += names
    vouched = zone.found(cut, RdataType.DS)
    reply.authority += vouched or zone.denied(cut)
    for data in names[0]:
        assert isinstance(data, NS)
        for kind in (RdataType.A, RdataType.AAAA):
            if data.target.is_subdomain(cut):
                reply.additional += zone.found(data.target, kind)[:1]


def _target(sets: Sequence[RRset]) -> Name:
    data = sets[0][0]
    assert isinstance(data, CNAME | DNAME)
    target: Name = data.target
    return target


@dataclass
class Server:
    """A server: what it is asked is noted, and what it says may be spoilt. None is silence."""

    zones: Sequence[Content] = ()
    spoil: Spoil | None = None
    late: float = 0.0
    """Seconds that it thinks about each question."""
    asked: set[tuple[int, str, str]] = field(default_factory=set)
    """Id, name and type of each question, however often it was sent."""

    def answer(self, wire: bytes, *, tcp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        assert isinstance(query, QueryMessage)
        (asked,) = query.question
        if not tcp:
            kind = RdataType.to_text(asked.rdtype)
            self.asked.add((query.id, asked.name.to_text(), kind))
        reply: Message | bytes | None = answered(self.zones, query)
        if self.spoil is not None:
            assert isinstance(reply, QueryMessage)
            reply = self.spoil(query, reply)
        if reply is None or isinstance(reply, bytes):
            return reply
        whole = reply.to_wire(max_size=0xFFFF)
        if tcp or len(whole) <= PAYLOAD:
            return whole
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        return short.to_wire()


def flipping(places: Sequence[int]) -> Spoil:
    """Flip bits behind the header and the question of every answer."""

    def spoil(query: QueryMessage, reply: QueryMessage) -> bytes:
        wire = bytearray(reply.to_wire(max_size=0xFFFF))
        begin = len(query.question[0].name.to_wire() or b"") + 16
        for place in places:
            if begin < len(wire):
                wire[begin + place % (len(wire) - begin)] ^= 1 << place % 8
        return bytes(wire)

    return spoil


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._server.answer(data, tcp=False)
        if answer is None or self._transport is None:
            return
        if self._server.late:
            loop = asyncio.get_running_loop()
            loop.call_later(self._server.late, self._send, answer, addr)
        else:
            self._send(answer, addr)

    def _send(self, answer: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def serving(servers: Mapping[str, Server]) -> AsyncIterator[int]:
    """Serve at loopback addresses, all at one port, over UDP and TCP."""
    async with AsyncExitStack() as stack:
        port = await _bound(stack, servers)
        yield port


async def _bound(stack: AsyncExitStack, servers: Mapping[str, Server]) -> int:
    for _ in range(20):
        port = _free()
        try:
            async with AsyncExitStack() as attempt:
                for address, server in servers.items():
                    await _listen(attempt, address, port, server)
                stack.push_async_callback(attempt.pop_all().aclose)
        except OSError:
            continue
        return port
    raise AssertionError("no port is free at all addresses")


def _free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HERE, 0))
        port: int = sock.getsockname()[1]
        return port


async def _listen(stack: AsyncExitStack, address: str, port: int, server: Server) -> None:
    async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            query = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
            if (answer := server.answer(query, tcp=True)) is not None:
                writer.write(len(answer).to_bytes(2) + answer)
                await writer.drain()
        writer.close()

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(server), local_addr=(address, port)
    )
    stack.callback(transport.close)
    listening = await asyncio.start_server(over_tcp, address, port)
    stack.callback(listening.close)
