"""Which monitors are judged together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.domain.heartbeat import HeartbeatTarget
from tocsin.domain.monitor import Monitor
from tocsin.domain.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A group of monitors that are judged together, in one configuration version.

    `windows` are the maintenance windows of the whole configuration that are about any of them.
    """

    id: str
    version: int
    monitors: tuple[Monitor, ...]
    windows: tuple[Window, ...] = ()


def jobs(shard: Shard) -> Iterator[tuple[str, HeartbeatTarget]]:
    """Give the jobs of a shard that must report by themselves."""
    for monitor in shard.monitors:
        if isinstance(monitor.target, HeartbeatTarget):
            yield monitor.id, monitor.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the shards in force lie to each other.

    `leads` are the locations whose own troubles a shard announces: each location has one that does.
    `parents` are the monitors of other shards, by shard, that some of a shard depend on.
    """

    leads: Mapping[str, frozenset[str]]
    parents: Mapping[str, Mapping[str, frozenset[str]]]


def layout(shards: Iterable[Shard]) -> Layout:
    """Look once at all shards in force."""
    ordered = sorted(shards, key=lambda shard: shard.id)
    homes = {monitor.id: shard.id for shard in ordered for monitor in shard.monitors}
    leader: dict[str, str] = {}
    parents: dict[str, dict[str, frozenset[str]]] = {}
    for shard in ordered:
        for monitor in shard.monitors:
            for location in monitor.locations:
                leader.setdefault(location, shard.id)
        wanted = {name for monitor in shard.monitors for name in monitor.depends_on}
        abroad = {name: homes[name] for name in wanted if homes.get(name, shard.id) != shard.id}
        parents[shard.id] = {
            home: frozenset(name for name, where in abroad.items() if where == home)
            for home in set(abroad.values())
        }
    return Layout(
        leads={
            shard.id: frozenset(place for place, name in leader.items() if name == shard.id)
            for shard in ordered
        },
        parents=parents,
    )
