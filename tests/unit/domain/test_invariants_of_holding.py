"""Windows, reminders, parents and shared causes hold and fold, and lose nothing (10 to 12)."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import (
    FAIL,
    MINUTE,
    NOON,
    PASS,
    THREE,
    TICK,
    monitor,
    shard,
    world,
)
from tests.unit.domain.histories import (
    HISTORIES,
    PAIRS,
    PARENT,
    QUIET_AT_LAST,
    SLOWLY,
    WATCHED,
    family,
    lived,
    open_kinds,
    reported,
    seen,
    told,
)
from tocsin.domain.control import Said
from tocsin.domain.incident import Event, Kind
from tocsin.domain.judgement import judge
from tocsin.domain.orders import acknowledged
from tocsin.domain.outcome import Vote
from tocsin.domain.schedule import instant_of
from tocsin.domain.state import ShardState


@given(HISTORIES, st.lists(st.booleans(), max_size=25))
def test_10_a_window_holds_openings_and_nothing_else(history: list[str], held: list[bool]) -> None:
    steps = lived(history, held=held)
    last = dict(zip([now for now, _, _ in steps], held, strict=False))
    for at, _, alert in told(steps):
        if last.get(at):
            assert alert.event is Event.RESOLVED
    for number, (now, reports, state) in enumerate(steps):
        open_window = number < len(held) and held[number]
        if not open_window and len(seen(reports, now, Vote.FAIL)) >= WATCHED.need:
            assert Kind.DOWN in open_kinds(state), "a fault that outlives a window is announced"


def test_10_what_recovers_as_a_window_ends_is_not_announced_as_down() -> None:
    """It is down in name until it has passed for long enough; nobody sees it fail any more."""
    steps = lived(["fff"] * 5 + ["ppp"] * 5, SLOWLY, held=[True] * 5)

    assert told(steps) == []


@given(st.integers(1, 10), st.integers(1, 10))
def test_10_what_was_announced_before_a_window_ends_within_it(down: int, well: int) -> None:
    steps = lived(["fff"] * down + ["ppp"] * well, held=[False] * down + [True] * well)

    assert [a.event for _, _, a in told(steps)] == [Event.OPENED, Event.RESOLVED]


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=12))
def test_10_reminders_grow_rarer_and_stop_when_somebody_has_taken_it_on(pauses: list[int]) -> None:
    table = world("fff")
    state = judge(shard(WATCHED), table, ShardState(shard="s0"), NOON)
    now, said = NOON, []
    for pause in pauses:
        now += pause * MINUTE
        state = replace(state, outbox=())
        state = judge(shard(WATCHED), world("fff", tick=TICK + (now - NOON) // MINUTE), state, now)
        said += [owed.alert.at for owed in state.outbox if owed.alert.event is Event.REMINDER]
    for number, (one, other) in enumerate(pairwise([NOON, *said])):
        assert other - one >= min(2**number * 60 * MINUTE, 24 * 60 * MINUTE)

    (incident,) = (i for i in state.incidents if i.kind is Kind.DOWN)
    taken = acknowledged(replace(state, outbox=()), incident.id, Said(by="ann", at=now))
    for day in range(1, 4):
        at = now + timedelta(days=day)
        taken = judge(shard(WATCHED), world("fff", tick=TICK + (at - NOON) // MINUTE), taken, at)
    assert taken.outbox == ()


@given(PAIRS)
def test_11_a_child_has_no_alert_while_its_parent_fails(history: list[tuple[str, str]]) -> None:
    steps = family(history)
    for at, reports, alert in told(steps):
        names = {subject.monitor for subject in alert.subjects}
        if (alert.event, alert.kind) == (Event.OPENED, Kind.DOWN) and "web" in names:
            assert "db" not in names
            assert len(seen(reports, at, Vote.FAIL, "db")) < PARENT.need


@given(PAIRS)
def test_11_a_childs_page_comes_when_its_parent_is_well_again(
    history: list[tuple[str, str]],
) -> None:
    patience = (PARENT.recover_for + 3 * MINUTE) // MINUTE
    steps = family([*history, *[("ppp", "fff")] * patience])

    downs = {m for i in steps[-1][2].incidents if i.kind is Kind.DOWN for m in i.monitors}
    assert "web" in downs


NAMES = ("a", "b", "c", "d", "e")


@given(
    st.lists(st.one_of(st.sets(st.sampled_from(NAMES)), st.just({*NAMES})), max_size=15),
    st.lists(st.sampled_from(["", "x", "x", "y"]), min_size=5, max_size=5),
)
def test_12_folding_loses_no_monitor(history: list[set[str]], tags: list[str]) -> None:
    watched = tuple(
        replace(monitor(name), tags=(tag,) if tag else ())
        for name, tag in zip(NAMES, tags, strict=True)
    )
    state = ShardState(shard="s0")
    named: dict[str, set[str]] = {}
    course: list[set[str]] = [*history, *[set[str]()] * QUIET_AT_LAST]
    for number, failing in enumerate(course):
        outcomes = {name: FAIL if name in failing else PASS for name in NAMES}
        table = {p: reported(p, TICK + number, outcomes) for p in THREE}
        before = {m for names in named.values() for m in names}
        state = replace(state, outbox=())
        state = judge(shard(*watched), table, state, instant_of(TICK + number))
        for owed in state.outbox:
            names = [subject.monitor for subject in owed.alert.subjects]
            assert len(names) == len(set(names))
            if owed.alert.event is Event.RESOLVED:
                assert named.pop(owed.alert.incident) == set(names)
            if owed.alert.event is Event.OPENED:
                assert not {*names} & {m for each in named.values() for m in each}
                named[owed.alert.incident] = {*names}
        assert failing <= {m for each in named.values() for m in each} | before

    assert named == {}
