"""See one monitor with all that is known of it: its votes, its course, its last hours and days."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.incident import Incident
from tocsin.domain.outbox import Owed
from tocsin.domain.outcome import Outcome
from tocsin.domain.report import Sighting
from tocsin.domain.rollup import Looks
from tocsin.domain.schedule import tick_of
from tocsin.domain.standing import Standing
from tocsin.usecases.overview import Frame, Line, Past, drawn
from tocsin.usecases.project import PastIncidents, PastReports
from tocsin.usecases.survey import Eyes, Known, Sight, believed, sights_of

__all__ = ["LAST", "Charts", "Closeup", "PastIncidents", "charts", "closeup", "lately", "months"]

LAST = 5
"""Incidents that are over and shown."""
MINUTES = 30
"""Minutes of which each location's phases are shown."""
KEPT = timedelta(days=400)
"""How far back incidents are looked for."""

type Relative = tuple[str, Standing | None]
"""A monitor's name, and where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeup:
    """One monitor.

    `outcomes` is what each location saw last. `owed` is what is still to be sent of its incidents,
    `above` what it depends on, `below` what depends on it, `past` its last incidents that are over.
    """

    at: datetime
    sight: Sight
    owed: tuple[Owed, ...]
    above: tuple[Relative, ...]
    below: tuple[Relative, ...]
    past: tuple[Incident, ...]
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """What is drawn of a monitor.

    `minutes` is what each location saw in each of the last `MINUTES` ticks (None where it did not
    look), `hours` what it saw in each hour of the frame.
    """

    line: Line
    frame: Frame
    minutes: Mapping[str, tuple[Outcome | None, ...]]
    hours: Mapping[str, tuple[Looks | None, ...]]


def closeup(
    eyes: Eyes, known: Known, name: str, over: Iterable[Incident], now: datetime
) -> Closeup:
    """Look at a monitor that is in force; `over` are incidents that are over, the latest first."""
    shard, state = known.shards[_home(known, name)]
    votes = believed(eyes, shard, state, now)
    (sight,) = sights_of(eyes, known, shard.id, votes, now, {name})
    below = sorted(n for n, each in known.monitors.items() if name in each.depends_on)
    return Closeup(
        at=now,
        sight=sight,
        owed=tuple(
            owed for owed in state.outbox if name in {s.monitor for s in owed.alert.subjects}
        ),
        above=tuple((n, known.standings.get(n)) for n in sight.monitor.depends_on),
        below=tuple((n, known.standings.get(n)) for n in below),
        past=_past(state.closed, sight, over),
        outcomes={
            place: votes[place].sightings[name].outcome
            for place in sight.monitor.locations
            if place in votes and name in votes[place].sightings
        },
    )


def charts(past: Past, reports: PastReports, known: Known, seen: Closeup, frame: Frame) -> Charts:
    """Read what is drawn of a monitor; what was reported is read minute by minute."""
    name, now = seen.sight.monitor.id, seen.at
    shard = _home(known, name)
    (line,) = drawn([seen.sight], past, known.shards[shard][1], now, frame)
    return Charts(
        line=line,
        frame=frame,
        minutes={
            place: tuple(_minutes(reports, place, shard, name, tick_of(now)))
            for place in seen.sight.monitor.locations
            if place != ENDPOINT
        },
        hours=_hours(past, shard, seen.sight, frame),
    )


def months(now: datetime) -> Iterator[datetime]:
    """Give the months of which anything may be kept, this one first."""
    month = datetime(now.year, now.month, 1, tzinfo=UTC)
    while month > now - KEPT - timedelta(days=31):
        yield month
        month = (month - timedelta(days=1)).replace(day=1)


def lately(history: PastIncidents, now: datetime, of: int) -> Iterator[Incident]:
    """Give the incidents of so many months that are over, the latest first."""
    for month in islice(months(now), of):
        yield from reversed([*history.of_month(month)])


def _home(known: Known, name: str) -> str:
    """Name the shard that has a monitor."""
    return next(
        each
        for each, (shard, _) in known.shards.items()
        if any(monitor.id == name for monitor in shard.monitors)
    )


def _past(
    closed: tuple[Incident, ...], sight: Sight, over: Iterable[Incident]
) -> tuple[Incident, ...]:
    """Give its last incidents, the latest first; those that just ended are not in the history."""
    names = {sight.monitor.id, sight.monitor.was or sight.monitor.id}
    recent = [each for each in closed if not names.isdisjoint(each.monitors)]
    known = {each.id for each in recent}
    older = (each for each in over if each.id not in known and not names.isdisjoint(each.monitors))
    found = [*recent, *islice(older, LAST)]
    return tuple(sorted(found, key=lambda each: each.opened_at, reverse=True)[:LAST])


def _minutes(
    reports: PastReports, place: str, shard: str, name: str, last: int
) -> Iterator[Outcome | None]:
    """Give what a location saw in each minute; what a report repeats is of an earlier one."""
    first = last - MINUTES + 1
    seen: dict[int, Sighting] = {}
    for report in reports.between(place, shard, first, last):
        sighting = report.sightings.get(name)
        if sighting is not None and sighting.checked_at == report.tick:
            seen[report.tick] = sighting
    for tick in range(first, last + 1):
        yield seen[tick].outcome if tick in seen else None


def _hours(
    past: Past, shard: str, sight: Sight, frame: Frame
) -> dict[str, tuple[Looks | None, ...]]:
    """Give what each location saw hour by hour; nothing where days are drawn."""
    if not frame.hourly:
        return {}
    first, last = frame.numbers[0], frame.numbers[-1]
    name = sight.monitor.id
    rows = {
        rollup.hour: rollup.monitors[name].locations
        for rollup in past.rollups(shard, first, last)
        if name in rollup.monitors
    }
    return {
        place: tuple(rows.get(hour, {}).get(place) for hour in frame.numbers)
        for place in sight.monitor.locations
    }
