"""What is measured, and what is wanted of it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import probers, starting
from benchmarks.jobs import Crowd
from benchmarks.probers import Ours, Prober
from benchmarks.replaying import MONTH
from benchmarks.targets import Targets

from tocsin.domain.target import Kind

COMPARED: Final = (Kind.TCP, Kind.HTTP, Kind.DNS)
"""Kinds that the blackbox exporter has too, and that need no privileges there."""
AGAINST_BLACKBOX: Final = 0.5
AGAINST_C: Final = 4.0
MOST_MIB: Final = 256
MOST_CONNECT_MS: Final = 1.0
MOST_JUDGING_MS: Final = 50.0
MOST_FLEET_MS: Final = 300.0
MOST_FLEET_MIB: Final = 200
MOST_MONTH_S: Final = 60.0
MOST_VIEW_MS: Final = 300.0
MOST_VIEW_KIB: Final = 512
REPLAYED_MONITORS: Final = 1_000
AGAINST_LIBRARIES: Final = 1.5
MOST_START_S: Final = 2.0
_ROOT: Final = Path(__file__).parent.parent
_CLOCKED: Final = """
import sys, time
sys.path[:0] = {}
begun = time.process_time()
import {}
print(time.process_time() - begun)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done: enough to measure, or just enough to see that it works."""

    rounds: int = 5
    checks: int = 2_000
    crowd: int = 10_000
    jobs: int = 1_000
    fleet: int = 10_000
    replayed: int = 3 * 1440
    viewed: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Ours beside theirs, or beside a bound that stands for itself; nothing wanted always holds."""

    what: str
    unit: str
    ours: float
    theirs: float | None = None
    most: float | None = None

    @property
    def value(self) -> float:
        """What is held against the wish: the ratio where there are others."""
        return self.ours / self.theirs if self.theirs else self.ours

    @property
    def holds(self) -> bool:
        """Tell whether what is wanted is so."""
        return self.most is None or self.value <= self.most


def figures(targets: Targets, folder: Path, size: Size) -> Iterator[Figure]:
    """Measure all, one after the other."""
    with probers.blackbox(targets, folder) as blackbox, probers.ours(targets) as ours:
        for kind in COMPARED:
            what = f"{kind} check, against the blackbox exporter"
            yield _compared(what, kind, ours, blackbox, size, AGAINST_BLACKBOX)
    with probers.loop(targets, folder) as loop, probers.ours(targets) as ours:
        what = "tcp check, against a loop in C"
        yield _compared(what, Kind.TCP, ours, loop, size, AGAINST_C)
    with probers.ours(targets) as ours:
        yield from _crowd(ours, size.crowd)
    yield from _jobs(size)
    yield from _fleet(size)
    yield from _month(size)
    yield from _view(size)
    yield from _starts(folder, size.rounds)


def _compared(
    what: str, kind: Kind, ours: Prober, theirs: Prober, size: Size, most: float
) -> Figure:
    def per_check(prober: Prober) -> float:
        return prober.spend(kind, size.checks) / size.checks * 1e6

    left, right = _alternating(lambda: per_check(ours), lambda: per_check(theirs), size.rounds)
    return Figure(what=what, unit="µs of CPU", ours=left, theirs=right, most=most)


def _crowd(ours: Ours, monitors: int) -> Iterator[Figure]:
    tick = ours.tick(Kind.TCP, monitors)
    told = ours.tick(Kind.TCP, monitors, by_loop=True)
    what = f"a tick of {monitors:,} tcp monitors"
    yield Figure(what=f"{what}: peak memory", unit="MiB", ours=tick.peak_mib, most=MOST_MIB)
    connect = f"{what}: p99 of connecting"
    yield Figure(what=connect, unit="ms", ours=tick.connect_p99_ms, most=MOST_CONNECT_MS)
    yield Figure(what=f"{connect}, by the loop's clock", unit="ms", ours=told.connect_p99_ms)
    yield Figure(what=f"{what}: its length", unit="s", ours=tick.took_s)


