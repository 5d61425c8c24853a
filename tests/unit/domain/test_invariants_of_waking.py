"""What a wake-up may change: nothing but what is due (invariants 4, 5 and 16)."""

from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.fakes.make import (
    TICK,
    shard,
    world,
)
from tests.unit.domain.histories import (
    HISTORIES,
    SLOWLY,
    VOTES,
    WATCHED,
    lived,
)
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Verdict, count
from tocsin.domain.report import Report
from tocsin.domain.schedule import instant_of
from tocsin.domain.state import ShardState


@given(HISTORIES, st.sampled_from([WATCHED, SLOWLY]))
def test_16_judging_twice_is_judging_once(history: list[str], watched: Monitor) -> None:
    for now, reports, state in lived(history, watched):
        assert judge(shard(watched), reports, state, now) == state


@given(HISTORIES, st.lists(st.integers(0, 100), max_size=40))
def test_4_wake_ups_without_news_tell_nothing(history: list[str], seconds: list[int]) -> None:
    """Within a minute only time passes: what is due by the clock may come, and nothing else."""
    for now, reports, state in lived(history):
        later = now + timedelta(seconds=min(39, sum(seconds[:2])))
        once = judge(shard(WATCHED), reports, state, later)
        for _ in seconds[:3]:
            assert judge(shard(WATCHED), reports, once, later) == once


@given(st.lists(VOTES, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_5_where_the_votes_decide_the_order_of_deliveries_does_not(
    history: list[str], random: st.DataObject
) -> None:
    stored = [r for n, votes in enumerate(history) for r in world(votes, tick=TICK + n).values()]
    other = list(stored)
    random.shuffle(other)  # type: ignore[attr-defined]
    now = instant_of(TICK + len(history))

    verdicts = set()
    for deliveries in (stored, other):
        table: dict[str, Report] = {}
        state = ShardState(shard="s0")
        for each in deliveries:
            known = table.get(each.location)
            if known is None or known.tick < each.tick:
                table[each.location] = each
            state = judge(shard(WATCHED), table, state, now)
        tally = count(WATCHED, table, now)
        assume(tally.down or tally.recovered)
        verdicts.add(state.standings["db"].verdict is Verdict.DOWN)

    assert len(verdicts) == 1


@given(HISTORIES)
def test_5_the_order_in_which_reports_are_listed_means_nothing(history: list[str]) -> None:
    for now, reports, state in lived(history):
        backwards = dict(reversed([*reports.items()]))
        assert judge(shard(WATCHED), backwards, state, now) == state
