"""Services on loopback that can be broken on purpose, so that there is something to watch.

They run in one background thread; every handle can be used from any thread. Whoever opens them
closes them: nothing is left running.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Self

from tocsin_cli.local import speakers
from tocsin_cli.local.listeners import (
    HOST,
    PATIENCE_S,
    Gate,
    Listener,
    TcpListener,
    UdpDnsListener,
)

JOB = "backup"
"""The job that must report; it is no service, and listens nowhere."""

LOCATIONS = ("us-east-1", "eu-west-1", "ap-southeast-1")

_PORT_TRIES = 20

type Run = Callable[[Coroutine[object, object, None]], None]


class Service:
    """One demo service: stopped, its port refuses; blocked, it is deaf to one address."""

    def __init__(
        self, name: str, title: str, listeners: Sequence[Listener], gate: Gate, run: Run
    ) -> None:
        self.name = name
        self.title = title
        self.running = False
        self._listeners = tuple(listeners)
        self._gate = gate
        self._run = run
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """Where it listens while it runs, as `127.0.0.1:port`; the port never changes."""
        return f"{HOST}:{self._listeners[0].port}"

    @property
    def blocked(self) -> frozenset[str]:
        """The source addresses that it does not hear."""
        return self._gate.blocked

    def start(self) -> None:
        """Open the port; nothing happens where it is open."""
        with self._lock:
            if not self.running:
                self._run(self._open())
                self.running = True

    def stop(self) -> None:
        """Close the port and break off every connection; nothing happens where it is closed."""
        with self._lock:
            if self.running:
                self._run(self._close())
                self.running = False

    def block(self, source_ip: str) -> None:
        """Drop what comes from this address: from there alone, the service fails."""
        self._hear_all_but(self.blocked | {source_ip})

    def unblock(self, source_ip: str) -> None:
        """Hear this address again."""
        self._hear_all_but(self.blocked - {source_ip})

    def release(self) -> None:
        """Stop for good, and give the port away."""
        self.stop()
        for listener in self._listeners:
            listener.release()

    def _hear_all_but(self, sources: frozenset[str]) -> None:
        with self._lock:
            self._gate.blocked = sources
            self._run(self._refilter())

    async def _open(self) -> None:
        for listener in self._listeners:
            await listener.open()

    async def _close(self) -> None:
        for listener in self._listeners:
            await listener.close()

    async def _refilter(self) -> None:
        for listener in self._listeners:
            listener.refilter()


class DemoServices:
    """All demo services, started; use it in a `with`, or call `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="demo-services", daemon=True
        )
        self._thread.start()
        services = (
            self._tcp("database", "PostgreSQL", speakers.database),
            self._tcp("mail", "mail server", speakers.mail),
            self._dns("dns", f"DNS zone {speakers.ZONE_NAME}"),
            self._tcp("web", "web page /health", speakers.web),
        )
        self.services: Mapping[str, Service] = MappingProxyType({s.name: s for s in services})
        for service in services:
            service.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop all of them, give the ports away and end the thread; a second time does nothing."""
        if self._loop.is_closed():
            return
        for service in self.services.values():
            service.release()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def _run(self, work: Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def _tcp(self, name: str, title: str, speaker: speakers.Speaker) -> Service:
        gate = Gate()
        return Service(name, title, [TcpListener(speaker, gate)], gate, self._run)

    def _dns(self, name: str, title: str) -> Service:
        """Take a port that is free for TCP and UDP alike."""
        gate = Gate()
        for _ in range(_PORT_TRIES):
            tcp = TcpListener(speakers.dns_over_tcp, gate)
            try:
                udp = UdpDnsListener(gate, tcp.port)
            except OSError:
                tcp.release()
                continue
            return Service(name, title, [tcp, udp], gate, self._run)
        raise OSError(f"no port is free for TCP and UDP after {_PORT_TRIES} tries")


def monitors_file(services: Mapping[str, Service], locations: Sequence[str] = LOCATIONS) -> str:
    """Write the monitors.yaml that watches the demo services, each under the service's name."""
    at = {name: service.address for name, service in services.items()}
    places = "\n".join(f"  {location}: {{}}" for location in locations)
    return f"""\
# The demo services of `make demo`, on this machine.
locations:
{places}
defaults: {{interval: 1m, timeout: 2s, retries: 1, alert: [notice]}}
monitors:
  database:
    tcp: "{at["database"]}"
    quorum: all
    alert: [page, notice]
    runbook: "https://wiki.example.com/database"
    public: {{name: Orders, group: Shop}}
  mail:
    tcp: "{at["mail"]}"
    expect: {{banner: "^220 .*ESMTP"}}
    public: {{name: E-mail}}
  dns:
    dns: {{name: www.{speakers.ZONE_NAME}, type: A, resolver: "{at["dns"]}"}}
    expect: {{equals: ["192.0.2.80"]}}
  web:
    http: "http://{at["web"]}/health"
    expect: {{status: [200], json: {{"$.status": "ok"}}}}
    public: {{name: Website, group: Shop}}
    alert: [page, notice]
  {JOB}:
    heartbeat: {{period: 1m, grace: 20s}}
"""
