"""How servers read what a client says: by their protocol's lengths, and strictly."""

import struct
from asyncio import StreamReader
from collections.abc import Callable
from typing import Literal

from dnslib import QTYPE, DNSRecord

from tests.services.exchange import Reading

type Body = Callable[[bytes], None]


def exactly(data: bytes) -> Reading:
    async def read(reader: StreamReader) -> None:
        assert await reader.readexactly(len(data)) == data

    return read


def line(text: str) -> Reading:
    async def read(reader: StreamReader) -> None:
        assert await reader.readuntil(b"\n") == f"{text}\r\n".encode()

    return read


def get(path: str, host: str) -> Reading:
    """Read a GET of HTTP/1.1 that lets the server close."""

    async def read(reader: StreamReader) -> None:
        first, *fields = (await reader.readuntil(b"\r\n\r\n"))[:-4].decode("ascii").split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        assert first == f"GET {path} HTTP/1.1"
        assert headers["Host"] == host
        assert headers["Connection"] == "close"

    return read


def counted(
    width: int,
    body: Body,
    *,
    order: Literal["big", "little"] = "big",
    itself: bool = False,
) -> Reading:
    """Read a message that begins with its length; `itself` tells whether that is counted too."""

    async def read(reader: StreamReader) -> None:
        length = int.from_bytes(await reader.readexactly(width), order)
        body(await reader.readexactly(length - width * itself))

    return read


def openvpn_reset(body: bytes) -> None:
    assert body[0] >> 3 == 7, "P_CONTROL_HARD_RESET_CLIENT_V2"
    assert body[0] & 7 == 0, "the first key"
    assert body[1:9] == b"TOCSIN\0\1", "our session"
    assert body[9:] == bytes(5), "no acks, packet 0"


def pptp_start(body: bytes) -> None:
    kind, magic, control, reserved, version = struct.unpack(">HIHHH", body[:12])
    assert (kind, magic, control, reserved, version) == (1, 0x1A2B3C4D, 1, 0, 0x0100)
    assert len(body) == 154
    assert struct.unpack(">HIIHH", body[12:26]) == (0, 1, 1, 0, 0)
    assert body[26:90].rstrip(b"\0") == body[90:].rstrip(b"\0") == b"tocsin"


def pptp_stop(body: bytes) -> None:
    assert struct.unpack(">HIHHBBH", body) == (1, 0x1A2B3C4D, 3, 0, 1, 0, 0)


def ssl_request(body: bytes) -> None:
    assert body == struct.pack(">HH", 1234, 5679)


async def mysql_ssl_request(reader: StreamReader) -> None:
    header = await reader.readexactly(4)
    assert (int.from_bytes(header[:3], "little"), header[3]) == (32, 1)
    capabilities, most, charset, filler = struct.unpack("<IIB23s", await reader.readexactly(32))
    assert capabilities & 0x0800, "CLIENT_SSL"
    assert capabilities & 0x0200, "CLIENT_PROTOCOL_41"
    assert (most, charset, filler) == (1 << 24, 45, bytes(23))


def mongodb_hello(body: bytes) -> None:
    request, answers, opcode, flags, kind = struct.unpack("<4siIIB", body[:17])
    assert (request, answers, opcode, flags, kind) == (b"TOCS", 0, 2013, 0, 0)
    document = body[17:]
    assert int.from_bytes(document[:4], "little") == len(document)
    assert document[4:] == b"\x10hello\0\1\0\0\0\2$db\0\6\0\0\0admin\0\0"


async def tds_prelogin(reader: StreamReader) -> None:
    kind, status, length, process, packet, window = struct.unpack(
        ">BBHHBB", await reader.readexactly(8)
    )
    assert (kind, status, process, packet, window) == (0x12, 1, 0, 1, 0)
    body = await reader.readexactly(length - 8)
    end = body.index(b"\xff")
    options = [struct.unpack(">BHH", body[at : at + 5]) for at in range(0, end, 5)]
    assert [option[0] for option in options] == [0, 1, 2, 3]
    assert [option[1] for option in options] == [end + 1, end + 7, end + 8, end + 9]
    assert options[-1][1] + options[-1][2] == len(body)
    assert body[end + 1 :] == bytes(6) + b"\2" + bytes(5), "no version, no encryption of ours"


async def tns_ping(reader: StreamReader) -> None:
    header = await reader.readexactly(8)
    length, checksum, kind = struct.unpack(">HHB", header[:5])
    assert (checksum, kind) == (0, 1), "CONNECT"
    body = await reader.readexactly(length - 8)
    assert struct.unpack(">HHHHHHHH", body[:16]) == (310, 300, 0, 2048, 32767, 0x7F08, 0, 1)
    size, at = struct.unpack(">HH", body[16:20])
    assert (header[5:], body[20 : at - 8]) == (bytes(3), bytes(at - 28))
    assert at + size == length
    assert (header + body)[at:] == b"(CONNECT_DATA=(COMMAND=ping))"


def kafka_versions(body: bytes) -> None:
    key, version, correlation, size = struct.unpack(">HH4sH", body[:10])
    assert (key, version, correlation) == (18, 0, b"TOCS")
    assert (size, body[10:]) == (6, b"tocsin")


async def cassandra_options(reader: StreamReader) -> None:
    version, flags, stream, opcode, length = struct.unpack(">BBHBI", await reader.readexactly(9))
    assert (version, flags, stream, opcode, length) == (4, 0, 0, 5, 0)


async def mqtt_connect(reader: StreamReader) -> None:
    kind, length = await reader.readexactly(2)
    assert kind == 0x10
    body = await reader.readexactly(length)
    assert body[:6] == b"\0\4MQTT"
    level, flags, _alive, name = struct.unpack(">BBHH", body[6:])
    assert (level, flags, name) == (4, 2, 0), "3.1.1, a clean session, no name of ours"


