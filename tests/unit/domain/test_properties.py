"""What holds of every history, whatever the locations say (the invariants of the quorum)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.make import ABSTAIN, FAIL, NOON, PASS, THREE, TICK, monitor, report, shard, world
from tocsin.domain.incident import Event
from tocsin.domain.judgement import ShardState, judge
from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.quorum import Verdict, count, decide
from tocsin.domain.report import Report
from tocsin.domain.schedule import instant_of

unhurried = settings(deadline=None)
"""For a machine that is busy with other tests."""

WATCHED = monitor()
VOTES = st.text(alphabet="pwfa-", min_size=3, max_size=3)
HISTORIES = st.lists(VOTES, max_size=25)


def lived(history: list[str]) -> list[tuple[datetime, dict[str, Report], ShardState]]:
    """Judge once a minute; a location that is silent keeps its last report in the table."""
    table: dict[str, Report] = {}
    state, steps = ShardState(shard="s0"), []
    for number, votes in enumerate(history):
        tick = TICK + number
        table = table | world(votes, tick=tick)
        state = judge(shard(WATCHED), table, state, instant_of(tick))
        steps.append((instant_of(tick), table, state))
    return steps


def failing(reports: Mapping[str, Report], now: datetime) -> set[str]:
    """Count by hand, from the raw reports: who fails freshly."""
    return {
        name
        for name, each in reports.items()
        if each.sightings["db"].outcome.vote is Vote.FAIL
        and (now - instant_of(each.sightings["db"].checked_at)).total_seconds() <= 150
    }


@unhurried
@given(HISTORIES)
def test_nothing_opens_without_a_quorum_of_fresh_failures(history: list[str]) -> None:
    seen: set[str] = set()
    for now, reports, state in lived(history):
        for owed in state.outbox:
            fresh = owed.alert.id not in seen
            seen.add(owed.alert.id)
            if fresh and (owed.alert.event, owed.alert.kind) == (Event.OPENED, Verdict.DOWN):
                assert len(failing(reports, now)) >= WATCHED.need


@unhurried
@given(HISTORIES)
def test_a_quorum_of_fresh_failures_is_always_an_open_incident(history: list[str]) -> None:
    for now, reports, state in lived(history):
        if len(failing(reports, now)) >= WATCHED.need:
            assert Verdict.DOWN in {incident.kind for incident in state.incidents}


@unhurried
@given(HISTORIES)
def test_openings_and_ends_alternate_under_one_id(history: list[str]) -> None:
    steps = lived(history)
    owed = steps[-1][2].outbox if steps else ()
    for kind in (Verdict.DOWN, Verdict.UNKNOWN, Verdict.DEGRADED):
        alerts = [each.alert for each in owed if each.alert.kind is kind]
        events = [alert.event for alert in alerts]
        assert events == [Event.OPENED, Event.RESOLVED] * (len(events) // 2) + [Event.OPENED] * (
            len(events) % 2
        )
        ids = [alert.incident for alert in alerts]
        assert ids[0::2][: len(ids[1::2])] == ids[1::2]
        assert len(set(ids)) == len(ids[0::2])


@unhurried
@given(HISTORIES, st.lists(st.sampled_from("a-"), min_size=3, max_size=3))
def test_silence_closes_nothing_and_opens_no_outage(history: list[str], quiet: list[str]) -> None:
    before = lived(history)
    after = lived([*history, *["".join(quiet)] * 5])
    kinds = [
        {i.id for i in steps[-1][2].incidents if i.kind is Verdict.DOWN} if steps else set()
        for steps in (before, after)
    ]

    assert kinds[1] >= kinds[0]


@unhurried
@given(HISTORIES)
def test_judging_twice_is_judging_once(history: list[str]) -> None:
    for now, reports, state in lived(history):
        assert judge(shard(WATCHED), reports, state, now) == state


@unhurried
@given(st.lists(st.sampled_from("pf"), min_size=3, max_size=3), st.sampled_from(THREE), st.data())
def test_one_broken_location_can_neither_open_nor_hide_an_outage(
    honest: list[str], liar: str, data: st.DataObject
) -> None:
    lie = data.draw(st.sampled_from([PASS, FAIL, ABSTAIN]))
    told = world("".join(honest)) | {liar: report(liar, db=lie)}
    others = [vote for name, vote in zip(THREE, honest, strict=True) if name != liar]

    verdict = decide(count(WATCHED, told, NOON), held_down=False)

    if others == ["p", "p"]:
        assert verdict is not Verdict.DOWN
    if others == ["f", "f"]:
        assert verdict is Verdict.DOWN


@unhurried
@given(VOTES, st.sampled_from(THREE))
def test_an_abstention_in_place_of_a_vote_never_opens(votes: str, location: str) -> None:
    before, after = world(votes), world(votes) | {location: report(location, db=ABSTAIN)}

    if count(WATCHED, after, NOON).down:
        assert count(WATCHED, before, NOON).down


@unhurried
@given(VOTES, st.permutations(THREE))
def test_the_names_of_the_locations_mean_nothing(votes: str, names: list[str]) -> None:
    renamed = dict(zip(THREE, names, strict=True))
    outcomes: dict[str, Outcome] = {
        renamed[name]: each.sightings["db"].outcome for name, each in world(votes).items()
    }
    moved = {name: report(name, db=outcome) for name, outcome in outcomes.items()}

    first, second = (count(WATCHED, each, NOON) for each in (world(votes), moved))

    assert decide(first, held_down=False) is decide(second, held_down=False)
    assert {renamed[name] for name in first.failing} == set(second.failing)


@unhurried
@given(VOTES, st.integers(2, 3))
def test_a_higher_quorum_opens_no_more(votes: str, need: int) -> None:
    if count(monitor(need=need), world(votes), NOON).down:
        assert count(monitor(need=need - 1), world(votes), NOON).down


@unhurried
@given(HISTORIES, st.integers(151, 10_000))
def test_what_is_old_opens_nothing(history: list[str], late: int) -> None:
    steps = lived(history)
    reports = steps[-1][1] if steps else {}
    now = instant_of(TICK + len(history)) + timedelta(seconds=late)

    state = judge(shard(WATCHED), reports, ShardState(shard="s0"), now)

    assert state.outbox == ()
