"""Run one tick at one location: check what is due, and report what this location now knows.

A report repeats the last outcome of the monitors that were not due, so that one read of the newest
report is enough to judge. What is known is kept between ticks in memory; after a cold start it is
read back from this location's own newest report.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome, Reason, Vote, printable
from tocsin.domain.report import Report, Sighting, follow
from tocsin.domain.schedule import due
from tocsin.domain.shard import Shard
from tocsin.usecases.ports import (
    Checker,
    Configs,
    Reports,
    SecretError,
    Secrets,
    UnreadableError,
)
from tocsin.usecases.unseal import Unsealed, unseal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What a tick did, for the metrics."""

    tick: int
    checked: int
    failed: int
    abstained: int
    repeated: int
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prober:
    """One location's eyes; `memory` holds its newest report of each shard, or costs a read."""

    location: str
    configs: Configs
    reports: Reports
    checker: Checker
    secrets: Secrets
    memory: dict[str, Report] = field(default_factory=dict)

    async def observe(self, tick: int, *, deadline: float) -> Tick:
        """Check every monitor of this location that is due, and store one report a shard.

        All checks have ended at `deadline`, an instant of the event loop's clock.
        """
        shards = tuple(_at(self.location, self.configs.shards()))
        known = {shard.id: self._recall(shard, tick) for shard in shards}
        wanted = (m for s in shards for m in s.monitors if due(m, tick) or m.id not in known[s.id])
        outcomes = await self._check(wanted, deadline)
        stored = [self._report(shard, known[shard.id], outcomes, tick) for shard in shards]
        votes = [outcome.vote for outcome in outcomes.values()]
        return Tick(
            tick=tick,
            checked=len(votes),
            failed=votes.count(Vote.FAIL),
            abstained=votes.count(Vote.ABSTAIN),
            repeated=sum(len(shard.monitors) for shard in shards) - len(votes),
            duplicate=not all(stored),
        )

    def _recall(self, shard: Shard, tick: int) -> dict[str, Sighting]:
        """Give what was seen before this tick, as far as it is about the same definitions."""
        report = self.memory.get(shard.id)
        if report is None or report.tick >= tick:
            try:
                report = self.reports.newest(self.location, shard.id)
            except UnreadableError:
                report = None
        if report is None or report.tick >= tick:
            return {}
        return {
            monitor.id: report.sightings[monitor.id]
            for monitor in shard.monitors
            if monitor.id in report.sightings and report.config_version >= monitor.changed_in
        }

    async def _check(self, monitors: Iterable[Monitor], deadline: float) -> dict[str, Outcome]:
        """Check with the secrets in place; a monitor whose secret cannot be read abstains."""
        ready: dict[str, Unsealed] = {}
        outcomes: dict[str, Outcome] = {}
        for monitor in monitors:
            try:
                ready[monitor.id] = unseal(monitor, self.secrets)
            except SecretError as error:
                outcomes[monitor.id] = Outcome(
                    vote=Vote.ABSTAIN, reason=Reason.NO_SECRET, evidence=printable(str(error))
                )
        unsealed = [each.monitor for each in ready.values()]
        found = await self.checker.run(unsealed, deadline=deadline)
        return outcomes | {name: ready[name].redact(outcome) for name, outcome in found.items()}

    def _report(
        self,
        shard: Shard,
        known: Mapping[str, Sighting],
        outcomes: Mapping[str, Outcome],
        tick: int,
    ) -> bool:
        report = Report(
            location=self.location,
            shard=shard.id,
            tick=tick,
            config_version=shard.version,
            sightings=dict(_sightings(shard, known, outcomes, tick)),
        )
        stored = self.reports.add(report)
        before = self.memory.get(shard.id)
        # A slow tick that ends after its successor must not turn memory back.
        if before is None or before.tick < tick:
            self.memory[shard.id] = report
        return stored


def _at(location: str, shards: Iterable[Shard]) -> Iterator[Shard]:
    """Narrow each shard to the monitors that this location checks."""
    for shard in shards:
        if mine := tuple(m for m in shard.monitors if location in m.locations):
            yield Shard(id=shard.id, version=shard.version, monitors=mine)


def _sightings(
    shard: Shard, known: Mapping[str, Sighting], outcomes: Mapping[str, Outcome], tick: int
) -> Iterator[tuple[str, Sighting]]:
    for monitor in shard.monitors:
        if (outcome := outcomes.get(monitor.id)) is not None:
            yield monitor.id, follow(known.get(monitor.id), outcome, tick)
        elif (before := known.get(monitor.id)) is not None:
            yield monitor.id, before
