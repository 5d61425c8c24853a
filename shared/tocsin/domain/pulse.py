"""What a job has reported, report after report, folded into all that is remembered of it.

Reports count in the order in which they are taken. One that is told again, by a client that got no
answer, changes nothing that matters; where a job names its runs, it cannot undo what came between.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tocsin.domain.outcome import printable

OPEN_RUNS = 50
"""Runs of a job that may be under way; of more the oldest is forgotten."""

TOLD_AGAIN = timedelta(minutes=10)
"""For so long a report of a run that has ended is taken for one that is told again."""

ENDS = 50
"""Runs that have ended and are still known by their names."""

SAID = 120
"""Characters of a failure's first line that are kept for the alert."""


class Signal(StrEnum):
    """What a job reports."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One report: `at` is the endpoint's time, `run` the id that the job gave its run, if any."""

    signal: Signal
    at: datetime
    run: str = ""
    status: int | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that has begun and not ended; one without a name ends where the next begins."""

    id: str
    began_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a run with a name ended."""

    id: str
    at: datetime
    well: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Failures in a row: since when, and the last of them; it stands until it is `lifted_at`."""

    since: datetime
    at: datetime
    status: int | None = None
    said: str = ""
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """All that is remembered of a job.

    `success_at` is the last word of success, `settled_at` the last that was no repetition. `took`
    is how long the run lasted that ended last. `reports` counts all that came.
    """

    created_at: datetime
    reports: int = 0
    heard_at: datetime | None = None
    success_at: datetime | None = None
    settled_at: datetime | None = None
    took: timedelta | None = None
    failure: Failure | None = None
    runs: tuple[Run, ...] = ()
    ends: tuple[End, ...] = ()

    @property
    def fails(self) -> bool:
        """Tell whether it has reported failure and no success since."""
        return self.failure is not None and self.failure.lifted_at is None


def folded(pulse: Pulse, beat: Beat) -> Pulse:
    """Add a report to what is known of a job."""
    # Those who take reports have clocks of their own, and the order is that of their taking.
    at = beat.at if pulse.heard_at is None else max(beat.at, pulse.heard_at)
    ends = tuple(end for end in pulse.ends if at - end.at <= TOLD_AGAIN)
    pulse = replace(pulse, heard_at=at, reports=pulse.reports + 1, ends=ends)
    match beat.signal:
        case Signal.START:
            return _begun(pulse, beat, at)
        case Signal.SUCCESS:
            return _succeeded(pulse, beat.run, at)
        case Signal.FAIL:
            return _failed(pulse, beat, at)
        case Signal.LOG:
            return pulse


def _begun(pulse: Pulse, beat: Beat, at: datetime) -> Pulse:
    run, known = beat.run, pulse.runs
    if run and (_end(pulse, run) or any(run == other.id for other in known)):
        return pulse  # told again, or overtaken by its own end
    if not run:
        if pulse.success_at is not None and beat.at < pulse.success_at:
            return pulse  # it came before the success, and was kept up by a slow table
        known = tuple(
            other if other.id or other.left_at else replace(other, left_at=at) for other in known
        )
    return replace(pulse, runs=(*known, Run(id=run, began_at=at))[-OPEN_RUNS:])


def _succeeded(pulse: Pulse, run: str, at: datetime) -> Pulse:
    before = _end(pulse, run)
    if before is not None and before.well:
        return replace(pulse, success_at=at)  # told again: what failed in between still does
    pulse = _ended(pulse, run, at, well=True)
    return replace(
        pulse,
        success_at=at,
        settled_at=at,
        failure=pulse.failure and _lifted(pulse.failure, at),
        runs=tuple(other for other in pulse.runs if other.left_at is None),
    )


def _failed(pulse: Pulse, beat: Beat, at: datetime) -> Pulse:
    before = _end(pulse, beat.run)
    if before is not None and not before.well:
        return pulse  # told again
    standing = pulse.failure if pulse.fails else None
    failure = Failure(
        since=at if standing is None else standing.since,
        at=at,
        status=beat.status,
        said=printable(beat.said, SAID),
    )
    return replace(_ended(pulse, beat.run, at, well=False), failure=failure)


def _ended(pulse: Pulse, run: str, at: datetime, *, well: bool) -> Pulse:
    """End the run of that name; without one, the run that began last."""
    under_way = [other for other in pulse.runs if other.left_at is None]
    mine = [other for other in under_way if other.id == run] if run else under_way
    ended = max(mine, key=lambda other: other.began_at, default=None)
    ends = pulse.ends
    if run:
        others = tuple(end for end in ends if end.id != run)
        ends = (*others, End(id=run, at=at, well=well))[-ENDS:]
    return replace(
        pulse,
        took=None if ended is None else at - ended.began_at,
        runs=tuple(other for other in pulse.runs if other is not ended),
        ends=ends,
    )


def _lifted(failure: Failure, at: datetime) -> Failure:
    return failure if failure.lifted_at else replace(failure, lifted_at=at)


def _end(pulse: Pulse, run: str) -> End | None:
    return next((end for end in pulse.ends if end.id == run), None)
