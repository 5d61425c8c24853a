"""Check that a TCP port accepts connections and, where there is a script, that it speaks.

Without one the port must accept and keep the connection for a moment: a proxy that has nothing
behind it accepts, then drops. That moment (20 ms and a round trip, at most 50 ms) is waited for
without reading, so a slower drop goes unseen; a script is the stronger check.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.connection import Connection
from tocsin.checks.dial import Dialer
from tocsin.checks.dialogue import converse
from tocsin.checks.failure import quoted
from tocsin.checks.reach import reach
from tocsin.checks.tls import Trust
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome
from tocsin.domain.script import Send
from tocsin.domain.target import TcpTarget

LINGER: Final = 0.02
LONGEST_LINGER: Final = 0.05


async def check(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, TcpTarget):
        raise TypeError(f"{monitor.id} is not a tcp monitor")
    return await attempted(monitor.timeout, partial(_reach, monitor.target, dialer), clock)


async def _reach(target: TcpTarget, dialer: Dialer, attempt: Attempt) -> str:
    secured = target.tls is not None or target.upgrades
    if secured or target.script:
        trust = dialer.trust(target.tls) if secured else None
        talk = partial(_talk, target, trust, attempt)
    else:
        talk = partial(_knock, attempt)
    return await reach(
        dialer,
        attempt,
        target.host,
        target.port,
        talk,
        family=target.family,
        addresses=target.addresses,
    )


async def _knock(attempt: Attempt, connection: Connection) -> str:
    round_trip = attempt.phases_ms["connect"] / 1000
    await connection.endures(min(LINGER + round_trip, LONGEST_LINGER, attempt.left() / 2))
    return f"{connection.where} accepts connections"


async def _talk(
    target: TcpTarget, trust: Trust | None, attempt: Attempt, connection: Connection
) -> str:
    async def secure(unread: bytes) -> None:
        if trust is not None:
            await connection.start_tls(target.host, trust, unread=unread)

    if not target.upgrades:
        await secure(b"")
    if trust is None and all(isinstance(step, Send) for step in target.script):
        await _knock(attempt, connection)
    facts = await converse(connection, attempt, target.script, secure, service=target.service)
    return "; ".join(filter(None, (_praise(target, connection, facts), connection.secured)))


def _praise(target: TcpTarget, connection: Connection, facts: Mapping[str, str]) -> str:
    """Say what the peer has shown itself to be, in its own words where it named nothing."""
    named = [f"{name.replace('_', ' ')} {value}" for name, value in facts.items()]
    if target.service is not None:
        named.insert(0, f"speaks {target.service}")
    if facts:
        return "; ".join(named)
    if not connection.heard:
        return f"{connection.where} accepts connections"
    said = quoted(connection.heard)
    # Bytes have proved it, and say nothing to people.
    return "; ".join([*named, f"said {said}"] if said.startswith('"') or not named else named)
