"""Judge the serials of a zone where all locations are seen: who is behind, and for how long.

A server that gives an old serial is behind from the moment on in which anyone first saw a newer one
elsewhere. That moment is kept in the shard's state; the votes follow from it and from the reports,
so judging again, in any order, changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
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
    served = _served(_votes(monitor, reports, now))
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
    # What is still given stays, or a server that is stuck would be as young as ever in a zone that
    # changes all the time.
    given = sorted((each for each in known.values() if each.serial in served), key=_age)
    past = sorted((each for each in known.values() if each.serial not in served), key=_age)
    return tuple(sorted([*given, *reversed(past)][:REMEMBERED], key=_age))


def judged(
    monitor: Monitor,
    old: tuple[Superseded, ...],
    reports: Mapping[str, Report],
    now: datetime,
) -> Mapping[str, Report]:
    """Give the reports with the votes that follow from the serials in them."""
    votes = _votes(monitor, reports, now)
    served = _served(votes)
    if not isinstance(monitor.target, ZoneTarget) or not served:
        return reports
    since = {each.serial: each.since for each in old}
    changed = dict(reports)
    for location, sighting in votes.items():
        if sighting.outcome.vote is Vote.PASS:
            vote = _vote(monitor.target, sighting, since, served, now)
            changed[location] = reports[location].changed({monitor.id: vote})
    return changed


def _age(superseded: Superseded) -> tuple[datetime, int]:
    return superseded.since, superseded.serial


def _votes(
    monitor: Monitor, reports: Mapping[str, Report], now: datetime
) -> Mapping[str, Sighting]:
    """Give the votes that count at present, by location."""
    found = {name: counted(monitor, reports.get(name), now) for name in monitor.locations}
    return {name: sighting for name, sighting in found.items() if sighting is not None}


def _served(votes: Mapping[str, Sighting]) -> Mapping[int, tuple[str, ...]]:
    """Give the serials that anyone sees, and which locations see each."""
    found: dict[int, tuple[str, ...]] = {}
    for location, sighting in votes.items():
        for serial in set(sighting.outcome.serials.values()):
            found[serial] = (*found.get(serial, ()), location)
    return found


def _vote(
    target: ZoneTarget,
    sighting: Sighting,
    since: Mapping[int, datetime],
    served: Mapping[int, tuple[str, ...]],
    now: datetime,
) -> Sighting:
    outcome, top = sighting.outcome, newest(sorted(served))
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
    text = printable("; ".join(_sentences(outcome, late, top, served[top], now)))
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


def _sentences(
    outcome: Outcome,
    late: Mapping[str, datetime],
    top: int,
    seers: tuple[str, ...],
    now: datetime,
) -> Iterator[str]:
    """Say who is behind, the longest first, and where the newest serial is seen."""
    holders = [server for server, serial in outcome.serials.items() if serial == top]
    where = f"at {_name(min(holders))}" if holders else f"(seen from {_some(seers)})"
    groups: dict[int, list[str]] = {}
    for server in sorted(late, key=lambda server: (late[server], server)):
        groups.setdefault(outcome.serials[server], []).append(server)
    for serial, servers in groups.items():
        lag = spoken(now - late[servers[0]])
        serve = "serves" if len(servers) == 1 else "serve"
        yield f"{_some(map(_place, servers))} {serve} {serial}, {lag} behind {top} {where}"


def _some(names: Iterable[str]) -> str:
    first, *others = names
    if len(others) > 1:
        return f"{first} and {len(others)} others"
    return " and ".join([first, *others])


def _name(server: str) -> str:
    return server.partition(" ")[0]


def _place(server: str) -> str:
    name, _, address = server.partition(" ")
    return f"{name} ({address})"