def _jobs(size: Size) -> Iterator[Figure]:
    """Judge jobs whose times to report are all new, and again as in every minute after that."""
    crowd = Crowd(size.jobs)
    crowd.judge(cold=True)
    cold, alone = _alternating(lambda: crowd.judge(cold=True), crowd.look_up, size.rounds)
    warm = median(crowd.judge(cold=False) for _ in range(size.rounds))
    what = f"{size.jobs:,} heartbeats judged"
    yield Figure(what=what, unit="ms of CPU", ours=warm, most=MOST_JUDGING_MS)
    first = f"{what} for the first time, against CronSim alone"
    yield Figure(what=first, unit="ms of CPU", ours=cold, theirs=alone)


def _fleet(size: Size) -> Iterator[Figure]:
    """Judge a large installation whole, from what is stored, as one process."""
    took_ms, peak_mib, _ = _measured("benchmarks.judging", size.fleet, size.rounds)
    what = f"{size.fleet:,} monitors at 5 locations judged from packed reports"
    yield Figure(what=what, unit="ms of CPU", ours=took_ms, most=MOST_FLEET_MS)
    yield Figure(what=f"{what}: peak memory", unit="MiB", ours=peak_mib, most=MOST_FLEET_MIB)


def _month(size: Size) -> Iterator[Figure]:
    """Replay some days, and say what a month of them takes."""
    took_s, peak_mib, _ = _measured("benchmarks.replaying", REPLAYED_MONITORS, size.replayed)
    what = f"a month of {REPLAYED_MONITORS:,} monitors at 3 locations replayed"
    month_s = took_s * MONTH / size.replayed
    yield Figure(what=what, unit="s of CPU", ours=month_s, most=MOST_MONTH_S)
    yield Figure(what=f"{what}: peak memory", unit="MiB", ours=peak_mib)


def _view(size: Size) -> Iterator[Figure]:
    """Draw the console from what is stored, as one process."""
    took_ms, kib, close_ms = _measured("benchmarks.viewing", size.viewed, size.rounds)
    what = f"the console of {size.viewed:,} monitors at 5 locations, read and drawn"
    yield Figure(what=what, unit="ms of CPU", ours=took_ms, most=MOST_VIEW_MS)
    yield Figure(what=f"{what}: its size", unit="KiB", ours=kib, most=MOST_VIEW_KIB)
    close = f"one of {size.viewed:,} monitors close up"
    yield Figure(what=close, unit="ms of CPU", ours=close_ms, most=MOST_VIEW_MS)


def _measured(module: str, *arguments: int) -> tuple[float, float, float]:
    """Measure in a process of its own, whose memory is nobody else's."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    first, second, third = map(float, done.stdout.split())
    return first, second, third


def _starts(folder: Path, rounds: int) -> Iterator[Figure]:
    """Start every function cold in what is deployed; the quickest of each counts."""
    artefact, libraries = starting.build(folder), starting.runtime(folder)
    yield _imports(artefact, libraries, rounds)
    with starting.world(folder) as starts:
        for start in starts:
            took = [starting.measure(start, artefact, libraries) for _ in range(rounds)]
            yield Figure(
                what=f"cold start with {starting.SHARE:g} of a processor, {start.what}",
                unit="s",
                ours=min(each.wall_s for each in took),
                most=MOST_START_S,
            )


def _imports(artefact: Path, libraries: Path, rounds: int) -> Figure:
    """Compare the quickest of both: they do the same each time, and noise only adds to it.

    Both are imported from bytecode, as they are in Lambda: a working copy may have none, and then
    most of its time is that of the compiler.
    """
    layer = artefact / "SharedLayer" / "python"
    folders = [artefact / "ProbeFunction", layer, libraries]
    pairs = [
        (_importing("handler", folders), _importing("boto3, pydantic", folders))
        for _ in range(2 * rounds)
    ]
    what = "import of the probe, against boto3 and pydantic"
    return Figure(
        what=what,
        unit="ms of CPU",
        ours=min(pair[0] for pair in pairs),
        theirs=min(pair[1] for pair in pairs),
        most=AGAINST_LIBRARIES,
    )


def _importing(modules: str, folders: list[Path]) -> float:
    """Import in a fresh process; milliseconds of its processor time."""
    clocked = _CLOCKED.format([*map(str, folders)], modules)
    command = [sys.executable, "-I", "-c", clocked]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout) * 1000


def _alternating(
    left: Callable[[], float], right: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """Give the medians of both, taken in turns, after one round that does not count."""
    pairs = [(left(), right()) for _ in range(rounds + 1)][1:]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
