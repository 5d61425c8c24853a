"""Judging what is stored, and sending what is owed, through every crash and race."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from tests.fakes import make
from tests.fakes.make import FAIL, MINUTE, NOON, PASS, THREE, TICK, monitor, shard, world
from tests.fakes.memory import (
    FixedTime,
    InMemoryAlerts,
    InMemoryHistory,
    InMemoryReports,
    InMemoryStates,
    bench,
)
from tocsin.domain.incident import Alert, Incident
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import CLAIM, claim
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard, layout
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.window import Window
from tocsin.usecases.announce import BATCH
from tocsin.usecases.assess import Assessment, assess
from tocsin.usecases.ports import ConflictError, StorageError, UnreadableError

BOTH = (Route.PAGE, Route.NOTICE)
WATCHED = shard(monitor("db", routes=BOTH))
STORY = ["opened", "resolved"]


class World:
    """The tables and topics around one shard, and a clock that stands until it is moved."""

    def __init__(self, watched: Shard = WATCHED) -> None:
        self.watched = watched
        self.among = layout([watched])
        self.reports = InMemoryReports()
        self.states = InMemoryStates()
        self.alerts = InMemoryAlerts()
        self.history = InMemoryHistory()
        self.now = NOON
        self.enough: Callable[[], bool] = lambda: True

    def says(self, votes: str, tick: int = TICK) -> None:
        for report in world(votes, tick=tick).values():
            self.reports.add(report)

    def wake(self) -> Assessment:
        at = bench(
            reports=self.reports, states=self.states, alerts=self.alerts, history=self.history
        )
        return assess(self.watched, self.among, at, FixedTime(self.now, self.enough))

    @property
    def state(self) -> ShardState:
        return self.states.load("s0").state


def test_an_outage_is_announced_on_each_route_once_however_often_the_bell_rings() -> None:
    here = World()
    here.says("fff")

    for _ in range(3):
        here.wake()

    incident = here.state.incidents[0].id
    assert here.alerts.sent == [(f"{incident}#opened", route) for route in BOTH]
    assert here.state.outbox == ()


def test_a_wake_up_that_changes_nothing_writes_nothing() -> None:
    here = World()
    here.says("ppp")
    here.wake()
    writes, reads = here.states.writes, here.reports.reads

    done = here.wake()

    assert not done.changed
    assert here.states.writes == writes
    assert here.reports.reads == reads + 3


def test_an_alert_that_one_route_refuses_is_kept_for_that_route_alone() -> None:
    here = World()
    here.says("fff")
    here.alerts.broken = {Route.PAGE}

    done = here.wake()
    here.alerts.broken = set()
    again = here.wake()

    assert (done.sending.sent, done.sending.unsent) == (1, 1)
    assert "out of order" in done.sending.problems[0]
    assert again.sending.sent == 1
    assert [route for _, route in here.alerts.sent] == [Route.NOTICE, Route.PAGE]


def test_what_a_crash_left_unsent_is_sent_by_a_later_wake_up_under_the_same_id() -> None:
    here = World()
    here.says("fff")
    judged = judge(WATCHED, world("fff"), ShardState(shard="s0"), NOON)
    here.states.save(replace(judged, outbox=claim(judged.outbox, NOON)), over=0)

    here.wake()
    at_once = list(here.alerts.sent)
    here.now = NOON + CLAIM
    here.wake()

    assert at_once == []
    assert sorted(here.alerts.sent) == [
        (judged.outbox[0].alert.id, route) for route in (Route.NOTICE, Route.PAGE)
    ]


def test_two_aggregators_at_once_send_one_set_of_alerts() -> None:
    here = World()
    here.says("fff")
    others: list[Assessment] = []

    def meanwhile(_: ShardState) -> None:
        here.states.before_save = None
        others.append(here.wake())

    here.states.before_save = meanwhile
    mine = here.wake()

    assert others[0].sending.sent == 2
    assert mine.sending.sent == 0
    assert len(here.alerts.sent) == 2
    assert here.state.outbox == ()


def test_a_race_lost_for_ever_is_given_back_to_the_caller() -> None:
    here = World()
    here.says("fff")

    def always_first(state: ShardState) -> None:
        stored = here.states.items.get("s0")
        revision = stored.revision + 1 if stored else 1
        here.states.items["s0"] = replace(
            here.states.load("s0"), state=ShardState(shard=state.shard), revision=revision
        )

    here.states.before_save = always_first

    with pytest.raises(ConflictError, match="lost 5 races"):
        here.wake()
    assert here.alerts.sent == []


def test_striking_off_keeps_what_another_wake_up_has_added() -> None:
    here = World()
    here.says("fff")
    here.wake()
    here.says("ppp", TICK + 1)
    here.now = NOON + MINUTE
    here.wake()

    assert [alert.rpartition("#")[2] for alert, _ in here.alerts.sent] == [
        "opened",
        "opened",
        "resolved",
        "resolved",
    ]
    assert here.state.incidents == ()
    assert here.state.outbox == ()


def many(count: int) -> World:
    watched = shard(*(monitor(f"m{n}") for n in range(count)))
    here = World(watched)
    for location, report in world("fff").items():
        sightings = {m.id: report.sightings["db"] for m in watched.monitors}
        here.reports.add(replace(report, location=location, sightings=sightings))
    return here


def test_a_storm_too_large_for_one_wake_up_goes_on_in_the_next_and_loses_nothing() -> None:
    here = many(3 * BATCH)
    here.enough = lambda: len(here.alerts.sent) < BATCH + 3

    first = here.wake()
    here.enough = lambda: True
    second = here.wake()

    assert (first.sending.sent, first.sending.unsent) == (BATCH + 3, 2 * BATCH - 3)
    assert second.sending.sent == 2 * BATCH - 3
    assert len(set(here.alerts.sent)) == len(here.alerts.sent) == 3 * BATCH


def events(here: World) -> list[str]:
    return [alert.rpartition("#")[2] for alert, _ in here.alerts.sent]


def test_an_end_is_never_sent_before_its_beginning() -> None:
    here = World(shard(monitor("db")))
    here.says("fff")
    here.alerts.broken = {Route.PAGE}
    here.wake()
    here.says("ppp", TICK + 1)
    here.now = NOON + MINUTE
    here.wake()
    here.alerts.broken = set()
    here.wake()

    assert events(here) == ["opened", "resolved"]


def test_ten_minutes_in_which_a_topic_takes_nothing_lose_and_double_nothing() -> None:
    here = World(shard(monitor("db"), monitor("web")))
    here.alerts.broken = {Route.PAGE}
    # One falls and comes back within the outage, the other falls and stays down.
    course = [(FAIL, PASS), (PASS, PASS), *[(PASS, FAIL)] * 8]
    for minute, (db, web) in enumerate(course):
        here.now = NOON + minute * MINUTE
        for location in THREE:
            here.reports.add(make.report(location, tick=TICK + minute, db=db, web=web))
        for _ in range(4):  # the bell of each location, and the minute's own
            here.wake()
    untold = list(here.alerts.sent)
    here.alerts.broken = set()
    here.wake()
    here.wake()

    assert untold == []
    told = [alert for alert, _ in here.alerts.sent]
    assert [each.rpartition("#")[2] for each in told if each.startswith("db-")] == STORY
    assert [each.rpartition("#")[2] for each in told if each.startswith("web-")] == STORY[:1]
    assert here.state.outbox == ()


def test_a_beginning_that_died_with_its_sender_is_still_sent_before_the_end() -> None:
    here = World(shard(monitor("db")))
    here.says("fff")
    judged = judge(here.watched, world("fff"), ShardState(shard="s0"), NOON)
    here.states.save(replace(judged, outbox=claim(judged.outbox, NOON)), over=0)
    here.says("ppp", TICK + 1)
    here.now = NOON + MINUTE
    here.wake()
    at_first = events(here)
    here.now = NOON + CLAIM
    here.wake()

    assert at_first == []
    assert events(here) == ["opened", "resolved"]


def test_an_older_look_cannot_overrule_a_newer_decision() -> None:
    here = World(shard(monitor("db")))
    here.says("fff")
    here.wake()

    class Slow(InMemoryReports):
        """A reader whose look at the table is overtaken by another wake-up."""

        def newest(self, location: str, shard: str, *, until: int) -> Report | None:
            found = super().newest(location, shard, until=until)
            if location == "november" and here.reports is self:
                here.reports = InMemoryReports(self.items)
                here.says("ppp", TICK + 1)
                here.wake()
            return found

    here.now = NOON + MINUTE
    here.reports = Slow(here.reports.items)
    here.wake()

    assert events(here) == ["opened", "resolved"]
    assert here.state.incidents == ()


class Faulty(InMemoryAlerts):
    """Topics whose way to them breaks down over one alert."""

    def publish(self, alert: Alert, route: Route, *, plain: bool = False) -> str:
        if alert.subjects[0].monitor == "m1":
            raise KeyError("a fault of ours")
        return super().publish(alert, route, plain=plain)


def test_an_alert_over_which_we_break_down_stops_no_other_and_repeats_none() -> None:
    here = many(3)
    here.alerts = Faulty()

    problems = [here.wake().sending.problems for _ in range(3)]

    assert len(here.alerts.sent) == 2
    assert all("a fault of ours" in problem[0] for problem in problems)


def test_what_is_refused_for_ever_keeps_nothing_else_back() -> None:
    here = many(2 * BATCH)
    here.alerts = Faulty()
    here.enough = lambda: len(here.alerts.sent) < BATCH
    here.wake()
    here.enough = lambda: len(here.alerts.sent) < 2 * BATCH - 1
    here.wake()

    assert len(here.alerts.sent) == 2 * BATCH - 1


class Spoilt(InMemoryReports):
    """A table in which one location's report is not what it should be."""

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        if location == "lima":
            raise UnreadableError("not a report")
        return super().newest(location, shard, until=until)


