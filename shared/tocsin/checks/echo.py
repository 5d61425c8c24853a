"""Echo requests over one socket (RFC 792, RFC 4443), told apart from all else that comes back.

An answer counts that comes from the pinged address, bears our id and a number that is awaited, and
repeats a payload that nobody can guess. icmplib opens the socket, with or without privileges, and
composes and sends the requests; it is not asked to receive, where it believes any payload from any
address, and hears no router without privileges.
"""

import asyncio
import errno
import os
import secrets
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.checks.complaint import Ancillary, complaint, have_told
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

# From asm-generic/socket.h, linux/icmp.h and linux/icmpv6.h.
_SO_TIMESTAMPNS = 35
_SOL_RAW, _ICMP_FILTER, _ICMPV6_FILTER = 255, 1, 1
_TIMESPEC: Final = struct.Struct("@ll")


@dataclass(frozen=True, slots=True)
class _Sent:
    """When a request left, by the clock of the kernel's stamps and by one that never steps."""

    wall: float
    at: float


class Echoes:
    """Echo requests to one address, and what came of each; its socket is the caller's to close.

    `round_trips` holds milliseconds by number, `complaints` what routers said of those that have no
    answer, `awaited` the numbers of the rest.
    Opening raises CheckFailedError where this location cannot ping that address.
    """

    def __init__(self, address: str, source: str | None) -> None:
        self.address = address
        self.sent = 0
        self.awaited: set[int] = set()
        self.round_trips: dict[int, float] = {}
        self.complaints: dict[int, str] = {}
        self._unanswered: dict[int, _Sent] = {}
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
        have_told(sock)
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
        self._unanswered[number] = _Sent(request.time, at)
        self.awaited.add(number)

    def _read_answers(self) -> None:
        for _ in range(_ROUND):
            try:
                data, ancillary, _, peer = self._sock.recvmsg(2048, 256)
            except BlockingIOError:
                return
            except OSError:
                continue  # a complaint, which the queue has in more words
            if self._icmp.is_privileged and self._sock.family == socket.AF_INET:
                data = data[(data[0] & 15) * 4 :] if data else data  # after the header of IP
            if len(data) >= _HEADER.size:
                self._take(data, ancillary, str(peer[0]))

    def _take(self, data: bytes, ancillary: Ancillary, peer: str) -> None:
        kind, _, _, number, sequence = _HEADER.unpack_from(data)
        if number != self._id:
            return  # another's: a raw socket hears the answers to all of this machine
        known = kind == _ECHO_REPLIES[self._sock.family] and canonical(peer) == self.address
        if known and data[_HEADER.size :] == self._cookie and sequence in self._unanswered:
            # It outdoes what anybody may have said of that request.
            self.awaited.discard(sequence)
            self.complaints.pop(sequence, None)
            self.round_trips[sequence] = _took_ms(self._unanswered.pop(sequence), ancillary)
        else:
            self._strays += 1

    def _read_complaints(self) -> None:
        for _ in range(_ROUND):
            try:
                data, ancillary, _, _ = self._sock.recvmsg(512, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            if len(data) >= _HEADER.size:
                _, _, _, number, sequence = _HEADER.unpack_from(data)
                said = complaint(ancillary, self._sock)
                if said and number == self._id and sequence in self.awaited:
                    self.awaited.remove(sequence)
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
