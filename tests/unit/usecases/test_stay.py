"""The probe as a process that stays: minutes are AWS's, and no tick waits for AWS."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tests.fakes.make import ABSTAIN, FAIL, MINUTE, NOON, PASS, TICK, monitor, shard
from tests.fakes.memory import InMemoryReports, InMemorySecrets
from tocsin.adapters.buffer import BufferedReports
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.schedule import TICK_BUDGET, instant_of, tick_of
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.usecases.held import HeldConfigs, HeldSecrets
from tocsin.usecases.observe import Prober
from tocsin.usecases.ports import StorageError
from tocsin.usecases.stay import LATEST, Errand, Minute, Resident

HERE = "office"
MONITOR = monitor("gw", locations=(HERE,))
SECOND = timedelta(seconds=1)


@dataclass
class World:
    """A location, AWS, and a time that goes on only while the process waits."""

    at: datetime = NOON + 20 * SECOND
    heard: bool = False
    down: bool = False
    stop_at: datetime = NOON + 90 * MINUTE
    held: tuple[Shard, ...] = (shard(MONITOR),)
    outcome: Callable[[datetime], Outcome] = lambda _: PASS
    checking: Callable[["World"], None] = lambda _: None
    reading: Callable[["World"], None] = lambda _: None
    storing: Callable[[Report], None] = lambda _: None
    waiting: Callable[["World"], None] = lambda _: None
    table: InMemoryReports = field(default_factory=InMemoryReports)
    stored: list[tuple[datetime, Report]] = field(default_factory=list)
    began: list[tuple[int, float]] = field(default_factory=list)
    budgets: list[float] = field(default_factory=list)
    ended: Callable[["World"], None] = lambda _: None
    minutes: list[Minute] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    # The wall, and the way to wait by it.
    def now(self) -> datetime | None:
        return self.at if self.heard else None

    async def pause(self, seconds: float) -> bool:
        self.at += timedelta(seconds=seconds)
        self.waiting(self)
        return self.at >= self.stop_at

    # AWS.
    def shards(self) -> tuple[Shard, ...]:
        self.reading(self)
        self._answer()
        return self.held

    def add(self, report: Report) -> bool:
        self._answer()
        self.storing(report)
        self.stored.append((self.at, report))
        return self.table.add(report)

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        self._answer()
        return self.table.newest(location, shard, until=until)

    def _answer(self) -> None:
        if self.down:
            raise StorageError("table tocsin: no answer")
        self.heard = True

    # The engine.
    async def run(self, monitors: Iterable[Monitor], *, deadline: float) -> Mapping[str, Outcome]:
        self.began.append((tick_of(self.at), self.at.timestamp() % 60))
        self.budgets.append(round(deadline - asyncio.get_running_loop().time()))
        self.checking(self)
        return {each.id: self.outcome(self.at) for each in monitors}

    # The journal.
    def unreached(self, why: StorageError) -> None:
        self.said.append(f"unreached: {why}")

    def arrived(self) -> None:
        self.said.append("arrived")

    def minute(self, minute: Minute) -> None:
        self.minutes.append(minute)
        self.ended(self)

    def broke(self, error: Exception) -> None:
        self.said.append(f"broke: {error}")

    def left(self, waiting: int) -> None:
        self.said.append(f"left: {waiting}")


def resident(world: World) -> tuple[Resident, BufferedReports]:
    configs = HeldConfigs(world)
    secrets = HeldSecrets(InMemorySecrets(), lambda: 0.0)
    reports = BufferedReports(world)
    prober = Prober(location=HERE, configs=configs, reports=reports, checker=world, secrets=secrets)
    made = Resident(
        prober=prober,
        configs=configs,
        secrets=secrets,
        outbox=reports,
        wall=world,
        journal=world,
        pause=world.pause,
    )
    return made, reports


async def stay(world: World) -> BufferedReports:
    made, reports = resident(world)
    await made.stay()
    return reports


def ticks(world: World) -> list[int]:
    return [report.tick for _, report in world.stored]


async def test_every_minute_has_its_tick_and_begins_with_it() -> None:
    world = World(stop_at=NOON + 5 * MINUTE)

    await stay(world)

    assert world.began == [(TICK + n, 0.0) for n in range(1, 5)]
    assert ticks(world) == [TICK + n for n in range(1, 5)]
    assert world.said == ["arrived", "left: 0"]


async def test_a_minute_that_has_just_begun_is_not_waited_for() -> None:
    world = World(at=NOON + LATEST, stop_at=NOON + 1.5 * MINUTE)

    await stay(world)

    assert ticks(world) == [TICK, TICK + 1]


async def test_without_aws_nothing_begins_and_it_is_tried_again() -> None:
    world = World(down=True, stop_at=NOON + 5 * MINUTE)

    def back(world: World) -> None:
        world.down = world.at < NOON + 2.5 * MINUTE

    world.reading = back
    await stay(world)

    assert world.said[0] == "unreached: table tocsin: no answer"
    assert world.said[-2:] == ["arrived", "left: 0"]
    assert ticks(world) == [TICK + 3, TICK + 4]


async def test_it_ends_while_it_waits_for_aws() -> None:
    world = World(down=True, stop_at=NOON + MINUTE)

    await stay(world)

    assert not world.stored
    assert set(world.said) == {"unreached: table tocsin: no answer", "left: 0"}


async def test_a_refusal_that_tells_the_time_is_followed_by_another_try_at_once() -> None:
    """Our own clock was wrong, and what is signed by a wrong clock is refused."""
    world = World(stop_at=NOON + 2 * MINUTE)
    tries: list[datetime] = []

    def refuse_once(world: World) -> None:
        tries.append(world.at)
        world.heard = True
        world.down = len(tries) == 1

    world.reading = refuse_once
    await stay(world)

    assert tries[0] == tries[1]
    assert world.said == ["arrived", "left: 0"]


async def test_checks_go_on_while_aws_is_out_of_reach_and_their_reports_arrive_in_order() -> None:
    world = World(stop_at=NOON + 20 * MINUTE)
    _out_between(world, 2, 12)

    await stay(world)

    assert [tick for tick, _ in world.began] == [TICK + n for n in range(1, 20)]
    assert ticks(world) == [TICK + n for n in range(1, 20)]
    waiting = {minute.tick - TICK: minute.waiting for minute in world.minutes}
    assert [waiting[n] for n in (1, 2, 3, 11, 12, 13)] == [0, 1, 2, 10, 0, 0]
    assert {str(m.trouble or "") for m in world.minutes} == {"", "table tocsin: no answer"}


@pytest.mark.parametrize(
    ("then", "now", "never", "finally_"),
    [
        pytest.param(FAIL, PASS, Verdict.DOWN, Verdict.UP, id="it failed then and passes now"),
        pytest.param(PASS, FAIL, Verdict.UP, Verdict.DOWN, id="it passed then and fails now"),
    ],
)
async def test_what_arrives_late_is_history_to_the_judge(
    then: Outcome, now: Outcome, never: Verdict, finally_: Verdict
) -> None:
    back = NOON + 12 * MINUTE
    world = World(stop_at=NOON + 15 * MINUTE)
    world.outcome = lambda at: then if at < back - 2 * MINUTE else now
    _out_between(world, 2, 12)
    await stay(world)

    verdicts = []
    state = ShardState(shard="s0")
    newest: dict[str, Report] = {}
    for at, report in world.stored:
        if at < back:
            continue
        if not newest or report.tick > newest[HERE].tick:
            newest[HERE] = report
        state = judge(shard(MONITOR), newest, state, at)
        verdicts.append(state.standings["gw"].verdict)

    assert len(verdicts) == 13
    assert never not in verdicts
    assert verdicts[-1] is finally_


async def test_only_the_newest_hour_waits() -> None:
    world = World(stop_at=NOON + 75 * MINUTE)
    _out_between(world, 1, 72)

    reports = await stay(world)

    assert reports.dropped == 12
    assert ticks(world) == [TICK + n for n in range(13, 75)]


async def test_what_never_arrived_is_told_in_the_end() -> None:
    world = World(stop_at=NOON + 5 * MINUTE)
    _out_between(world, 3, 99)

    await stay(world)

    assert world.said[-1] == "left: 2"


async def test_the_last_tick_is_finished_and_sent() -> None:
    world = World()

    def stopped(world: World) -> None:
        world.stop_at = world.at

    world.checking = stopped
    await stay(world)

    assert ticks(world) == [TICK + 1]
    assert world.said[-1] == "left: 0"


async def test_what_waits_is_sent_before_it_ends() -> None:
    world = World()

    def stopped(world: World) -> None:
        world.stop_at, world.down = world.at, True

    def back(world: World) -> None:
        world.down = False

    world.checking = stopped
    world.ended = back
    await stay(world)

    assert ticks(world) == [TICK + 1]


async def test_minutes_that_the_machine_slept_through_are_skipped() -> None:
    world = World(stop_at=NOON + 40 * MINUTE)

    def sleep(world: World) -> None:
        if world.at == NOON + 3 * MINUTE:
            world.at += 30 * MINUTE + 40 * SECOND

    world.checking = sleep
    await stay(world)

    assert [tick - TICK for tick, _ in world.began] == [1, 2, 3, 34, 35, 36, 37, 38, 39]
    assert {minute.tick - TICK: minute.skipped for minute in world.minutes if minute.skipped} == {
        34: 30
    }


async def test_a_machine_that_slept_while_it_waited_notices_it_soon() -> None:
    world = World(stop_at=NOON + 43 * MINUTE)

    def sleep(world: World) -> None:
        if world.at < NOON + MINUTE:
            world.at = NOON + 42 * MINUTE + 2 * SECOND

    world.waiting = sleep
    await stay(world)

    assert world.began == [(TICK + 42, 2.0)]


async def test_a_time_that_goes_back_while_it_is_waited_for_is_followed() -> None:
    world = World()

    def corrected(world: World) -> None:
        if world.at > NOON + 30 * SECOND:
            world.at = NOON - 10 * MINUTE + 20 * SECOND
            world.waiting = lambda _: None

    def stopped(world: World) -> None:
        if len(world.minutes) == 2:
            world.stop_at = world.at

    world.waiting = corrected
    world.ended = stopped
    await stay(world)

    assert [tick - TICK for tick, _ in world.began] == [-9, -8]


async def test_a_tick_whose_minute_is_over_when_aws_has_told_the_time_is_not_run() -> None:
    """A virtual machine was halted; its clock knows nothing of that, and AWS's does."""
    world = World(stop_at=NOON + 10 * MINUTE)

    def corrected(world: World) -> None:
        if world.at == NOON + 3 * MINUTE:
            world.at += 4 * MINUTE + 30 * SECOND

    world.reading = corrected
    await stay(world)

    assert [tick - TICK for tick, _ in world.began] == [1, 2, 8, 9]
    assert all(second == 0.0 for _, second in world.began)


