"""Ask once an hour whether anybody hears of the routes that monitors alert by.

What SNS sends to a topic without a reader it takes without a word: of all that keeps an alert from
people this alone is seen by no attempt to send one.
"""

from collections.abc import Iterable
from typing import Final, Protocol

from tocsin.domain.monitor import Route
from tocsin.domain.shard import Shard

MINUTE: Final = 40
"""Of each hour, when its rollups are written."""


class Hearers(Protocol):
    """Who hears of alerts."""

    def unheard(self, routes: Iterable[Route]) -> tuple[Route, ...]:
        """Name those of these routes of which nobody hears."""
        ...


def due(tick: int) -> bool:
    """Tell whether this is the minute."""
    return tick % 60 == MINUTE


def used(shards: Iterable[Shard]) -> tuple[Route, ...]:
    """Name the routes that monitors alert by."""
    found = {route for shard in shards for monitor in shard.monitors for route in monitor.routes}
    return tuple(route for route in Route if route in found)
