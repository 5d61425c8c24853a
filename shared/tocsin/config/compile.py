"""Group monitors into shards, version after version, moving none of them.

A monitor keeps its shard for as long as it exists, also when it is renamed, so its state and its
open incident stay where they are. Deterministic: the order of the file does not matter.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from tocsin.config.configuration import Configuration
from tocsin.domain.monitor import Monitor, Target
from tocsin.domain.shard import Shard
from tocsin.domain.window import Window

AIM = 250
"""Monitors a shard at its making, half of what its state document holds (`LIMIT`): room to grow."""
LIMIT = 500

CHECKED = ("target", "interval", "timeout", "retries")
"""The fields that make a vote: one that was cast under other values of them does not count."""

_KEYS = {
    "need": "quorum",
    "fail_for": "for",
    "routes": "alert",
    "slow_phases": "slow",
}
"""Fields of a monitor that the file calls otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A monitor whose definition changed, and the keys of the file under which it did.

    `targets` are what was and what will be checked, where that is not the same.
    """

    monitor: str
    fields: tuple[str, ...]
    targets: tuple[Target, Target] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What a new set of shards changes; monitors by name, in order.

    `renamed` pairs the former with the new name. `begun` and `ended` are the maintenance windows
    that came and went.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Change, ...]
    renamed: tuple[tuple[str, str], ...] = ()
    begun: tuple[Window, ...] = ()
    ended: tuple[Window, ...] = ()

    def __bool__(self) -> bool:
        monitors = self.added or self.removed or self.changed or self.renamed
        return bool(monitors or self.begun or self.ended)


def compile_shards(
    configuration: Configuration, previous: tuple[Shard, ...], version: int
) -> tuple[Shard, ...]:
    """Lay the monitors out in shards of this version; shards that became empty stay in the list.

    ValueError where `version` is older than what was there.
    """
    if any(shard.version > version for shard in previous):
        raise ValueError(f"version {version} is older than the one in force")
    before = _monitors(previous)
    homes = {monitor.id: shard.id for shard in previous for monitor in shard.monitors}
    monitors = sorted(configuration.monitors, key=lambda monitor: monitor.id)
    homes |= {new: homes[old] for old, new in _renamed(before, monitors)}
    members: dict[str, list[Monitor]] = {name: [] for name in _names(previous, len(monitors))}
    for monitor in monitors:
        if monitor.id in homes:
            members[homes[monitor.id]].append(monitor)
    for monitor in monitors:
        if monitor.id not in homes:
            min(members.values(), key=len).append(monitor)
    return tuple(
        Shard(
            id=name,
            version=version,
            monitors=tuple(
                replace(monitor, changed_in=_changed_in(before.get(monitor.id), monitor, version))
                for monitor in sorted(group, key=lambda monitor: monitor.id)
            ),
            windows=tuple(each for each in configuration.windows if any(map(each.covers, group))),
        )
        for name, group in members.items()
    )


def diff(previous: tuple[Shard, ...], new: tuple[Shard, ...]) -> Diff:
    """Compare two sets of shards monitor by monitor, and their windows."""
    before, after = _monitors(previous), _monitors(new)
    renamed = _renamed(before, after.values())
    names = {name: name for name in before.keys() & after.keys()} | {n: o for o, n in renamed}
    windows, later = _windows(previous), _windows(new)
    return Diff(
        added=tuple(sorted(after.keys() - names.keys())),
        removed=tuple(sorted(before.keys() - names.values())),
        changed=tuple(
            Change(monitor=name, fields=fields, targets=_targets(before[former], after[name]))
            for name, former in sorted(names.items())
            if (fields := _changed_fields(before[former], after[name]))
        ),
        renamed=renamed,
        begun=tuple(each for each in later if each not in windows),
        ended=tuple(each for each in windows if each not in later),
    )


def _renamed(
    before: Mapping[str, Monitor], after: Collection[Monitor]
) -> tuple[tuple[str, str], ...]:
    """Pair the former with the new name of each monitor that is new but for its name.

    One that was there already is none, whatever it was before that; neither is the heir of a name
    that somebody has.
    """
    present = {monitor.id for monitor in after}
    former = {
        monitor.id: monitor.was
        for monitor in after
        if monitor.was in before and monitor.was not in present and monitor.id not in before
    }
    return tuple((was, name) for name, was in sorted(former.items()) if was is not None)


def _names(previous: tuple[Shard, ...], monitors: int) -> tuple[str, ...]:
    """Name as many shards as there were, and as many more as it takes to hold all at the aim."""
    names = [shard.id for shard in previous]
    wanted = max(1, -(-monitors // AIM))
    fresh = (name for number in range(wanted + len(names)) if (name := f"s{number}") not in names)
    return (*names, *(name for name, _ in zip(fresh, range(wanted - len(names)), strict=False)))


def _changed_in(before: Monitor | None, monitor: Monitor, version: int) -> int:
    if before is None or any(getattr(before, f) != getattr(monitor, f) for f in CHECKED):
        return version
    return before.changed_in


def _changed_fields(before: Monitor, after: Monitor) -> tuple[str, ...]:
    aside = {"changed_in", "id"} | ({"was"} if before.id != after.id else set())
    changed = (
        _KEYS.get(field, field)
        for field in Monitor.__dataclass_fields__
        if field not in aside and getattr(before, field) != getattr(after, field)
    )
    return tuple(dict.fromkeys(changed))


def _targets(before: Monitor, after: Monitor) -> tuple[Target, Target] | None:
    return None if before.target == after.target else (before.target, after.target)


def _monitors(shards: tuple[Shard, ...]) -> dict[str, Monitor]:
    return {monitor.id: monitor for shard in shards for monitor in shard.monitors}


def _windows(shards: tuple[Shard, ...]) -> tuple[Window, ...]:
    """Give the windows of the whole configuration, each once: several shards may have one."""
    return tuple(dict.fromkeys(window for shard in shards for window in shard.windows))
