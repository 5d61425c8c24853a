"""An alert as mail: a subject that tells it all, and a plain body that reads well on a phone.

The subject is at most 99 printable ASCII characters, as SNS demands. No text of a stranger can
break a line of the body.
"""

import shlex
import textwrap
from collections.abc import Iterator

from tocsin.domain.incident import Alert, Ending, Event
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.quorum import Verdict
from tocsin.domain.spans import spoken
from tocsin.messages import voting, words
from tocsin.messages.advice import ADVICE, ONE_SIDED, SILENT_LOCATIONS, SLOW, Advice
from tocsin.messages.fit import Part, fit
from tocsin.messages.headline import headline, label
from tocsin.messages.inert import ascii_line, line
from tocsin.messages.rows import sightings

SUBJECT_LIMIT = 99
WIDTH = 76
CAUSES_AT_MOST = 3
RUNBOOKS_AT_MOST = 5

_ON_THE_WAY = {Reason.REFUSED, Reason.UNREACHABLE, Reason.CONNECT_TIMEOUT}
"""Their advice is for a service that is down; from some places only, it is the way that fails."""


def subject(alert: Alert) -> str:
    """Write the subject line, such as `[DOWN] db db.example.com:5432 refused 3/3`."""
    parts = (Part(forms=(f"[{label(alert)}]",), rank=0), *headline(alert))
    spelt = [Part(forms=tuple(map(ascii_line, part.forms)), rank=part.rank) for part in parts]
    return fit(spelt, SUBJECT_LIMIT)


def body(alert: Alert) -> str:
    """Write the body: what, since when, who sees what, what it means, what to do."""
    sections = (
        _opening(alert),
        _facts(alert),
        *sightings(alert),
        *_causes(alert),
        [f"Incident {line(alert.incident)}", "Sent by Tocsin."],
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _opening(alert: Alert) -> list[str]:
    only = alert.subjects[0] if len(alert.subjects) == 1 else None
    who = line(only.monitor) if only else words.count(len(alert.subjects), "monitor")
    tally = f": {voting.votes(alert, only)}." if only else "."
    if alert.ending is Ending.DELETED:
        return _wrap(
            f"{who} {'is' if only else 'are'} no longer watched: deleted from the configuration"
            f" while {alert.kind}. Nobody has seen {'it' if only else 'them'} recover."
        )
    if alert.event is Event.RESOLVED:
        return _wrap(f"{_recovery(alert, who, plural=not only)}{tally}")
    still = "still " if alert.event is Event.REMINDER else ""
    said = f"{_state(alert, who, plural=not only)} {still}{alert.kind.upper()}{tally}"
    if alert.kind is Verdict.UNKNOWN:
        said += f" Nobody knows whether {'it works' if only else 'they work'}."
    return _wrap(said)


def _state(alert: Alert, who: str, *, plural: bool) -> str:
    if alert.kind is Verdict.UNKNOWN:
        return f"The state of {who} is"
    return f"{who} {'are' if plural else 'is'}"


def _recovery(alert: Alert, who: str, *, plural: bool) -> str:
    left = any(voting.failing(subject) for subject in alert.subjects)
    marred = any(s.slow or voting.warned(s.ballots) for s in alert.subjects)
    if alert.kind is Verdict.UNKNOWN:
        now = "known again"
    elif left:
        now = f"no longer {alert.kind}, but not well everywhere"
    elif marred and alert.kind is not Verdict.DEGRADED:
        now = f"no longer {alert.kind}, but degraded"
    else:
        now = "UP again"
    lasted = spoken(alert.at - alert.opened_at)
    return f"{_state(alert, who, plural=plural)} {now}, after {lasted} {alert.kind}"


def _facts(alert: Alert) -> list[str]:
    facts = [f"Target: {line(subject.target)}" for subject in alert.subjects]
    facts = facts if len(facts) == 1 else []
    if alert.event is Event.RESOLVED:
        facts += [f"Lasted: {_span(alert)}"]
    else:
        facts += [f"Since: {alert.opened_at:%Y-%m-%d %H:%M} UTC{_first_failure(alert)}"]
    return [*facts, *(f"Runbook: {runbook}" for runbook in _runbooks(alert))]


def _span(alert: Alert) -> str:
    end = words.clock(alert.at, alert.opened_at)
    lasted = spoken(alert.at - alert.opened_at)
    return f"{alert.opened_at:%Y-%m-%d %H:%M} to {end} UTC ({lasted})"


def _first_failure(alert: Alert) -> str:
    begun = [b.failing_since for s in alert.subjects for b in voting.failing(s) if b.failing_since]
    if alert.kind is Verdict.UNKNOWN or not begun or min(begun) >= alert.opened_at:
        return ""
    return f" (first failure {words.clock(min(begun), alert.opened_at)})"


def _runbooks(alert: Alert) -> list[str]:
    """List each runbook once; where there are many, the trouble is none that they are about."""
    given = dict.fromkeys(subject.runbook for subject in alert.subjects if subject.runbook)
    return [line(runbook) for runbook in given] if len(given) <= RUNBOOKS_AT_MOST else []


def _causes(alert: Alert) -> Iterator[list[str]]:
    if alert.event is Event.RESOLVED:
        return
    for title, advice in _advice(alert):
        yield [
            f"WHAT {title.upper()} USUALLY MEANS",
            *_wrap(advice.means),
            *(row for step in advice.tries for row in _wrap(step, bullet="* ")),
        ]
    only = alert.subjects[0] if len(alert.subjects) == 1 else None
    if only is not None and voting.is_job(only):
        command = f"tocsin heartbeat show {shlex.quote(line(only.monitor))}"
        yield ["SEE WHAT IT HAS REPORTED", f"    {command}"]
    elif only is not None and alert.kind is not Verdict.UNKNOWN:
        command = f"tocsin check {shlex.quote(line(only.target))}"
        yield ["CHECK IT FROM WHERE YOU ARE", f"    {command}"]


def _advice(alert: Alert) -> Iterator[tuple[str, Advice]]:
    seen = [ballot for subject in alert.subjects for ballot in voting.failing(subject)]
    reasons = words.reasons(seen)
    if alert.kind is Verdict.UNKNOWN:
        if not all(map(voting.is_job, alert.subjects)):
            yield "this", SILENT_LOCATIONS
        ballots = (ballot for subject in alert.subjects for ballot in subject.ballots)
        reasons = words.reasons(b for b in ballots if not b.counted and b.vote is Vote.ABSTAIN)
    elif alert.kind is Verdict.DEGRADED:
        warnings = _warnings(alert)
        if seen:
            yield "this", ONE_SIDED
        elif not warnings or any(subject.slow for subject in alert.subjects):
            yield "being slow", SLOW
        reasons = *(reason for reason in reasons if reason not in _ON_THE_WAY), *warnings
    for reason in reasons[:CAUSES_AT_MOST]:
        yield f'"{words.REASONS[reason]}"', ADVICE[reason]


def _warnings(alert: Alert) -> tuple[Reason, ...]:
    """List what passes will soon fail for, each once."""
    warned = (ballot for subject in alert.subjects for ballot in voting.warned(subject.ballots))
    return tuple(dict.fromkeys(ballot.warning for ballot in warned if ballot.warning))


def _wrap(text: str, *, bullet: str = "") -> list[str]:
    return textwrap.wrap(
        bullet + text,
        WIDTH,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )
