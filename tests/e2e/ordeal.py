"""The scenarios as they are played, all side by side, and what came of each."""

import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.e2e.acceptance import OPENED, RESOLVED
from tests.e2e.hardship import Account, Arrival, instants
from tests.e2e.proxies import Injected, Proxies
from tests.e2e.scenarios import CUT_OFF, DEAF, FOREVER_MS, THERE, Fault, Scenario, Victim
from tests.e2e.targets import Target
from tocsin_cli.local.deploy import HOME
from tocsin_cli.local.inbox import Delivery
from tocsin_cli.local.stack import LocalStack

FINISHED_WITHIN: Final = timedelta(seconds=3)
"""After a call is held, before its process dies: what runs beside it has ended by then."""


@dataclass(kw_only=True)
class Play:
    """A scenario in a running stack; it goes on at each `step`."""

    scenario: Scenario
    target: Target
    stack: LocalStack
    proxies: Proxies
    struck: datetime | None = None
    mended: datetime | None = None
    killed: list[datetime] = field(default_factory=list)
    injected: list[Injected] = field(default_factory=list)

    def strike(self) -> None:
        """Put the faults in force, and stop the service."""
        self._inject(self.scenario.opening)
        self.struck = datetime.now(UTC)
        self.target.stop()

    def step(self) -> None:
        """Do what the time has come for."""
        if self.struck is None:
            return
        if self.scenario.victim is not None and not self.killed:
            self._kill(self.scenario.victim)
        if self.mended is None and self._told():
            self._inject(self.scenario.closing)
            self.mended = datetime.now(UTC)
            self.target.start()

    @property
    def over(self) -> bool:
        """Whether its end was heard."""
        return bool(self.heard(RESOLVED))

    def heard(self, event: str) -> list[Delivery]:
        """Give what was delivered of an event, in its order."""
        return [each for each in self.deliveries() if each.event == event]

    def deliveries(self) -> list[Delivery]:
        """Give all that was delivered of it."""
        return [each for each in self.stack.inbox.deliveries if subject(each) == self.scenario.name]

    def account(self, deaths: Sequence[datetime]) -> Account:
        """Give what came of it, where aggregators died at these instants."""
        assert self.struck is not None
        arrivals = [
            Arrival(
                event=each.event,
                alert=each.alert,
                incident=str(each.payload["incident"]),
                at=each.at,
            )
            for each in self.deliveries()
        ]
        return Account(
            monitor=self.scenario.name,
            what=self.scenario.what,
            struck=self.struck,
            mended=self.mended,
            arrivals=arrivals,
            met=self._met(),
            killed=None if self.scenario.victim is None else len(self.killed),
            deaths=deaths,
            twice=self.scenario.twice,
        )

    def _met(self) -> dict[str, list[datetime]]:
        met = {
            f"{each.number} in {each.region}: {dict(each.rule)}": instants(self.proxies.fired(each))
            for each in self.injected
        }
        if self.scenario.shard in DEAF:
            log = self.stack.emulator.log_file.read_text(errors="replace")
            lost = re.findall(rf"lost a stream record of {self.scenario.shard} at ([\d.]+)", log)
            met["the stream"] = instants([float(at) for at in lost])
        return met

    def _inject(self, faults: Sequence[Fault]) -> None:
        self.injected += [self.proxies.inject(each.region, each.rule) for each in faults]

    def _told(self) -> bool:
        if not self.scenario.owed:
            return bool(self.heard(OPENED))
        if self.scenario.victim is not None and not self.killed:
            return False
        return bool(self.stack.home.states.load(self.scenario.shard).state.incidents)

    def _kill(self, victim: Victim) -> None:
        """Kill its processes, once a call of it has been held for a while."""
        held = min(self.proxies.fired(self.injected[0]), default=None)
        if held is None or datetime.now(UTC).timestamp() - held < FINISHED_WITHIN.total_seconds():
            return
        region = HOME.location if victim is Victim.AGGREGATOR else THERE
        function = self.stack.outputs[region][f"{victim.title()}FunctionName"]
        for process in workers(function, self.proxies.ports[region]):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                self.killed.append(datetime.now(UTC))


@dataclass(kw_only=True)
class Hole:
    """A region none of whose calls reach AWS: when that began, was noticed, ended and was over."""

    stack: LocalStack
    proxies: Proxies
    shard: str
    injected: Injected | None = None
    began: datetime | None = None
    noticed: datetime | None = None
    back: datetime | None = None
    met: int = 0

    def begin(self) -> None:
        """Answer none of its calls from now on."""
        rule = {"service": "*", "timeout_ms": FOREVER_MS}
        self.injected = self.proxies.inject(CUT_OFF, rule)
        self.began = datetime.now(UTC)

    def step(self) -> None:
        """End it once the region is known to be silent; see when it votes again."""
        if self.injected is None or self.back is not None:
            return
        silent = self._silent()
        if self.noticed is None and silent:
            self.met = len(self.proxies.fired(self.injected))
            self.proxies.end(self.injected)
            self.noticed = datetime.now(UTC)
        elif self.noticed is not None and not silent:
            self.back = datetime.now(UTC)

    def told(self) -> str:
        """Say it in a line."""
        return (
            f"{CUT_OFF} cut off from AWS: {self.met} calls held, "
            f"silent after {_seconds(self.began, self.noticed)}, "
            f"voting {_seconds(self.noticed, self.back)} after the end"
        )

    def _silent(self) -> bool:
        standings = self.stack.home.states.load(self.shard).state.standings.values()
        return all(CUT_OFF in each.silent for each in standings)


def workers(function: str, port: int) -> Iterator[int]:
    """Find the processes that run a function of the stack whose calls go through this port."""
    marks = {
        f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(),
        f"AWS_ENDPOINT_URL=http://127.0.0.1:{port}".encode(),
    }
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with suppress(OSError):  # it has ended, or is somebody else's
            if marks <= {*(folder / "environ").read_bytes().split(b"\0")}:
                yield int(folder.name)


def subject(delivery: Delivery) -> str:
    """Name the monitor that a message is about; nothing where it is about none."""
    monitors = delivery.payload["monitors"]
    return str(monitors[0]["monitor"]) if monitors else ""


def _seconds(since: datetime | None, until: datetime | None) -> str:
    if since is None or until is None:
        return "never"
    return f"{(until - since).total_seconds():.1f} s"
