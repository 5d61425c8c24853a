"""Networks of this machine's own, in network namespaces: a client, a router and a host behind it.

    client 10.0.0.2 -- 10.0.0.1 router 192.0.2.254 -- 192.0.2.1 host

IPv6 likewise in 2001:db8:1::/64 and 2001:db8:2::/64. Nothing has a way out of them.
"""

import asyncio
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

HOST, HOST_V6 = "192.0.2.1", "2001:db8:2::1"
ROUTER, ROUTER_V6 = "10.0.0.1", "2001:db8:1::1"
V6_FAR = "2001:db8:2::254"
CLIENT = "10.0.0.2"
ECHO, REPLY = 8, 0


def ip(*words: str) -> None:
    """Have iproute2 do something."""
    subprocess.run(["ip", *words], check=True, capture_output=True)  # noqa: S603, S607 - as root


@dataclass(frozen=True, slots=True)
class Network:
    """Three namespaces by name."""

    client: str
    router: str
    host: str
    unused: Iterator[int] = field(default_factory=lambda: iter(range(100, 200)))

    def set(self, namespace: str, setting: str) -> None:
        """Set a sysctl in one of them."""
        ip("netns", "exec", namespace, "sysctl", "-qw", setting)

    def another_address(self) -> str:
        """Give the client an address of which the router has not heard yet."""
        address = f"10.0.0.{next(self.unused)}"
        ip("-n", self.client, "address", "add", f"{address}/24", "dev", "out")
        return address

    def route(self, *words: str) -> None:
        """Change the routes of the router."""
        ip("-n", self.router, "route", "replace", *words)

    def run[T](self, coroutine: Coroutine[object, object, T]) -> T:
        """Run a coroutine on a loop of its own at the client: a thread has a namespace of its own.

        Sockets stay in the namespace in which they were opened.
        """
        found: list[T] = []

        def there() -> None:
            enter(self.client)
            found.append(asyncio.run(coroutine))

        thread = threading.Thread(target=there)
        thread.start()
        thread.join()
        return found[0]


def enter(namespace: str) -> None:
    """Move this thread into a namespace."""
    with open(f"/run/netns/{namespace}") as file:  # noqa: PTH123 - a descriptor is wanted
        os.setns(file.fileno(), os.CLONE_NEWNET)


@contextmanager
def network() -> Iterator[Network]:
    """Make a network that is gone after the block."""
    mark = uuid4().hex[:8]
    net = Network(f"tocsin-{mark}-client", f"tocsin-{mark}-router", f"tocsin-{mark}-host")
    names = (net.client, net.router, net.host)
    made = []
    try:
        for name in names:
            ip("netns", "add", name)
            made.append(name)
            # Else the addresses of IPv6 are tentative for a second.
            net.set(name, "net.ipv6.conf.default.accept_dad=0")
            ip("-n", name, "link", "set", "lo", "up")
        _cable(net.client, f"{CLIENT}/24", "2001:db8:1::2/64", net.router, "10.0.0.1/24", ROUTER_V6)
        _cable(net.host, f"{HOST}/24", f"{HOST_V6}/64", net.router, "192.0.2.254/24", V6_FAR)
        ip("-n", net.client, "route", "add", "default", "via", ROUTER)
        ip("-n", net.client, "-6", "route", "add", "default", "via", ROUTER_V6)
        ip("-n", net.host, "route", "add", "default", "via", "192.0.2.254")
        ip("-n", net.host, "-6", "route", "add", "default", "via", V6_FAR)
        net.set(net.router, "net.ipv4.ip_forward=1")
        net.set(net.router, "net.ipv6.conf.all.forwarding=1")
        # Else a router complains once a second at most; of what it has no route for it complains
        # five times in a row to one address, whatever is set.
        net.set(net.router, "net.ipv4.icmp_ratemask=0")
        net.set(net.router, "net.ipv6.icmp.ratelimit=0")
        net.set(net.client, "net.ipv4.ping_group_range=0 2147483647")
        for host in (HOST, HOST_V6):
            net.run(_reached(host))
        yield net
    finally:
        for name in made:
            ip("netns", "del", name)


