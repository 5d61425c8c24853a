"""How long a regular expression may take on hostile text, and that it finds what `re` finds."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.checks.pattern import BUDGET, SHORT, Pattern, TooSlowError, forgive

SIZE = 64 * 1024


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (r"\w+@", "a"),
        (r"(?i)\w+:", "é"),
        (r"[ab]*c", "ab"),
        (r"(a+)+$", "a"),
        (r".*OK", "a"),
        (r"x*y", "x"),
        (r"\w+\w+@", "a"),
        (r"\s*\d", "\n"),
        (r"(?s)<title>.*?</title>", "<title>"),
    ],
)
def test_the_budget_holds_whatever_the_pattern(expression: str, text: str) -> None:
    pattern = Pattern(expression)
    hostile = (text * SIZE)[: SIZE - 1] + "!"
    began = time.process_time()

    with pytest.raises(TooSlowError):
        pattern.search(hostile)

    assert time.process_time() - began < BUDGET + 0.25


def test_a_clean_miss_in_a_long_text_is_no_overrun() -> None:
    assert Pattern(r"(?i)status: *(ok|well)").search("lorem ipsum 123\n" * (SIZE // 16)) is None


@given(
    expression=st.sampled_from([r"^a", r"a$", r"\bab", r"(?m)^b", r"(?<=a)b", r"b*", r"\Aab\Z"]),
    text=st.text("ab\n", max_size=12),
)
def test_a_long_text_is_searched_as_a_short_one_is(expression: str, text: str) -> None:
    padded = "." * SHORT + text

    found = Pattern(expression).search(padded)
    expected = re.search(expression, padded)

    assert (found and found.span()) == (expected and expected.span())


def test_what_was_too_slow_is_not_tried_again_by_the_same_monitor() -> None:
    hostile = "a" * SIZE
    forgive()
    with pytest.raises(TooSlowError):
        Pattern(r"\w+@").search(hostile)
    began = time.process_time()

    with pytest.raises(TooSlowError):
        Pattern(r"\w+@").search(hostile)

    assert time.process_time() - began < BUDGET / 2
    forgive()
    assert Pattern(r"\w+@").search("a@") is not None
