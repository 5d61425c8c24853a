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
    `homes` says in which shard a monitor is, `parents` what each one depends on, if on anything.
    """

    shards: Mapping[str, Shard]
    leads: Mapping[str, frozenset[str]]
    homes: Mapping[str, str]
    parents: Mapping[str, tuple[str, ...]]


def layout(shards: Iterable[Shard]) -> Layout:
    """Look once at all shards in force."""
    ordered = sorted(shards, key=lambda shard: shard.id)
    leader: dict[str, str] = {}
    for shard in ordered:
        for monitor in shard.monitors:
            for location in monitor.locations:
                leader.setdefault(location, shard.id)
    return Layout(
        shards={shard.id: shard for shard in ordered},
        leads={
            shard.id: frozenset(place for place, name in leader.items() if name == shard.id)
            for shard in ordered
        },
        homes={monitor.id: shard.id for shard in ordered for monitor in shard.monitors},
        parents={m.id: m.depends_on for shard in ordered for m in shard.monitors if m.depends_on},
    )
