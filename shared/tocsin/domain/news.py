"""What is new in the course of an incident: it fails at more locations, or for another reason.

Only what lasts is news, and not what the first minutes bring: an incident opens as soon as enough
locations fail, and the others are seldom far behind.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from tocsin.domain.incident import Incident, Picture, listed
from tocsin.domain.scene import Scene

SETTLING = timedelta(minutes=3)
"""After the opening, in which whatever comes is part of the beginning."""

LASTING = timedelta(minutes=2)
"""How long it must be so before it is told of."""

APART = timedelta(minutes=10)
"""Between two that are told of."""


def pictured(incident: Incident, scene: Scene) -> Incident:
    """Note how its monitors fail as it opens."""
    return replace(incident, pictures=tuple(_pictures(incident, scene)))


def news(incident: Incident, scene: Scene) -> tuple[Incident, tuple[str, ...], str]:
    """Note what people are to know; name the monitors of which that is news, and say what it is."""
    known = {picture.monitor: picture for picture in incident.pictures}
    seen = {each.monitor: each for each in _pictures(incident, scene)}
    if scene.now - incident.opened_at < SETTLING:
        return _known(incident, known, seen), (), ""
    unknown = {name: each for name, each in seen.items() if name not in known}
    loud = sorted(seen.keys() & known.keys() - scene.quiet)
    fresh = {name: seen[name] for name in loud if _is_news(known[name], seen[name])}
    if not fresh:
        return _known(replace(incident, news_since=None), known, unknown), (), ""
    since = incident.news_since or scene.now
    told = incident.news_at or incident.opened_at
    incident = _known(replace(incident, news_since=since), known, unknown)
    if scene.now - since < LASTING or scene.now - told < APART:
        return incident, (), ""
    text = "; ".join(_texts([(known[name], each) for name, each in fresh.items()]))
    now_so = replace(incident, news_since=None, news_at=scene.now)
    return _known(now_so, known, {**unknown, **fresh}), tuple(fresh), text


def in_short(incident: Incident) -> str:
    """Say in short what it was, for its end; nothing where that was never noted."""
    reasons = [reason for each in incident.pictures for reason in each.reasons]
    if not reasons:
        return ""
    text = _spoken(reasons)
    voters = len(incident.subjects[0].ballots)
    if len(incident.subjects) > 1 or voters <= 1:
        return text
    return f"{text} at {len(incident.pictures[0].failing)} of {voters} locations"


def _pictures(incident: Incident, scene: Scene) -> Iterator[Picture]:
    """Draw the monitors of an incident that fail now."""
    for name in sorted(incident.monitors & scene.standings.keys()):
        if failing := scene.standings[name].failing:
            yield Picture(monitor=name, failing=failing, reasons=scene.reasons(name))


def _known(incident: Incident, known: dict[str, Picture], seen: dict[str, Picture]) -> Incident:
    """Add to what people know; a location that comes and goes is known already."""
    added = {
        name: replace(each, failing=_both(known[name].failing, each.failing))
        if name in known
        else each
        for name, each in seen.items()
    }
    pictures = tuple(picture for _, picture in sorted({**known, **added}.items()))
    return replace(incident, pictures=pictures)


def _is_news(known: Picture, seen: Picture) -> bool:
    return not set(seen.failing) <= set(known.failing) or _differs(known, seen)


def _differs(known: Picture, seen: Picture) -> bool:
    """Tell whether it fails for other reasons altogether."""
    return set(seen.reasons).isdisjoint(known.reasons)


def _texts(changes: Iterable[tuple[Picture, Picture]]) -> Iterator[str]:
    changes = [*changes]
    more = {place for known, seen in changes for place in {*seen.failing} - {*known.failing}}
    if more:
        yield f"Fails at more locations: {listed(sorted(more))}"
    others = [(known, seen) for known, seen in changes if _differs(known, seen)]
    if others:
        now = _spoken(reason for _, seen in others for reason in seen.reasons)
        before = _spoken(reason for known, _ in others for reason in known.reasons)
        yield f"Fails for another reason: {now}, was {before}"


def _spoken(reasons: Iterable[str]) -> str:
    return listed([reason.replace("_", " ") for reason in sorted(set(reasons))])


def _both(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))
