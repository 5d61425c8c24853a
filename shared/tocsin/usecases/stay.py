"""Run a tick every minute at a location where nobody wakes us: the probe as a process that stays.

Minutes are AWS's. A tick begins in the first seconds of its minute or not at all, so one that was
slept through is skipped and never run late. Whatever waits for AWS waits in a thread, for which no
tick waits long: while AWS is out of reach the checks go on, and their reports wait to be sent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.schedule import TICK_BUDGET, instant_of, tick_of
from tocsin.usecases.held import HeldConfigs, HeldSecrets
from tocsin.usecases.observe import Prober, Tick
from tocsin.usecases.ports import StorageError

LATEST: Final = timedelta(seconds=15)
"""After the start of its minute a tick does not begin any more."""
GLANCE: Final = 5.0
"""Seconds between two looks at AWS's time: a machine may sleep in between."""
REACH: Final = 3.0
"""Seconds that the beginning waits for AWS before it says so, and can be told to end."""
REFRESH: Final = 2.0
"""Seconds that a tick waits for the newest configuration before it goes on with the last one."""
FLUSH: Final = 10.0
"""Seconds that a tick waits for its reports to be sent; they are sent all the same."""
PARTING: Final = 30.0
"""Seconds that the end waits for what is still to be sent, and a single tick for AWS."""
AGAIN: Final = 10.0
"""Seconds between two tries to reach AWS for the first time."""
_SPARE: Final = timedelta(seconds=5)


class Wall(Protocol):
    """The time of the tables."""

    def now(self) -> datetime | None:
        """Give AWS's time; None before AWS was heard."""
        ...


class Outbox(Protocol):
    """Reports on their way to AWS."""

    @property
    def waiting(self) -> int:
        """How many AWS does not have yet."""
        ...

    @property
    def trouble(self) -> StorageError | None:
        """What the last try to send ended with."""
        ...

    def flush(self) -> None:
        """Send what waits, as far as AWS takes it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """What a tick did, and how things stand after it; `skipped` ticks went unseen before it.

    `failing` has the monitors that failed in this tick, in order, and `abstaining` those of which
    this location could not tell.
    """

    tick: int
    done: Tick
    skipped: int
    waiting: int
    trouble: StorageError | None
    failing: tuple[tuple[str, Outcome], ...]
    abstaining: tuple[tuple[str, Outcome], ...]


class Journal(Protocol):
    """Who hears how it goes."""

    def unreached(self, why: StorageError) -> None:
        """Hear why AWS was not reached yet; it is tried again."""
        ...

    def arrived(self) -> None:
        """Hear that AWS was heard: the time and the configuration are known."""
        ...

    def minute(self, minute: Minute) -> None:
        """Hear that a tick has ended."""
        ...

    def broke(self, error: Exception) -> None:
        """Hear of a fault of ours, which ended a tick or a call of AWS; the next one comes."""
        ...

    def left(self, waiting: int) -> None:
        """Hear that it ends, and how many reports were never sent."""
        ...


class Errand:
    """A blocking call in a thread, once at a time, for which nobody waits longer than they like.

    `trouble` is what AWS refused the last time, and `succeeded` tells whether it ever did not;
    `broke` hears of faults of ours, however late.
    """

    def __init__(self, work: Callable[[], None], broke: Callable[[Exception], None]) -> None:
        self._work = work
        self._broke = broke
        self._task: asyncio.Task[None] | None = None
        self.trouble: StorageError | None = None
        self.succeeded = False

    async def run(self, patience: float) -> None:
        """Begin it unless it is under way, and wait for its end so many seconds at most."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await asyncio.wait({self._task}, timeout=patience)

    async def _run(self) -> None:
        try:
            await asyncio.to_thread(self._work)
        except StorageError as error:
            self.trouble = error
        except Exception as error:  # noqa: BLE001 - it must not end a process that watches
            self.trouble = StorageError("it broke what reads it")
            self._broke(error)
        else:
            self.trouble, self.succeeded = None, True


