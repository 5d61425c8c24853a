"""Look over everything: how all stands, what is open, and how the past days were.

What the console and the status page show first. A large installation is shown page by page, the
worst first, and what is on no page is neither counted out nor drawn.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Protocol

from tocsin.domain.incident import Incident, Kind
from tocsin.domain.monitor import LEAST_FRESHNESS, Monitor
from tocsin.domain.outcome import Vote
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.rollup import HOUR, Rollup
from tocsin.domain.schedule import instant_of, tick_of
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.suspicion import Doubt
from tocsin.domain.uptime import DAY, Digest, course, ongoing, times, up_to_now, uptime
from tocsin.usecases.survey import Eyes, Known, Sight, believed, doubts, read, sights_of

SPANS = (1, 7, 30, 90)
"""Days of which the uptime is told."""
DAYS = 90
"""Days that are drawn."""
PAGE = 250
"""Monitors that a page shows."""
WAITING = "waiting"
"""The state of a monitor that was never judged."""
WORST_FIRST = (*(str(v) for v in (Verdict.DOWN, Verdict.UNKNOWN, Verdict.DEGRADED)), WAITING)
STATES = (*WORST_FIRST, str(Verdict.PAUSED), str(Verdict.UP))
"""Every state of a monitor, the worst first."""
TROUBLED = "troubled"
"""All that is not up."""
_GRAVITY = (Kind.DOWN, Kind.UNKNOWN, Kind.LOCATION, Kind.DEGRADED)
HOURLY = timedelta(days=2)
"""A longer time is drawn day by day."""
LEAST_HOURS = 6


class Past(Protocol):
    """What the hours and days were like."""

    def hours(self, shard: str, first: int, last: int) -> Iterator[Digest]:
        """Give in brief what these hours of a shard were like, in their order."""
        ...

    def days(self, shard: str, first: int, last: int) -> Iterator[Digest]:
        """Give in brief what these days of a shard were like, in their order."""
        ...

    def rollups(self, shard: str, first: int, last: int) -> Iterator[Rollup]:
        """Give what these hours of a shard were like, in their order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The time that is drawn: hours or days, by their numbers from 1970.

    It is `over` where it ends before now.
    """

    numbers: range
    hourly: bool
    over: bool = False

    @property
    def text(self) -> str:
        """Say how long that is: `24 h`, `7 d`."""
        return f"{len(self.numbers)} {'h' if self.hourly else 'd'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to look over: a state, a tag, a page of it, and a time, up to now."""

    state: str = ""
    tag: str = ""
    page: int = 1
    span: timedelta = timedelta(days=1)
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A monitor in a row: as it is now, the times of its passes, its uptime, and its days.

    `uptime` is of each of `SPANS`, `times` are of the frame's hours or days in milliseconds, `days`
    are the last `DAYS`, today the last of them.
    """

    sight: Sight
    times: Sequence[float | None] = ()
    uptime: Sequence[float | None] = ()
    days: Sequence[Verdict | None] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location: how many monitors it looks at and fails, and when it was last heard."""

    name: str
    monitors: int
    failing: int
    heard_at: datetime | None = None
    doubt: Doubt | None = None

    def silent(self, now: datetime) -> bool:
        """Tell whether nothing was heard of it for too long."""
        return self.heard_at is None or now - self.heard_at > LEAST_FRESHNESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything at one moment, and of the monitors those that were wished for.

    `counts` are all monitors by state, `found` how many fit the wish, `lines` those on its page.
    `standings` are of the monitors that the open incidents are about. `owed` alerts wait to be
    sent.
    """

    at: datetime
    version: int
    wish: Wish
    frame: Frame
    counts: Mapping[str, int]
    found: int
    lines: tuple[Line, ...]
    tags: tuple[str, ...]
    locations: tuple[Place, ...]
    incidents: tuple[Incident, ...]
    monitors: Mapping[str, Monitor]
    standings: Mapping[str, Standing]
    owed: int = 0

    @property
    def pages(self) -> int:
        """How many pages there are of what fits the wish; at least one."""
        return max(1, -(-self.found // PAGE))


def overview(eyes: Eyes, past: Past, wish: Wish, now: datetime) -> Overview:
    """Look over everything."""
    known = read(eyes.configs, eyes.states)
    votes = {name: believed(eyes, *known.shards[name], now) for name in known.shards}
    wanted = _wanted(known, wish)
    wish = replace(wish, page=min(max(1, wish.page), max(1, -(-len(wanted) // PAGE))))
    shown = wanted[(wish.page - 1) * PAGE :][:PAGE]
    frame = framed(wish, now)
    only = frozenset(shown)
    lines: dict[str, Line] = {}
    for shard in known.shards:
        if sights := [*sights_of(eyes, known, shard, votes[shard], now, only)]:
            found = drawn(sights, past, known.shards[shard][1], now, frame)
            lines.update((line.sight.monitor.id, line) for line in found)
    incidents = sorted((i for s in known.states for i in s.incidents), key=_urgency)
    return Overview(
        at=now,
        version=max((shard.version for shard, _ in known.shards.values()), default=0),
        wish=wish,
        frame=frame,
        counts=Counter(state_of(known, name) for name in known.monitors),
        found=len(wanted),
        lines=tuple(lines[name] for name in shown),
        tags=tuple(sorted({tag for m in known.monitors.values() for tag in m.tags})),
        locations=tuple(_places(known, votes)),
        incidents=tuple(incidents),
        monitors=known.monitors,
        standings=known.standings,
        owed=sum(len(state.outbox) for state in known.states),
    )


def state_of(known: Known, name: str) -> str:
    """Say in a word how a monitor stands."""
    standing = known.standings.get(name)
    return WAITING if standing is None else str(standing.verdict)


def framed(wish: Wish, now: datetime) -> Frame:
    """Lay the time that is asked for over hours, or over days where it is long."""
    until = min(wish.until or now, now)
    hour, span = tick_of(until) // HOUR, max(wish.span, timedelta(hours=LEAST_HOURS))
    over = hour < tick_of(now) // HOUR
    if span <= HOURLY:
        length = -(-span // timedelta(hours=1))
        return Frame(numbers=range(hour - length + 1, hour + 1), hourly=True, over=over)
    day, length = hour // DAY, min(DAYS, -(-span // timedelta(days=1)))
    return Frame(numbers=range(day - length + 1, day + 1), hourly=False, over=over)


def drawn(
    sights: Iterable[Sight], past: Past, state: ShardState, now: datetime, frame: Frame
) -> Iterator[Line]:
    """Put the past beside monitors of a shard, and what goes on there."""
    shard, hour = state.shard, tick_of(now) // HOUR
    today = hour // DAY
    first, last = frame.numbers[0], frame.numbers[-1]
    latest, going_on = [*past.hours(shard, hour - DAY, hour)], ongoing(state, now)
    days = up_to_now(past.days(shard, today - DAYS + 1, today), going_on)
    rolled = {each.number for each in latest}
    shown = days
    if frame.hourly:
        shown = latest if first >= hour - DAY else [*past.hours(shard, first, last)]
    elif first < today - DAYS + 1:
        shown = [*past.days(shard, first, last)]
    # The last day is the last 24 hours that are known, and what goes on since.
    spans = [
        [*latest[-DAY:], *(each for each in going_on if each.number not in rolled)],
        *([d for d in days if d.number > today - n] for n in SPANS[1:]),
    ]
    for sight in sights:
        name = sight.monitor.id
        points = [*times(shown, name, frame.numbers)]
        if frame.hourly and not frame.over:
            points[-1] = quick(sight)
        yield Line(
            sight=sight,
            times=points,
            uptime=tuple(uptime(span, name) for span in spans),
            days=course(days, name, range(today - DAYS + 1, today + 1)),
        )


def quick(sight: Sight) -> float | None:
    """Give what a pass takes at present, in the middle of the locations; None without any."""
    took = [
        sum(ms for _, ms in ballot.phases_ms)
        for ballot in sight.ballots
        if ballot.counted and ballot.vote is Vote.PASS and ballot.phases_ms
    ]
    return median(took) if took else None


def _urgency(incident: Incident) -> tuple[bool, int, float]:
    """Put what nobody has taken on first, then the gravest, then what is new."""
    taken = incident.acknowledged is not None
    return taken, _GRAVITY.index(incident.kind), -incident.opened_at.timestamp()


def _wanted(known: Known, wish: Wish) -> list[str]:
    """Name what fits a wish, the worst first."""
    states = {name: state_of(known, name) for name in known.monitors}
    fitting = (
        name
        for name, monitor in known.monitors.items()
        if (not wish.tag or wish.tag in monitor.tags)
        and (
            not wish.state
            or wish.state == states[name]
            or (wish.state == TROUBLED and states[name] != Verdict.UP)
        )
    )
    return sorted(fitting, key=lambda name: (STATES.index(states[name]), name))


def _places(known: Known, votes: Mapping[str, Mapping[str, Report]]) -> Iterator[Place]:
    """Say of each location how it is."""
    looked: Counter[str] = Counter(n for m in known.monitors.values() for n in m.locations)
    failing = Counter(n for each in known.standings.values() for n in each.failing)
    heard: dict[str, int] = {}
    for reports in votes.values():
        for name, report in reports.items():
            heard[name] = max(report.tick, heard.get(name, 0))
    doubtful = doubts(known)
    for name in sorted(looked):
        yield Place(
            name=name,
            monitors=looked[name],
            failing=failing[name],
            heard_at=instant_of(heard[name]) if name in heard else None,
            doubt=doubtful.get(name),
        )
