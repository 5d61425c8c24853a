"""Judge a shard: where its monitors stand, which incidents are open, and the alerts still owed.

`judge` looks at what is, not at what changed, so wake-ups may be lost, doubled or reordered: the
same reports at the same time give the same state, and judging that state again changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tocsin.domain.heartbeat import Schedule, scheduled
from tocsin.domain.incident import Alert, Ending, Event, Incident, Owed, Subject, incident_id
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.quorum import Ballot, Tally, Verdict, ballots, count, decide
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard, jobs
from tocsin.domain.zones import Superseded, judged, remembered

BLIND_AFTER = timedelta(minutes=3)
"""How long a verdict must be unknown before it is announced: a new monitor's first two ticks."""

WARN_AFTER = timedelta(minutes=10)
"""How long a monitor must be degraded before it is announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a monitor stands, and since when its verdict has been what it is.

    `failing` names the locations whose fresh votes fail, `silent` those without a fresh vote.
    `recovering_since` is set while a monitor that was down passes but not yet for long enough.
    """

    verdict: Verdict
    since: datetime
    failing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    recovering_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardState:
    """All that is remembered of a shard between two wake-ups, and all that it still owes."""

    shard: str
    config_version: int = 0
    standings: Mapping[str, Standing] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    outbox: tuple[Owed, ...] = ()
    serials: Mapping[str, tuple[Superseded, ...]] = field(default_factory=dict)
    """Of each zone: since when its old serials are old."""
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    """Of each job: since when it has had the schedule that it has."""


def judge(
    shard: Shard, reports: Mapping[str, Report], state: ShardState, now: datetime
) -> ShardState:
    """Give the state that follows from the newest report of each location, at this time."""
    if shard.version < state.config_version:
        return state  # somebody has judged under a newer configuration already
    serials = _serials(shard, reports, state, now)
    for monitor in shard.monitors:
        if monitor.id in serials:
            reports = judged(monitor, serials[monitor.id], reports, now)
    down = _covered(state.incidents, Verdict.DOWN)
    standings = {
        monitor.id: _stand(
            monitor,
            count(monitor, reports, now),
            state.standings.get(monitor.id),
            now,
            was_down=monitor.id in down,
        )
        for monitor in shard.monitors
    }
    ended = tuple(i for i in state.incidents if not _lasts(i, standings))
    lasting = tuple(i for i in state.incidents if i not in ended)
    opened = tuple(_openings(shard, standings, lasting, reports, now))
    alerts = (
        *(_resolved(incident, shard, reports, now) for incident in ended),
        *(_announced(incident) for incident in opened),
    )
    return ShardState(
        shard=shard.id,
        config_version=shard.version,
        standings=standings,
        incidents=(*lasting, *opened),
        outbox=(*state.outbox, *(Owed(alert=alert, routes=alert.routes) for alert in alerts)),
        serials=serials,
        schedules=scheduled(state.schedules, jobs(shard), now),
    )


