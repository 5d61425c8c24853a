"""Maintenance windows: times in which alerts are held, once or again and again.

A window holds alerts and swallows none: what is still down at its end is announced then, and what
was announced before it is resolved also within it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.heartbeat import UnknownZoneError
from tocsin.domain.monitor import Monitor

type NextStart = Callable[[str, str, datetime], datetime | None]
"""Gives the next time after an instant that a line of cron means in a time zone, if any.

Raises UnknownZoneError.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `begin`, or whenever `cron` says in its `timezone`, for a `length`.

    It is about these monitors and those with one of these tags; about all where it names none.
    """

    length: timedelta
    begin: datetime | None = None
    cron: str | None = None
    timezone: str = "UTC"
    monitors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.begin is None) == (self.cron is None):
            raise ValueError("a window begins once or by a line of cron, not both")
        if self.length <= timedelta():
            raise ValueError(f"a window has a length, got {self.length}")

    def covers(self, monitor: Monitor) -> bool:
        """Tell whether it is about this monitor."""
        if not self.monitors and not self.tags:
            return True
        return monitor.id in self.monitors or not set(self.tags).isdisjoint(monitor.tags)

    def open_until(self, now: datetime, next_start: NextStart) -> datetime | None:
        """Give the end of the window that is open now; None where none is."""
        begin = self.begin
        if self.cron is not None:
            # The first that has not ended yet; with overlapping ones the last end is another's.
            begin = next_start(self.cron, self.timezone, now - self.length)
        if begin is None or not begin <= now < begin + self.length:
            return None
        return begin + self.length


def held(
    monitors: Iterable[Monitor],
    windows: Iterable[Window],
    now: datetime,
    next_start: NextStart,
) -> frozenset[str]:
    """Name the monitors whose alerts a window holds now."""
    current = [each for each in windows if _is_open(each, now, next_start)]
    if not current:
        return frozenset()
    return frozenset(m.id for m in monitors if any(each.covers(m) for each in current))


def _is_open(window: Window, now: datetime, next_start: NextStart) -> bool:
    try:
        return window.open_until(now, next_start) is not None
    except UnknownZoneError:
        return False  # an alert that a window should have held is better than none