async def test_a_time_that_goes_back_is_followed_at_once() -> None:
    world = World(stop_at=NOON + 7 * MINUTE)
    back = [NOON + 5 * MINUTE]

    def corrected(world: World) -> None:
        if back and world.at == back[0]:
            back.clear()
            world.at -= 3 * MINUTE + 30 * SECOND

    world.reading = corrected
    await stay(world)

    assert [tick - TICK for tick, _ in world.began] == [1, 2, 3, 4, 2, 3, 4, 5, 6]


async def test_a_fault_of_ours_costs_one_tick_only() -> None:
    world = World(stop_at=NOON + 4 * MINUTE)

    def stumble(world: World) -> None:
        if world.at == NOON + 2 * MINUTE:
            raise ValueError("stumbled")

    world.checking = stumble
    await stay(world)

    assert ticks(world) == [TICK + 1, TICK + 3]
    assert world.said == ["arrived", "broke: stumbled", "left: 0"]


async def test_a_configuration_that_breaks_its_reader_is_told_and_the_last_one_holds() -> None:
    world = World(stop_at=NOON + 4 * MINUTE)

    def stumble(world: World) -> None:
        if world.at == NOON + 2 * MINUTE:
            raise KeyError("version")

    world.reading = stumble
    await stay(world)

    assert ticks(world) == [TICK + 1, TICK + 2, TICK + 3]
    assert world.said == ["arrived", "broke: 'version'", "left: 0"]


