"""The course of an open incident: when it is over, and what is told of it until then."""

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


def continued(incident: Incident, scene: Scene) -> tuple[Incident, tuple[Alert, ...]]:
    """Go on with an incident: note how the votes changed, and what is to be told of it now."""
    incident = _noted(incident, scene)
    incident, again = _fallen_again(incident, scene)
    if incident.monitors and incident.monitors <= scene.quiet:
        return incident, again
    incident, flapping = _flapping(incident, scene)
    incident, reminder = _reminder(incident, scene)
    return incident, (*again, *flapping, *reminder)


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


def _fallen_again(incident: Incident, scene: Scene) -> tuple[Incident, tuple[Alert, ...]]:
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
    now_so = replace(incident, updates=incident.updates + 1)
    now_so = now_so.with_moment(Moment(at=scene.now, what=what))
    # It shows them alone: that the others are down is known.
    about = tuple(each for each in now_so.subjects if each.monitor in fallen)
    shown = replace(now_so, subjects=about, shared="")
    note = what.capitalize()
    return now_so, (_told(shown, Event.UPDATED, now_so.updates, scene, note=note),)


def _falls(name: str, kind: Kind, scene: Scene) -> bool:
    monitor = scene.monitor(name)
    return monitor is not None and called_for(monitor, scene) is kind


def _goes_on(name: str, kind: Kind, scene: Scene) -> bool:
    standing = scene.standings.get(name)
    if standing is None or standing.verdict is Verdict.PAUSED:
        return False
    return _lasts(kind, standing, scene)


def _flapping(incident: Incident, scene: Scene) -> tuple[Incident, tuple[Alert, ...]]:
    """Say once that it goes up and down."""
    if incident.flapping or incident.kind is not Kind.DOWN or not scene.flaps(incident.monitors):
        return incident, ()
    now_so = replace(incident, flapping=True, updates=incident.updates + 1)
    now_so = now_so.with_moment(Moment(at=scene.now, what="flapping"))
    return now_so, (_told(now_so, Event.UPDATED, now_so.updates, scene),)


def _reminder(incident: Incident, scene: Scene) -> tuple[Incident, tuple[Alert, ...]]:
    due = incident.remind_at()
    if due is None or scene.now < due:
        return incident, ()
    now_so = replace(incident, reminders=incident.reminders + 1, reminded_at=scene.now)
    now_so = now_so.with_moment(Moment(at=scene.now, what="reminder"))
    return now_so, (_told(now_so, Event.REMINDER, now_so.reminders, scene),)


def _told(incident: Incident, event: Event, number: int, scene: Scene, *, note: str = "") -> Alert:
    """Write an alert in the middle of an incident: its monitors are shown as they are now."""
    shown = replace(incident, subjects=tuple(scene.seen_again(each) for each in incident.subjects))
    return announced(shown, event, scene.now, number=number, note=note)


def _noted(incident: Incident, scene: Scene) -> Incident:
    """Note which locations fail now, where that is not what was noted last."""
    votes = scene.votes(incident.monitors)
    last = next((m.votes for m in reversed(incident.moments) if m.votes), ())
    if incident.kind is Kind.UNKNOWN or not votes or votes == last:
        return incident
    return incident.with_moment(Moment(at=scene.now, what="votes", votes=votes))
