"""Send what is owed, then strike it off: a duty survives every crash between the two."""

from collections import Counter
from dataclasses import dataclass, field, replace

from tocsin.domain.monitor import Route
from tocsin.domain.outbox import Owed, Receipt, Receipts, noted, strike
from tocsin.usecases.ports import Alerts, ConflictError, PublishError, States, Time

ATTEMPTS = 10
"""How often striking off is tried against other writers before it is left to the next wake-up."""

BATCH = 8
"""Alerts that are sent before they are struck off: what a death in between would repeat."""


REFUSALS = 8
"""Messages in a row that a route refuses before it is let alone for the rest of the wake-up."""


@dataclass(slots=True)
class _Refused:
    """What a wake-up has learnt of the routes.

    What follows in an incident waits for what a route has refused of it; a route that refuses
    everything would take the time that the others and the next shards need.
    """

    incidents: set[tuple[str, Route]] = field(default_factory=set)
    in_a_row: Counter[Route] = field(default_factory=Counter)

    def __contains__(self, way: tuple[str, Route]) -> bool:
        """Tell whether nothing more of this incident is to be sent by this route for now."""
        return way in self.incidents or self.in_a_row[way[1]] >= REFUSALS


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
    sent: dict[tuple[str, Route], Receipt] = {}
    problems: dict[str, str] = {}
    blocked = _Refused()
    waiting = _fewest_tries_first(claimed)
    while waiting and time.enough():
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        accepted, refused = _send(batch, alerts, time, blocked)
        _strike_off(shard, accepted, frozenset(refused), states)
        sent |= accepted
        problems |= refused
    if waiting:
        _strike_off(shard, {}, frozenset(owed.alert.id for owed in waiting), states)
    owing = sum(len(owed.routes) for owed in claimed)
    return Sending(sent=len(sent), unsent=owing - len(sent), problems=tuple(problems.values()))


def _fewest_tries_first(claimed: tuple[Owed, ...]) -> tuple[Owed, ...]:
    """Let what is refused again and again keep nothing else back; an incident stays in order."""
    tries: dict[str, int] = {}
    for owed in claimed:
        tries[owed.alert.incident] = max(owed.tries, tries.get(owed.alert.incident, 0))
    return tuple(sorted(claimed, key=lambda owed: tries[owed.alert.incident]))


def _send(
    batch: tuple[Owed, ...], alerts: Alerts, time: Time, blocked: _Refused
) -> tuple[dict[tuple[str, Route], Receipt], dict[str, str]]:
    """Publish to every route; give what was accepted, and why each refused alert was not."""
    accepted: dict[tuple[str, Route], Receipt] = {}
    refused: dict[str, str] = {}
    for owed in batch:
        if any((owed.alert.incident, route) not in blocked for route in owed.routes):
            time.turn()
        for route in owed.routes:
            answer = _published(owed, route, alerts, time, blocked)
            if isinstance(answer, str):
                blocked.incidents.add((owed.alert.incident, route))
                refused[owed.alert.id] = f"{owed.alert.id} to {route}: {answer}"
            else:
                accepted[owed.alert.id, route] = answer
    return accepted, refused


def _published(
    owed: Owed, route: Route, alerts: Alerts, time: Time, blocked: _Refused
) -> Receipt | str:
    """Publish one message, and give the receipt, or why it could not be."""
    if (owed.alert.incident, route) in blocked:
        return "waits for what goes before it"
    if not time.enough():
        return "no time left to send it"
    try:
        message = alerts.publish(owed.alert, route)
    except PublishError as error:
        blocked.in_a_row[route] += 1
        return str(error)
    except Exception as error:  # noqa: BLE001 - one alert that we cannot even write stops no other
        return f"could not be written ({type(error).__name__}: {error})"
    blocked.in_a_row[route] = 0
    return Receipt(at=time.now(), message=message)


def _strike_off(shard: str, sent: Receipts, failed: frozenset[str], states: States) -> None:
    for _ in range(ATTEMPTS):
        stored = states.load(shard)
        before = stored.state
        after = replace(
            before,
            outbox=strike(before.outbox, sent, failed),
            incidents=tuple(noted(each, before.outbox, sent) for each in before.incidents),
            closed=tuple(noted(each, before.outbox, sent) for each in before.closed),
        )
        try:
            states.save(after, over=stored.revision)
        except ConflictError:
            continue
        return
    raise ConflictError(f"shard {shard}: could not strike off what was sent")
