"""What is owed to a route that takes nothing, or not everything (invariants 2, 3 and 15)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import FAIL, NOON, PASS, THREE, monitor, shard
from tests.unit.domain.histories import reported
from tests.unit.domain.history import Life
from tests.unit.domain.test_outbox import BOTH, NOW, incident, left, owed
from tocsin.domain.incident import Event, Kind
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import WAITING, Owed, Receipt, bounded, overtaken, strike, unheard
from tocsin.domain.schedule import tick_of
from tocsin.domain.state import ShardState

NAMES = ("api", "db", "web")
SHOP = shard(*(replace(monitor(name, routes=BOTH), tags=("shop",)) for name in NAMES))
DAYS = st.lists(st.tuples(st.sets(st.sampled_from(NAMES)), st.integers(1, 2 * 1440)), max_size=40)


@given(DAYS)
def test_15_of_what_is_open_a_deaf_route_is_owed_little_and_of_what_is_over_the_end(
    days: list[tuple[set[str], int]],
) -> None:
    state, now = ShardState(shard="s0"), NOON
    for down, minutes in days:
        now += timedelta(minutes=minutes)
        outcomes = {name: FAIL if name in down else PASS for name in NAMES}
        table = {place: reported(place, tick_of(now), outcomes) for place in THREE}
        before = unheard(state.outbox)
        fresh = [*state.outbox]
        state = judge(SHOP, table, state, now)
        for each in (o.alert for o in state.outbox if o not in fresh):
            if each.incident in before:
                assert each.event is Event.RESOLVED
    for name in unheard(state.outbox):
        assert len([o for o in state.outbox if o.alert.incident == name]) <= 2
    assert unheard(state.outbox).keys() == {i.id for i in (*state.incidents, *state.closed)}


WAYS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["o", "r", "or"])), max_size=40)


@given(WAYS)
def test_15_only_what_is_over_and_untold_is_given_up_the_oldest_first(
    drawn: list[tuple[int, str]],
) -> None:
    outbox: list[Owed] = []
    for number, (size, what) in enumerate(drawn):
        each = incident(number, size=10 * size)
        outbox += [owed(each, Event.OPENED)] if "o" in what else []
        outbox += [owed(each, Event.RESOLVED)] if "r" in what else []

    rest, _ = bounded(tuple(outbox), (), monitors=0, now=NOW)

    gone = left(outbox) - left(rest)
    over = {number for number, (_, what) in enumerate(drawn) if what == "or"}
    lost = {number for number in over if f"i{number}#opened" in gone}
    assert gone == {f"i{n}#{event}" for n in lost for event in (Event.OPENED, Event.RESOLVED)}
    assert lost == {number for number in over if number <= max(lost, default=-1)}
    assert lost == over or _size(rest) <= WAITING
    assert not lost or _size(outbox) > WAITING


def _size(outbox: Iterable[Owed]) -> int:
    return sum(max(1, len(each.alert.subjects)) for each in outbox)


OWED = st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=12)


@given(OWED)
def test_3_nothing_is_sent_any_more_that_goes_before_what_was_sent(
    drawn: Sequence[tuple[int, bool]],
) -> None:
    outbox = tuple(
        Owed(
            alert=replace(owed(incident(name), Event.REMINDER).alert, number=number),
            routes=(Route.PAGE,),
        )
        for number, (name, _) in enumerate(drawn, start=1)
    )
    taken = {o.alert.id: took for o, (_, took) in zip(outbox, drawn, strict=True)}
    sent = {
        (name, Route.PAGE): Receipt(at=NOW, message="m") for name, took in taken.items() if took
    }

    rest = strike(outbox, sent, ())

    last: dict[str, int] = {}
    for each in outbox:
        if taken[each.alert.id]:
            last[each.alert.incident] = each.alert.number
    kept = [o for o in outbox if o.alert.number > last.get(o.alert.incident, 0)]
    assert rest == tuple(kept)
    gone = {o.alert.id for o in outbox if o not in kept and not taken[o.alert.id]}
    assert overtaken(outbox, sent) == {(name, Route.PAGE) for name in gone}


def test_2_a_route_that_was_deaf_hears_how_it_stands_as_soon_as_it_hears() -> None:
    life = Life.of(*SHOP.monitors).live(2, down={"db", "web"})
    life.deaf = True
    life.live(2, down={"db"}).live(2, down={"db", "web"})
    (again,) = life.state.outbox
    life.live(2, down={"db"}).live(2, down={"db", "api", "web"})
    assert [o for o in life.state.outbox if o.alert.incident == again.alert.incident] == [again]

    life.deaf = False
    life.alerts.clear()
    life.live(2, down={"db", "api", "web"})

    first, *_, last = (a for a in life.alerts if a.incident == again.alert.incident)
    assert first == again.alert
    assert (last.event, last.kind, last.routes) == (Event.UPDATED, Kind.DOWN, BOTH)
    assert [subject.monitor for subject in last.subjects] == ["db", "web"]