async def test_one_that_breaks_it_from_the_beginning_is_read_again_until_it_does_not() -> None:
    world = World(stop_at=NOON + 4 * MINUTE)

    def stumble(world: World) -> None:
        if world.at < NOON + MINUTE:
            raise KeyError("version")

    world.reading = stumble
    await stay(world)

    assert world.said[:2] == ["broke: 'version'", "unreached: it broke what reads it"]
    assert world.said[-2:] == ["arrived", "left: 0"]
    assert ticks(world) == [TICK + 1, TICK + 2, TICK + 3]


async def test_a_report_that_breaks_us_is_told_and_holds_up_no_other() -> None:
    world = World(stop_at=NOON + 5 * MINUTE)

    def stumble(report: Report) -> None:
        if report.tick == TICK + 2:
            raise ValueError("stumbled")

    world.storing = stumble
    reports = await stay(world)

    assert ticks(world) == [TICK + 1, TICK + 3, TICK + 4]
    assert world.said == ["arrived", "broke: stumbled", "left: 0"]
    assert (reports.refused, len(world.minutes)) == (1, 4)


async def test_a_new_configuration_counts_from_the_next_tick() -> None:
    world = World(stop_at=NOON + 4 * MINUTE)
    other = monitor("db", locations=(HERE,))

    def applied(world: World) -> None:
        if world.at >= NOON + 2 * MINUTE:
            world.held = (shard(MONITOR, other, version=2),)

    world.reading = applied
    await stay(world)

    assert [len(report.sightings) for _, report in world.stored] == [1, 2, 2]


