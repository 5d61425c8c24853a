"""Tell which locations are not to be believed: their own network is broken, not what they watch.

A location says so itself where its canaries fail. Here it is found out where it fails, all alone,
most of what a quorum of the others sees passing. Its failures then abstain; its passes stay, since
a broken network makes nothing pass.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.domain.monitor import LEAST_FRESHNESS, Monitor
from tocsin.domain.outcome import Outcome, Reason, Vote
from tocsin.domain.outline import outline
from tocsin.domain.quorum import counted
from tocsin.domain.report import Report, Sighting
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Shard

LEAST = 3
"""Monitors that a location must fail alone: fewer may be rules that shut it out on purpose."""

STEADY = timedelta(minutes=5)
"""How long a location must be well before its trouble is over: one that comes and goes is told of
once."""

UNREADABLE = "sends reports that cannot be read"
"""Of a location that is silent to the judge, and not where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A location that is silent or not believed: since when, and why, as people read it.

    `well_since` is set while it seems to be well again.
    """

    since: datetime
    text: str
    well_since: datetime | None = None


def suspects(
    shard: Shard,
    reports: Mapping[str, Report],
    now: datetime,
    calm: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """Name the locations that are not believed at present, and say why.

    `calm` are monitors of which it is known already that all their locations see them passing.
    """
    found = {name: report.suspect for name, report in reports.items() if report.suspect}
    believed = {n: doubted(r, found[n]) if n in found else r for n, r in reports.items()}
    alone = _alone(shard, believed, now, calm)
    for location, (failed, passing) in alone.items():
        if location not in found and failed >= LEAST and 2 * failed >= passing:
            found[location] = f"fails {failed} of {passing} monitors that the others see passing"
    return found


def doubts(
    locations: Collection[str],
    reports: Mapping[str, Report],
    known_why: Mapping[str, str],
    before: Mapping[str, Doubt],
    now: datetime,
) -> dict[str, Doubt]:
    """Note since when each of these locations has been silent or suspected.

    `known_why` says what is wrong with a location where that is known; others may be silent.
    """
    found = {}
    for location in locations:
        known = before.get(location)
        text = known_why.get(location) or _silence(reports.get(location), now)
        if text:
            since = known.since if known is not None else now
            found[location] = Doubt(since=since, text=text)
        elif known is not None:
            well = known.well_since or now
            if now - well < STEADY:
                found[location] = replace(known, well_since=well)
    return found


def _silence(report: Report | None, now: datetime) -> str:
    if report is None:
        return "has never reported"
    if now - instant_of(report.tick) > LEAST_FRESHNESS:
        return f"has been silent since {instant_of(report.tick):%Y-%m-%d %H:%M} UTC"
    return ""


def doubted(report: Report, why: str) -> Report:
    """Let the failures of a location abstain, since it is not believed."""
    return report.changed({name: _doubted(each, why) for name, each in report.uneasy().items()})


def _doubted(sighting: Sighting, why: str) -> Sighting:
    if sighting.outcome.vote is not Vote.FAIL:
        return sighting
    outcome = Outcome(vote=Vote.ABSTAIN, reason=Reason.SUSPECT, evidence=why)
    return replace(sighting, outcome=outcome, failing_since=None)


def _alone(
    shard: Shard, reports: Mapping[str, Report], now: datetime, calm: frozenset[str]
) -> dict[str, tuple[int, int]]:
    """Count for each location what all others see passing, a quorum of them, and what it fails.

    Where another location fails too, it is not alone, and the votes decide.
    """
    failed: dict[str, int] = {}
    passing: dict[str, int] = {}
    for monitor in shard.monitors:
        if monitor.id in calm:
            continue
        votes = _votes(monitor, reports, now)
        passes = sum(vote is Vote.PASS for vote in votes.values())
        for location, vote in votes.items():
            others = passes - (vote is Vote.PASS)
            if others == len(votes) - 1 and others >= monitor.need:
                passing[location] = passing.get(location, 0) + 1
                failed[location] = failed.get(location, 0) + (vote is Vote.FAIL)
    for locations, names in outline(shard).spare.items():
        if well := len(names & calm):
            for location in locations:
                passing[location] = passing.get(location, 0) + well
    return {location: (failed.get(location, 0), seen) for location, seen in passing.items()}


def _votes(monitor: Monitor, reports: Mapping[str, Report], now: datetime) -> dict[str, Vote]:
    seen = {name: counted(monitor, reports.get(name), now) for name in monitor.locations}
    return {name: each.outcome.vote for name, each in seen.items() if each is not None}
