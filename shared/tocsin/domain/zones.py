"""Judge the serials of a zone where all locations are seen: who is behind, and for how long.

A server that gives an old serial is behind from the moment on in which anyone first saw a newer one
elsewhere. That moment is kept in the shard's state; the votes follow from it and from the reports,
so judging again, in any order, changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce

from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote, printable
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.quorum import counted
from tocsin.domain.report import Report, Sighting
from tocsin.domain.schedule import tick_of
from tocsin.domain.spans import spoken

REMEMBERED = 32
"""Old serials of a zone that are remembered, the latest."""

FORGOTTEN_AFTER = timedelta(days=1)
"""How long one is remembered that nobody gives any more: it may come back, and is then as old."""

_HALF = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A serial, and when a newer one was first seen."""

    serial: int
    since: datetime


def behind(serial: int, other: int) -> bool:
    """Tell whether a serial is older than another, by RFC 1982."""
    return 0 < (other - serial) % (1 << 32) < _HALF


def newest(serials: Iterable[int]) -> int:
    """Give the newest of some serials, of which there is one at least."""
    return reduce(lambda top, each: each if behind(top, each) else top, serials)


def remembered(
    before: tuple[Superseded, ...], monitor: Monitor, reports: Mapping[str, Report], now: datetime
) -> tuple[Superseded, ...]:
    """Note since when each serial that someone gives now has been an old one."""
    served = _served(monitor, reports, now)
    if not served:
        return before
    top = newest(sorted(served))
    known = {
        each.serial: each
        for each in before
        if behind(each.serial, top)
        and (each.serial in served or now - each.since < FORGOTTEN_AFTER)
    }
    for serial in served:
        if behind(serial, top):
            known.setdefault(serial, Superseded(serial=serial, since=now))
    latest = sorted(known.values(), key=lambda each: (each.since, each.serial))
    return tuple(latest[-REMEMBERED:])


def judged(
    monitor: Monitor,
    old: tuple[Superseded, ...],
    reports: Mapping[str, Report],
    now: datetime,
) -> Mapping[str, Report]:
    """Give the reports with the votes that follow from the serials in them."""
    served = _served(monitor, reports, now)
    if not isinstance(monitor.target, ZoneTarget) or not served:
        return reports
    top = newest(sorted(served))
    since = {each.serial: each.since for each in old}
    changed = dict(reports)
    for location in monitor.locations:
        report = reports.get(location)
        sighting = counted(monitor, report, now)
        if report is None or sighting is None or sighting.outcome.vote is not Vote.PASS:
            continue
        vote = _vote(monitor.target, sighting, since, top, now)
        if vote is not sighting:
            sightings = {**report.sightings, monitor.id: vote}
            changed[location] = replace(report, sightings=sightings)
    return changed


def _served(monitor: Monitor, reports: Mapping[str, Report], now: datetime) -> frozenset[int]:
    """Give the serials that anyone sees at present."""
    found = (counted(monitor, reports.get(location), now) for location in monitor.locations)
    return frozenset(s for each in found if each is not None for s in each.outcome.serials.values())


def _vote(
    target: ZoneTarget,
    sighting: Sighting,
    since: Mapping[int, datetime],
    top: int,
    now: datetime,
) -> Sighting:
    outcome = sighting.outcome
    late = {
        server: since[serial]
        for server, serial in outcome.serials.items()
        if serial in since and behind(serial, top) and now - since[serial] > target.serial_lag
    }
    if not late:
        if outcome.warning is not Reason.SERIAL_BEHIND:
            return sighting
        return replace(sighting, outcome=replace(outcome, warning=None))
    first = min(late.values())
    text = printable("; ".join(_sentence(server, outcome, late, top, now) for server in late))
    if target.servers is not None and len(outcome.serials) - len(late) >= target.servers:
        warned = replace(outcome, warning=Reason.SERIAL_BEHIND, evidence=text)
        return replace(sighting, outcome=warned)
    failed = replace(
        outcome,
        vote=Vote.FAIL,
        layer=Layer.CONTENT,
        reason=Reason.SERIAL_BEHIND,
        evidence=text,
        warning=None,
    )
    begun = min(tick_of(first + target.serial_lag), sighting.checked_at)
    return replace(sighting, outcome=failed, failing_since=begun)


def _sentence(
    server: str, outcome: Outcome, late: Mapping[str, datetime], top: int, now: datetime
) -> str:
    name, _, address = server.partition(" ")
    lag = spoken(now - late[server])
    return f"{name} ({address}) serves {outcome.serials[server]}, {lag} behind {top}"