class Resident:
    """The probe of one location, for as long as its process lives.

    `pause` waits so many seconds, and tells whether it shall end.
    """

    def __init__(  # noqa: PLR0913 - a process has many parts
        self,
        *,
        prober: Prober,
        configs: HeldConfigs,
        secrets: HeldSecrets,
        outbox: Outbox,
        wall: Wall,
        journal: Journal,
        pause: Callable[[float], Awaitable[bool]],
    ) -> None:
        self._prober = prober
        self._configs = configs
        self._secrets = secrets
        self._outbox = outbox
        self._wall = wall
        self._journal = journal
        self._pause = pause
        self._refreshing = Errand(self._refresh, journal.broke)
        self._flushing = Errand(outbox.flush, journal.broke)
        self._last: int | None = None

    async def stay(self) -> None:
        """Run every tick until it shall end; then finish the tick, and send what can be sent."""
        if not await self._arrive():
            self._journal.left(0)
            return
        while (tick := await self._next()) is not None:
            # Where that fails what is held still holds, and the journal tells how old it is.
            await self._refreshing.run(REFRESH)
            # AWS's answer may have told that our time was another.
            if self._on_time(tick):
                await self._run(tick)
        if self._outbox.waiting:
            await self._flushing.run(PARTING)
        self._journal.left(self._outbox.waiting)

    async def once(self) -> None:
        """Run this minute's tick; StorageError where AWS is not reached, or takes no report."""
        await self._reach(PARTING)
        self._journal.arrived()
        await self._tick(tick_of(self._now()), TICK_BUDGET)
        if self._outbox.waiting:
            await self._flushing.run(PARTING)
        if self._outbox.waiting:
            raise self._outbox.trouble or StorageError("the reports were not stored in time")

    async def _arrive(self) -> bool:
        """Wait for the configuration and AWS's time; False where it shall end before that."""
        while True:
            try:
                await self._reach(REACH)
            except StorageError as error:
                self._journal.unreached(error)
            else:
                self._journal.arrived()
                return True
            if await self._pause(AGAIN):
                return False

    async def _reach(self, patience: float) -> None:
        """Read the configuration and hear AWS's time; StorageError where that cannot be."""
        timeless = self._wall.now() is None
        await self._refreshing.run(patience)
        if not self._refreshing.succeeded and timeless and self._wall.now() is not None:
            # A refusal tells the time as well, and it may have been our clock that was refused.
            await self._refreshing.run(patience)
        if not self._refreshing.succeeded:
            raise self._refreshing.trouble or StorageError("AWS has not answered yet")
        self._now()

    async def _next(self) -> int | None:
        """Wait for the next tick that can still begin in time; None where it shall end."""
        tick = self._upcoming()
        while (left := (instant_of(tick) - self._now()).total_seconds()) > 0:
            if await self._pause(min(left, GLANCE)):
                return None
            tick = self._upcoming()
        return None if await self._pause(0) else tick

    def _upcoming(self) -> int:
        """Give this minute's tick where there is still time for it, or the next one's."""
        tick = tick_of(self._now())
        if self._on_time(tick) and tick != self._last:
            return tick
        return tick + 1

    def _on_time(self, tick: int) -> bool:
        return timedelta() <= self._now() - instant_of(tick) <= LATEST

    async def _run(self, tick: int) -> None:
        left = instant_of(tick + 1) - _SPARE - self._now()
        try:
            await self._tick(tick, min(TICK_BUDGET, left))
        except Exception as error:  # noqa: BLE001 - one tick of many
            self._journal.broke(error)
        self._last = tick

    async def _tick(self, tick: int, budget: timedelta) -> None:
        skipped = 0 if self._last is None else max(0, tick - self._last - 1)
        deadline = asyncio.get_running_loop().time() + budget.total_seconds()
        done = await self._prober.observe(tick, deadline=deadline)
        await self._flushing.run(FLUSH)
        self._journal.minute(
            Minute(
                tick=tick,
                done=done,
                skipped=skipped,
                waiting=self._outbox.waiting,
                trouble=self._outbox.trouble,
                failing=tuple(self._voting(Vote.FAIL, tick)),
                abstaining=tuple(self._voting(Vote.ABSTAIN, tick)),
            )
        )

    def _refresh(self) -> None:
        self._configs.refresh()
        self._secrets.refresh()

    def _voting(self, vote: Vote, tick: int) -> Iterator[tuple[str, Outcome]]:
        reports = [r for r in self._prober.memory.values() if r.tick == tick]
        seen = sorted((name, s) for report in reports for name, s in report.sightings.items())
        for name, sighting in seen:
            if sighting.checked_at == tick and sighting.outcome.vote is vote:
                yield name, sighting.outcome

    def _now(self) -> datetime:
        if (now := self._wall.now()) is None:
            raise StorageError("AWS's answers do not say what time it is")
        return now
