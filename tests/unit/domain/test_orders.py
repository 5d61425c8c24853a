"""What people ask for: done once, by whoever asked first, and noted where it belongs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import MINUTE, NOON, monitor
from tests.unit.domain.history import ME, Life
from tocsin.domain import orders
from tocsin.domain.control import Said, Silence
from tocsin.domain.state import ShardState

BEA = Said(by="bea", at=NOON + MINUTE, note="new disk")
SHOP = [replace(monitor(name), tags=("shop",)) for name in ("cart", "db", "web")]
TRIO = frozenset({"cart", "db", "web"})
DOWN = Life.of(*SHOP, monitor("mail")).live(2, down=TRIO).state
(INCIDENT,) = DOWN.incidents
PAUSED = orders.paused(DOWN, ["db"], ME)


def silence(
    until: timedelta = timedelta(hours=2),
    *,
    monitors: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
) -> Silence:
    return Silence(
        id=orders.silence_id(monitors, tags),
        said=BEA,
        until=BEA.at + until,
        monitors=monitors,
        tags=tags,
    )


ON_SHOP = silence(tags=("shop",))
SILENCED = orders.silenced(DOWN, ON_SHOP)


def steps(state: ShardState) -> list[tuple[str, str]]:
    """Give what Bea did in the course of the incident, and why."""
    return [(m.what, m.note) for m in state.incidents[0].moments if m.by == "bea"]


@pytest.mark.parametrize(
    ("before", "order"),
    [
        pytest.param(DOWN, lambda s: orders.paused(s, ["db"], BEA), id="a pause"),
        pytest.param(PAUSED, lambda s: orders.resumed(s, ["db"], BEA), id="the end of a pause"),
        pytest.param(
            DOWN, lambda s: orders.acknowledged(s, INCIDENT.id, BEA), id="an acknowledgement"
        ),
        pytest.param(DOWN, lambda s: orders.silenced(s, ON_SHOP), id="a silence"),
        pytest.param(SILENCED, lambda s: orders.loud(s, ON_SHOP.id, BEA), id="its end"),
    ],
)
def test_an_order_changes_something_the_first_time_only(
    before: ShardState, order: Callable[[ShardState], ShardState]
) -> None:
    once = order(before)

    assert once != before
    assert order(once) == once


def test_whoever_paused_it_first_has_paused_it() -> None:
    state = orders.paused(PAUSED, ["db", "web"], BEA)

    assert state.paused == {"db": ME, "web": BEA}
    assert steps(state) == [("paused: web", "new disk")]


def test_only_what_is_named_is_judged_again() -> None:
    state = orders.resumed(orders.paused(DOWN, ["db", "mail"], ME), ["db", "web"], BEA)

    assert state.paused == {"mail": ME}
    assert steps(state) == [("resumed: db", "new disk")]


def test_whoever_acknowledged_it_first_has_it() -> None:
    mine = orders.acknowledged(DOWN, INCIDENT.id, ME)

    assert orders.acknowledged(mine, INCIDENT.id, BEA) is mine
    assert mine.incidents[0].acknowledged == ME


def test_another_incident_is_not_acknowledged_along() -> None:
    assert orders.acknowledged(DOWN, f"{INCIDENT.id}0", BEA) is DOWN


def test_an_order_stands_in_the_course_of_the_incidents_that_it_is_about() -> None:
    both = Life.of(monitor("db"), monitor("mail")).live(2, down={"db", "mail"}).state
    assert len(both.incidents) == 2

    state = orders.paused(both, ["mail"], BEA)

    told = {i.monitors: [m.what for m in i.moments if m.by] for i in state.incidents}
    assert told == {frozenset({"db"}): [], frozenset({"mail"}): ["paused"]}


@pytest.mark.parametrize(
    ("wanted", "step"),
    [
        pytest.param(ON_SHOP, "silenced until 2026-01-01 14:01 UTC", id="all of it"),
        pytest.param(
            silence(monitors=("db",)), "silenced until 2026-01-01 14:01 UTC: db", id="some of it"
        ),
    ],
)
def test_a_silence_and_its_end_stand_in_the_course(wanted: Silence, step: str) -> None:
    state = orders.loud(orders.silenced(DOWN, wanted), wanted.id, BEA)

    end = step.replace("silenced until 2026-01-01 14:01 UTC", "silence ended")
    assert [what for what, _ in steps(state)] == [step, end]
    assert state.silences == ()


@pytest.mark.parametrize(
    "other",
    [silence(monitors=("mail",)), silence(tags=("post",))],
    ids=["by name", "by tag"],
)
def test_a_silence_about_something_else_stands_in_no_course(other: Silence) -> None:
    assert orders.silenced(DOWN, other).incidents == DOWN.incidents


def test_a_course_names_a_few_of_many_monitors() -> None:
    names = [f"m{number}" for number in range(9)]
    many = [replace(monitor(name), tags=("shop",)) for name in names]
    state = Life.of(*many).live(2, down=names).state

    assert steps(orders.paused(state, names[:6], BEA))[0][0] == (
        "paused: m0, m1, m2, m3, m4 and 1 more"
    )
    assert steps(orders.paused(state, names[:5], BEA))[0][0] == "paused: m0, m1, m2, m3, m4"


def test_the_same_silence_asked_for_again_ends_at_the_new_time() -> None:
    longer = silence(timedelta(hours=3), tags=("shop",))

    assert orders.silenced(SILENCED, longer).silences == (longer,)


def test_a_silence_is_known_by_what_it_is_about() -> None:
    name = orders.silence_id(["db", "web"], ["shop"])

    assert name == orders.silence_id(["web", "db", "db"], ["shop"])
    assert name != ON_SHOP.id
    assert orders.silence_id(["db", "shop"], ["web"]) != orders.silence_id(["db"], ["shop", "web"])


def test_the_end_of_one_silence_is_not_the_end_of_another() -> None:
    other = silence(monitors=("db",))

    state = orders.loud(orders.silenced(SILENCED, other), ON_SHOP.id, BEA)

    assert state.silences == (other,)


def full() -> ShardState:
    others = [silence(monitors=(f"m{number}",)) for number in range(orders.SILENCES)]
    return replace(DOWN, silences=tuple(others))


def test_a_shard_holds_so_many_silences_and_no_more() -> None:
    almost = replace(full(), silences=full().silences[1:])

    assert len(orders.silenced(almost, ON_SHOP).silences) == orders.SILENCES
    with pytest.raises(orders.TooManySilencesError, match="100 silences are in force in shard s0"):
        orders.silenced(full(), ON_SHOP)


def test_a_full_shard_still_lets_one_be_prolonged() -> None:
    longer = silence(timedelta(hours=3), monitors=("m0",))

    assert longer in orders.silenced(full(), longer).silences


def test_a_silence_that_is_over_takes_no_place() -> None:
    first, *others = full().silences
    over = replace(first, until=BEA.at)

    state = orders.silenced(replace(DOWN, silences=(over, *others)), ON_SHOP)

    assert over not in state.silences
    assert ON_SHOP in state.silences


@pytest.mark.parametrize(
    "state",
    [
        orders.paused(DOWN, ["db"], BEA),
        orders.acknowledged(DOWN, INCIDENT.id, BEA),
        SILENCED,
    ],
    ids=["a pause", "an acknowledgement", "a silence"],
)
def test_an_order_judges_nothing_and_sends_nothing(state: ShardState) -> None:
    kept = replace(state, paused=DOWN.paused, silences=DOWN.silences, incidents=DOWN.incidents)

    assert kept == DOWN
    assert [i.id for i in state.incidents] == [INCIDENT.id]


def test_what_people_say_is_kept_inert_and_no_longer_than_may_be() -> None:
    said = orders.said("b" * 200, NOON, "\x1b[2J" + "n" * 500)

    assert len(said.by) == orders.NAME_CHARACTERS
    assert len(said.note) == orders.NOTE_CHARACTERS
    assert said.note.startswith(r"\x1b[2Jn")
