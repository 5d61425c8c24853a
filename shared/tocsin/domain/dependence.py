"""Shelter the monitors that are down because what they depend on is: one cause is one alert."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import Standing

type Parents = Mapping[str, tuple[str, ...]]
"""What each monitor depends on, for those that depend on any."""


def sheltered(
    names: Iterable[str], parents: Parents, standings: Mapping[str, Standing], now: datetime
) -> frozenset[str]:
    """Say of which of these monitors something that they depend on, however remotely, is down.

    `standings` has them all, those of other shards too. A parent whose quorum fails but not yet for
    long enough shelters already: its alert is on its way. So does one that goes up and down: its
    incident is open.
    """
    fallen = {n for n, each in standings.items() if _fallen(each, now)}
    if not fallen:
        return frozenset()
    return frozenset(n for n in names if not fallen.isdisjoint(above([n], parents) - {n}))


def above(names: Iterable[str], parents: Parents) -> frozenset[str]:
    """Name all that these monitors depend on, also where they depend on each other."""
    seen: set[str] = set()
    waiting = [parent for name in names for parent in parents.get(name, ())]
    while waiting:
        parent = waiting.pop()
        if parent not in seen:
            seen.add(parent)
            waiting += parents.get(parent, ())
    return frozenset(seen)


def _fallen(standing: Standing, now: datetime) -> bool:
    if standing.verdict is Verdict.PAUSED:
        return False
    return standing.held_down or standing.failed or standing.flaps(now)
