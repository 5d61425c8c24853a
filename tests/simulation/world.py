"""A small world made of one seed: targets fail, locations go dark, deliveries misbehave.

The use cases are the production code; only the tables, the topics and the network are simulated.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from tests.fakes.make import FAIL, NOON, PASS, THREE, TICK, monitor
from tests.fakes.memory import (
    FixedTime,
    InMemoryConfigs,
    InMemoryReports,
    InMemorySecrets,
    InMemoryStates,
    deaf,
)
from tocsin.domain.incident import Alert, Event
from tocsin.domain.judgement import ShardState
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.quorum import Verdict
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Shard
from tocsin.usecases.assess import assess
from tocsin.usecases.observe import Prober
from tocsin.usecases.ports import ConflictError, PublishError

MONITORS = (
    monitor("db", routes=(Route.PAGE, Route.NOTICE)),
    monitor("web", fail_for=timedelta(minutes=1), recover_for=timedelta(minutes=2)),
    monitor("slow-to-look", interval=timedelta(minutes=3), routes=(Route.CHAT,)),
)


class CrashError(BaseException):
    """The process ends here, between two effects."""


@dataclass
class CrashingStates(InMemoryStates):
    """State documents whose writer may die before or after the write, and a log of decisions."""

    random: Random = field(default_factory=Random)
    crashes: float = 0.0
    decided: list[Alert] = field(default_factory=list)

    def save(self, state: ShardState, *, over: int) -> int:
        if self.random.random() < self.crashes:
            raise CrashError
        known = {owed.alert.id for owed in self.load(state.shard).state.outbox}
        revision = super().save(state, over=over)
        self.decided += [owed.alert for owed in state.outbox if owed.alert.id not in known]
        if self.random.random() < self.crashes:
            raise CrashError
        return revision


@dataclass
class CrashingAlerts:
    """Topics that refuse now and then, and publishers that die before or after the acceptance."""

    random: Random
    crashes: float = 0.0
    sent: list[tuple[str, Route]] = field(default_factory=list)

    def publish(self, alert: Alert, route: Route) -> None:
        if self.random.random() < self.crashes:
            raise PublishError("throttled")
        if self.random.random() < self.crashes:
            raise CrashError
        self.sent.append((alert.id, route))
        if self.random.random() < self.crashes:
            raise CrashError


@dataclass
class Truth:
    """How the targets really are, as each location's network lets it see them."""

    failing: set[str] = field(default_factory=set)
    cut_off: set[str] = field(default_factory=set)

    def checker(self, location: str) -> "Eyes":
        return Eyes(self, location)


@dataclass
class Eyes:
    """The engine at one location."""

    truth: Truth
    location: str

    async def run(self, monitors: Iterable[Monitor], *, deadline: float) -> Mapping[str, Outcome]:
        blocked = self.location in self.truth.cut_off
        return {m.id: FAIL if blocked or m.id in self.truth.failing else PASS for m in monitors}


class World:
    """One shard, three locations and an aggregator, minute by minute."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a replay, not a secret
        self.shard = Shard(id="s0", version=1, monitors=MONITORS)
        self.truth = Truth()
        self.reports = InMemoryReports()
        self.states = CrashingStates(random=self.random)
        self.alerts = CrashingAlerts(random=self.random)
        self.now: datetime = NOON
        self.tick = TICK
        self.probers = {name: [self._cold_start(name) for _ in range(2)] for name in THREE}
        self.dark: set[str] = set()
        self.checked = 0
        self.may_repeat = 0

    async def minute(self, *, rough: bool) -> None:
        """Live through one minute; a rough one has faults of every kind."""
        if rough:
            self._misfortune()
        for location in self.random.sample(THREE, k=3):
            await self._tick(location, rough=rough)
            self._wake(rough=rough)
        self._wake(rough=False)
        self.tick += 1
        self.now = instant_of(self.tick)

    def calm(self) -> None:
        """End every fault; what was broken before stays as it was left."""
        self.states.crashes = self.alerts.crashes = 0.0
        self.truth.failing.clear()
        self.truth.cut_off.clear()
        self.dark.clear()

    async def _tick(self, location: str, *, rough: bool) -> None:
        if location in self.dark:
            return
        if rough and self.random.random() < 0.1:
            self.probers[location][0] = self._cold_start(location)
        for _ in range(2 if rough and self.random.random() < 0.1 else 1):
            # Two warm environments, as an overlap leaves them; either may get the next tick.
            prober = self.random.choice(self.probers[location])
            self.checked += (await prober.observe(self.tick, deadline=0)).checked

    def _wake(self, *, rough: bool) -> None:
        """Ring the aggregator: now and then not at all, or twice."""
        for _ in range(self.random.choice((0, 1, 1, 2)) if rough else 1):
            self.now += timedelta(seconds=self.random.random())
            before = self.states.load("s0").state
            known, accepted = len(self.states.decided), len(self.alerts.sent)
            try:
                self._assess()
            except (CrashError, ConflictError):
                # Accepted and perhaps not struck off: the one gap in which a repeat is allowed.
                self.may_repeat += len(self.alerts.sent) - accepted
            self._audit(before, self.states.decided[known:])

    def _assess(self) -> None:
        assess(
            self.shard,
            reports=self.reports,
            ear=deaf(),
            states=self.states,
            alerts=self.alerts,
            time=FixedTime(self.now),
        )

    def _audit(self, before: ShardState, decided: list[Alert]) -> None:
        """Hold every decision against the raw reports."""
        for alert in decided:
            if alert.kind is not Verdict.DOWN:
                continue
            name = alert.subjects[0].monitor
            watched = next(m for m in MONITORS if m.id == name)
            votes = Counter(
                report.sightings[name].outcome.vote
                for location in THREE
                if (report := self.reports.newest(location, "s0", until=self.tick))
                and name in report.sightings
                and self.now - instant_of(report.sightings[name].checked_at) <= watched.fresh_for
            )
            if alert.event is Event.OPENED:
                assert votes[Vote.FAIL] >= watched.need, (alert.id, votes)
                assert name not in {
                    m for i in before.incidents for m in i.monitors if i.kind is Verdict.DOWN
                }
            else:
                assert votes[Vote.PASS] >= watched.need > votes[Vote.FAIL], (alert.id, votes)

    def _misfortune(self) -> None:
        roll = self.random.random
        self.states.crashes = self.alerts.crashes = 0.05 if roll() < 0.5 else 0.0
        for each in MONITORS:
            if roll() < 0.15:
                self.truth.failing ^= {each.id}
        for location in THREE:
            if roll() < 0.06:
                self.truth.cut_off ^= {location}
            if roll() < 0.06:
                self.dark ^= {location}

    def _cold_start(self, location: str) -> Prober:
        return Prober(
            location=location,
            configs=InMemoryConfigs((self.shard,)),
            reports=self.reports,
            checker=self.truth.checker(location),
            secrets=InMemorySecrets(),
        )
