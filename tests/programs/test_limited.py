"""A share of a processor is what a process gets, and no more, by whatever holds it to that."""

import subprocess
import sys
import time

import pytest
from benchmarks import limited

WORK = """
import time
until = time.monotonic() + {}
while time.monotonic() < until: pass
print(time.process_time())
"""
SECONDS = 1.0


def given(share: float) -> float:
    """Let a process work for a second, and say how much of a processor it had."""
    command = [sys.executable, "-I", "-c", WORK.format(SECONDS)]
    with limited.limited(share) as (join, hold):
        begun = time.perf_counter()
        with subprocess.Popen(  # noqa: S603 - this very interpreter
            command,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=join,  # noqa: PLW1509 - nothing here holds a lock that it would want
        ) as process:
            hold(process.pid)
            assert process.stdout is not None
            used = float(process.stdout.read())
        return used / (time.perf_counter() - begun)


@pytest.mark.parametrize("by_kernel", [True, False], ids=["by a group", "by stopping"])
def test_no_more_than_its_share(*, by_kernel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not by_kernel:
        monkeypatch.setattr(limited, "_group", lambda _: None)

    assert 0 < given(0.3) < 0.6
