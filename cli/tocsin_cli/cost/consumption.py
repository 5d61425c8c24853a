"""What an installation uses in a month, of everything that has a price, and for whose sake.

What is measured comes from `measured`; what is not stands here by name, with its source.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import ceil
from typing import Final

from tocsin.adapters.calendar import next_time
from tocsin.adapters.projections import KEPT
from tocsin.adapters.reports import KEPT_DAYS
from tocsin.config.compile import compile_shards
from tocsin.config.configuration import Configuration, LocationKind
from tocsin.domain.heartbeat import HeartbeatTarget
from tocsin.domain.monitor import MINUTE, Monitor
from tocsin.domain.questions import DnsTarget, ResolverTarget, ZoneTarget
from tocsin.domain.schedule import TICK_BUDGET
from tocsin.domain.shard import Shard, jobs
from tocsin.domain.target import HttpTarget, IcmpTarget, TcpTarget
from tocsin_cli.cost.blueprint import Blueprint
from tocsin_cli.cost.measured import Invocation, Kind, Measured

MINUTES: Final = 43_800
"""In a month, as AWS reckons: 730 hours."""
HOURS: Final = 730
DAYS: Final = HOURS / 24
PROCESSOR_MB: Final = 1769
"""Memory with which a function has one processor (Lambda quotas)."""
STREAM_SHARDS: Final = 4
"""Partitions of a new on-demand table, so parts of its stream that wake the aggregator apart."""
POLLS: Final = 5 * 3 * MINUTES
"""Of an idle queue: five pollers that wait for 20 s. Lambda makes do with two of them where no
maximum concurrency is set, which here it is (Lambda, SQS scaling)."""
NEAR_S: Final = 0.005
FAR_S: Final = 0.15
"""Waiting for a table in the same region, and in another: not measured."""
ROUND_TRIP_S: Final = 0.1
"""To what is checked, at its slowest while it is well: not measured."""
LOOK_S: Final = 0.02
"""That a check looks on after it has connected (`checks.sockets`)."""
ROUND_TRIPS: Final = {"tcp": 3, "tls": 4, "http": 3, "https": 4, "dns": 1}
"""Of a name, a connection, TLS 1.3 and an answer."""
ITEM_OVERHEAD: Final = 100
"""Bytes that DynamoDB counts for the storage of each item (pricing page)."""
GB: Final = 1e9
_KB, _READ = 1024, 4096
_MANY: Final = 500
"""Times of a cron line that are looked at; the rest of the month is like them."""

EVERYBODY: Final = ""
"""Who is no monitor."""

type Usage = defaultdict[tuple[str, str], float]
"""How much of what has a price is used, for the sake of which monitor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What is not in the file: incidents in a month."""

    incidents: int = 30


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What is reckoned: the file, what each stack has, and what was measured.

    `stacks` are by location; one of them is the home's, which is in `region`.
    """

    configuration: Configuration
    home: str
    region: str
    stacks: Mapping[str, Blueprint]
    measured: Measured
    habits: Habits = field(default_factory=Habits)

    @cached_property
    def shards(self) -> tuple[Shard, ...]:
        """How the file would be laid out for the first time."""
        return compile_shards(self.configuration, (), 1)

    @cached_property
    def probes(self) -> tuple[str, ...]:
        """The locations that are functions."""
        agents = {e.name for e in self.configuration.locations if e.kind is LocationKind.AGENT}
        return tuple(e.name for e in self.configuration.locations if e.name not in agents)


def used(installation: Installation) -> Usage:
    """Reckon a month of it."""
    usage: Usage = defaultdict(float)
    for part in (_probes, _reports, _judging, _hours, _jobs, _telling, _standing, _egress):
        part(installation, usage)
    return usage


def kind_of(monitor: Monitor) -> str:
    """Name the kind under which a check was measured; the nearest one where it was not."""
    match monitor.target:
        case HttpTarget(url=url):
            return "https" if url.startswith("https:") else "http"
        case TcpTarget() as target:
            return "tls" if target.tls is not None else "tcp"
        case ResolverTarget() | ZoneTarget() | DnsTarget():
            return "dns"
        case IcmpTarget():
            return "tcp"
        case HeartbeatTarget():
            return "dns"


