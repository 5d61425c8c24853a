"""Non-blocking sockets on the event loop: the system calls, and what their errors mean.

Errors are told apart here, at the call, where it is still known what was being tried.
"""

import errno
import os
import socket
import struct
from functools import lru_cache
from ipaddress import ip_address

from tocsin.checks.failure import CheckFailedError
from tocsin.checks.processor import Processor, shared
from tocsin.checks.waiting import READABLE, WRITABLE
from tocsin.domain.outcome import Layer, Reason

_OURS = {
    errno.EMFILE: (Reason.OUT_OF_SOCKETS, "this location has no file descriptor left"),
    errno.ENFILE: (Reason.OUT_OF_SOCKETS, "this location has no file descriptor left"),
    errno.ENOBUFS: (Reason.OUT_OF_SOCKETS, "this location has no socket buffer left"),
    errno.ENOMEM: (Reason.OUT_OF_SOCKETS, "this location has no memory left for a socket"),
    errno.EADDRNOTAVAIL: (Reason.OUT_OF_SOCKETS, "this location has no local port left"),
    errno.EPERM: (Reason.NOT_CAPABLE, "this location's own firewall forbids it"),
    errno.EACCES: (Reason.NOT_CAPABLE, "this location's own routes forbid it"),
    errno.EINVAL: (Reason.NOT_CAPABLE, "this location cannot dial it from its source address"),
    errno.EAFNOSUPPORT: (Reason.NO_ROUTE_FAMILY, "this location has no such address family"),
}
_THEIRS = {
    errno.ECONNREFUSED: (Reason.REFUSED, "refused the connection"),
    errno.ECONNRESET: (Reason.RESET, "reset the connection"),
    errno.ECONNABORTED: (Reason.RESET, "reset the connection"),
    errno.EPIPE: (Reason.RESET, "closed the connection while it was being written to"),
    errno.ETIMEDOUT: (Reason.CONNECT_TIMEOUT, "did not answer"),
}

_LONGEST_LITERAL = 64  # a zone included

# struct tcp_info of linux/tcp.h: eight bytes, then 32-bit words.
_TCP_INFO_SIZE = 104
_RTT, _RTT_AT = struct.Struct("=I"), 8 + 15 * 4
_TOTAL_RETRANS_AT = 8 + 23 * 4


def endpoint(address: str, port: int) -> str:
    """Write an address and a port."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def opened(kind: socket.SocketKind, address: str, source: str | None) -> socket.socket:
    """Open a socket that can reach `address`, from `source` where one is given."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    if source is not None and (":" in source) != (":" in address):
        text = f"{address} is of another family than this location's source address {source}"
        raise CheckFailedError(Layer.CONNECT, Reason.NO_ROUTE_FAMILY, text)
    try:
        opening = socket.socket(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    except OSError as error:
        raise failure(error.errno, address, Layer.CONNECT) from None
    if source is not None:
        try:
            opening.bind((source, 0))
        except OSError as error:
            opening.close()
            text = f"cannot bind to the source address {source}: {os.strerror(error.errno or 0)}"
            raise CheckFailedError(Layer.CONNECT, Reason.NOT_CAPABLE, text) from None
    return opening


async def connect(
    sock: socket.socket, address: str, port: int, processor: Processor, until: float | None = None
) -> bool:
    """Connect, and tell whether that was done when the loop's clock showed `until`."""
    where = endpoint(address, port)
    try:
        error = sock.connect_ex((address, port))
    except (OSError, ValueError) as refused:  # not even an address, to the system
        text = f"{where} cannot be dialled: {refused}"
        raise CheckFailedError(Layer.CONNECT, Reason.UNREACHABLE, text) from None
    if error == errno.ENETUNREACH or (error == errno.EADDRNOTAVAIL and ":" in address):
        # Said by our own kernel before anything was sent, so it says nothing of the target.
        family = "IPv6" if ":" in address else "IPv4"
        text = f"this location has no {family} route to {where}"
        raise CheckFailedError(Layer.CONNECT, Reason.NO_ROUTE_FAMILY, text)
    if error == errno.EINPROGRESS:
        try:
            if not await processor.watch.ready(sock, WRITABLE, until):
                return False
        except OSError as unwatched:
            raise failure(unwatched.errno, where, Layer.CONNECT) from None
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error == errno.ECONNRESET and _spoke(sock):
            error = 0  # it accepted, had its say and went: that counts
    if error:
        raise failure(error, where, Layer.CONNECT)
    return True


def _spoke(sock: socket.socket) -> bool:
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def handshake_ms(sock: socket.socket) -> float | None:
    """Read how long the handshake took from the kernel, right after it; None if it cannot say.

    `tcpi_rtt` then rests on one sample, from our SYN to the peer's SYN-ACK, taken in the kernel: no
    wait of ours in a busy event loop is in it. On loopback it is some tens of microseconds. Where
    the SYN had to be sent again the sample leaves the loss out, which a client would feel.
    """
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_SIZE)
    if len(info) < _TCP_INFO_SIZE or _RTT.unpack_from(info, _TOTAL_RETRANS_AT)[0]:
        return None
    microseconds: int = _RTT.unpack_from(info, _RTT_AT)[0]
    return microseconds / 1000 or None


async def readable(sock: socket.socket, until: float | None) -> bool:
    """Wait until there is something to read; False once the loop's clock shows `until`, if any."""
    return await shared().watch.ready(sock, READABLE, until)


async def received(sock: socket.socket, size: int) -> bytes:
    """Read what is there, at most `size` bytes; wait where nothing is. Raises OSError."""
    while True:
        try:
            return sock.recv(size)
        except BlockingIOError:
            await shared().watch.ready(sock, READABLE)


def failure(number: int | None, where: str, layer: Layer) -> CheckFailedError:
    """Tell what an error number means for the check."""
    number = number or errno.EIO
    if number in _OURS:
        reason, text = _OURS[number]
        return CheckFailedError(layer, reason, f"{where}: {text}")
    if number in _THEIRS:
        reason, text = _THEIRS[number]
        return CheckFailedError(layer, reason, f"{where} {text}")
    text = f"{where} cannot be reached: {os.strerror(number)}"
    return CheckFailedError(layer, Reason.UNREACHABLE, text)


def canonical(host: str) -> str | None:
    """Give an address literal its canonical form; None for a name."""
    return _literal(host) if len(host) <= _LONGEST_LITERAL else None


# As many as a probe has monitors: they dial the same in every tick.
@lru_cache(maxsize=16384)
def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None
