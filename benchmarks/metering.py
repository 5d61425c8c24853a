"""What a minute of an installation asks of AWS: the functions run, and every call is counted.

    python -m benchmarks.metering     # writes cli/tocsin_cli/cost/measured.json anew

The handlers of probe, aggregator, heartbeat endpoint and notifier run as they are, on the local
stack's AWS, against servers that are 50 ms away. Of each call its service, its bytes and, for the
tables, the units that DynamoDB bills by its rules; of each invocation the processor time, the
lines of log and the metrics in them. `tocsin cost` reckons with nothing else.
"""

import json
import os
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.functions import REGION, ROOT, Installation, Invocation, installation
from benchmarks.meter import PLACES, size_of
from benchmarks.programs import HERE

from tocsin.adapters import reports
from tocsin.domain.heartbeat import CANARY, HeartbeatTarget
from tocsin.domain.monitor import Monitor, Route, Target
from tocsin.domain.outcome import Certificate, Outcome, Vote
from tocsin.domain.questions import DnsTarget
from tocsin.domain.report import Report, Sighting, kept
from tocsin.domain.rollup import FIRST_MINUTE, due
from tocsin.domain.schedule import tick_of
from tocsin.domain.script import greeting
from tocsin.domain.shard import Shard
from tocsin.domain.target import HttpTarget, TcpTarget, Tls
from tocsin.usecases import listen
from tocsin.wiring import home

MEASURED: Final = ROOT / "cli" / "tocsin_cli" / "cost" / "measured.json"
KINDS: Final = ("tcp", "tls", "http", "https", "dns")
SHARD: Final = 250
TICKS: Final = 4
"""Minutes of each world; the first settles what comes after it."""
SHARES: Final = {"tcp": 40, "https": 25, "tls": 15, "http": 10, "dns": 10}
"""Of usual services, in a hundred."""


def target(made: Installation, kind: str, number: int) -> Target:
    """Give one of many targets of a kind."""
    port = made.ports[kind]
    tls = Tls(authority=made.authority) if kind in {"tls", "https"} else None
    if kind == "dns":
        return DnsTarget(name=f"www{number}.example.com", resolver=f"{HERE}:{port}", count=(1, 1))
    if kind in {"http", "https"}:
        return HttpTarget(url=f"{kind}://{HERE}:{port}/{number}", status=((200, 200),), tls=tls)
    return TcpTarget(host=HERE, port=port, tls=tls, script=greeting("^SSH-2.0-"))


