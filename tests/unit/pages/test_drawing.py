"""Pictures are short, and say what is known and no more."""

from dataclasses import replace

import pytest

from tests.fakes.make import ABSTAIN, FAIL, PASS
from tests.unit.messages import cases
from tocsin.domain.quorum import Verdict
from tocsin.pages import drawing


@pytest.mark.parametrize(
    ("times", "path"),
    [
        pytest.param([0, 10, 5], "M1 19 48 2 95 10", id="from zero up to the longest"),
        pytest.param([10, None, 5, 5], "M1 2h1M64 10 95 10", id="a gap"),
        pytest.param([None, 7, None], "M48 2h1", id="a lone point is a dot"),
        pytest.param([7], "M1 2h1", id="one of one"),
        pytest.param([0, 0], "M1 19 95 19", id="no time at all"),
        pytest.param([None, None], "", id="nothing known"),
        pytest.param([], "", id="nothing"),
    ],
)
def test_a_course_of_times(times: list[float | None], path: str) -> None:
    assert drawing.spark(times) == path


def test_courses_beside_each_other_have_one_height() -> None:
    assert drawing.spark([5, 5], top=10) == "M1 10 95 10"


def test_days_alike_are_one_line_and_each_tone_has_its_own() -> None:
    up, down = Verdict.UP, Verdict.DOWN
    tones = [None, up, up, down, up]

    assert drawing.days(tones, "up") == "M3 9h5M12 9h2"
    assert drawing.days(tones, "down") == "M9 9h2"
    assert drawing.days(tones, "degraded") == ""


def test_the_parts_of_a_check_fill_its_bar_in_order() -> None:
    parts = [*drawing.segments(cases.passes("a", ms=5).phases_ms)]

    assert [(part.phase, part.number, part.start, part.width) for part in parts] == [
        ("dns", 0, 0, 25),
        ("connect", 1, 25, 75),
    ]


def test_a_phase_of_no_name_that_we_know_has_a_colour_too() -> None:
    (part,) = drawing.segments([("rtt", 0.0)])

    assert (part.number, part.width) == (6, 0.6)


def test_minutes_are_stacked_from_the_bottom_and_who_could_not_judge_leaves_a_gap() -> None:
    quick = replace(PASS, phases_ms={"dns": 10.0, "connect": 30.0})

    first, failed = drawing.columns([quick, None, ABSTAIN, FAIL], top=80, height=40, step=8)

    assert (first.x, first.failed, first.parts) == (0, False, ((0, 35, 5), (1, 20, 15)))
    assert (failed.x, failed.failed) == (24, True)


def test_no_minute_reaches_over_the_top() -> None:
    slow = replace(PASS, phases_ms={"dns": 100.0, "connect": 100.0})

    (column,) = drawing.columns([slow], top=150, height=30, step=8)

    assert column.parts == ((0, 10, 20), (1, 0, 10))


def test_the_highest_minute_is_that_of_all_locations() -> None:
    assert drawing.highest([[PASS, None], [replace(PASS, phases_ms={"dns": 9.0})]]) == 9
    assert drawing.highest([]) == 0
