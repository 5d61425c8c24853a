"""All that is remembered of a shard between two wake-ups, and all that it still owes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tocsin.domain.control import Said, Silence
from tocsin.domain.heartbeat import Schedule
from tocsin.domain.incident import Incident, Kind, Subject
from tocsin.domain.outbox import Owed
from tocsin.domain.quorum import Ballot
from tocsin.domain.standing import Standing
from tocsin.domain.suspicion import Doubt
from tocsin.domain.zones import Superseded


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardState:
    """One document.

    `incidents` are open, `closed` are over and not yet in the history. `serials` says of each zone
    since when its old serials are old, `schedules` of each job since when it has had the schedule
    that it has. `paused` monitors are not judged; `doubts` says since when a location has not been
    seen or believed. `unprojected` are the monitors whose status has yet to be written where people
    read it, `rolled` is the last hour that was rolled up.
    """

    shard: str
    config_version: int = 0
    standings: Mapping[str, Standing] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    closed: tuple[Incident, ...] = ()
    outbox: tuple[Owed, ...] = ()
    serials: Mapping[str, tuple[Superseded, ...]] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    paused: Mapping[str, Said] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    unprojected: tuple[str, ...] = ()
    rolled: int = 0


def covered(incidents: Iterable[Incident], kind: Kind) -> frozenset[str]:
    """Name the monitors of which an incident of this kind is open."""
    return frozenset(m for i in incidents if i.kind is kind for m in i.monitors)


def slim(state: ShardState, evidence: int) -> ShardState:
    """Cut the strangers' texts in all that is open and owed to so many characters.

    For a shard that is down as a whole: what it says must still fit where it is stored. With none
    at all the votes go too; the names of the monitors never do.
    """

    def cut(subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
        return tuple(
            replace(
                subject,
                ballots=tuple(_shorter(b, evidence) for b in subject.ballots) if evidence else (),
            )
            for subject in subjects
        )

    def cut_incident(incident: Incident) -> Incident:
        moments = incident.moments if evidence else ()
        return replace(incident, subjects=cut(incident.subjects), moments=moments)

    return replace(
        state,
        incidents=tuple(map(cut_incident, state.incidents)),
        closed=tuple(map(cut_incident, state.closed)),
        outbox=tuple(
            replace(owed, alert=replace(owed.alert, subjects=cut(owed.alert.subjects)))
            for owed in state.outbox
        ),
    )


def _shorter(ballot: Ballot, evidence: int) -> Ballot:
    certificate = ballot.certificate and replace(
        ballot.certificate, issuer=ballot.certificate.issuer[:evidence]
    )
    return replace(ballot, evidence=ballot.evidence[:evidence], certificate=certificate)