async def test_those_that_failed_are_told_in_order() -> None:
    world = World(stop_at=NOON + 2 * MINUTE, outcome=lambda _: FAIL)
    world.held = (shard(monitor("b", locations=(HERE,)), monitor("a", locations=(HERE,))),)

    await stay(world)

    assert [name for name, _ in world.minutes[0].failing] == ["a", "b"]
    assert not world.minutes[0].abstaining


async def test_those_of_which_nobody_could_tell_are_told_apart() -> None:
    world = World(stop_at=NOON + 2 * MINUTE, outcome=lambda _: ABSTAIN)

    await stay(world)

    assert world.minutes[0].abstaining == (("gw", ABSTAIN),)
    assert not world.minutes[0].failing


class Thread:
    """Work that ends when the test lets it."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.raises: Exception | None = None
        self.began = 0
        self.broke: list[Exception] = []
        self.told = asyncio.Event()
        self.errand = Errand(self._work, self._broke)

    def _broke(self, error: Exception) -> None:
        self.broke.append(error)
        self.told.set()

    def _work(self) -> None:
        self.began += 1
        assert self.go.wait(20)
        if self.raises is not None:
            raise self.raises


@pytest.fixture
def thread() -> Iterator[Thread]:
    thread = Thread()
    yield thread
    thread.go.set()


async def test_nobody_waits_for_a_thread_longer_than_they_like_and_there_is_one(
    thread: Thread,
) -> None:
    await thread.errand.run(0.01)
    await thread.errand.run(0.01)

    assert (thread.began, thread.errand.succeeded) == (1, False)
    thread.go.set()
    await thread.errand.run(20)
    assert (thread.began, thread.errand.succeeded) == (1, True)


async def test_a_fault_is_heard_of_though_nobody_waits_any_more(thread: Thread) -> None:
    thread.raises = ValueError("stumbled")
    await thread.errand.run(0.01)
    thread.go.set()
    async with asyncio.timeout(20):
        await thread.told.wait()

    assert [str(error) for error in thread.broke] == ["stumbled"]
    assert not thread.errand.succeeded


async def test_the_next_answer_takes_the_trouble_away(thread: Thread) -> None:
    thread.raises = StorageError("no answer")
    thread.go.set()
    await thread.errand.run(20)
    first = thread.errand.trouble
    thread.raises = None
    await thread.errand.run(20)

    assert (str(first), thread.errand.trouble, thread.broke) == ("no answer", None, [])


async def test_once_runs_the_minute_that_it_is() -> None:
    world = World(at=NOON + 50 * SECOND)
    made, _ = resident(world)

    await made.once()

    assert world.began == [(TICK, 50.0)]
    assert ticks(world) == [TICK]


async def test_once_does_not_wait_for_aws() -> None:
    made, _ = resident(World(down=True))

    with pytest.raises(StorageError, match="no answer"):
        await made.once()


async def test_once_fails_where_its_report_is_not_taken() -> None:
    world = World()

    def lost(world: World) -> None:
        world.down = True

    world.checking = lost
    made, _ = resident(world)

    with pytest.raises(StorageError, match="no answer"):
        await made.once()


async def test_a_tick_that_begins_late_leaves_time_before_the_next() -> None:
    world = World(at=NOON + LATEST, stop_at=NOON + 1.5 * MINUTE)

    await stay(world)

    assert world.budgets == [40, TICK_BUDGET.total_seconds()]


def _out_between(world: World, since: int, until: int) -> None:
    """Let AWS be out of reach from one minute until before another."""

    def look(world: World) -> None:
        world.down = instant_of(TICK + since) <= world.at < instant_of(TICK + until)

    world.reading = look
