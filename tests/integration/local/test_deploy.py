"""SAM is a program that starts others: none of them outlives who started it."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.integration.local.test_emulator import gone
from tocsin_cli.local import deploy
from tocsin_cli.local.emulator import Emulator

SAM = """#!/bin/sh
sleep 300 &
echo $$ $! > pids.new
mv pids.new pids
{then}
"""
STARTER = """
import sys
from pathlib import Path
import typer
from tocsin_cli.local import deploy
from tocsin_cli.local.commands import _until_interrupted
from tocsin_cli.local.emulator import Emulator
here = Path(sys.argv[1])
try:
    with _until_interrupted(130):
        deploy.build(Emulator(here), here, here / "built", sam=here / "sam")
except typer.Exit as end:
    sys.exit(end.exit_code)
"""


def fake_sam(folder: Path, then: str) -> Path:
    sam = folder / "sam"
    sam.write_text(SAM.format(then=then))
    sam.chmod(0o700)
    return sam


def started(folder: Path) -> list[int]:
    """Wait for the ids of SAM and its child."""
    for _ in range(100):
        if (folder / "pids").exists():
            return [int(pid) for pid in (folder / "pids").read_text().split()]
        time.sleep(0.1)
    raise AssertionError((folder / ".tocsin" / "build.log").read_text())


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 130),
        (signal.SIGHUP, 130),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_nothing_of_sam_outlives_us(tmp_path: Path, how: signal.Signals, code: int) -> None:
    fake_sam(tmp_path, then="wait")
    us = subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", STARTER, str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    pids = started(tmp_path)

    us.send_signal(how)

    assert us.wait(20) == code
    assert all(map(gone, pids))


def test_nothing_of_sam_outlives_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sam = fake_sam(tmp_path, then="wait")
    monkeypatch.setattr(deploy, "_BUILD_WITHIN", timedelta(seconds=2))

    with pytest.raises(deploy.DeploymentError, match="took over 2 s"):
        deploy.build(Emulator(tmp_path), tmp_path, tmp_path / "built", sam=sam)

    assert all(map(gone, started(tmp_path)))


def test_a_failure_of_sam_is_told_with_its_last_lines(tmp_path: Path) -> None:
    sam = fake_sam(tmp_path, then="echo no such thing; exit 3")

    with pytest.raises(deploy.DeploymentError, match="no such thing"):
        deploy.build(Emulator(tmp_path), tmp_path, tmp_path / "built", sam=sam)

    assert all(map(gone, started(tmp_path)))


def test_a_missing_sam_is_named(tmp_path: Path) -> None:
    with pytest.raises(deploy.DeploymentError, match="run `make setup`"):
        deploy.build(Emulator(tmp_path), tmp_path, tmp_path / "built", sam=tmp_path / "none")


SLOW_SAM = """#!/bin/sh
[ ! -e at-work ] || exit 7
touch at-work
sleep 0.5
mkdir -p .tocsin/build
date +%N > .tocsin/build/template.yaml
rm at-work
"""


def test_builds_of_one_folder_follow_each_other_and_each_keeps_its_own(tmp_path: Path) -> None:
    sam = tmp_path / "sam"
    sam.write_text(SLOW_SAM)
    sam.chmod(0o700)
    emulator, said = Emulator(tmp_path), list[str]()

    with ThreadPoolExecutor() as both:
        built = [
            both.submit(
                deploy.build, emulator, tmp_path, tmp_path / name, sam=sam, progress=said.append
            )
            for name in ("one", "other")
        ]
        first, second = (each.result().read_text() for each in built)

    assert first != second
    assert said[0] == "waiting until another build of this folder has ended"
