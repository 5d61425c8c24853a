"""What a reader wants at a glance besides what happened: of what, since when, where to look.

Each fact is a pair of its name and its text, which is inert but for links of the configuration.
"""

from collections.abc import Iterator
from datetime import datetime

from tocsin.domain.incident import Alert, Event, Kind
from tocsin.domain.spans import spoken
from tocsin.messages import voting, words
from tocsin.messages.inert import line
from tocsin.messages.links import Links

TARGET = "Target"
RUNBOOK = "Runbook"
RUNBOOKS_AT_MOST = 5
TIMES_AT_MOST = 4

type Fact = tuple[str, str]


def facts(alert: Alert, links: Links) -> Iterator[Fact]:
    """Give the facts, in the order of reading."""
    if len(alert.subjects) == 1 and alert.subjects[0].target:
        yield TARGET, line(alert.subjects[0].target)
    yield from times(alert)
    yield from ((RUNBOOK, runbook) for runbook in _runbooks(alert))
    yield from links.named()


def times(alert: Alert) -> Iterator[Fact]:
    """Say since when, or how long; and when it is last known to have been well."""
    if alert.event is Event.RESOLVED:
        end = words.clock(alert.at, alert.opened_at)
        lasted = spoken(alert.at - alert.opened_at)
        yield "Lasted", f"{alert.opened_at:%Y-%m-%d %H:%M} to {end} UTC ({lasted})"
        return
    ago = f" ({spoken(alert.at - alert.opened_at)})" if alert.at > alert.opened_at else ""
    yield "Since", f"{alert.opened_at:%Y-%m-%d %H:%M} UTC{ago}"
    if alert.kind is not Kind.UNKNOWN and (good := _last_good(alert)):
        yield "Last good", good


def _last_good(alert: Alert) -> str:
    """Say before which failure it was well; of a failure more than its beginning is not known."""
    began: dict[datetime, list[str]] = {}
    for subject in alert.subjects:
        for ballot in voting.failing(subject) if not voting.is_job(subject) else ():
            if ballot.failing_since is not None:
                began.setdefault(ballot.failing_since, []).append(line(ballot.location))
    said = {at: f"before {words.clock(at, alert.opened_at)} UTC" for at in sorted(began)}
    if len(said) == 1 or (said and len(alert.subjects) > 1):
        return next(iter(said.values()))
    if len(said) > TIMES_AT_MOST:
        first = min(began)
        return f"{said[first]} at {words.listed(began[first])}, later at others"
    return ", ".join(f"{text} at {words.listed(began[at])}" for at, text in said.items())


def _runbooks(alert: Alert) -> list[str]:
    """List each runbook once; where there are many, the trouble is none that they are about."""
    given = dict.fromkeys(subject.runbook for subject in alert.subjects if subject.runbook)
    return [line(runbook) for runbook in given] if len(given) <= RUNBOOKS_AT_MOST else []
