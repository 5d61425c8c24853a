"""What can be said of a shard once and for all, so that no judgement goes through all of it again.

A configuration is judged every minute for as long as it is in force. It is known again by being
the same object: to compare it would take longer than to look at it anew.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.monitor import Monitor
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.shard import Shard, jobs

REMEMBERED = 64
"""Shards that are remembered: more than an aggregator has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Monitors whose votes are fresh and count by the same rule."""

    locations: tuple[str, ...]
    fresh_for: timedelta
    changed_in: int
    names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A shard, looked at once.

    `places` are the locations that look at anything in it; jobs have none. `companies` are of the
    monitors of which nothing counts but who passes. `spare` names by their locations those that
    have a quorum also without one of them. `hanging` are those that depend on something, `hangs`
    says for each what depends on it, `renamed` are those that had another name before.
    """

    monitors: Mapping[str, Monitor]
    places: frozenset[str]
    companies: tuple[Company, ...]
    spare: Mapping[tuple[str, ...], frozenset[str]]
    zones: tuple[Monitor, ...]
    jobs: tuple[tuple[str, HeartbeatTarget], ...]
    hanging: Mapping[str, tuple[str, ...]]
    hangs: Mapping[str, tuple[str, ...]]
    renamed: tuple[Monitor, ...]


def outline(shard: Shard) -> Outline:
    """Look at a shard, or remember what was seen."""
    known = _known.get(id(shard))
    if known is None:
        if len(_known) >= REMEMBERED:
            _known.clear()
        # The shard is kept with it, or another object could get its id.
        known = _known[id(shard)] = (shard, _outlined(shard))
    return known[1]


def _outlined(shard: Shard) -> Outline:
    spare: dict[tuple[str, ...], list[str]] = defaultdict(list)
    hangs: dict[str, list[str]] = defaultdict(list)
    for monitor in shard.monitors:
        if len(monitor.locations) > monitor.need:
            spare[monitor.locations].append(monitor.id)
        for parent in monitor.depends_on:
            hangs[parent].append(monitor.id)
    return Outline(
        monitors={monitor.id: monitor for monitor in shard.monitors},
        places=frozenset(name for m in shard.monitors for name in m.locations) - {ENDPOINT},
        companies=_companies(shard),
        spare={locations: frozenset(names) for locations, names in spare.items()},
        zones=tuple(m for m in shard.monitors if isinstance(m.target, ZoneTarget)),
        jobs=tuple(jobs(shard)),
        hanging={m.id: m.depends_on for m in shard.monitors if m.depends_on},
        hangs={parent: tuple(names) for parent, names in hangs.items()},
        renamed=tuple(m for m in shard.monitors if m.was is not None),
    )


def _companies(shard: Shard) -> tuple[Company, ...]:
    found: dict[tuple[tuple[str, ...], timedelta, int], list[str]] = defaultdict(list)
    for monitor in shard.monitors:
        timed = monitor.slow is not None or monitor.slow_phases
        if not timed and not isinstance(monitor.target, ZoneTarget):
            found[monitor.locations, monitor.fresh_for, monitor.changed_in].append(monitor.id)
    return tuple(
        Company(locations=where, fresh_for=long, changed_in=version, names=frozenset(names))
        for (where, long, version), names in found.items()
    )


_known: dict[int, tuple[Shard, Outline]] = {}
