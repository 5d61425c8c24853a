"""Whether the endpoint that hears jobs was there itself: nothing is late for a fault of ours.

Every probe calls the endpoint once a tick; any of these calls, from any location, is a sign of its
life, and so is every report of a job.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

OUT_AFTER = timedelta(seconds=150)
"""Without a sign of life for longer than this, the endpoint was out."""

HEARD_EVERY = timedelta(seconds=5)
"""Signs of life within this time of one another are one: anybody may call, and each is a write."""

OUTAGES = 100
OUTAGES_KEPT = timedelta(days=400)
"""Longer than any job's period: what was due in an outage is excused until it is due again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which nothing reached the endpoint, from any location."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What is known of the endpoint itself; `heard_at` is its last sign of life."""

    heard_at: datetime | None = None
    outages: tuple[Outage, ...] = ()

    def sung(self, at: datetime) -> "Endpoint":
        """Take note of a sign of life."""
        if self.heard_at is None:
            return Endpoint(heard_at=at)
        if at - self.heard_at < HEARD_EVERY:
            return self
        outages = tuple(each for each in self.outages if at - each.end < OUTAGES_KEPT)
        if at - self.heard_at > OUT_AFTER:
            outages = (*outages, Outage(begin=self.heard_at, end=at))
        return Endpoint(heard_at=at, outages=outages[-OUTAGES:])

    def silent(self, now: datetime) -> bool:
        """Tell whether nothing has reached it of late, or ever."""
        return self.heard_at is None or now - self.heard_at > OUT_AFTER

    def out(self, begin: datetime, end: datetime, now: datetime) -> Outage | None:
        """Give the last outage that falls into a time, if there was one; it may not be over yet."""
        if self.heard_at is None:
            return Outage(begin=begin, end=now)  # nobody has ever seen that it works
        known = self.outages
        if now - self.heard_at > OUT_AFTER:
            known = (*known, Outage(begin=self.heard_at, end=now))
        met = (each for each in reversed(known) if each.begin <= end and begin <= each.end)
        return next(met, None)

    def vouches(self, instant: datetime) -> bool:
        """Tell whether it was seen alive at this instant or later.

        Before that, a report which was due until then may still be on its way, or lost with us.
        """
        return self.heard_at is not None and self.heard_at >= instant
