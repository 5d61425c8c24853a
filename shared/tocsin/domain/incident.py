"""An incident, and the alerts about it.

Every incident is announced by exactly one `opened` and ended by exactly one `resolved` with the
same id. An alert carries all that a reader needs, so that whoever finds it unsent can send it,
byte for byte the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2s

from tocsin.domain.control import Said
from tocsin.domain.monitor import Route
from tocsin.domain.quorum import Ballot, Delay

MOMENTS = 40
"""Of an incident's course, the first and the latest that are kept."""
DELIVERIES = 40
NAMED = 5
"""Monitors that a step in an incident's course names."""

FIRST_REMINDER = timedelta(hours=1)
LAST_REMINDER = timedelta(days=1)
"""Reminders come after an hour, two, four …, and at least once a day."""


class Kind(StrEnum):
    """What an incident is about: a verdict on monitors, or a location that does not see."""

    DOWN = "down"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    LOCATION = "location"


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
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A monitor as an alert shows it: every location's vote at that moment, and what was slow.

    `hangs` names the monitors that depend on it, and `fallen` those of them that are down too and
    have no alert of their own.
    """

    monitor: str
    target: str
    need: int
    ballots: tuple[Ballot, ...]
    runbook: str | None = None
    tags: tuple[str, ...] = ()
    slow: tuple[Delay, ...] = ()
    hangs: tuple[str, ...] = ()
    fallen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How people know a monitor to fail: at which locations, and for which reasons."""

    monitor: str
    failing: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A location that does not see: since when, and why, as people read it."""

    location: str
    since: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A step in the course of an incident: what happened, and how the votes stood.

    `votes` pairs a monitor with the locations that failed it then.
    """

    at: datetime
    what: str
    votes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert that a route has accepted: when it was owed and sent, as what, after how many tries.

    `message` is the id that SNS gave it.
    """

    alert: str
    route: Route
    queued_at: datetime
    sent_at: datetime
    message: str
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A trouble that was announced and is not over, or is over where it has an `ending`.

    `subjects` are the monitors that it covers as they were at its opening, `shared` says what they
    share, `troubles` are the locations of an incident about locations. `routes` heard of the
    opening and will hear of the end. `back` are those of its monitors that were well again, not
    watched or paused since they were told of; where one falls again, that is told. The routes that
    are `behind` could not hear of something in its course, as they have yet to take what goes
    before it. `pictures` are how people know its monitors to fail; since `news_since` they fail
    otherwise, and at `news_at` people were told so last. `moments` is its course, `deliveries` what
    was sent of it.
    """

    id: str
    kind: Kind
    opened_at: datetime
    routes: tuple[Route, ...]
    subjects: tuple[Subject, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    shared: str = ""
    acknowledged: Said | None = None
    reminders: int = 0
    reminded_at: datetime | None = None
    flapping: bool = False
    updates: int = 0
    back: tuple[str, ...] = ()
    behind: tuple[Route, ...] = ()
    pictures: tuple[Picture, ...] = ()
    news_since: datetime | None = None
    news_at: datetime | None = None
    moments: tuple[Moment, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    ended_at: datetime | None = None
    ending: Ending | None = None

    @property
    def monitors(self) -> frozenset[str]:
        """The ids of the monitors that this incident covers."""
        return frozenset(subject.monitor for subject in self.subjects)

    def with_moment(self, moment: Moment) -> "Incident":
        """Add a step to its course; where there are many, those in the middle go."""
        moments = (*self.moments, moment)
        half = MOMENTS // 2
        if len(moments) > MOMENTS:
            moments = (*moments[:half], *moments[-half:])
        return replace(self, moments=moments)

    def with_delivery(self, delivery: Delivery) -> "Incident":
        """Note what was sent of it, the latest."""
        return replace(self, deliveries=(*self.deliveries, delivery)[-DELIVERIES:])

    def remind_at(self) -> datetime | None:
        """Say when the next reminder is due; never once somebody has acknowledged it."""
        if self.acknowledged is not None:
            return None
        pause = min(FIRST_REMINDER * (1 << min(self.reminders, 10)), LAST_REMINDER)
        return (self.reminded_at or self.opened_at) + pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message that is owed to `routes` of the incident; its id is the same at every attempt.

    `number` tells reminders and updates of the same incident apart. `note` is what an update is
    about.
    """

    incident: str
    event: Event
    kind: Kind
    at: datetime
    opened_at: datetime
    routes: tuple[Route, ...]
    subjects: tuple[Subject, ...] = ()
    ending: Ending | None = None
    number: int = 0
    troubles: tuple[Trouble, ...] = ()
    shared: str = ""
    flapping: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if (self.event is Event.RESOLVED) != (self.ending is not None):
            raise ValueError(f"only an end says how it ended, got {self.event} and {self.ending}")

    @property
    def id(self) -> str:
        """Identify this alert among all that were ever sent."""
        number = f"-{self.number}" if self.number else ""
        return f"{self.incident}#{self.event}{number}"


def announced(
    incident: Incident, event: Event, now: datetime, *, number: int = 0, note: str = ""
) -> Alert:
    """Write the alert that an incident owes for an event, with its subjects as they are in it."""
    return Alert(
        incident=incident.id,
        event=event,
        kind=incident.kind,
        at=now,
        opened_at=incident.opened_at,
        routes=incident.routes,
        subjects=incident.subjects,
        ending=incident.ending if event is Event.RESOLVED else None,
        number=number,
        troubles=incident.troubles,
        shared=incident.shared,
        flapping=incident.flapping,
        note=note,
    )


def incident_id(kind: Kind, name: str, opened_at: datetime) -> str:
    """Name an incident after its first monitor or location and the moment of its opening.

    Moments do not come back, so the name is unique also after a table was restored.
    """
    seed = f"{kind}|{name}|{opened_at.isoformat()}".encode()
    digest = blake2s(seed, digest_size=3).hexdigest()
    return f"{name}-{opened_at:%Y%m%dT%H%M%SZ}-{digest}"


def listed(names: Sequence[str]) -> str:
    """Name monitors in a step of an incident's course, the first few of them."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
