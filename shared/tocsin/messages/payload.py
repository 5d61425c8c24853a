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

from tocsin.domain.incident import Alert, Ending, Event, Subject
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import Certificate, Layer, Reason, Vote, printable
from tocsin.domain.quorum import Ballot, Delay, Verdict
from tocsin.messages import voting, words

type Severity = Literal["critical", "error", "warning"]

SUMMARY_LIMIT = 300


class Detail(IntEnum):
    """How much a payload says of each monitor, so that 500 of them fit too."""

    NAMES = 0
    TARGETS = 1
    SUMMARIES = 2
    VOTES = 3
    ALL = 4


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # version 1 may grow


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
        )


class Payload(_Model):
    """The document. `id` is the same at every delivery of an alert: drop repeats by it.

    `severity` follows from `kind` alone, so that a filter which lets the opening through lets the
    end through too.
    """

    version: Literal["1"] = "1"
    id: str
    incident: str
    event: Event
    kind: Verdict
    severity: Severity
    summary: str
    at: datetime
    opened_at: datetime
    duration_s: int = Field(ge=0)
    ending: Ending | None
    routes: tuple[Route, ...]
    monitors: tuple[MonitorVotes, ...]
    shortened: bool


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
    )


def severity(kind: Verdict) -> Severity:
    """Rank the kinds of incidents."""
    ranks: dict[Verdict, Severity] = {Verdict.DOWN: "critical", Verdict.UNKNOWN: "error"}
    return ranks.get(kind, "warning")


def _summary(alert: Alert) -> str:
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
