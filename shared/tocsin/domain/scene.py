"""What a judgement has found when it turns to incidents: who stands where, and who is held back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.incident import Subject
from tocsin.domain.monitor import Monitor
from tocsin.domain.outline import outline
from tocsin.domain.quorum import Verdict, ballots, count
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard
from tocsin.domain.standing import Standing
from tocsin.domain.suspicion import Doubt

SHOWN = 5
"""Monitors whose votes a step in the course of an incident shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A shard at a moment.

    `reports` are those that are believed. `quiet` are the monitors whose alerts are held by a
    window or a silence, `sheltered` those that are down because of what they depend on. `places`
    are the locations that look at anything here, `doubts` those that are silent or suspected; this
    shard announces those of `leads`.
    """

    shard: Shard
    reports: Mapping[str, Report]
    standings: Mapping[str, Standing]
    quiet: frozenset[str]
    sheltered: frozenset[str]
    places: frozenset[str]
    doubts: Mapping[str, Doubt]
    leads: frozenset[str]
    now: datetime

    def monitor(self, name: str) -> Monitor | None:
        """Give a monitor of the shard by its name."""
        return outline(self.shard).monitors.get(name)

    def subject(self, monitor: Monitor) -> Subject:
        """Show a monitor as it is now."""
        hangs = outline(self.shard).hangs.get(monitor.id, ())
        return Subject(
            monitor=monitor.id,
            target=str(monitor.target),
            need=monitor.need,
            ballots=ballots(monitor, self.reports, self.now),
            runbook=monitor.runbook,
            tags=monitor.tags,
            slow=count(monitor, self.reports, self.now).slow,
            hangs=hangs,
            fallen=tuple(name for name in hangs if self._fell(name)),
        )

    def seen_again(self, subject: Subject) -> Subject:
        """Show what an incident covers as it is now, or as it was where it is no longer watched."""
        monitor = self.monitor(subject.monitor)
        return subject if monitor is None else self.subject(monitor)

    def votes(self, names: Collection[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Say which locations fail these monitors, the first few of them."""
        shown = self._known(names)[:SHOWN]
        return tuple((name, self.standings[name].failing) for name in shown)

    def reasons(self, name: str) -> tuple[str, ...]:
        """Say for which reasons a monitor fails at present."""
        failing = self.standings[name].failing
        found = (self.reports[place].sightings for place in failing if place in self.reports)
        reasons = (seen[name].outcome.reason for seen in found if name in seen)
        return tuple(sorted({str(reason) for reason in reasons if reason is not None}))

    def flaps(self, names: Collection[str]) -> bool:
        """Tell whether any of these monitors goes up and down."""
        return any(self.standings[name].flaps(self.now) for name in self._known(names))

    def _known(self, names: Collection[str]) -> list[str]:
        return sorted(name for name in names if name in self.standings)

    def _fell(self, name: str) -> bool:
        return name in self.sheltered and self.standings[name].verdict is Verdict.DOWN