def runs(monitor: Monitor) -> float:
    """Say how often a monitor is checked in a month, at each location."""
    return MINUTES / (monitor.interval / MINUTE)


def questions(monitor: Monitor) -> int:
    """Say how many questions a check of names asks; the measured one asks one.

    A zone has some four servers at two addresses, each asked for some five things; a resolver is
    asked for a name it knows, one that is not and one that is forged.
    """
    match monitor.target:
        case ZoneTarget(records=records):
            return 8 * (5 + len(records))
        case ResolverTarget():
            return 3
        case _:
            return 1


def processor(blueprint: Blueprint, function: str) -> float:
    """Give the share of a processor that a function has."""
    return min(1.0, blueprint.memory[function] / PROCESSOR_MB)


def at(shard: Shard, location: str) -> list[Monitor]:
    """Give the monitors of a shard that a location watches."""
    return [each for each in shard.monitors if location in each.locations]


def report_size(monitors: list[Monitor], measured: Measured) -> float:
    """Give the bytes of a report on these."""
    grown = (measured.kinds[kind_of(each)].report_bytes for each in monitors)
    return measured.report_bytes + sum(grown)


def state_size(shard: Shard, measured: Measured) -> float:
    """Give the bytes of a shard's state in quiet times."""
    grown = (measured.kinds[kind_of(each)].state_bytes for each in shard.monitors)
    return measured.state_bytes + sum(grown)


def slowest_s(monitors: list[Monitor]) -> float:
    """Say how long a tick waits for the slowest of its checks, while all is well."""
    trips = (ROUND_TRIPS[kind_of(each)] for each in monitors)
    return max((each * ROUND_TRIP_S + LOOK_S for each in trips), default=0.0)


def dead_s(monitor: Monitor) -> float:
    """Say how much longer a tick takes while a monitor's target is dead, and answers nothing."""
    whole = monitor.timeout * (1 + monitor.retries)
    return max(0.0, min(whole, TICK_BUDGET).total_seconds() - slowest_s([monitor]))


def _probes(here: Installation, usage: Usage) -> None:
    for place in here.probes:
        stack = here.stacks[place]
        share = processor(stack, "ProbeFunction")
        memory = stack.memory["ProbeFunction"] / 1024
        seconds = f"lambda-gb-s-{stack.architecture}"
        mine = [each for shard in here.shards for each in at(shard, place)]
        away = (NEAR_S if place == here.home else FAR_S) * here.measured.probe.calls
        fixed = here.measured.probe.cpu_ms / 1000 / share + away + slowest_s(mine)
        _invoked(usage, MINUTES, here.measured.probe)
        usage[seconds, EVERYBODY] += MINUTES * fixed * memory
        for monitor in mine:
            work = here.measured.kinds[kind_of(monitor)].cpu_ms * questions(monitor) / 1000
            usage[seconds, monitor.id] += runs(monitor) * work / share * memory
        usage["dynamodb-reads", EVERYBODY] += MINUTES
        usage["metrics", EVERYBODY] += len(here.measured.probe.metrics)


def _reports(here: Installation, usage: Usage) -> None:
    """Reckon what the locations write, agents as well, and what is kept of it."""
    for location in here.configuration.locations:
        for shard in here.shards:
            monitors = at(shard, location.name)
            if not monitors:
                continue
            size = report_size(monitors, here.measured)
            units = MINUTES * ceil(size / _KB)
            kept = (size + ITEM_OVERHEAD) * KEPT_DAYS * 1440 / GB
            for owner, part in _parts(monitors, here.measured, size):
                usage["dynamodb-writes", owner] += units * part
                usage["dynamodb-storage", owner] += kept * part


def _parts(monitors: list[Monitor], measured: Measured, size: float) -> Iterator[tuple[str, float]]:
    """Share a report out: to each monitor what it adds, the rest to everybody."""
    yield EVERYBODY, measured.report_bytes / size
    for monitor in monitors:
        yield monitor.id, measured.kinds[kind_of(monitor)].report_bytes / size


