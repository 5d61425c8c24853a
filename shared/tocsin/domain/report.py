"""What one location knows of one shard: every monitor in it, whole, not a difference."""

from collections.abc import Callable, Iterator, Mapping
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


type Calm = Mapping[int, frozenset[str]]
"""Monitors that pass without a warning, by the tick in which they were checked."""


class Folded(Mapping[str, Sighting]):
    """Sightings of which the calm ones are made when somebody asks for them.

    A report has hundreds, and judging looks closely at few of them. `make` makes the sighting of a
    monitor that `calm` names; `others` are all that `calm` does not name.
    """

    def __init__(
        self, calm: Calm, make: Callable[[str], Sighting], others: Mapping[str, Sighting]
    ) -> None:
        self.calm = calm
        self._make = make
        self._others = others
        self._made = dict(others)

    def __getitem__(self, name: str) -> Sighting:
        known = self._made.get(name)
        if known is None:
            known = self._made[name] = self._make(name)
        return known

    def __iter__(self) -> Iterator[str]:
        yield from self._others
        for names in self.calm.values():
            yield from names

    def __len__(self) -> int:
        return len(self._others) + sum(map(len, self.calm.values()))

    def __contains__(self, name: object) -> bool:
        return name in self._made or any(name in names for names in self.calm.values())

    @property
    def latest(self) -> int:
        """The last tick in which any of them was checked."""
        ticks = [each.checked_at for each in self._others.values()]
        return max([*ticks, *self.calm], default=0)

    def uneasy(self) -> Mapping[str, Sighting]:
        """Give those that are not known to be calm."""
        return self._others

    def changed(self, changes: Mapping[str, Sighting]) -> "Folded":
        """Put others in the place of some."""
        calm = {tick: names.difference(changes) for tick, names in self.calm.items()}
        return Folded(calm, self._make, {**self._others, **changes})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One location's word on one shard at one tick, under one configuration version.

    `suspect` says why this location does not believe itself: its canaries failed in this tick.
    `spoilt` counts the sightings that were stored and could not be read: these are silence.
    """

    location: str
    shard: str
    tick: int
    config_version: int
    sightings: Mapping[str, Sighting]
    suspect: str = ""
    spoilt: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.tick < LAST_TICK:
            raise ValueError(f"a tick lies between 1970 and 2160, got {self.tick}")
        if _latest(self.sightings) > self.tick:
            raise ValueError("a report repeats what was seen, and nothing was seen after its tick")

    def calm(self) -> Calm:
        """Name monitors that pass without a warning: all of them, where that costs little."""
        if isinstance(self.sightings, Folded):
            return self.sightings.calm
        found: dict[int, list[str]] = {}
        for name, sighting in self.sightings.items():
            if sighting.outcome.vote is Vote.PASS and sighting.outcome.warning is None:
                found.setdefault(sighting.checked_at, []).append(name)
        return {tick: frozenset(names) for tick, names in found.items()}

    def uneasy(self) -> Mapping[str, Sighting]:
        """Give the sightings in which there may be a failure or a warning; all others are calm."""
        return self.sightings.uneasy() if isinstance(self.sightings, Folded) else self.sightings

    def changed(self, changes: Mapping[str, Sighting]) -> "Report":
        """Put other sightings in the place of some."""
        if not changes:
            return self
        if isinstance(self.sightings, Folded):
            return replace(self, sightings=self.sightings.changed(changes))
        return replace(self, sightings={**self.sightings, **changes})


def _latest(sightings: Mapping[str, Sighting]) -> int:
    if isinstance(sightings, Folded):
        return sightings.latest
    return max((sighting.checked_at for sighting in sightings.values()), default=0)


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
