"""Decide, from what each location last saw, what a monitor's verdict is.

Pure: the caller brings the time. One vote per location, only a fresh one, and only one that was
cast under the monitor's present definition; whoever is silent is not healthy, it is not counted.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from tocsin.domain.monitor import LEAST_FRESHNESS, Monitor
from tocsin.domain.outcome import Certificate, Layer, Outcome, Reason, Vote
from tocsin.domain.report import Report, Sighting
from tocsin.domain.schedule import instant_of

SKEW = timedelta(minutes=1)
"""How far ahead of the judge's clock a vote may be: one from further off would never grow stale."""


class Verdict(StrEnum):
    """What the quorum says of a monitor."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One location's vote as people read it: also the ones that were not counted, and why not.

    `vote` is None where the location has never reported this monitor. `checked_at` is the tick's
    start. `warning` is what a pass will soon fail for.
    """

    location: str
    counted: bool
    vote: Vote | None = None
    layer: Layer | None = None
    reason: Reason | None = None
    evidence: str = ""
    address: str | None = None
    phases_ms: tuple[tuple[str, float], ...] = ()
    attempts: int = 0
    checked_at: datetime | None = None
    failing_since: datetime | None = None
    certificate: Certificate | None = None
    warning: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """A median time over its limit: of one `phase`, or of the whole attempt where that is None."""

    phase: str | None
    ms: float
    limit_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The count of one monitor's votes.

    `failing` are the fresh failures, `confirmed` those of them that lasted for the monitor's
    `fail_for`; `silent` are the locations without a fresh vote, and `doubted` those of them that
    fail but are not believed. `warned` are those of `passing` that will soon fail, `slow` is what
    takes too long in the median of the passes.
    """

    need: int
    voters: int
    passing: tuple[str, ...]
    failing: tuple[str, ...]
    confirmed: tuple[str, ...]
    silent: tuple[str, ...]
    doubted: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    slow: tuple[Delay, ...] = ()

    @property
    def down(self) -> bool:
        """Enough locations fail, each for long enough."""
        return len(self.confirmed) >= self.need

    @property
    def recovered(self) -> bool:
        """Enough locations pass, and too few fail to call it down.

        A failure that is not believed opens nothing, but neither does the doubt end anything.
        """
        return len(self.passing) >= self.need > len(self.failing) + len(self.doubted)

    @property
    def blind(self) -> bool:
        """Fewer fresh votes than the quorum needs: nothing can be said either way."""
        return len(self.passing) + len(self.failing) < self.need


def count(monitor: Monitor, reports: Mapping[str, Report], now: datetime) -> Tally:
    """Count the fresh votes on a monitor, from the newest report of each location."""
    passing: dict[str, Outcome] = {}
    failing, confirmed, silent, doubted = [], [], [], []
    for location in monitor.locations:
        report = reports.get(location)
        sighting = counted(monitor, report, now)
        if sighting is None:
            silent.append(location)
            if _is_doubted(monitor, report, now):
                doubted.append(location)
        elif sighting.outcome.vote is Vote.PASS:
            passing[location] = sighting.outcome
        else:
            failing.append(location)
            if _lasted(sighting) >= monitor.fail_for:
                confirmed.append(location)
    return Tally(
        need=monitor.need,
        voters=len(monitor.locations),
        passing=tuple(passing),
        failing=tuple(failing),
        confirmed=tuple(confirmed),
        silent=tuple(silent),
        doubted=tuple(doubted),
        warned=tuple(name for name, outcome in passing.items() if outcome.warning is not None),
        slow=tuple(_slow(monitor, passing.values())),
    )


def counted(monitor: Monitor, report: Report | None, now: datetime) -> Sighting | None:
    """Give the sighting that is this location's vote, or None where it has none that counts."""
    sighting = _fresh(monitor, report, now)
    if sighting is None or sighting.outcome.vote is Vote.ABSTAIN:
        return None
    return sighting


def _is_doubted(monitor: Monitor, report: Report | None, now: datetime) -> bool:
    sighting = _fresh(monitor, report, now)
    return sighting is not None and sighting.outcome.reason is Reason.SUSPECT


def _fresh(monitor: Monitor, report: Report | None, now: datetime) -> Sighting | None:
    if report is None or report.config_version < monitor.changed_in:
        return None
    sighting = report.sightings.get(monitor.id)
    if sighting is None:
        return None
    age = now - instant_of(sighting.checked_at)
    fresh = age <= LEAST_FRESHNESS or age <= monitor.fresh_for
    return sighting if fresh and age >= -SKEW else None


def decide(tally: Tally, *, held_down: bool) -> Verdict:
    """Turn a count into a verdict; `held_down` is a monitor that was down and has not recovered.

    A warning degrades as a failure short of the quorum does, and from one location on: where one
    alone still shows the old certificate, its clients will be the ones to see it expire.
    """
    if tally.down:
        return Verdict.DOWN
    if tally.blind:
        return Verdict.UNKNOWN
    if held_down:
        return Verdict.DOWN
    return Verdict.DEGRADED if tally.failing or tally.warned or tally.slow else Verdict.UP


def ballots(monitor: Monitor, reports: Mapping[str, Report], now: datetime) -> tuple[Ballot, ...]:
    """List every location's vote for people to read, counted or not."""
    return tuple(_ballot(monitor, name, reports.get(name), now) for name in monitor.locations)


def _ballot(monitor: Monitor, location: str, report: Report | None, now: datetime) -> Ballot:
    sighting = report.sightings.get(monitor.id) if report else None
    if sighting is None:
        return Ballot(location=location, counted=False)
    outcome, since = sighting.outcome, sighting.failing_since
    return Ballot(
        location=location,
        counted=counted(monitor, report, now) is not None,
        vote=outcome.vote,
        layer=outcome.layer,
        reason=outcome.reason,
        evidence=outcome.evidence,
        address=outcome.address,
        phases_ms=tuple(outcome.phases_ms.items()),
        attempts=outcome.attempts,
        checked_at=instant_of(sighting.checked_at),
        failing_since=None if since is None else instant_of(since),
        certificate=outcome.certificate,
        warning=outcome.warning,
    )


def _lasted(sighting: Sighting) -> timedelta:
    since = sighting.checked_at if sighting.failing_since is None else sighting.failing_since
    return timedelta(minutes=sighting.checked_at - since)


def _slow(monitor: Monitor, passes: Collection[Outcome]) -> Iterator[Delay]:
    """Find what takes too long; a vote without a phase has no say in that phase's median."""
    if monitor.slow is not None:
        yield from _exceeds(None, [outcome.total_ms for outcome in passes], monitor.slow)
    for phase, limit in monitor.slow_phases:
        times = [o.phases_ms[phase] for o in passes if phase in o.phases_ms]
        yield from _exceeds(phase, times, limit)


def _exceeds(phase: str | None, times_ms: list[float], limit: timedelta) -> Iterator[Delay]:
    limit_ms = limit / timedelta(milliseconds=1)
    if times_ms and (middle := median(times_ms)) > limit_ms:
        yield Delay(phase=phase, ms=middle, limit_ms=limit_ms)
