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


READY = replace(DOWN, recovering_since=OLD)
UNSEEN = Standing(verdict=Verdict.UNKNOWN, since=OLD)
LOST = replace(READY, verdict=Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("before", "votes", "flips"),
    [
        pytest.param(UP, "fff", (NOON,), id="it goes down"),
        pytest.param(replace(UP, verdict=Verdict.DEGRADED), "fff", (NOON,), id="from bad to worse"),
        pytest.param(READY, "ppp", (NOON,), id="it has recovered"),
        pytest.param(READY, "ppf", (NOON,), id="it has recovered in part"),
        pytest.param(DOWN, "ppp", (), id="it recovers, not yet for long enough"),
        pytest.param(DOWN, "fff", (), id="it stays down"),
        pytest.param(DOWN, "---", (), id="it is down and unseen"),
        pytest.param(LOST, "fff", (), id="it is seen again and still down"),
        pytest.param(LOST, "ppp", (NOON,), id="it has recovered out of sight"),
        pytest.param(UNSEEN, "fff", (NOON,), id="it went down out of sight"),
        pytest.param(UNSEEN, "ppp", (), id="it is seen again and well"),
        pytest.param(UP, "---", (), id="it is unseen"),
        pytest.param(UP, "ppf", (), id="it is degraded"),
        pytest.param(Standing(verdict=Verdict.PAUSED, since=OLD), "fff", (), id="after a pause"),
        pytest.param(None, "fff", (), id="it is new"),
    ],
)
def test_a_flip_is_to_go_down_or_to_have_recovered_also_out_of_sight(
    before: Standing | None, votes: str, flips: tuple[datetime, ...]
) -> None:
    assert after(votes, before).flips == flips


def test_of_the_flips_the_last_five_within_half_an_hour_are_kept() -> None:
    ages = [31, 30, 25, 20, 15, 10, 5]
    flips = tuple(NOON - age * MINUTE for age in ages)

    kept = after("ppp", replace(UP, flips=flips)).flips

    assert kept == flips[2:]
    assert after("ppp", replace(UP, flips=flips[:2])).flips == flips[1:2]
    assert after("fff", replace(UP, flips=flips[2:])).flips == (*flips[3:], NOON)
