"""Put whole words into a limit: a part of a message is shown in a form that fits, never cut."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

ELLIPSIS = "..."
WIDTH = 76
"""Letters of a line of mail."""

_FORMULA = ("=", "+", "-", "@")
"""What a line begins with that a spreadsheet would reckon out, when somebody pastes it there."""


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


def as_many(pieces: Iterable[str], limit: int, separator: str, more: str) -> str:
    """Join pieces as long as they fit, whole ones only; say `more` where some are left out."""
    given = list(pieces)
    whole = separator.join(given)
    while given and len(whole) > limit:
        given.pop()
        whole = separator.join((*given, more))
    return whole


def wrapped(text: str, *, bullet: str = "") -> list[str]:
    """Break a text into lines at its spaces."""
    lines = textwrap.wrap(
        bullet + text,
        WIDTH,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [f"'{line}" if line.startswith(_FORMULA) else line for line in lines]


def _join(words: Sequence[str]) -> str:
    return " ".join(word for word in words if word)


def _cut(text: str, limit: int, size: Callable[[str], int]) -> str:
    if size(text) <= limit:
        return text
    while size(text) + size(ELLIPSIS) > limit:
        text = text[:-1]
    return text + ELLIPSIS
