"""Lengths of time, from the text in which they are written: `500ms`, `30s`, `5m`, `1h`, `1d`."""

import re
from datetime import timedelta

from tocsin.config.fault import MistakeError, shown
from tocsin.config.values import text
from tocsin.domain.monitor import MINUTE
from tocsin.domain.schedule import CHECK_BUDGET

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
YEAR = timedelta(days=366)
TTL_LIMIT = timedelta(days=7)

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]{1,6})(ms|s|m|h|d)")


def duration(value: object, units: tuple[str, str] = ("s", "m")) -> timedelta:
    """Read `500ms`, `30s`, `5m`, `1h` or `1d`; `units` are those that a bare number may mean."""
    written = text(value)
    match = _DURATION.fullmatch(written)
    if match is None:
        digits = re.fullmatch(r"[0-9]{1,6}", written)
        message = f"{shown(written)} is not a duration"
        fix = (
            f"Add the unit: {' or '.join(f'{written}{unit}' for unit in units)}"
            if digits
            else f"Write it like 30{units[0]}, 5{units[1]}, 1h or 1d"
        )
        raise MistakeError("bad_duration", message, fix)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def interval(value: object) -> timedelta:
    """Read an interval: whole minutes, from one minute to one day."""
    length = duration(value)
    if length < MINUTE:
        message = f"{shown(text(value))} is under one minute, and probes wake once a minute"
        raise MistakeError("short_interval", message, "Write 1m or more")
    if length % MINUTE or length > DAY:
        message = f"{shown(text(value))} is not a whole number of minutes up to one day"
        minutes = min(length, DAY) // MINUTE
        raise MistakeError("bad_interval", message, f"Write {minutes}m or another whole number")
    return length


def timeout(value: object) -> timedelta:
    """Read the time that one attempt may take."""
    length = duration(value)
    if not timedelta() < length <= CHECK_BUDGET:
        message = f"{shown(text(value))} is no time for one attempt"
        fix = f"Write more than 0s and at most {CHECK_BUDGET.seconds}s"
        raise MistakeError("bad_timeout", message, fix)
    return length


def hold(value: object) -> timedelta:
    """Read how long a fault or a recovery must last, from nothing to a day."""
    length = duration(value)
    if length > DAY:
        message = f"{shown(text(value))} is longer than one day"
        raise MistakeError("bad_duration", message, "Write 1d or less")
    return length


def threshold(value: object) -> timedelta:
    """Read the time above which a target is slow."""
    length = duration(value, ("ms", "s"))
    if not length:
        message = f"{shown(text(value))} would call everything slow"
        raise MistakeError("bad_duration", message, "Write more than 0s, or remove the key")
    return length


def ttl(value: object) -> int:
    """Read a TTL that answers must have: whole seconds, at most a week."""
    length = duration(value)
    if length < SECOND or length % SECOND:
        message = f"{shown(text(value))} is no TTL, which is whole seconds"
        raise MistakeError("bad_ttl", message, "Write 1s or more, such as 5m")
    if length > TTL_LIMIT:
        message = f"{shown(text(value))} is longer than servers keep a record"
        raise MistakeError("bad_ttl", message, "Write 7d or less")
    return length // SECOND


def lag(value: object) -> timedelta:
    """Read how long a server may be behind."""
    length = duration(value, ("m", "h"))
    if not MINUTE <= length <= TTL_LIMIT:
        message = f"{shown(text(value))} is no time that a server may be behind"
        raise MistakeError("bad_duration", message, "Write from 1m to 7d")
    return length


def period(value: object) -> timedelta:
    """Read how often a job runs, or for how long: from a minute to a year."""
    length = duration(value, ("m", "h"))
    if length < MINUTE:
        message = f"{shown(text(value))} is under one minute, and jobs are looked at once a minute"
        raise MistakeError("short_period", message, "Write 1m or more")
    return _within_a_year(value, length)


def grace(value: object) -> timedelta:
    """Read how late a job may be: at least a little, for to report takes time."""
    length = duration(value, ("m", "h"))
    if not length:
        message = f"{shown(text(value))} would call every job late"
        raise MistakeError("bad_duration", message, "Write more than 0s, such as 5m")
    return _within_a_year(value, length)


def window(value: object) -> timedelta:
    """Read how long a maintenance window lasts: whole minutes, up to a year."""
    length = duration(value, ("m", "h"))
    if length < MINUTE or length % MINUTE:
        message = f"{shown(text(value))} is not a whole number of minutes"
        minutes = max(1, length // MINUTE)
        raise MistakeError("bad_duration", message, f"Write {minutes}m or another whole number")
    return _within_a_year(value, length)


def spelt(length: timedelta) -> str:
    """Write a duration as the file has it, in its largest whole unit."""
    units = ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"))
    for unit, letter in units:
        if length and not length % unit:
            return f"{length // unit}{letter}"
    return f"{length / timedelta(milliseconds=1):g}ms" if length else "0s"


def _within_a_year(value: object, length: timedelta) -> timedelta:
    if length > YEAR:
        message = f"{shown(text(value))} is longer than a year"
        raise MistakeError("bad_duration", message, "Write 366d or less")
    return length
