"""One attempt of a check: its one deadline, what it has learned so far, and how it ends.

However an attempt ends, it ends here, as an outcome. Its clock stands still while this location
does: the time in which the event loop was held up, or another attempt had the processor, is not
taken from the target.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Final, Literal

from tocsin.checks.failure import ABSTAINING, CheckFailedError
from tocsin.checks.processor import BEAT, TOLERANCE, shared
from tocsin.checks.waiting import Due
from tocsin.domain.outcome import (
    EVIDENCE_LIMIT,
    Certificate,
    Layer,
    Outcome,
    Reason,
    Vote,
    printable,
)

type Clock = Callable[[], datetime]
type Phase = Literal["dns", "connect", "tls", "send", "first_byte", "transfer"]
type Stuck = Callable[[], CheckFailedError]
"""Says what the attempt was waiting for, should its deadline come now."""

EXCUSE: Final = 1.0
"""Seconds that we must have lost at least, and the attempt's limit, before no target is blamed."""
# What a target is blamed for when its time is up, or when it tired of waiting for us.
_OF_TIME: Final = frozenset(
    {
        Reason.CLOSED,
        Reason.CONNECT_TIMEOUT,
        Reason.DNS_TIMEOUT,
        Reason.RESET,
        Reason.SILENT,
        Reason.TIMEOUT,
    }
)


class Attempt:
    """The notebook of one attempt: phases, address, and what it waits for."""

    def __init__(self, limit: timedelta, clock: Clock) -> None:
        self._loop = asyncio.get_running_loop()
        self._processor = shared()
        self._began = self._loop.time()
        self._end = self._began + limit.total_seconds()
        self._lost_before = self._processor.lost
        self._queued = 0.0
        self._joined: tuple[float, float] | None = None
        self._phase: Phase | None = None
        self.limit = limit
        self.clock = clock
        self.patience: timedelta | float = limit
        """How long is waited for what is waited for now, as it is told to people."""
        self.notes: tuple[str, ...] = ()
        """What the evidence of a pass says besides."""
        self.phases_ms: dict[str, float] = {}
        self.address: str | None = None
        self.certificate: Certificate | None = None
        self.refused: Certificate | None = None
        """A certificate that the attempt may have failed for."""
        self.warning: Reason | None = None
        self.stuck: Stuck = _nothing_began

    @property
    def deadline(self) -> float:
        """The end of what is under way, as an instant of the loop's clock; a loss moves it."""
        return self._end + self.lost

    @property
    def lost(self) -> float:
        """How many seconds of the attempt were not the target's."""
        return self._processor.lost - self._lost_before + self._queued + self._queuing()

    def enter(self, phase: Phase, stuck: Stuck) -> None:
        """Begin a phase, which ends the one before."""
        self.leave()
        self._phase = phase
        self._began = self._loop.time()
        self.stuck = stuck

    def leave(self, took_ms: float | None = None) -> None:
        """End the phase, if there is one; phases that come again (a redirect's) add up."""
        if (phase := self._phase) is None:
            return
        if took_ms is None:
            took_ms = (self._loop.time() - self._began) * 1000
        self.phases_ms[phase] = self.phases_ms.get(phase, 0.0) + took_ms
        self._phase = None

    def left(self) -> float:
        """Give the seconds before the deadline."""
        return self.deadline - self._loop.time()

    async def pause(self, seconds: float) -> None:
        """Let others go on for so long, or a few milliseconds more."""
        await self._processor.timers.sleep(seconds)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Do something heavy when it is this attempt's turn, and let the loop go round after it."""
        self._joined = self._loop.time(), self._processor.lost
        async with self._processor.turns:
            self._queued += self._queuing()
            self._joined = None
            try:
                yield
            finally:
                await asyncio.sleep(0)

    def _queuing(self) -> float:
        """How long it has been waiting for its turn, without the time in which nobody had one."""
        if self._joined is None:
            return 0.0
        joined, lost = self._joined
        return max(0.0, self._loop.time() - joined - (self._processor.lost - lost))

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Give a part of the attempt so many seconds of what is left, as if it were one itself.

        Raises what it was waiting for (CheckFailedError) when they are over.
        """
        if seconds >= self.left():
            yield
            return
        end, patience = self._end, self.patience
        self._end, self.patience = self._loop.time() + seconds - self.lost, seconds
        expiry = asyncio.timeout(None)
        try:
            async with expiry:
                with self.ending(expiry):
                    yield
        except TimeoutError:
            if not expiry.expired():
                raise
            raise self.stuck() from None
        finally:
            self._end, self.patience = end, patience

    @contextmanager
    def ending(self, expiry: asyncio.Timeout) -> Iterator[None]:
        """Let `expiry` come at the deadline of now, wherever that has moved to by then."""
        bound = self._end
        due = self.deadline
        alarm: Due

        def look() -> None:
            nonlocal due, alarm
            now, end = self._loop.time(), bound + self.lost
            if now - due > TOLERANCE:
                # Whatever came while we slept has still to be read.
                end = max(end, now + BEAT)
            if now < end:
                due = end
                alarm = self._processor.timers.at(due, look)
            else:
                expiry.reschedule(now)

        alarm = self._processor.timers.at(due, look)
        try:
            yield
        finally:
            alarm.pop(look, None)


async def attempted(
    limit: timedelta, body: Callable[[Attempt], Awaitable[str]], clock: Clock
) -> Outcome:
    """Run `body`, which gives the evidence of a pass, and make an outcome of however it ends.

    What raises anything but CheckFailedError is a fault of ours and is the caller's to catch.
    """
    with shared().in_use():
        attempt = Attempt(limit, clock)
        expiry = asyncio.timeout(None)
        try:
            async with expiry:
                with attempt.ending(expiry):
                    evidence = await body(attempt)
        except TimeoutError:
            if not expiry.expired():
                raise
            return _ended(attempt, attempt.stuck())
        except CheckFailedError as failure:
            return _ended(attempt, failure)
    attempt.leave()
    return Outcome(
        vote=Vote.PASS,
        evidence=_annotated(evidence, attempt.notes),
        address=attempt.address,
        phases_ms=attempt.phases_ms,
        certificate=attempt.certificate,
        warning=attempt.warning,
    )


def spoken(duration: timedelta | float) -> str:
    """Say a duration (a number is seconds) as people do: `5 s`, `0.4 s`."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"  # noqa: PLR2004 - two digits


