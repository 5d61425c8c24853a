"""Whether one incident came to every reader as it must: its beginning once, then its end once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

OPENED: Final = "opened"
RESOLVED: Final = "resolved"
STORY: Final = [OPENED, RESOLVED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who hears of a route's alerts, and by what."""

    route: str
    name: str

    def __str__(self) -> str:
        return f"{self.route}: {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a reader was told, as the reader understood it: which event of which incident."""

    reader: Reader
    event: str
    incident: str
    at: datetime


def complaints(told: Sequence[Told], readers: Sequence[Reader]) -> list[str]:
    """Say what is wrong with what the readers were told; nothing where all is well."""
    return [*_strangers(told, readers), *_stories(told, readers), *_incidents(told)]


def table(told: Sequence[Told], readers: Sequence[Reader], fault: datetime, end: datetime) -> str:
    """Show when each reader heard of the beginning and of the end, and how long that took."""
    head = ("route", "reader", "opened", "after fault", "resolved", "after mend")
    rows = [head, *(_row(each, told, fault, end) for each in readers)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def of(told: Sequence[Told], reader: Reader) -> list[Told]:
    """Give what one reader was told, in the order in which it came."""
    return sorted((each for each in told if each.reader == reader), key=lambda each: each.at)


def _strangers(told: Sequence[Told], readers: Sequence[Reader]) -> Iterator[str]:
    for each in told:
        if each.reader not in readers:
            yield f"{each.reader} was told, and is no reader"


def _stories(told: Sequence[Told], readers: Sequence[Reader]) -> Iterator[str]:
    for reader in readers:
        events = [each.event for each in of(told, reader)]
        if events != STORY:
            yield f"{reader} was told {', then '.join(events) or 'nothing'}"


def _incidents(told: Sequence[Told]) -> Iterator[str]:
    """Name who was told of another incident than most, or of none."""
    named = Counter(each.incident for each in told if each.incident)
    usual = max(named, key=named.__getitem__, default=None)
    for each in told:
        if each.incident != usual:
            yield f"{each.reader} was told that {each.incident or 'no incident'} is {each.event}"


def _row(
    reader: Reader, told: Sequence[Told], fault: datetime, end: datetime
) -> tuple[str, str, str, str, str, str]:
    heard = {each.event: each.at for each in of(told, reader)}
    cells = (
        cell
        for event, since in ((OPENED, fault), (RESOLVED, end))
        for cell in _when(heard.get(event), since)
    )
    opened, after_fault, resolved, after_mend = cells
    return reader.route, reader.name, opened, after_fault, resolved, after_mend


def _when(at: datetime | None, since: datetime) -> tuple[str, str]:
    if at is None:
        return "never", ""
    return f"{at:%H:%M:%S}", f"{(at - since).total_seconds():.1f} s"
