"""Judge a shard: where its monitors stand, which incidents are open, and the alerts still owed.

`judge` looks at what is, not at what changed, so wake-ups may be lost, doubled or reordered: the
same reports at the same time give the same state, and judging that state again changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tocsin.domain.control import silenced
from tocsin.domain.course import closed, continued, ending
from tocsin.domain.dependence import Parents, sheltered
from tocsin.domain.heartbeat import scheduled
from tocsin.domain.incident import Alert, Event, Incident, announced
from tocsin.domain.monitor import Monitor
from tocsin.domain.news import in_short
from tocsin.domain.openings import openings
from tocsin.domain.outbox import Owed, bounded, unheard
from tocsin.domain.outline import Outline, outline
from tocsin.domain.quorum import Verdict, count
from tocsin.domain.renaming import renamed
from tocsin.domain.report import Report
from tocsin.domain.roll import calm
from tocsin.domain.scene import Scene
from tocsin.domain.shard import Shard
from tocsin.domain.standing import Standing, resting, stand
from tocsin.domain.state import ShardState
from tocsin.domain.suspicion import UNREADABLE, doubted, doubts, suspects
from tocsin.domain.zones import Superseded, judged, remembered

HEARD_OF = timedelta(minutes=10)
"""How long a pause of an unknown monitor is kept: a newer configuration may know it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a judgement takes from outside its shard.

    `leads` are the locations whose own troubles this shard announces, `elsewhere` the standings of
    monitors in other shards that some in this one depend on, however remotely, `parents` what those
    depend on, `held` the monitors in a maintenance window, `unreadable` the locations whose newest
    report cannot be read.
    """

    leads: frozenset[str] = frozenset()
    parents: Parents = field(default_factory=dict)
    elsewhere: Mapping[str, Standing] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()


NONE: frozenset[str] = frozenset()

ALONE = Surroundings()
"""Of a shard that has nothing around it."""


def judge(
    shard: Shard,
    reports: Mapping[str, Report],
    state: ShardState,
    now: datetime,
    around: Surroundings = ALONE,
) -> ShardState:
    """Give the state that follows from the newest report of each location, at this time."""
    if shard.version < state.config_version:
        return state  # somebody has judged under a newer configuration already
    state = renamed(shard, state)
    sketch = outline(shard)
    serials = _serials(sketch, reports, state, now)
    at_ease = calm(shard, reports, now)
    suspected = suspects(shard, reports, now, at_ease)
    believed = _believed(sketch, reports, serials, suspected, now)
    restless = _restless(sketch, state, at_ease)
    changing = _standings(restless, believed, state, now)
    under = _sheltered(sketch, changing, around, now) if sketch.hanging else NONE
    standings = _ordered(sketch, {**state.standings, **changing})
    places = sketch.places
    garbled = dict.fromkeys(around.unreadable, UNREADABLE)
    scene = Scene(
        shard=shard,
        reports=believed,
        standings=_freed(standings, {*changing, *under}, state, under, now),
        quiet=around.held | silenced(shard.monitors, state.silences, now),
        sheltered=under,
        places=places,
        doubts=doubts(places, reports, {**garbled, **suspected}, state.doubts, now),
        leads=around.leads & places,
        now=now,
    )
    incidents, over, alerts = _incidents(state, scene)
    outbox, waiting = bounded(
        (*state.outbox, *(Owed(alert=alert, routes=alert.routes) for alert in alerts)),
        (*state.closed, *over),
        monitors=len(shard.monitors),
        now=now,
    )
    return ShardState(
        shard=shard.id,
        config_version=shard.version,
        standings=scene.standings,
        incidents=incidents,
        closed=waiting,
        outbox=outbox,
        serials=serials,
        schedules=scheduled(state.schedules, sketch.jobs, now),
        paused={
            name: said
            for name, said in state.paused.items()
            if name in standings or now - said.at < HEARD_OF
        },
        silences=tuple(each for each in state.silences if now < each.until),
        doubts=scene.doubts,
        unprojected=state.unprojected,
        rolled=state.rolled,
    )


def ignored(shard: Shard, reports: Iterable[Report]) -> int:
    """Count the votes that cannot count: of unknown monitors, or under an older definition."""
    monitors = outline(shard).monitors
    later = max((monitor.changed_in for monitor in shard.monitors), default=0)
    count = 0
    for report in reports:
        count += sum(name not in monitors for name in report.sightings)
        if report.config_version < later:
            known = (monitors[name] for name in report.sightings if name in monitors)
            count += sum(report.config_version < monitor.changed_in for monitor in known)
    return count


def _serials(
    sketch: Outline, reports: Mapping[str, Report], state: ShardState, now: datetime
) -> dict[str, tuple[Superseded, ...]]:
    """Remember the old serials of each zone in the shard."""
    return {
        monitor.id: remembered(state.serials.get(monitor.id, ()), monitor, reports, now)
        for monitor in sketch.zones
    }


def _believed(
    sketch: Outline,
    reports: Mapping[str, Report],
    serials: Mapping[str, tuple[Superseded, ...]],
    suspected: Mapping[str, str],
    now: datetime,
) -> Mapping[str, Report]:
    """Give the reports with the votes that follow from all of them."""
    for monitor in sketch.zones:
        reports = judged(monitor, serials[monitor.id], reports, now)
    return {
        name: doubted(report, suspected[name]) if name in suspected else report
        for name, report in reports.items()
    }


def _restless(sketch: Outline, state: ShardState, at_ease: frozenset[str]) -> Mapping[str, Monitor]:
    """Give the monitors of which more is to say than that they are as they were."""
    quiet = resting(at_ease.difference(state.paused), state.standings)
    return {name: each for name, each in sketch.monitors.items() if name not in quiet}


def _standings(
    restless: Mapping[str, Monitor],
    reports: Mapping[str, Report],
    state: ShardState,
    now: datetime,
) -> dict[str, Standing]:
    return {
        name: _paused(state.standings.get(name), now)
        if name in state.paused
        else _stand(monitor, reports, state.standings.get(name), now)
        for name, monitor in restless.items()
    }


def _ordered(sketch: Outline, standings: Mapping[str, Standing]) -> Mapping[str, Standing]:
    """Give them in the order of the shard, without those that are no longer in it."""
    if [*standings] == [*sketch.monitors]:
        return standings
    return {name: standings[name] for name in sketch.monitors}


def _stand(
    monitor: Monitor, reports: Mapping[str, Report], before: Standing | None, now: datetime
) -> Standing:
    return stand(monitor, count(monitor, reports, now), before, now)


def _sheltered(
    sketch: Outline, standings: Mapping[str, Standing], around: Surroundings, now: datetime
) -> frozenset[str]:
    known = {**around.elsewhere, **standings}
    return sheltered(sketch.hanging, {**around.parents, **sketch.hanging}, known, now)


def _paused(before: Standing | None, now: datetime) -> Standing:
    since = before.since if before and before.verdict is Verdict.PAUSED else now
    return Standing(verdict=Verdict.PAUSED, since=since)


def _freed(
    standings: Mapping[str, Standing],
    changing: Collection[str],
    state: ShardState,
    under: frozenset[str],
    now: datetime,
) -> Mapping[str, Standing]:
    """Note of what is down under something else, and since when it is so no longer."""
    found = dict(standings)
    for name in changing:
        standing = standings[name]
        before = state.standings.get(name)
        freed = before.freed_at if before is not None else None
        if before is not None and before.sheltered and name not in under:
            freed = now
        if name in under or standing.verdict is Verdict.UP:
            freed = None
        if standing.sheltered != (name in under) or standing.freed_at != freed:
            found[name] = replace(standing, sheltered=name in under, freed_at=freed)
    return found


def _incidents(
    state: ShardState, scene: Scene
) -> tuple[tuple[Incident, ...], tuple[Incident, ...], tuple[Alert, ...]]:
    """Give the incidents that are open now, those that are over, and what is to be told."""
    lasting: list[Incident] = []
    over: list[Incident] = []
    told: list[Alert] = []
    owing = unheard(state.outbox)
    for incident in state.incidents:
        if (how := ending(incident, scene)) is not None:
            over.append(closed(incident, how, scene))
        else:
            now_so, alerts = continued(incident, scene, owing.get(incident.id, frozenset()))
            lasting.append(now_so)
            told += alerts
    fresh = tuple(openings(lasting, scene))
    ends = (
        announced(incident, Event.RESOLVED, scene.now, note=in_short(incident)) for incident in over
    )
    beginnings = (announced(incident, Event.OPENED, scene.now) for incident in fresh)
    return (*lasting, *fresh), tuple(over), (*ends, *told, *beginnings)
