"""Put whole words into a limit: a part of a message is shown in a form that fits, never cut."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ELLIPSIS = "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Words that belong together, in several forms: the best one first, the shortest one last.

    A part whose last form is empty can be left out. The lower the `rank`, the earlier it gets room.
    """

    forms: tuple[str, ...]
    rank: int


def fit(parts: Sequence[Part], limit: int, size: Callable[[str], int] = len) -> str:
    """Join parts with spaces, each in the best form that the more important ones leave room for.

    Only where even the shortest forms are too long, as for a name of 200 letters, is the end cut.
    """
    chosen = [part.forms[-1] for part in parts]
    for place in sorted(range(len(parts)), key=lambda place: parts[place].rank):
        for form in parts[place].forms:
            tried = [*chosen[:place], form, *chosen[place + 1 :]]
            if size(_join(tried)) <= limit:
                chosen = tried
                break
    return _cut(_join(chosen), limit, size)


def _join(words: Sequence[str]) -> str:
    return " ".join(word for word in words if word)


def _cut(text: str, limit: int, size: Callable[[str], int]) -> str:
    if size(text) <= limit:
        return text
    while size(text) + size(ELLIPSIS) > limit:
        text = text[:-1]
    return text + ELLIPSIS
