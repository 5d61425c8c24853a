"""The limits that people feel: a change of one of them is meant, or it is a mistake."""

from datetime import timedelta
from types import ModuleType

import pytest

from tests.fakes.make import MINUTE, NOON
from tocsin.domain import (
    incident,
    judgement,
    openings,
    orders,
    outbox,
    report,
    scene,
    schedule,
    standing,
    suspicion,
    zones,
)
from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import Standing


@pytest.mark.parametrize(
    ("place", "name", "meant"),
    [
        pytest.param(outbox, "CLAIM", timedelta(seconds=90), id="a claim"),
        pytest.param(outbox, "PATIENCE", 60 * MINUTE, id="before an end may be given up"),
        pytest.param(openings, "BLIND_AFTER", 3 * MINUTE, id="before blindness is told"),
        pytest.param(openings, "WARN_AFTER", 10 * MINUTE, id="before a warning is told"),
        pytest.param(suspicion, "STEADY", 5 * MINUTE, id="before a location is well again"),
        pytest.param(judgement, "HEARD_OF", 10 * MINUTE, id="of a pause of the unknown"),
        pytest.param(incident, "FIRST_REMINDER", 60 * MINUTE, id="before the first reminder"),
        pytest.param(incident, "LAST_REMINDER", timedelta(days=1), id="between later reminders"),
        pytest.param(schedule, "TICK_BUDGET", timedelta(seconds=43), id="for all checks"),
        pytest.param(schedule, "CHECK_BUDGET", timedelta(seconds=40), id="for one check"),
        pytest.param(zones, "FORGOTTEN_AFTER", timedelta(days=1), id="of a serial of nobody"),
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
        pytest.param(outbox, "CLOSED", 100, id="closed incidents beside one of each monitor"),
        pytest.param(outbox, "WAITING", 200, id="alerts beside two of each monitor"),
        pytest.param(incident, "MOMENTS", 40, id="moments"),
        pytest.param(incident, "DELIVERIES", 40, id="deliveries"),
        pytest.param(orders, "NAME_CHARACTERS", 80, id="characters of a name"),
        pytest.param(orders, "NOTE_CHARACTERS", 200, id="characters of a note"),
        pytest.param(orders, "SILENCES", 100, id="silences"),
        pytest.param(report, "PASS_TEXT", 100, id="characters of a pass"),
        pytest.param(scene, "SHOWN", 5, id="monitors whose votes are shown"),
        pytest.param(zones, "REMEMBERED", 32, id="old serials of a zone"),
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
    assert around == judgement.ALONE
