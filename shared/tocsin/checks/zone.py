"""Look at a zone, and judge what was found: does it fail, will it soon, or is it well.

How late an old serial is cannot be seen from one place at one time: the serials go into the
outcome, and `tocsin.domain.zones` judges them where all locations are known.
"""

from collections.abc import Iterable
from functools import partial

from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.dial import Dialer
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.finding import Finding, ordered
from tocsin.checks.visit import Visit
from tocsin.domain.monitor import MINUTE, Monitor
from tocsin.domain.outcome import Outcome
from tocsin.domain.questions import ZoneTarget


async def check(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, ZoneTarget):
        raise TypeError(f"{monitor.id} is not a zone monitor")
    return await attempted(monitor.timeout, partial(_seen, monitor, monitor.target, dialer), clock)


async def _seen(monitor: Monitor, target: ZoneTarget, dialer: Dialer, attempt: Attempt) -> str:
    visit = Visit(target, dialer, attempt)
    minute = int(attempt.clock().timestamp()) // 60
    try:
        await visit.make(minute // (monitor.interval // MINUTE))
    finally:
        # Of questions side by side each would end the other's phase.
        attempt.leave()
        attempt.phases_ms = {"dns": max(0.0, _taken(attempt)) * 1000}
        attempt.address = None
    found = ordered(visit.found)
    attempt.serials = {s.place: s.serial for s in visit.servers if s.serial is not None}
    failing = [finding for finding in found if not finding.soon]
    bad = {finding.server for finding in failing if finding.server is not None}
    well = sum(s.serial is not None and s.place not in bad for s in visit.servers)
    if target.servers is not None and well >= target.servers:
        failing = [finding for finding in failing if finding.server is None]
    if failing:
        lead = failing[0]
        attempt.address = next((s.address for s in visit.servers if s.place == lead.server), None)
        raise CheckFailedError(lead.layer, lead.reason, _sentence([lead, *found], visit.notes))
    if found:
        attempt.warning = found[0].reason
        return _sentence(found, visit.notes)
    return "; ".join([visit.praise(), *visit.notes])


def _taken(attempt: Attempt) -> float:
    """Give the seconds that the attempt has taken of the targets."""
    return attempt.limit.total_seconds() - attempt.left()


def _sentence(findings: Iterable[Finding], notes: Iterable[str]) -> str:
    return "; ".join([*dict.fromkeys(finding.text for finding in findings), *notes])
