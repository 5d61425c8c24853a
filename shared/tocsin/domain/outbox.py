"""The alerts that are owed: claimed by one aggregator, struck off when they were sent.

Whoever finds one unsent sends it, byte for byte the same, under the same id. What waits is bounded
by the monitors, also where a route takes nothing for months: only the end is ever added to what a
route has yet to take of an incident (see `course`), and of the incidents that are over, those of
which a route has not even taken the beginning are given up on it, the oldest first.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.domain.incident import Alert, Delivery, Event, Incident, Moment
from tocsin.domain.monitor import Route
from tocsin.domain.quorum import SKEW

CLAIM = timedelta(seconds=90)
"""How long an aggregator owns an alert that it has claimed: longer than it can possibly run."""

WAITING = 200
"""What may be owed beside two alerts for each monitor before anything is given up.

An alert counts as many as the monitors that it shows: so much of the state does it take. A shard
that went down and came back as a whole still waits in full.
"""

PATIENCE = timedelta(hours=1)
"""How long an end is owed before it is given up: a storm that a route takes is over long before."""

CLOSED = 100
"""Incidents beside one for each monitor that wait for a history which does not answer."""


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
    """What a route gave for an alert: when, and under which id it has it.

    `plain` says why it was sent without its details, where it was.
    """

    at: datetime
    message: str
    plain: str = ""


type Receipts = Mapping[tuple[str, Route], Receipt]
"""By alert id and route."""


def unheard(outbox: Iterable[Owed]) -> dict[str, frozenset[Route]]:
    """Give by incident the routes that have yet to take something of it."""
    found: dict[str, set[Route]] = {}
    for owed in outbox:
        found.setdefault(owed.alert.incident, set()).update(owed.routes)
    return {incident: frozenset(routes) for incident, routes in found.items()}


def claim(outbox: tuple[Owed, ...], now: datetime) -> tuple[Owed, ...]:
    """Claim what nobody else is sending at this time.

    The alerts of an incident go out in their order: one that somebody else is sending holds back
    those that follow it, or an end could arrive before its beginning, and a pager never close.
    """
    held: set[str] = set()
    mine = []
    for owed in outbox:
        if owed.alert.incident in held or _taken(owed, now):
            held.add(owed.alert.incident)
            mine.append(owed)
        else:
            mine.append(replace(owed, tries=owed.tries + 1, claimed_until=now + CLAIM))
    return tuple(mine)


def claimed(before: tuple[Owed, ...], after: tuple[Owed, ...], now: datetime) -> tuple[Owed, ...]:
    """Give what was claimed at this moment by us, and not by somebody whose clock says the same."""
    others = {owed.alert.id for owed in before if owed.claimed_until == now + CLAIM}
    return tuple(
        owed for owed in after if owed.claimed_until == now + CLAIM and owed.alert.id not in others
    )


def _taken(owed: Owed, now: datetime) -> bool:
    # A claim from further ahead than any can be was made by a clock that ran wrong.
    return owed.claimed_until is not None and now < owed.claimed_until <= now + CLAIM + SKEW


def bounded(
    outbox: tuple[Owed, ...], closed: tuple[Incident, ...], *, monitors: int, now: datetime
) -> tuple[tuple[Owed, ...], tuple[Incident, ...]]:
    """Keep what is owed, and the incidents that are over, within what may wait.

    An incident that is over is given up on a route that has taken nothing of it, as far as anybody
    knows, until an hour after its end: whoever was not told that it began need not be told that it
    has ended. It says so in its course. What is open and the end of what was told is never given
    up. Nor is an incident dropped of which something is owed: of the others more than may wait only
    where the history does not answer, and then the latest are kept.
    """
    lost = _untold(outbox, sum(map(_weight, outbox)) - WAITING - 2 * monitors, now)
    rest = _without(outbox, lost)
    told = [_given_up(each, lost[each.id], now) if each.id in lost else each for each in closed]
    owed = {each.alert.incident for each in rest}
    idle = [each.id for each in told if each.id not in owed]
    dropped = {*idle[: max(0, len(idle) - CLOSED - monitors)]}
    return rest, tuple(each for each in told if each.id not in dropped)


def _untold(outbox: tuple[Owed, ...], excess: int, now: datetime) -> dict[str, tuple[Route, ...]]:
    """Find as much of which a route has taken neither the beginning nor the end, oldest first."""
    lost: dict[str, tuple[Route, ...]] = {}
    by_incident: dict[str, list[Owed]] = {}
    for owed in outbox:
        by_incident.setdefault(owed.alert.incident, []).append(owed)
    for incident, alerts in by_incident.items():
        if excess <= 0:
            break
        if any(_taken(owed, now) for owed in alerts):
            continue  # somebody is sending it
        first, last = alerts[0], alerts[-1]
        if first.alert.event is Event.OPENED and _ended_long_ago(last.alert, now):
            # Whoever has not taken the beginning has not taken the end either.
            lost[incident] = first.routes
            excess -= sum(_weight(owed) for owed in alerts if {*owed.routes} <= {*first.routes})
    return lost


def _ended_long_ago(alert: Alert, now: datetime) -> bool:
    return alert.event is Event.RESOLVED and now - alert.at >= PATIENCE


def _weight(owed: Owed) -> int:
    return max(1, len(owed.alert.subjects))


def _without(outbox: tuple[Owed, ...], lost: Mapping[str, tuple[Route, ...]]) -> tuple[Owed, ...]:
    rest = []
    for owed in outbox:
        given_up = lost.get(owed.alert.incident, ())
        if routes := tuple(route for route in owed.routes if route not in given_up):
            rest.append(replace(owed, routes=routes))
    return tuple(rest)


def _given_up(incident: Incident, routes: Iterable[Route], now: datetime) -> Incident:
    what = f"never taken by {', '.join(routes)}: given up"
    return incident.with_moment(Moment(at=now, what=what))


def strike(outbox: tuple[Owed, ...], sent: Receipts, failed: Collection[str]) -> tuple[Owed, ...]:
    """Strike off what was sent, and release the alerts, by id, that failed.

    What goes before something of its incident that was sent must not be sent any more, and goes
    with it: an end stays the last word, or a pager would never close.
    """
    gone = sent.keys() | overtaken(outbox, sent)
    rest = []
    for owed in outbox:
        routes = tuple(route for route in owed.routes if (owed.alert.id, route) not in gone)
        until = None if owed.alert.id in failed else owed.claimed_until
        if routes:
            rest.append(replace(owed, routes=routes, claimed_until=until))
    return tuple(rest)


def overtaken(outbox: tuple[Owed, ...], sent: Receipts) -> frozenset[tuple[str, Route]]:
    """Find the alerts that are owed to a route which has taken a later one of their incident."""
    later: set[tuple[str, Route]] = set()
    found = set()
    for owed in reversed(outbox):
        for route in owed.routes:
            if (owed.alert.id, route) in sent:
                later.add((owed.alert.incident, route))
            elif (owed.alert.incident, route) in later:
                found.add((owed.alert.id, route))
    return frozenset(found)


def noted(
    incidents: tuple[Incident, ...], outbox: tuple[Owed, ...], sent: Receipts
) -> tuple[Incident, ...]:
    """Note in incidents what was sent of them, and what never will be."""
    gone = overtaken(outbox, sent)
    told = {each.id: each for each in incidents}
    for owed in outbox:
        for route in owed.routes if owed.alert.incident in told else ():
            incident = told[owed.alert.incident]
            if (receipt := sent.get((owed.alert.id, route))) is not None:
                told[incident.id] = _delivered(incident, owed, route, receipt)
            elif (owed.alert.id, route) in gone:
                what = f"{owed.alert.event} never taken by {route}: given up"
                at = max(receipt.at for receipt in sent.values())
                told[incident.id] = incident.with_moment(Moment(at=at, what=what))
    return tuple(told.values())


def _delivered(incident: Incident, owed: Owed, route: Route, receipt: Receipt) -> Incident:
    if receipt.plain:
        what = f"{owed.alert.event} sent to {route} without its details"
        incident = incident.with_moment(Moment(at=receipt.at, what=what, note=receipt.plain))
    delivery = Delivery(
        alert=owed.alert.id,
        route=route,
        queued_at=owed.alert.at,
        sent_at=receipt.at,
        message=receipt.message,
        tries=owed.tries,
    )
    return incident.with_delivery(delivery)
