"""Carrying out what people ask for, through lost races and lost answers."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.fakes.make import MINUTE, NOON, monitor, shard, world
from tests.fakes.memory import InMemoryStates
from tocsin.domain import orders
from tocsin.domain.control import Said
from tocsin.domain.judgement import judge
from tocsin.domain.state import ShardState
from tocsin.usecases.order import ATTEMPTS, carry_out
from tocsin.usecases.ports import ConflictError, StorageError, Stored

ADA = Said(by="ada", at=NOON, note="new disk")
BEA = Said(by="bea", at=NOON + MINUTE)
PAUSE = partial(orders.paused, monitors=["db"], said=ADA)


class Contested(InMemoryStates):
    """Others write first, each in his turn."""

    def __init__(self, *others: Callable[[ShardState], ShardState]) -> None:
        super().__init__(before_save=self._race)
        self._others = list(others)

    def _race(self, _: ShardState) -> None:
        if self._others:
            self.put(self._others.pop(0))

    def put(self, change: Callable[[ShardState], ShardState]) -> None:
        stored = self.load("s0")
        state = change(stored.state)
        self.items["s0"] = Stored(state=state, revision=stored.revision + 1)


class Mute(InMemoryStates):
    """Writes, and does not say so: a defeat as it looks once another has written as well."""

    def save(self, state: ShardState, *, over: int) -> int:
        if super().save(state, over=over) == 1:
            raise ConflictError("the answer is lost")
        return over + 1


def judged(state: ShardState) -> ShardState:
    return judge(shard(monitor()), world("fff"), state, NOON)


def test_an_order_is_carried_out() -> None:
    states = InMemoryStates()

    done = carry_out(PAUSE, "s0", states)

    assert states.load("s0").state.paused == {"db": ADA}
    assert (done.before, done.after) == (ShardState(shard="s0"), states.load("s0").state)


def test_what_is_already_so_is_not_written_again() -> None:
    states = InMemoryStates()
    carry_out(PAUSE, "s0", states)

    again = carry_out(partial(orders.paused, monitors=["db"], said=BEA), "s0", states)

    assert states.writes == 1
    assert again.after.paused == {"db": ADA}


def test_a_race_that_is_lost_to_a_judgement_loses_neither() -> None:
    states = Contested(judged)

    carry_out(PAUSE, "s0", states)

    state = states.load("s0").state
    assert state.paused == {"db": ADA}
    assert [incident.monitors for incident in state.incidents] == [{"db"}]
    assert [moment.what for moment in state.incidents[0].moments] == ["opened", "paused"]


def test_a_race_that_is_lost_to_another_person_leaves_his_word() -> None:
    states = Contested(partial(orders.paused, monitors=["db"], said=BEA))

    done = carry_out(PAUSE, "s0", states)

    assert done.before.paused == {}
    assert done.after.paused == states.load("s0").state.paused == {"db": BEA}


def test_a_write_whose_answer_is_lost_is_not_done_twice_and_is_ours() -> None:
    states = Mute()

    done = carry_out(PAUSE, "s0", states)

    assert states.writes == 1
    assert done.before.paused == {}
    assert done.after.paused == {"db": ADA}


def test_the_last_attempt_may_still_win() -> None:
    states = Contested(*[judged] * (ATTEMPTS - 1))

    carry_out(PAUSE, "s0", states)

    assert states.load("s0").state.paused == {"db": ADA}


def test_after_so_many_lost_races_it_is_given_up_and_nothing_is_done() -> None:
    states = Contested(*[judged] * ATTEMPTS)

    with pytest.raises(ConflictError, match="shard s0: lost 10 races in a row, run it again"):
        carry_out(PAUSE, "s0", states)

    assert states.writes == 0
    assert states.load("s0").state.paused == {}


def test_a_table_that_does_not_answer_is_not_taken_for_a_lost_race() -> None:
    class Broken(InMemoryStates):
        def save(self, state: ShardState, *, over: int) -> int:
            raise StorageError("table state: out of reach")

    with pytest.raises(StorageError, match="out of reach"):
        carry_out(PAUSE, "s0", Broken())


def test_an_order_that_is_refused_writes_nothing() -> None:
    def refuse(_: ShardState) -> ShardState:
        raise orders.TooManySilencesError("full")

    states = InMemoryStates()

    with pytest.raises(orders.TooManySilencesError):
        carry_out(refuse, "s0", states)
    assert states.writes == 0