def test_a_report_that_cannot_be_read_is_a_silent_location() -> None:
    here = World()
    here.reports = Spoilt()
    here.says("pff")

    done = here.wake()

    assert done.unreadable == ("lima",)
    assert here.state.standings["db"].silent == ("lima",)
    assert len(here.alerts.sent) == 2


def test_a_location_whose_reports_cannot_be_read_is_said_to_send_them() -> None:
    here = World()
    here.reports = Spoilt()
    for minute in range(4):
        here.says("-pp", TICK + minute)
        here.now = NOON + minute * MINUTE
        here.wake()

    (incident,) = here.state.incidents
    (trouble,) = incident.troubles
    assert (trouble.location, trouble.text) == ("lima", "sends reports that cannot be read")
    assert trouble.since == NOON


def test_an_older_configuration_than_that_of_the_state_is_told_and_decides_nothing() -> None:
    here = World()
    here.says("fff")
    here.states.save(ShardState(shard="s0", config_version=57), over=0)

    done = here.wake()

    assert (done.outdated, done.changed, here.alerts.sent) == (56, False, [])
    here.watched = replace(WATCHED, version=58)
    here.among = layout([here.watched])
    assert here.wake().outdated == 0
    assert len(here.alerts.sent) == 2


def test_the_clock_is_read_after_the_reports_so_that_no_vote_is_from_the_future() -> None:
    order: list[str] = []

    class Watching(InMemoryReports):
        def newest(self, location: str, shard: str, *, until: int) -> Report | None:
            order.append("read")
            return super().newest(location, shard, until=until)

    class Clock(FixedTime):
        def now(self) -> datetime:
            order.append("clock")
            return super().now()

    assess(WATCHED, layout([WATCHED]), bench(reports=Watching()), Clock(NOON))

    assert order == ["clock"] + ["read"] * 3 + ["clock"]


