"""`tocsin local` as it ends: by a signal, by the end of the local AWS, by a failed deployment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from tocsin.usecases.ports import StorageError
from tocsin_cli.local import once, stack
from tocsin_cli.local.emulator import Emulator, LocalStackError
from tocsin_cli.main import main

FILE = "locations: {eu-west-1: , us-east-1: }\nmonitors: {m: {tcp: '127.0.0.1:1', quorum: all}}\n"
TIDY = """
import sys, time, typer
from tocsin_cli.local.commands import _until_interrupted
try:
    with _until_interrupted():
        try:
            print("up", flush=True)
            time.sleep(60)
        finally:
            time.sleep(1)
            print("tidy", flush=True)
except typer.Exit as end:
    sys.exit(end.exit_code)
"""


UNSEEN = SimpleNamespace(
    **dict.fromkeys(("configs", "states", "reports", "heartbeats", "projections", "history"))
)
"""A home that nobody looks at."""


def ended(*words: str) -> object:
    with pytest.raises(SystemExit) as end:
        main(words)
    return end.value.code


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "monitors.yaml").write_text(FILE)
    return str(tmp_path / "monitors.yaml")


def test_signals_after_the_first_do_not_cut_the_cleaning_up_short() -> None:
    us = subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", TIDY],
        env={"PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert us.stdout is not None
    assert us.stdout.readline() == "up\n"

    for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        us.send_signal(number)
        time.sleep(0.1)

    out, err = us.communicate(timeout=20)
    assert (us.returncode, out) == (0, "tidy\n")
    assert err == "stopped; nothing is left running\n"


def test_a_demo_that_was_interrupted_has_shown_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Path) -> bool:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        return True

    monkeypatch.setattr(once, "tell_once", interrupted)

    assert ended("local", "demo", "--once") == 130


def test_the_end_of_the_local_aws_is_the_end_of_the_command(
    file: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def running(*_: object, **__: object) -> Iterator[object]:
        with Emulator(tmp_path) as emulator:
            assert emulator._process is not None
            os.kill(emulator._process.pid, signal.SIGKILL)
            yield SimpleNamespace(emulator=emulator, home=UNSEEN, apply=lambda _: 1)

    monkeypatch.setattr(stack, "running", running)

    assert ended("local", "up", "--monitors", file, "--port", "0") == 1
    assert capsys.readouterr().err == (
        f"tocsin: MiniStack has ended; {tmp_path / 'ministack.log'} says why\n"
    )


@dataclass
class StackOfUrls:
    """Takes a configuration, and ends like the local AWS would."""

    emulator: "StackOfUrls" = field(init=False)
    home: object = field(default_factory=lambda: UNSEEN)

    def __post_init__(self) -> None:
        self.emulator = self

    def apply(self, _: object) -> int:
        return 1

    def url(self, job: str) -> str:
        return f"http://127.0.0.1:1/{job}-token"

    def survey(self) -> None:
        raise StorageError("not now")

    def ensure_running(self) -> None:
        raise LocalStackError("over")


def test_what_runs_elsewhere_is_named_and_jobs_are_told_where_to_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "monitors.yaml").write_text(
        "locations: {eu-west-1: , office: {kind: agent}}\n"
        "monitors:\n"
        "  router: {icmp: 127.0.0.1, locations: [office]}\n"
        "  backup: {heartbeat: 1d}\n"
    )

    @contextmanager
    def running(*_: object, **__: object) -> Iterator[object]:
        yield StackOfUrls()

    monkeypatch.setattr(stack, "running", running)

    assert ended("local", "up", "--monitors", str(tmp_path / "monitors.yaml"), "--port", "0") == 1
    out, err = capsys.readouterr()
    assert "office does not run here: what only it can see stays unknown\n" in err
    assert "stack: backup reports to http://127.0.0.1:1/backup-token\n" in out
    assert err.endswith("tocsin: over\n")


def test_a_region_that_the_local_stack_has_not_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "monitors.yaml"
    file.write_text(FILE.replace("us-east-1", "sa-east-1"))

    assert ended("local", "up", "--monitors", str(file), "--port", "0") == 1
    assert "no such location here: sa-east-1" in capsys.readouterr().err


def test_a_failed_deployment_keeps_its_lines_and_no_more(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def running(*_: object, **__: object) -> Iterator[object]:
        raise LocalStackError("sam build failed:\nfirst\x1b[2J\nsecond")
        yield

    monkeypatch.setattr(stack, "running", running)

    assert ended("local", "up", "--monitors", file, "--port", "0") == 1
    assert capsys.readouterr().err == "tocsin: sam build failed:\nfirst\\x1b[2J\nsecond\n"
