"""What systemd is told, and what it asks for."""

import os

import pytest

from tocsin_cli.systemd import notify, watchdog_seconds


@pytest.fixture(autouse=True)
def _nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)


def test_without_systemd_nothing_is_told_and_nothing_asked() -> None:
    notify("READY=1")

    assert watchdog_seconds() is None


def test_half_the_time_that_systemd_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "90000000")

    assert watchdog_seconds() == 45


def test_a_watchdog_of_another_process_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "90000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))

    assert watchdog_seconds() is None


@pytest.mark.parametrize("text", ["soon", "", "0", "-1"])
def test_a_time_that_is_none_is_no_watchdog(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", text)

    assert watchdog_seconds() is None
