"""What people read, kept in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.domain.rollup import Rollup, Status
from tocsin.domain.uptime import Digest, digested
from tocsin.usecases.ports import StorageError


@dataclass
class InMemoryProjections:
    """Projections by monitor and by hour; `broken` is a table that does not answer."""

    statuses: dict[str, tuple[Status | None, str, int]] = field(default_factory=dict)
    rolled: dict[tuple[str, int], Rollup] = field(default_factory=dict)
    dated: dict[tuple[str, int], Digest] = field(default_factory=dict)
    writes: int = 0
    broken: bool = False

    def show(self, status: Status, shard: str, revision: int) -> None:
        self._write()
        _, home, known = self.statuses.get(status.monitor, (None, shard, 0))
        if home != shard or known <= revision:
            self.statuses[status.monitor] = status, shard, revision

    def forget(self, monitor: str, shard: str, at: datetime) -> None:
        self._write()
        if monitor in self.statuses and self.statuses[monitor][1] == shard:
            self.statuses[monitor] = None, shard, 0

    def keep(self, rollup: Rollup) -> None:
        self._write()
        self.rolled[rollup.shard, rollup.hour] = rollup

    def keep_day(self, day: Digest) -> None:
        self._write()
        self.dated[day.shard, day.number] = day

    def hours(self, shard: str, first: int, last: int) -> Iterator[Digest]:
        yield from map(digested, self.rollups(shard, first, last))

    def days(self, shard: str, first: int, last: int) -> Iterator[Digest]:
        known = sorted(self.dated.items())
        yield from (each for (home, n), each in known if home == shard and first <= n <= last)

    def status(self, monitor: str) -> Status | None:
        return self.statuses[monitor][0] if monitor in self.statuses else None

    def rollups(self, shard: str, first: int, last: int) -> Iterator[Rollup]:
        known = sorted(self.rolled.items())
        yield from (each for (home, n), each in known if home == shard and first <= n <= last)

    def _write(self) -> None:
        if self.broken:
            raise StorageError("table state: out of reach")
        self.writes += 1
