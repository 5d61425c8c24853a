"""Which monitors are judged together."""

from dataclasses import dataclass

from tocsin.domain.monitor import Monitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A group of monitors that are judged together, in one configuration version."""

    id: str
    version: int
    monitors: tuple[Monitor, ...]
