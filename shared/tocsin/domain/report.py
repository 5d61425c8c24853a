"""What one location knows of one shard: every monitor in it, whole, not a difference."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from tocsin.domain.outcome import Certificate, Outcome, Vote, printable

LAST_TICK = 100_000_000
"""In the year 2160: a greater number is no epoch minute but a mistake."""

PASS_TEXT = 100
"""Characters of evidence, and of an issuer's name, that are kept of a pass."""


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
        if self.failing_since is not None and not 0 <= self.failing_since <= self.checked_at:
            raise ValueError("a failure cannot begin after it was seen")
        if self.checked_at < 0:
            raise ValueError(f"a tick counts from 1970, got {self.checked_at}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One location's word on one shard at one tick, under one configuration version."""

    location: str
    shard: str
    tick: int
    config_version: int
    sightings: Mapping[str, Sighting]

    def __post_init__(self) -> None:
        if not 0 <= self.tick < LAST_TICK:
            raise ValueError(f"a tick lies between 1970 and 2160, got {self.tick}")
        if any(sighting.checked_at > self.tick for sighting in self.sightings.values()):
            raise ValueError("a report repeats what was seen, and nothing was seen after its tick")


def follow(
    previous: Sighting | None, outcome: Outcome, tick: int, *, fresh_for: timedelta
) -> Sighting:
    """Append an outcome to what was known.

    Failures in a row keep the tick of the first, unless nobody looked for longer than a vote is
    fresh. Where this location could not judge, its last vote stands until it is stale. What is
    kept of an outcome is what `kept` leaves of it.
    """
    outcome = kept(outcome)
    if previous is not None and timedelta(minutes=tick - previous.checked_at) > fresh_for:
        previous = None
    if outcome.vote is Vote.ABSTAIN and previous is not None:
        return previous
    if outcome.vote is not Vote.FAIL:
        return Sighting(outcome=outcome, checked_at=tick)
    since = previous.failing_since if previous else None
    return Sighting(
        outcome=outcome, checked_at=tick, failing_since=tick if since is None else since
    )


def kept(outcome: Outcome) -> Outcome:
    """Cut an outcome down to what people look at: a report is written every minute.

    Times keep three digits. A pass, which is nearly all that is ever written, keeps the beginning
    of its evidence and of its certificate's fingerprint, and no exchange: its evidence has the
    answer. What fails keeps all of it.
    """
    times = {phase: float(f"{ms:.3g}") for phase, ms in outcome.phases_ms.items()}
    if outcome.vote is not Vote.PASS:
        return replace(outcome, phases_ms=times)
    return replace(
        outcome,
        evidence=printable(outcome.evidence, PASS_TEXT),
        phases_ms=times,
        certificate=_marked(outcome.certificate),
        exchange=None,
    )


def _marked(certificate: Certificate | None) -> Certificate | None:
    if certificate is None:
        return None
    issuer = printable(certificate.issuer, PASS_TEXT)
    return replace(certificate, fingerprint=certificate.mark, issuer=issuer)
