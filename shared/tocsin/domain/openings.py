"""Which incidents open now: what is due, and neither covered, nor held, nor sheltered."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from tocsin.domain.grouping import Group, grouped
from tocsin.domain.incident import Incident, Kind, Moment, Trouble, incident_id
from tocsin.domain.monitor import MINUTE, Monitor, Route
from tocsin.domain.news import pictured
from tocsin.domain.quorum import Verdict
from tocsin.domain.scene import Scene
from tocsin.domain.standing import Standing

BLIND_AFTER = timedelta(minutes=3)
"""How long a verdict must be unknown before it is announced: a new monitor's first two ticks."""

WARN_AFTER = timedelta(minutes=10)
"""How long a monitor must be degraded before it is announced."""


def openings(lasting: Sequence[Incident], scene: Scene) -> Iterator[Incident]:
    """Open what is due, the gravest first; `lasting` are the incidents that go on."""
    uneasy = [m for m in scene.shard.monitors if scene.standings[m.id].verdict is not Verdict.UP]
    due = [(m, kind) for m in uneasy if (kind := called_for(m, scene)) is not None]
    covered = {kind: {m for i in lasting if i.kind is kind for m in i.monitors} for kind in Kind}
    fresh = [(m, kind) for m, kind in due if m.id not in covered[kind]]
    for kind in (Kind.DOWN, Kind.DEGRADED):
        faults = [(m, scene.subject(m)) for m, each in fresh if each is kind]
        for group in grouped(faults):
            yield _open(kind, group, scene)
    # What nobody sees any more is one trouble of the watcher, not one of each thing watched.
    if blind := [(m, scene.subject(m)) for m, kind in fresh if kind is Kind.UNKNOWN]:
        yield _open(Kind.UNKNOWN, Group(faults=tuple(blind)), scene)
    yield from _locations(lasting, scene)


def called_for(monitor: Monitor, scene: Scene) -> Kind | None:
    """Tell which kind of incident a monitor calls for, if any."""
    if monitor.id in scene.quiet:
        return None
    standing = scene.standings[monitor.id]
    age = scene.now - standing.since
    match standing.verdict:
        case Verdict.UNKNOWN if age >= BLIND_AFTER:
            return Kind.UNKNOWN
        # What went down out of sight and passes again is on its way up: it is down in name only.
        case Verdict.DOWN if len(standing.failing) >= monitor.need and _on_its_own(
            monitor, standing, scene
        ):
            return Kind.DOWN
        case Verdict.DEGRADED if (
            age >= WARN_AFTER
            and not _on_its_way(monitor, standing, age)
            and _on_its_own(monitor, standing, scene)
        ):
            return Kind.DEGRADED
        case _:
            return None


def _on_its_way(monitor: Monitor, standing: Standing, age: timedelta) -> bool:
    """Tell whether a quorum fails, only not yet for long enough: then it is down soon.

    Where they fail in turns it never is, and shelters all that depends on it: that is told of.
    """
    return len(standing.failing) >= monitor.need and age < WARN_AFTER + monitor.fail_for


def _on_its_own(monitor: Monitor, standing: Standing, scene: Scene) -> bool:
    """Tell whether it has trouble although all that it depends on has been well for a while."""
    if monitor.id in scene.sheltered:
        return False
    freed = standing.freed_at
    return freed is None or scene.now - freed >= max(monitor.fail_for, MINUTE)


def _open(kind: Kind, group: Group, scene: Scene) -> Incident:
    monitors = [monitor for monitor, _ in group.faults]
    incident = Incident(
        id=incident_id(kind, monitors[0].id, scene.now),
        kind=kind,
        opened_at=scene.now,
        routes=_routes(kind, monitors),
        subjects=tuple(subject for _, subject in group.faults),
        shared=group.shared,
        flapping=kind is Kind.DOWN and scene.flaps({monitor.id for monitor in monitors}),
    )
    if kind is Kind.DOWN:
        incident = pictured(incident, scene)
    votes = () if kind is Kind.UNKNOWN else scene.votes(incident.monitors)
    return incident.with_moment(Moment(at=scene.now, what="opened", votes=votes))


def _routes(kind: Kind, monitors: Iterable[Monitor]) -> tuple[Route, ...]:
    wanted = {route for monitor in monitors for route in monitor.routes}
    if kind is Kind.DEGRADED:
        wanted = wanted - {Route.PAGE} or {Route.NOTICE}  # a warning wakes nobody
    return tuple(route for route in Route if route in wanted)


def _locations(lasting: Sequence[Incident], scene: Scene) -> Iterator[Incident]:
    """Open an incident for each location that does not see; one for all where none does.

    Unless what is unknown says so already: which location it is then helps nobody.
    """
    known = {trouble.location for i in lasting for trouble in i.troubles}
    lost: list[Trouble] = []
    for name in sorted(scene.doubts.keys() & scene.leads - known):
        doubt = scene.doubts[name]
        if doubt.well_since is not None or scene.now - doubt.since < BLIND_AFTER:
            continue
        lost.append(Trouble(location=name, since=doubt.since, text=doubt.text))
    if not scene.doubts.keys() >= scene.places:
        yield from (_lost((trouble,), scene) for trouble in lost)
    elif unsaid := tuple(trouble for trouble in lost if _unsaid(trouble.location, scene)):
        yield _lost(unsaid, scene)


def _lost(troubles: tuple[Trouble, ...], scene: Scene) -> Incident:
    incident = Incident(
        id=incident_id(Kind.LOCATION, troubles[0].location, scene.now),
        kind=Kind.LOCATION,
        opened_at=scene.now,
        routes=(Route.NOTICE,),
        troubles=troubles,
    )
    one = len(troubles) == 1
    note = "; ".join(t.text if one else f"{t.location}: {t.text}" for t in troubles)
    return incident.with_moment(Moment(at=scene.now, what="opened", note=note))


def _unsaid(location: str, scene: Scene) -> bool:
    """Tell whether a verdict rests on this location, and none of those that do is unknown."""
    verdicts = {
        scene.standings[monitor.id].verdict
        for monitor in scene.shard.monitors
        if location in monitor.locations
    }
    return Verdict.UNKNOWN not in verdicts and not verdicts <= {Verdict.PAUSED}
