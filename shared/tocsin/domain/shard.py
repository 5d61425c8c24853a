"""Which monitors are judged together."""

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.domain.heartbeat import HeartbeatTarget
from tocsin.domain.monitor import Monitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A group of monitors that are judged together, in one configuration version."""

    id: str
    version: int
    monitors: tuple[Monitor, ...]


def jobs(shard: Shard) -> Iterator[tuple[str, HeartbeatTarget]]:
    """Give the jobs of a shard that must report by themselves."""
    for monitor in shard.monitors:
        if isinstance(monitor.target, HeartbeatTarget):
            yield monitor.id, monitor.target
