"""Echo requests over one socket (RFC 792, RFC 4443), told apart from all else that comes back.

An answer counts that comes from the pinged address, bears our id and a number that is awaited, and
repeats a payload that nobody can guess. What routers say of our requests comes from the socket's
error queue (ip(7), IP_RECVERR), which the kernel fills for sockets without privileges too.
"""

import asyncio
import errno
import os
import secrets
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.checks.failure import CheckFailedError
from tocsin.checks.sockets import canonical, failure, readable
from tocsin.domain.outcome import Layer, Reason

if TYPE_CHECKING:
    from icmplib import ICMPSocket  # type: ignore[import-untyped]  # it has none

STRAYS: Final = 1000
"""Messages that are no answers to us, after which a host is not listened to any longer."""
_ROUND: Final = 64
"""Messages that are read before others have their turn."""
_COOKIE: Final = 32
_HEADER: Final = struct.Struct("!BBHHH")  # type, code, checksum, id, sequence
_ECHO_REPLIES: Final = {socket.AF_INET: 0, socket.AF_INET6: 129}

# From linux/in.h, linux/in6.h, linux/icmp.h, linux/icmpv6.h, asm-generic/socket.h.
_IP_RECVERR, _IPV6_RECVERR, _SO_TIMESTAMPNS = 11, 25, 35
_SOL_RAW, _ICMP_FILTER, _ICMPV6_FILTER = 255, 1, 1
_QUEUED: Final = frozenset({(socket.SOL_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)})
# struct sock_extended_err and the address of who said it, of linux/errqueue.h.
_SAID: Final = struct.Struct("=IBBBxII")
_BY_ICMP: Final = frozenset({2, 3})
_TIMESPEC: Final = struct.Struct("@ll")

_V4_SAYS: Final = {
    (3, 0): "network unreachable",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 4): "packet too large",
    (3, 6): "network unknown",
    (3, 7): "host unknown",
    (3, 9): "network forbidden",
    (3, 10): "host forbidden",
    (3, 13): "forbidden by a filter",
    (11, 0): "too many hops, a loop of routes",
}
_V6_SAYS: Final = {
    (1, 0): "no route to the host",
    (1, 1): "forbidden by a filter",
    (1, 3): "host unreachable",
    (1, 4): "port unreachable",
    (1, 5): "forbidden by a filter of source addresses",
    (1, 6): "route rejected",
    (2, 0): "packet too large",
    (3, 0): "too many hops, a loop of routes",
}

# The types that tell of a loss (a redirect, for one, does not), and what their codes say.
_SAYS: Final = {
    socket.AF_INET: (frozenset({3, 11, 12}), _V4_SAYS),
    socket.AF_INET6: (frozenset({1, 2, 3, 4}), _V6_SAYS),
}

type Ancillary = Iterable[tuple[int, int, bytes]]


@dataclass(frozen=True, slots=True)
class _Sent:
    """When a request left, by the clock of the kernel's stamps and by one that never steps."""

    wall: float
    at: float


