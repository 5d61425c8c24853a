"""What the real check says of each way in which a service can be ill, for the page in docs/."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from ssl import SSLContext

import trustme

from tests.integration.checks.servers import (
    NOW,
    Behaviour,
    closed_port,
    hearing,
    saying,
    serving,
    silent,
)
from tests.services.asking import ask, expanded, showing
from tests.services.exchange import HEALTHY, Exchange
from tests.services.peer import Peer
from tests.services.recorded import EXCHANGES, HOST
from tocsin.checks.attempt import spoken
from tocsin.checks.dial import Dialer
from tocsin.config.catalogue import services
from tocsin.config.security import Mode
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Outcome, Reason
from tocsin.domain.script import Send

SHOWN_HOST = "192.0.2.7"
USUAL = timedelta(seconds=5)
_PATIENCE = timedelta(seconds=0.7)
_TOGETHER = 8

_WEB = b"HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n"
_SSH = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n"
_MAIL = b"220 mx.example.com ESMTP Postfix\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A way to fail, and what is said of it; the address and the port are for show."""

    when: str
    reason: Reason
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    dialer: Dialer
    good: SSLContext
    expired: SSLContext


def failures() -> Mapping[str, tuple[Failure, ...]]:
    """Give the failures of all services, by name."""
    return asyncio.run(_all())


async def _all() -> Mapping[str, tuple[Failure, ...]]:
    authority = trustme.CA(organization_name="Example", organization_unit_name="Example CA")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(path)
        world = _World(
            dialer=Dialer(egress=Egress.LOOPBACK, ca_file=str(path)),
            good=showing(authority),
            expired=showing(authority, until=NOW - timedelta(days=1)),
        )
        turn = asyncio.Semaphore(_TOGETHER)

        async def one(name: str) -> tuple[Failure, ...]:
            async with turn:
                return tuple([failure async for failure in _failures(name, world)])

        found = await asyncio.gather(*map(one, services()))
    return dict(zip(services(), found, strict=True))


async def _failures(name: str, world: _World) -> AsyncIterator[Failure]:
    service = services()[name]
    usual = service.usual
    outcome = await ask(name, usual, port := closed_port(), dialer=world.dialer)
    yield _failure(name, "nothing listens", outcome, port)
    if not service.modes[usual]:
        return
    async with _there(silent, usual, world) as port:
        outcome = await ask(name, usual, port, dialer=world.dialer, limit=_PATIENCE)
        yield _failure(name, "says nothing", outcome, port)
    async with _there(_stranger(name), usual, world) as port:
        outcome = await ask(name, usual, port, dialer=world.dialer, limit=_PATIENCE)
        yield _failure(name, "another program", outcome, port)
    for held, mode in _first(name, Reason.DECLINED), _first(name, Reason.NO_STARTTLS):
        if held is not None:
            async with _there(Peer(held.turns, tls=world.good), mode, world) as port:
                outcome = await ask(name, mode, port, dialer=world.dialer)
                when = "declines" if held.reason is Reason.DECLINED else "no TLS"
                yield _failure(name, when, outcome, port)
    secure = [mode for mode in service.modes if mode is not Mode.PLAIN]
    for held, mode in [_first(name, None, secure[0])] if secure else []:
        if held is not None:
            peer = Peer(held.turns, tls=world.expired)
            async with serving(peer, tls=world.expired if mode is Mode.DIRECT else None) as port:
                outcome = await ask(name, mode, port, dialer=world.dialer)
                yield _failure(name, "expired", outcome, port)


@asynccontextmanager
async def _there(behaviour: Behaviour, mode: Mode, world: _World) -> AsyncIterator[int]:
    async with serving(behaviour, tls=world.good if mode is Mode.DIRECT else None) as port:
        yield port


def _stranger(name: str) -> Behaviour:
    """Put something there that often is: it speaks first where the service does."""
    if isinstance(expanded(name, services()[name].usual, 1).script[0], Send):
        return hearing(saying(_WEB))
    return saying(_MAIL if name == "ssh" else _SSH)


def _first(name: str, reason: Reason | None, *modes: Mode) -> tuple[Exchange | None, Mode]:
    """Find the exchange that fails for this reason, or the healthy one, and its mode."""
    for held in EXCHANGES:
        healthy = held.label == HEALTHY
        if held.service == name and held.reason is reason and healthy == (reason is None):
            for mode in modes or held.modes:
                if mode in held.modes:
                    return held, mode
    return None, Mode.PLAIN


def _failure(name: str, when: str, outcome: Outcome, port: int) -> Failure:
    assert outcome.reason is not None, (name, when, outcome)
    text = outcome.evidence.replace(f"{HOST}:{port}", f"{SHOWN_HOST}:{services()[name].port}")
    text = text.replace(HOST, SHOWN_HOST).replace(spoken(_PATIENCE), spoken(USUAL))
    return Failure(when=when, reason=outcome.reason, text=text)
