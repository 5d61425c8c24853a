"""The course of an open incident: when it is over, and what is told of it until then.

A route that has yet to take something of an incident is told nothing more of it but the end, or
what is owed would grow for as long as the route takes nothing: what waits there stands for all
reminders, and of what happened meanwhile the route hears in one alert, as soon as it takes any.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from tocsin.domain.incident import (
    Alert,
    Ending,
    Event,
    Incident,
    Kind,
    Moment,
    announced,
    listed,
)
from tocsin.domain.monitor import Route
from tocsin.domain.news import news
from tocsin.domain.openings import called_for
from tocsin.domain.quorum import Verdict
from tocsin.domain.scene import Scene
from tocsin.domain.standing import Standing


def ending(incident: Incident, scene: Scene) -> Ending | None:
    """Say how an incident has ended, if it has.

    Only evidence ends one: silence keeps it open, and so does a monitor that goes up and down too
    often. Without evidence it ends where nothing of it is watched any more.
    """
    if incident.kind is Kind.LOCATION:
        return _ending_of_a_location(incident, scene)
    present = [scene.standings[name] for name in incident.monitors if name in scene.standings]
    if not present:
        return Ending.DELETED
    watched = [each for each in present if each.verdict is not Verdict.PAUSED]
    if not watched:
        return Ending.PAUSED
    if any(_lasts(incident.kind, each, scene) for each in watched):
        return None
    return Ending.RECOVERED


def closed(incident: Incident, how: Ending, scene: Scene) -> Incident:
    """End an incident, with its monitors as they are now."""
    over = replace(
        incident,
        subjects=tuple(scene.seen_again(each) for each in incident.subjects),
        ended_at=scene.now,
        ending=how,
    )
    return over.with_moment(Moment(at=scene.now, what=f"resolved: {how}"))


def continued(
    incident: Incident, scene: Scene, owing: frozenset[Route] = frozenset()
) -> tuple[Incident, tuple[Alert, ...]]:
    """Go on with an incident: note how the votes changed, and what is to be told of it now.

    `owing` are the routes that have yet to take something of it.
    """
    incident = _noted(incident, scene)
    incident, again = _fallen_again(incident, scene, owing)
    watched = incident.monitors & scene.standings.keys()
    if watched and watched <= scene.quiet:
        return incident, again
    incident, flapping = _flapping(incident, scene, owing)
    incident, changed = _changed(incident, scene, owing)
    incident, caught_up = _caught_up(incident, scene, owing)
    incident, reminder = _reminder(incident, scene, owing)
    return incident, (*again, *flapping, *changed, *caught_up, *reminder)


def _ending_of_a_location(incident: Incident, scene: Scene) -> Ending | None:
    names = {trouble.location for trouble in incident.troubles}
    if not names <= scene.leads:
        return Ending.DELETED  # the others, where there are any, begin one of their own
    return None if names & scene.doubts.keys() else Ending.RECOVERED


def _lasts(kind: Kind, standing: Standing, scene: Scene) -> bool:
    match kind:
        case Kind.DOWN:
            return not standing.well or standing.held_down or standing.flaps(scene.now)
        case Kind.UNKNOWN:
            return standing.verdict is Verdict.UNKNOWN
        case _:
            return standing.verdict is not Verdict.UP


def _fallen_again(
    incident: Incident, scene: Scene, owing: frozenset[Route]
) -> tuple[Incident, tuple[Alert, ...]]:
    """Tell of those that were well and fall again while others keep the incident open.

    It covers them, so nothing else would: the one that stays down would hide all that follows.
    """
    fallen = [name for name in incident.back if _falls(name, incident.kind, scene)]
    away = {name for name in incident.monitors if not _goes_on(name, incident.kind, scene)}
    back = tuple(sorted(away.union(incident.back).difference(fallen)))
    if back != incident.back:
        incident = replace(incident, back=back)
    if not fallen:
        return incident, ()
    what = f"{incident.kind} again: {listed(fallen)}"
    incident = incident.with_moment(Moment(at=scene.now, what=what))
    # It shows them alone: that the others are down is known.
    return _updated(incident, scene, owing, about=fallen, note=what.capitalize())


def _falls(name: str, kind: Kind, scene: Scene) -> bool:
    monitor = scene.monitor(name)
    return monitor is not None and called_for(monitor, scene) is kind


def _goes_on(name: str, kind: Kind, scene: Scene) -> bool:
    standing = scene.standings.get(name)
    if standing is None or standing.verdict is Verdict.PAUSED:
        return False
    return _lasts(kind, standing, scene)


def _flapping(
    incident: Incident, scene: Scene, owing: frozenset[Route]
) -> tuple[Incident, tuple[Alert, ...]]:
    """Say once that it goes up and down."""
    if incident.flapping or incident.kind is not Kind.DOWN or not scene.flaps(incident.monitors):
        return incident, ()
    now_so = replace(incident, flapping=True)
    now_so = now_so.with_moment(Moment(at=scene.now, what="flapping"))
    return _updated(now_so, scene, owing)


def _changed(
    incident: Incident, scene: Scene, owing: frozenset[Route]
) -> tuple[Incident, tuple[Alert, ...]]:
    """Say that it fails at more locations, or for another reason, than people know."""
    if incident.kind is not Kind.DOWN or incident.flapping:
        return incident, ()
    incident, about, text = news(incident, scene)
    if not about:
        return incident, ()
    incident = incident.with_moment(Moment(at=scene.now, what=text[:1].lower() + text[1:]))
    return _updated(incident, scene, owing, about=about, note=text)


def _updated(
    incident: Incident,
    scene: Scene,
    owing: frozenset[Route],
    *,
    about: Collection[str] = (),
    note: str = "",
) -> tuple[Incident, tuple[Alert, ...]]:
    """Tell of something new, of these monitors or of all; who cannot hear of it is behind."""
    behind = tuple(r for r in incident.routes if r in incident.behind or r in owing)
    now_so = replace(incident, behind=behind)
    free = _but(incident.routes, owing)
    if not free:
        return now_so, ()
    now_so = replace(now_so, updates=incident.updates + 1)
    alert = _told(now_so, Event.UPDATED, now_so.updates, scene, about=about, note=note)
    return now_so, (replace(alert, routes=free),)


def _caught_up(
    incident: Incident, scene: Scene, owing: frozenset[Route]
) -> tuple[Incident, tuple[Alert, ...]]:
    """Tell a route how it stands that could not hear of what has happened, and now can."""
    free = _but(incident.behind, owing)
    if not free:
        return incident, ()
    now_so = replace(incident, behind=_but(incident.behind, free), updates=incident.updates + 1)
    now_so = now_so.with_moment(Moment(at=scene.now, what=f"told how it stands: {listed(free)}"))
    left = [name for name in incident.monitors if _goes_on(name, incident.kind, scene)]
    alert = _told(now_so, Event.UPDATED, now_so.updates, scene, about=left)
    return now_so, (replace(alert, routes=free),)


def _reminder(
    incident: Incident, scene: Scene, owing: frozenset[Route]
) -> tuple[Incident, tuple[Alert, ...]]:
    due = incident.remind_at()
    if due is None or scene.now < due:
        return incident, ()
    now_so = replace(incident, reminders=incident.reminders + 1, reminded_at=scene.now)
    free = _but(incident.routes, owing)
    if not free:
        return now_so, ()
    now_so = now_so.with_moment(Moment(at=scene.now, what="reminder"))
    alert = _told(now_so, Event.REMINDER, now_so.reminders, scene)
    return now_so, (replace(alert, routes=free),)


def _but(routes: Iterable[Route], without: Iterable[Route]) -> tuple[Route, ...]:
    return tuple(route for route in routes if route not in without)


def _told(
    incident: Incident,
    event: Event,
    number: int,
    scene: Scene,
    *,
    about: Collection[str] = (),
    note: str = "",
) -> Alert:
    """Write an alert in the middle of an incident: its monitors are shown as they are now."""
    some = tuple(each for each in incident.subjects if not about or each.monitor in about)
    shown = replace(
        incident,
        subjects=tuple(scene.seen_again(each) for each in some),
        shared=incident.shared if len(some) == len(incident.subjects) else "",
    )
    return announced(shown, event, scene.now, number=number, note=note)


def _noted(incident: Incident, scene: Scene) -> Incident:
    """Note which locations fail now, where that is not what was noted last."""
    votes = scene.votes(incident.monitors)
    last = next((m.votes for m in reversed(incident.moments) if m.votes), ())
    if incident.kind is Kind.UNKNOWN or not votes or votes == last:
        return incident
    return incident.with_moment(Moment(at=scene.now, what="votes", votes=votes))
