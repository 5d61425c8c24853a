"""Room goes to what matters most, and words stay whole."""

import pytest

from tocsin.messages.fit import Part, as_many, fit, wrapped

PARTS = (
    Part(forms=("DOWN",), rank=0),
    Part(forms=("db.example.com", "db", ""), rank=2),
    Part(forms=("refused",), rank=0),
    Part(forms=("since noon", ""), rank=1),
)


def test_all_of_it_is_shown_where_there_is_room() -> None:
    assert fit(PARTS, 38) == "DOWN db.example.com refused since noon"


def test_the_less_important_part_gives_way_first() -> None:
    assert fit(PARTS, 37) == "DOWN db refused since noon"
    assert fit(PARTS, 25) == "DOWN refused since noon"


def test_what_takes_room_from_the_important_is_left_out() -> None:
    assert fit(PARTS, 20) == "DOWN db refused"


def test_only_what_cannot_be_shorter_is_cut() -> None:
    assert fit(PARTS, 9) == "DOWN r..."


@pytest.mark.parametrize(
    ("limit", "joined"),
    [
        (11, "one\ntwo\nsix"),
        (10, "one\n..."),
        (7, "one\n..."),
        (6, "..."),
    ],
    ids=["all of it", "one less", "the first alone", "none"],
)
def test_pieces_are_kept_whole_and_it_is_said_where_some_are_missing(
    limit: int, joined: str
) -> None:
    assert as_many(["one", "two", "six"], limit, "\n", "...") == joined


def test_nothing_is_missing_of_nothing() -> None:
    assert as_many([], 3, "\n", "...") == ""


@pytest.mark.parametrize("sign", "=+-@")
def test_a_line_does_not_begin_as_a_formula(sign: str) -> None:
    assert wrapped(f"{'x' * 75} {sign}SUM(1)") == ["x" * 75, f"'{sign}SUM(1)"]


def test_what_hangs_under_a_bullet_is_indented() -> None:
    assert wrapped(f"{'x' * 74} yes no", bullet="* ") == [f"* {'x' * 74}", "  yes no"]
