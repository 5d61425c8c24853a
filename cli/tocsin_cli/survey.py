"""See everything at once: each monitor's standing and votes, what holds it, what is open and owed.

What `tocsin status`, `tocsin incidents` and the page of the local stack show.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from tocsin.adapters.calendar import next_start
from tocsin.domain.control import Said, Silence
from tocsin.domain.incident import Incident
from tocsin.domain.monitor import Monitor
from tocsin.domain.outbox import Owed
from tocsin.domain.quorum import Ballot, Delay, ballots, count
from tocsin.domain.shard import Shard
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.suspicion import Doubt
from tocsin.domain.window import Window
from tocsin_cli.home import Home
from tocsin_cli.votes import believed


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


def read(home: Home) -> Known:
    """Read the configuration in force, and the state of every shard."""
    shards = {s.id: (s, home.states.load(s.id).state) for s in home.configs.shards()}
    return Known(
        shards=shards,
        monitors={m.id: m for shard, _ in shards.values() for m in shard.monitors},
        standings={n: each for _, state in shards.values() for n, each in state.standings.items()},
    )


def survey(home: Home, now: datetime) -> Survey:
    """Read every shard's configuration, state and newest reports."""
    known = read(home)
    sights = (sight for shard in known.shards for sight in sights_of(home, known, shard, now))
    return Survey(
        at=now,
        version=max((shard.version for shard, _ in known.shards.values()), default=0),
        sights=tuple(sorted(sights, key=lambda sight: sight.monitor.id)),
        incidents=_sorted(i for state in known.states for i in state.incidents),
        owed=tuple(owed for state in known.states for owed in state.outbox),
        closed=_sorted(i for state in known.states for i in state.closed),
        silences=silences(known, now),
        doubts=_doubts(known),
    )


def sights_of(home: Home, known: Known, of: str, now: datetime) -> Iterator[Sight]:
    """See each monitor of a shard."""
    shard, state = known.shards[of]
    reports = believed(home, shard, state, now)
    opened = [*_openings(shard.windows, now)]
    current = [silence for silence in state.silences if now < silence.until]
    covered = [(incident, incident.monitors) for incident in state.incidents]
    for monitor in shard.monitors:
        yield Sight(
            monitor=monitor,
            standing=state.standings.get(monitor.id),
            ballots=ballots(monitor, reports, now),
            slow=count(monitor, reports, now).slow,
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


def _openings(windows: Iterable[Window], now: datetime) -> Iterator[Opening]:
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


def _doubts(known: Known) -> dict[str, Doubt]:
    """Give what is said of each location where that was noticed first."""
    found: dict[str, Doubt] = {}
    for state in known.states:
        for name, doubt in state.doubts.items():
            if name not in found or doubt.since < found[name].since:
                found[name] = doubt
    return dict(sorted(found.items()))


def _sorted(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    return tuple(sorted(incidents, key=attrgetter("opened_at")))
