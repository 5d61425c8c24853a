"""Call the roll: which monitors are calm, which is nearly all of them, nearly always.

A monitor is calm where every one of its locations has a vote on it that counts, and all of them
pass without a warning. What is calm need not be counted: its tally is known. Here that is found out
for many at once, with sets, and nothing is made of their sightings.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tocsin.domain.monitor import MINUTE
from tocsin.domain.outline import Company, outline
from tocsin.domain.quorum import SKEW
from tocsin.domain.report import Calm, Report
from tocsin.domain.shard import Shard

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def calm(shard: Shard, reports: Mapping[str, Report], now: datetime) -> frozenset[str]:
    """Name the monitors of a shard that are calm.

    Those whose times or serials have a say in the count are never among them.
    """
    votes = {name: (report.config_version, report.calm()) for name, report in reports.items()}
    return frozenset().union(*(_agreed(each, votes, now) for each in outline(shard).companies))


def _agreed(
    company: Company, votes: Mapping[str, tuple[int, Calm]], now: datetime
) -> frozenset[str]:
    oldest, newest = _fresh(company.fresh_for, now)
    agreed = company.names
    for location in company.locations:
        if location not in votes or votes[location][0] < company.changed_in:
            return frozenset()
        passing = votes[location][1]
        fresh = (names for tick, names in passing.items() if oldest <= tick <= newest)
        agreed &= frozenset().union(*fresh)
    return agreed


def _fresh(fresh_for: timedelta, now: datetime) -> tuple[int, int]:
    """Give the first and the last tick of which a vote is fresh now."""
    age = now - _EPOCH
    return -((fresh_for - age) // MINUTE), (age + SKEW) // MINUTE
