"""Room goes to what matters most, and words stay whole."""

from tocsin.messages.fit import Part, fit

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
