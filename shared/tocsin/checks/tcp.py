"""Check that a TCP port accepts connections and, where a banner is expected, that it speaks.

Without a banner the port must accept and keep the connection for a moment: a proxy that has nothing
behind it accepts, then drops. That moment (20 ms and a round trip, at most 50 ms) is waited for
without reading, so a slower drop goes unseen; a banner is the stronger check.
"""

from contextlib import closing
from functools import partial
from typing import Final

from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.connection import Connection
from tocsin.checks.dial import Dialer
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.pattern import Pattern, TooSlowError
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.script import Expect
from tocsin.domain.target import TcpTarget

BANNER_LIMIT: Final = 4096
"""Bytes of a banner that are matched; no more is read."""
LINGER: Final = 0.02
LONGEST_LINGER: Final = 0.05


async def check(monitor: Monitor, dialer: Dialer, _clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, TcpTarget):
        raise TypeError(f"{monitor.id} is not a tcp monitor")
    return await attempted(monitor.timeout, partial(_reach, monitor.target, dialer))


async def _reach(target: TcpTarget, dialer: Dialer, attempt: Attempt) -> str:
    dialled = await dialer.dial(attempt, target.host, target.port, family=target.family)
    with closing(dialled) as connection:
        for step in target.script:
            if isinstance(step, Expect):
                return await _greeting(connection, attempt, step)
        round_trip = attempt.phases_ms["connect"] / 1000
        moment = min(LINGER + round_trip, LONGEST_LINGER, attempt.left() / 2)
        await connection.endures(moment)
        return f"{connection.where} accepts connections"


async def _greeting(connection: Connection, attempt: Attempt, step: Expect) -> str:
    pattern = Pattern(step.pattern)
    expression = str(step)
    said = bytearray()

    while len(said) < BANNER_LIMIT:
        part = await connection.receive(BANNER_LIMIT - len(said))
        if not part:
            raise _mismatch(connection, expression, said) if said else connection.ended()
        said += part
        try:
            async with attempt.turn():
                found = pattern.search(said.decode("latin-1"))
        except TooSlowError:
            text = f"the pattern {expression} takes too long on {quoted(bytes(said))}; simplify it"
            raise CheckFailedError(connection.layer, Reason.UNEXPECTED_REPLY, text) from None
        if found:
            return f"said {quoted(bytes(said))}"
        attempt.stuck = partial(_late, connection, expression, said)
    raise _mismatch(connection, expression, said)


def _late(connection: Connection, expression: str, said: bytearray) -> CheckFailedError:
    # A finished line is a wrong answer, an unfinished one is slow.
    return _mismatch(connection, expression, said) if b"\n" in said else connection.late()


def _mismatch(connection: Connection, expression: str, said: bytearray) -> CheckFailedError:
    text = f"{connection.where} said {quoted(bytes(said))}, which does not match {expression}"
    return CheckFailedError(Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, text)
