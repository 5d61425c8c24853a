"""What holds of a single count (invariant 17, and section 4 of the catalogue of failures)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.fakes.make import (
    ABSTAIN,
    FAIL,
    NOON,
    PASS,
    THREE,
    TICK,
    monitor,
    report,
    shard,
    world,
)
from tests.unit.domain.histories import (
    PAIRS,
    VOTES,
    WATCHED,
    family,
)
from tocsin.domain.incident import Ending, Event, Kind
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import majority
from tocsin.domain.outcome import Outcome, Reason, Vote
from tocsin.domain.quorum import Verdict, count, decide
from tocsin.domain.state import ShardState

RULES: Mapping[str, Callable[[int], int]] = {
    "any": lambda _: 1,
    "majority": majority,
    "all": lambda voters: voters,
}


@given(st.text(alphabet="pfa-", min_size=1, max_size=6), st.sampled_from(sorted(RULES)))
@example("f", "any")
def test_17_an_agreeing_location_never_turns_a_down_into_an_up(votes: str, rule: str) -> None:
    verdicts = []
    for cast in (votes, f"{votes}f"):
        places = tuple(f"place-{number}" for number in range(len(cast)))
        watched = monitor(locations=places, need=RULES[rule](len(places)))
        meaning = {"p": PASS, "f": FAIL, "a": ABSTAIN}
        table = {
            place: report(place, db=meaning[vote])
            for place, vote in zip(places, cast, strict=True)
            if vote in meaning
        }
        verdicts.append(decide(count(watched, table, NOON), held_down=False))

    if verdicts[0] is Verdict.DOWN:
        assert verdicts[1] is Verdict.DOWN


@given(VOTES, st.sampled_from(THREE))
def test_failures_11_an_abstention_in_place_of_a_vote_never_opens(
    votes: str, location: str
) -> None:
    before, after = world(votes), world(votes) | {location: report(location, db=ABSTAIN)}

    if count(WATCHED, after, NOON).down:
        assert count(WATCHED, before, NOON).down


@given(VOTES, st.sampled_from(THREE), st.integers(1, 3))
def test_failures_11_a_doubt_in_place_of_a_failure_ends_nothing(
    votes: str, place: str, need: int
) -> None:
    doubt = Outcome(vote=Vote.ABSTAIN, reason=Reason.SUSPECT)
    before = world(votes) | {place: report(place, db=FAIL)}
    after = world(votes) | {place: report(place, db=doubt)}

    if not count(monitor(need=need), before, NOON).recovered:
        assert not count(monitor(need=need), after, NOON).recovered


@given(VOTES, st.permutations(THREE))
def test_failures_20_the_names_of_the_locations_mean_nothing(votes: str, names: list[str]) -> None:
    renamed = dict(zip(THREE, names, strict=True))
    outcomes = {renamed[name]: each.sightings["db"].outcome for name, each in world(votes).items()}
    moved = {name: report(name, db=outcome) for name, outcome in outcomes.items()}

    first, second = (count(WATCHED, each, NOON) for each in (world(votes), moved))

    assert decide(first, held_down=False) is decide(second, held_down=False)
    assert {renamed[name] for name in first.failing} == set(second.failing)


@given(PAIRS)
def test_failures_21_one_monitor_is_nothing_to_another(history: list[tuple[str, str]]) -> None:
    """But for what it depends on: a stranger beside it changes nothing."""
    apart = [(votes, "ppp") for votes, _ in history]
    courses = []
    for pairs in (history, apart):
        steps = family(pairs)
        courses.append([state.standings["db"] for _, _, state in steps])

    assert courses[0] == courses[1]


@given(VOTES, st.integers(2, 3))
def test_failures_24_a_higher_quorum_opens_no_more(votes: str, need: int) -> None:
    if count(monitor(need=need), world(votes), NOON).down:
        assert count(monitor(need=need - 1), world(votes), NOON).down


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_failures_13_alerts_of_different_decisions_have_different_ids(one: int, other: int) -> None:
    assume(one != other)
    ids = set()
    for seconds in (one, other):
        table = world("fff", tick=TICK + seconds // 60)
        now = NOON + timedelta(seconds=seconds)
        state = judge(shard(WATCHED), table, ShardState(shard="s0"), now)
        (owed,) = (each for each in state.outbox if each.alert.kind is Kind.DOWN)
        ended = replace(owed.alert, event=Event.RESOLVED, ending=Ending.RECOVERED)
        reminder = replace(owed.alert, event=Event.REMINDER, number=1)
        ids |= {owed.alert.id, ended.id, reminder.id, replace(reminder, number=2).id}

    assert len(ids) == 8
