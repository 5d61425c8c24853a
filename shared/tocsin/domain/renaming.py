"""Carry what is known of a renamed monitor over to its new name: history, incident, pause."""

from collections.abc import Mapping
from dataclasses import replace

from tocsin.domain.incident import Incident
from tocsin.domain.outline import outline
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState


def renamed(shard: Shard, state: ShardState) -> ShardState:
    """Rename in a state what the configuration has renamed; the same state where that is nothing.

    A name that is still in use is not given away, and one that is known already is not overwritten.
    An older configuration than the one that was judged under renames nothing.
    """
    if shard.version < state.config_version:
        return state
    present = outline(shard).monitors.keys()
    names = {
        monitor.was: monitor.id
        for monitor in outline(shard).renamed
        if monitor.was is not None
        and monitor.was not in present
        and monitor.was in state.standings
        and monitor.id not in state.standings
    }
    if not names:
        return state
    return replace(
        state,
        standings=_moved(state.standings, names),
        serials=_moved(state.serials, names),
        schedules=_moved(state.schedules, names),
        paused=_moved(state.paused, names),
        incidents=tuple(_incident(each, names) for each in state.incidents),
        silences=tuple(
            replace(each, monitors=tuple(names.get(name, name) for name in each.monitors))
            for each in state.silences
        ),
    )


def _moved[T](known: Mapping[str, T], names: Mapping[str, str]) -> dict[str, T]:
    return {names.get(name, name): value for name, value in known.items()}


def _incident(incident: Incident, names: Mapping[str, str]) -> Incident:
    subjects = tuple(
        replace(each, monitor=names.get(each.monitor, each.monitor)) for each in incident.subjects
    )
    pictures = tuple(
        replace(each, monitor=names.get(each.monitor, each.monitor)) for each in incident.pictures
    )
    back = tuple(names.get(name, name) for name in incident.back)
    return replace(incident, subjects=subjects, pictures=pictures, back=back)
