"""The agent's unit, as systemd itself reads it."""

import subprocess
from pathlib import Path

import pytest

from tests.programs.programs import found
from tocsin.domain.schedule import TICK_BUDGET
from tocsin.usecases.stay import FLUSH, PARTING, REFRESH
from tocsin_cli.residence import STALLED

UNIT = Path(__file__).parents[2] / "deploy" / "agent" / "tocsin-agent.service"
COMMAND = "/opt/tocsin/bin/tocsin agent"
EXPOSURE = 1.9
"""Of 10, as `systemd-analyze security` counts what a service could do to the machine."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Give the unit with a command that every machine has."""
    text = UNIT.read_text()
    assert f"\nExecStart={COMMAND}\n" in text
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace(COMMAND, "/bin/true"))
    return copy


def analyzed(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words
        [found("systemd-analyze", "systemd"), *words], check=False, capture_output=True, text=True
    )


def test_systemd_understands_every_line(unit: Path) -> None:
    verdict = analyzed("verify", "--man=no", str(unit))

    assert (verdict.returncode, verdict.stdout + verdict.stderr) == (0, "")


def test_it_can_do_little_to_its_machine(unit: Path) -> None:
    verdict = analyzed(
        "security", "--offline=yes", f"--threshold={EXPOSURE * 10:.0f}", "--no-pager", str(unit)
    )

    assert verdict.returncode == 0, verdict.stdout


def test_systemd_waits_longer_than_an_orderly_end_takes() -> None:
    settings = dict(
        line.split("=", 1) for line in UNIT.read_text().splitlines() if line[:1].isupper()
    )
    longest = REFRESH + TICK_BUDGET.total_seconds() + FLUSH + PARTING

    assert longest < float(settings["TimeoutStopSec"])
    assert float(settings["WatchdogSec"]) > STALLED
    assert longest < STALLED
