"""What a page is asked for may be anything, and is either understood or refused in words."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.make import NOON
from tocsin.pages.asked import FRESH, Asked, AskError, asked, stamped
from tocsin.usecases.act import Deed, Wanted
from tocsin.usecases.overview import Wish

AT = stamped(NOON)
DAY = Wish()


def read(typed: dict[str, object] | None = None, **words: object) -> Asked:
    return asked(words, typed or {}, NOON, DAY)


def test_nothing_asks_for_everything() -> None:
    assert read() == Asked(wish=DAY)


def test_a_click_filters_by_its_words_and_the_button_by_the_fields() -> None:
    typed: dict[str, object] = {"state": "down", "tag": "shop"}

    assert read(typed, state="up").wish == Wish(state="up")
    assert read(typed, filter=1).wish == Wish(state="down", tag="shop")
    assert read({"state": "", "tag": ""}, filter="1", state="up").wish == Wish()


def test_the_shown_time_is_that_of_whoever_looks() -> None:
    shown = Wish(span=timedelta(days=7), until=NOON)

    assert asked({"tag": "shop"}, {}, NOON, shown).wish == Wish(
        tag="shop", span=shown.span, until=NOON
    )


def test_words_that_are_unknown_are_passed_over() -> None:
    assert read(colour="red", describe=False, nested={"a": 1}) == Asked()


def test_an_order_has_what_was_typed() -> None:
    typed: dict[str, object] = {"by": " eve ", "note": "new disk", "length": "4h"}

    found = read(typed, do="silence", monitor="db", at=AT)

    assert found.order == Wanted(
        deed=Deed.SILENCE, monitor="db", by="eve", note="new disk", length=timedelta(hours=4)
    )
    assert found.monitor == "db"
    assert read(do="silence", monitor="db", at=str(AT)).order == Wanted(
        deed=Deed.SILENCE, monitor="db"
    )


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        pytest.param(
            {"state": "broken"}, {}, "no state broken: it is one of troubled", id="a state"
        ),
        pytest.param({"page": "0x1"}, {}, "no page 0x1", id="a page in letters"),
        pytest.param({"page": "-1"}, {}, "no page -1", id="a page before the first"),
        pytest.param({"page": "9" * 99}, {}, "no page 999", id="a page beyond all"),
        pytest.param(
            {"page": "\N{ARABIC-INDIC DIGIT ONE}"}, {}, "no page", id="a page in another script"
        ),
        pytest.param({"monitor": ["db"]}, {}, "monitor is a text", id="a list of monitors"),
        pytest.param({"tag": True}, {}, "tag is a text", id="a truth for a tag"),
        pytest.param({"do": "delete", "at": AT}, {}, "nothing called delete", id="a deed"),
        pytest.param({"do": "pause"}, {}, "when it was made", id="a button without a time"),
        pytest.param({"do": "pause", "at": "now"}, {}, "when it was made", id="a time in words"),
        pytest.param({"do": "pause", "at": 10**30}, {}, "when it was made", id="a time far off"),
        pytest.param(
            {"do": "silence", "at": AT}, {"length": "9y"}, "no silence lasts 9y", id="a length"
        ),
        pytest.param({"do": "pause", "at": AT}, {"by": {}}, "by is a text", id="a name"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_mend(
    words: dict[str, object], typed: dict[str, object], said: str
) -> None:
    with pytest.raises(AskError, match=said):
        asked(words, typed, NOON, DAY)


@pytest.mark.parametrize("age", [FRESH, -FRESH, timedelta(days=9)])
def test_an_old_button_does_nothing(age: timedelta) -> None:
    with pytest.raises(AskError, match="older than 30 minutes"):
        read(do="pause", monitor="db", at=stamped(NOON - age))

    fresh = NOON - FRESH + timedelta(seconds=1)
    assert read(do="pause", monitor="db", at=stamped(fresh)).order is not None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=4,
)
WORDS = st.dictionaries(
    st.sampled_from(["state", "tag", "page", "monitor", "do", "incident", "at", "filter", "by"]),
    ANYTHING,
)


@given(words=WORDS, typed=WORDS)
@settings(max_examples=100, deadline=None)
def test_whatever_comes_is_understood_or_refused(
    words: dict[str, object], typed: dict[str, object]
) -> None:
    try:
        found = asked(words, typed, NOON, DAY)
    except AskError as error:
        assert str(error)  # noqa: PT017 - either will do
    else:
        assert found.wish.page >= 0
        assert found.monitor.isprintable()
