"""What people read is written when it has changed, once an hour, and never lost to a crash."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.fakes.make import FAIL, MINUTE, PASS, THREE, TICK, monitor, report, shard, sighting
from tests.fakes.memory import FixedTime, InMemoryReports, InMemoryStates, bench
from tests.fakes.projections import InMemoryProjections
from tocsin.domain.control import Said
from tocsin.domain.orders import paused
from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import FIRST_MINUTE, HOUR, Status
from tocsin.domain.schedule import instant_of, phase
from tocsin.domain.shard import Shard, layout
from tocsin.domain.state import ShardState
from tocsin.usecases.assess import Assessment, assess
from tocsin.usecases.ports import ConflictError
from tocsin.usecases.project import AT_ONCE, Projector

BEGIN = TICK // HOUR * HOUR
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


def test_an_hour_is_rolled_up_once_whatever_is_doubled() -> None:
    house = House()
    house.live(40)
    house.live(10, "db")
    house.live(10 + TURN)
    assert house.kept.hours == {}

    house.live(1)
    writes = house.kept.writes
    (rollup,) = house.kept.hours.values()
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

    rollup = house.kept.hours["s0", BEGIN // HOUR]

    assert rollup.monitors["db"].seconds == {Verdict.DOWN: 600, Verdict.UP: 3000}


def test_an_hour_is_what_a_rebuild_of_it_gives() -> None:
    house = House()
    house.live(20)
    house.live(15, "web")
    house.live(HOUR)

    (rollup,) = house.kept.hours.values()

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

    (rollup,) = house.kept.hours.values()

    assert rollup.monitors["db"].seconds == {Verdict.UP: 1800, Verdict.PAUSED: 1800}
