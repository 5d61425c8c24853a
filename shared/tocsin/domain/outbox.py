"""The alerts that are owed: claimed by one aggregator, struck off when they were sent.

Whoever finds one unsent sends it, byte for byte the same, under the same id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.domain.incident import Alert, Delivery, Incident
from tocsin.domain.monitor import Route
from tocsin.domain.quorum import SKEW

CLAIM = timedelta(seconds=90)
"""How long an aggregator owns an alert that it has claimed: longer than it can possibly run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An alert in the outbox, with the routes still to be told.

    Until `claimed_until` it belongs to the aggregator that claimed it, so that two that run at the
    same time do not both send it. `tries` counts the claims.
    """

    alert: Alert
    routes: tuple[Route, ...]
    tries: int = 0
    claimed_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a route gave for an alert: when, and under which id it has it."""

    at: datetime
    message: str


type Receipts = Mapping[tuple[str, Route], Receipt]
"""By alert id and route."""


def claim(outbox: tuple[Owed, ...], now: datetime) -> tuple[Owed, ...]:
    """Claim what nobody else is sending at this time.

    The alerts of an incident go out in their order: one that somebody else is sending holds back
    those that follow it, or an end could arrive before its beginning, and a pager never close.
    """
    held: set[str] = set()
    claimed = []
    for owed in outbox:
        if owed.alert.incident in held or _taken(owed, now):
            held.add(owed.alert.incident)
            claimed.append(owed)
        else:
            claimed.append(replace(owed, tries=owed.tries + 1, claimed_until=now + CLAIM))
    return tuple(claimed)


def _taken(owed: Owed, now: datetime) -> bool:
    # A claim from further ahead than any can be was made by a clock that ran wrong.
    return owed.claimed_until is not None and now < owed.claimed_until <= now + CLAIM + SKEW


def strike(outbox: tuple[Owed, ...], sent: Receipts, failed: frozenset[str]) -> tuple[Owed, ...]:
    """Strike off what was sent, and release the alerts, by id, that failed."""
    rest = []
    for owed in outbox:
        routes = tuple(route for route in owed.routes if (owed.alert.id, route) not in sent)
        until = None if owed.alert.id in failed else owed.claimed_until
        if routes:
            rest.append(replace(owed, routes=routes, claimed_until=until))
    return tuple(rest)


def noted(incident: Incident, outbox: tuple[Owed, ...], sent: Receipts) -> Incident:
    """Note in an incident what was sent of it."""
    for owed in outbox:
        for route in owed.routes if owed.alert.incident == incident.id else ():
            if (receipt := sent.get((owed.alert.id, route))) is not None:
                delivery = Delivery(
                    alert=owed.alert.id,
                    route=route,
                    queued_at=owed.alert.at,
                    sent_at=receipt.at,
                    message=receipt.message,
                    tries=owed.tries,
                )
                incident = incident.with_delivery(delivery)
    return incident
