"""Judge a shard from what is stored now, and send what is owed.

The decision and the duty to announce it are one conditional write. What a crash leaves unsent is
found and sent by any later wake-up, under the same alert ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.judgement import Surroundings, ignored, judge
from tocsin.domain.outbox import CLAIM, claim
from tocsin.domain.report import Report
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Layout, Shard, jobs
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.window import NextStart, held
from tocsin.usecases.announce import Sending, announce
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
    UnreadableError,
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

    `ignored` counts votes of unknown monitors or older definitions, `unreadable` the reports that
    did not validate and were judged as silence, `spoilt` the sightings in others that did not, by
    location, `heard` is the tick of each location's newest report. `quarantined` names what was put
    aside. `projected` is False where what people read could not be written; it stays owed.
    """

    shard: str
    changed: bool
    sending: Sending
    ignored: int
    unreadable: int
    projected: bool = True
    spoilt: tuple[tuple[str, int], ...] = ()
    quarantined: tuple[str, ...] = ()
    heard: Mapping[str, int] = field(default_factory=dict)


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
        state = _filed(stored.state, bench.history)
        newest, unreadable = _newest(shard, bench.reports, until=tick_of(time.now()) + 1)
        now = time.now()
        if any(jobs(shard)):
            newest[ENDPOINT] = bench.ear.report(shard, state.schedules, now)
        around = Surroundings(
            leads=among.leads[shard.id],
            elsewhere=_elsewhere(among.parents[shard.id], bench.states),
            held=held(shard.monitors, shard.windows, now, bench.next_start),
        )
        judged = judge(shard, newest, state, now, around)
        after = replace(judged, outbox=claim(judged.outbox, now))
        if bench.projector is not None:
            after = replace(after, unprojected=owing(stored.state, after))
        changed = after != stored.state
        if changed:
            try:
                bench.states.save(after, over=stored.revision)
            except ConflictError:
                continue
        mine = tuple(
            owed
            for owed in after.outbox
            if owed.claimed_until == now + CLAIM and owed not in stored.state.outbox
        )
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
            spoilt=tuple((name, each.spoilt) for name, each in newest.items() if each.spoilt),
            quarantined=tuple(dict.fromkeys(aside)),
            heard={name: each.tick for name, each in newest.items() if name != ENDPOINT},
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


def _elsewhere(parents: Mapping[str, frozenset[str]], states: States) -> dict[str, Standing]:
    """Read how the monitors in other shards stand that some in this one depend on.

    Of a shard whose state is spoilt nothing is known until it has been judged anew itself.
    """
    found: dict[str, Standing] = {}
    for other, names in parents.items():
        try:
            standings = states.load(other).state.standings
        except SpoiltError:
            continue
        found |= {name: each for name, each in standings.items() if name in names}
    return found


def _newest(shard: Shard, reports: Reports, *, until: int) -> tuple[dict[str, Report], int]:
    """Read the newest report of each location; one that cannot be read is a silent location."""
    found, unreadable = {}, 0
    for location in sorted({name for m in shard.monitors for name in m.locations} - {ENDPOINT}):
        try:
            report = reports.newest(location, shard.id, until=until)
        except UnreadableError:
            unreadable += 1
        else:
            if report is not None:
                found[location] = report
    return found, unreadable
