"""See everything at once: each monitor's standing and votes, and what is open and owed.

What `tocsin status`, `tocsin incidents` and the page of the local stack show.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tocsin.adapters.calendar import next_time
from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.incident import Incident, Owed
from tocsin.domain.judgement import ShardState, Standing
from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Ballot, Delay, ballots, count
from tocsin.domain.report import Report
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard, jobs
from tocsin.usecases.hear import Ear
from tocsin.usecases.ports import UnreadableError
from tocsin_cli.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A monitor, where it stands (None before it was first judged), and how each location votes.

    `slow` is what takes too long in the median of these votes.
    """

    monitor: Monitor
    standing: Standing | None
    ballots: tuple[Ballot, ...]
    slow: tuple[Delay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything, as it is stored at one moment."""

    at: datetime
    version: int
    sights: tuple[Sight, ...]
    incidents: tuple[Incident, ...]
    owed: tuple[Owed, ...]


def survey(home: Home, now: datetime) -> Survey:
    """Read every shard's configuration, state and newest reports."""
    shards = home.configs.shards()
    states = {shard.id: home.states.load(shard.id).state for shard in shards}
    sights = [
        Sight(
            monitor=monitor,
            standing=states[shard.id].standings.get(monitor.id),
            ballots=ballots(monitor, reports, now),
            slow=count(monitor, reports, now).slow,
        )
        for shard in shards
        for reports in [_newest(home, shard, states[shard.id], now)]
        for monitor in shard.monitors
    ]
    return Survey(
        at=now,
        version=max((shard.version for shard in shards), default=0),
        sights=tuple(sorted(sights, key=lambda sight: sight.monitor.id)),
        incidents=_sorted(i for state in states.values() for i in state.incidents),
        owed=tuple(owed for state in states.values() for owed in state.outbox),
    )


def _newest(home: Home, shard: Shard, state: ShardState, now: datetime) -> dict[str, Report]:
    found = {}
    if any(jobs(shard)):
        ear = Ear(pulses=home.heartbeats, next_time=next_time)
        found[ENDPOINT] = ear.report(shard, state.schedules, now)
    for location in {name for m in shard.monitors for name in m.locations} - {ENDPOINT}:
        try:
            report = home.reports.newest(location, shard.id, until=tick_of(now) + 1)
        except UnreadableError:
            continue  # the aggregator counts it; here it is a location without a vote
        if report is not None:
            found[location] = report
    return found


def _sorted(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    return tuple(sorted(incidents, key=lambda incident: incident.opened_at))
