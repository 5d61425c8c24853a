"""Which monitors are due in which minute.

A tick is an epoch minute. Monitors of longer intervals are spread over them by a hash of their id,
which is the same at every location: all locations check a monitor in the same minute.
"""

from datetime import UTC, datetime, timedelta
from hashlib import blake2s

from tocsin.domain.monitor import MINUTE, Monitor

RECHECK_PAUSE = timedelta(seconds=1)
"""Between two attempts in one tick: long enough for a lost packet's burst to pass."""

TICK_BUDGET = timedelta(seconds=43)
"""For all checks of one tick; what is left of the minute is for reading and writing."""

CHECK_BUDGET = timedelta(seconds=40)
"""The most that one monitor's check may need: less than a tick's, or it would never be complete."""


def tick_of(instant: datetime) -> int:
    """Floor an aware instant to its epoch minute."""
    return int(instant.timestamp()) // 60


def instant_of(tick: int) -> datetime:
    """Give the start of a tick."""
    return datetime.fromtimestamp(tick * 60, UTC)


def due(monitor: Monitor, tick: int) -> bool:
    """Tell whether the monitor is checked in this tick."""
    period = monitor.interval // MINUTE
    return (tick - phase(monitor.id, period)) % period == 0


def phase(monitor_id: str, period: int) -> int:
    """Spread a monitor over the `period` minutes of its interval, the same way everywhere."""
    return int.from_bytes(blake2s(monitor_id.encode(), digest_size=4).digest()) % period


def budget(monitor: Monitor) -> timedelta:
    """Give the longest that a check of this monitor may take, re-checks and pauses included."""
    return monitor.timeout * (1 + monitor.retries) + RECHECK_PAUSE * monitor.retries
