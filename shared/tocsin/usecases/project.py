"""Write what people read: how each monitor stands, and what each hour and each day was like.

All of it follows from the state and the reports. What is owed is noted in the state and struck off
by the write of the next judgement, so a crash in between writes the same once more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.incident import Incident
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.rollup import (
    HOUR,
    Rollup,
    Row,
    Status,
    changed,
    due,
    recalled,
    rolled_up,
    status,
)
from tocsin.domain.schedule import instant_of, tick_of
from tocsin.domain.shard import Shard, jobs
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.uptime import DAY, Digest, summed
from tocsin.domain.window import NextStart
from tocsin.usecases.ports import ConflictError, States, StorageError, Time
from tocsin.usecases.replay import Replay, Rules

AT_ONCE = 50
"""Statuses that one wake-up writes of a shard; the others wait for the next."""

WARM_UP = HOUR
"""Ticks before an hour that are judged too, so that it begins where things stood."""


class PastReports(Protocol):
    """What the locations have reported, for those who look back."""

    def between(self, location: str, shard: str, first: int, last: int) -> Iterator[Report]:
        """Give a location's reports on a shard of these ticks, in their order."""
        ...


class PastIncidents(Protocol):
    """The incidents that are over."""

    def of_month(self, at: datetime) -> Iterator[Incident]:
        """Give the incidents that were opened in a month, the oldest first."""
        ...


class Projections(Protocol):
    """Where what people read is kept."""

    def show(self, status: Status, shard: str, revision: int) -> None:
        """Keep how a monitor stands, unless that is known from a later revision of its shard."""
        ...

    def forget(self, monitor: str, shard: str, at: datetime) -> None:
        """Let go of a monitor that a shard no longer has."""
        ...

    def keep(self, rollup: Rollup) -> None:
        """Keep what an hour was like, in place of what was known of it."""
        ...

    def keep_day(self, day: Digest) -> None:
        """Keep what a day was like, in place of what was known of it."""
        ...

    def hours(self, shard: str, first: int, last: int) -> Iterator[Digest]:
        """Give in brief what these hours of a shard were like, in their order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Projector:
    """What it takes to write them; without a `history` nothing is known of the hours of jobs."""

    reports: PastReports
    projections: Projections
    next_start: NextStart
    history: PastIncidents | None = None

    def settle(self, shard: Shard, state: ShardState, states: States, time: Time) -> bool:
        """Write what is owed; tell whether that could be done.

        `state` is the shard's newest, as far as the caller knows: where nothing is owed in it,
        nothing is read or written. Who loses a race leaves the striking off to the next wake-up.
        """
        hour = due(shard.id, state.rolled, tick_of(time.now()))
        if not (state.unprojected or hour is not None) or not time.enough():
            return True
        try:
            self._settle(shard, hour, states, time.now())
        except ConflictError:
            return True
        except StorageError:
            return False
        return True

    def _settle(self, shard: Shard, hour: int | None, states: States, now: datetime) -> None:
        stored = states.load(shard.id)
        state = stored.state
        told = state.unprojected[:AT_ONCE]
        for name in told:
            self.tell(state, name, stored.revision, now)
        after = replace(state, unprojected=state.unprojected[AT_ONCE:])
        if hour is not None and state.rolled < hour:
            rollup = self.rollup(shard, hour, state)
            if rollup.monitors:
                self.projections.keep(rollup)
                self.sum_up(shard.id, hour // DAY)
            # Where nothing was ever projected, all of it is owed.
            everything = (name for name in state.standings if name not in told)
            rest = after.unprojected if state.rolled else tuple(everything)
            after = replace(after, rolled=hour, unprojected=rest)
        if after != state:
            states.save(after, over=stored.revision)

    def rollup(self, shard: Shard, hour: int, state: ShardState) -> Rollup:
        """Judge an hour again from its reports, and roll it up; nothing is known without any.

        What jobs report is not kept: their incidents say what it was like.
        """
        first, last = hour * HOUR, hour * HOUR + HOUR - 1
        places = sorted({name for m in shard.monitors for name in m.locations} - {ENDPOINT})
        reports = sorted(
            (
                each
                for place in places
                for each in self.reports.between(place, shard.id, first - WARM_UP, last)
            ),
            key=lambda report: report.tick,
        )
        replay = Replay(Rules.of([shard]), self.next_start)
        course = ((tick, states.get(shard.id)) for tick, states in replay.course(reports, last))
        known = (
            (tick, _paused(judged.standings, state, tick)) for tick, judged in course if judged
        )
        rollup = rolled_up(shard.id, hour, known, reports)
        rows = {**rollup.monitors, **self._jobs(shard, hour, state)}
        return replace(rollup, monitors=dict(sorted(rows.items())))

    def _jobs(self, shard: Shard, hour: int, state: ShardState) -> dict[str, Row]:
        since = {
            name: state.schedules[name].since for name, _ in jobs(shard) if name in state.schedules
        }
        if self.history is None or not since:
            return {}
        begin = instant_of(hour * HOUR)
        months = [begin, begin.replace(day=1) - timedelta(days=1), begin + timedelta(hours=1)]
        over = {
            incident.id: incident
            for month in {(at.year, at.month): at for at in months}.values()
            for incident in self.history.of_month(month)
        }
        over |= {incident.id: incident for incident in (*state.closed, *state.incidents)}
        return recalled(hour, since, state, over.values())

    def sum_up(self, shard: str, day: int) -> None:
        """Write what a day was like so far, from the hours that are kept of it."""
        hours = self.projections.hours(shard, day * DAY, day * DAY + DAY - 1)
        self.projections.keep_day(summed(shard, day, hours))

    def tell(self, state: ShardState, name: str, revision: int, now: datetime) -> None:
        """Write how one monitor stands."""
        found = status(state, name)
        if found is None:
            self.projections.forget(name, state.shard, now)
        else:
            self.projections.show(found, state.shard, revision)


def owing(before: ShardState, after: ShardState) -> tuple[str, ...]:
    """Name the monitors whose status is to be written: those that were, and those of now."""
    return tuple(dict.fromkeys((*after.unprojected, *changed(before, after))))


def _paused(
    standings: Mapping[str, Standing], state: ShardState, tick: int
) -> Mapping[str, Standing]:
    """Put in who is paused since then; a pause that is over is not known any more."""
    now = instant_of(tick)
    paused = {name: said for name, said in state.paused.items() if said.at <= now}
    return {
        name: Standing(verdict=Verdict.PAUSED, since=now) if name in paused else each
        for name, each in standings.items()
    }
