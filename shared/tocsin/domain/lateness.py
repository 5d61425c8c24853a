"""What a job's reports mean at a moment: a pure function of its pulse, its schedule and the time.

A failure is dated by when it became so, not by when it was seen: judging again changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.domain.endpoint import Endpoint, Outage
from tocsin.domain.heartbeat import HeartbeatTarget, NextTime
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote, printable
from tocsin.domain.pulse import Failure, Pulse, Run
from tocsin.domain.spans import spoken

SHOWN = timedelta(minutes=2)
"""How long a reported failure fails at least: one that is lifted at once is seen all the same."""

EARLY = timedelta(seconds=30)
"""How much too early by our clock a run may end and still be the one that was due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What is wrong, and since when."""

    since: datetime
    reason: Reason
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """When a report is due, until when it is in time, and what excused an earlier one."""

    at: datetime | None
    deadline: datetime
    excused: Outage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What it takes to judge a job, but its pulse.

    `since` is how long it has had this schedule.
    """

    target: HeartbeatTarget
    endpoint: Endpoint
    since: datetime
    next_time: NextTime
    now: datetime


def looked(look: Look, pulse: Pulse | None) -> tuple[Outcome, datetime | None]:
    """Judge a job, and tell since when it fails."""
    if pulse is None:
        text = "no URL was made for it yet; `tocsin heartbeat url` makes it"
        return Outcome(vote=Vote.ABSTAIN, reason=Reason.NO_URL, evidence=text), None
    due = _due(look, pulse)
    if findings := tuple(_findings(look, pulse, due)):
        lead = findings[0]
        evidence = printable(lead.text)
        outcome = Outcome(
            vote=Vote.FAIL, layer=Layer.SCHEDULE, reason=lead.reason, evidence=evidence
        )
        return outcome, min(finding.since for finding in findings)
    if due.excused is not None:
        text = printable(_excuse(look, due, due.excused))
        return Outcome(vote=Vote.ABSTAIN, reason=Reason.ENDPOINT_OUT, evidence=text), None
    return Outcome(vote=Vote.PASS, evidence=_well(look.target, pulse, due)), None


def _findings(look: Look, pulse: Pulse, due: _Due) -> Iterator[_Finding]:
    """Give what is wrong, and first what says most."""
    failure = pulse.failure
    if failure is not None and (pulse.fails or look.now - failure.at < SHOWN):
        yield _Finding(since=failure.since, reason=Reason.JOB_FAILED, text=_failure(failure))
    if (limit := look.target.run_time) is not None:
        overdue = (run for run in pulse.runs if _too_long(look, pulse, run, limit))
        if (run := min(overdue, key=lambda each: each.began_at, default=None)) is not None:
            text = f"began at {_utc(run.began_at)} and has not ended within {spoken(limit)}"
            yield _Finding(since=run.began_at + limit, reason=Reason.TOO_LONG, text=text)
    if due.at is not None and _is_past(due.deadline, look):
        yield _late(look.target, pulse, due.at, due.deadline)


def _too_long(look: Look, pulse: Pulse, run: Run, limit: timedelta) -> bool:
    """Tell whether a run went on over its time, and no success has come since."""
    deadline = run.began_at + limit
    if not _is_past(deadline, look) or (run.left_at is not None and run.left_at <= deadline):
        return False
    if pulse.settled_at is not None and pulse.settled_at >= deadline:
        return False
    return look.endpoint.out(run.began_at, deadline, look.now) is None


def _is_past(deadline: datetime, look: Look) -> bool:
    return look.now > deadline and look.endpoint.vouches(deadline)


