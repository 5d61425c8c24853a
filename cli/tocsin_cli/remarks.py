"""What people read beside a verdict or an incident: who said what of it, and what holds it."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tocsin.domain.control import Said, Silence
from tocsin.domain.incident import Incident
from tocsin.domain.quorum import Verdict
from tocsin.domain.spans import spoken
from tocsin.domain.suspicion import Doubt
from tocsin.messages.voting import notes
from tocsin.messages.words import clock
from tocsin_cli.survey import Opening, Sight

SOON = "takes effect within a minute"
"""Of every order: the aggregator's next judgement draws the conclusions."""


def beside(sight: Sight, now: datetime) -> str:
    """Say beside a monitor's verdict all that there is to say."""
    verdict = sight.standing.verdict if sight.standing else Verdict.UNKNOWN
    said = [notes(verdict, sight.ballots, sight.slow, now)] if sight.paused is None else []
    return "; ".join(filter(None, (*said, *_course(sight, now), *holds(sight, now))))


def holds(sight: Sight, now: datetime) -> Iterator[str]:
    """Say what holds a monitor's alerts."""
    verdict = sight.standing.verdict if sight.standing else Verdict.UNKNOWN
    paused = verdict is Verdict.PAUSED
    if sight.paused is not None:
        yield f"paused {who(sight.paused, now)}" + ("" if paused else f", {SOON}")
    elif paused:
        yield f"resumed, {SOON}"
    yield from (silence(each, now) for each in sight.silences)
    yield from (maintenance(each, now) for each in sight.windows)
    if sight.behind and verdict is not Verdict.UP:
        yield f"waits behind {', '.join(sight.behind)}"


def silence(each: Silence, now: datetime) -> str:
    """Say until when alerts are silenced, and by whom."""
    return f"silenced until {clock(each.until, now)} UTC {who(each.said, now)}"


def maintenance(each: Opening, now: datetime) -> str:
    """Say until when a maintenance window is open."""
    return f"in maintenance until {clock(each.until, now)} UTC"


def taken_on(incident: Incident, now: datetime) -> Iterator[str]:
    """Say of an incident who takes care of it, and whether it goes up and down."""
    if incident.acknowledged is not None:
        yield f"acknowledged {who(incident.acknowledged, now)}"
    if incident.flapping:
        yield "flapping"


def about(incident: Incident) -> str:
    """Name what an incident is about: its monitors, or its locations."""
    places = [f"location {trouble.location}" for trouble in incident.troubles]
    return ", ".join([*sorted(incident.monitors), *places])


def scope(monitors: Iterable[str], tags: Iterable[str]) -> str:
    """Say what a silence or a window is about: `db, web, tag shop`."""
    return ", ".join([*monitors, *(f"tag {tag}" for tag in tags)]) or "all monitors"


def who(said: Said, now: datetime) -> str:
    """Say who said something, how long ago, and why: `by alice 5 min ago (a disk is full)`."""
    note = f" ({said.note})" if said.note else ""
    return f"by {said.by} {spoken(now - said.at)} ago{note}"


def doubt(location: str, each: Doubt, now: datetime) -> str:
    """Say that a location does not see, since when, and why."""
    well = f", well again for {spoken(now - each.well_since)}" if each.well_since else ""
    return f"location {location}, for {spoken(now - each.since)}: {each.text}{well}"


def _course(sight: Sight, now: datetime) -> Iterator[str]:
    """Say who has taken it on, once for all its incidents, and whether it flaps."""
    said = [remark for incident in sight.incidents for remark in taken_on(incident, now)]
    if sight.standing is not None and sight.standing.flaps(now):
        said.append("flapping")
    yield from dict.fromkeys(said)
