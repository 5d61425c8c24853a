"""Lengths of time, from the text in which they are written: `500ms`, `30s`, `5m`, `1h`, `1d`."""

import re
from datetime import timedelta

from tocsin.config.fault import MistakeError, shown
from tocsin.config.values import text
from tocsin.domain.monitor import MINUTE
from tocsin.domain.schedule import CHECK_BUDGET

DAY = timedelta(days=1)

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