def _annotated(evidence: str, notes: tuple[str, ...]) -> str:
    """Add the notes where a long evidence cannot push them out."""
    if not notes:
        return printable(evidence)
    told = printable("; ".join(notes), EVIDENCE_LIMIT // 2)
    return f"{printable(evidence, EVIDENCE_LIMIT - len(told) - 2)}; {told}"


def _ended(attempt: Attempt, failure: CheckFailedError) -> Outcome:
    attempt.leave()
    failure = _excused(attempt, failure)
    return Outcome(
        vote=Vote.ABSTAIN if failure.reason in ABSTAINING else Vote.FAIL,
        layer=failure.layer,
        reason=failure.reason,
        evidence=printable(failure.evidence),
        address=attempt.address,
        phases_ms=attempt.phases_ms,
        certificate=attempt.refused or attempt.certificate,
    )


def _excused(attempt: Attempt, failure: CheckFailedError) -> CheckFailedError:
    """Blame no target for its patience where more of the time was ours than its own."""
    if failure.reason not in _OF_TIME or attempt.lost < max(attempt.limit.total_seconds(), EXCUSE):
        return failure
    text = f"this location was too busy to judge: it stood still for {spoken(attempt.lost)}"
    return CheckFailedError(failure.layer, Reason.OUT_OF_TIME, text)


def _nothing_began() -> CheckFailedError:
    return CheckFailedError(Layer.CONNECT, Reason.OUT_OF_TIME, "the attempt never got to begin")
