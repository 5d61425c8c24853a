"""What an hour was like, and how each monitor stands now: what people read, made from what is kept.

Both follow from the reports and the state alone, so they can be made again at any time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.domain.incident import Incident, Kind
from tocsin.domain.outcome import Vote
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.schedule import instant_of, phase
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState

HOUR = 60
"""Ticks."""
FIRST_MINUTE = 3
"""Of the next hour, in which an hour may be rolled up: its last reports have come by then."""
MINUTES = 25
"""Over which the shards are spread, so that not all of them are rolled up at once."""
_SECONDS = 60
_VERDICTS = {
    Kind.DOWN: Verdict.DOWN,
    Kind.UNKNOWN: Verdict.UNKNOWN,
    Kind.DEGRADED: Verdict.DEGRADED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a monitor stands: its verdict, since when, who fails it, who is silent, what is open.

    A monitor that is no longer watched has none.
    """

    monitor: str
    verdict: Verdict
    since: datetime
    failing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    incident: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What a location saw of a monitor in an hour; the times are those of its passes."""

    checks: int = 0
    failures: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An hour of a monitor: seconds in each verdict, and what each location saw."""

    seconds: Mapping[Verdict, int] = field(default_factory=dict)
    locations: Mapping[str, Looks] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """An hour of a shard; `hour` counts from 1970."""

    shard: str
    hour: int
    monitors: Mapping[str, Row] = field(default_factory=dict)


def status(state: ShardState, monitor: str) -> Status | None:
    """Say how a monitor stands; None where it is no longer watched."""
    standing = state.standings.get(monitor)
    return None if standing is None else _status(monitor, standing, _open(state))


def changed(before: ShardState, after: ShardState) -> Iterator[str]:
    """Name the monitors whose status has changed."""
    opened, open_now = _open(before), _open(after)
    for name, standing in after.standings.items():
        known = before.standings.get(name)
        same = known is standing and opened.get(name) == open_now.get(name)
        if not same and (
            known is None or _status(name, known, opened) != _status(name, standing, open_now)
        ):
            yield name
    yield from (name for name in before.standings if name not in after.standings)


def due(shard: str, rolled: int, tick: int) -> int | None:
    """Say which hour of a shard is to be rolled up now, where `rolled` was the last."""
    last = (tick - FIRST_MINUTE - phase(shard, MINUTES)) // HOUR - 1
    if rolled >= last:
        return None
    return last if rolled == 0 else rolled + 1


def rolled_up(
    shard: str,
    hour: int,
    course: Iterable[tuple[int, Mapping[str, Standing]]],
    reports: Iterable[Report],
) -> Rollup:
    """Roll up an hour of a shard.

    `course` says minute by minute how its monitors stood, `reports` are those of its locations;
    what is not of this hour counts for nothing.
    """
    seconds: dict[str, Counter[Verdict]] = defaultdict(Counter)
    for tick, standings in course:
        if tick // HOUR == hour:
            for name, standing in standings.items():
                seconds[name][standing.verdict] += _SECONDS
    looks = _looks(report for report in reports if report.tick // HOUR == hour)
    return Rollup(
        shard=shard,
        hour=hour,
        monitors={
            name: Row(
                seconds={verdict: seconds[name][verdict] for verdict in sorted(seconds[name])},
                locations=looks.get(name, {}),
            )
            for name in sorted(seconds)
        },
    )


def recalled(
    hour: int, since: Mapping[str, datetime], state: ShardState, incidents: Iterable[Incident]
) -> dict[str, Row]:
    """Say what an hour was like for monitors of which no report is kept: jobs, known `since` then.

    From a monitor's last change on its standing says it, and before that the incidents about it.
    """
    known = [*incidents]
    ticks = range(hour * HOUR, hour * HOUR + HOUR)
    rows = {}
    for name, begin in sorted(since.items()):
        covering = [each for each in known if name in each.monitors]
        seconds: Counter[Verdict] = Counter()
        for now in map(instant_of, ticks):
            if begin <= now:
                seconds[_recalled(name, state, covering, now)] += _SECONDS
        if seconds:
            rows[name] = Row(seconds={verdict: seconds[verdict] for verdict in sorted(seconds)})
    return rows


def _recalled(
    name: str, state: ShardState, incidents: Iterable[Incident], now: datetime
) -> Verdict:
    if (said := state.paused.get(name)) is not None and said.at <= now:
        return Verdict.PAUSED
    standing = state.standings.get(name)
    if standing is not None and standing.since <= now:
        return standing.verdict
    for kind, verdict in _VERDICTS.items():
        if any(each.kind is kind and _lasted(each, now) for each in incidents):
            return verdict
    return Verdict.UP


def _lasted(incident: Incident, now: datetime) -> bool:
    return incident.opened_at <= now and (incident.ended_at is None or now < incident.ended_at)


def _status(name: str, standing: Standing, opened: Mapping[str, str]) -> Status:
    return Status(
        monitor=name,
        verdict=standing.verdict,
        since=standing.since,
        failing=standing.failing,
        silent=standing.silent,
        incident=opened.get(name),
    )


def _open(state: ShardState) -> dict[str, str]:
    """Say which incident of each monitor is open; the gravest, where there are more."""
    order = [Kind.DOWN, Kind.UNKNOWN, Kind.DEGRADED, Kind.LOCATION]
    gravest_last = sorted(state.incidents, key=lambda each: -order.index(each.kind))
    return {name: incident.id for incident in gravest_last for name in incident.monitors}


def _looks(reports: Iterable[Report]) -> dict[str, dict[str, Looks]]:
    """Count the checks of each monitor at each location; what a report repeats is none."""
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    failures: Counter[tuple[str, str]] = Counter()
    for report in reports:
        for name, sighting in report.sightings.items():
            if sighting.checked_at != report.tick:
                continue
            if sighting.outcome.vote is Vote.PASS:
                times[name, report.location].append(sighting.outcome.total_ms)
            elif sighting.outcome.vote is Vote.FAIL:
                failures[name, report.location] += 1
    found: dict[str, dict[str, Looks]] = defaultdict(dict)
    for name, location in sorted({*times, *failures}):
        passes = sorted(times.get((name, location), ()))
        failed = failures[name, location]
        found[name][location] = Looks(
            checks=len(passes) + failed,
            failures=failed,
            p50_ms=percentile(passes, 50),
            p95_ms=percentile(passes, 95),
        )
    return found


def percentile(ordered: list[float], percent: int) -> float | None:
    """Give the nearest rank of ordered values, to three digits; None where there are none."""
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return float(f"{ordered[max(rank, 1) - 1]:.3g}")
