"""When a job is due next: cron lines as Debian's cron has them, clock changes included."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from tocsin.domain.heartbeat import HeartbeatTarget

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Leaping(CronSim):
    """CronSim that goes to the next hour and minute in one step where no clock can change.

    It counts them one by one: for a job at three in the morning that is most of its time. What it
    finds is the same.
    """

    def advance_hour(self) -> bool:
        """Go to the first hour that fits, of this day or the next; False where it fits already."""
        if self.dt.tzinfo not in {None, UTC}:
            return super().advance_hour()
        if self.dt.hour in self.hours:
            return False
        later = [hour for hour in self.hours if hour > self.dt.hour]
        begin = self.dt.replace(hour=min(later, default=0), minute=0, second=0)
        self.dt = begin if later else begin + DAY
        return True

    def advance_minute(self) -> bool:
        """Go to the first minute that fits, of this hour or the next; False where it fits."""
        if self.dt.tzinfo not in {None, UTC}:
            return super().advance_minute()
        if self.dt.minute in self.minutes:
            return False
        later = [minute for minute in self.minutes if minute > self.dt.minute]
        begin = self.dt.replace(minute=min(later, default=0), second=0)
        self.dt = begin if later else begin + HOUR
        return True


def next_time(target: HeartbeatTarget, after: datetime) -> datetime | None:
    """Give the first time after an instant; None where a cron line has none."""
    if target.period is not None:
        return after + target.period
    return _next(target.cron or "", target.timezone, after)


def forget() -> None:
    """Drop the times that are known, as a fresh process has none."""
    _next.cache_clear()


# A job is looked at every minute, and its next time changes only when it has reported.
@lru_cache(maxsize=8192)
def _next(cron: str, timezone: str, after: datetime) -> datetime | None:
    zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
    try:
        times = (at.astimezone(UTC) for at in Leaping(cron, after.astimezone(zone)))
        # In the second of two hours of one name, CronSim begins with those of the first.
        return next((at for at in times if at > after), None)
    except (CronSimError, OverflowError):
        return None
