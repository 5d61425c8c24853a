"""When it is asked who hears, and when it is told that somebody does."""

import pytest

from tocsin.domain.monitor import Route
from tocsin.usecases.listen import MINUTES, ZEROS, Answer, Asking, due

HOUR = 60 * 490_000
NOBODY = Answer(unheard=(Route.PAGE,))
WELL = Answer(unheard=())
UNKNOWN = Answer(unheard=(), problems=("page: no answer",))


def test_it_is_asked_in_the_first_minute_that_has_time_and_once_an_hour() -> None:
    asking = Asking()
    asked = []

    for tick in range(HOUR, HOUR + 180):
        if asking.due(tick) and tick != HOUR + MINUTES[0]:  # that one has no time
            asking.ask(tick)
            asked.append(tick - HOUR)

    first = MINUTES[0]
    assert asked == [first + 1, 60 + first, 120 + first]


def test_an_hour_without_time_is_left_as_it_is() -> None:
    assert [tick for tick in range(60) if due(HOUR + tick)] == [*MINUTES]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        pytest.param([WELL] * 3, [False] * 3, id="of what is well nothing"),
        pytest.param(
            [NOBODY, *[WELL] * (ZEROS + 2)],
            [False, *[True] * ZEROS, False, False],
            id="after a figure some zeros, and no more",
        ),
        pytest.param(
            [NOBODY, WELL, NOBODY, *[WELL] * (ZEROS + 1)],
            [False, True, False, *[True] * ZEROS, False],
            id="after another figure as many",
        ),
        pytest.param(
            [NOBODY, UNKNOWN, *[WELL] * (ZEROS + 1)],
            [False, False, *[True] * ZEROS, False],
            id="none where it is not known",
        ),
    ],
)
def test_a_figure_is_followed_by_zeros_that_end_the_alarm(
    answers: list[Answer], told: list[bool]
) -> None:
    asking = Asking()

    assert [asking.all_heard(each) for each in answers] == told
