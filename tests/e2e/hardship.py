"""What came of each fault that was injected: whether anything was lost or doubled, and how soon."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.e2e.acceptance import OPENED, RESOLVED

STORY: Final = (OPENED, RESOLVED)
STRIKING_OFF: Final = timedelta(seconds=5)
"""Who dies so soon after an alert arrived may not have noted that it was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An alert that arrived at a subscriber."""

    event: str
    alert: str
    incident: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What one subscriber heard of a monitor through a fault.

    `met` tells of each injected fault when it was met, `killed` how many processes were. `twice`
    are the events of which SNS's acceptance was lost, so that they come again under the same id;
    it may have been wherever an aggregator died just then, which is in `deaths`.
    """

    monitor: str
    what: str
    struck: datetime
    mended: datetime | None
    arrivals: Sequence[Arrival]
    met: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    killed: int | None = None
    deaths: Sequence[datetime] = ()
    twice: frozenset[str] = frozenset()

    def first(self, event: str) -> datetime | None:
        """Say when an event was heard first."""
        return min((each.at for each in self.arrivals if each.event == event), default=None)

    @property
    def recovered(self) -> float | None:
        """Give the longest that an alert came after the fault was met for the last time."""
        taken = [
            (heard - max(before)).total_seconds()
            for event, since in ((OPENED, self.struck), (RESOLVED, self.mended))
            if since is not None and (heard := self.first(event)) is not None
            if (before := [at for each in self.met.values() for at in each if since <= at < heard])
        ]
        return max(taken, default=None)


def complaints(accounts: Sequence[Account]) -> Iterator[str]:
    """Say what was lost, doubled or out of order, and which fault was never met."""
    for each in accounts:
        yield from (f"{each.monitor}: {what}" for what in _wrong(each))


def _wrong(account: Account) -> Iterator[str]:
    for fault, met in account.met.items():
        if not met:
            yield f"no call ever met the fault ({fault})"
    if account.killed == 0:
        yield "no process was killed"
    ordered = [*_unexcused(account)]
    wanted = [event for event in STORY for _ in range(2 if event in account.twice else 1)]
    if (heard := [each.event for each in ordered]) != wanted:
        yield f"heard {', '.join(heard) or 'nothing'}, and not {', '.join(wanted)}"
    if len({each.incident for each in ordered}) > 1:
        yield "heard of several incidents"
    if len({each.alert for each in ordered}) > len(STORY):
        yield "a repeat had another id"


def _unexcused(account: Account) -> Iterator[Arrival]:
    """Give what arrived, in its order, without the repeats that a death explains."""
    first: dict[str, datetime] = {}
    for each in sorted(account.arrivals, key=lambda each: each.at):
        since = first.setdefault(each.alert, each.at)
        died = any(since <= at <= since + STRIKING_OFF for at in account.deaths)
        if since == each.at or not died:
            yield each


def table(accounts: Sequence[Account]) -> str:
    """Show each fault, how often it was met, and how soon its alerts came in spite of it."""
    head = ("what fails", "met", "opened after", "resolved after", "recovered after")
    rows = [head, *(_row(each) for each in accounts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _row(account: Account) -> tuple[str, str, str, str, str]:
    met = sum(map(len, account.met.values()))
    recovered = account.recovered
    return (
        account.what,
        f"{met}x" if account.met else "",
        _after(account.first(OPENED), account.struck),
        _after(account.first(RESOLVED), account.mended),
        "" if recovered is None else f"{recovered:.1f} s",
    )


def _after(at: datetime | None, since: datetime | None) -> str:
    return "never" if at is None or since is None else f"{(at - since).total_seconds():.1f} s"


def instants(stamps: Sequence[float]) -> list[datetime]:
    """Read what a proxy tells by its clock, which is ours."""
    return [datetime.fromtimestamp(stamp, UTC) for stamp in stamps]
