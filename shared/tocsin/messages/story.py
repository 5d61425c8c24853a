"""What has happened, in a sentence or two: the same for every reader, and what each begins with."""

from tocsin.domain.incident import Alert, Ending, Event, Kind
from tocsin.domain.spans import spoken
from tocsin.messages import voting, words
from tocsin.messages.inert import line, quoted

_GIVEN_UP = {Ending.DELETED: "deleted from the configuration", Ending.PAUSED: "paused"}
"""Endings that nobody has seen a recovery before."""


def story(alert: Alert) -> str:
    """Tell who is in what state, by which votes; no text of a stranger in it is a link."""
    return " ".join(filter(None, (_state_of(alert), *_remarks(alert))))


def _state_of(alert: Alert) -> str:
    if alert.kind is Kind.LOCATION:
        return _of_locations(alert)
    only = alert.subjects[0] if len(alert.subjects) == 1 else None
    who = line(only.monitor) if only else words.count(len(alert.subjects), "monitor")
    tally = f": {voting.votes(alert, only)}." if only else "."
    if alert.ending in _GIVEN_UP:
        return (
            f"{who} {'is' if only else 'are'} no longer watched: {_GIVEN_UP[alert.ending]}"
            f" while {alert.kind}. Nobody has seen {'it' if only else 'them'} recover."
        )
    if alert.event is Event.RESOLVED:
        return f"{_recovery(alert, who, plural=not only)}{tally}"
    still = "still " if alert.event is Event.REMINDER else ""
    said = f"{_begun(alert, who, plural=not only)} {still}{alert.kind.upper()}{tally}"
    if alert.kind is Kind.UNKNOWN:
        said += f" Nobody knows whether {'it works' if only else 'they work'}."
    return said


def _of_locations(alert: Alert) -> str:
    names = words.listed([line(trouble.location) for trouble in alert.troubles])
    several = len(alert.troubles) > 1
    if alert.event is not Event.RESOLVED:
        still = "still " if alert.event is Event.REMINDER else ""
        votes = "their votes are" if several else "its votes are"
        return f"{names} {'are' if several else 'is'} {still}BLIND: {votes} not counted."
    how = "see again" if several else "sees again"
    if alert.ending is Ending.DELETED:
        how = f"{'are' if several else 'is'} no longer watched from"
    return f"{names} {how}, after {spoken(alert.at - alert.opened_at)} blind."


def _begun(alert: Alert, who: str, *, plural: bool) -> str:
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
    return f"{_begun(alert, who, plural=plural)} {now}, after {lasted} {alert.kind}"


def _remarks(alert: Alert) -> tuple[str, ...]:
    """Say what several share, and what is new; of an end, what it was."""
    note = quoted(alert.note).rstrip(".")
    if alert.event is Event.RESOLVED:
        return (f"It was: {note}.",) if note else ()
    shared = f"They share {quoted(alert.shared)}." if alert.shared else ""
    goes_on = "It goes up and down: this incident stays open until it has been quiet for a while."
    return (shared, f"{note}." if note else "", goes_on if alert.flapping else "")
