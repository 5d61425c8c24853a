"""See everything at once: each monitor's standing and votes, what holds it, what is open and owed.

What `tocsin status`, `tocsin incidents` and the console show: as it is stored at this moment, and
counted as the aggregator would count it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from tocsin.domain.control import Said, Silence
from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.incident import Incident
from tocsin.domain.monitor import Monitor
from tocsin.domain.outbox import Owed
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.quorum import Ballot, Delay, ballots, count
from tocsin.domain.report import Report
from tocsin.domain.roll import calm
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard, jobs
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.suspicion import Doubt, doubted, suspects
from tocsin.domain.window import NextStart, Window
from tocsin.domain.zones import judged
from tocsin.usecases.hear import Ear
from tocsin.usecases.ports import Configs, Reports, States, UnreadableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """What it takes to see: the tables, and when windows begin."""

    configs: Configs
    states: States
    reports: Reports
    ear: Ear
    next_start: NextStart


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A maintenance window that is open, and when it ends."""

    window: Window
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A monitor, where it stands (None before it was first judged), and how each location votes.

    `slow` is what takes too long in the median of these votes. `incidents` are those of it that are
    open. Its alerts are held by `silences` and `windows`, and by what it waits `behind`: what it
    depends on and is down.
    """

    monitor: Monitor
    standing: Standing | None
    ballots: tuple[Ballot, ...]
    slow: tuple[Delay, ...] = ()
    incidents: tuple[Incident, ...] = ()
    paused: Said | None = None
    silences: tuple[Silence, ...] = ()
    windows: tuple[Opening, ...] = ()
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything, as it is stored at one moment.

    `closed` are incidents that are over and not yet in the history, `doubts` the locations that are
    silent or not believed.
    """

    at: datetime
    version: int
    sights: tuple[Sight, ...]
    incidents: tuple[Incident, ...]
    owed: tuple[Owed, ...]
    closed: tuple[Incident, ...] = ()
    silences: tuple[Silence, ...] = ()
    doubts: Mapping[str, Doubt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Every shard in force with its state, and every monitor with its standing, by their ids."""

    shards: Mapping[str, tuple[Shard, ShardState]]
    monitors: Mapping[str, Monitor]
    standings: Mapping[str, Standing]

    @property
    def states(self) -> tuple[ShardState, ...]:
        """The states alone."""
        return tuple(state for _, state in self.shards.values())


def read(configs: Configs, states: States) -> Known:
    """Read the configuration in force, and the state of every shard."""
    shards = {s.id: (s, states.load(s.id).state) for s in configs.shards()}
    return Known(
        shards=shards,
        monitors={m.id: m for shard, _ in shards.values() for m in shard.monitors},
        standings={n: each for _, state in shards.values() for n, each in state.standings.items()},
    )


def survey(eyes: Eyes, now: datetime) -> Survey:
    """Read every shard's configuration, state and newest reports."""
    known = read(eyes.configs, eyes.states)
    votes = {name: believed(eyes, *known.shards[name], now) for name in known.shards}
    sights = (s for name in known.shards for s in sights_of(eyes, known, name, votes[name], now))
    return Survey(
        at=now,
        version=max((shard.version for shard, _ in known.shards.values()), default=0),
        sights=tuple(sorted(sights, key=lambda sight: sight.monitor.id)),
        incidents=_sorted(i for state in known.states for i in state.incidents),
        owed=tuple(owed for state in known.states for owed in state.outbox),
        closed=_sorted(i for state in known.states for i in state.closed),
        silences=silences(known, now),
        doubts=doubts(known),
    )


def sights_of(
    eyes: Eyes,
    known: Known,
    of: str,
    votes: Mapping[str, Report],
    now: datetime,
    only: Collection[str] | None = None,
) -> Iterator[Sight]:
    """See each monitor of a shard by the votes on it, or `only` some."""
    shard, state = known.shards[of]
    opened = [*_openings(shard.windows, now, eyes.next_start)]
    current = [silence for silence in state.silences if now < silence.until]
    covered = [(incident, incident.monitors) for incident in state.incidents]
    for monitor in shard.monitors:
        if only is not None and monitor.id not in only:
            continue
        yield Sight(
            monitor=monitor,
            standing=state.standings.get(monitor.id),
            ballots=ballots(monitor, votes, now),
            slow=count(monitor, votes, now).slow,
            incidents=tuple(incident for incident, names in covered if monitor.id in names),
            paused=state.paused.get(monitor.id),
            silences=tuple(each for each in current if each.covers(monitor)),
            windows=tuple(each for each in opened if each.window.covers(monitor)),
            behind=tuple(_behind(monitor, known)),
        )


def silences(known: Known, now: datetime) -> tuple[Silence, ...]:
    """Give the silences in force, the first to end first.

    Each shard has of a silence the monitors of its own; one that is over stays in it until it is
    judged again, and is none any more.
    """
    current = [each for state in known.states for each in state.silences if now < each.until]
    current.sort(key=attrgetter("id"))
    whole = (_joined([*parts]) for _, parts in groupby(current, attrgetter("id")))
    return tuple(sorted(whole, key=attrgetter("until", "id")))


def _joined(parts: list[Silence]) -> Silence:
    latest = max(parts, key=attrgetter("until"))
    return Silence(
        id=latest.id,
        said=latest.said,
        until=latest.until,
        monitors=tuple(sorted({name for each in parts for name in each.monitors})),
        tags=latest.tags,
    )


def believed(eyes: Eyes, shard: Shard, state: ShardState, now: datetime) -> Mapping[str, Report]:
    """Give the newest report of each location; the failures of one not believed abstain."""
    reports: Mapping[str, Report] = _newest(eyes, shard, state, now)
    suspected = suspects(shard, reports, now, calm(shard, reports, now))
    for monitor in shard.monitors:
        if isinstance(monitor.target, ZoneTarget):
            reports = judged(monitor, state.serials.get(monitor.id, ()), reports, now)
    return {
        name: doubted(report, suspected[name]) if name in suspected else report
        for name, report in reports.items()
    }


def _newest(eyes: Eyes, shard: Shard, state: ShardState, now: datetime) -> dict[str, Report]:
    found = {}
    if any(jobs(shard)):
        found[ENDPOINT] = eyes.ear.report(shard, state.schedules, now)
    for location in {name for m in shard.monitors for name in m.locations} - {ENDPOINT}:
        try:
            report = eyes.reports.newest(location, shard.id, until=tick_of(now) + 1)
        except UnreadableError:
            continue  # the aggregator counts it; here it is a location without a vote
        if report is not None:
            found[location] = report
    return found


def _openings(windows: Iterable[Window], now: datetime, next_start: NextStart) -> Iterator[Opening]:
    for window in windows:
        if (until := window.open_until(now, next_start)) is not None:
            yield Opening(window=window, until=until)


def _behind(monitor: Monitor, known: Known) -> Iterator[str]:
    """Name what is down of all that a sheltered monitor depends on, the nearest first."""
    standing = known.standings.get(monitor.id)
    waiting = [*monitor.depends_on] if standing is not None and standing.sheltered else []
    seen = {monitor.id}
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in known.monitors:
            continue
        seen.add(name)
        waiting += known.monitors[name].depends_on
        if (parent := known.standings.get(name)) is not None and (
            parent.held_down or len(parent.failing) >= known.monitors[name].need
        ):
            yield name


def doubts(known: Known) -> dict[str, Doubt]:
    """Give what is said of each location where that was noticed first."""
    found: dict[str, Doubt] = {}
    for state in known.states:
        for name, doubt in state.doubts.items():
            if name not in found or doubt.since < found[name].since:
                found[name] = doubt
    return dict(sorted(found.items()))


def _sorted(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    return tuple(sorted(incidents, key=attrgetter("opened_at")))
