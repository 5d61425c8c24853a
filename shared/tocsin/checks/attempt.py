"""One attempt of a check: its one deadline, what it has learned so far, and how it ends.

However an attempt ends, it ends here, as an outcome. Its clock stands still while this location
does: the time in which the event loop was held up, or another attempt had the processor, is not
taken from the target.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Literal, Self

from tocsin.checks.failure import ABSTAINING, CheckFailedError
from tocsin.checks.processor import BEAT, TOLERANCE, shared
from tocsin.domain.outcome import (
    EVIDENCE_LIMIT,
    Certificate,
    Exchange,
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
        self.processor = shared()
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.end = self._began + limit.total_seconds()
        """The end of what is under way, as if nothing were lost."""
        self._lost_before = self.processor.lost
        self._phase: Phase | None = None
        self.queued = 0.0
        """Seconds in which it waited while other attempts had the processor."""
        self.queuing: Callable[[], float] | None = None
        """Gives those seconds of a wait that has not ended yet."""
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
        self.exchange: Exchange | None = None
        self.serials: dict[str, int] = {}
        self.stuck: Stuck = _nothing_began

    @property
    def deadline(self) -> float:
        """The end of what is under way, as an instant of the loop's clock; a loss moves it."""
        return self.end + self.lost

    @property
    def lost(self) -> float:
        """How many seconds of the attempt were not the target's."""
        waiting = 0.0 if self.queuing is None else self.queuing()
        return self.processor.lost - self._lost_before + self.queued + waiting

    def enter(self, phase: Phase, stuck: Stuck) -> None:
        """Begin a phase, which ends the one before."""
        self.leave()
        self._phase = phase
        self._began = self._loop.time() - self.lost
        self.stuck = stuck

    def leave(self, took_ms: float | None = None) -> None:
        """End the phase, if there is one; phases that come again (a redirect's) add up.

        It took what the attempt's clock says, or `took_ms` where somebody knows better.
        """
        if (phase := self._phase) is None:
            return
        if took_ms is None:
            took_ms = max(0.0, self._loop.time() - self.lost - self._began) * 1000
        self.phases_ms[phase] = self.phases_ms.get(phase, 0.0) + took_ms
        self._phase = None

    def left(self) -> float:
        """Give the seconds before the deadline."""
        return self.deadline - self._loop.time()

    async def pause(self, seconds: float) -> None:
        """Let others go on for so long, or a few milliseconds more."""
        await self.processor.timers.sleep(seconds)

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Do something heavy when it is this attempt's turn, and let the loop go round after it."""
        return _Turn(self)

    def within(self, seconds: float) -> AbstractContextManager[object]:
        """Give a part of the attempt so many seconds of what is left, as if it were one itself.

        Raises what it was waiting for (CheckFailedError) when they are over.
        """
        return nullcontext() if seconds >= self.left() else _Share(self, seconds)


class _Bound:
    """Ends what runs inside it at the attempt's deadline, wherever that has moved to by then.

    What `asyncio.timeout` does, for the timers of our own, in a fraction of its time.
    """

    __slots__ = ("_alarm", "_attempt", "_cancelling", "_due", "_end", "_over", "_task")

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._over = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an attempt is made in a task")
        self._task = task
        self._cancelling = task.cancelling()
        self._end = self._attempt.end
        self._due = self._attempt.deadline
        self._alarm = self._attempt.processor.timers.at(self._due, self._look)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._alarm.pop(self._look, None)
        if not self._over:
            return
        # Somebody else may have cancelled it as well, and goes first.
        if self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise _OverError from None

    def _look(self) -> None:
        now, end = asyncio.get_running_loop().time(), self._end + self._attempt.lost
        if now - self._due > TOLERANCE:
            # Whatever came while we slept has still to be read.
            end = max(end, now + BEAT)
        if now < end:
            self._due = end
            self._alarm = self._attempt.processor.timers.at(end, self._look)
        else:
            self._over = True
            self._task.cancel()


class _OverError(Exception):
    """The time is up."""


class _Share(_Bound):
    """A part of an attempt with an end of its own.

    No generator: one that is thrown into keeps what was thrown, and that keeps it.
    """

    __slots__ = ("_before", "_seconds")

    def __init__(self, attempt: Attempt, seconds: float) -> None:
        super().__init__(attempt)
        self._before = attempt.end, attempt.patience
        self._seconds = seconds

    def __enter__(self) -> Self:
        attempt = self._attempt
        attempt.end = asyncio.get_running_loop().time() + self._seconds - attempt.lost
        attempt.patience = self._seconds
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        except _OverError:
            raise self._attempt.stuck() from None
        finally:
            self._attempt.end, self._attempt.patience = self._before


class _Turn:
    """One attempt's turn at the processor."""

    __slots__ = ("_attempt", "_joined", "_lost_before")

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    async def __aenter__(self) -> None:
        attempt = self._attempt
        processor = attempt.processor
        self._joined, self._lost_before = asyncio.get_running_loop().time(), processor.lost
        attempt.queuing = self._waited
        try:
            await processor.turns.__aenter__()
            attempt.queued += self._waited()
        finally:
            attempt.queuing = None

    async def __aexit__(self, *_error: object) -> None:
        processor = self._attempt.processor
        try:
            await processor.go_round()
        finally:
            await processor.turns.__aexit__()

    def _waited(self) -> float:
        """Give the seconds of waiting, without those in which nobody had the processor."""
        waited = asyncio.get_running_loop().time() - self._joined
        return max(0.0, waited - (self._attempt.processor.lost - self._lost_before))


async def attempted(
    limit: timedelta, body: Callable[[Attempt], Awaitable[str]], clock: Clock
) -> Outcome:
    """Run `body`, which gives the evidence of a pass, and make an outcome of however it ends.

    What raises anything but CheckFailedError is a fault of ours and is the caller's to catch.
    """
    attempt = Attempt(limit, clock)
    attempt.processor.enter()
    try:
        with _Bound(attempt):
            evidence = await body(attempt)
    except _OverError:
        return _ended(attempt, attempt.stuck())
    except CheckFailedError as failure:
        return _ended(attempt, failure.kept())
    finally:
        # It knows the connection, which knows the attempt: no such circle shall stay.
        attempt.stuck = _nothing_began
        attempt.processor.leave()
    attempt.leave()
    return Outcome(
        vote=Vote.PASS,
        evidence=_annotated(evidence, attempt.notes),
        address=attempt.address,
        phases_ms=attempt.phases_ms,
        certificate=attempt.certificate,
        warning=attempt.warning,
        exchange=attempt.exchange,
        serials=attempt.serials,
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
        exchange=attempt.exchange,
        serials=attempt.serials,
    )


def _excused(attempt: Attempt, failure: CheckFailedError) -> CheckFailedError:
    """Blame no target for its patience where more of the time was ours than its own."""
    if failure.reason not in _OF_TIME or attempt.lost < max(attempt.limit.total_seconds(), EXCUSE):
        return failure
    text = f"this location was too busy to judge: it stood still for {spoken(attempt.lost)}"
    return CheckFailedError(failure.layer, Reason.OUT_OF_TIME, text)


def _nothing_began() -> CheckFailedError:
    return CheckFailedError(Layer.CONNECT, Reason.OUT_OF_TIME, "the attempt never got to begin")