_TRIES = 60


async def _reached(host: str) -> None:
    """Wait until a host is there: on a busy machine the kernel takes its time with new cables."""
    for _ in range(_TRIES):
        try:
            async with asyncio.timeout(0.5):
                await asyncio.open_connection(host, 9)
        except ConnectionRefusedError:
            return
        except OSError:  # a timeout too
            await asyncio.sleep(0.05)
    raise TimeoutError(f"{host} did not come up")


def _cable(near: str, v4: str, v6: str, router: str, router_v4: str, router_v6: str) -> None:
    """Join a namespace and the router by a pair of virtual interfaces."""
    end = f"to-{near.rpartition('-')[2]}"
    ip("-n", near, "link", "add", "out", "type", "veth", "peer", "name", end, "netns", router)
    for name, device, addresses in (
        (near, "out", (v4, v6)),
        (router, end, (router_v4, f"{router_v6}/64")),
    ):
        for address in addresses:
            ip("-n", name, "address", "add", address, "dev", device)
        ip("-n", name, "link", "set", device, "up")


@dataclass(frozen=True, slots=True)
class Request:
    """An echo request as it arrived, in `packet` with the header of IP; `nth` counts from 0."""

    packet: bytes
    source: str
    id: int
    sequence: int
    payload: bytes
    nth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to a request, right in whatever is not said.

    `complaint` is the type and code of an error that is sent before it, about the `id` given here;
    the answer follows `later` seconds upon that.
    """

    id: int | None = None
    sequence: int | None = None
    payload: bytes | None = None
    kind: int = REPLY
    after: float = 0.0
    times: int = 1
    source: str | None = None
    complaint: tuple[int, int] | None = None
    later: float = 0.0


type Answering = Callable[[Request], Reply | None]


@dataclass
class Responder:
    """A host whose answers to IPv4's echo requests are written here."""

    answering: Answering
    heard: list[Request] = field(default_factory=list)


@contextmanager
def answering(net: Network, how: Answering) -> Iterator[Responder]:
    """Answer echo requests at the host in place of its kernel."""
    net.set(net.host, "net.ipv4.icmp_echo_ignore_all=1")
    responder = Responder(how)
    ready, over = threading.Event(), threading.Event()

    def serve() -> None:
        enter(net.host)
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
            sock.settimeout(0.1)
            ready.set()
            while not over.is_set():
                try:
                    packet = sock.recv(2048)
                except TimeoutError:
                    continue
                request = _read(packet, len(responder.heard))
                if request is not None:
                    responder.heard.append(request)
                    _answer(sock, request, responder.answering(request))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ready.wait(5)
        yield responder
    finally:
        over.set()
        thread.join()


def _read(packet: bytes, nth: int) -> Request | None:
    kind, _, _, number, sequence = struct.unpack_from("!BBHHH", packet, 20)
    if kind != ECHO:
        return None
    return Request(packet, socket.inet_ntoa(packet[12:16]), number, sequence, packet[28:], nth)


def _answer(sock: socket.socket, request: Request, reply: Reply | None) -> None:
    if reply is None:
        return
    time.sleep(reply.after)
    number = request.id if reply.id is None else reply.id
    sequence = request.sequence if reply.sequence is None else reply.sequence
    if reply.complaint is not None:
        header = request.packet[:24] + struct.pack("!HH", number, sequence)
        sock.sendto(_message(*reply.complaint, bytes(4) + header), (request.source, 0))
        time.sleep(reply.later)
    payload = request.payload if reply.payload is None else reply.payload
    message = _message(reply.kind, 0, struct.pack("!HH", number, sequence) + payload)
    if reply.source is None:
        for _ in range(reply.times):
            sock.sendto(message, (request.source, 0))
        return
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as forging:
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, 64, 1, 0)
        header += socket.inet_aton(reply.source) + socket.inet_aton(request.source)
        forging.sendto(header + message, (request.source, 0))


def _message(kind: int, code: int, body: bytes) -> bytes:
    return struct.pack("!BBH", kind, code, _checksum(bytes((kind, code, 0, 0)) + body)) + body


def _checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
