"""The tables and topics of a world, as one process of the aggregator sees them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tests.simulation.turns import Process
from tocsin.adapters.codec import read_json, write_json
from tocsin.adapters.columns import pack_report, unpack_report
from tocsin.domain.incident import Alert, Incident
from tocsin.domain.monitor import Route
from tocsin.domain.report import Report
from tocsin.domain.state import ShardState
from tocsin.usecases.ports import (
    ConflictError,
    PublishError,
    StorageError,
    Stored,
    UnreadableError,
)

EVERY = 4
"""Of so many states one goes through its bytes: that takes as long as judging it."""


@dataclass
class Store:
    """What is stored, as its bytes have it; what `garbled` locations wrote nobody can read."""

    reports: dict[tuple[str, str], dict[int, Report]] = field(default_factory=dict)
    states: dict[str, Stored] = field(default_factory=dict)
    history: dict[str, Incident] = field(default_factory=dict)
    garbled: set[str] = field(default_factory=set)
    topics: str = ""
    asked: int = 0
    added: list[Report] = field(default_factory=list)

    def add(self, report: Report) -> bool:
        """Store a report; what was stored first for a tick stays."""
        ticks = self.reports.setdefault((report.location, report.shard), {})
        if report.tick in ticks:
            return False
        ticks[report.tick] = unpack_report(pack_report(report))
        self.added.append(ticks[report.tick])
        return True

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        """Read the newest report up to a tick."""
        ticks = self.reports.get((location, shard), {})
        newest = max(ticks, default=until + 1)
        if newest > until:
            newest = max((tick for tick in ticks if tick <= until), default=newest)
        return ticks[newest] if newest <= until else None

    def load(self, shard: str) -> Stored:
        """Read a state document."""
        return self.states.get(shard, Stored(state=ShardState(shard=shard), revision=0))

    def save(self, state: ShardState, *, over: int) -> int:
        """Replace a state document."""
        if self.load(state.shard).revision != over:
            raise ConflictError(f"shard {state.shard}: revision {over} is gone")
        if over % EVERY == 0:
            state = read_json(ShardState, write_json(ShardState, state))
        self.states[state.shard] = Stored(state=state, revision=over + 1)
        return over + 1


type Saved = Callable[[Process, ShardState, ShardState], None]
"""Hears of every write of a state by a process: what was, and what is."""
type Accepted = Callable[[Process, Alert, Route], None]
type Unanswered = Callable[[Alert, Route], None]


@dataclass
class Tables:
    """Reports, states and history: every call has a point before it and one after."""

    store: Store
    process: Process
    saved: Saved

    def add(self, report: Report) -> bool:
        """Refuse: an aggregator reports nothing."""
        raise NotImplementedError(report)

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        self.process.point()
        if location in self.store.garbled:
            raise UnreadableError(f"the report of {location} on {shard}")
        return self.store.newest(location, shard, until=until)

    def load(self, shard: str) -> Stored:
        self.process.point()
        return self.store.load(shard)

    def save(self, state: ShardState, *, over: int) -> int:
        self.process.point()
        before = self.store.load(state.shard).state
        revision = self.store.save(state, over=over)
        self.saved(self.process, before, state)
        self.process.point()
        return revision

    def record(self, incident: Incident) -> None:
        self.process.point()
        self.store.history[incident.id] = incident
        self.process.point()


@dataclass
class Topics:
    """SNS: it may refuse, be out of reach, or accept without an answer."""

    store: Store
    process: Process
    accepted: Accepted
    unanswered: Unanswered

    def publish(self, alert: Alert, route: Route, *, plain: bool = False) -> str:
        self.process.point()
        self.process.published += 1
        self.store.asked += 1
        mode = self.store.topics
        if mode == "down" or (mode == "throttled" and self.store.asked % 2):
            raise PublishError(mode)
        self.accepted(self.process, alert, route)
        try:
            self.process.point()
        except StorageError:
            mode = "mute"
        if mode == "mute":
            self.unanswered(alert, route)
            raise PublishError("no answer")
        return f"message-{self.store.asked}"


@dataclass
class Clock:
    """The time of a run: it stands, since a run takes none in these worlds."""

    process: Process

    def now(self) -> datetime:
        return self.process.now

    def turn(self) -> None:
        """Wait for nobody."""

    def enough(self) -> bool:
        return self.process.enough()
