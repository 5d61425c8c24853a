"""The console of an installation, drawn from what is stored as a dashboard asks for it.

`python -m benchmarks.viewing 1000 5` measures it: the median of milliseconds that data and page
take, the KiB of the page, and the milliseconds of a monitor close up.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from benchmarks.judging import BEGIN, LOCATIONS, Fleet, Packed

from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.columns import unpack_report
from tocsin.adapters.digests import pack_digest, unpack_digest
from tocsin.domain.endpoint import Endpoint
from tocsin.domain.incident import Incident
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.rollup import HOUR, Looks, Rollup, Row
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.domain.uptime import DAY, Digest, Seconds, digested
from tocsin.pages.console import Console, Question
from tocsin.pages.manner import CloudWatch
from tocsin.usecases.hear import Ear
from tocsin.usecases.overview import DAYS, Wish
from tocsin.usecases.ports import Stored
from tocsin.usecases.survey import Eyes

ARN: Final = "arn:aws:lambda:eu-west-1:123456789012:function:customWidget-tocsin"
NOW: Final = BEGIN // HOUR
TODAY: Final = NOW // DAY
_KIB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The tables, which hold bytes."""

    packed: dict[str, Packed]
    hours_in_brief: dict[tuple[str, int], bytes] = field(default_factory=dict)
    hours_whole: dict[tuple[str, int], bytes] = field(default_factory=dict)
    days_in_brief: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def shards(self) -> tuple[Shard, ...]:
        """Give what a function that is warm holds in memory."""
        return tuple(each.shard for each in self.packed.values())

    def load(self, shard: str) -> Stored:
        """Read a shard's state."""
        return Stored(state=unpack(ShardState, self.packed[shard].state), revision=1)

    def save(self, state: ShardState, *, over: int) -> int:
        """Refuse: nothing is asked for here."""
        raise AssertionError(f"{state.shard} is written over {over}")

    def add(self, report: Report) -> bool:
        """Refuse as well."""
        raise AssertionError(f"{report.location} is written")

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        """Read a location's newest report."""
        return unpack_report(self.packed[shard].reports[location]) if until else None

    def between(self, location: str, shard: str, first: int, last: int) -> Iterator[Report]:
        """Read as many reports as there are minutes; they are all the same one."""
        for _ in range(first, last + 1):
            yield unpack_report(self.packed[shard].reports[location])

    def hours(self, shard: str, first: int, last: int) -> Iterator[Digest]:
        """Read hours in brief."""
        yield from self._read(self.hours_in_brief, shard, first, last)

    def days(self, shard: str, first: int, last: int) -> Iterator[Digest]:
        """Read days in brief."""
        yield from self._read(self.days_in_brief, shard, first, last)

    def rollups(self, shard: str, first: int, last: int) -> Iterator[Rollup]:
        """Read hours whole."""
        for hour in range(first, last + 1):
            if (stored := self.hours_whole.get((shard, hour))) is not None:
                yield unpack(Rollup, stored)

    def of_month(self, _at: datetime) -> Iterator[Incident]:
        """Read no incidents of a month: there were none."""
        yield from ()

    def pulses(self, _monitors: object) -> dict[str, None]:
        """Read no pulses: there are no jobs."""
        return {}

    def endpoint(self) -> Endpoint:
        """Read nothing of the endpoint."""
        return Endpoint()

    @staticmethod
    def _read(
        stored: dict[tuple[str, int], bytes], shard: str, first: int, last: int
    ) -> Iterator[Digest]:
        for number in range(first, last + 1):
            if (packed := stored.get((shard, number))) is not None:
                yield unpack_digest(packed, shard, number)


def remembered(fleet: Fleet) -> Shelf:
    """Give a fleet three months of days and two days of hours.

    On each day one monitor in fifty is down for a while.
    """
    shelf = Shelf(packed={stored.shard.id: stored for stored in fleet.shards})
    random = Random(7)  # noqa: S311 - the same figures every time, not a secret
    for shard in shelf.shards():
        names = [monitor.id for monitor in shard.monitors]
        for number in range(TODAY - DAYS + 1, TODAY + 1):
            downs = {name: random.choice([0] * 49 + [480]) for name in names}
            day = Digest(
                shard=shard.id,
                number=number,
                seconds={name: _seconds(down) for name, down in downs.items()},
                ms={name: round(random.lognormvariate(4, 0.4), 1) for name in names},
            )
            shelf.days_in_brief[shard.id, number] = pack_digest(day)
        for number in range(NOW - 2 * DAY, NOW):
            rows = {name: _row(random) for name in names}
            rollup = Rollup(shard=shard.id, hour=number, monitors=rows)
            shelf.hours_whole[shard.id, number] = pack(Rollup, rollup)
            shelf.hours_in_brief[shard.id, number] = pack_digest(digested(rollup))
    return shelf


def _seconds(down: int) -> Seconds:
    return {Verdict.UP: 86_400 - down, Verdict.DOWN: down} if down else {Verdict.UP: 86_400}


def _row(random: Random) -> Row:
    return Row(
        seconds={Verdict.UP: 3600},
        locations={
            place: Looks(
                checks=60,
                p50_ms=round(random.lognormvariate(4, 0.4), 1),
                p95_ms=round(random.lognormvariate(5, 0.4), 1),
            )
            for place in LOCATIONS
        },
    )


def console(shelf: Shelf) -> Console:
    """Build the console over such tables."""
    return Console(
        eyes=Eyes(
            configs=shelf,
            states=shelf,
            reports=shelf,
            ear=Ear(pulses=shelf, next_time=lambda _target, _after: None),
            next_start=lambda _cron, _timezone, _after: None,
        ),
        past=shelf,
        reports=shelf,
        history=shelf,
    )


def main() -> None:
    """Look once more than is counted; print both medians of milliseconds, and the page's KiB."""
    fleet = Fleet(int(sys.argv[1]))
    seen, aws = console(remembered(fleet)), CloudWatch(endpoint=ARN)
    name = fleet.shards[0].shard.monitors[1].id
    took: dict[str, list[float]] = {"": [], name: []}
    size = 0
    for _ in range(int(sys.argv[2]) + 1):
        for monitor, spent in took.items():
            question = Question(words={"monitor": monitor}, typed={}, wish=Wish(), theme="light")
            begun = time.process_time()
            answer = seen.answer(question, aws, fleet.now)
            spent.append((time.process_time() - begun) * 1000)
            if answer.problem:
                raise AssertionError(answer.problem)
            size = size if monitor else len(answer.html.encode())
    first, close = (sorted(spent[1:])[len(spent) // 2 - 1] for spent in took.values())
    print(first, size / _KIB, close)


if __name__ == "__main__":
    main()
