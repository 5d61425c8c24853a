"""A tick at one location: woken by EventBridge Scheduler every minute.

The tick is the event's own time: AWS's clock, not ours. An event that comes too late is dropped,
since its votes would be about the past, and so is one from the future, which would hide the next.
"""

import gc

gc.disable()  # what is imported stays: looking for garbage in it is an eighth of a cold start

import asyncio
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin.adapters.dynamodb import WORST_SECONDS
from tocsin.domain.schedule import TICK_BUDGET, tick_of
from tocsin.usecases.observe import Tick
from tocsin.wiring import home, probe

gc.freeze()
gc.enable()

logger = Logger()


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Run the tick that the event names."""
    now = datetime.now(UTC)
    tick = scheduled(event, now)
    if abs(tick_of(now) - tick) > 1:
        logger.warning("a tick of another time was dropped", tick=tick, now=tick_of(now))
        _emit({"DroppedTicks": 1})
        return {"tick": tick, "checked": 0}
    seconds = min(TICK_BUDGET.total_seconds(), _left(context) - WORST_SECONDS)
    try:
        done = asyncio.run(_observe(tick, seconds))
    finally:
        _tell_unshown()
    late = probe.late().catch_up(lambda: _left(context) > WORST_SECONDS)
    if late:
        logger.info("reports that the home had not taken were sent", reports=late)
    logger.info("a tick has ended", tick=tick, checked=done.checked, failed=done.failed)
    _emit(
        {
            "Checks": done.checked,
            "Failures": done.failed,
            "Abstentions": done.abstained,
            "DuplicateTicks": int(done.duplicate),
            "LateReports": late,
        }
    )
    return {"tick": tick, "checked": done.checked}


def scheduled(event: dict[str, Any], now: datetime) -> int:
    """Read the tick from the event; from our clock only where the event carries no time."""
    tick = home.scheduled(event)
    return tick_of(now) if tick is None else tick


def _tell_unshown() -> None:
    """Say that a stand-by does not see what fails here, whatever else there is to say."""
    showcase = probe.showcase()
    if showcase is not None and showcase.trouble is not None:
        logger.warning("the stand-by was not shown what fails here", problem=str(showcase.trouble))


def _left(context: LambdaContext) -> float:
    return context.get_remaining_time_in_millis() / 1000


async def _observe(tick: int, seconds: float) -> Tick:
    deadline = asyncio.get_running_loop().time() + seconds
    return await probe.prober().observe(tick, deadline=deadline)


def _emit(counts: dict[str, int]) -> None:
    """Emit what a tick did. That `Checks` is there at all says that a tick has come to its end."""
    home.emit(counts, always=("Checks",), location=probe.prober().location)
