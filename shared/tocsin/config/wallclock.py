"""Times as clocks in a place show them: of a day, or of a weekday; and the instants that they mean.

When clocks go back they show an hour twice: a window then begins at the first and ends at the last.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tocsin.config.fault import MistakeError, listed, nearest, shown
from tocsin.config.values import text

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
LINE_LIMIT = 64
_LIKE = "2026-12-01 22:00"
_LOCAL = re.compile(r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})(?::00)?", re.ASCII)
_DATE = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_OFFSET = re.compile(r"(.*[0-9]) ?(?:Z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?)", re.IGNORECASE)
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_ABBREVIATED = 3


def local_time(value: object) -> datetime:
    """Read a date and a time of day, of whatever place: `2026-12-01 22:00`."""
    written = text(value, LINE_LIMIT)
    if (found := _local(written)) is not None:
        return found
    message, fix = f"{shown(written)} is not a date and a time", f"Write it like {_LIKE}"
    if (offset := _OFFSET.fullmatch(written)) and _local(offset[1]) is not None:
        message = f"{shown(written)} says how far the clock is from UTC, and `timezone` says where"
        fix = f"Write {offset[1]}, and the place or UTC as `timezone`"
    elif _DATE.fullmatch(written) and _local(f"{written} 00:00") is not None:
        message = f"{shown(written)} is a whole day"
        fix = f"Write {written} 00:00, or another time of it"
    elif _LOCAL.fullmatch(written):
        message = f"{shown(written)} is a time that no day has"
    raise MistakeError("bad_time", message, fix)


def weekly(value: object) -> str:
    """Read a weekday and a time of day, `sunday 02:00`; give the line of cron that means it."""
    written = " ".join(text(value, LINE_LIMIT).lower().split())
    day, _, clock = written.partition(" ")
    time = _CLOCK.fullmatch(clock)
    number = _day(day)
    if time and number is not None:
        return f"{int(time[2])} {int(time[1])} * * {number}"
    raise MistakeError(
        "bad_weekly", f"{shown(written)} is not a weekday and a time", _mend(written)
    )


def exists(local: datetime, timezone: str) -> bool:
    """Tell whether clocks there ever show this time: they skip some when they go forward."""
    zone = ZoneInfo(timezone)
    there = local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) == local


def instant(local: datetime, timezone: str, *, last: bool) -> datetime:
    """Give the first or the last instant at which clocks there show a time.

    Of one that they skip, the instant at which they would show it had they not gone forward (first)
    or had they done so before (last).
    """
    there = local.replace(tzinfo=ZoneInfo(timezone), fold=int(last))
    return there.astimezone(UTC)


def around(local: datetime, timezone: str) -> tuple[datetime, datetime]:
    """Give the times that clocks show after and before a time that they skip, as far from it."""
    zone = ZoneInfo(timezone)
    later, sooner = (
        instant(local, timezone, last=last).astimezone(zone).replace(tzinfo=None)
        for last in (False, True)
    )
    return later, sooner


def _local(written: str) -> datetime | None:
    if (parts := _LOCAL.fullmatch(written)) is None:
        return None
    try:
        return datetime.fromisoformat(f"{parts[1]} {parts[2]}")
    except ValueError:
        return None


def _day(word: str) -> int | None:
    """Find a weekday, written out or by its first three letters."""
    found = (n for n, day in enumerate(DAYS) if word in {day, day[:_ABBREVIATED]})
    return next(found, None)


def _mend(written: str) -> str:
    """Say what was meant: another order, a misspelt day, no time, or every day."""
    words = written.replace(",", " ").split()
    time = next((f"{int(m[1]):02}:{m[2]}" for w in words if (m := _CLOCK.fullmatch(w))), None)
    day = next((d for word in words if (d := _nearest(word)) is not None), None)
    if time and {"daily", "every"} & {*words} and day is None:
        hour, minute = time.split(":")
        return f'Write `cron: "{int(minute)} {int(hour)} * * *"` in place of `weekly`'
    if day is None:
        return f"Write {listed(DAYS)}, and a time, as in sunday 02:00"
    return f"Write {day} {time or '02:00'}"


def _nearest(word: str) -> str | None:
    if (number := _day(word)) is not None:
        return DAYS[number]
    return nearest(word, DAYS)
