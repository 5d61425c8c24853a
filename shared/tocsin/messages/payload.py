"""An alert as JSON for machines: the `default` text on every topic.

Version 1. Fields may be added to it and readers must ignore what they do not know; a field that
goes, or changes its meaning, makes it version 2. Instants are RFC 3339 in UTC. `summary` is for
people and may change its wording at any time. A payload that was too large says `shortened` and
then holds less per monitor, but still every monitor.
"""

from dataclasses import replace
from datetime import datetime
from enum import IntEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from tocsin.domain.incident import Alert, Ending, Event, Kind, Subject, Trouble
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import Certificate, Layer, Reason, Vote, printable
from tocsin.domain.quorum import Ballot, Delay
from tocsin.messages import voting, words

type Severity = Literal["critical", "error", "warning"]

SUMMARY_LIMIT = 300
TEAM = "team:"
"""How a tag begins that names a team."""


class Detail(IntEnum):
    """How much a payload says of each monitor, so that 500 of them fit too."""

    NAMES = 0
    TARGETS = 1
    SUMMARIES = 2
    VOTES = 3
    ALL = 4


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",  # version 1 may grow
        json_schema_serialization_defaults_required=True,
    )


class LocationVote(_Model):
    """One location's vote: `counted` is false where it was stale, abstained or never came.

    `warning` is what a pass will soon fail for. Of the `certificate` that it was shown, a pass has
    the beginning of the fingerprint only.
    """

    location: str
    counted: bool
    vote: Vote | None
    layer: Layer | None
    reason: Reason | None
    evidence: str
    address: str | None
    phases_ms: dict[str, float]
    attempts: int
    checked_at: datetime | None
    failing_since: datetime | None
    warning: Reason | None = None
    certificate: Certificate | None = None

    @classmethod
    def of(cls, ballot: Ballot, detail: Detail) -> Self:
        """Write a ballot down."""
        return cls(
            location=ballot.location,
            counted=ballot.counted,
            vote=ballot.vote,
            layer=ballot.layer,
            reason=ballot.reason,
            evidence=printable(ballot.evidence) if detail >= Detail.ALL else "",
            address=ballot.address,
            phases_ms=dict(ballot.phases_ms) if detail >= Detail.ALL else {},
            attempts=ballot.attempts,
            checked_at=ballot.checked_at,
            failing_since=ballot.failing_since,
            warning=ballot.warning,
            certificate=_inert(ballot.certificate)
            if ballot.certificate and detail >= Detail.ALL
            else None,
        )

    def ballot(self) -> Ballot:
        """Read the ballot back."""
        return Ballot(
            location=self.location,
            counted=self.counted,
            vote=self.vote,
            layer=self.layer,
            reason=self.reason,
            evidence=self.evidence,
            address=self.address,
            phases_ms=tuple(self.phases_ms.items()),
            attempts=self.attempts,
            checked_at=self.checked_at,
            failing_since=self.failing_since,
            warning=self.warning,
            certificate=self.certificate,
        )


class MonitorVotes(_Model):
    """A monitor that the incident covers; `need` failing locations make it down.

    `hangs` are the monitors that depend on it, `fallen` those of them that are down with it and
    have no alert of their own.

    `slow` are the median times over their limits, of a phase or (null) of the whole attempt.
    """

    monitor: str
    target: str
    summary: str
    need: int
    locations: tuple[LocationVote, ...]
    runbook: str | None
    tags: tuple[str, ...]
    slow: tuple[Delay, ...] = ()
    hangs: tuple[str, ...] = ()
    fallen: tuple[str, ...] = ()

    @classmethod
    def of(cls, alert: Alert, subject: Subject, detail: Detail) -> Self:
        """Write a subject down."""
        says = voting.quorum(alert, subject)[:SUMMARY_LIMIT] if detail >= Detail.SUMMARIES else ""
        votes = subject.ballots if detail >= Detail.VOTES else ()
        return cls(
            monitor=subject.monitor,
            target=subject.target if detail >= Detail.TARGETS else "",
            summary=says,
            need=subject.need,
            locations=tuple(LocationVote.of(ballot, detail) for ballot in votes),
            runbook=subject.runbook if detail >= Detail.SUMMARIES else None,
            tags=subject.tags if detail >= Detail.SUMMARIES else (),
            slow=subject.slow if detail >= Detail.VOTES else (),
            hangs=subject.hangs if detail >= Detail.VOTES else (),
            fallen=subject.fallen if detail >= Detail.VOTES else (),
        )

    def subject(self) -> Subject:
        """Read the subject back."""
        return Subject(
            monitor=self.monitor,
            target=self.target,
            need=self.need,
            ballots=tuple(vote.ballot() for vote in self.locations),
            runbook=self.runbook,
            tags=self.tags,
            slow=self.slow,
            hangs=self.hangs,
            fallen=self.fallen,
        )


