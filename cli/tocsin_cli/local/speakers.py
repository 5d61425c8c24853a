"""What the demo services say: just enough of each protocol for a check to be content."""

import asyncio
import json
import struct
from collections.abc import Awaitable, Callable
from functools import cache, partial

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.zone

type Speaker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

ZONE_NAME = "demo.test"
_ZONE = """
$TTL 60
@      SOA  ns hostmaster 2026010101 3600 600 86400 60
@      NS   ns
@      A    192.0.2.10
@      MX   10 mail
ns     A    192.0.2.53
mail   A    192.0.2.25
www    A    192.0.2.80
"""

_zone = cache(partial(dns.zone.from_text, _ZONE, origin=f"{ZONE_NAME}.", relativize=False))

_STARTUP_LIMIT = 10_000
_SSL_REQUEST, _GSS_REQUEST = 80877103, 80877104
_LINES_AT_MOST = 100


async def database(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Decline encryption and then any login, as PostgreSQL does (its manual, 54.2.1)."""
    while True:
        length, code = struct.unpack("!II", await reader.readexactly(8))
        if code not in {_SSL_REQUEST, _GSS_REQUEST}:
            break
        writer.write(b"N")
        await writer.drain()
    if length <= _STARTUP_LIMIT:
        await reader.readexactly(max(0, length - 8))
        fields = b"SFATAL\0C28000\0Mnobody can log in to the demo database\0\0"
        writer.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)
        await writer.drain()


async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greet, and take no mail (RFC 5321)."""
    answers = {b"EHLO": b"250 mail.demo\r\n", b"HELO": b"250 mail.demo\r\n", b"NOOP": b"250 OK\r\n"}
    writer.write(b"220 mail.demo ESMTP\r\n")
    for _ in range(_LINES_AT_MOST):
        await writer.drain()
        verb = (await reader.readuntil(b"\n"))[:4].upper()
        if verb == b"QUIT":
            writer.write(b"221 bye\r\n")
            await writer.drain()
            return
        writer.write(answers.get(verb, b"502 not in this demo\r\n"))


async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request: `/health` is well, and all else is not found."""
    request = (await reader.readuntil(b"\r\n\r\n")).split(b" ")
    found = request[1:2] == [b"/health"]
    body = json.dumps({"status": "ok", "db": "ok"} if found else {"error": "not found"}).encode()
    status = "200 OK" if found else "404 Not Found"
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + (b"" if request[0] == b"HEAD" else body))
    await writer.drain()


async def dns_over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the questions of one connection, each behind its length (RFC 1035, 4.2.2)."""
    while True:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        answer = answer_dns(await reader.readexactly(length))
        if answer is None:
            return
        writer.write(struct.pack("!H", len(answer)) + answer)
        await writer.drain()


def answer_dns(wire: bytes) -> bytes | None:
    """Answer a question about the demo zone, with authority; None where it cannot be read."""
    try:
        query = dns.message.from_wire(wire)
        answer = dns.message.make_response(query)
    except dns.exception.DNSException:
        return None
    zone, origin = _zone(), dns.name.from_text(ZONE_NAME)
    if len(query.question) != 1 or not query.question[0].name.is_subdomain(origin):
        answer.set_rcode(dns.rcode.REFUSED)
        return answer.to_wire()
    asked = query.question[0]
    answer.flags |= dns.flags.AA
    if zone.get_node(asked.name) is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    found = zone.get_rrset(asked.name, asked.rdtype)
    if found is not None:
        answer.answer.append(found)
    else:
        answer.authority.append(zone.find_rrset(origin, dns.rdatatype.SOA))
    return answer.to_wire()
