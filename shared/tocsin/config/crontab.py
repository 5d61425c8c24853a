"""When a job is due: a line of cron, and the time zone in which it is read.

`cronsim` says what a line means, here as in the aggregator; it is imported where there is a line.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from itertools import islice, pairwise
from types import MappingProxyType

from tocsin.config.fault import MistakeError, nearest, shown
from tocsin.config.values import text
from tocsin.domain.monitor import MINUTE

FIELDS = 5
LINE_LIMIT = 200
_MACROS = MappingProxyType(
    {
        "@hourly": "0 * * * *",
        "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *",
        "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *",
        "@annually": "0 0 1 1 *",
    }
)
_RANGES = MappingProxyType(
    {
        "minute": "minutes from 0 to 59",
        "hour": "hours from 0 to 23",
        "day-of-month": "days from 1 to 31, L for the last or LW for the last weekday",
        "month": "months from 1 to 12, or JAN to DEC",
        "day-of-week": "weekdays from 0 to 7 or SUN to SAT, 5L for the last Friday",
    }
)
_LIKE = 'Write minute, hour, day of the month, month and weekday, as in "0 3 * * *"'
_AWS = re.compile(r"cron\((.*)\)", re.IGNORECASE)
_AWS_DAY = re.compile(r"(?<![#/0-9])[1-7](?![0-9])")
_EVERY = re.compile(r"(?:@every\s+|rate\()([0-9]+) ?(h|m|hour|minute|day)s?\)?", re.IGNORECASE)
_OFFSET = re.compile(r"(?:UTC|GMT)?[+-].*", re.IGNORECASE)
_ABBREVIATED = 4
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_SATURDAY = datetime(2024, 1, 6, tzinfo=UTC)
_LEAPS = 1000
"""Beginnings that are looked at for a gap between them, first of all on a weekend."""
_LOOKED_AT = 32
"""Times at which a job is due that show how far they are apart."""


def line(value: object, *, job: bool = True) -> str:
    """Read five fields: minute, hour, day of the month, month, day of the week; or `@daily`.

    Only a `job` may be due once in a period instead.
    """
    written = text(value, LINE_LIMIT)
    words = written.split()
    found = " ".join(words)
    if meant := _MACROS.get(found.lower()):
        return meant
    if len(words) != FIELDS:
        raise MistakeError("bad_cron", *_miscounted(found, words, job=job))
    if (wrong := _wrong(found)) is None:
        return found
    if wrong == "day-of-month" and _wrong(" ".join((*words[:3], "*", words[4]))) is None:
        fix = "Write a day that the month has; L is its last"
        message = f"{shown(found)} never comes, for its months have no such day"
        raise MistakeError("never_due", message, fix)
    if "?" in words and _sound(plain := _plain(words)):
        fix = f"Write {_quoted(plain)}"
        raise MistakeError("bad_cron", f"{shown(found)} has a `?`, and cron has none", fix)
    fix = f"Write {_RANGES[wrong]}; upward ranges as 1-5, steps as */15, lists as 1,2"
    raise MistakeError("bad_cron", f"the {wrong} of {shown(found)} means nothing", fix)


def zone(value: object) -> str:
    """Read the name of a time zone, as in Europe/Berlin."""
    written = text(value)
    if written in zones():
        return written
    message = f"{shown(written)} is not a time zone"
    fix = "Write the name of a place in it, as in Europe/Berlin, or UTC"
    if _OFFSET.fullmatch(written):
        message = f"{shown(written)} is an offset, and clocks change theirs"
    elif guess := _nearest_zone(written):
        fix = f"Write {guess}"
    raise MistakeError("unknown_timezone", message, fix)


@lru_cache(maxsize=4096)
def _nearest_zone(written: str) -> str | None:
    """Guess from the name or its last part; short forms are too like one another to be guessed."""
    known = _known()
    meant = written.replace(" ", "_").lower()
    guess = meant if len(meant) <= _ABBREVIATED else nearest(meant, tuple(known))
    return known.get(guess or "")


@cache
def _known() -> dict[str, str]:
    cities = {name.rpartition("/")[2].lower(): name for name in sorted(zones())}
    return cities | {name.lower(): name for name in zones()}


@cache
def zones() -> frozenset[str]:
    """Give the names of time zones that are known where jobs are judged."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


@lru_cache(maxsize=4096)
def shortest_gap(checked: str) -> timedelta:
    """Say how soon after it was due a job is due again, at the soonest."""
    from cronsim import CronSim  # noqa: PLC0415 - only where there is a line of cron

    times = tuple(islice(CronSim(checked, _BEGIN), _LOOKED_AT))
    return min((later - former for former, later in pairwise(times)), default=timedelta.max)


@lru_cache(maxsize=4096)
def always_within(checked: str, length: timedelta) -> bool:
    """Tell whether what begins at these times, and lasts so many minutes, is under way always."""
    from cronsim import CronSim  # noqa: PLC0415 - as above

    at = _SATURDAY
    for _ in range(_LEAPS):
        last = next(CronSim(checked, at + length + MINUTE, reverse=True))
        if last <= at:
            return False  # nothing begins before the one that began then has ended
        at = last
    return True


@lru_cache(maxsize=4096)
def _wrong(found: str) -> str | None:
    """Name the field that keeps a line from meaning anything."""
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - as above

    try:
        due = next(CronSim(found, _BEGIN), None)
    except CronSimError as error:
        return str(error).removeprefix("Bad ")
    return "day-of-month" if due is None else None


def _miscounted(found: str, words: list[str], *, job: bool) -> tuple[str, str]:
    """Say what is wrong with a line that has not five fields, and what was meant by it."""
    message = f"{shown(found)} has {len(words)} field{'s' * (len(words) != 1)}, and cron has five"
    if found.lower() == "@reboot":
        fix = "Write `period:` in place of `cron:`" if job else _LIKE
        return f"{shown(found)} is no time", fix
    if job and (every := _EVERY.fullmatch(found)) is not None:
        period = f"period: {every[1]}{every[2][0].lower()}"
        return f"{shown(found)} is no line of cron", f"Write `{period}` in place of `cron:`"
    if (aws := _AWS.fullmatch(found)) is not None:
        words = aws[1].split()
    meant = _meant(words, aws=aws is not None)
    if meant is not None and _sound(meant):
        return message, f"Write {_quoted(meant)}"
    return message, _LIKE


def _meant(words: list[str], *, aws: bool) -> list[str] | None:
    """Find the five fields in a line that has more of them, as others have."""
    first, last = words[:FIELDS], words[-FIELDS:]
    if len(words) < FIELDS:
        return None
    if aws or "?" in (words[2], words[4]):  # a year at the end, and days from Sunday, 1, on
        first[4] = _AWS_DAY.sub(lambda day: str(int(day[0]) - 1), first[4])
        return _plain(first)
    if len(words) == FIELDS + 1 and _sound(_plain(last)):  # seconds at the beginning
        # Where `?` is known, some count the days from 0 and some from 1.
        return None if "?" in words and re.search("[0-7]", last[4]) else _plain(last)
    return first


def _sound(words: list[str]) -> bool:
    return _wrong(" ".join(words)) is None


def _quoted(words: list[str]) -> str:
    """Write a line as YAML has it: many begin with `*`, which means something else there."""
    return f'"{" ".join(words)}"'


def _plain(words: list[str]) -> list[str]:
    """Write `?`, which other crons have for any day, as cron has it."""
    return ["*" if word == "?" else word for word in words]
