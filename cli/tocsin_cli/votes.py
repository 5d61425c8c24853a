"""Read the votes on a shard as the aggregator would find them at this moment."""

from collections.abc import Mapping
from datetime import datetime

from tocsin.adapters.calendar import next_time
from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.report import Report
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard, jobs
from tocsin.domain.state import ShardState
from tocsin.domain.suspicion import doubted, suspects
from tocsin.domain.zones import judged
from tocsin.usecases.hear import Ear
from tocsin.usecases.ports import UnreadableError
from tocsin_cli.home import Home


def believed(home: Home, shard: Shard, state: ShardState, now: datetime) -> Mapping[str, Report]:
    """Give the newest report of each location; the failures of one not believed abstain."""
    reports: Mapping[str, Report] = _newest(home, shard, state, now)
    suspected = suspects(shard, reports, now)
    for monitor in shard.monitors:
        if isinstance(monitor.target, ZoneTarget):
            reports = judged(monitor, state.serials.get(monitor.id, ()), reports, now)
    return {
        name: doubted(report, suspected[name]) if name in suspected else report
        for name, report in reports.items()
    }


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
