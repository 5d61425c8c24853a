"""What is seen of a shard at a moment."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import FAIL, NOON, PASS, THREE, monitor, report, shard
from tests.unit.domain.scenes import BLIND, DOWN, UP, scene
from tocsin.domain.incident import Subject
from tocsin.domain.quorum import Delay, ballots
from tocsin.domain.standing import Standing

DB = replace(
    monitor("db", slow=timedelta(milliseconds=1)),
    runbook="https://wiki.example.com/db",
    tags=("shop",),
)
WEB = replace(monitor("web"), depends_on=("db",))
FAMILY = shard(DB, WEB)
OFTEN = (NOON,) * 5


def test_a_subject_shows_all_that_is_known_of_its_monitor() -> None:
    reports = {name: report(name, db=PASS, web=FAIL) for name in THREE}

    assert scene(shard=FAMILY, reports=reports).subject(DB) == Subject(
        monitor="db",
        target="tcp://db.example.com:5432",
        need=2,
        ballots=ballots(DB, reports, NOON),
        runbook="https://wiki.example.com/db",
        tags=("shop",),
        slow=(Delay(phase=None, ms=1.5, limit_ms=1),),
        hangs=("web",),
    )


@pytest.mark.parametrize(
    ("web", "under", "fallen"),
    [
        pytest.param(DOWN, {"web"}, ("web",), id="down without an alert of its own"),
        pytest.param(DOWN, set(), (), id="down with an alert of its own"),
        pytest.param(UP, {"web"}, (), id="well all the same"),
        pytest.param(BLIND, {"web"}, (), id="unseen"),
    ],
)
def test_what_hangs_on_a_subject_has_fallen_with_it_where_it_is_down_and_sheltered(
    web: Standing, under: set[str], fallen: tuple[str, ...]
) -> None:
    shown = scene(DOWN, web, shard=FAMILY, sheltered=frozenset(under)).subject(DB)

    assert shown.hangs == ("web",)
    assert shown.fallen == fallen


def test_what_is_no_longer_watched_is_shown_as_it_was() -> None:
    gone = Subject(monitor="gone", target="as it was", need=2, ballots=())
    seen = scene()

    assert seen.monitor("gone") is None
    assert seen.seen_again(gone) is gone
    assert seen.seen_again(replace(gone, monitor="db")).target == "tcp://db.example.com:5432"


def test_of_many_votes_the_first_five_by_name_are_told() -> None:
    names = ["f", "b", "a", "e", "d", "c"]
    seen = scene(standings={**dict.fromkeys(names, DOWN), "g": UP})

    assert seen.votes([*names, "gone"]) == tuple((name, ("lima", "mike")) for name in "abcde")
    assert seen.votes(["g"]) == (("g", ()),)


def test_one_that_goes_up_and_down_is_enough_and_what_is_gone_does_not() -> None:
    seen = scene(replace(DOWN, flips=OFTEN), DOWN)

    assert seen.flaps(["web", "db"])
    assert not seen.flaps(["web", "gone"])
    assert not scene(replace(DOWN, flips=OFTEN), now=NOON + timedelta(hours=1)).flaps(["db"])
