"""Run recorded reports through the judge: what would have been announced, and when.

Nothing but the reports and the configuration has a say, so the same ones give the same alerts, to
the byte. Each minute is judged once, half a minute into it, when the reports of it are there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.incident import Alert
from tocsin.domain.judgement import Surroundings, judge
from tocsin.domain.kinship import Kinship
from tocsin.domain.monitor import Monitor
from tocsin.domain.report import Report
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Layout, Shard, layout
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.window import NextStart, Window, held

INTO_THE_MINUTE = timedelta(seconds=30)
"""When a minute is judged: most reports have come by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The configuration that is tried: monitors, and windows in which alerts are held.

    Jobs that must report are left out, since no location records anything of them.
    """

    monitors: Mapping[str, Monitor]
    windows: tuple[Window, ...] = ()

    @classmethod
    def of(cls, shards: Iterable[Shard]) -> "Rules":
        """Take them from shards; every recorded vote counts, whichever version it was under."""
        known = [*shards]
        monitors = [m for shard in known for m in shard.monitors if ENDPOINT not in m.locations]
        windows = dict.fromkeys(window for shard in known for window in shard.windows)
        return cls(
            monitors={m.id: replace(m, changed_in=0) for m in monitors}, windows=tuple(windows)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Home:
    """The shard in which a monitor was reported last, and under which version."""

    shard: str
    version: int


@dataclass(slots=True)
class Replay:
    """The judge at work on recorded reports.

    A monitor is judged in the shard in which it was reported, from the first report of it on.
    """

    rules: Rules
    next_start: NextStart
    _homes: dict[str, _Home] = field(default_factory=dict)
    _here: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _shards: dict[str, Shard] = field(default_factory=dict)
    _layout: Layout = field(default_factory=lambda: layout(()))
    _newest: dict[str, dict[str, Report]] = field(default_factory=lambda: defaultdict(dict))
    _states: dict[str, ShardState] = field(default_factory=dict)

    def run(self, reports: Iterable[Report]) -> Iterator[Alert]:
        """Judge every minute from the first report to the last, and give what is announced.

        The reports come in the order of their ticks.
        """
        for _, alerts in self._minutes(reports):
            yield from alerts

    def course(
        self, reports: Iterable[Report], last: int
    ) -> Iterator[tuple[int, Mapping[str, ShardState]]]:
        """Judge every minute from the first report to a tick, and give the shards' states in it."""
        for tick, _ in self._minutes(reports, last):
            yield tick, self._states

    def _minutes(
        self, reports: Iterable[Report], last: int = 0
    ) -> Iterator[tuple[int, list[Alert]]]:
        following: int | None = None
        for tick, group in groupby(reports, key=lambda report: report.tick):
            # A minute in which nobody reports is one more of silence.
            for silent in range(tick if following is None else following, tick):
                yield silent, self._judge(silent)
            self._take(group)
            yield tick, self._judge(tick)
            following = tick + 1
        if following is not None:
            for silent in range(following, last + 1):
                yield silent, self._judge(silent)

    def _take(self, reports: Iterable[Report]) -> None:
        moved = False
        for report in reports:
            moved = self._house(report) or moved
            self._newest[report.shard][report.location] = report
        if moved:
            self._build()

    def _house(self, report: Report) -> bool:
        """Note which monitors are at home in a report's shard; tell whether any has moved in.

        While some locations have an older configuration than others, the newer one says where.
        """
        here = self._here[report.shard]
        before = self._newest[report.shard].get(report.location)
        known = [] if before is None else [*before.calm().values()]
        # Most sets are the very ones of the report before this, and have been looked through.
        found = [n for n in report.calm().values() if not any(n is each for each in known)]
        groups = (*found, report.uneasy().keys())
        strangers = {name for names in groups if not names <= here for name in names - here}
        moved = False
        for name in strangers & self.rules.monitors.keys():
            home = self._homes.get(name)
            if home is None or home.version <= report.config_version:
                self._here[home.shard if home else report.shard].discard(name)
                self._homes[name] = _Home(shard=report.shard, version=report.config_version)
                moved = True
                here.add(name)
        here |= strangers - self.rules.monitors.keys()
        return moved

    def _build(self) -> None:
        # A shard that everybody has left is judged on: what is open in it must end.
        at_home: dict[str, list[Monitor]] = {home: [] for home in self._here}
        for name, monitor in self.rules.monitors.items():
            if name in self._homes:
                at_home[self._homes[name].shard].append(monitor)
        self._shards = {
            home: Shard(id=home, version=0, monitors=tuple(monitors), windows=self.rules.windows)
            for home, monitors in sorted(at_home.items())
        }
        self._layout = layout(self._shards.values())

    def _judge(self, tick: int) -> list[Alert]:
        alerts: list[Alert] = []
        now = instant_of(tick) + INTO_THE_MINUTE
        kinship = Kinship(among=self._layout, known=self._known, anew=partial(self._anew, now))
        for name, shard in self._shards.items():
            around = Surroundings(
                leads=self._layout.leads[name],
                held=held(shard.monitors, shard.windows, now, self.next_start),
            )
            after = kinship.judge(shard, self._newest[name], self._state(shard), now, around)
            alerts += (owed.alert for owed in after.outbox)
            if after.outbox or after.closed:
                after = replace(after, outbox=(), closed=())
            self._states[name] = after
        return alerts

    def _state(self, shard: Shard) -> ShardState:
        return self._states.get(shard.id) or ShardState(shard=shard.id)

    def _known(self, other: Shard) -> Mapping[str, Standing]:
        return self._state(other).standings

    def _anew(self, now: datetime, other: Shard) -> Mapping[str, Standing]:
        return judge(other, self._newest[other.id], self._state(other), now).standings
