"""One location alone, silence and clocks that are off decide nothing (invariants 7, 8 and 9)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from tests.fakes.make import (
    ABSTAIN,
    FAIL,
    MINUTE,
    NOON,
    PASS,
    THREE,
    TICK,
    report,
    shard,
    world,
)
from tests.unit.domain.histories import (
    HISTORIES,
    SLOWLY,
    WATCHED,
    Step,
    lived,
    open_kinds,
    reports_of,
    seen,
    told,
)
from tocsin.domain.incident import Event, Kind
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Vote
from tocsin.domain.quorum import Verdict, count, decide
from tocsin.domain.schedule import instant_of
from tocsin.domain.state import ShardState


@given(st.data(), st.sampled_from(THREE))
def test_7_one_broken_location_opens_nothing_by_itself(data: st.DataObject, liar: str) -> None:
    state = ShardState(shard="s0")
    for number in range(8):
        tick = TICK + number
        honest = {name: report(name, tick=tick, db=PASS) for name in THREE if name != liar}
        table = honest | {liar: data.draw(reports_of(liar, tick))}
        state = judge(shard(WATCHED), table, state, instant_of(tick))
        assert open_kinds(state) == []
        assert state.standings["db"].verdict in {Verdict.UP, Verdict.DEGRADED}


@given(st.lists(st.sampled_from("pf"), min_size=3, max_size=3), st.sampled_from(THREE), st.data())
def test_7_one_broken_location_can_neither_open_nor_hide_an_outage(
    honest: list[str], liar: str, data: st.DataObject
) -> None:
    lie = data.draw(st.sampled_from([PASS, FAIL, ABSTAIN]))
    said = world("".join(honest)) | {liar: report(liar, db=lie)}
    others = [vote for name, vote in zip(THREE, honest, strict=True) if name != liar]

    verdict = decide(count(WATCHED, said, NOON), held_down=False)

    if others == ["p", "p"]:
        assert verdict is not Verdict.DOWN
    if others == ["f", "f"]:
        assert verdict is Verdict.DOWN


@given(HISTORIES, st.lists(st.sampled_from("a-"), min_size=3, max_size=3))
@example(["fff"] * 4, ["a", "a", "a"])
def test_8_silence_is_neither_up_nor_down(history: list[str], quiet: list[str]) -> None:
    before = lived(history)
    after = lived([*history, *["".join(quiet)] * 5])

    assert after[-1][2].standings["db"].verdict is Verdict.UNKNOWN
    last = {i.id for i in before[-1][2].incidents if i.kind is Kind.DOWN} if before else set()
    # Votes of before are fresh for a while, and may still end or open what they agree on.
    silent = [state for now, _, state in after if now > NOON + (len(history) + 2) * MINUTE]
    for one, other in pairwise(silent):
        downs = [{i.id for i in s.incidents if i.kind is Kind.DOWN} for s in (one, other)]
        assert downs[0] == downs[1]
    if last and quiet == ["-"] * 3:
        assert last & {i.id for i in after[-1][2].incidents} or _ended_on_votes(after, last)


def _ended_on_votes(steps: Sequence[Step], incidents: set[str]) -> bool:
    return all(
        len(seen(reports, at, Vote.PASS)) >= WATCHED.need
        for at, reports, alert in told(steps)
        if alert.incident in incidents and alert.event is Event.RESOLVED
    )


def verdicts(steps: Iterable[Step]) -> list[Verdict]:
    return [state.standings["db"].verdict for _, _, state in steps]


@given(
    st.lists(st.text(alphabet="pfa", min_size=3, max_size=3), max_size=25),
    st.integers(-30, 30),
    st.sampled_from([WATCHED, SLOWLY]),
)
def test_9_a_judge_whose_clock_is_off_comes_to_the_same_verdicts(
    history: list[str], seconds: int, watched: Monitor
) -> None:
    right = lived(history, watched)
    wrong = lived(history, watched, ahead=timedelta(seconds=seconds))

    verdicts = [
        [state.standings["db"].verdict for _, _, state in steps] for steps in (right, wrong)
    ]
    assert verdicts[0] == verdicts[1]
    events = [[(a.kind, a.event) for _, _, a in told(steps)] for steps in (right, wrong)]
    assert events[0] == events[1]


@given(
    st.lists(st.text(alphabet="pf", min_size=3, max_size=3), min_size=3, max_size=12),
    st.sampled_from(THREE),
    st.integers(-1, 1),
)
def test_9_a_location_that_counts_another_minute_votes_the_same(
    history: list[str], place: str, off: int
) -> None:
    """A clock off by half a minute names its tick one earlier or later."""
    verdicts = []
    for shift in (0, off):
        state = ShardState(shard="s0")
        course = []
        for number, votes in enumerate(history):
            tick = TICK + number
            table = {
                **world(votes, tick=tick),
                place: world(votes, tick=tick + shift)[place],
            }
            state = judge(shard(WATCHED), table, state, instant_of(tick) + 5 * MINUTE / 60)
            course.append(state.standings["db"].verdict)
        verdicts.append(course)

    assert verdicts[0] == verdicts[1]


@given(HISTORIES, st.integers(151, 10_000))
def test_failures_9_what_is_old_opens_nothing(history: list[str], late: int) -> None:
    steps = lived(history)
    reports = steps[-1][1] if steps else {}
    now = instant_of(TICK + len(history)) + timedelta(seconds=late)

    state = judge(shard(WATCHED), reports, ShardState(shard="s0"), now)

    assert state.outbox == ()
