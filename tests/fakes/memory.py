"""Tables, topics and probers that live in memory and keep the contracts of the real ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.domain.endpoint import Endpoint
from tocsin.domain.incident import Alert, Incident
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outcome import Outcome
from tocsin.domain.pulse import Beat, Pulse, folded
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.usecases.assess import Bench
from tocsin.usecases.hear import Ear
from tocsin.usecases.ports import (
    Alerts,
    ConflictError,
    InvalidError,
    PublishError,
    Reports,
    SecretError,
    States,
    StorageError,
    Stored,
    Token,
)


@dataclass
class InMemoryReports:
    """The reports table."""

    items: dict[tuple[str, str], dict[int, Report]] = field(default_factory=dict)
    reads: int = 0

    def add(self, report: Report) -> bool:
        ticks = self.items.setdefault((report.location, report.shard), {})
        if report.tick in ticks:
            return False
        ticks[report.tick] = report
        return True

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        self.reads += 1
        ticks = self.items.get((location, shard), {})
        return ticks[max(past)] if (past := [tick for tick in ticks if tick <= until]) else None

    def between(self, location: str, shard: str, first: int, last: int) -> Iterator[Report]:
        ticks = self.items.get((location, shard), {})
        yield from (ticks[tick] for tick in sorted(ticks) if first <= tick <= last)


@dataclass
class InMemoryStates:
    """The state documents; `before_save` may play another writer who comes first."""

    items: dict[str, Stored] = field(default_factory=dict)
    writes: int = 0
    before_save: Callable[[ShardState], None] | None = None

    def load(self, shard: str) -> Stored:
        return self.items.get(shard, Stored(state=ShardState(shard=shard), revision=0))

    def save(self, state: ShardState, *, over: int) -> int:
        if self.before_save is not None:
            self.before_save(state)
        if self.load(state.shard).revision != over:
            raise ConflictError(f"shard {state.shard}: revision {over} is gone")
        self.items[state.shard] = Stored(state=state, revision=over + 1)
        self.writes += 1
        return over + 1


@dataclass
class InMemoryAlerts:
    """The topics; a route in `broken` accepts nothing.

    An alert in `invalid` is accepted only in plain words, one in `cursed` not even so; `plainly`
    are those that were.
    """

    sent: list[tuple[str, Route]] = field(default_factory=list)
    broken: set[Route] = field(default_factory=set)
    invalid: set[str] = field(default_factory=set)
    cursed: set[str] = field(default_factory=set)
    plainly: list[str] = field(default_factory=list)

    def publish(self, alert: Alert, route: Route, *, plain: bool = False) -> str:
        if route in self.broken:
            raise PublishError("out of order")
        if alert.id in self.cursed or (alert.id in self.invalid and not plain):
            raise InvalidError("too long")
        if plain:
            self.plainly.append(alert.id)
        self.sent.append((alert.id, route))
        return f"message-{len(self.sent)}"


@dataclass
class InMemoryHistory:
    """The incidents that are over."""

    items: dict[str, Incident] = field(default_factory=dict)

    def record(self, incident: Incident) -> None:
        self.items[incident.id] = incident


@dataclass
class FixedTime:
    """A wake-up whose clock stands; `enough` tells whether there is time for more."""

    at: datetime
    enough: Callable[[], bool] = lambda: True
    turns: int = 0

    def now(self) -> datetime:
        return self.at

    def turn(self) -> None:
        self.turns += 1


@dataclass
class InMemoryConfigs:
    """The configuration in force."""

    held: tuple[Shard, ...] = ()

    def shards(self) -> tuple[Shard, ...]:
        return self.held


@dataclass
class ScriptedChecker:
    """An engine whose outcomes are written down; it notes what it was asked to check."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    asked: list[Monitor] = field(default_factory=list)

    async def run(self, monitors: Iterable[Monitor], *, deadline: float) -> Mapping[str, Outcome]:
        wanted = list(monitors)
        self.asked += wanted
        return {monitor.id: self.outcomes[monitor.id] for monitor in wanted}


@dataclass
class InMemorySecrets:
    """Parameter Store."""

    held: dict[str, str] = field(default_factory=dict)

    def reveal(self, name: str) -> str:
        if name not in self.held:
            raise SecretError(f"parameter {name}: not found")
        return self.held[name]

    def doubt(self, name: str) -> None:
        """Nothing is kept that could be another by now."""


@dataclass
class InMemoryHeartbeats:
    """Pulses, tokens and the endpoint.

    `broken` is a table that does not answer, `full` one that keeps no body. `moved` says what jobs
    are called now that were called otherwise.
    """

    known: dict[str, Pulse] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    canary: Endpoint = field(default_factory=Endpoint)
    moved: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    full: bool = False

    def pulses(self, monitors: Iterable[str]) -> Mapping[str, Pulse | None]:
        return {name: self.known[name] for name in monitors if name in self.known}

    def endpoint(self) -> Endpoint:
        return self.canary

    def token(self, key: str) -> Token | None:
        if self.broken:
            raise StorageError("table state: out of reach")
        return self.tokens.get(key)

    def beat(self, monitor: str, beat: Beat) -> int:
        if self.broken:
            raise StorageError("table state: out of reach")
        monitor = self.moved.get(monitor, monitor)
        self.known[monitor] = folded(self.known.get(monitor) or Pulse(created_at=beat.at), beat)
        return self.known[monitor].reports

    def keep(self, monitor: str, number: int, beat: Beat, body: bytes) -> None:
        if self.full:
            raise StorageError("table state: out of reach")
        self.bodies[monitor] = body

    def rename(self, former: str, name: str) -> bool:
        if former in self.moved or former not in self.known or name in self.known:
            return self.moved.get(former) == name
        self.known[name] = self.known.pop(former)
        self.moved = {old: name for old in (*self.moved, former) if old != name}
        return True

    def sing(self, at: datetime) -> None:
        if self.broken:
            raise StorageError("table state: out of reach")
        self.canary = self.canary.sung(at)


def deaf() -> Ear:
    """Hear nothing: for shards without jobs."""
    return Ear(pulses=InMemoryHeartbeats(), next_time=lambda _target, _after: None)


def bench(
    *,
    reports: Reports | None = None,
    ear: Ear | None = None,
    states: States | None = None,
    alerts: Alerts | None = None,
    history: InMemoryHistory | None = None,
) -> Bench:
    """Give all that it takes to judge; what is not given is empty."""
    return Bench(
        reports=reports or InMemoryReports(),
        ear=ear or deaf(),
        states=states or InMemoryStates(),
        history=history or InMemoryHistory(),
        alerts=alerts or InMemoryAlerts(),
        next_start=lambda _cron, _timezone, _after: None,
    )
