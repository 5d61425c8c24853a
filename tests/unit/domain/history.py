"""Live through minutes of a shard, so that a test shows only what it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.fakes.make import FAIL, NOON, PASS, THREE, TICK, monitor, shard
from tocsin.domain.control import Said
from tocsin.domain.incident import Alert, Event
from tocsin.domain.judgement import Surroundings, judge
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report, follow
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState

ME = Said(by="ada", at=NOON, note="on it")


@dataclass
class Life:
    """A shard whose locations all report every minute, unless they are silent.

    Whatever it owes is taken at once, and kept in `alerts`, unless its topics are `deaf`.
    """

    shard: Shard
    places: tuple[str, ...] = THREE
    around: Surroundings = field(default_factory=Surroundings)
    state: ShardState = field(default_factory=lambda: ShardState(shard="s0"))
    table: dict[str, Report] = field(default_factory=dict)
    tick: int = TICK - 1
    alerts: list[Alert] = field(default_factory=list)
    deaf: bool = False

    @classmethod
    def of(cls, *monitors: Monitor, **rest: object) -> "Life":
        return cls(shard(*(monitors or (monitor(),))), **rest)  # type: ignore[arg-type]

    @property
    def now(self) -> datetime:
        return instant_of(self.tick)

    def live(
        self,
        minutes: int = 1,
        *,
        down: Iterable[str] = (),
        silent: Iterable[str] = (),
        only: Mapping[str, Outcome] | None = None,
        seen: Mapping[str, Mapping[str, Outcome]] | None = None,
        suspect: Mapping[str, str] | None = None,
    ) -> "Life":
        """Let minutes pass; `down` fails everywhere.

        `only` gives what a location sees of all monitors, `seen` what it sees of each.
        """
        for _ in range(minutes):
            self.tick += 1
            for place in set(self.places) - set(silent):
                outcomes = {
                    m.id: (only or {}).get(place, FAIL if m.id in set(down) else PASS)
                    for m in self.shard.monitors
                } | dict((seen or {}).get(place, {}))
                self.table[place] = self._report(place, outcomes, (suspect or {}).get(place, ""))
            self.judge()
        return self

    def judge(self) -> None:
        after = judge(self.shard, self.table, self.state, self.now, self.around)
        assert judge(self.shard, self.table, after, self.now, self.around) == after
        self.state = after
        if not self.deaf:
            self.alerts += [owed.alert for owed in after.outbox]
            self.state = replace(after, outbox=())

    def _report(self, place: str, outcomes: Mapping[str, Outcome], suspect: str) -> Report:
        before = self.table.get(place)
        known = before.sightings if before is not None else {}
        sightings = {
            m.id: follow(known.get(m.id), outcomes[m.id], self.tick, fresh_for=m.fresh_for)
            for m in self.shard.monitors
        }
        return Report(
            location=place,
            shard=self.shard.id,
            tick=self.tick,
            config_version=self.shard.version,
            sightings=sightings,
            suspect=suspect,
        )

    def told(self, event: Event | None = None) -> list[str]:
        """Name what each alert is about: its monitors, or its locations."""
        return [
            "+".join([s.monitor for s in alert.subjects] or [t.location for t in alert.troubles])
            for alert in self.alerts
            if event is None or alert.event is event
        ]

    def verdict(self, name: str = "db") -> Verdict:
        return self.state.standings[name].verdict
