"""What routers say of requests that they did not pass on, as the kernel keeps it for a socket.

It stands in the socket's error queue (ip(7), IP_RECVERR), which is filled for sockets without
privileges too.
"""

import socket
import struct
from collections.abc import Iterable
from typing import Final

# From linux/in.h and linux/in6.h.
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_QUEUED: Final = frozenset({(socket.SOL_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)})
# struct sock_extended_err and the address of who said it, of linux/errqueue.h.
_SAID: Final = struct.Struct("=IBBBxII")
_BY_ICMP: Final = frozenset({2, 3})
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


def have_told(sock: socket.socket) -> None:
    """Have the kernel keep for this socket what routers say."""
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.SOL_IP, _IP_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)


def complaint(ancillary: Ancillary, sock: socket.socket) -> str | None:
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
