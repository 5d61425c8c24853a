"""See one monitor with all that is known of it: what `tocsin show` shows."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from tocsin.domain.incident import Incident
from tocsin.domain.outbox import Owed
from tocsin.domain.standing import Standing
from tocsin_cli.home import Home
from tocsin_cli.past import months, over
from tocsin_cli.survey import Known, Sight, sights_of

LAST = 5
"""Incidents that are over and shown."""

type Relative = tuple[str, Standing | None]
"""A monitor's name, and where it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeup:
    """One monitor.

    `owed` is what is still to be sent of its incidents, `above` what it depends on, `below` what
    depends on it, `past` its last incidents that are over.
    """

    at: datetime
    sight: Sight
    owed: tuple[Owed, ...]
    above: tuple[Relative, ...]
    below: tuple[Relative, ...]
    past: tuple[Incident, ...]


def closeup(home: Home, known: Known, name: str, now: datetime) -> Closeup:
    """Look at a monitor that is in force."""
    shard, state = next(
        (shard, state)
        for shard, state in known.shards.values()
        if any(monitor.id == name for monitor in shard.monitors)
    )
    sight = next(s for s in sights_of(home, known, shard.id, now) if s.monitor.id == name)
    below = sorted(n for n, each in known.monitors.items() if name in each.depends_on)
    return Closeup(
        at=now,
        sight=sight,
        owed=tuple(owed for owed in state.outbox if name in _about(owed)),
        above=tuple((n, known.standings.get(n)) for n in sight.monitor.depends_on),
        below=tuple((n, known.standings.get(n)) for n in below),
        past=_past(home, state.closed, sight, now),
    )


def _about(owed: Owed) -> set[str]:
    return {subject.monitor for subject in owed.alert.subjects}


def _past(
    home: Home, closed: tuple[Incident, ...], sight: Sight, now: datetime
) -> tuple[Incident, ...]:
    """Give its last incidents, the latest first; those that just ended are not in the history."""
    names = {sight.monitor.id, sight.monitor.was or sight.monitor.id}
    recent = [each for each in closed if not names.isdisjoint(each.monitors)]
    known = {each.id for each in recent}
    older = (
        each
        for each in over(home, months(now))
        if each.id not in known and not names.isdisjoint(each.monitors)
    )
    found = [*recent, *islice(older, LAST)]
    return tuple(sorted(found, key=lambda each: each.opened_at, reverse=True)[:LAST])
