"""When a job is due next: cron lines as Debian's cron has them, clock changes included."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from tocsin.domain.heartbeat import HeartbeatTarget, UnknownZoneError

MINUTE_S, HOUR_S, HOURS = 60, 3600, 24


class Leaping(CronSim):
    """CronSim that goes to the next hour and minute in one step where no clock changes on the way.

    It counts them one by one, which is most of its time, and past those that it looks for where
    clocks change by half an hour or at midnight.
    """

    def advance_day(self) -> bool:
        """Go to the first minute of the first day that fits, which need not have a midnight."""
        moved = super().advance_day()
        if self.dt.tzinfo not in {None, UTC}:
            self.dt = self.dt.astimezone(UTC).astimezone(self.dt.tzinfo)
        return moved

    def advance_hour(self) -> bool:
        """Go to the first hour that fits, of this day or the next; False where it fits already."""
        if self.dt.hour in self.hours:
            return False
        begun = self.dt.minute * MINUTE_S + self.dt.second
        hours = _following(self.hours, self.dt.hour, HOURS) - self.dt.hour
        self._leap(hours * HOUR_S - begun, HOUR_S, MINUTE_S - self.dt.second)
        return True

    def advance_minute(self) -> bool:
        """Go to the first minute that fits, of this hour or the next; False where it fits."""
        if self.dt.minute in self.minutes:
            return False
        minutes = _following(self.minutes, self.dt.minute, MINUTE_S) - self.dt.minute
        self._leap(minutes * MINUTE_S - self.dt.second, MINUTE_S - self.dt.second)
        return True

    def _leap(self, *steps: int) -> None:
        """Go the first of these steps, in seconds, on which no clock changes; else the last."""
        before = self.dt
        for step in steps:
            self.dt = before
            self.tick(step)
            if self.dt.utcoffset() == before.utcoffset():
                return


def _following(fitting: set[int], present: int, end: int) -> int:
    return min((each for each in fitting if each > present), default=end)


def next_time(target: HeartbeatTarget, after: datetime) -> datetime | None:
    """Give the first time after an instant; None where a cron line has none.

    Raises UnknownZoneError, as `next_start` does.
    """
    if target.period is not None:
        return after + target.period
    return _next(target.cron or "", target.timezone, after)


def next_start(cron: str, timezone: str, after: datetime) -> datetime | None:
    """Give the first time after an instant that a line of cron means in a time zone, if any."""
    return _next(cron, timezone, after.replace(second=0, microsecond=0))


def forget() -> None:
    """Drop the times that are known, as a fresh process has none."""
    _next.cache_clear()


# A job is looked at every minute, and its next time changes only when it has reported.
@lru_cache(maxsize=8192)
def _next(cron: str, timezone: str, after: datetime) -> datetime | None:
    zone = UTC if timezone == "UTC" else _zone(timezone)
    try:
        times = (at.astimezone(UTC) for at in Leaping(cron, after.astimezone(zone)))
        # In the second of two hours of one name, CronSim begins with those of the first.
        return next((at for at in times if at > after), None)
    except (CronSimError, OverflowError):
        return None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise UnknownZoneError(f"the time zone {name} is not known here") from error
