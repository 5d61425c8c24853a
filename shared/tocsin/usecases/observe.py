"""Run one tick at one location: check what is due, and report what this location now knows.

A report repeats the last outcome of the monitors that were not due, so that one read of the newest
report is enough to judge. What is known is kept between ticks in memory, also while the home takes
no reports; after a cold start it is read back from this location's own newest report.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from tocsin.domain.heartbeat import CANARY
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome, Reason, Vote, printable
from tocsin.domain.outlook import View, view
from tocsin.domain.report import Report, Sighting, follow
from tocsin.domain.schedule import due
from tocsin.domain.shard import Shard, jobs
from tocsin.domain.target import HttpTarget
from tocsin.usecases.ports import (
    Checker,
    Configs,
    Reports,
    SecretError,
    Secrets,
    StorageError,
)
from tocsin.usecases.unseal import Unsealed, refused, unseal

THREADS = 64
"""For the calls of a tick on its shards. By asyncio's own measure Lambda's two cores get six, and
with many shards a table that answers slowly would outlast the tick."""

RENEWING_SECONDS = 10.0
"""For reading one secret anew where Parameter Store answers slowly, before all checks must end."""

SHOWING_SECONDS = 8.0
"""After which no further view is shown: a tick must end, and the next shows what is left."""

_CANARY = f"/{CANARY}"
"""No monitor of the file can have such an id."""


class Showcase(Protocol):
    """Where this region's stand-by finds what fails here while nobody judges it."""

    def show(self, view: View) -> None:
        """Keep a view in place of the one before."""
        ...

    def leave_out(self, shards: Sequence[str]) -> None:
        """Be told of which shards there was no time to show a view."""
        ...


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
    """One location's eyes; `memory` holds its newest report of each shard, or costs a read.

    `endpoint` tells where jobs report to: each tick calls there too, so that an endpoint which is
    out is not taken for jobs that are dead. `canaries` are what is well as far as anybody can tell:
    where most of them fail in a tick, this location does not believe its own failures. Beside a
    stand-by, `showcase` is for what it tells people.
    """

    location: str
    configs: Configs
    reports: Reports
    checker: Checker
    secrets: Secrets
    memory: dict[str, Report] = field(default_factory=dict)
    endpoint: Callable[[], str | None] = lambda: None
    canaries: tuple[Monitor, ...] = ()
    showcase: Showcase | None = None

    async def observe(self, tick: int, *, deadline: float) -> Tick:
        """Check every monitor of this location that is due, and store one report a shard.

        All checks have ended at `deadline`, an instant of the event loop's clock. StorageError
        where the configuration cannot be read, or a report not stored; the others are stored.
        """
        known_shards = self.configs.shards()
        shards = tuple(_at(self.location, known_shards))
        recalled = await _side_by_side(partial(self._recall, shard, tick) for shard in shards)
        known = dict(zip((shard.id for shard in shards), recalled, strict=True))
        wanted = [m for s in shards for m in s.monitors if due(m, tick) or m.id not in known[s.id]]
        if any(any(jobs(shard)) for shard in known_shards):
            wanted += await asyncio.to_thread(lambda: [*_canary(self.location, self.endpoint())])
        outcomes = await self._check([*wanted, *self.canaries], deadline)
        outcomes.pop(_CANARY, None)
        suspect = _suspect([outcomes.pop(each.id) for each in self.canaries])
        if suspect:
            outcomes = {name: _doubted(outcome, suspect) for name, outcome in outcomes.items()}
        reports = [
            self._report(shard, known[shard.id], outcomes, tick, suspect) for shard in shards
        ]
        clock = asyncio.get_running_loop().time
        storing = [partial(self._store, report) for report in reports]
        *stored, _ = await _side_by_side([*storing, partial(self._show, reports, clock)])
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
        """Give what was seen before this tick, as far as it is about the same definitions.

        Nothing where that cannot be read: then every monitor is checked now.
        """
        report = self.memory.get(shard.id)
        # Another environment may have run the ticks since, so memory is good for the next one only.
        if report is None or report.tick != tick - 1:
            try:
                report = self.reports.newest(self.location, shard.id, until=tick - 1)
            except StorageError:
                report = None
        if report is None:
            return {}
        return {
            monitor.id: report.sightings[monitor.id]
            for monitor in shard.monitors
            if monitor.id in report.sightings and report.config_version >= monitor.changed_in
        }

    async def _check(self, monitors: list[Monitor], deadline: float) -> dict[str, Outcome]:
        """Check with the secrets in place, and take them out of what comes back.

        Who was refused is checked once more where the secret has changed. Where there is no time
        for that, the next tick begins with the new one.
        """
        ready, outcomes = await asyncio.to_thread(self._unseal, monitors)
        unsealed = [each.monitor for each in ready.values()]
        found = await self.checker.run(unsealed, deadline=deadline)
        outcomes |= {name: ready[name].redact(outcome) for name, outcome in found.items()}
        until, clock = deadline - RENEWING_SECONDS, asyncio.get_running_loop().time
        refusing = [m for m in monitors if m.id in ready and refused(found[m.id])]
        if refusing and (
            renewed := await asyncio.to_thread(self._renew, refusing, ready, until, clock)
        ):
            opened = [each.monitor for each in renewed.values()]
            for name, again in (await self.checker.run(opened, deadline=deadline)).items():
                # What one check saw is not unseen by another that could not look.
                if again.vote is not Vote.ABSTAIN:
                    outcomes[name] = renewed[name].redact(again)
        return outcomes

    def _unseal(self, monitors: list[Monitor]) -> tuple[dict[str, Unsealed], dict[str, Outcome]]:
        """Make monitors ready to be checked; one whose secret cannot be read abstains."""
        ready: dict[str, Unsealed] = {}
        outcomes: dict[str, Outcome] = {}
        for monitor in monitors:
            try:
                ready[monitor.id] = unseal(monitor, self.secrets)
            except SecretError as error:
                outcomes[monitor.id] = Outcome(
                    vote=Vote.ABSTAIN, reason=Reason.NO_SECRET, evidence=printable(str(error))
                )
        return ready, outcomes

    def _renew(
        self,
        refusing: Sequence[Monitor],
        ready: Mapping[str, Unsealed],
        until: float,
        clock: Callable[[], float],
    ) -> dict[str, Unsealed]:
        """Give those of these monitors whose secrets are others by now, ready to be checked."""
        renewed: dict[str, Unsealed] = {}
        for name in {name for monitor in refusing for name in ready[monitor.id].names}:
            self.secrets.doubt(name)
        for monitor in refusing:
            if clock() > until:
                break
            with suppress(SecretError):
                again = unseal(monitor, self.secrets)
                if again != ready[monitor.id]:
                    renewed[monitor.id] = again
        return renewed

    def _report(
        self,
        shard: Shard,
        known: Mapping[str, Sighting],
        outcomes: Mapping[str, Outcome],
        tick: int,
        suspect: str,
    ) -> Report:
        return Report(
            location=self.location,
            shard=shard.id,
            tick=tick,
            config_version=shard.version,
            sightings=dict(_sightings(shard, known, outcomes, tick)),
            suspect=suspect,
        )

    def _store(self, report: Report) -> bool:
        try:
            stored = self.reports.add(report)
        except StorageError:
            # What was seen was seen: the next tick goes on from it, and need not ask the home.
            self.memory[report.shard] = report
            raise
        if stored:
            self.memory[report.shard] = report
        return stored

    def _show(self, reports: Sequence[Report], clock: Callable[[], float]) -> bool:
        """Show what fails here to a stand-by, if there is one; a tick does not fail for it."""
        if self.showcase is None:
            return False
        until = clock() + SHOWING_SECONDS
        try:
            for number, report in enumerate(reports):
                if clock() > until:
                    self.showcase.leave_out([each.shard for each in reports[number:]])
                    return False
                self.showcase.show(view(report))
        except StorageError:
            return False
        return True