def test_an_incident_that_is_over_is_filed_once_all_was_sent_with_what_was_sent() -> None:
    here = World()
    here.says("fff")
    here.wake()
    here.says("ppp", TICK + 1)
    here.now = NOON + MINUTE
    here.wake()
    assert here.history.items == {}

    here.wake()

    (incident,) = here.history.items.values()
    assert incident.ended_at == NOON + MINUTE
    assert [(d.alert.rpartition("#")[2], d.route) for d in incident.deliveries] == [
        (event, route) for event in ("opened", "resolved") for route in BOTH
    ]
    assert [d.message for d in incident.deliveries] == [f"message-{n}" for n in range(1, 5)]
    assert here.state.closed == ()
    assert not here.wake().changed


def test_an_incident_of_which_something_is_owed_is_not_filed() -> None:
    here = World()
    here.says("fff")
    here.wake()
    here.alerts.broken = {Route.PAGE}
    here.says("ppp", TICK + 1)
    here.now = NOON + MINUTE

    for _ in range(3):
        here.wake()

    assert here.history.items == {}
    assert len(here.state.closed) == 1


def test_a_history_that_cannot_be_written_loses_no_incident_and_holds_up_nothing() -> None:
    class Broken(InMemoryHistory):
        def record(self, incident: Incident) -> None:
            raise StorageError("not now")

    here = World()
    here.says("fff")
    here.wake()
    here.says("ppp", TICK + 1)
    here.now = NOON + MINUTE
    here.wake()
    whole, here.history = here.history, Broken()
    here.says("fff", TICK + 2)
    here.now = NOON + 2 * MINUTE
    here.wake()
    assert events(here)[-1] == "opened"
    assert len(here.state.closed) == 1

    here.history = whole
    here.wake()

    assert len(here.history.items) == 1
    assert not here.state.closed


def test_a_parent_in_another_shard_shelters() -> None:
    here = World(shard(replace(monitor("api", routes=BOTH), depends_on=("db",))))
    home = Shard(id="s1", version=1, monitors=(monitor("db"),))
    fallen = Standing(verdict=Verdict.DOWN, since=NOON, held_down=True)
    here.states.save(ShardState(shard="s1", standings={"db": fallen}), over=0)
    here.among = layout([here.watched, home])
    for report in world("fff", name="api").values():
        here.reports.add(report)

    here.wake()

    assert here.state.standings["api"].verdict is Verdict.DOWN
    assert here.alerts.sent == []


def test_a_window_holds_what_it_is_about() -> None:
    window = Window(begin=NOON, length=MINUTE, monitors=("db",))
    here = World(replace(shard(monitor("db")), windows=(window,)))
    here.says("fff")
    here.wake()
    assert here.alerts.sent == []

    here.now = NOON + MINUTE
    here.wake()

    assert events(here) == ["opened"]
