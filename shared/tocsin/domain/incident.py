"""An incident, and the alerts that it owes.

Every incident is announced by exactly one `opened` and ended by exactly one `resolved` with the
same id. An alert carries all that a reader needs, so that whoever finds it unsent can send it,
byte for byte the same.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2s

from tocsin.domain.monitor import Route
from tocsin.domain.quorum import Ballot, Delay, Verdict

CLAIM = timedelta(seconds=90)
"""How long an aggregator owns an alert that it has claimed: longer than it can possibly run."""


class Event(StrEnum):
    """What an alert says about its incident."""

    OPENED = "opened"
    UPDATED = "updated"
    REMINDER = "reminder"
    RESOLVED = "resolved"


class Ending(StrEnum):
    """Why an incident was resolved."""

    RECOVERED = "recovered"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A monitor as an alert shows it: every location's vote at that moment, and what was slow."""

    monitor: str
    target: str
    need: int
    ballots: tuple[Ballot, ...]
    runbook: str | None = None
    tags: tuple[str, ...] = ()
    slow: tuple[Delay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A trouble that was announced and is not over.

    `kind` is the verdict that it is about (down, degraded or unknown), `subjects` the monitors that
    it covers as they were at its opening. `routes` heard of the opening and will hear of the end.
    """

    id: str
    kind: Verdict
    opened_at: datetime
    routes: tuple[Route, ...]
    subjects: tuple[Subject, ...]

    @property
    def monitors(self) -> frozenset[str]:
        """The ids of the monitors that this incident covers."""
        return frozenset(subject.monitor for subject in self.subjects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message that is owed to the incident's routes; its id is the same at every attempt."""

    incident: str
    event: Event
    kind: Verdict
    at: datetime
    opened_at: datetime
    routes: tuple[Route, ...]
    subjects: tuple[Subject, ...]
    ending: Ending | None = None

    def __post_init__(self) -> None:
        if (self.event is Event.RESOLVED) != (self.ending is not None):
            raise ValueError(f"only an end says how it ended, got {self.event} and {self.ending}")

    @property
    def id(self) -> str:
        """Identify this alert among all that were ever sent."""
        return f"{self.incident}#{self.event}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An alert in the outbox, with the routes still to be told.

    Until `claimed_until` it belongs to the aggregator that claimed it, so that two that run at the
    same time do not both send it. `tries` counts the claims.
    """

    alert: Alert
    routes: tuple[Route, ...]
    tries: int = 0
    claimed_until: datetime | None = None


def incident_id(kind: Verdict, monitor: str, opened_at: datetime) -> str:
    """Name an incident after its first monitor and the moment of its opening.

    Moments do not come back, so the name is unique also after a table was restored.
    """
    seed = f"{kind}|{monitor}|{opened_at.isoformat()}".encode()
    digest = blake2s(seed, digest_size=3).hexdigest()
    return f"{monitor}-{opened_at:%Y%m%dT%H%M%SZ}-{digest}"


def claim(outbox: tuple[Owed, ...], now: datetime) -> tuple[Owed, ...]:
    """Claim what nobody else is sending at this time.

    The alerts of an incident go out in their order: one that somebody else is sending holds back
    those that follow it, or an end could arrive before its beginning, and a pager never close.
    """
    held: set[str] = set()
    claimed = []
    for owed in outbox:
        if owed.alert.incident in held or _taken(owed, now):
            held.add(owed.alert.incident)
            claimed.append(owed)
        else:
            claimed.append(replace(owed, tries=owed.tries + 1, claimed_until=now + CLAIM))
    return tuple(claimed)


def _taken(owed: Owed, now: datetime) -> bool:
    # A claim from further ahead than any can be was made by a clock that ran wrong.
    return owed.claimed_until is not None and now < owed.claimed_until <= now + CLAIM


def strike(
    outbox: tuple[Owed, ...], sent: frozenset[tuple[str, Route]], failed: frozenset[str]
) -> tuple[Owed, ...]:
    """Strike off what was sent, as pairs of alert id and route, and release the ids that failed."""
    rest = []
    for owed in outbox:
        routes = tuple(route for route in owed.routes if (owed.alert.id, route) not in sent)
        until = None if owed.alert.id in failed else owed.claimed_until
        if routes:
            rest.append(replace(owed, routes=routes, claimed_until=until))
    return tuple(rest)