def _due(look: Look, pulse: Pulse) -> _Due:
    """Find the time at which a report is due that no outage excuses."""
    base = max(_told_until(look.target, pulse), look.since)
    excused: Outage | None = None
    # Each turn goes to a later time, and none but its neighbours meets the same outage.
    while True:
        at = look.next_time(look.target, base)
        if at is None:
            return _Due(at=None, deadline=look.now, excused=excused)
        deadline = _deadline(look.target, pulse, at)
        outage = None
        if look.now > deadline:
            earliest = max(base, at - _earliness(look.target))
            outage = look.endpoint.out(earliest, deadline, look.now)
        if outage is None:
            return _Due(at=at, deadline=deadline, excused=excused)
        # Whatever was due until the end of the outage met it as well.
        excused, base = outage, _last_within(look, at, outage.end)


def _told_until(target: HeartbeatTarget, pulse: Pulse) -> datetime:
    if pulse.success_at is None:
        return pulse.created_at
    return pulse.success_at + (EARLY if target.cron is not None else timedelta())


def _earliness(target: HeartbeatTarget) -> timedelta:
    """Say how long before it is due a report may come that was then lost in an outage.

    A period runs from a success that may have come late, and the next one may be as much early.
    """
    return EARLY if target.cron is not None else target.grace


def _deadline(target: HeartbeatTarget, pulse: Pulse, due: datetime) -> datetime:
    """Say until when a report is in time: a run that began in time may take its time."""
    deadline = due + target.grace
    if target.run_time is None:
        return deadline
    after = pulse.success_at or pulse.created_at
    begun = [run.began_at for run in pulse.runs if after <= run.began_at <= deadline]
    return max([deadline, *(at + target.run_time for at in begun)])


def _last_within(look: Look, due: datetime, end: datetime) -> datetime:
    """Go from a time at which a report was due to the last one within an outage, or its end."""
    if (period := look.target.period) is None:
        return max(due, end)
    return due + max(0, (end - due) // period) * period


def _late(target: HeartbeatTarget, pulse: Pulse, at: datetime, deadline: datetime) -> _Finding:
    when = f"it was due at {_local(at, target)}"
    grace = f"{when}, and the grace of {spoken(target.grace)} has passed"
    made = f"its URL was made at {_utc(pulse.created_at)}"
    if pulse.heard_at is None:
        text = f"has never reported since {made}; {grace}"
        return _Finding(since=deadline, reason=Reason.NEVER_SEEN, text=text)
    since = made if pulse.success_at is None else _utc(pulse.success_at)
    text = f"no success since {since}; {grace}"
    return _Finding(since=deadline, reason=Reason.LATE, text=text)


def _excuse(look: Look, due: _Due, outage: Outage) -> str:
    over = outage.end < look.now
    span = f"{_utc(outage.begin)} to {_utc(outage.end)}" if over else f"since {_utc(outage.begin)}"
    text = f"a report was due while the endpoint itself was out ({span}), so whether the job ran"
    text += " is not known"
    return text if due.at is None else f"{text}; it is due again at {_local(due.at, look.target)}"


def _well(target: HeartbeatTarget, pulse: Pulse, due: _Due) -> str:
    by = "" if due.at is None else f"due by {_local(due.deadline, target)}"
    if pulse.success_at is None:
        return f"waits for the first report, {by}".removesuffix(", ")
    took = "" if pulse.took is None else f" after {spoken(pulse.took)}"
    said = f"reported success at {_utc(pulse.success_at)}{took}"
    return f"{said}; the next is {by}" if by else said


def _failure(failure: Failure) -> str:
    status = "" if failure.status is None else f" (exit status {failure.status})"
    said = f": {failure.said}" if failure.said else ""
    return f"reported failure{status} at {_utc(failure.at)}{said}"


def _utc(at: datetime) -> str:
    return f"{_minute(at)} UTC"


def _local(at: datetime, target: HeartbeatTarget) -> str:
    """Give a time as the schedule is written."""
    if target.cron is None:
        return _utc(at)
    return f"{_minute(at.astimezone(ZoneInfo(target.timezone)))} {target.timezone}"


def _minute(at: datetime) -> str:
    # `strftime` takes five times as long, and this is most of what it takes to judge a job.
    return at.isoformat(" ", "minutes")[:16]
