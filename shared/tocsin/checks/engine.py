"""Run all checks of a tick at once, re-checks too: never too many sockets, done by the deadline."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from tocsin.checks import dns, http, pattern, tcp
from tocsin.checks.attempt import Clock
from tocsin.checks.dial import Dialer
from tocsin.checks.slots import Slots
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome, Reason, Vote
from tocsin.domain.schedule import RECHECK_PAUSE, budget
from tocsin.domain.target import Kind

SOCKETS: Final = 900
"""Attempts under way at once, each with one socket at a time; Lambda allows 1,024 descriptors."""
BEGINNERS: Final = 20
"""Attempts that begin in one round of the loop: sockets and timers are looked after in between."""
ENDING: Final = 0.00005
"""Seconds that it takes to end an attempt which the deadline finds under way, or not yet begun."""
OBJECTS: Final = 250_000
"""New objects after which the garbage collector looks through them, while a tick runs."""

type Check = Callable[[Monitor, Dialer, Clock], Awaitable[Outcome]]
type CrashHook = Callable[[Monitor, Exception], None]


async def _zone(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    from tocsin.checks import zone  # noqa: PLC0415 - few have any: a cold start spares it

    return await zone.check(monitor, dialer, clock)


async def _resolver(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    from tocsin.checks import resolver  # noqa: PLC0415 - as above

    return await resolver.check(monitor, dialer, clock)


async def _icmp(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    from tocsin.checks import icmp  # noqa: PLC0415 - as above

    return await icmp.check(monitor, dialer, clock)


CHECKS: Final[Mapping[Kind, Check]] = MappingProxyType(
    {
        Kind.TCP: tcp.check,
        Kind.HTTP: http.check,
        Kind.DNS: dns.check,
        Kind.ZONE: _zone,
        Kind.RESOLVER: _resolver,
        Kind.ICMP: _icmp,
    }
)
"""Every kind that is looked at; a job is heard by the endpoint."""
# What another attempt a second later cannot change.
_LASTING: Final = frozenset(
    {
        Reason.FORBIDDEN_ADDRESS,
        Reason.NOT_CAPABLE,
        Reason.NO_SECRET,
        Reason.PROBE_ERROR,
    }
)


class Engine:
    """Runs checks; bound to no event loop, so one serves many ticks.

    `on_crash` hears of each fault of our own, for the log; that monitor abstains, the others go on.
    """

    def __init__(
        self,
        dialer: Dialer,
        *,
        clock: Clock = lambda: datetime.now(UTC),
        checks: Mapping[Kind, Check] = CHECKS,
        sockets: int = SOCKETS,
        pause: timedelta = RECHECK_PAUSE,
        on_crash: CrashHook | None = None,
    ) -> None:
        self._dialer = dialer
        self._clock = clock
        self._checks = checks
        self._sockets = sockets
        self._pause = pause.total_seconds()
        self._on_crash = on_crash

    async def run(self, monitors: Iterable[Monitor], *, deadline: float) -> Mapping[str, Outcome]:
        """Give each monitor's outcome by its id; returns by `deadline`, of the loop's clock.

        First passes win. A monitor that failed a whole attempt keeps that failure; one for which
        there was no time abstains.
        """
        wanted = {monitor.id: monitor for monitor in monitors}
        outcomes: dict[str, Outcome] = {}
        if wanted and asyncio.get_running_loop().time() < deadline:
            with _collecting_rarely():
                await self._run(wanted.values(), outcomes, deadline)
        return {name: outcomes.get(name) or _out_of_time() for name in wanted}

    async def _run(
        self, monitors: Iterable[Monitor], outcomes: dict[str, Outcome], deadline: float
    ) -> None:
        loop, slots = asyncio.get_running_loop(), Slots(self._sockets)
        # The shortest first: a crowd of patient monitors with silent targets starves no quick one.
        crowd = sorted(monitors, key=budget)
        unsettled = _Countdown(len(crowd))
        tasks: list[asyncio.Task[None]] = []
        try:
            for monitor in crowd:
                tasks.append(loop.create_task(self._settled(monitor, slots, outcomes, unsettled)))
                if not len(tasks) % BEGINNERS:
                    await asyncio.sleep(0)
            # One future for all: asyncio would have each task call back.
            patience = deadline - ENDING * len(crowd) - loop.time()
            await asyncio.wait([unsettled.over], timeout=patience)
        finally:
            await _cancelled(tasks)

    async def _settled(
        self,
        monitor: Monitor,
        slots: Slots,
        outcomes: dict[str, Outcome],
        unsettled: "_Countdown",
    ) -> None:
        try:
            await self._settle(monitor, slots, outcomes)
        finally:
            unsettled.one()

    async def _settle(self, monitor: Monitor, slots: Slots, outcomes: dict[str, Outcome]) -> None:
        """Try until a pass, and keep the best that is known in `outcomes` all the while."""
        pattern.forgive()
        for attempt in range(1, monitor.retries + 2):
            if attempt > 1:
                await asyncio.sleep(self._pause)
            async with slots:
                outcome = await self._attempt(monitor)
            before = outcomes.get(monitor.id)
            if before is not None and before.vote is Vote.FAIL and outcome.vote is Vote.ABSTAIN:
                # What one attempt saw is not unseen by another that could not look.
                outcome = before
            outcomes[monitor.id] = replace(outcome, attempts=attempt) if attempt > 1 else outcome
            if outcome.vote is Vote.PASS or outcome.reason in _LASTING:
                return

    async def _attempt(self, monitor: Monitor) -> Outcome:
        if (check := self._checks.get(monitor.target.kind)) is None:
            evidence = f"this location has no checks of the kind {monitor.target.kind}"
            return Outcome(vote=Vote.ABSTAIN, reason=Reason.NOT_CAPABLE, evidence=evidence)
        try:
            return await check(monitor, self._dialer, self._clock)
        except Exception as error:  # noqa: BLE001 - our own fault, in one monitor of many
            if self._on_crash is not None:
                self._on_crash(monitor, error)
            kind = type(error).__name__
            evidence = f"the check itself broke ({kind}); this says nothing of the target"
            return Outcome(vote=Vote.ABSTAIN, reason=Reason.PROBE_ERROR, evidence=evidence)


class _Countdown:
    """Tells when so many are done; `over` is then, too."""

    def __init__(self, count: int) -> None:
        self._left = count
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def one(self) -> None:
        """Take one off."""
        self._left -= 1
        if not self._left:
            self.over.set_result(None)


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Spare the garbage collector: thousands of objects live for a tick and are no garbage."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    unfinished = [task for task in tasks if not task.done()]
    for task in unfinished:
        task.cancel()
    if unfinished:
        await asyncio.wait(unfinished, timeout=1)


def _out_of_time() -> Outcome:
    evidence = "the tick ended before one attempt was complete"
    return Outcome(vote=Vote.ABSTAIN, reason=Reason.OUT_OF_TIME, evidence=evidence)
