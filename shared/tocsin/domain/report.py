"""What one location knows of one shard: every monitor in it, whole, not a difference."""

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.domain.outcome import Outcome, Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The last outcome of a monitor at a location.

    `checked_at` and `failing_since` are ticks: of this outcome, and of the first in the unbroken
    row of failures that it ends.
    """

    outcome: Outcome
    checked_at: int
    failing_since: int | None = None

    def __post_init__(self) -> None:
        if (self.outcome.vote is Vote.FAIL) != (self.failing_since is not None):
            raise ValueError("failing_since belongs to failures, and to every one of them")
        if self.failing_since is not None and self.failing_since > self.checked_at:
            raise ValueError("a failure cannot begin after it was seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One location's word on one shard at one tick, under one configuration version."""

    location: str
    shard: str
    tick: int
    config_version: int
    sightings: Mapping[str, Sighting]


def follow(previous: Sighting | None, outcome: Outcome, tick: int) -> Sighting:
    """Append an outcome to what was known: failures in a row keep the tick of the first."""
    if outcome.vote is not Vote.FAIL:
        return Sighting(outcome=outcome, checked_at=tick)
    since = previous.failing_since if previous else None
    return Sighting(
        outcome=outcome, checked_at=tick, failing_since=tick if since is None else since
    )
