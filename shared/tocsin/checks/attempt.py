"""One attempt of a check: its one deadline, what it has learned so far, and how it ends.

However an attempt ends, it ends here, as an outcome.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Literal

from tocsin.checks.failure import ABSTAINING, CheckFailedError
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote, printable

STALL: Final = 0.5
"""Seconds after its due time at which an attempt's end says more of us than of the target."""

type Clock = Callable[[], datetime]
type Phase = Literal["dns", "connect", "tls", "send", "first_byte", "transfer"]
type Stuck = Callable[[], CheckFailedError]
"""Says what the attempt was waiting for, should its deadline come now."""


class Attempt:
    """The notebook of one attempt: phases, address, and what it waits for."""

    def __init__(self, limit: timedelta) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._phase: Phase | None = None
        self.limit = limit
        self.deadline = self._began + limit.total_seconds()
        self.phases_ms: dict[str, float] = {}
        self.address: str | None = None
        self.stuck: Stuck = _nothing_began

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


async def attempted(limit: timedelta, body: Callable[[Attempt], Awaitable[str]]) -> Outcome:
    """Run `body`, which gives the evidence of a pass, and make an outcome of however it ends.

    What raises anything but CheckFailedError is a fault of ours and is the caller's to catch.
    """
    attempt = Attempt(limit)
    deadline = asyncio.timeout_at(attempt.deadline)
    try:
        async with deadline:
            evidence = await body(attempt)
    except TimeoutError:
        if not deadline.expired():
            raise
        return _ended(attempt, _judge_delay(attempt))
    except CheckFailedError as failure:
        return _ended(attempt, failure)
    attempt.leave()
    return Outcome(
        vote=Vote.PASS,
        evidence=printable(evidence),
        address=attempt.address,
        phases_ms=attempt.phases_ms,
    )


def spoken(duration: timedelta | float) -> str:
    """Say a duration (a number is seconds) as people do: `5 s`, `0.4 s`."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"  # noqa: PLR2004 - two digits


def _judge_delay(attempt: Attempt) -> CheckFailedError:
    """Blame the target for a missed deadline, unless we overslept it ourselves."""
    late = asyncio.get_running_loop().time() - attempt.deadline
    if late < STALL:
        return attempt.stuck()
    text = f"this location was too busy to judge: it noticed the deadline {spoken(late)} late"
    return CheckFailedError(attempt.stuck().layer, Reason.OUT_OF_TIME, text)


def _ended(attempt: Attempt, failure: CheckFailedError) -> Outcome:
    attempt.leave()
    return Outcome(
        vote=Vote.ABSTAIN if failure.reason in ABSTAINING else Vote.FAIL,
        layer=failure.layer,
        reason=failure.reason,
        evidence=printable(failure.evidence),
        address=attempt.address,
        phases_ms=attempt.phases_ms,
    )


def _nothing_began() -> CheckFailedError:
    return CheckFailedError(Layer.CONNECT, Reason.OUT_OF_TIME, "the attempt never got to begin")