def _judging(here: Installation, usage: Usage) -> None:
    """Reckon the wake-ups: each location's by the stream, and one by the clock."""
    stack = here.stacks[here.home]
    places = {each.name for each in here.configuration.locations}
    rung = {name: [s for s in here.shards if at(s, name)] for name in places}
    wakes = sum(min(len(shards), STREAM_SHARDS) for shards in rung.values())
    judged = sum(map(len, rung.values())) + len(here.shards)
    _invoked(usage, wakes * MINUTES, here.measured.ring)
    _invoked(usage, MINUTES, here.measured.sweep)
    usage["metrics", EVERYBODY] += len(here.measured.sweep.metrics)
    usage["dynamodb-reads", EVERYBODY] += (wakes + 1) * MINUTES
    usage["dynamodb-writes", EVERYBODY] += MINUTES  # how far it has come
    for shard in here.shards:
        again = 1 + sum(1 for shards in rung.values() if shard in shards)
        sizes = [report_size(at(shard, n), here.measured) for n in places if at(shard, n)]
        units = sum(ceil(each / _READ) for each in (state_size(shard, here.measured), *sizes))
        usage["dynamodb-reads", EVERYBODY] += again * units * MINUTES
    cpu_ms = (
        wakes * here.measured.ring.cpu_ms
        + here.measured.sweep.cpu_ms
        + judged * here.measured.shard_cpu_ms
    )
    calls = (wakes + 2) + judged * (1 + len(places))
    share = processor(stack, "AggregatorFunction")
    _worked(usage, stack, "AggregatorFunction", cpu_ms / 1000 / share + calls * NEAR_S)


def _hours(here: Installation, usage: Usage) -> None:
    """Reckon what is made for people once an hour, and how much of it there comes to be."""
    stack, measured = here.stacks[here.home], here.measured
    share = processor(stack, "AggregatorFunction")
    for shard in here.shards:
        count = len(shard.monitors)
        rollup, day = measured.hour.rollup_bytes * count, measured.hour.day_bytes * count
        state = state_size(shard, measured)
        sizes = [
            report_size(monitors, measured)
            for each in here.configuration.locations
            if (monitors := at(shard, each.name))
        ]
        reads = 1 + sum(ceil(120 * each / _READ) for each in sizes) + 12 * ceil(rollup / _READ)
        writes = ceil(rollup / _KB) + ceil(day / _KB) + ceil(state / _KB)
        usage["dynamodb-reads", EVERYBODY] += HOURS * reads
        usage["dynamodb-writes", EVERYBODY] += HOURS * writes
        kept = KEPT / timedelta(days=1) * (24 * (rollup + ITEM_OVERHEAD) + day + ITEM_OVERHEAD)
        usage["dynamodb-storage", EVERYBODY] += (kept + state) / GB
        usage["dynamodb-pitr", EVERYBODY] += (kept + state) / GB
        seconds = measured.hour.cpu_ms / 1000 * count / measured.shard / share
        seconds += measured.hour.calls * NEAR_S
        _worked(usage, stack, "AggregatorFunction", seconds / 60)


def _jobs(here: Installation, usage: Usage) -> None:
    """Reckon what jobs report, the canaries of the endpoint, and their being read."""
    stack, beats = here.stacks[here.home], here.measured.heartbeat
    owners = [(name, target) for shard in here.shards for name, target in jobs(shard)]
    if not owners:
        return
    memory = stack.memory["HeartbeatFunction"] / 1024
    share = processor(stack, "HeartbeatFunction")
    seconds = f"lambda-gb-s-{stack.architecture}"
    called = [(EVERYBODY, beats.canary, MINUTES * float(len(here.probes)))]
    called += [(name, beats.beat, beats_of(target)) for name, target in owners]
    for owner, call, times in called:
        usage["lambda-requests", owner] += times
        usage["logs", owner] += times * call.log_bytes / GB
        work = call.cpu_ms / 1000 / share + call.calls * NEAR_S
        usage[seconds, owner] += times * work * memory
        usage["dynamodb-writes", owner] += times * call.writes
        usage["dynamodb-reads", owner] += times * call.reads
    usage["metrics", EVERYBODY] += len(beats.beat.metrics)
    for shard in here.shards:
        again = 1 + sum(1 for each in here.configuration.locations if at(shard, each.name))
        for name, _ in jobs(shard):
            usage["dynamodb-reads", name] += again * MINUTES
        usage["dynamodb-reads", EVERYBODY] += (again if any(jobs(shard)) else 0) * MINUTES


