"""Ports on loopback that can be opened, closed and opened again without anybody else taking them.

While a listener is closed its port refuses: a second socket is bound to it that keeps the number
and answers nothing (TCP: it never listens; UDP: it is connected to nobody).
"""

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, override

from tocsin_cli.local import speakers
from tocsin_cli.local.firewall import drop
from tocsin_cli.local.speakers import Speaker

HOST = "127.0.0.1"
PATIENCE_S = 5.0

_READ_LIMIT = 16 * 1024
_NOBODY = (HOST, 1)
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing resets the connection


@dataclass(slots=True)
class Gate:
    """The source addresses that a service does not hear, shared by its listeners."""

    blocked: frozenset[str] = frozenset()


class Listener(Protocol):
    """One port of a service; all but `port` is called in the thread of the event loop."""

    port: int

    async def open(self) -> None:
        """Begin to answer."""
        ...

    async def close(self) -> None:
        """Refuse from now on, and break off what is going on."""
        ...

    def refilter(self) -> None:
        """Look again at who is blocked."""
        ...

    def release(self) -> None:
        """Give the port away for good."""
        ...


class TcpListener:
    """A TCP port that a speaker answers.

    The packets of who is blocked are dropped, as by a firewall. Where the system cannot do that,
    the connection is reset as soon as it is open.
    """

    def __init__(self, speaker: Speaker, gate: Gate, port: int = 0) -> None:
        self._speaker = speaker
        self._gate = gate
        self._holder = _bound(socket.SOCK_STREAM, port)
        self.port: int = self._holder.getsockname()[1]
        self._socket: socket.socket | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begin to answer."""
        self._socket = _bound(socket.SOCK_STREAM, self.port)
        self.refilter()
        self._socket.listen()
        asyncio.get_running_loop().add_reader(self._socket, self._accept, self._socket)

    async def close(self) -> None:
        """Refuse from now on, and break off what is going on."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def refilter(self) -> None:
        """Look again at who is blocked."""
        if self._socket is not None:
            drop(self._socket, self._gate.blocked)

    def release(self) -> None:
        """Give the port away for good."""
        self._holder.close()

    # asyncio.Server leaks a connection that comes in while it is being closed (CPython 3.13,
    # Server._attach), so connections are accepted by hand.
    def _accept(self, listening: socket.socket) -> None:
        try:
            connection, (peer, _) = listening.accept()
        except OSError:
            return  # the client is gone already
        connection.setblocking(False)
        if peer in self._gate.blocked:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            connection.close()
            return
        talk = asyncio.get_running_loop().create_task(self._converse(connection))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        talk.add_done_callback(lambda _: connection.close())

    async def _converse(self, connection: socket.socket) -> None:
        with suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_connection(sock=connection, limit=_READ_LIMIT)
                try:
                    await self._speaker(reader, writer)
                    writer.close()
                    await writer.wait_closed()
                finally:
                    writer.transport.abort()


class UdpDnsListener(asyncio.DatagramProtocol):
    """A UDP port that answers questions about the demo zone; who is blocked hears nothing."""

    def __init__(self, gate: Gate, port: int) -> None:
        self._gate = gate
        self.port = port
        # Connected to nobody, it receives nothing; another socket on the port takes it all.
        self._holder = _bound(socket.SOCK_DGRAM, port)
        self._holder.connect(_NOBODY)
        self._socket: socket.socket | None = None
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Begin to answer."""
        self._socket = _bound(socket.SOCK_DGRAM, self.port)
        self.refilter()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=self._socket)

    async def close(self) -> None:
        """Refuse from now on."""
        if self._transport is not None:
            self._transport.abort()
            await asyncio.sleep(0)  # the socket is closed in the loop's next turn
        self._transport = self._socket = None

    def refilter(self) -> None:
        """Look again at who is blocked."""
        if self._socket is not None:
            drop(self._socket, self._gate.blocked)

    def release(self) -> None:
        """Give the port away for good."""
        self._holder.close()

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = None if addr[0] in self._gate.blocked else speakers.answer_dns(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


def _bound(kind: socket.SocketKind, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, kind)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((HOST, port))
    except OSError:
        sock.close()
        raise
    return sock
