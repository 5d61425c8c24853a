"""A share of one processor, as Lambda gives one: by a control group, else by stopping and going on.

Where groups can be made (as root), the kernel holds a process to its share. Elsewhere it is stopped
for the rest of every period, which holds it to no more than that.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final
from uuid import uuid4

PERIOD_US: Final = 20_000
"""In which a share is given: short, so that what is left of the last one makes no difference."""
_V1: Final = Path("/sys/fs/cgroup/cpu")
_V2: Final = Path("/sys/fs/cgroup")

type Join = Callable[[], object]
"""Called in a child before it becomes the program."""
type Hold = Callable[[int], object]
"""Called with the id of a child once it runs."""


@contextmanager
def limited(share: float) -> Iterator[tuple[Join, Hold]]:
    """Give what puts a process under the share, and what holds it there."""
    quota_us = int(PERIOD_US * share)
    group = _group(quota_us)
    if group is None:
        over = Event()
        try:
            yield _nothing, lambda pid: _take_turns(pid, quota_us / 1e6, over)
        finally:
            over.set()
        return
    try:
        yield lambda: (group / "cgroup.procs").write_text(str(os.getpid())), lambda _: None
    finally:
        _remove(group)


def _group(quota_us: int) -> Path | None:
    """Make a control group with a quota; None where that cannot be."""
    for root, write in ((_V2, _version_2), (_V1, _version_1)):
        if not (root / "cgroup.procs").exists():  # where groups are mounted by kind, a mere folder
            continue
        group = root / f"tocsin-bench-{uuid4().hex}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            write(group, quota_us)
        except OSError:
            _remove(group)
            continue
        return group
    return None


def _version_2(group: Path, quota_us: int) -> None:
    (group / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
    (group / "cpu.weight").write_text("10000")  # what others do here takes nothing from its share


def _version_1(group: Path, quota_us: int) -> None:
    (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
    (group / "cpu.cfs_quota_us").write_text(str(quota_us))
    (group / "cpu.shares").write_text("262144")  # as above


def _remove(group: Path) -> None:
    for _ in range(50):
        with suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.02)  # who has just ended is still in it


def _take_turns(pid: int, run_s: float, over: Event) -> None:
    def turns() -> None:
        with suppress(ProcessLookupError):
            while not over.is_set():
                os.kill(pid, signal.SIGCONT)
                time.sleep(run_s)
                os.kill(pid, signal.SIGSTOP)
                time.sleep(PERIOD_US / 1e6 - run_s)

    Thread(target=turns, daemon=True).start()


def _nothing() -> None:
    pass
