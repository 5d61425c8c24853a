"""Judge a shard from what is stored now, and send what is owed.

The decision and the duty to announce it are one conditional write. What a crash leaves unsent is
found and sent by any later wake-up, under the same alert ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.judgement import Surroundings, ignored
from tocsin.domain.kinship import Kinship
from tocsin.domain.outbox import claim, claimed, unheard
from tocsin.domain.renaming import renamed
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Layout, Shard, jobs
from tocsin.domain.state import ShardState
from tocsin.domain.window import NextStart, held
from tocsin.usecases.announce import Sending, announce
from tocsin.usecases.consult import Beyond, newest_of
from tocsin.usecases.hear import Ear
from tocsin.usecases.ports import (
    Alerts,
    ConflictError,
    History,
    Quarantine,
    Reports,
    SpoiltError,
    States,
    StorageError,
    Stored,
    Time,
)
from tocsin.usecases.project import Projector, owing

ATTEMPTS = 5
"""How often a lost race for the document is run again before the wake-up is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What it takes to judge: what was reported, what is remembered, and the ways out.

    Without a `projector` nothing is written for people to read; without a `quarantine` a state
    that is spoilt is left as it is, and its shard is not judged.
    """

    reports: Reports
    ear: Ear
    states: States
    history: History
    alerts: Alerts
    next_start: NextStart
    projector: Projector | None = None
    quarantine: Quarantine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a wake-up did, for the metrics.

    `ignored` counts votes of unknown monitors or older definitions. `unreadable` names locations
    whose report did not validate and was judged as silence, `spoilt` counts the sightings in others
    that did not, by location. `quarantined` names what was put aside. `projected` is False where
    what people read could not be written; it stays owed. `outdated` says by how many versions the
    configuration is older than the state, which was then left as it is. `given_up` names incidents
    that were over and never taken by a route, `unfiled` those that the history has never got.
    `heard` is the tick of each location's newest report, `owed_since` the time of the oldest alert
    that an earlier wake-up has left owed.
    """

    shard: str
    changed: bool
    sending: Sending
    ignored: int
    unreadable: tuple[str, ...]
    projected: bool = True
    outdated: int = 0
    spoilt: tuple[tuple[str, int], ...] = ()
    quarantined: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()
    unfiled: tuple[str, ...] = ()
    heard: Mapping[str, int] = field(default_factory=dict)
    owed_since: datetime | None = None


def assess(shard: Shard, among: Layout, bench: Bench, time: Time) -> Assessment:
    """Bring a shard's state up to date and send what it owes.

    Raises ConflictError where others won every race, StorageError where a table does not answer.
    """
    aside: list[str] = []
    for _ in range(ATTEMPTS):
        # The state first: a decision on newer reports than ours then makes our write fail.
        try:
            stored = _loaded(shard.id, bench, aside, time)
        except ConflictError:
            continue
        state = renamed(shard, _filed(stored.state, bench.history))
        newest, unreadable = newest_of(shard, bench.reports, until=tick_of(time.now()) + 1)
        now = time.now()
        if any(jobs(shard)):
            newest[ENDPOINT] = bench.ear.report(shard, state.schedules, now)
        beyond = Beyond(reports=bench.reports, ear=bench.ear, states=bench.states, now=now)
        kinship = Kinship(among=among, known=beyond.known, anew=beyond.anew)
        around = Surroundings(
            leads=among.leads[shard.id],
            held=held(shard.monitors, shard.windows, now, bench.next_start),
            unreadable=frozenset(unreadable),
        )
        judged = kinship.judge(shard, newest, state, now, around)
        after = replace(judged, outbox=claim(judged.outbox, now))
        if bench.projector is not None:
            after = replace(after, unprojected=owing(stored.state, after))
        changed = after != stored.state
        if changed:
            try:
                bench.states.save(after, over=stored.revision)
            except ConflictError:
                continue
        mine = claimed(stored.state.outbox, after.outbox, now)
        sending = announce(shard.id, mine, alerts=bench.alerts, states=bench.states, time=time)
        projected = True
        if bench.projector is not None:
            projected = bench.projector.settle(shard, after, bench.states, time)
        return Assessment(
            shard=shard.id,
            changed=changed,
            sending=sending,
            ignored=ignored(shard, newest.values()),
            unreadable=unreadable,
            projected=projected,
            outdated=max(0, stored.state.config_version - shard.version),
            spoilt=tuple((name, each.spoilt) for name, each in newest.items() if each.spoilt),
            quarantined=tuple(dict.fromkeys(aside)),
            given_up=(*_given_up(state, judged), *sending.given_up),
            unfiled=_unfiled(state, judged),
            heard={name: each.tick for name, each in newest.items() if name != ENDPOINT},
            owed_since=min((owed.alert.at for owed in stored.state.outbox), default=None),
        )
    raise ConflictError(f"shard {shard.id}: lost {ATTEMPTS} races in a row")


def _loaded(shard: str, bench: Bench, aside: list[str], time: Time) -> Stored:
    """Read a shard's state; one that is spoilt is put aside, and noted, and it begins anew."""
    try:
        return bench.states.load(shard)
    except SpoiltError:
        if bench.quarantine is None:
            raise
        aside.append(bench.quarantine.put_aside(shard, time.now()))
        return bench.states.load(shard)


def _given_up(before: ShardState, after: ShardState) -> tuple[str, ...]:
    """Name what a judgement has given up: it takes nothing else out of the outbox."""
    kept = unheard(after.outbox)
    return tuple(
        f"{incident} by {route}"
        for incident, routes in unheard(before.outbox).items()
        for route in sorted(routes - kept.get(incident, frozenset()))
    )


def _unfiled(before: ShardState, after: ShardState) -> tuple[str, ...]:
    """Name the incidents that a judgement has dropped."""
    kept = {each.id for each in (*after.incidents, *after.closed)}
    known = (*before.closed, *before.incidents)
    return tuple(each.id for each in known if each.id not in kept)


def _filed(state: ShardState, history: History) -> ShardState:
    """File the incidents that are over and of which nothing is owed any more.

    They leave the state with the write of this judgement, so a crash in between files them again.
    A history that does not answer holds up no alert: they wait.
    """
    owing = {owed.alert.incident for owed in state.outbox}
    waiting = list(state.closed)
    for incident in state.closed:
        if incident.id in owing:
            continue
        try:
            history.record(incident)
        except StorageError:
            break
        waiting.remove(incident)
    if len(waiting) == len(state.closed):
        return state
    return replace(state, closed=tuple(waiting))
