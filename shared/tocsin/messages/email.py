"""An alert as mail: a subject that tells it all, and a plain body that reads well on a phone.

The subject is at most 99 printable ASCII characters, as SNS demands. No text of a stranger can
break a line of the body.
"""

import shlex
import textwrap
from collections.abc import Iterator

from tocsin.domain.incident import Alert, Ending, Event, Kind
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.spans import spoken
from tocsin.messages import voting, words
from tocsin.messages.advice import ADVICE, BLIND_LOCATION, ONE_SIDED, SILENT_LOCATIONS, SLOW, Advice
from tocsin.messages.fit import Part, fit
from tocsin.messages.headline import headline, label
from tocsin.messages.inert import ascii_line, line
from tocsin.messages.rows import sightings

SUBJECT_LIMIT = 99
WIDTH = 76
CAUSES_AT_MOST = 3
RUNBOOKS_AT_MOST = 5

_GIVEN_UP = {Ending.DELETED: "deleted from the configuration", Ending.PAUSED: "paused"}
"""Endings that nobody has seen a recovery before."""

_ON_THE_WAY = {Reason.REFUSED, Reason.UNREACHABLE, Reason.CONNECT_TIMEOUT}
"""Their advice is for a service that is down; from some places only, it is the way that fails."""


def subject(alert: Alert) -> str:
    """Write the subject line, such as `[DOWN] db db.example.com:5432 refused 3/3`."""
    parts = (Part(forms=(f"[{label(alert)}]",), rank=0), *headline(alert))
    spelt = [Part(forms=tuple(map(ascii_line, part.forms)), rank=part.rank) for part in parts]
    return fit(spelt, SUBJECT_LIMIT)


def body(alert: Alert) -> str:
    """Write the body: what, since when, who sees what, what it means, what to do."""
    if alert.kind is Kind.LOCATION:
        return _of_locations(alert)
    sections = (
        _opening(alert),
        _facts(alert),
        *sightings(alert),
        *_dependents(alert),
        *_causes(alert),
        [f"Incident {line(alert.incident)}", "Sent by Tocsin."],
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _opening(alert: Alert) -> list[str]:
    only = alert.subjects[0] if len(alert.subjects) == 1 else None
    who = line(only.monitor) if only else words.count(len(alert.subjects), "monitor")
    tally = f": {voting.votes(alert, only)}." if only else "."
    if alert.ending in _GIVEN_UP:
        return _wrap(
            f"{who} {'is' if only else 'are'} no longer watched: {_GIVEN_UP[alert.ending]}"
            f" while {alert.kind}. Nobody has seen {'it' if only else 'them'} recover."
        )
    if alert.event is Event.RESOLVED:
        return _wrap(f"{_recovery(alert, who, plural=not only)}{tally}")
    still = "still " if alert.event is Event.REMINDER else ""
    said = f"{_state(alert, who, plural=not only)} {still}{alert.kind.upper()}{tally}"
    if alert.kind is Kind.UNKNOWN:
        said += f" Nobody knows whether {'it works' if only else 'they work'}."
    if alert.shared:
        said += f" They share {line(alert.shared)}."
    if alert.note:
        said += f" {line(alert.note)}."
    if alert.flapping:
        said += (
            " It goes up and down: this incident stays open until it has been quiet for a while."
        )
    return _wrap(said)


def _state(alert: Alert, who: str, *, plural: bool) -> str:
    if alert.kind is Kind.UNKNOWN:
        return f"The state of {who} is"
    return f"{who} {'are' if plural else 'is'}"


def _recovery(alert: Alert, who: str, *, plural: bool) -> str:
    left = any(voting.failing(subject) for subject in alert.subjects)
    marred = any(s.slow or voting.warned(s.ballots) for s in alert.subjects)
    if alert.kind is Kind.UNKNOWN:
        now = "known again"
    elif left:
        now = f"no longer {alert.kind}, but not well everywhere"
    elif marred and alert.kind is not Kind.DEGRADED:
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
    if alert.kind is Kind.UNKNOWN or not begun or min(begun) >= alert.opened_at:
        return ""
    return f" (first failure {words.clock(min(begun), alert.opened_at)})"


def _runbooks(alert: Alert) -> list[str]:
    """List each runbook once; where there are many, the trouble is none that they are about."""
    given = dict.fromkeys(subject.runbook for subject in alert.subjects if subject.runbook)
    return [line(runbook) for runbook in given] if len(given) <= RUNBOOKS_AT_MOST else []


def _dependents(alert: Alert) -> Iterator[list[str]]:
    """Say what is down with it and has no alert of its own, and what else depends on it."""
    for subject in alert.subjects if alert.event is not Event.RESOLVED else ():
        if not subject.hangs:
            continue
        rest = [name for name in subject.hangs if name not in subject.fallen]
        rows = [f"WHAT DEPENDS ON {line(subject.monitor)}"]
        for names, what in ((subject.fallen, "down with it"), (rest, "also depends on it")):
            if names:
                rows += _wrap(f"{what}: {', '.join(map(line, names))}", bullet="* ")
        yield rows


def _of_locations(alert: Alert) -> str:
    """Write the body about locations that do not see."""
    names = ", ".join(line(trouble.location) for trouble in alert.troubles)
    if alert.event is Event.RESOLVED:
        how = "is no longer watched from" if alert.ending is Ending.DELETED else "sees again"
        opening = _wrap(f"{names} {how}, after {spoken(alert.at - alert.opened_at)} blind.")
        advice: list[list[str]] = []
    else:
        still = "still " if alert.event is Event.REMINDER else ""
        opening = _wrap(f"{names} is {still}BLIND: its votes are not counted.")
        advice = [
            [
                "WHAT THIS USUALLY MEANS",
                *_wrap(BLIND_LOCATION.means),
                *(row for step in BLIND_LOCATION.tries for row in _wrap(step, bullet="* ")),
            ]
        ]
    facts = [
        f"* {line(each.location)}: {line(each.text)} (noticed {each.since:%Y-%m-%d %H:%M} UTC)"
        for each in alert.troubles
    ]
    sections = (opening, facts, *advice, [f"Incident {line(alert.incident)}", "Sent by Tocsin."])
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


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
    elif only is not None and alert.kind is not Kind.UNKNOWN:
        command = f"tocsin check {shlex.quote(line(only.target))}"
        yield ["CHECK IT FROM WHERE YOU ARE", f"    {command}"]


def _advice(alert: Alert) -> Iterator[tuple[str, Advice]]:
    seen = [ballot for subject in alert.subjects for ballot in voting.failing(subject)]
    reasons = words.reasons(seen)
    if alert.kind is Kind.UNKNOWN:
        if not all(map(voting.is_job, alert.subjects)):
            yield "this", SILENT_LOCATIONS
        ballots = (ballot for subject in alert.subjects for ballot in subject.ballots)
        reasons = words.reasons(b for b in ballots if not b.counted and b.vote is Vote.ABSTAIN)
    elif alert.kind is Kind.DEGRADED:
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
