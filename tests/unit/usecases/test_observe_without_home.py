"""Ticks of a probe while the home takes no reports: it goes on looking, and shows what it sees."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from tests.fakes.make import FAIL, MINUTE, PASS, TICK, monitor, report, shard
from tests.fakes.memory import InMemoryConfigs, InMemoryReports, InMemorySecrets, ScriptedChecker
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome
from tocsin.domain.outlook import View
from tocsin.domain.report import Report
from tocsin.domain.schedule import due
from tocsin.usecases.observe import SHOWING_SECONDS, Prober
from tocsin.usecases.ports import StorageError

HOURLY = monitor("hourly", interval=60 * MINUTE)
ITS_MINUTE = next(tick for tick in range(TICK, TICK + 60) if due(HOURLY, tick))


@dataclass
class Home(InMemoryReports):
    """A table that may be out of reach."""

    out: bool = False

    def add(self, report: Report) -> bool:
        if self.out:
            raise StorageError("table reports: out")
        return super().add(report)

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        if self.out:
            self.reads += 1
            raise StorageError("table reports: out")
        return super().newest(location, shard, until=until)


@dataclass
class Glass:
    """The showcase of this region's stand-by; it may be out too."""

    shown: list[View] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    out: bool = False

    def show(self, view: View) -> None:
        if self.out:
            raise StorageError("table standby: out")
        self.shown.append(view)

    def leave_out(self, shards: Sequence[str]) -> None:
        self.left_out += shards


def prober(home: Home, *monitors: Monitor, glass: Glass | None = None) -> Prober:
    return Prober(
        location="lima",
        configs=InMemoryConfigs((shard(*monitors),)),
        reports=home,
        checker=ScriptedChecker({each.id: PASS for each in monitors}),
        secrets=InMemorySecrets({}),
        showcase=glass,
    )


def let(who: Prober, **outcomes: Outcome) -> None:
    assert isinstance(who.checker, ScriptedChecker)
    who.checker.outcomes.update(outcomes)


async def lost(who: Prober, home: Home, ticks: range) -> None:
    home.out = True
    for tick in ticks:
        with pytest.raises(StorageError):
            await who.observe(tick, deadline=9)
    home.out = False


async def test_a_failure_that_began_meanwhile_is_reported_with_its_beginning() -> None:
    home = Home()
    who = prober(home, monitor("db"))
    await who.observe(TICK, deadline=9)
    let(who, db=FAIL)

    await lost(who, home, range(TICK + 1, TICK + 9))
    await who.observe(TICK + 9, deadline=9)

    report = home.newest("lima", "s0", until=TICK + 9)
    assert report is not None
    assert report.sightings["db"].failing_since == TICK + 1


async def test_what_is_not_due_is_not_checked_each_minute_nor_the_home_asked_again() -> None:
    home = Home()
    who = prober(home, HOURLY)
    await who.observe(ITS_MINUTE, deadline=9)
    reads = home.reads

    await lost(who, home, range(ITS_MINUTE + 1, ITS_MINUTE + 5))
    done = await who.observe(ITS_MINUTE + 5, deadline=9)

    assert (done.checked, done.repeated) == (0, 1)
    assert home.reads == reads


async def test_what_fails_is_shown_each_tick_whether_the_home_answers_or_not() -> None:
    home, glass = Home(), Glass()
    who = prober(home, monitor("db"), monitor("api"), glass=glass)
    let(who, db=FAIL)

    await who.observe(TICK, deadline=9)
    await lost(who, home, range(TICK + 1, TICK + 3))

    assert [each.tick for each in glass.shown] == [TICK, TICK + 1, TICK + 2]
    assert [each.monitors for each in glass.shown] == [2, 2, 2]
    assert {(f.monitor, f.since) for each in glass.shown for f in each.failing} == {("db", TICK)}


async def test_a_showcase_that_is_out_costs_no_report() -> None:
    home = Home()
    who = prober(home, monitor("db"), glass=Glass(out=True))

    done = await who.observe(TICK, deadline=9)

    assert not done.duplicate
    assert home.newest("lima", "s0", until=TICK) is not None


def test_a_showcase_that_is_slow_does_not_outlast_the_tick_and_is_told_what_it_misses() -> None:
    glass = Glass()
    who = prober(Home(), monitor("db"), glass=glass)
    reports = [
        replace(report("lima", tick=TICK, db=FAIL), shard=f"s{number}") for number in range(4)
    ]

    who._show(reports, count(step=3.0).__next__)

    assert len(glass.shown) == int(SHOWING_SECONDS // 3)
    assert glass.left_out == ["s2", "s3"]


async def test_a_location_that_does_not_believe_itself_shows_that() -> None:
    home, glass = Home(), Glass()
    canary = monitor("/canaries/0")
    who = replace(prober(home, monitor("db"), glass=glass), canaries=(canary,))
    let(who, db=FAIL, **{canary.id: FAIL})

    await who.observe(TICK, deadline=9)

    (shown,) = glass.shown
    assert shown.suspect.startswith("1 of its 1 canaries fail")
    assert shown.failing == ()
