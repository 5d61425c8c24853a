"""What people say of monitors and incidents: who said it, when, and why.

What is said is a part of the shard's state, stored by the same conditional write as a judgement, so
it is never lost to one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.monitor import Monitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who said something, when, and why."""

    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts about these monitors, or those with one of these tags, are held until its end.

    It holds alerts and swallows none: what is still down at its end is announced then.
    """

    id: str
    said: Said
    until: datetime
    monitors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def covers(self, monitor: Monitor) -> bool:
        """Tell whether it is about this monitor."""
        return self.is_about(monitor.id, monitor.tags)

    def is_about(self, monitor: str, tags: Iterable[str]) -> bool:
        """Tell it of one that is known by its name and its tags, watched or not any more."""
        return monitor in self.monitors or not set(self.tags).isdisjoint(tags)


def silenced(
    monitors: Iterable[Monitor], silences: Collection[Silence], now: datetime
) -> frozenset[str]:
    """Name the monitors of which a silence holds the alerts at this time."""
    current = [silence for silence in silences if now < silence.until]
    if not current:
        return frozenset()
    return frozenset(m.id for m in monitors if any(each.covers(m) for each in current))
