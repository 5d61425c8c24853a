"""What one location sees failing, as a stand-by tells it."""

from dataclasses import replace

import pytest

from tests.fakes.make import ABSTAIN, FAIL, PASS, TICK, WARN, report
from tocsin.domain.outlook import FIRM, LASTS, MOST, TEXT, Failing, View, outlook, view


def seen(
    *names: str, tick: int = TICK, since: int = TICK - FIRM, shard: str = "s0", suspect: str = ""
) -> View:
    failing = tuple(Failing(monitor=name, since=since, text="refused") for name in names)
    return View(shard=shard, tick=tick, monitors=9, failing=failing, suspect=suspect)


def names(*views: View, tick: int = TICK) -> list[str]:
    known = outlook(views, tick)
    assert known is not None
    return [each.monitor for each in known.failing]


def test_a_view_has_what_fails_and_nothing_else() -> None:
    said = view(report("lima", db=FAIL, api=PASS, mx=WARN, far=ABSTAIN))

    assert (said.shard, said.tick, said.monitors) == ("s0", TICK, 4)
    assert said.failing == (
        Failing(monitor="db", since=TICK, text="connect/refused: connection refused"),
    )


def test_a_view_is_inert_and_short_whatever_a_target_said() -> None:
    loud = replace(FAIL, evidence="\x1b[31m" + "x" * 500)

    (failing,) = view(report("lima", db=loud)).failing

    assert failing.text.isprintable()
    assert len(failing.text) == TEXT


def test_a_location_that_does_not_believe_itself_says_so() -> None:
    said = view(replace(report("lima", db=FAIL), suspect="2 of its 3 canaries fail"))

    known = outlook([said, seen("api", shard="s1")], TICK)

    assert known is not None
    assert (known.suspect, known.failed) == ("2 of its 3 canaries fail", 0)


@pytest.mark.parametrize(("since", "shown"), [(FIRM - 1, []), (FIRM, ["db"])])
def test_only_what_has_failed_in_three_ticks_is_shown(since: int, shown: list[str]) -> None:
    assert names(seen("db", since=TICK - since)) == shown
    assert names(seen("db", since=TICK - since), tick=TICK + 1) == shown, "seen no longer since"


@pytest.mark.parametrize(("age", "known"), [(LASTS, True), (LASTS + 1, False)])
def test_what_nobody_has_seen_of_late_is_not_known(age: int, *, known: bool) -> None:
    assert (outlook([seen("db")], TICK + age) is not None) is known


def test_without_a_view_nothing_is_known() -> None:
    assert outlook([], TICK) is None


def test_what_failed_first_comes_first() -> None:
    early, late = seen("zulu", since=TICK - 9), seen("alpha", shard="s1")

    assert names(late, early) == ["zulu", "alpha"]


def test_all_shards_count_and_the_first_hundred_are_named() -> None:
    many = seen(*(f"m{number}" for number in range(MOST + 1)))

    known = outlook([many, seen("db", shard="s1")], TICK)

    assert known is not None
    assert (known.monitors, known.failed, len(known.failing)) == (18, MOST + 2, MOST)


def test_the_mark_is_the_same_for_as_long_as_the_same_fail() -> None:
    def mark(*views: View, tick: int = TICK) -> str:
        known = outlook(views, tick)
        assert known is not None
        return known.mark

    before = mark(seen("db", "api"))

    assert mark(seen("api", "db", tick=TICK + 1), tick=TICK + 1) == before
    assert mark(seen("api"), seen("db", shard="s1")) == before
    assert mark(seen("db", since=TICK - 9), seen("api", shard="s1")) == before
    assert mark(seen("db")) != before
    assert mark(seen()) == ""
