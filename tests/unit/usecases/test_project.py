"""What people read is written when it has changed, once an hour, and never lost to a crash."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.make import FAIL, MINUTE, PASS, THREE, TICK, monitor, report, shard, sighting
from tests.fakes.memory import FixedTime, InMemoryReports, InMemoryStates, bench
from tests.fakes.projections import InMemoryProjections
from tocsin.domain.control import Said
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget, Schedule
from tocsin.domain.incident import Incident, Kind, Subject
from tocsin.domain.monitor import Monitor
from tocsin.domain.orders import paused
from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import FIRST_MINUTE, HOUR, Status
from tocsin.domain.schedule import instant_of, phase
from tocsin.domain.shard import Shard, layout
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.uptime import DAY
from tocsin.usecases.assess import Assessment, assess
from tocsin.usecases.ports import ConflictError
from tocsin.usecases.project import AT_ONCE, Projector

BEGIN = TICK // HOUR * HOUR
TODAY = BEGIN // HOUR // DAY
TURN = FIRST_MINUTE + phase("s0", 25)


class CrashError(Exception):
    """The process has died."""


@dataclass
class House:
    """A shard that is judged every minute, with what people read of it."""

    shard: Shard = field(default_factory=lambda: shard(monitor("db"), monitor("web")))
    reports: InMemoryReports = field(default_factory=InMemoryReports)
    states: InMemoryStates = field(default_factory=InMemoryStates)
    kept: InMemoryProjections = field(default_factory=InMemoryProjections)
    tick: int = BEGIN - 1

    def live(self, minutes: int, *down: str) -> Assessment:
        for _ in range(minutes):
            self.tick += 1
            names = [each.id for each in self.shard.monitors]
            for place in THREE:
                outcomes = {name: FAIL if name in down else PASS for name in names}
                seen = {name: sighting(each, at=self.tick) for name, each in outcomes.items()}
                self.reports.add(replace(report(place, tick=self.tick), sightings=seen))
            found = self.wake()
        return found

    def wake(self) -> Assessment:
        at = bench(reports=self.reports, states=self.states)
        at = replace(at, projector=self.projector())
        time = FixedTime(instant_of(self.tick) + timedelta(seconds=30))
        return assess(self.shard, layout([self.shard]), at, time)

    def projector(self) -> Projector:
        return Projector(
            reports=self.reports,
            projections=self.kept,
            next_start=lambda _cron, _timezone, _after: None,
        )

    @property
    def state(self) -> ShardState:
        return self.states.load("s0").state

    def status(self, name: str = "db") -> Status:
        found = self.kept.status(name)
        assert found is not None
        return found


def settled() -> House:
    """Live for longer than an hour, and past the turn of its rollup."""
    house = House()
    house.live(HOUR + TURN + 2)
    return house


def test_a_status_is_written_in_the_wake_up_in_which_it_changed() -> None:
    house = House()
    house.live(3)
    assert house.status().verdict is Verdict.UP

    house.live(1, "db")
    assert house.status().verdict is Verdict.DOWN
    assert house.status().incident == house.state.incidents[0].id
    assert house.status("web").verdict is Verdict.UP

    house.live(1)
    assert (house.status().verdict, house.status().incident) == (Verdict.UP, None)


def test_a_wake_up_that_changes_nothing_writes_nothing_and_reads_no_more() -> None:
    house = settled()
    before = house.states.writes, house.kept.writes

    assert not house.live(5).changed

    assert (house.states.writes, house.kept.writes) == before


def test_a_day_is_summed_up_anew_with_each_of_its_hours() -> None:
    house = House()
    house.live(50)
    house.live(10, "db")
    house.live(TURN + 1)
    (day,) = house.kept.dated.values()
    assert (day.number, day.seconds["db"]) == (TODAY, {Verdict.UP: 3000, Verdict.DOWN: 600})

    house.live(HOUR)
    (day,) = house.kept.dated.values()
    assert day.seconds["db"] == {Verdict.UP: 6600, Verdict.DOWN: 600}
    assert day.ms == {"db": 1.5, "web": 1.5}


def test_an_hour_is_rolled_up_once_whatever_is_doubled() -> None:
    house = House()
    house.live(40)
    house.live(10, "db")
    house.live(10 + TURN)
    assert house.kept.rolled == {}

    house.live(1)
    writes = house.kept.writes
    (rollup,) = house.kept.rolled.values()
    house.wake()
    house.wake()

    assert house.kept.writes == writes
    assert rollup.hour == BEGIN // HOUR
    assert rollup.monitors["db"].seconds == {Verdict.UP: 3000, Verdict.DOWN: 600}
    assert rollup.monitors["db"].locations["lima"].failures == 10
    assert rollup.monitors["web"].seconds == {Verdict.UP: 3600}


def test_an_hour_begins_where_things_stood_at_the_end_of_the_one_before() -> None:
    house = House(shard=shard(monitor("db", recover_for=10 * MINUTE)), tick=BEGIN - 11)
    house.live(10, "db")
    house.live(HOUR + TURN + 1)

    rollup = house.kept.rolled["s0", BEGIN // HOUR]

    assert rollup.monitors["db"].seconds == {Verdict.DOWN: 600, Verdict.UP: 3000}


def test_an_hour_is_what_a_rebuild_of_it_gives() -> None:
    house = House()
    house.live(20)
    house.live(15, "web")
    house.live(HOUR)

    (rollup,) = house.kept.rolled.values()

    assert house.projector().rollup(house.shard, rollup.hour, house.state) == rollup


@pytest.mark.parametrize("after", range(4))
def test_a_death_between_two_writes_loses_no_status(after: int) -> None:
    house = settled()
    count = iter(range(99))

    def crash(_: ShardState) -> None:
        if next(count) >= after:
            raise CrashError

    house.states.before_save = crash
    for _ in range(3):
        try:
            house.live(1, "db")
        except CrashError:
            continue
    house.states.before_save = None
    house.live(1, "db")

    assert house.status().verdict is Verdict.DOWN
    assert house.status().incident == house.state.incidents[0].id
    assert house.state.unprojected == ()


def test_a_table_that_refuses_what_people_read_holds_up_no_alert_and_is_tried_again() -> None:
    house = settled()
    house.kept.broken = True

    found = house.live(1, "db")
    assert (found.sending.sent, found.projected) == (1, False)
    assert house.state.unprojected == ("db",)

    house.kept.broken = False
    assert house.live(1, "db").projected
    assert house.status().verdict is Verdict.DOWN


def test_who_loses_a_race_leaves_the_striking_off_to_the_next_wake_up() -> None:
    house = settled()
    saves = iter(range(99))

    def another(_: ShardState) -> None:
        # What is judged and what is sent go through; another writer comes before what is shown.
        if next(saves) == 2:
            raise ConflictError("another was first")

    house.states.before_save = another
    assert house.live(1, "db").projected
    house.states.before_save = None
    writes = house.kept.writes
    house.live(1, "db")

    assert house.status().verdict is Verdict.DOWN
    assert house.kept.writes > writes
    assert house.state.unprojected == ()


def test_many_changes_are_written_in_turns() -> None:
    house = House(shard=shard(*(monitor(f"m{n}") for n in range(AT_ONCE + 10))))
    house.states.save(ShardState(shard="s0", rolled=BEGIN // HOUR), over=0)
    house.live(1)
    assert len(house.kept.statuses) == AT_ONCE
    assert len(house.state.unprojected) == 10

    house.live(1)
    assert len(house.kept.statuses) == AT_ONCE + 10
    assert house.state.unprojected == ()


def test_a_monitor_that_is_deleted_is_forgotten() -> None:
    house = settled()
    house.shard = shard(monitor("db"), version=2)

    house.live(1)

    assert house.kept.status("web") is None
    assert house.status("db").verdict is Verdict.UP


def test_where_nothing_was_ever_projected_all_of_it_is_owed_with_the_first_hour() -> None:
    house = settled()
    house.kept.statuses.clear()
    stored = house.states.load("s0")
    house.states.save(replace(stored.state, rolled=0), over=stored.revision)

    house.live(2)

    assert house.kept.statuses.keys() == {"db", "web"}


def test_who_is_paused_is_paused_in_the_hour_too() -> None:
    house = House()
    house.live(30)
    stored = house.states.load("s0")
    said = Said(by="ada", at=instant_of(house.tick) + MINUTE)
    house.states.save(paused(stored.state, ["db"], said), over=stored.revision)
    house.live(30 + TURN + 1)

    (rollup,) = house.kept.rolled.values()

    assert rollup.monitors["db"].seconds == {Verdict.UP: 1800, Verdict.PAUSED: 1800}


# Jobs, of which no report is kept

JOB = Monitor(
    id="backup",
    target=HeartbeatTarget(period=timedelta(hours=1)),
    locations=(ENDPOINT,),
    need=1,
)
HOUR_OF = BEGIN // HOUR


@dataclass
class Shelf:
    """A history; it notes which months were read."""

    incidents: tuple[Incident, ...] = ()
    months: list[str] = field(default_factory=list)

    def of_month(self, at: datetime) -> Iterator[Incident]:
        self.months.append(f"{at:%Y-%m}")
        yield from (each for each in self.incidents if each.opened_at.month == at.month)


def at(minute: int) -> datetime:
    return instant_of(BEGIN + minute)


def outage(begin: int, end: int | None, kind: Kind = Kind.DOWN, about: str = "backup") -> Incident:
    return Incident(
        id=f"{about}-{begin}",
        kind=kind,
        opened_at=at(begin),
        routes=(),
        subjects=(Subject(monitor=about, target="", need=1, ballots=()),),
        ended_at=None if end is None else at(end),
    )


def endured(
    *over: Incident, standing: Standing | None = None, since: int = -600, **more: Any
) -> Mapping[Verdict, int]:
    """Roll up the hour of a job that has had its schedule since a minute of it."""
    state = ShardState(
        shard="s0",
        standings={} if standing is None else {"backup": standing},
        schedules={"backup": Schedule(text="every 1 h", since=at(since))},
        **more,
    )
    house = House(shard=shard(JOB))
    projector = replace(house.projector(), history=Shelf(over))
    rollup = projector.rollup(house.shard, HOUR_OF, state)
    return rollup.monitors["backup"].seconds if rollup.monitors else {}


UP_SINCE_LONG = Standing(verdict=Verdict.UP, since=at(-99))


def test_a_job_without_an_incident_was_up() -> None:
    assert endured(standing=UP_SINCE_LONG) == {Verdict.UP: 3600}


def test_the_incidents_of_a_job_are_what_its_hour_was_like() -> None:
    now_up = Standing(verdict=Verdict.UP, since=at(70))

    assert endured(outage(10, 25), standing=now_up) == {Verdict.DOWN: 900, Verdict.UP: 2700}
    assert endured(outage(-90, 5), standing=now_up) == {Verdict.DOWN: 300, Verdict.UP: 3300}
    assert endured(outage(50, 70, Kind.UNKNOWN), standing=now_up) == {
        Verdict.UNKNOWN: 600,
        Verdict.UP: 3000,
    }
    assert endured(outage(10, 25, about="db"), standing=now_up) == {Verdict.UP: 3600}


def test_from_its_last_change_on_the_standing_says_it_though_no_incident_is_open() -> None:
    sheltered = Standing(verdict=Verdict.DOWN, since=at(40))

    assert endured(standing=sheltered) == {Verdict.DOWN: 1200, Verdict.UP: 2400}


def test_an_open_incident_and_one_not_yet_filed_count_and_the_same_one_once() -> None:
    down = Standing(verdict=Verdict.DOWN, since=at(61))
    filed = outage(10, 20)

    seconds = endured(
        filed, standing=down, incidents=(outage(50, None),), closed=(filed, outage(30, 35))
    )

    assert seconds == {Verdict.DOWN: 600 + 300 + 600, Verdict.UP: 2100}


def test_nothing_is_known_of_a_job_before_its_schedule_or_while_it_is_paused() -> None:
    assert endured(standing=UP_SINCE_LONG, since=45) == {Verdict.UP: 900}
    assert endured(standing=UP_SINCE_LONG, since=60) == {}
    assert endured(standing=UP_SINCE_LONG, paused={"backup": Said(by="ann", at=at(30))}) == {
        Verdict.PAUSED: 1800,
        Verdict.UP: 1800,
    }


def test_incidents_are_looked_for_in_this_month_and_the_last() -> None:
    house, shelf = House(shard=shard(JOB)), Shelf()
    state = ShardState(shard="s0", schedules={"backup": Schedule(text="every 1 h", since=at(-600))})

    replace(house.projector(), history=shelf).rollup(house.shard, HOUR_OF, state)

    assert shelf.months == ["2026-01", "2025-12"]


def test_without_a_history_nothing_is_made_up() -> None:
    house = House(shard=shard(JOB))
    state = ShardState(shard="s0", schedules={"backup": Schedule(text="every 1 h", since=at(-600))})

    assert house.projector().rollup(house.shard, HOUR_OF, state).monitors == {}