def shard(made: Installation, name: str, *kinds: str) -> Shard:
    """Make a shard of monitors of these kinds, one after the other."""
    monitors = tuple(
        Monitor(
            id=f"{kind}-{name}-{number:03}",
            target=target(made, kind, number),
            locations=PLACES,
            need=2,
            routes=(Route.PAGE,),
        )
        for number, kind in enumerate(kinds)
    )
    return Shard(id=name, version=1, monitors=monitors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """A minute of an installation: what each of its invocations took."""

    probe: Invocation
    ring: Invocation
    sweep: Invocation


def minutes(made: Installation, *shards: Shard) -> list[Minute]:
    """Live through some minutes in which all is well; the first is left out."""
    made.settle(*shards)
    begin = _quiet(shards)
    lived = []
    for number in range(begin, begin + TICKS):
        probe_ran = made.tick(number)
        for each in shards:
            made.checked.update(m.id.partition("-")[0] for m in each.monitors)
        ring = made.ring(*(each.id for each in shards))
        lived.append(Minute(probe=probe_ran, ring=ring, sweep=made.sweep()))
    return lived[1:]


def _quiet(shards: tuple[Shard, ...]) -> int:
    """Find minutes, all of them past, of no hourly work: no rollup, and nobody asks who hears."""
    last = tick_of(datetime.now(UTC)) - 2 * TICKS
    return next(
        begin
        for begin in range(last, last - 60, -1)
        if all(due(s.id, due(s.id, 0, begin) or 0, begin + 2 * TICKS) is None for s in shards)
        and not any(map(listen.due, range(begin, begin + 3 * TICKS)))
    )


def report_bytes(kind: str, monitors: int) -> int:
    """Give the bytes of a stored report on services that are elsewhere.

    The servers of this machine are all alike and next door, and would pack too well.
    """
    random = Random(5)  # noqa: S311 - the same every time, not a secret
    sightings = {
        f"{kind}-service-{number}": Sighting(outcome=_elsewhere(kind, number, random), checked_at=1)
        for number in range(monitors)
    }
    report = Report(location=PLACES[0], shard="s0", tick=1, config_version=1, sightings=sightings)
    return size_of(reports._item(report))  # noqa: SLF001 - as it is put


def _elsewhere(kind: str, number: int, random: Random) -> Outcome:
    certificate = Certificate(
        fingerprint=f"{random.getrandbits(64):016x}",
        issuer=f"CN=R{number % 4 + 10},O=Let's Encrypt,C=US",
        expires_at=datetime(2027, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 997),
    )
    return kept(
        Outcome(
            vote=Vote.PASS,
            address=f"198.51.{number % 256}.{random.randrange(256)}",
            phases_ms={phase: random.lognormvariate(*_LOG_MS[phase]) for phase in _PHASES[kind]},
            certificate=certificate if "tls" in _PHASES[kind] else None,
        )
    )


_PHASES: Final = {
    "tcp": ("dns", "connect"),
    "tls": ("dns", "connect", "tls"),
    "http": ("dns", "connect", "first_byte"),
    "https": ("dns", "connect", "tls", "first_byte"),
    "dns": ("dns",),
}
_LOG_MS: Final = {"dns": (0.5, 1), "connect": (3.5, 0.7), "tls": (4, 0.7), "first_byte": (4, 0.8)}
"""Middle and spread of the logarithm of times: medians of 2, 33, 55 and 55 ms."""


def state_bytes(made: Installation, shard_name: str) -> int:
    """Give the bytes of a shard's state."""
    return made.meter.size("state", f"SHARD#{shard_name}/STATE")


def hour(made: Installation, watched: Shard) -> Invocation:
    """Let an hour end, of which and of the one before it there are all reports."""
    made.settle(watched)
    ended = tick_of(datetime.now(UTC)) // 60 * 60 - 60
    first = ended - 120
    made.tick(first)
    seen = home.reports().newest(PLACES[0], watched.id, until=first)
    assert seen is not None  # noqa: S101 - as above
    made.sweep()
    for number in range(first + 1, ended + FIRST_MINUTE + 60):
        for place in PLACES:
            made.keep(_later(seen, place, number))
    made.put(ended + 59)
    last = made.sweep()
    while "state ROLLUP" not in last.metered.writes:  # of hours without reports nothing is kept
        last = made.sweep()
    return last


def _later(seen: Report, place: str, number: int) -> Report:
    """Give the same report of another place and time."""
    sightings = {name: replace(each, checked_at=number) for name, each in seen.sightings.items()}
    return replace(seen, location=place, tick=number, sightings=sightings)


def incident(made: Installation) -> tuple[list[Invocation], list[str]]:
    """Let a monitor fail for two minutes; gives what ran meanwhile, and what was published."""
    with socket.create_server((HERE, 0), backlog=64) as server:
        port = server.getsockname()[1]
        watched = shard(made, "s0", *["tcp"] * (SHARD - 1))
        flaky = Monitor(
            id="flaky",
            target=TcpTarget(host=HERE, port=port),
            locations=PLACES,
            need=2,
            retries=0,
            routes=(Route.PAGE,),
        )
        whole = replace(watched, monitors=(*watched.monitors, flaky))
        minutes(made, whole)
        begin = tick_of(made.now) + 1
    ran: list[Invocation] = []
    published: list[str] = []
    made.meter.published = published
    for number in range(begin, begin + 2):
        ran.append(made.tick(number))
        ran += [made.ring("s0"), made.sweep()]
    with socket.create_server((HERE, port), backlog=64):
        for number in range(begin + 2, begin + 5):
            ran.append(made.tick(number))
            ran += [made.ring("s0"), made.sweep()]
    return ran, published


def measure(folder: Path) -> dict[str, Any]:
    """Live through all worlds; gives the coefficients that `tocsin cost` reckons with."""
    with installation(folder) as made:
        one = minutes(made, shard(made, "s0", "tcp"))
        state_of_one = state_bytes(made, "s0")
        kinds, rings = {}, {}
        for kind in KINDS:
            lived = minutes(made, shard(made, "s0", *[kind] * SHARD))
            rings[kind] = lived
            kinds[kind] = {
                "cpu_ms": _per(_least(lived, "probe"), _least(one, "probe")),
                "report_bytes": _per(report_bytes(kind, SHARD), report_bytes(kind, 1)),
                "state_bytes": _per(state_bytes(made, "s0"), state_of_one),
            }
        four = minutes(made, *(shard(made, f"s{n}", *mixture()) for n in range(4)))
        rolled = hour(made, shard(made, "s0", *mixture()))
        happened, published = incident(made)
        usual = rings["tcp"][-1]
        told = notified(made, published[0])
        pinged = beats(made)
    for kind, each in kinds.items():
        each["sent_bytes"] = round(made.received[kind] / made.checked[kind])
    per_shard = max(0.0, (_least(four, "ring") - _least(rings["tcp"], "ring")) / 3)
    return {
        "probe": _invocation(one[-1].probe, _least(one, "probe")),
        "ring": _invocation(one[-1].ring, _least(one, "ring")),
        "sweep": _invocation(one[-1].sweep, _least(one, "sweep")),
        "shard": SHARD,
        "shard_cpu_ms": round(per_shard, 3),
        "report_bytes": report_bytes("tcp", 1),
        "state_bytes": state_of_one,
        "kinds": kinds,
        "hour": {
            "cpu_ms": round(rolled.cpu_ms - usual.sweep.cpu_ms, 1),
            "rollup_bytes": round(made.meter.largest("ROLLUP") / SHARD, 2),
            "day_bytes": round(made.meter.largest("DAYS") / SHARD, 2),
            "calls": sum(rolled.metered.calls.values()) - sum(usual.sweep.metered.calls.values()),
        },
        "incident": {
            "reads": sum(_reads(each) for each in happened)
            - 5 * sum(_reads(each) for each in (usual.probe, usual.ring, usual.sweep)),
            "writes": sum(_writes(each) for each in happened)
            - 5 * sum(_writes(each) for each in (usual.probe, usual.ring, usual.sweep)),
            "publishes": len(published),
            "log_bytes": sum(each.log_bytes for each in happened)
            - 5 * sum(each.log_bytes for each in (usual.probe, usual.ring, usual.sweep)),
            "metrics": sorted(
                frozenset().union(*(each.metrics for each in happened))
                - usual.probe.metrics
                - usual.sweep.metrics
            ),
        },
        "notifier": told,
        "heartbeat": pinged,
    }


def mixture() -> list[str]:
    """Give the kinds of a shard of usual services."""
    return [kind for kind, share in SHARES.items() for _ in range(share * SHARD // 100)]


def notified(made: Installation, alert: str) -> dict[str, Any]:
    """Hand one alert on, to the bus of events."""
    envelope = {"Message": alert, "MessageAttributes": {"route": {"Value": "page"}}}
    incident_id, name = (json.loads(alert)[key] for key in ("incident", "id"))
    owed = {"outlet": "events", "alert": name, "incident": incident_id, "text": alert}
    queues = (os.environ["TOCSIN_ALERTS_QUEUE"], os.environ["TOCSIN_HANDOVERS_QUEUE"])
    ran = [
        [made.invoke("notifier", _queued(queue, json.dumps(body))) for _ in range(TICKS)]
        for queue, body in zip(queues, (envelope, owed), strict=True)
    ]
    return {
        "cpu_ms": round(sum(min(each.cpu_ms for each in times) for times in ran), 2),
        "log_bytes": sum(times[-1].log_bytes for times in ran),
        "invocations": len(ran),
        "metrics": sorted(frozenset().union(*(times[-1].metrics for times in ran))),
    }


def _queued(queue: str, body: str) -> dict[str, Any]:
    name = queue.rpartition("/")[2]
    return {
        "Records": [
            {
                "messageId": "m",
                "receiptHandle": "r",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSourceARN": f"arn:aws:sqs:{REGION}:000000000000:{name}",
            }
        ]
    }


def beats(made: Installation) -> dict[str, Any]:
    """Let a job report, and a probe's canary call."""
    job = Monitor(
        id="backup",
        target=HeartbeatTarget(period=timedelta(hours=1), grace=timedelta(minutes=10)),
        locations=("endpoint",),
        need=1,
    )
    made.settle(Shard(id="s0", version=1, monitors=(job,)))
    made.put(tick_of(datetime.now(UTC)) - 1)
    token = made.issue("backup")
    begin = tick_of(made.now) - TICKS
    calls: dict[str, list[Invocation]] = {"beat": [], "canary": []}
    for number in range(begin, begin + TICKS):
        made.put(number)
        calls["beat"].append(made.invoke("heartbeat", _call(f"/{token}")))
        calls["canary"].append(made.invoke("heartbeat", _call(f"/{CANARY}")))
    return {
        name: {
            **_invocation(ran[-1], min(each.cpu_ms for each in ran)),
            "writes": _writes(ran[-1]),
            "reads": _reads(ran[-1]),
        }
        for name, ran in calls.items()
    }


def _call(path: str) -> dict[str, Any]:
    return {
        "rawPath": path,
        "rawQueryString": "",
        "requestContext": {"http": {"method": "POST", "path": path}},
        "isBase64Encoded": False,
    }


def _reads(ran: Invocation) -> int:
    return sum(ran.metered.reads.values())


def _writes(ran: Invocation) -> int:
    return sum(ran.metered.writes.values())


def _least(lived: list[Minute], name: str) -> float:
    ran: list[Invocation] = [getattr(each, name) for each in lived]
    return min(each.cpu_ms for each in ran)


def _per(of_all: float, of_one: float) -> float:
    return round((of_all - of_one) / (SHARD - 1), 3)


def _invocation(ran: Invocation, cpu_ms: float) -> dict[str, Any]:
    return {
        "cpu_ms": round(cpu_ms, 2),
        "calls": sum(ran.metered.calls.values()),
        "log_bytes": ran.log_bytes,
        "sent_bytes": ran.metered.sent_bytes,
        "metrics": sorted(ran.metrics),
    }


def main() -> None:
    """Measure, and keep it."""
    with TemporaryDirectory(prefix="tocsin-metering-") as folder:
        found = measure(Path(folder))
    cpu = Path("/proc/cpuinfo").read_text("utf-8").partition("model name\t: ")[2].split("\n")[0]
    whole = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "processor": cpu, **found}
    MEASURED.write_text(json.dumps(whole, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
