"""What an edit of a monitor does to what is open of it: by itself it ends nothing."""

from dataclasses import replace

import pytest

from tests.fakes.make import FAIL, MINUTE, THREE, monitor
from tests.unit.domain.history import Life
from tocsin.domain.incident import Event, Kind
from tocsin.domain.monitor import Monitor

DB = monitor()
TWO_FAIL = dict.fromkeys(THREE[:2], FAIL)
"""Two of three see it fail."""


def edited(life: Life, now: Monitor) -> Life:
    life.shard = replace(life.shard, version=2, monitors=(now,))
    return life


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(replace(DB, need=3), id="more must agree"),
        pytest.param(replace(DB, fail_for=30 * MINUTE), id="failures must last longer"),
        pytest.param(
            replace(DB, locations=(*THREE, "oscar", "papa"), need=3), id="more locations look"
        ),
        pytest.param(replace(DB, locations=("oscar", "papa"), need=2), id="other locations look"),
        pytest.param(replace(DB, interval=5 * MINUTE), id="it is looked at less often"),
        pytest.param(replace(DB, changed_in=2), id="something else is checked"),
    ],
)
def test_an_edit_ends_nothing_and_opens_it_no_second_time(now: Monitor) -> None:
    life = Life.of(DB).live(3).live(5, only=TWO_FAIL)

    edited(life, now).live(2, only=TWO_FAIL)

    assert life.told(Event.OPENED) == ["db"]
    assert life.told(Event.RESOLVED) == []
    assert [each.kind for each in life.state.incidents] == [Kind.DOWN]


def test_what_was_edited_while_it_was_down_ends_once_it_passes_as_the_file_now_says() -> None:
    life = Life.of(DB).live(3).live(5, only=TWO_FAIL)

    edited(life, replace(DB, need=3)).live(5, only={THREE[0]: FAIL})
    assert life.told(Event.RESOLVED) == []

    assert life.live(2).told(Event.RESOLVED) == ["db"]


def test_fewer_that_must_agree_make_it_down_by_the_votes_that_there_are() -> None:
    life = Life.of(DB).live(3).live(5, only={THREE[0]: FAIL})
    assert life.told() == []

    edited(life, replace(DB, need=1)).live(1, only={THREE[0]: FAIL})

    assert [(alert.event, alert.kind) for alert in life.alerts] == [(Event.OPENED, Kind.DOWN)]
