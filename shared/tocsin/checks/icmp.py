"""Ping a host: of so many echo requests enough must be answered, and quickly.

All requests of an attempt leave in the first half of its time, so that the last has the other half
to be answered in. A location that may not send any abstains, and says what would let it.
"""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Final

from tocsin.checks.attempt import Attempt, Clock, attempted, spoken
from tocsin.checks.dial import Dialer, summary
from tocsin.checks.echo import Echoes
from tocsin.checks.failure import CheckFailedError
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.target import IcmpTarget

PACE: Final = 0.25
"""Seconds between two requests, at most: one burst of loss does not take them all."""
TOLD: Final = 1.0
"""Seconds for answers to come all the same where a router has said that there is no way: of many
requests it complains of some only."""
MARGIN: Final = 0.05
"""Seconds before the end at which what is there is judged."""
_MILLISECOND: Final = timedelta(milliseconds=1)


async def check(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, IcmpTarget):
        raise TypeError(f"{monitor.id} is not an icmp monitor")
    return await attempted(monitor.timeout, partial(_ping, monitor.target, dialer), clock)


async def _ping(target: IcmpTarget, dialer: Dialer, attempt: Attempt) -> str:
    addresses = await dialer.resolve(attempt, target.host, target.family)
    with closing(_reachable(addresses, dialer.source, attempt)) as echoes:
        attempt.enter("connect", partial(_given_up, target, echoes, attempt))
        await _exchange(echoes, target.count, attempt)
        took = echoes.round_trips.values()
        attempt.leave(_mean(took) if took else None)
        if (shortfall := _shortfall(target, echoes, attempt)) is not None:
            raise shortfall
        return f"{len(took)} of {echoes.sent} answered, {_round_trip(took)}"


def _reachable(addresses: Sequence[str], source: str | None, attempt: Attempt) -> Echoes:
    """Open the first address that this location has a way to."""
    wayless = []
    for address in addresses:
        attempt.address = address
        try:
            return Echoes(address, source)
        except CheckFailedError as failure:
            wayless.append((address, failure.kept()))
            if failure.reason is not Reason.NO_ROUTE_FAMILY:
                break
    raise summary(attempt, wayless)


async def _exchange(echoes: Echoes, count: int, attempt: Attempt) -> None:
    """Send the requests one after the other, and listen until each is answered or time is up."""
    loop = asyncio.get_running_loop()
    pace = min(PACE, attempt.left() / 2 / count)
    margin = min(MARGIN, attempt.left() / 10)
    for last in range(count - 1, -1, -1):
        echoes.send()
        upon = loop.time() + pace
        while last and loop.time() < upon and attempt.left() > margin:
            await echoes.hear(min(upon, loop.time() + attempt.left() - margin))
        if attempt.left() <= margin:
            return
    told = loop.time() + TOLD
    while (echoes.awaited or echoes.complaints) and attempt.left() > margin:
        until = loop.time() + attempt.left() - margin
        if echoes.complaints and not (echoes.awaited and echoes.round_trips):
            if loop.time() >= told:
                return
            until = min(until, told)
        await echoes.hear(until)


def _shortfall(target: IcmpTarget, echoes: Echoes, attempt: Attempt) -> CheckFailedError | None:
    """Say what is wrong with what came back; None where it is enough."""
    took, sent = echoes.round_trips.values(), echoes.sent
    lost = sent - len(took)
    told = next(iter(echoes.complaints.values()), None)
    if not took:
        text = (
            f"{lost} of {sent} echo requests to {echoes.address} stayed unanswered "
            f"within {spoken(attempt.patience)}"
        )
        return _failed(Reason.UNREACHABLE if told else Reason.NO_ECHO, told or text)
    if 100 * lost > target.loss * sent:
        text = f"{lost} of {sent} lost ({100 * lost / sent:.0f} %), at most {target.loss} % may be"
        return _failed(Reason.PACKET_LOSS, f"{text}; {told}" if told else text)
    if target.rtt is not None and _mean(took) > target.rtt / _MILLISECOND:
        allowed = _shown(target.rtt / _MILLISECOND)
        text = f"mean round trip {_shown(_mean(took))} ms, at most {allowed} ms"
        return _failed(Reason.TOO_SLOW, text)
    return None


def _given_up(target: IcmpTarget, echoes: Echoes, attempt: Attempt) -> CheckFailedError:
    late = CheckFailedError(Layer.CONNECT, Reason.OUT_OF_TIME, "there was no time to judge")
    return _shortfall(target, echoes, attempt) or late


def _failed(reason: Reason, text: str) -> CheckFailedError:
    return CheckFailedError(Layer.CONNECT, reason, text)


def _round_trip(took: Collection[float]) -> str:
    mean = f"round trip {_shown(_mean(took))} ms"
    return f"{mean} ({_shown(min(took))}-{_shown(max(took))})" if len(took) > 1 else mean


def _mean(took: Collection[float]) -> float:
    return sum(took) / len(took)


def _shown(ms: float) -> str:
    """Write milliseconds as people read them: `0.05`, `1.5`, `310`."""
    if ms < 1:
        return f"{ms:.2f}"
    return f"{ms:.1f}" if ms < 10 else f"{ms:.0f}"  # noqa: PLR2004 - two digits tell enough
