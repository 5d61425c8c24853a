"""Ask once an hour whether anybody hears of the routes that monitors alert by.

What SNS sends to a topic without a reader it takes without a word: of all that keeps an alert from
people this alone is seen by no attempt to send one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from tocsin.domain.monitor import Route
from tocsin.domain.rollup import HOUR
from tocsin.domain.shard import Shard

MINUTES: Final = range(40, 55)
"""Of each hour, when its rollups are written. It is asked in the first that has time for it."""

ZEROS: Final = 3
"""That are told after a figure: without any, CloudWatch goes by the last that there was, for as
long as it can see it. One more than the alarm has periods, for a question that came late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The routes of which certainly nobody hears, and why it is not known of all the others."""

    unheard: tuple[Route, ...]
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class Asking:
    """What a process remembers of its questions; one beside it may ask as well, which is harmless.

    One that has just begun knows of no figure, so the alarm may ring some hours longer.
    """

    hour: int = -1
    zeros: int = 0

    def due(self, tick: int) -> bool:
        """Tell whether to ask in this minute."""
        return due(tick) and tick // HOUR != self.hour

    def ask(self, tick: int) -> None:
        """Remember that it is asked in this hour, whatever comes of it."""
        self.hour = tick // HOUR

    def all_heard(self, answer: Answer) -> bool:
        """Tell whether to tell that there is no such route: somebody was told that there is."""
        if answer.unheard:
            self.zeros = ZEROS
        if answer.unheard or answer.problems or not self.zeros:
            return False
        self.zeros -= 1
        return True


class Hearers(Protocol):
    """Who hears of alerts."""

    def unheard(self, routes: Iterable[Route]) -> Answer:
        """Name those of these routes of which nobody hears."""
        ...


def due(tick: int) -> bool:
    """Tell whether this is a minute to ask in."""
    return tick % HOUR in MINUTES


def used(shards: Iterable[Shard]) -> tuple[Route, ...]:
    """Name the routes that monitors alert by."""
    found = {route for shard in shards for monitor in shard.monitors for route in monitor.routes}
    return tuple(route for route in Route if route in found)