def ignored(shard: Shard, reports: Iterable[Report]) -> int:
    """Count the votes that cannot count: of unknown monitors, or under an older definition."""
    changed_in = {monitor.id: monitor.changed_in for monitor in shard.monitors}
    return sum(
        report.config_version < changed_in.get(monitor, report.config_version + 1)
        for report in reports
        for monitor in report.sightings
    )


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

    return replace(
        state,
        incidents=tuple(replace(i, subjects=cut(i.subjects)) for i in state.incidents),
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


def _serials(
    shard: Shard, reports: Mapping[str, Report], state: ShardState, now: datetime
) -> dict[str, tuple[Superseded, ...]]:
    """Remember the old serials of each zone in the shard."""
    return {
        monitor.id: remembered(state.serials.get(monitor.id, ()), monitor, reports, now)
        for monitor in shard.monitors
        if isinstance(monitor.target, ZoneTarget)
    }


def _stand(
    monitor: Monitor, tally: Tally, before: Standing | None, now: datetime, *, was_down: bool
) -> Standing:
    recovering_since = _recovering_since(tally, before, now) if was_down else None
    if recovering_since is not None and now - recovering_since >= monitor.recover_for:
        was_down, recovering_since = False, None
    verdict = decide(tally, held_down=was_down)
    return Standing(
        verdict=verdict,
        since=before.since if before and before.verdict is verdict else now,
        failing=tally.failing,
        silent=tally.silent,
        recovering_since=recovering_since,
    )


def _recovering_since(tally: Tally, before: Standing | None, now: datetime) -> datetime | None:
    if not tally.recovered:
        return None
    return before.recovering_since if before and before.recovering_since else now


def _lasts(incident: Incident, standings: Mapping[str, Standing]) -> bool:
    """Only evidence ends an incident: silence keeps one open, deletion alone ends it without."""
    present = [standings[monitor] for monitor in incident.monitors if monitor in standings]
    match incident.kind:
        case Verdict.DOWN:
            # A blind quorum proves nothing; what is neither down nor blind has recovered.
            return any(s.verdict in {Verdict.DOWN, Verdict.UNKNOWN} for s in present)
        case Verdict.UNKNOWN:
            return any(s.verdict is Verdict.UNKNOWN for s in present)
        case _:
            return any(s.verdict is not Verdict.UP for s in present)


def _openings(
    shard: Shard,
    standings: Mapping[str, Standing],
    lasting: tuple[Incident, ...],
    reports: Mapping[str, Report],
    now: datetime,
) -> Iterable[Incident]:
    due = [(m, _due(m, standings[m.id], now)) for m in shard.monitors]
    covered = {kind: _covered(lasting, kind) for kind in Verdict}
    fresh = [(m, kind) for m, kind in due if kind is not None and m.id not in covered[kind]]
    for monitor, kind in fresh:
        if kind is not Verdict.UNKNOWN:
            yield _open(kind, [monitor], reports, now)
    # What nobody sees any more is one trouble of the watcher, not one of each thing watched.
    if blind := [monitor for monitor, kind in fresh if kind is Verdict.UNKNOWN]:
        yield _open(Verdict.UNKNOWN, blind, reports, now)


def _due(monitor: Monitor, standing: Standing, now: datetime) -> Verdict | None:
    """Tell which kind of incident this standing calls for, if any."""
    age = now - standing.since
    match standing.verdict:
        case Verdict.DOWN:
            return Verdict.DOWN
        case Verdict.UNKNOWN if age >= BLIND_AFTER:
            return Verdict.UNKNOWN
        # A quorum that fails, but not yet for long enough, is on its way to being down.
        case Verdict.DEGRADED if age >= WARN_AFTER and len(standing.failing) < monitor.need:
            return Verdict.DEGRADED
        case _:
            return None


def _open(
    kind: Verdict, monitors: list[Monitor], reports: Mapping[str, Report], now: datetime
) -> Incident:
    wanted = {route for monitor in monitors for route in monitor.routes}
    if kind is Verdict.DEGRADED:
        wanted = wanted - {Route.PAGE} or {Route.NOTICE}  # a warning wakes nobody
    return Incident(
        id=incident_id(kind, monitors[0].id, now),
        kind=kind,
        opened_at=now,
        routes=tuple(route for route in Route if route in wanted),
        subjects=tuple(_subject(monitor, reports, now) for monitor in monitors),
    )


def _announced(incident: Incident) -> Alert:
    return Alert(
        incident=incident.id,
        event=Event.OPENED,
        kind=incident.kind,
        at=incident.opened_at,
        opened_at=incident.opened_at,
        routes=incident.routes,
        subjects=incident.subjects,
    )


def _resolved(
    incident: Incident, shard: Shard, reports: Mapping[str, Report], now: datetime
) -> Alert:
    present = {monitor.id: monitor for monitor in shard.monitors}
    return Alert(
        incident=incident.id,
        event=Event.RESOLVED,
        kind=incident.kind,
        at=now,
        opened_at=incident.opened_at,
        routes=incident.routes,
        subjects=tuple(
            _subject(present[was.monitor], reports, now) if was.monitor in present else was
            for was in incident.subjects
        ),
        ending=Ending.RECOVERED if incident.monitors & present.keys() else Ending.DELETED,
    )


def _subject(monitor: Monitor, reports: Mapping[str, Report], now: datetime) -> Subject:
    return Subject(
        monitor=monitor.id,
        target=str(monitor.target),
        need=monitor.need,
        ballots=ballots(monitor, reports, now),
        runbook=monitor.runbook,
        tags=monitor.tags,
        slow=count(monitor, reports, now).slow,
    )


def _covered(incidents: Iterable[Incident], kind: Verdict) -> frozenset[str]:
    return frozenset(m for i in incidents if i.kind is kind for m in i.monitors)
