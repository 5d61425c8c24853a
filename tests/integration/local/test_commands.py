"""`tocsin local` as it ends: by a signal, by the end of the local AWS, by a failed deployment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

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
            yield SimpleNamespace(emulator=emulator, apply=lambda _: 1)

    monkeypatch.setattr(stack, "running", running)

    assert ended("local", "up", "--monitors", file, "--port", "0") == 1
    assert capsys.readouterr().err == (
        f"tocsin: MiniStack has ended; {tmp_path / 'ministack.log'} says why\n"
    )


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
