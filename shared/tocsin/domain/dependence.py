"""Shelter the monitors that are down because what they depend on is: one cause is one alert."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import Standing


def sheltered(
    monitors: Iterable[Monitor], standings: Mapping[str, Standing], now: datetime
) -> frozenset[str]:
    """Name the monitors of which something that they depend on, however remotely, is down.

    `standings` has them all, those of other shards too. A parent whose quorum fails but not yet for
    long enough shelters already: its alert is on its way. So does one that goes up and down: its
    incident is open.
    """
    parents = {monitor.id: monitor.depends_on for monitor in monitors if monitor.depends_on}
    fallen = {n for n, each in standings.items() if _fallen(each, now)}
    if not fallen:
        return frozenset()
    return frozenset(n for n in parents if any(a in fallen for a in _above(n, parents)))


def _fallen(standing: Standing, now: datetime) -> bool:
    if standing.verdict is Verdict.PAUSED:
        return False
    return standing.held_down or standing.failed or standing.flaps(now)


def _above(name: str, parents: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Give all that a monitor depends on, once each, also where they depend on each other."""
    seen = {name}
    waiting = list(parents.get(name, ()))
    while waiting:
        parent = waiting.pop()
        if parent in seen:
            continue
        seen.add(parent)
        yield parent
        waiting += parents.get(parent, ())
