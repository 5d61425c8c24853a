"""When a stand-by says that the home is silent, and when that it is back."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.make import MINUTE, NOON
from tocsin.domain.incident import Event
from tocsin.domain.outlook import Failing, Outlook
from tocsin.domain.standby import (
    FRESH,
    IN_A_ROW,
    LOST_AFTER,
    NEWS_AFTER,
    OVERDUE,
    HomeAlert,
    Look,
    Progress,
    Watch,
    attend,
)

HOME = "eu-west-1"
OUT = Look(problem="its state table does not answer: out")
BLIND = Look(problem="its state table does not answer: out", blind="2 of our 3 canaries fail")


def minute(number: int) -> datetime:
    return NOON + number * MINUTE


def sign(at: datetime) -> Look:
    return Look(progress=Progress(at=at, judged=2, failed=0))


def seen(*names: str) -> Outlook:
    failing = tuple(Failing(monitor=name, since=0, text="refused") for name in names)
    mark = ",".join(names)
    return Outlook(monitors=9, failed=len(names), failing=failing, mark=mark)


def after(looks: Iterable[Look], watch: Watch | None = None, *, first: int = 0) -> Watch:
    """Look once a minute."""
    watch = watch or Watch()
    for number, look in enumerate(looks, first):
        watch = attend(watch, look, None, minute(number), home=HOME)
    return watch


def healthy(minutes: int) -> Iterator[Look]:
    return (sign(minute(number)) for number in range(minutes))


def silence(count: int, *, since: int) -> Iterator[Look]:
    """Find the tables answer, and the note of that minute in them."""
    return (sign(minute(since)) for _ in range(count))


def lost(told: Outlook | None = None) -> Watch:
    """Give a watch that has told of a loss at minute 5, which people have heard."""
    watch = after([*healthy(1), *[OUT] * 4])
    watch = attend(watch, OUT, told, minute(5), home=HOME)
    assert watch.loss is not None
    return replace(watch, owed=())


def events(watch: Watch) -> list[Event]:
    return [each.event for each in watch.owed]


def test_a_home_that_notes_its_progress_is_let_alone() -> None:
    watch = after(healthy(60))

    assert (watch.loss, watch.owed) == (None, ())


@pytest.mark.parametrize("bad", range(1, 5))
def test_some_bad_minutes_ring_nobody(bad: int) -> None:
    watch = after([*healthy(10), *[OUT] * bad])

    assert not watch.owed
    assert after(healthy(20), watch).loss is None


def test_five_minutes_without_a_sign_are_a_loss_that_is_told_once() -> None:
    watch = after([*healthy(1), *[OUT] * 30])

    assert events(watch) == [Event.OPENED]
    alert = watch.owed[0]
    assert (alert.at, alert.silent_since) == (minute(5), minute(0))
    assert alert.trouble == OUT.problem


@pytest.mark.parametrize(
    ("age", "told"),
    [
        pytest.param(LOST_AFTER - timedelta(microseconds=1), False, id="a moment too young"),
        pytest.param(LOST_AFTER, True, id="old enough"),
    ],
)
def test_the_newest_sign_must_be_five_minutes_old(age: timedelta, *, told: bool) -> None:
    watch = Watch(sign_at=NOON, misses=IN_A_ROW)

    assert bool(attend(watch, OUT, None, NOON + age, home=HOME).owed) is told


@pytest.mark.parametrize(("misses", "told"), [(IN_A_ROW - 2, False), (IN_A_ROW - 1, True)])
def test_three_looks_in_a_row_must_agree_however_long_nobody_looked(
    misses: int, *, told: bool
) -> None:
    watch = Watch(sign_at=NOON, misses=misses)

    assert bool(attend(watch, OUT, None, NOON + timedelta(days=1), home=HOME).owed) is told


def test_tables_that_answer_are_no_sign_of_judging() -> None:
    watch = after([*healthy(1), *silence(8, since=0)])

    assert events(watch) == [Event.OPENED]
    assert "no progress since 12:00 UTC" in watch.owed[0].trouble


@pytest.mark.parametrize(
    ("off", "a_sign"),
    [
        pytest.param(-FRESH, True, id="as old as it may be"),
        pytest.param(-FRESH - timedelta(microseconds=1), False, id="too old"),
        pytest.param(FRESH + timedelta(microseconds=1), False, id="of the future"),
    ],
)
def test_only_a_fresh_note_is_a_sign(off: timedelta, *, a_sign: bool) -> None:
    assert (sign(NOON + off).trouble(NOON) == "") is a_sign


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        pytest.param(Progress(at=NOON, judged=0, failed=0), "", id="nothing to judge yet"),
        pytest.param(Progress(at=NOON, judged=1, failed=1), "", id="most is judged"),
        pytest.param(
            Progress(at=NOON, judged=0, failed=2), "none of its 2 shards", id="nothing is judged"
        ),
        pytest.param(
            Progress(at=NOON, judged=2, failed=0, owed_since=NOON - OVERDUE), "", id="on its way"
        ),
        pytest.param(
            Progress(at=NOON, judged=2, failed=0, owed_since=NOON - OVERDUE - MINUTE),
            "have not taken what it owes them since 11:54 UTC",
            id="nothing is taken",
        ),
    ],
)
def test_a_home_that_cannot_tell_anybody_gives_no_sign(progress: Progress, said: str) -> None:
    trouble = progress.trouble()

    assert (said in trouble) if said else (trouble == "")
    assert Look(progress=progress).trouble(NOON) == trouble


def test_a_home_of_before_there_were_notes_is_told_what_it_lacks() -> None:
    watch = after([Look()] * 6)

    assert events(watch) == [Event.OPENED]
    assert "an older version of Tocsin" in watch.owed[0].trouble


def test_a_home_that_was_never_heard_is_silent_since_the_first_look() -> None:
    assert after([OUT] * 6).owed[0].silent_since == minute(0)


def test_a_stand_by_that_is_cut_off_itself_says_nothing() -> None:
    watch = after([*healthy(1), *[BLIND] * 30])

    assert (watch.loss, watch.owed) == (None, ())


def test_what_was_missed_while_cut_off_is_looked_for_anew() -> None:
    watch = after([*healthy(1), *[BLIND] * 20, *[OUT] * (IN_A_ROW - 1)])

    assert not watch.owed
    assert events(after([OUT], watch, first=23)) == [Event.OPENED]


def test_the_home_is_back_after_three_signs_in_a_row_and_that_is_told_once() -> None:
    watch = lost()
    back = [sign(minute(number)) for number in range(20, 30)]

    assert not after(back[: IN_A_ROW - 1], watch, first=20).owed
    watch = after(back, watch, first=20)

    assert events(watch) == [Event.RESOLVED]
    assert watch.loss is None
    assert (watch.owed[0].at, watch.owed[0].silent_since) == (minute(22), minute(0))


def test_a_home_that_comes_and_goes_is_not_back() -> None:
    looks = [sign(minute(20)), sign(minute(21)), OUT, sign(minute(23)), OUT, sign(minute(25))]

    assert after(looks, lost(), first=20).owed == ()


def test_a_stand_by_that_is_cut_off_does_not_take_the_home_for_back() -> None:
    looks = [sign(minute(20)), sign(minute(21)), BLIND, sign(minute(23))]

    assert after(looks, lost(), first=20).loss is not None


def test_the_beginning_and_the_end_are_of_one_loss_and_of_no_other() -> None:
    first = lost()
    back = after([sign(minute(number)) for number in range(20, 23)], first, first=20)
    again = after([OUT] * 8, replace(back, owed=()), first=23)

    assert first.loss is not None
    assert back.owed[0].id == f"{first.loss.id}#resolved"
    assert again.loss is not None
    assert again.loss.id != first.loss.id


def test_while_it_lasts_other_failures_are_told_a_quarter_of_an_hour_apart() -> None:
    watch = lost(seen("db"))
    just_before = minute(5) + NEWS_AFTER - timedelta(microseconds=1)

    assert not attend(watch, OUT, seen("db", "api"), just_before, home=HOME).owed
    watch = attend(watch, OUT, seen("db", "api"), minute(5) + NEWS_AFTER, home=HOME)

    assert [each.id.partition("#")[2] for each in watch.owed] == ["updated-1"]
    again = replace(watch, owed=())
    assert not attend(again, OUT, seen("db"), minute(34), home=HOME).owed
    assert attend(again, OUT, seen("db"), minute(35), home=HOME).owed[0].number == 2


@pytest.mark.parametrize(
    "outlook",
    [
        pytest.param(seen("db"), id="the same fails"),
        pytest.param(None, id="nobody has looked"),
        pytest.param(replace(seen("api"), suspect="cut off"), id="the location is suspect"),
    ],
)
def test_what_is_no_news_is_not_told(outlook: Outlook | None) -> None:
    assert not attend(lost(seen("db")), OUT, outlook, minute(60), home=HOME).owed


def test_nothing_is_added_to_what_people_have_yet_to_be_told() -> None:
    watch = after([*healthy(1), *[OUT] * 5])

    watch = attend(watch, OUT, seen("db"), minute(60), home=HOME)

    assert events(watch) == [Event.OPENED]


def test_an_end_waits_behind_a_beginning_that_was_not_taken() -> None:
    watch = after([*healthy(1), *[OUT] * 5])

    watch = after([sign(minute(number)) for number in range(6, 10)], watch, first=6)

    assert events(watch) == [Event.OPENED, Event.RESOLVED]


LOOKS = st.sampled_from(["sign", "stale", "out", "blind"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(LOOKS, st.integers(1, 4)), max_size=60))
def test_whatever_is_seen_each_beginning_has_one_end_and_none_comes_early(
    course: list[tuple[str, int]],
) -> None:
    now, newest, watch = NOON, NOON, Watch()
    told: list[HomeAlert] = []
    for kind, minutes in course:
        now += minutes * MINUTE
        newest = now if kind == "sign" else newest
        look = {"sign": sign(now), "stale": sign(newest - FRESH), "out": OUT, "blind": BLIND}[kind]
        watch = attend(watch, look, None, now, home=HOME)
        told += watch.owed
        watch = replace(watch, owed=())

    kinds = [each.event for each in told]
    assert kinds == [Event.OPENED, Event.RESOLVED] * (len(told) // 2) + [Event.OPENED] * (
        len(told) % 2
    )
    assert all(each.at - each.silent_since >= LOST_AFTER for each in told)
    assert len({each.id for each in told}) == len(told)
    for first, last in zip(told[::2], told[1::2], strict=False):
        assert first.loss == last.loss
