"""What one location sees failing, for people who have nothing better while nobody judges.

No quorum stands behind it, and whoever shows it says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2s

from tocsin.domain.outcome import Vote, printable
from tocsin.domain.report import Report

LASTS = 3
"""Ticks for which a view is shown: a probe that has stopped sees nothing."""

FIRM = 2
"""Ticks that a failure has lasted before it is shown: one lost packet is not."""

MOST = 100
"""Failures that an outlook names; how many there are, it always says."""

TEXT = 120
"""Characters of evidence in each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A monitor that fails, since which tick, and what was found."""

    monitor: str
    since: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a location saw of one shard in one tick: how many monitors, and what of them fails.

    `suspect` says why the location does not believe itself.
    """

    shard: str
    tick: int
    monitors: int
    failing: tuple[Failing, ...] = ()
    suspect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a location sees of all shards together; `suspect` as in a view.

    `failed` monitors fail, of which `failing` are those that failed first; `mark` is the same for
    as long as the same ones fail.
    """

    monitors: int
    failed: int = 0
    failing: tuple[Failing, ...] = ()
    mark: str = ""
    suspect: str = ""


def view(report: Report) -> View:
    """Take from a report what fails."""
    return View(
        shard=report.shard,
        tick=report.tick,
        monitors=len(report.sightings),
        failing=tuple(_failing(report)),
        suspect=report.suspect,
    )


def outlook(views: Iterable[View], tick: int) -> Outlook | None:
    """Put together what is known in this tick; None where the location has seen nothing of late."""
    fresh = [each for each in views if tick - each.tick <= LASTS]
    if not fresh:
        return None
    suspect = next((each.suspect for each in fresh if each.suspect), "")
    firm = [
        failing
        for each in fresh
        for failing in each.failing
        if each.tick - failing.since >= FIRM and not suspect
    ]
    firm.sort(key=lambda each: (each.since, each.monitor))
    names = "\n".join(sorted(each.monitor for each in firm))
    return Outlook(
        monitors=sum(each.monitors for each in fresh),
        failed=len(firm),
        failing=tuple(firm[:MOST]),
        mark=blake2s(names.encode(), digest_size=6).hexdigest() if firm else "",
        suspect=suspect,
    )


def _failing(report: Report) -> Iterator[Failing]:
    for name, sighting in report.uneasy().items():
        if sighting.outcome.vote is Vote.FAIL and sighting.failing_since is not None:
            outcome = sighting.outcome
            text = printable(f"{outcome.layer}/{outcome.reason}: {outcome.evidence}", TEXT)
            yield Failing(monitor=name, since=sighting.failing_since, text=text)
