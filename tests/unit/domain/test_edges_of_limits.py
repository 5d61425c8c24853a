"""The limits that people feel: a change of one of them is meant, or it is a mistake."""

from datetime import timedelta
from types import ModuleType

import pytest

from tests.fakes.make import MINUTE, NOON
from tocsin.domain import incident, judgement, openings, orders, outbox, standing, suspicion
from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import Standing


@pytest.mark.parametrize(
    ("place", "name", "meant"),
    [
        pytest.param(outbox, "CLAIM", timedelta(seconds=90), id="a claim"),
        pytest.param(openings, "BLIND_AFTER", 3 * MINUTE, id="before blindness is told"),
        pytest.param(openings, "WARN_AFTER", 10 * MINUTE, id="before a warning is told"),
        pytest.param(suspicion, "STEADY", 5 * MINUTE, id="before a location is well again"),
        pytest.param(judgement, "HEARD_OF", 10 * MINUTE, id="of a pause of the unknown"),
        pytest.param(incident, "FIRST_REMINDER", 60 * MINUTE, id="before the first reminder"),
        pytest.param(incident, "LAST_REMINDER", timedelta(days=1), id="between later reminders"),
    ],
)
def test_a_time_lasts_as_long_as_it_is_meant_to(
    place: ModuleType, name: str, meant: timedelta
) -> None:
    assert getattr(place, name) == meant


@pytest.mark.parametrize(
    ("place", "name", "meant"),
    [
        pytest.param(standing, "FLIPS", 4, id="flips"),
        pytest.param(suspicion, "LEAST", 3, id="failures alone before a location is doubted"),
        pytest.param(judgement, "CLOSED", 100, id="closed incidents"),
        pytest.param(incident, "MOMENTS", 40, id="moments"),
        pytest.param(incident, "DELIVERIES", 40, id="deliveries"),
        pytest.param(orders, "NAME_CHARACTERS", 80, id="characters of a name"),
        pytest.param(orders, "NOTE_CHARACTERS", 200, id="characters of a note"),
        pytest.param(orders, "SILENCES", 100, id="silences"),
    ],
)
def test_as_much_is_kept_as_is_meant_to_be(place: ModuleType, name: str, meant: int) -> None:
    assert getattr(place, name) == meant


@pytest.mark.parametrize(
    ("age", "flaps"),
    [(timedelta(minutes=30), True), (timedelta(minutes=30, microseconds=1), False)],
    ids=["to the last moment", "no longer"],
)
def test_what_went_up_and_down_flaps_for_half_an_hour(age: timedelta, flaps: bool) -> None:  # noqa: FBT001 - a case
    often = Standing(verdict=Verdict.UP, since=NOON, flips=(NOON,) * 5)

    assert often.flaps(NOON + age) is flaps


def test_nothing_is_well_before_it_was_seen_to_be() -> None:
    assert not Standing(verdict=Verdict.UP, since=NOON).well


def test_a_shard_that_nothing_is_said_of_has_nothing_around_it() -> None:
    around = judgement.Surroundings()

    assert (around.leads, around.elsewhere, around.held) == (frozenset(), {}, frozenset())
