"""Judging a shard of which some monitors depend on others in other shards, from what is stored."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.fakes.make import MINUTE, NOON, TICK, monitor, shard, world
from tests.fakes.memory import (
    FixedTime,
    InMemoryAlerts,
    InMemoryHeartbeats,
    InMemoryReports,
    InMemoryStates,
    bench,
)
from tocsin.adapters.calendar import next_time
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.monitor import Monitor
from tocsin.domain.pulse import Beat, Pulse, Signal
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard, layout
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.usecases.assess import assess
from tocsin.usecases.hear import Ear
from tocsin.usecases.ports import SpoiltError, StorageError, Stored, UnreadableError

UP = Standing(verdict=Verdict.UP, since=NOON, well=True)
DOWN = Standing(verdict=Verdict.DOWN, since=NOON, held_down=True, failed=True)
HOURLY = HeartbeatTarget(period=60 * MINUTE, grace=5 * MINUTE)


def child(name: str, parent: str) -> Monitor:
    return replace(monitor(name), depends_on=(parent,))


def job(name: str = "backup") -> Monitor:
    return Monitor(id=name, target=HOURLY, locations=(ENDPOINT,), need=1)


def other(number: int, *monitors: Monitor, version: int = 1) -> Shard:
    return Shard(id=f"s{number}", version=version, monitors=monitors)


@dataclass
class Reports(InMemoryReports):
    """A table that notes which shards it was asked about, and does not answer about some."""

    asked: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        self.asked.add(shard)
        if shard in self.silent:
            raise StorageError("no answer")
        return super().newest(location, shard, until=until)


@dataclass
class States(InMemoryStates):
    """Documents of which some cannot be read."""

    broken: dict[str, type[StorageError]] = field(default_factory=dict)

    def load(self, shard: str) -> Stored:
        if shard in self.broken:
            raise self.broken[shard](shard)
        return super().load(shard)


class Town:
    """Shards with their tables; the first is judged, and its monitor is `api`."""

    def __init__(self, *shards: Shard) -> None:
        self.shards = shards
        self.reports, self.states, self.alerts = Reports(), States(), InMemoryAlerts()
        self.jobs = InMemoryHeartbeats(known={"backup": Pulse(created_at=NOON)})
        self.now = NOON

    def says(self, number: int, name: str, votes: str) -> None:
        for report in world(votes, name=name).values():
            self.reports.add(replace(report, shard=f"s{number}"))

    def remembers(self, number: int, version: int = 1, **standings: Standing) -> None:
        state = ShardState(shard=f"s{number}", config_version=version, standings=standings)
        self.states.save(state, over=0)

    def judge(self, shard: Shard | None = None) -> list[str]:
        """Judge one, and name what was announced so far."""
        ear = Ear(pulses=self.jobs, next_time=next_time)
        at = bench(reports=self.reports, states=self.states, alerts=self.alerts, ear=ear)
        assess(shard or self.shards[0], layout(self.shards), at, FixedTime(self.now))
        return [alert.split("-")[0] for alert, _ in self.alerts.sent]


def town(*, parent: str = "fff", version: int = 1) -> Town:
    """Give a child that fails, and its parent in another shard, which was up a minute ago."""
    here = Town(shard(child("api", "db"), version=version), other(1, monitor("db")))
    here.says(0, "api", "fff")
    here.says(1, "db", parent)
    here.remembers(1, db=UP)
    return here


def test_a_child_that_is_judged_first_has_no_alert_when_it_falls_with_its_parent() -> None:
    here = town()

    assert here.judge() == []
    assert here.judge(here.shards[1]) == ["db"]
    assert here.judge() == ["db"]


def test_a_child_that_falls_alone_pages_at_once() -> None:
    assert town(parent="ppp").judge() == ["api"]


def test_nothing_of_another_shard_is_stored_or_sent() -> None:
    here = town()
    before = here.states.load("s1")

    here.judge()

    assert here.states.load("s1") == before


def test_no_reports_of_other_shards_are_read_while_all_is_well() -> None:
    here = Town(shard(child("api", "db")), other(1, monitor("db")))
    here.says(0, "api", "ppp")

    here.judge()

    assert here.reports.asked == {"s0"}


@pytest.mark.parametrize(
    ("stored", "told"), [(UP, ["api"]), (DOWN, [])], ids=["it was up", "it was down"]
)
def test_a_table_that_does_not_answer_of_another_shard_keeps_nobody_from_being_judged(
    stored: Standing, told: list[str]
) -> None:
    here = Town(shard(child("api", "db")), other(1, monitor("db")))
    here.says(0, "api", "fff")
    here.remembers(1, db=stored)
    here.reports.silent = {"s1"}

    assert here.judge() == told


def test_heartbeats_that_cannot_be_read_of_another_shard_keep_nobody_from_being_judged() -> None:
    class Broken(InMemoryHeartbeats):
        def pulses(self, monitors: object) -> dict[str, Pulse | None]:
            raise StorageError("no answer")

    here = Town(shard(child("api", "backup")), other(1, job()))
    here.says(0, "api", "fff")
    here.jobs = Broken()

    assert here.judge() == ["api"]


def test_a_job_in_another_shard_shelters_from_the_moment_of_its_failure() -> None:
    here = Town(shard(child("api", "backup")), other(1, job()))
    here.says(0, "api", "fff")
    here.remembers(1, backup=UP)
    here.jobs.beat("backup", Beat(signal=Signal.FAIL, at=NOON))
    here.jobs.sing(NOON)

    assert here.judge() == []


@pytest.mark.parametrize(
    "fault", [SpoiltError, UnreadableError], ids=["no version wrote it", "a newer one wrote it"]
)
def test_a_parent_whose_state_cannot_be_read_is_judged_by_its_reports(
    fault: type[StorageError],
) -> None:
    here = town()
    here.states.broken["s1"] = fault

    assert here.judge() == []
    assert "s1" in here.reports.asked


def test_a_state_that_the_table_does_not_give_is_not_taken_for_a_parent_that_is_well() -> None:
    here = town()
    here.states.broken["s1"] = StorageError

    with pytest.raises(StorageError):
        here.judge()
    assert here.alerts.sent == []


def test_a_parent_that_was_judged_under_a_newer_configuration_is_as_that_has_it() -> None:
    here = Town(shard(child("api", "db")), other(1, monitor("db")))
    here.says(0, "api", "fff")
    here.says(1, "db", "fff")
    here.remembers(1, version=2, db=UP)

    assert here.judge() == ["api"]


@pytest.mark.parametrize(
    "between", [pytest.param("ppp", id="well"), pytest.param("fff", id="sheltered itself")]
)
def test_a_chain_over_three_shards_shelters_from_end_to_end(between: str) -> None:
    here = Town(
        shard(child("api", "db")), other(1, child("db", "router")), other(2, monitor("router"))
    )
    for number, name, votes in ((0, "api", "fff"), (1, "db", between), (2, "router", "fff")):
        here.says(number, name, votes)

    for number in (0, 1, 2, 0, 1):
        here.judge(here.shards[number])

    assert here.judge() == ["router"]


def _unanswered(here: Town) -> None:
    here.reports.silent = {"s1"}


@pytest.mark.parametrize(
    "fate", [lambda _: None, _unanswered], ids=["it answers", "its reports cannot be read"]
)
def test_a_parent_that_was_renamed_and_not_judged_since_shelters_by_its_former_name(
    fate: Callable[[Town], None],
) -> None:
    renamed = replace(monitor("db2"), was="db")
    here = Town(shard(child("api", "db2"), version=2), other(1, renamed, version=2))
    here.says(0, "api", "fff")
    here.remembers(1, db=DOWN)
    fate(here)

    assert here.judge() == []


def test_an_older_configuration_renames_nothing_back() -> None:
    here = Town(shard(replace(monitor("db2"), was="db")))
    here.remembers(0, version=2, db=DOWN)
    before = here.states.load("s0")

    here.judge()

    assert here.states.load("s0") == before


def test_a_renamed_job_is_as_late_as_it_was() -> None:
    here = Town(shard(job()))
    here.judge()
    for _ in range(66):
        here.now += MINUTE
        here.jobs.sing(here.now)
    assert here.judge() == ["backup"]

    here.jobs.known["dump"] = here.jobs.known.pop("backup")
    here.judge(shard(replace(job("dump"), was="backup"), version=2))

    assert here.states.load("s0").state.standings["dump"].verdict is Verdict.DOWN
    assert [alert.split("#")[1] for alert, _ in here.alerts.sent] == ["opened"]


def test_a_tick_ahead_of_the_clock_counts_for_another_shard_as_for_its_own() -> None:
    here = town(parent="ppp")
    for report in world("fff", name="db", tick=TICK + 1).values():
        here.reports.add(replace(report, shard="s1"))

    assert here.judge() == []
