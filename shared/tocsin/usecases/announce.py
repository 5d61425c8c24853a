"""Send what is owed, then strike it off: a duty survives every crash between the two.

What is refused is tried again by every wake-up, without a growing pause: one a minute burdens
nobody, and a route that works again is told at once of what it has missed.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from tocsin.domain.incident import Alert
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import Owed, Receipt, Receipts, noted, overtaken, strike
from tocsin.domain.outcome import printable
from tocsin.usecases.ports import Alerts, ConflictError, InvalidError, PublishError, States, Time

ATTEMPTS = 10
"""How often striking off is tried against other writers before it is left to the next wake-up."""

BATCH = 8
"""Alerts that are sent before they are struck off: what a death in between would repeat."""


REFUSALS = 8
"""Messages in a row that a route refuses before it is let alone for the rest of the wake-up."""


@dataclass(slots=True)
class _Learnt:
    """What a wake-up has learnt of the routes.

    What follows in an incident waits for what a route has refused of it; a route that refuses
    everything would take the time that the others and the next shards need.
    """

    blocked: set[tuple[str, Route]] = field(default_factory=set)
    in_a_row: Counter[Route] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def waits(self, owed: Owed, route: Route) -> bool:
        """Tell whether nothing more of this incident is to be sent by this route for now."""
        return (owed.alert.incident, route) in self.blocked or self.in_a_row[route] >= REFUSALS

    def refused(self, owed: Owed, route: Route, error: Exception) -> None:
        """Learn that a route has not taken an alert."""
        self.in_a_row[route] += 1
        self.problems.append(f"{owed.alert.id} to {route}: {error}")
        # What will never do holds nothing back: either the route takes nothing, and what follows
        # waits anyhow, or this one is cursed, and must not hide how its incident went on.
        if not isinstance(error, InvalidError):
            self.blocked.add((owed.alert.incident, route))

    def accepted(self, owed: Owed, route: Route, receipt: Receipt) -> None:
        """Learn that a route has taken an alert."""
        self.in_a_row[route] = 0
        if receipt.plain:
            self.plain.append(f"{owed.alert.id} to {route}: {receipt.plain}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What came of sending: messages accepted and not, and why not, for the log.

    `plain` were sent without their details, `given_up` never will be, as a later one of their
    incident was; both say why.
    """

    sent: int = 0
    unsent: int = 0
    problems: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()


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
    fresh: dict[tuple[str, Route], Receipt] = {}
    learnt = _Learnt()
    waiting = _fewest_tries_first(claimed)
    while waiting and time.enough():
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        fresh = _send(batch, alerts, time, learnt)
        sent |= fresh
        if fresh and waiting:
            _strike_off(shard, fresh, (), states, learnt)
            fresh = {}
    unsent = [owed for owed in claimed for r in owed.routes if (owed.alert.id, r) not in sent]
    if fresh or unsent:
        _strike_off(shard, fresh, {owed.alert.id for owed in unsent}, states, learnt)
    return Sending(
        sent=len(sent),
        unsent=len(unsent) - len(learnt.given_up),
        problems=tuple(learnt.problems),
        plain=tuple(learnt.plain),
        given_up=tuple(learnt.given_up),
    )


def _fewest_tries_first(claimed: tuple[Owed, ...]) -> tuple[Owed, ...]:
    """Let what is refused again and again keep nothing else back; an incident stays in order."""
    tries: dict[str, int] = {}
    for owed in claimed:
        tries[owed.alert.incident] = max(owed.tries, tries.get(owed.alert.incident, 0))
    return tuple(sorted(claimed, key=lambda owed: tries[owed.alert.incident]))


def _send(
    batch: tuple[Owed, ...], alerts: Alerts, time: Time, learnt: _Learnt
) -> dict[tuple[str, Route], Receipt]:
    """Publish to every route, and give what was accepted."""
    accepted: dict[tuple[str, Route], Receipt] = {}
    for owed in batch:
        if not all(learnt.waits(owed, route) for route in owed.routes):
            time.turn()
        for route in _another_first(owed):
            if learnt.waits(owed, route):
                continue
            try:
                receipt = _published(owed.alert, route, alerts, time)
            except Exception as error:  # noqa: BLE001 - one alert, or one route, stops no other
                learnt.refused(owed, route, error)
            else:
                learnt.accepted(owed, route, receipt)
                accepted[owed.alert.id, route] = receipt
    return accepted


def _another_first(owed: Owed) -> tuple[Route, ...]:
    """Begin each try with another route: one that takes all the time there is starves no other."""
    first = max(0, owed.tries - 1) % len(owed.routes)
    return owed.routes[first:] + owed.routes[:first]


def _published(alert: Alert, route: Route, alerts: Alerts, time: Time) -> Receipt:
    """Publish one message, in plain words where it cannot be as it is meant."""
    plain = ""
    if not time.enough():
        raise PublishError("no time left to send it")
    try:
        message = alerts.publish(alert, route)
    except InvalidError as error:
        plain = printable(str(error))
        if not time.enough():
            raise PublishError(f"no time left to say it in plain words ({plain})") from error
        message = alerts.publish(alert, route, plain=True)
    return Receipt(at=time.now(), message=message, plain=plain)


def _strike_off(
    shard: str, sent: Receipts, failed: Collection[str], states: States, learnt: _Learnt
) -> None:
    for _ in range(ATTEMPTS):
        stored = states.load(shard)
        before = stored.state
        after = replace(
            before,
            outbox=strike(before.outbox, sent, failed),
            incidents=noted(before.incidents, before.outbox, sent),
            closed=noted(before.closed, before.outbox, sent),
        )
        try:
            states.save(after, over=stored.revision)
        except ConflictError:
            continue
        lost = sorted(overtaken(before.outbox, sent))
        learnt.given_up += [f"{alert} to {route}: a later one was taken" for alert, route in lost]
        return
    raise ConflictError(f"shard {shard}: could not strike off what was sent")
