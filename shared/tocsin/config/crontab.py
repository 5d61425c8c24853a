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
        "day-of-month": "days from 1 to 31, or L for the last",
        "month": "months from 1 to 12, or JAN to DEC",
        "day-of-week": "weekdays from 0 to 7, or SUN to SAT",
    }
)
_AWS = re.compile(r"cron\((.*)\)", re.IGNORECASE)
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_LOOKED_AT = 32
"""Times at which a job is due that show how far they are apart."""


def line(value: object) -> str:
    """Read five fields: minute, hour, day of the month, month, day of the week."""
    written = text(value, LINE_LIMIT)
    words = written.split()
    found = " ".join(words)
    if mend := _MACROS.get(found.lower()):
        raise MistakeError("bad_cron", f"{shown(found)} is a word of some crons", f"Write {mend}")
    if len(words) != FIELDS:
        raise MistakeError("bad_cron", *_miscounted(found, words))
    if (wrong := _wrong(found)) is None:
        return found
    if wrong == "day-of-month" and _wrong(" ".join((*words[:3], "*", words[4]))) is None:
        fix = "Write a day that the month has; L is its last"
        raise MistakeError("never_due", f"{shown(found)} is a day that never comes", fix)
    fix = f"Write {_RANGES[wrong]}; ranges as 1-5, steps as */15, lists as 1,2"
    raise MistakeError("bad_cron", f"the {wrong} of {shown(found)} means nothing", fix)


def zone(value: object) -> str:
    """Read the name of a time zone, as in Europe/Berlin."""
    written = text(value)
    if written in zones():
        return written
    names = {name.lower(): name for name in zones()}
    cities = {name.rpartition("/")[2]: name for name in names}
    known = {**cities, **{name: name for name in names}}
    guess = nearest(written.replace(" ", "_"), tuple(known))
    fix = f"Write {names[known[guess]]}" if guess else "Write a name such as Europe/Berlin or UTC"
    raise MistakeError("unknown_timezone", f"{shown(written)} is not a time zone", fix)


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


def _wrong(found: str) -> str | None:
    """Name the field that keeps a line from meaning anything."""
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - as above

    try:
        due = next(CronSim(found, _BEGIN), None)
    except CronSimError as error:
        return str(error).removeprefix("Bad ")
    return "day-of-month" if due is None else None


def _miscounted(found: str, words: list[str]) -> tuple[str, str]:
    """Say what is wrong with a line that has not five fields, and what was meant by it."""
    message = f"{shown(found)} has {len(words)} field{'s' * (len(words) != 1)}, and cron has five"
    if found.lower() == "@reboot":
        return f"{shown(found)} is no time", "Write `period:` in place of `cron:`"
    if (aws := _AWS.fullmatch(found)) is not None:
        words = aws[1].split()[:FIELDS]
    first, last = words[:FIELDS], words[-FIELDS:]
    if len(words) == FIELDS + 1 and _sound(last):
        return f"{message}: no seconds", f"Write {_plain(last)}"
    if len(words) >= FIELDS and _sound(first):
        return message, f"Write {_plain(first)}"
    return message, "Write minute, hour, day of the month, month and weekday, as in 0 3 * * *"


def _sound(words: list[str]) -> bool:
    return _plain(words).isascii() and _wrong(_plain(words)) is None


def _plain(words: list[str]) -> str:
    """Write `?`, which other crons have, as cron has it."""
    return " ".join("*" if word == "?" else word for word in words)