async def rdp_request(reader: StreamReader) -> None:
    version, reserved, length = struct.unpack(">BBH", await reader.readexactly(4))
    assert (version, reserved, length) == (3, 0, 19)
    body = await reader.readexactly(length - 4)
    assert (body[0], body[1]) == (len(body) - 1, 0xE0)
    kind, flags, size, protocols = struct.unpack("<BBHI", body[7:])
    assert (body[2:7], kind, flags, size, protocols) == (bytes(5), 1, 0, 8, 3)


def ssh_disconnect(body: bytes) -> None:
    padding = body[0]
    assert (len(body) + 4) % 8 == 0
    assert padding >= 4
    kind, reason, size = struct.unpack(">BII", body[1:10])
    assert (kind, reason) == (1, 11)
    assert body[10 : 10 + size] == b"checked"
    assert body[10 + size :] == bytes(4 + padding), "no language"


def smb_negotiate(body: bytes) -> None:
    assert body[:6] == b"\xfeSMB\x40\0"
    charge, status, command, credits_ = struct.unpack("<HIHH", body[6:16])
    assert (charge, status, command, credits_) == (0, 0, 0, 1), "NEGOTIATE"
    assert body[16:64] == bytes(48)
    size, dialects, signing, reserved, abilities = struct.unpack("<HHHHI", body[64:76])
    assert (size, signing, reserved, abilities) == (36, 1, 0, 0)
    at, contexts, reserved = struct.unpack("<IHH", body[92:100])
    assert (body[76:92], contexts, reserved) == (b"tocsin" + bytes(10), 1, 0)
    offered = struct.unpack(f"<{dialects}H", body[100 : 100 + 2 * dialects])
    assert offered == (0x0202, 0x0210, 0x0300, 0x0302, 0x0311)
    assert at == 112, "the first context stands at the next multiple of eight"
    kind, length, unused, hashes, salted, first = struct.unpack("<HHIHHH", body[at : at + 14])
    assert (kind, hashes, first, unused) == (1, 1, 1, 0), "integrity before a login, by SHA-512"
    assert at + 8 + length == len(body) == at + 14 + salted


def dns_question(body: bytes) -> None:
    query = DNSRecord.parse(body)
    assert (str(query.q.qname), QTYPE[query.q.qtype], query.q.qclass) == (".", "NS", 1)
    assert body[:4] == b"TO\0\0", "our number, a question, no recursion"


def kerberos_request(body: bytes) -> None:
    [(tag, request)] = fields(body)
    assert tag == 0x6A, "AS-REQ"
    [(_, sequence)] = fields(request)
    parts = dict(fields(sequence))
    assert parts[0xA1] == b"\2\1\5"
    assert parts[0xA2] == b"\2\1\x0a"
    assert nested(parts[0xA4])
    wanted = dict(fields(fields(parts[0xA4])[0][1]))
    names = [leaf for part in (0xA1, 0xA2, 0xA3) for leaf in texts(wanted[part])]
    assert names == [b"tocsin", b"TOCSIN.INVALID", b"krbtgt", b"TOCSIN.INVALID"]
    assert (wanted[0xA0], wanted[0xA7]) == (b"\3\5" + bytes(5), b"\2\4TOCS")
    assert texts(wanted[0xA5]) == [b"20370913024805Z"]
    assert wanted[0xA8] == b"\x30\x09\2\1\x12\2\1\x11\2\1\x17"


def ldap(number: int, operation: int, *holding: bytes) -> Reading:
    """Read a message of LDAP with this number and kind of request."""

    def check(message: bytes) -> None:
        [(tag, content)] = fields(message)
        assert tag == 0x30
        [(_, got), (kind, request)] = fields(content)
        assert (got, kind) == (bytes([number]), operation)
        assert all(text in request for text in holding)
        assert not request or nested(request)

    return ber(check)


def snmp_get(message: bytes) -> None:
    [(_, content)] = fields(message)
    (_, version), (_, community), (kind, request) = fields(content)
    assert (version, community, kind) == (b"\1", b"public", 0xA0)
    assert nested(request)
    assert request.startswith(b"\2\4TOCS\2\1\0\2\1\0")
    asked = [dict(fields(pair)) for tag, pair in fields(fields(request)[3][1]) if tag == 0x30]
    system = b"\x2b\6\1\2\1\1"
    assert asked == [{6: system + b"\1\0", 5: b""}, {6: system + b"\3\0", 5: b""}]


def ber(check: Body) -> Reading:
    """Read one element of ASN.1, of less than 128 bytes."""

    async def read(reader: StreamReader) -> None:
        head = await reader.readexactly(2)
        assert head[1] < 0x80
        check(head + await reader.readexactly(head[1]))

    return read


def fields(data: bytes) -> list[tuple[int, bytes]]:
    """Take apart elements of ASN.1 that fill these bytes to the last."""
    found = []
    while data:
        tag, size, at = data[0], data[1], 2
        if size > 0x80:
            at += size & 0x7F
            size = int.from_bytes(data[2:at])
        assert len(data) >= at + size, "cut short"
        found.append((tag, data[at : at + size]))
        data = data[at + size :]
    return found


def nested(data: bytes) -> bool:
    """See that all constructed elements hold whole elements."""
    return all(nested(inner) if tag & 0x20 else True for tag, inner in fields(data))


def texts(data: bytes) -> list[bytes]:
    """Give the strings (GeneralString, GeneralizedTime) that stand in these elements."""
    found = []
    for tag, inner in fields(data):
        if tag & 0x20:
            found += texts(inner)
        elif tag in {0x1B, 0x18}:
            found.append(inner)
    return found
