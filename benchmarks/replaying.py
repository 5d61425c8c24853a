"""A month of recorded reports, run through the judge."""

import json
import resource
import sys
import time
import zlib
from collections.abc import Iterator
from io import BytesIO
from random import Random
from typing import Any, Final

from benchmarks.judging import BEGIN, SHARD

from tocsin.adapters.recording import read
from tocsin.domain.monitor import Monitor, majority
from tocsin.domain.target import TcpTarget
from tocsin.usecases.replay import Replay, Rules

LOCATIONS: Final = ("us-east-1", "eu-west-1", "ap-southeast-1")
MONTH: Final = 30 * 1440
_DOWN: Final = {
    "vote": "fail",
    "layer": "connect",
    "reason": "refused",
    "evidence": "connection refused",
}
_MIB: Final = 1024


class Month:
    """So many ticks of so many monitors, at three locations.

    Each monitor fails at one location for a minute or two about once a week, and at all of them for
    twenty minutes about once a month; of each location, one time in a hundred is new in a minute.
    """

    def __init__(self, monitors: int, ticks: int) -> None:
        self._random = Random(5)  # noqa: S311 - the same figures every time, not a secret
        self._names = [f"service-{number}" for number in range(monitors)]
        self._ticks = ticks
        self._blips: dict[tuple[str, str], int] = {}
        self._outages: dict[str, int] = {}
        press = zlib.compressobj(6)
        lines = (press.compress(json.dumps(line).encode() + b"\n") for line in self._lines())
        self.packed = b"".join(lines) + press.flush()

    def rules(self) -> Rules:
        """Give the configuration under which it is replayed."""
        monitors = (
            Monitor(
                id=name,
                target=TcpTarget(host=f"{name}.example.com", port=22),
                locations=LOCATIONS,
                need=majority(len(LOCATIONS)),
            )
            for name in self._names
        )
        return Rules(monitors={monitor.id: monitor for monitor in monitors})

    def replay(self) -> tuple[float, int]:
        """Replay it; seconds of processor time, and how many alerts there were."""
        begun = time.process_time()
        replay = Replay(self.rules(), lambda _cron, _timezone, _after: None)
        alerts = sum(1 for _ in replay.run(read(BytesIO(self.packed))))
        return time.process_time() - begun, alerts

    def _lines(self) -> Iterator[dict[str, Any]]:
        yield {"tocsin": "reports", "form": 1}
        for tick in range(BEGIN, BEGIN + self._ticks):
            self._happen(tick)
            for number in range(0, len(self._names), SHARD):
                for location in LOCATIONS:
                    yield self._line(tick, location, number)

    def _happen(self, tick: int) -> None:
        roll = self._random.random
        for name in self._some(len(self._names) * len(LOCATIONS) / (7 * 1440)):
            where = name, self._random.choice(LOCATIONS)
            self._blips[where] = tick + 1 + int(2 * roll())
        for name in self._some(len(self._names) / MONTH):
            self._outages[name] = tick + 20

    def _some(self, expected: float) -> list[str]:
        number = int(expected) + (self._random.random() < expected % 1)
        return self._random.choices(self._names, k=number)

    def _line(self, tick: int, location: str, number: int) -> dict[str, Any]:
        line = {"tick": tick, "location": location, "shard": f"s{number}", "version": 1}
        names = self._names[number : number + SHARD]
        if tick == BEGIN:
            return line | {"seen": {name: self._pass() for name in names}}
        slower = {name: self._pass() for name in self._some(len(self._names) / 100)}
        back = {n: self._pass() for (n, place), end in self._blips.items() if place == location}
        fails = {
            name: {"outcome": _DOWN, "since": tick}
            for (name, place), end in self._blips.items()
            if place == location and end > tick
        } | {
            name: {"outcome": _DOWN, "since": end - 20}
            for name, end in self._outages.items()
            if end > tick
        }
        back |= {name: self._pass() for name, end in self._outages.items() if end == tick}
        self._blips = {w: e for w, e in self._blips.items() if e > tick - 2}
        seen = {**slower, **back, **fails}
        return line | {"seen": {name: said for name, said in seen.items() if name in names}}

    def _pass(self) -> dict[str, Any]:
        times = {"dns": self._random.lognormvariate(0.5, 1), "connect": self._random.gauss(40, 5)}
        return {"outcome": {"vote": "pass", "phases_ms": {k: abs(v) for k, v in times.items()}}}


def main() -> None:
    """Replay once; print seconds, the peak in MiB, and how many alerts there were."""
    month = Month(int(sys.argv[1]), int(sys.argv[2]))
    took, alerts = month.replay()
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB, alerts)


if __name__ == "__main__":
    main()
