"""Our side, as a process of its own: the engine runs a tick for each line that it reads.

    python -m benchmarks.ticks < requests > answers

A request names a kind, a port and a number of monitors, as JSON. They are what a file gives by
default (5 s, two re-checks), and run together, as the probe's Lambda function does it.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import patch

from benchmarks.programs import HERE
from benchmarks.targets import ADDRESS, BODY, HTTP_HOSTS, ZONE

from tocsin.checks import dial
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import Engine
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Monitor, Target
from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.questions import DnsTarget
from tocsin.domain.schedule import TICK_BUDGET
from tocsin.domain.target import HttpTarget, Kind, TcpTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A tick to run. `by_loop` takes the times of connecting from the event loop's own clock."""

    kind: Kind
    port: int
    monitors: int
    by_loop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the tick took; `peak_mib` is the most that this process has ever had in memory."""

    passed: int
    cpu_s: float
    took_s: float
    connect_p99_ms: float
    peak_mib: float


def target(kind: Kind, port: int, number: int) -> Target:
    """Give one of many targets of a kind."""
    if kind is Kind.TCP:
        return TcpTarget(host=HERE, port=port)
    if kind is Kind.DNS:
        return DnsTarget(name=f"www{number}.{ZONE}", resolver=f"{HERE}:{port}", equals=(ADDRESS,))
    host = HTTP_HOSTS[number % len(HTTP_HOSTS)]
    return HttpTarget(url=f"http://{host}:{port}/", status=((200, 200),), pattern=BODY)


def run(engine: Engine, request: Request) -> Answer:
    """Run a tick."""
    monitors = [
        Monitor(id=f"m{n}", target=target(request.kind, request.port, n), locations=("l",), need=1)
        for n in range(request.monitors)
    ]
    own_clock = patch.object(dial, "handshake_ms", return_value=None)
    with own_clock if request.by_loop else nullcontext():
        took_s, cpu_s = time.perf_counter(), time.process_time()
        outcomes = asyncio.run(_tick(engine, monitors)).values()
        took_s, cpu_s = time.perf_counter() - took_s, time.process_time() - cpu_s
    return Answer(
        passed=sum(outcome.vote is Vote.PASS for outcome in outcomes),
        cpu_s=cpu_s,
        took_s=took_s,
        connect_p99_ms=_p99([outcome.phases_ms.get("connect", 0.0) for outcome in outcomes]),
        peak_mib=_peak_mib(),
    )


async def _tick(engine: Engine, monitors: list[Monitor]) -> Mapping[str, Outcome]:
    deadline = asyncio.get_running_loop().time() + TICK_BUDGET.total_seconds()
    return await engine.run(monitors, deadline=deadline)


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


def _peak_mib() -> float:
    # Not ru_maxrss, which a process inherits from the one that started it.
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Serve until the input ends."""
    engine = Engine(Dialer(egress=Egress.LOOPBACK))
    for line in sys.stdin:
        asked = json.loads(line)
        answer = run(engine, Request(**asked | {"kind": Kind(asked["kind"])}))
        print(json.dumps(asdict(answer)), flush=True)


if __name__ == "__main__":
    main()