class LocationTrouble(_Model):
    """A location that does not see, since when, and why."""

    location: str
    since: datetime
    text: str


class Payload(_Model):
    """The document. `id` is the same at every delivery of an alert: drop repeats by it.

    `number` counts reminders and updates of an incident; `note` is what an update is about, and of
    an end what it was.
    `shared` is what several monitors have in common, `flapping` one that goes up and down. Of kind
    `location`, `locations` do not see, and there are no monitors.

    `severity` follows from `kind` alone, so that a filter which lets the opening through lets the
    end through too.
    """

    version: Literal["1"] = "1"
    id: str
    incident: str
    event: Event
    kind: Kind
    severity: Severity
    summary: str
    at: datetime
    opened_at: datetime
    duration_s: int = Field(ge=0)
    ending: Ending | None
    routes: tuple[Route, ...]
    monitors: tuple[MonitorVotes, ...]
    shortened: bool
    number: int = 0
    shared: str = ""
    flapping: bool = False
    note: str = ""
    locations: tuple[LocationTrouble, ...] = ()


def dump(alert: Alert, detail: Detail = Detail.ALL) -> str:
    """Write an alert as JSON."""
    payload = Payload(
        id=alert.id,
        incident=alert.incident,
        event=alert.event,
        kind=alert.kind,
        severity=severity(alert.kind),
        summary=_summary(alert),
        at=alert.at,
        opened_at=alert.opened_at,
        duration_s=max(0, int((alert.at - alert.opened_at).total_seconds())),
        ending=alert.ending,
        routes=alert.routes,
        monitors=tuple(MonitorVotes.of(alert, subject, detail) for subject in alert.subjects),
        shortened=detail is not Detail.ALL,
        number=alert.number,
        shared=printable(alert.shared),
        flapping=alert.flapping,
        note=printable(alert.note),
        locations=tuple(
            LocationTrouble(
                location=printable(each.location), since=each.since, text=printable(each.text)
            )
            for each in alert.troubles
        ),
    )
    return payload.model_dump_json()


def parse(text: str) -> Alert:
    """Read an alert back, whole unless it was shortened; pydantic's ValidationError otherwise."""
    payload = Payload.model_validate_json(text)
    return Alert(
        incident=payload.incident,
        event=payload.event,
        kind=payload.kind,
        at=payload.at,
        opened_at=payload.opened_at,
        routes=payload.routes,
        subjects=tuple(monitor.subject() for monitor in payload.monitors),
        ending=payload.ending,
        number=payload.number,
        shared=payload.shared,
        flapping=payload.flapping,
        note=payload.note,
        troubles=tuple(
            Trouble(location=each.location, since=each.since, text=each.text)
            for each in payload.locations
        ),
    )


def severity(kind: Kind) -> Severity:
    """Rank the kinds of incidents."""
    ranks: dict[Kind, Severity] = {
        Kind.DOWN: "critical",
        Kind.UNKNOWN: "error",
        Kind.LOCATION: "error",
    }
    return ranks.get(kind, "warning")


def teams(alert: Alert) -> tuple[str, ...]:
    """Name the teams that the monitors belong to: those of the tags `team:NAME`."""
    tags = (printable(tag) for subject in alert.subjects for tag in subject.tags)
    named = (tag.removeprefix(TEAM) for tag in tags if tag.startswith(TEAM))
    return tuple(dict.fromkeys(name for name in named if name))


def _summary(alert: Alert) -> str:
    if alert.kind is Kind.LOCATION:
        said = (f"{each.location} {each.text}" for each in alert.troubles)
        return printable("; ".join(said), SUMMARY_LIMIT)
    if len(alert.subjects) == 1:
        return voting.quorum(alert, alert.subjects[0])[:SUMMARY_LIMIT]
    verb = "were" if alert.event is Event.RESOLVED else "are"
    return f"{words.count(len(alert.subjects), 'monitor')} {verb} {alert.kind}"


def _inert(certificate: Certificate) -> Certificate:
    return replace(
        certificate,
        fingerprint=printable(certificate.fingerprint),
        issuer=printable(certificate.issuer),
    )
