"""Hold what a replay would have announced against what was announced."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tocsin.domain.incident import Alert, Event, Incident, Kind
from tocsin.domain.monitor import Route

NEAR = timedelta(hours=1)
"""How far apart one and the same incident may be: what ended before it began is another one."""


FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An incident in short: from when to when, on which routes, and about what.

    `about` names monitors, or the location.
    """

    kind: Kind
    about: tuple[str, ...]
    routes: tuple[Route, ...]
    opened_at: datetime
    ended_at: datetime | None = None

    def meets(self, other: "Episode") -> bool:
        """Tell whether both may be the same incident."""
        return (
            self.kind is other.kind
            and not set(self.about).isdisjoint(other.about)
            and self.opened_at - NEAR <= (other.ended_at or FOREVER)
            and other.opened_at - NEAR <= (self.ended_at or FOREVER)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An incident as it would have been, and as it was; either may be missing."""

    replayed: Episode | None
    was: Episode | None

    @property
    def later(self) -> timedelta | None:
        """How much later it would have been announced; less than nothing is earlier."""
        if self.replayed is None or self.was is None:
            return None
        return self.replayed.opened_at - self.was.opened_at


def episodes(alerts: Iterable[Alert]) -> list[Episode]:
    """Give the incidents that alerts tell of, in the order of their openings."""
    found: dict[str, Episode] = {}
    for alert in alerts:
        if alert.event is Event.OPENED:
            found[alert.incident] = Episode(
                kind=alert.kind,
                about=_about(alert),
                routes=alert.routes,
                opened_at=alert.opened_at,
            )
        elif alert.event is Event.RESOLVED and alert.incident in found:
            found[alert.incident] = replace(found[alert.incident], ended_at=alert.at)
    return [*found.values()]


def remembered(incidents: Iterable[Incident], begin: datetime, end: datetime) -> list[Episode]:
    """Give the incidents of the past that were opened in a time, in their order."""
    found = [
        Episode(
            kind=each.kind,
            about=_about(each),
            routes=each.routes,
            opened_at=each.opened_at,
            ended_at=each.ended_at,
        )
        for each in incidents
        if begin <= each.opened_at <= end
    ]
    return sorted(found, key=lambda each: (each.opened_at, each.kind, each.about))


def paired(replayed: Sequence[Episode], past: Sequence[Episode]) -> Iterator[Pair]:
    """Pair those of both sides that are nearest, each once, then give what has no counterpart."""
    near = sorted(
        (abs(was.opened_at - now.opened_at), i, k)
        for i, now in enumerate(replayed)
        for k, was in enumerate(past)
        if now.meets(was)
    )
    found: dict[int, int] = {}
    for _, i, k in near:
        if i not in found and k not in found.values():
            found[i] = k
    for i, now in enumerate(replayed):
        yield Pair(replayed=now, was=past[found[i]] if i in found else None)
    taken = {*found.values()}
    yield from (Pair(replayed=None, was=was) for k, was in enumerate(past) if k not in taken)


def _about(told: Alert | Incident) -> tuple[str, ...]:
    places = (trouble.location for trouble in told.troubles)
    return (*(subject.monitor for subject in told.subjects), *places)
