"""A badge: a name and how it does, as one line of SVG for other people's pages.

Drawn without a font of its own: `textLength` holds the text to the room that was made for it.
"""

from dataclasses import dataclass

from tocsin.usecases.board import Mood

COLOURS = {
    Mood.OUTAGE: "#b3261e",
    Mood.DEGRADED: "#8a5200",
    Mood.UNKNOWN: "#5a636e",
    Mood.MAINTENANCE: "#23588f",
    Mood.OPERATIONAL: "#1a7345",
}
"""Each has a contrast of more than 4.5 to white."""
_NARROW = frozenset("iIjl.,:;'|!()[]{}ftr -1")
_WIDE = frozenset("mwMWQO@%ABCDEGHKNRUVXYZ&")
_PAD = 7
_MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Half of a badge: its text, where it begins, and how wide text and side are."""

    text: str
    x: int
    width: int

    @property
    def room(self) -> int:
        """What the text takes."""
        return self.width - 2 * _PAD


def sides(label: str, message: str) -> tuple[Side, Side]:
    """Lay out both halves; a long name is cut short."""
    label = label if len(label) <= _MOST else f"{label[: _MOST - 1]}…"
    left = Side(text=label, x=0, width=_width(label) + 2 * _PAD)
    return left, Side(text=message, x=left.width, width=_width(message) + 2 * _PAD)


def _width(text: str) -> int:
    """Estimate how wide a text is at 11 pixels."""
    return round(sum(map(_advance, text)))


def _advance(character: str) -> float:
    if character in _NARROW:
        return 4.2
    if not character.isascii():
        return 11.0 if ord(character) > 0x2E7F else 7.2  # noqa: PLR2004 - where CJK begins
    return 8.2 if character in _WIDE else 6.6