def beats_of(target: HeartbeatTarget) -> float:
    """Say how often a job reports in a month."""
    if target.period is not None:
        return HOURS / (target.period / timedelta(hours=1))
    begin = moment = datetime(2026, 1, 1, tzinfo=UTC)
    for count in range(_MANY):
        following = next_time(target, moment)
        if following is None or following - begin > timedelta(days=DAYS):
            return count
        moment = following
    return _MANY * timedelta(days=DAYS) / (moment - begin)


def _telling(here: Installation, usage: Usage) -> None:
    """Reckon incidents: their writes, what is published of them, and who hands it on."""
    stack, incident, told = here.stacks[here.home], here.measured.incident, here.measured.notifier
    number = here.habits.incidents
    usage["dynamodb-writes", EVERYBODY] += number * incident.writes
    usage["dynamodb-reads", EVERYBODY] += number * max(0, incident.reads)
    usage["logs", EVERYBODY] += number * max(0, incident.log_bytes) / GB
    alerts = number * incident.publishes
    usage["sns-publishes", EVERYBODY] += alerts
    usage["sns-mails", EVERYBODY] += alerts
    usage["events", EVERYBODY] += alerts
    usage["lambda-requests", EVERYBODY] += alerts * told.invocations
    usage["logs", EVERYBODY] += alerts * told.log_bytes / GB
    share = processor(stack, "NotifierFunction")
    _worked(usage, stack, "NotifierFunction", told.cpu_ms / 1000 / share * alerts / MINUTES)
    # Metrics that have data in the two hours of an incident alone.
    seldom = len(incident.metrics) + len(told.metrics)
    usage["metrics", EVERYBODY] += min(1.0, 2 * number / HOURS) * seldom


def _standing(here: Installation, usage: Usage) -> None:
    """Reckon what is there whether it is used or not."""
    for stack in here.stacks.values():
        usage["scheduler", EVERYBODY] += stack.schedules * MINUTES
        usage["sqs-requests", EVERYBODY] += stack.polled * POLLS
        usage["sqs-fifo-requests", EVERYBODY] += stack.polled_fifo * POLLS
        usage["alarms", EVERYBODY] += stack.alarms
        usage["dashboards", EVERYBODY] += stack.dashboards
    keys = frozenset().union(*(stack.keys for stack in here.stacks.values()))
    usage["kms-keys", EVERYBODY] += len(keys)
    days = here.stacks[here.home].retention_days
    for (name, owner), gigabytes in [*usage.items()]:
        if name == "logs":
            usage["logs-storage", owner] += gigabytes * days / DAYS


def _egress(here: Installation, usage: Usage) -> None:
    """Reckon what leaves for the internet, and from the probes for the home region."""
    for place in here.probes:
        for shard in here.shards:
            for monitor in at(shard, place):
                kind: Kind = here.measured.kinds[kind_of(monitor)]
                sent = runs(monitor) * kind.sent_bytes * questions(monitor)
                usage["egress", monitor.id] += sent / GB
            if place != here.home and at(shard, place):
                sent = here.measured.probe.sent_bytes + report_size(at(shard, place), here.measured)
                usage["egress-regions", EVERYBODY] += MINUTES * sent / GB


def _invoked(usage: Usage, times: float, invocation: Invocation) -> None:
    usage["lambda-requests", EVERYBODY] += times
    usage["logs", EVERYBODY] += times * invocation.log_bytes / GB


def _worked(usage: Usage, stack: Blueprint, function: str, seconds_a_minute: float) -> None:
    memory = stack.memory[function] / 1024
    name = f"lambda-gb-s-{stack.architecture}"
    usage[name, EVERYBODY] += MINUTES * seconds_a_minute * memory