async def _side_by_side[T](calls: Iterable[Callable[[], T]]) -> list[T]:
    """Make blocking calls in threads; all of them end before the first fault is raised."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(THREADS) as threads:
        running = [loop.run_in_executor(threads, call) for call in calls]
        results = await asyncio.gather(*running, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


def _at(location: str, shards: Iterable[Shard]) -> Iterator[Shard]:
    """Narrow each shard to the monitors that this location checks."""
    for shard in shards:
        if mine := tuple(m for m in shard.monitors if location in m.locations):
            yield Shard(id=shard.id, version=shard.version, monitors=mine)


def _canary(location: str, url: str | None) -> Iterator[Monitor]:
    """Make the call to the endpoint, a check like others whose outcome nobody needs."""
    if url:
        target = HttpTarget(url=f"{url.rstrip('/')}/{CANARY}", method="POST")
        yield Monitor(id=_CANARY, target=target, locations=(location,), need=1, retries=1)


def _suspect(canaries: Sequence[Outcome]) -> str:
    """Say why this location should not be believed, where most of its canaries fail."""
    failed = [outcome for outcome in canaries if outcome.vote is Vote.FAIL]
    if 2 * len(failed) <= len(canaries):
        return ""
    text = f"{len(failed)} of its {len(canaries)} canaries fail: {failed[0].evidence}"
    return printable(text)


def _doubted(outcome: Outcome, why: str) -> Outcome:
    if outcome.vote is not Vote.FAIL:
        return outcome
    return Outcome(vote=Vote.ABSTAIN, reason=Reason.SUSPECT, evidence=why)


def _sightings(
    shard: Shard, known: Mapping[str, Sighting], outcomes: Mapping[str, Outcome], tick: int
) -> Iterator[tuple[str, Sighting]]:
    for monitor in shard.monitors:
        if (outcome := outcomes.get(monitor.id)) is not None:
            yield (
                monitor.id,
                follow(known.get(monitor.id), outcome, tick, fresh_for=monitor.fresh_for),
            )
        elif (before := known.get(monitor.id)) is not None:
            yield monitor.id, before
