"""A large installation, judged from its packed reports as the aggregator finds them stored.

`python -m benchmarks.judging 10000 5` measures it; with `profile` behind that it says where the
time goes.
"""

import resource
import sys
import time
from collections.abc import Iterator, Mapping
from cProfile import Profile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pstats import Stats
from random import Random
from typing import Final

from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.columns import pack_report, unpack_report
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Monitor, majority
from tocsin.domain.outcome import Certificate, Layer, Outcome, Reason, Vote
from tocsin.domain.report import Report, Sighting, kept
from tocsin.domain.schedule import due, instant_of, tick_of
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.domain.target import TcpTarget

LOCATIONS: Final = ("us-east-1", "eu-west-1", "ap-southeast-1", "sa-east-1", "af-south-1")
SHARD: Final = 500
BEGIN: Final = tick_of(datetime(2026, 11, 23, 12, tzinfo=UTC))
SETTLED: Final = 12
"""Ticks after which all that is wrong from the beginning has been announced."""
SHOWN: Final = 15
"""Lines of a profile."""
_MIB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A shard as it is stored: its configuration, its state, and a report of each location."""

    shard: Shard
    state: bytes
    reports: Mapping[str, bytes]


class Fleet:
    """So many monitors in shards, seen from five locations.

    One in a hundred fails at one location, one in two hundred at all of them; a fifth is checked
    every five minutes, one in fifty must be quick, a third shows a certificate.
    """

    def __init__(self, monitors: int) -> None:
        self._random = Random(5)  # noqa: S311 - the same figures every time, not a secret
        self.now = instant_of(BEGIN + SETTLED) + timedelta(seconds=30)
        self.shards = [*self._stored(monitors)]

    def judge(self) -> float:
        """Judge every shard from what is stored; milliseconds of processor time."""
        begun = time.process_time()
        for stored in self.shards:
            reports = {name: unpack_report(packed) for name, packed in stored.reports.items()}
            before = unpack(ShardState, stored.state)
            if judge(stored.shard, reports, before, self.now) != before:
                raise AssertionError("nothing has happened")
        return (time.process_time() - begun) * 1000

    def _stored(self, monitors: int) -> Iterator[Packed]:
        for number in range(0, monitors, SHARD):
            names = range(number, min(monitors, number + SHARD))
            shard = Shard(id=f"s{number}", version=1, monitors=tuple(map(_monitor, names)))
            state = ShardState(shard=shard.id)
            reports: dict[str, Report] = {}
            for tick in range(BEGIN, BEGIN + SETTLED + 1):
                reports = {name: self._report(shard, name, tick) for name in LOCATIONS}
                state = judge(shard, reports, state, instant_of(tick) + timedelta(seconds=30))
            yield Packed(
                shard=shard,
                # All that was owed has been sent by now.
                state=pack(ShardState, replace(state, outbox=())),
                reports={name: pack_report(report) for name, report in reports.items()},
            )

    def _report(self, shard: Shard, location: str, tick: int) -> Report:
        sightings = {m.id: self._sighting(m, location, tick) for m in shard.monitors}
        return Report(
            location=location, shard=shard.id, tick=tick, config_version=1, sightings=sightings
        )

    def _sighting(self, monitor: Monitor, location: str, tick: int) -> Sighting:
        number = int(monitor.id.rpartition("-")[2])
        checked = next(t for t in range(tick, tick - 10, -1) if due(monitor, t))
        if number % 200 == 7 or (number % 100 == 3 and location == LOCATIONS[number % 5]):  # noqa: PLR2004
            return Sighting(outcome=_FAILED, checked_at=checked, failing_since=BEGIN - 10)
        return Sighting(outcome=kept(self._pass(number)), checked_at=checked)

    def _pass(self, number: int) -> Outcome:
        random = self._random
        certificate = Certificate(
            fingerprint=f"{number:016x}",
            issuer=f"CN=R{number % 4 + 10},O=Let's Encrypt,C=US",
            expires_at=datetime(2027, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 997),
        )
        return Outcome(
            vote=Vote.PASS,
            evidence=f"SSH-2.0-OpenSSH_9.{number % 10}p1 Debian-{number % 7}",
            address=f"198.51.{number % 256}.{number // 256}",
            phases_ms={
                "dns": random.lognormvariate(0.5, 1),
                "connect": random.lognormvariate(3.5, 0.7),
                "first_byte": random.lognormvariate(3.5, 0.7),
            },
            certificate=certificate if number % 3 == 0 else None,
        )


_FAILED: Final = Outcome(
    vote=Vote.FAIL,
    layer=Layer.CONNECT,
    reason=Reason.REFUSED,
    evidence="connection refused",
    address="198.51.100.7",
    phases_ms={"dns": 1.2},
    attempts=3,
)


def _monitor(number: int) -> Monitor:
    return Monitor(
        id=f"service-{number}",
        target=TcpTarget(host=f"host-{number}.example.com", port=22),
        locations=LOCATIONS,
        need=majority(len(LOCATIONS)),
        interval=timedelta(minutes=5 if number % 5 == 0 else 1),
        slow=timedelta(minutes=1) if number % 50 == 9 else None,  # noqa: PLR2004 - one in fifty
    )


def profile(fleet: Fleet) -> None:
    """Print the functions in which most of the time goes, their own and those that they call."""
    profiler = Profile()
    profiler.runcall(fleet.judge)
    for order in ("cumulative", "tottime"):
        Stats(profiler).strip_dirs().sort_stats(order).print_stats(SHOWN)


def main() -> None:
    """Judge once more than is counted; print the median of milliseconds, and the peak in MiB."""
    fleet = Fleet(int(sys.argv[1]))
    if "profile" in sys.argv:
        profile(fleet)
        return
    before = fleet.judge()
    rounds = sorted(fleet.judge() for _ in range(int(sys.argv[2])))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    print(rounds[len(rounds) // 2], peak, before)


if __name__ == "__main__":
    main()
