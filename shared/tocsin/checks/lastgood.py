"""The addresses at which each name's service passed last, for when its name does not resolve."""

from collections import OrderedDict
from typing import Final

from tocsin.domain.target import Family

type Place = tuple[str, int, Family]

NAMES: Final = 4096
"""Names that are remembered; the one that passed longest ago is forgotten first."""


class LastGood:
    """What is known of at most so many names."""

    def __init__(self, most: int = NAMES) -> None:
        self._most = most
        self._addresses: OrderedDict[Place, tuple[str, ...]] = OrderedDict()

    def note(self, place: Place, addresses: tuple[str, ...]) -> None:
        """Remember that the whole check passed at these."""
        self._addresses[place] = addresses
        self._addresses.move_to_end(place)
        if len(self._addresses) > self._most:
            self._addresses.popitem(last=False)

    def at(self, place: Place) -> tuple[str, ...]:
        """Give the addresses; none where it never passed."""
        return self._addresses.get(place, ())
