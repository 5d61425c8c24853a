"""What metering checks: servers of every kind in one process, as far away as a round trip says.

    python -m benchmarks.answering FOLDER ROUND_TRIP_MS

It prints its ports, and when its input ends what it has received of each: bytes with all headers,
as the kernel counted them, by kind.
"""

import asyncio
import json
import socket
import ssl
import struct
import sys
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from benchmarks.programs import HERE

IP_AND_TCP: Final = 52
"""Bytes of headers in a segment of IPv4, with the timestamps that every system sends."""
IP_AND_UDP: Final = 28
_BACKLOG: Final = 1024
_RECEIVED: Final = 128
"""Where tcp_info has the bytes received, an unsigned number of 64 bits (linux/tcp.h)."""
_SEGMENTS_IN: Final = 140
"""And the segments received, of 32 bits."""

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Servers:
    """The servers, and what they have received."""

    def __init__(self, folder: Path, round_trip_s: float) -> None:
        self._round_trip_s = round_trip_s
        self.received: Counter[str] = Counter()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(folder / "server.pem")

    async def start(self) -> dict[str, int]:
        """Start all of them; gives their ports by kind."""
        made = {
            "tcp": (self._says_who_it_is, None),
            "tls": (self._says_who_it_is, self._tls),
            "http": (self._answers, None),
            "https": (self._answers, self._tls),
        }
        ports = {}
        for kind, (serve, context) in made.items():
            server = await asyncio.start_server(
                self._counting(kind, serve), HERE, 0, ssl=context, backlog=_BACKLOG
            )
            ports[kind] = server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Names(self.received, self._round_trip_s), local_addr=(HERE, 0)
        )
        ports["dns"] = transport.get_extra_info("sockname")[1]
        return ports

    def _counting(self, kind: str, serve: Serve) -> Serve:
        async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
                await reader.read()  # until the other side has gone
            except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
                pass
            self._count(kind, writer.get_extra_info("socket"))
            writer.close()

        return counted

    def _count(self, kind: str, sock: Any) -> None:  # noqa: ANN401 - what asyncio wraps it in
        try:
            told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        except OSError:
            return
        (payload,) = struct.unpack_from("=Q", told, _RECEIVED)
        (segments,) = struct.unpack_from("=I", told, _SEGMENTS_IN)
        self.received[kind] += payload + segments * IP_AND_TCP

    async def _says_who_it_is(
        self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await asyncio.sleep(self._round_trip_s)
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        await writer.drain()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(self._round_trip_s)
        body = b"all is well " * 80
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()


class _Names(asyncio.DatagramProtocol):
    """Every name has one address."""

    def __init__(self, received: Counter[str], round_trip_s: float) -> None:
        self._received = received
        self._round_trip_s = round_trip_s

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - asyncio's
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._received["dns"] += len(data) + IP_AND_UDP
        end = data.index(b"\0", 12) + 5
        answer = (
            data[:2] + b"\x85\x80\0\1\0\1\0\0\0\0" + data[12:end]
            + b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\x50"
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        loop.call_later(self._round_trip_s, self._transport.sendto, answer, addr)


async def _main() -> None:
    servers = Servers(Path(sys.argv[1]), int(sys.argv[2]) / 1000)
    print(json.dumps(await servers.start()), flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(servers.received), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
