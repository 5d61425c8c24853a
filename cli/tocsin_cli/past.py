"""Read the incidents that are over, by the month in which they began."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tocsin.domain.incident import Incident
from tocsin.usecases.closeup import months
from tocsin_cli.home import Home
from tocsin_cli.output import complain

__all__ = ["months", "over"]


def over(home: Home, months: Iterable[datetime]) -> Iterator[Incident]:
    """Give the incidents of these months, month by month, the latest of each first.

    What cannot be read is said, and keeps nothing else back.
    """
    for month in months:
        before = home.history.unreadable
        yield from reversed(list(home.history.of_month(month)))
        if spoilt := home.history.unreadable - before:
            complain(f"tocsin: {spoilt} of the incidents of {month:%Y-%m} cannot be read")
