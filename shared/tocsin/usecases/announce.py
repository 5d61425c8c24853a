"""Send what is owed, then strike it off: a duty survives every crash between the two."""

from dataclasses import dataclass, replace

from tocsin.domain.incident import Owed, strike
from tocsin.domain.monitor import Route
from tocsin.usecases.ports import Alerts, ConflictError, PublishError, States, Time

ATTEMPTS = 10
"""How often striking off is tried against other writers before it is left to the next wake-up."""

PACE = 8
"""Alerts a second: SNS switches a mail subscription off above 10 messages a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What came of sending: messages accepted and not, and why not, for the log."""

    sent: int = 0
    unsent: int = 0
    problems: tuple[str, ...] = ()


def announce(
    shard: str,
    claimed: tuple[Owed, ...],
    *,
    alerts: Alerts,
    states: States,
    time: Time,
) -> Sending:
    """Send the alerts that this wake-up has claimed, and strike them off.

    What was not accepted, or is too much for one wake-up, is released for the next one to claim.
    """
    sent: set[tuple[str, Route]] = set()
    problems: list[str] = []
    waiting = claimed
    while waiting and time.enough():
        batch, waiting = waiting[:PACE], waiting[PACE:]
        accepted, refused = _send(batch, alerts, time)
        _strike_off(shard, accepted, frozenset(refused), states)
        sent |= accepted
        problems += refused.values()
        if waiting:
            time.pause(1)
    if waiting:
        _strike_off(shard, frozenset(), frozenset(owed.alert.id for owed in waiting), states)
    owing = sum(len(owed.routes) for owed in claimed)
    return Sending(sent=len(sent), unsent=owing - len(sent), problems=tuple(problems))


def _send(
    batch: tuple[Owed, ...], alerts: Alerts, time: Time
) -> tuple[frozenset[tuple[str, Route]], dict[str, str]]:
    """Publish to every route; give what was accepted, and why each refused alert was not."""
    accepted, refused = set(), {}
    for owed in batch:
        for route in owed.routes:
            if not time.enough():
                refused[owed.alert.id] = f"{owed.alert.id} to {route}: no time left to send it"
                continue
            try:
                alerts.publish(owed.alert, route)
            except PublishError as error:
                refused[owed.alert.id] = str(error)
            else:
                accepted.add((owed.alert.id, route))
    return frozenset(accepted), refused


def _strike_off(
    shard: str, sent: frozenset[tuple[str, Route]], failed: frozenset[str], states: States
) -> None:
    for _ in range(ATTEMPTS):
        stored = states.load(shard)
        rest = strike(stored.state.outbox, sent, failed)
        try:
            states.save(replace(stored.state, outbox=rest), over=stored.revision)
        except ConflictError:
            continue
        return
    raise ConflictError(f"shard {shard}: could not strike off what was sent")