class Echoes:
    """Echo requests to one address, and what came of each; its socket is the caller's to close.

    `round_trips` holds milliseconds by number, `complaints` what routers said, `awaited` the rest.
    Opening raises CheckFailedError where this location cannot ping that address.
    """

    def __init__(self, address: str, source: str | None) -> None:
        self.address = address
        self.sent = 0
        self.awaited: dict[int, _Sent] = {}
        self.round_trips: dict[int, float] = {}
        self.complaints: dict[int, str] = {}
        self._strays = 0
        self._cookie = secrets.token_bytes(_COOKIE)
        self._id = secrets.randbits(16)
        self._icmp = _opened(address, source)
        self._sock: socket.socket = self._icmp.sock
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the socket."""
        self._icmp.close()

    def send(self) -> None:
        """Send the next request. Raises CheckFailedError where it could not leave."""
        self._read_complaints()
        try:
            self._send()
        except OSError:
            # It may have been about a request before this one, which the queue tells as well.
            self._read_complaints()
            try:
                self._send()
            except OSError as refused:
                raise _undeliverable(refused.errno, self.address) from None
        self.sent += 1

    async def hear(self, until: float) -> None:
        """Take what comes next; nothing does where the loop's clock shows `until` first.

        Raises CheckFailedError where the host floods us.
        """
        try:
            if not await readable(self._sock, until):
                return
        except OSError as unwatched:
            raise failure(unwatched.errno, self.address, Layer.CONNECT) from None
        self._read_complaints()
        self._read_answers()
        if self._strays > STRAYS:
            text = f"{self.address} sent over {STRAYS:,} answers that nobody asked for"
            raise CheckFailedError(Layer.CONNECT, Reason.TOO_MUCH_DATA, text)

    def _prepare(self) -> None:
        """Hear this address only, and its routers' complaints, each with the kernel's stamp."""
        self._icmp.blocking = False
        sock, address = self._sock, self.address
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        if sock.family == socket.AF_INET:
            sock.setsockopt(socket.SOL_IP, _IP_RECVERR, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        if self._icmp.is_privileged:
            _only_replies(sock)
        if error := sock.connect_ex((address, 0)):
            raise _undeliverable(error, address)

    def _send(self) -> None:
        """Send a request. Raises OSError."""
        from icmplib import ICMPRequest, ICMPSocketError  # noqa: PLC0415 - agents only

        number = self.sent
        request = ICMPRequest(self.address, self._id, number, payload=self._cookie)
        at = asyncio.get_running_loop().time()
        try:
            self._icmp.send(request)
        except ICMPSocketError as error:
            cause = error.__context__
            raise cause if isinstance(cause, OSError) else OSError(errno.EIO, str(error)) from None
        # Without privileges the kernel gives each socket an id of its own.
        self._id = request.id
        self.awaited[number] = _Sent(request.time, at)

    def _read_answers(self) -> None:
        for _ in range(_ROUND):
            try:
                data, ancillary, _, peer = self._sock.recvmsg(2048, 256)
            except BlockingIOError:
                return
            except OSError:
                continue  # a complaint, which the queue has in more words
            if not self._answers(data, ancillary, str(peer[0])):
                self._strays += 1

    def _answers(self, data: bytes, ancillary: Ancillary, peer: str) -> bool:
        if self._icmp.is_privileged and self._sock.family == socket.AF_INET:
            data = data[(data[0] & 15) * 4 :] if data else data  # after the header of IP
        if len(data) < _HEADER.size or canonical(peer) != self.address:
            return False
        kind, _, _, number, sequence = _HEADER.unpack_from(data)
        if kind != _ECHO_REPLIES[self._sock.family] or number != self._id:
            return False
        if data[_HEADER.size :] != self._cookie or sequence not in self.awaited:
            return False
        self.round_trips[sequence] = _took_ms(self.awaited.pop(sequence), ancillary)
        return True

    def _read_complaints(self) -> None:
        for _ in range(_ROUND):
            try:
                data, ancillary, _, _ = self._sock.recvmsg(512, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            if len(data) >= _HEADER.size:
                _, _, _, number, sequence = _HEADER.unpack_from(data)
                said = _complaint(ancillary, self._sock)
                if said and number == self._id and self.awaited.pop(sequence, None):
                    self.complaints[sequence] = said


def _opened(address: str, source: str | None) -> "ICMPSocket":
    """Open a socket for echo requests: without privileges where the system allows, else raw."""
    if source is not None and (":" in source) != (":" in address):
        text = f"{address} is of another family than this location's source address {source}"
        raise CheckFailedError(Layer.CONNECT, Reason.NO_ROUTE_FAMILY, text)
    try:
        import icmplib  # noqa: PLC0415 - agents only: the layer of Lambda has none
    except ImportError:
        raise _incapable(
            "this location sends no echo requests: agents do (`tocsin agent`)"
        ) from None
    kind = icmplib.ICMPv6Socket if ":" in address else icmplib.ICMPv4Socket
    try:
        try:
            return kind(source, privileged=False)
        except icmplib.SocketPermissionError:
            return kind(source, privileged=True)
    except icmplib.SocketPermissionError:
        text = (
            "this location may not send echo requests: let net.ipv4.ping_group_range (sysctl) hold "
            f"the agent's group {os.getegid()}, or give the agent CAP_NET_RAW"
        )
        raise _incapable(text) from None
    except icmplib.SocketAddressError:
        raise _incapable(f"cannot bind to the source address {source}") from None
    except icmplib.ICMPSocketError as error:
        cause = error.__context__
        number = cause.errno if isinstance(cause, OSError) else None
        told = failure(number, address, Layer.CONNECT)
        if told.reason is Reason.UNREACHABLE:  # nothing was sent yet, so it cannot be the target
            raise _incapable(f"this location cannot send echo requests: {error}") from None
        raise told from None


def _incapable(text: str) -> CheckFailedError:
    return CheckFailedError(Layer.CONNECT, Reason.NOT_CAPABLE, text)


def _only_replies(sock: socket.socket) -> None:
    """Spare a raw socket the other messages of this machine, its own requests among them."""
    if sock.family == socket.AF_INET:
        sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", 0xFFFF_FFFF & ~1))
        return
    blocked = bytearray(b"\xff" * 32)
    struct.pack_into("=I", blocked, 129 // 32 * 4, 0xFFFF_FFFF & ~(1 << 129 % 32))
    sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, bytes(blocked))


def _undeliverable(error: int | None, address: str) -> CheckFailedError:
    """Say why our own kernel sends nothing to an address."""
    if error == errno.ENETUNREACH or (error == errno.EADDRNOTAVAIL and ":" in address):
        family = "IPv6" if ":" in address else "IPv4"
        text = f"this location has no {family} route to {address}"
        return CheckFailedError(Layer.CONNECT, Reason.NO_ROUTE_FAMILY, text)
    if error == errno.EHOSTUNREACH:
        text = f"host unreachable, say this location's own routes to {address}"
        return CheckFailedError(Layer.CONNECT, Reason.UNREACHABLE, text)
    return failure(error, address, Layer.CONNECT)


def _took_ms(sent: _Sent, ancillary: Ancillary) -> float:
    """Give the round trip until the kernel had the answer: no wait of our event loop is in it."""
    waited = (asyncio.get_running_loop().time() - sent.at) * 1000
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            took: float = (seconds - sent.wall) * 1000 + nanoseconds / 1e6
            if 0 <= took <= waited:  # else somebody has set the clock in between
                return took
    return waited


def _complaint(ancillary: Ancillary, sock: socket.socket) -> str | None:
    """Read who complained of what; None where the kernel tells something else."""
    for level, kind, data in ancillary:
        if (level, kind) not in _QUEUED or len(data) < _SAID.size:
            continue
        _, origin, what, code, _, _ = _SAID.unpack_from(data)
        losses, says = _SAYS[sock.family]
        if origin not in _BY_ICMP or what not in losses:
            continue
        text = says.get((what, code), f"ICMP type {what}, code {code}")
        return f"{text}, says {_speaker(data[_SAID.size :], sock)}"
    return None


def _speaker(sockaddr: bytes, sock: socket.socket) -> str:
    """Read who spoke from a struct sockaddr_in or sockaddr_in6."""
    inner = sockaddr[4:8] if sock.family == socket.AF_INET else sockaddr[8:24]
    try:
        speaker = socket.inet_ntop(sock.family, inner)
    except ValueError:
        return "a router"
    return "this location itself" if speaker == sock.getsockname()[0] else speaker
