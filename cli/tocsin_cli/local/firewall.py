"""Make a socket deaf to some addresses, as a firewall in between would: their packets are dropped.

Works where Linux does, without privileges: a classic BPF program on the socket (socket(7),
SO_ATTACH_FILTER) looks at the source address of every packet.
"""

import ctypes
import socket
import struct
import sys
from collections.abc import Collection
from ipaddress import IPv4Address

_SO_ATTACH_FILTER = 26
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_SOURCE_ADDRESS = 0xFFF00000 + 12  # SKF_NET_OFF, and the place in an IPv4 header
_WHOLE, _NOTHING = 0xFFFFFFFF, 0


def drop(sock: socket.socket, sources: Collection[str]) -> bool:
    """Drop all packets from these IPv4 addresses and no others; False where that is impossible."""
    if sys.platform != "linux":
        return False
    steps = [(_LOAD_WORD, 0, 0, _SOURCE_ADDRESS)]
    for left, source in zip(range(len(sources), 0, -1), sources, strict=True):
        steps.append((_JUMP_IF_EQUAL, left, 0, int(IPv4Address(source))))
    steps += [(_RETURN, 0, 0, _WHOLE), (_RETURN, 0, 0, _NOTHING)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code)  # the kernel copies it before setsockopt returns
    program = struct.pack("HP", len(steps), ctypes.addressof(buffer))
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    except OSError:
        return False
    return True
