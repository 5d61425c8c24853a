"""Do to a shard's state what people ask for; the same state where it is already so.

Nothing here judges: the next judgement draws the conclusions. What was asked for stands in the
course of each open incident that it is about.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from hashlib import blake2s

from tocsin.domain.control import Said, Silence
from tocsin.domain.incident import Incident, Moment, Subject, listed
from tocsin.domain.outcome import printable
from tocsin.domain.state import ShardState

NAME_CHARACTERS = 80
NOTE_CHARACTERS = 200
"""What is kept of what people say: the state grows with its monitors, not with their words."""
SILENCES = 100
"""Silences that a shard holds at one time."""


class TooManySilencesError(ValueError):
    """A shard holds as many silences as it may; one of them has to end first."""


def said(by: str, at: datetime, note: str = "") -> Said:
    """Note who says something, when, and why: as inert text, and no more than is kept."""
    return Said(by=printable(by, NAME_CHARACTERS), at=at, note=printable(note, NOTE_CHARACTERS))


def silence_id(monitors: Iterable[str], tags: Iterable[str]) -> str:
    """Name a silence after what it is about: asked for again, it is the same one, until later."""
    seed = "\n".join((*sorted(set(monitors)), "", *sorted(set(tags))))
    return f"s-{blake2s(seed.encode(), digest_size=4).hexdigest()}"


def paused(state: ShardState, monitors: Iterable[str], said: Said) -> ShardState:
    """Stop judging these monitors; an open incident of theirs ends as paused."""
    fresh = {name: said for name in monitors if name not in state.paused}
    if not fresh:
        return state
    now_so = replace(state, paused={**state.paused, **fresh})
    return _noted(now_so, "paused", said, lambda subject: subject.monitor in fresh)


def resumed(state: ShardState, monitors: Iterable[str], said: Said | None = None) -> ShardState:
    """Judge these monitors again, as if for the first time."""
    gone = set(monitors) & state.paused.keys()
    if not gone:
        return state
    rest = {name: each for name, each in state.paused.items() if name not in gone}
    now_so = replace(state, paused=rest)
    return _noted(now_so, "resumed", said, lambda subject: subject.monitor in gone)


def acknowledged(state: ShardState, incident: str, said: Said) -> ShardState:
    """Note that somebody has taken an incident on: no more reminders of it."""
    return _changed(state, lambda each: _taken_on(each, said) if each.id == incident else each)


def silenced(state: ShardState, silence: Silence) -> ShardState:
    """Hold the alerts that a silence is about; one of the same id is replaced.

    TooManySilencesError where the shard holds as many as it may.
    """
    if silence in state.silences:
        return state
    others = tuple(
        each for each in state.silences if each.id != silence.id and silence.said.at < each.until
    )
    if len(others) >= SILENCES:
        raise TooManySilencesError(f"{len(others)} silences are in force in shard {state.shard}")
    now_so = replace(state, silences=(*others, silence))
    what = f"silenced until {silence.until:%Y-%m-%d %H:%M} UTC"
    return _noted(
        now_so, what, silence.said, lambda each: silence.is_about(each.monitor, each.tags)
    )


def loud(state: ShardState, silence: str, said: Said | None = None) -> ShardState:
    """End a silence before its time."""
    ended = next((each for each in state.silences if each.id == silence), None)
    if ended is None:
        return state
    rest = tuple(each for each in state.silences if each.id != silence)
    now_so = replace(state, silences=rest)
    return _noted(
        now_so, "silence ended", said, lambda each: ended.is_about(each.monitor, each.tags)
    )


def _taken_on(incident: Incident, said: Said) -> Incident:
    if incident.acknowledged is not None:
        return incident
    moment = Moment(at=said.at, what="acknowledged", by=said.by, note=said.note)
    return replace(incident, acknowledged=said).with_moment(moment)


def _noted(
    state: ShardState, what: str, said: Said | None, about: Callable[[Subject], bool]
) -> ShardState:
    """Note it in the open incidents of which some monitor is meant; name it where not all are."""
    if said is None:
        return state

    def note(incident: Incident) -> Incident:
        names = sorted(subject.monitor for subject in incident.subjects if about(subject))
        if not names:
            return incident
        step = what if len(names) == len(incident.subjects) else f"{what}: {listed(names)}"
        return incident.with_moment(Moment(at=said.at, what=step, by=said.by, note=said.note))

    return _changed(state, note)


def _changed(state: ShardState, change: Callable[[Incident], Incident]) -> ShardState:
    incidents = tuple(change(each) for each in state.incidents)
    return state if incidents == state.incidents else replace(state, incidents=incidents)
