"""Send what is owed, then strike it off: a duty survives every crash between the two."""

from dataclasses import dataclass, replace

from tocsin.domain.incident import Owed, strike
from tocsin.domain.monitor import Route
from tocsin.usecases.ports import Alerts, ConflictError, PublishError, States, Time

ATTEMPTS = 10
"""How often striking off is tried against other writers before it is left to the next wake-up."""

BATCH = 8
"""Alerts that are sent before they are struck off: what a death in between would repeat."""


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
    problems: dict[str, str] = {}
    blocked: set[tuple[str, Route]] = set()
    waiting = _fewest_tries_first(claimed)
    while waiting and time.enough():
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        accepted, refused = _send(batch, alerts, time, blocked)
        _strike_off(shard, accepted, frozenset(refused), states)
        sent |= accepted
        problems |= refused
    if waiting:
        _strike_off(shard, frozenset(), frozenset(owed.alert.id for owed in waiting), states)
    owing = sum(len(owed.routes) for owed in claimed)
    return Sending(sent=len(sent), unsent=owing - len(sent), problems=tuple(problems.values()))


def _fewest_tries_first(claimed: tuple[Owed, ...]) -> tuple[Owed, ...]:
    """Let what is refused again and again keep nothing else back; an incident stays in order."""
    tries: dict[str, int] = {}
    for owed in claimed:
        tries[owed.alert.incident] = max(owed.tries, tries.get(owed.alert.incident, 0))
    return tuple(sorted(claimed, key=lambda owed: tries[owed.alert.incident]))


def _send(
    batch: tuple[Owed, ...], alerts: Alerts, time: Time, blocked: set[tuple[str, Route]]
) -> tuple[frozenset[tuple[str, Route]], dict[str, str]]:
    """Publish to every route; give what was accepted, and why each refused alert was not.

    `blocked` holds the incidents and routes of which something was refused: what follows waits.
    """
    accepted, refused = set(), {}
    for owed in batch:
        time.turn()
        for route in owed.routes:
            if problem := _refusal(owed, route, alerts, time, blocked):
                blocked.add((owed.alert.incident, route))
                refused[owed.alert.id] = f"{owed.alert.id} to {route}: {problem}"
            else:
                accepted.add((owed.alert.id, route))
    return frozenset(accepted), refused


def _refusal(
    owed: Owed, route: Route, alerts: Alerts, time: Time, blocked: set[tuple[str, Route]]
) -> str | None:
    """Publish one message, and say why it could not be; None where it was accepted."""
    if (owed.alert.incident, route) in blocked:
        return "waits for what goes before it"
    if not time.enough():
        return "no time left to send it"
    try:
        alerts.publish(owed.alert, route)
    except PublishError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - one alert that we cannot even write stops no other
        return f"could not be written ({type(error).__name__}: {error})"
    return None


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
