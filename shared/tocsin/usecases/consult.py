"""Read what is stored of a shard, be it the one that is judged or another one above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.judgement import judge
from tocsin.domain.renaming import renamed
from tocsin.domain.report import Report
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard, jobs
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.usecases.hear import Ear
from tocsin.usecases.ports import Reports, States, StorageError, UnreadableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """The other shards at a moment: nothing of them is changed."""

    reports: Reports
    ear: Ear
    states: States
    now: datetime

    def known(self, other: Shard) -> Mapping[str, Standing]:
        """Give how the monitors of a shard stood when it was judged last."""
        return self._remembered(other).standings

    def anew(self, other: Shard) -> Mapping[str, Standing]:
        """Give how they stand now.

        Where a table does not answer nothing is found, and the last judgement holds: that keeps
        nobody from being judged.
        """
        try:
            state = self._remembered(other)
            newest, _ = newest_of(other, self.reports, until=tick_of(self.now) + 1)
            if any(jobs(other)):
                newest[ENDPOINT] = self.ear.report(other, state.schedules, self.now)
        except StorageError:
            return {}
        return judge(other, newest, state, self.now).standings

    def _remembered(self, other: Shard) -> ShardState:
        """Read a state; one that cannot be read is as one that never was."""
        try:
            state = self.states.load(other.id).state
        except UnreadableError:
            return ShardState(shard=other.id)
        return renamed(other, state)


def newest_of(
    shard: Shard, reports: Reports, *, until: int
) -> tuple[dict[str, Report], tuple[str, ...]]:
    """Read the newest report of each location; name those that sent what cannot be read."""
    found: dict[str, Report] = {}
    unreadable: list[str] = []
    for location in sorted({name for m in shard.monitors for name in m.locations} - {ENDPOINT}):
        try:
            report = reports.newest(location, shard.id, until=until)
        except UnreadableError:
            unreadable.append(location)
        else:
            if report is not None:
                found[location] = report
    return found, tuple(unreadable)
