"""The process of an agent: how it is told to end, and how systemd hears that it lives."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

from botocore.exceptions import BotoCoreError

from tocsin.wiring.agent import agent as built
from tocsin.wiring.home import SettingError
from tocsin_cli import systemd
from tocsin_cli.journal import AgentJournal
from tocsin_cli.output import CommandError, say

if TYPE_CHECKING:
    from tocsin.domain.monitor import Monitor
    from tocsin_cli.home import Place

SIGNALLED: Final = 128
"""What a shell adds to the signal that ended a program."""
STALLED: Final = 180.0
"""Seconds without any progress after which systemd hears no more of us."""


async def reside(location: str, where: "Place", *, once: bool) -> None:
    """Watch from a location until this is asked to end; with `once` run a single tick."""

    def crashed(monitor: "Monitor", error: Exception) -> None:
        journal.crashed(monitor, error)

    try:
        made = built(
            location,
            where.region,
            reports_table=where.reports_table,
            state_table=where.state_table,
            on_crash=crashed,
        )
    except (SettingError, BotoCoreError) as error:
        raise CommandError(str(error)) from error
    journal = AgentJournal(made, _line)
    end = End()
    resident = made.resident(journal, end.pause)
    if once:
        await resident.once()
        return
    end.listen()
    systemd.notify("READY=1")
    beating = asyncio.create_task(beat(end))
    try:
        await resident.stay()
    finally:
        beating.cancel()
    # Python would wait for a thread that still waits for AWS, and for a disk that is full.
    _gone(0)


class End:
    """How the process is asked to end, and when it last made progress."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.progress = self._loop.time()

    def listen(self) -> None:
        """Let signals ask: the first time for an orderly end, then for one at once."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup(1) has it
                self._loop.add_signal_handler(number, self._ask, number)

    async def pause(self, seconds: float) -> bool:
        """Wait so long, or until it shall end; tell whether it shall."""
        self.progress = self._loop.time()
        if seconds > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._asked.wait()
        self.progress = self._loop.time()
        return self._asked.is_set()

    def _ask(self, number: signal.Signals) -> None:
        if self._asked.is_set():
            _gone(SIGNALLED + number)
        self._asked.set()
        systemd.notify("STOPPING=1", "STATUS=ends after this tick")


async def beat(end: End) -> None:
    """Let systemd hear that we live, for as long as we get on."""
    if (seconds := systemd.watchdog_seconds()) is None:
        return
    loop = asyncio.get_running_loop()
    while True:
        if loop.time() - end.progress < STALLED:
            systemd.notify("WATCHDOG=1")
        await asyncio.sleep(seconds)


def _gone(code: int) -> NoReturn:
    """End without waiting for any thread."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _line(text: str) -> None:
    # A full disk, or a reader that went away, is no reason to stop watching.
    with suppress(OSError):
        say(text)
        sys.stdout.flush()
