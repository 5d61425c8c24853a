"""Hand alerts on to the outlets of their routes: all that Apprise reaches, and a bus of events.

Each outlet is told on its own and tried again on its own, so that one that is dead delays no
other, and none that was told is told again for another's sake.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tocsin.domain.monitor import Route
from tocsin.usecases.ports import Events, Messenger, Outlets

if TYPE_CHECKING:
    from tocsin.domain.incident import Alert

BUS: Final = "events"
"""The bus of events among the outlets; those of a route have its name before a slash."""

TRIES: Final = 12
"""How often an outlet is told before it is given up: one and a half hours, by these pauses."""

FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """An alert that is owed to one outlet; `text` is its JSON as it was published."""

    outlet: str
    alert: str
    incident: str
    text: str


def owed(
    alert: "Alert", text: str, route: Route, outlets: Outlets, *, bus: bool
) -> Iterator[Handover]:
    """Give what is owed of an alert that was published on a route; HandoverError.

    It may be published on several, and is one event all the same: the first of them owes it.
    """
    names = outlets.names(route)
    for name in (*names, BUS) if bus and route is alert.routes[0] else names:
        yield Handover(outlet=name, alert=alert.id, incident=alert.incident, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What it takes to hand an alert over."""

    outlets: Outlets
    messenger: Messenger
    events: Events


def hand_over(handover: Handover, alert: "Alert", hands: Hands) -> bool:
    """Tell an outlet; HandoverError where it did not take it, False where it is gone."""
    if handover.outlet == BUS:
        hands.events.put(alert, handover.text)
        return True
    url = hands.outlets.url(handover.outlet)
    if url is None:
        return False
    hands.messenger.tell(url, alert)
    return True


def pause(tries: int) -> timedelta:
    """Say how long an outlet is let alone after so many tries."""
    return min(FIRST_PAUSE * (1 << min(max(tries, 1) - 1, 10)), LONGEST_PAUSE)
