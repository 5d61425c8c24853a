"""From where a monitor stood to where it stands, vote by vote and moment by moment."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes.make import MINUTE, NOON, THREE, monitor, world
from tocsin.domain.quorum import Verdict, count
from tocsin.domain.standing import Standing, stand

INSTANT = timedelta(microseconds=1)
OLD = NOON - 20 * MINUTE
UP = Standing(verdict=Verdict.UP, since=OLD, well=True)
DOWN = Standing(verdict=Verdict.DOWN, since=OLD, held_down=True)
SLOW = monitor(recover_for=5 * MINUTE)


def after(votes: str, before: Standing | None) -> Standing:
    return stand(SLOW, count(SLOW, world(votes), NOON), before, NOON)


@pytest.mark.parametrize(
    ("votes", "recovering"),
    [("ppp", NOON), ("pf-", None), ("p--", None), ("pff", None)],
    ids=["it passes", "half of it passes", "one alone passes", "it fails"],
)
def test_what_was_down_is_on_its_way_up_only_where_a_quorum_passes(
    votes: str, recovering: datetime | None
) -> None:
    found = after(votes, DOWN)

    assert found.held_down
    assert found.recovering_since == recovering
    assert after(votes, replace(DOWN, recovering_since=None)).held_down


@pytest.mark.parametrize(
    ("since", "held"),
    [(NOON - 5 * MINUTE, False), (NOON - 5 * MINUTE + INSTANT, True)],
    ids=["for long enough", "not yet"],
)
def test_it_is_up_once_it_has_passed_for_long_enough(since: datetime, held: bool) -> None:  # noqa: FBT001 - a case
    found = after("ppp", replace(DOWN, recovering_since=since))

    assert found.held_down is held
    assert found.recovering_since == (since if held else None)
    assert found.verdict is (Verdict.DOWN if held else Verdict.UP)


def test_a_relapse_forgets_the_recovery() -> None:
    assert after("pf-", replace(DOWN, recovering_since=OLD)).recovering_since is None
    assert after("fff", replace(DOWN, recovering_since=OLD)).recovering_since is None


def test_a_standing_says_who_fails_and_who_is_silent_and_since_when() -> None:
    assert after("pf-", UP) == replace(
        UP,
        verdict=Verdict.DEGRADED,
        since=NOON,
        failing=("mike",),
        silent=("november",),
        well=False,
    )
    assert after("ppp", UP) == UP
    assert after("ppp", None) == replace(UP, since=NOON)
    assert after("fff", DOWN).since == OLD
    assert after("fff", None) == replace(DOWN, since=NOON, failing=THREE, failed=True)


@pytest.mark.parametrize(
    ("before", "votes", "flips"),
    [
        pytest.param(Verdict.UP, "fff", (NOON,), id="it goes down"),
        pytest.param(Verdict.DEGRADED, "fff", (NOON,), id="from bad to worse"),
        pytest.param(Verdict.DOWN, "ppp", (NOON,), id="it comes back"),
        pytest.param(Verdict.DOWN, "ppf", (NOON,), id="it comes back in part"),
        pytest.param(Verdict.DOWN, "fff", (), id="it stays down"),
        pytest.param(Verdict.DOWN, "---", (), id="it is unseen"),
        pytest.param(Verdict.UP, "ppf", (), id="it is degraded"),
        pytest.param(Verdict.UNKNOWN, "fff", (), id="it is seen again"),
        pytest.param(Verdict.PAUSED, "fff", (), id="it is judged again"),
    ],
)
def test_a_flip_is_between_down_and_well(
    before: Verdict, votes: str, flips: tuple[datetime, ...]
) -> None:
    assert after(votes, Standing(verdict=before, since=OLD)).flips == flips


def test_of_the_flips_the_last_five_within_half_an_hour_are_kept() -> None:
    ages = [31, 30, 25, 20, 15, 10, 5]
    flips = tuple(NOON - age * MINUTE for age in ages)

    kept = after("ppp", replace(UP, flips=flips)).flips

    assert kept == flips[2:]
    assert after("ppp", replace(UP, flips=flips[:2])).flips == flips[1:2]
    assert after("fff", replace(UP, flips=flips[2:])).flips == (*flips[3:], NOON)
