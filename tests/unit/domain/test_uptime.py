"""What hours and days were like, in brief."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import HOUR, Looks, Rollup, Row
from tocsin.domain.schedule import instant_of, tick_of
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState
from tocsin.domain.uptime import (
    DAY,
    Digest,
    Seconds,
    course,
    digested,
    ongoing,
    summed,
    times,
    tone,
    up_to_now,
    uptime,
)

TODAY = 20_000
FIRST = TODAY * DAY
UP: Seconds = {Verdict.UP: 3600}


def hour(number: int = FIRST, ms: float | None = 10.0, **seconds: Seconds) -> Digest:
    told = {} if ms is None else dict.fromkeys(seconds, ms)
    return Digest(shard="s0", number=number, seconds=seconds, ms=told)


def test_an_hour_in_brief_has_the_middle_of_what_its_locations_took() -> None:
    looks = {
        "lima": Looks(checks=60, p50_ms=10, p95_ms=90),
        "mike": Looks(checks=60, p50_ms=30),
        "november": Looks(checks=60, p50_ms=20),
        "oscar": Looks(checks=60, failures=60),
    }
    row = Row(seconds={Verdict.DOWN: 3600}, locations=looks)
    silent = Row(seconds={Verdict.UNKNOWN: 3600})

    brief = digested(Rollup(shard="s0", hour=7, monitors={"db": row, "dark": silent}))

    assert brief == Digest(
        shard="s0",
        number=7,
        seconds={"db": {Verdict.DOWN: 3600}, "dark": {Verdict.UNKNOWN: 3600}},
        ms={"db": 20},
    )


def test_a_day_is_the_sum_of_its_own_hours() -> None:
    hours = [
        hour(FIRST - 1, db={Verdict.DOWN: 3600}),
        hour(FIRST, 10, db=UP),
        hour(FIRST + 1, 30, db={Verdict.UP: 3000, Verdict.DOWN: 600}, web=UP),
        hour(FIRST + 23, None, db={Verdict.DOWN: 3600}),
        hour(FIRST + 24, db={Verdict.DOWN: 3600}),
    ]

    day = summed("s0", TODAY, hours)

    assert day == Digest(
        shard="s0",
        number=TODAY,
        seconds={"db": {Verdict.UP: 6600, Verdict.DOWN: 4200}, "web": UP},
        ms={"db": 20, "web": 30},
    )
    assert summed("s0", TODAY, reversed(hours)) == day


@pytest.mark.parametrize(
    ("seconds", "share"),
    [
        pytest.param({Verdict.UP: 3600}, 1.0, id="up all the time"),
        pytest.param({Verdict.UP: 900, Verdict.DOWN: 300}, 0.75, id="down for a quarter"),
        pytest.param({Verdict.DOWN: 60}, 0.0, id="never seen up"),
        pytest.param({Verdict.DEGRADED: 60, Verdict.DOWN: 60}, 0.5, id="degraded served most"),
        pytest.param({Verdict.UP: 60, Verdict.UNKNOWN: 3540}, 1.0, id="nobody knows of the rest"),
        pytest.param({Verdict.UP: 60, Verdict.PAUSED: 3540}, 1.0, id="nobody looked in the rest"),
        pytest.param({Verdict.UNKNOWN: 3600}, None, id="nothing is known"),
        pytest.param({}, None, id="nothing is there"),
    ],
)
def test_uptime_is_the_share_of_what_is_known(seconds: Seconds, share: float | None) -> None:
    assert uptime([hour(db=seconds)], "db") == share
    assert uptime([hour(db=seconds), hour(web=UP)], "db") == share


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        ({Verdict.UP: 86_400}, Verdict.UP),
        ({Verdict.DEGRADED: 86_400}, Verdict.UP),
        ({Verdict.UP: 86_399, Verdict.DOWN: 1}, Verdict.DEGRADED),
        ({Verdict.UP: 82_801, Verdict.DOWN: 3599}, Verdict.DEGRADED),
        ({Verdict.UP: 82_800, Verdict.DOWN: 3600}, Verdict.DOWN),
        ({Verdict.UNKNOWN: 86_400}, None),
        ({Verdict.PAUSED: 86_400}, None),
        ({}, None),
    ],
)
def test_an_hour_down_makes_a_bad_day_and_less_a_dented_one(
    seconds: Seconds, word: Verdict | None
) -> None:
    assert tone(seconds) is word


def test_a_day_of_which_nothing_is_known_is_a_gap() -> None:
    days = [
        Digest(shard="s0", number=TODAY, seconds={"db": UP}, ms={"db": 5}),
        Digest(shard="s0", number=TODAY - 2, seconds={"web": UP}),
    ]
    numbers = range(TODAY - 2, TODAY + 1)

    assert course(days, "db", numbers) == [None, None, Verdict.UP]
    assert times(days, "db", numbers) == [None, None, 5]


NOW = instant_of((FIRST + 12) * HOUR + 10)
"""Ten past twelve."""


def going_on(
    minutes: float, rolled: int, verdict: Verdict = Verdict.DOWN, now: datetime = NOW
) -> dict[int, Seconds]:
    """Give what counts of each hour, by the hour of the day."""
    standing = Standing(verdict=verdict, since=now - timedelta(minutes=minutes))
    state = ShardState(shard="s0", standings={"db": standing}, rolled=rolled and FIRST + rolled)
    hours = ongoing(state, now)
    assert {each.shard for each in hours} <= {"s0"}
    assert all(each.number <= tick_of(now) // HOUR for each in hours), "none that is to come"
    return {each.number - FIRST: each.seconds["db"] for each in hours if each.seconds}


def down(minutes: int) -> Seconds:
    return {Verdict.DOWN: minutes * 60}


@pytest.mark.parametrize(
    ("minutes", "rolled", "counted"),
    [
        pytest.param(7, 11, {12: down(7)}, id="since it began"),
        pytest.param(25, 11, {12: down(10)}, id="not twice what the hour before has"),
        pytest.param(
            25, 10, {11: down(15), 12: down(10)}, id="all of it while the hour before is not known"
        ),
        pytest.param(
            500, 10, {11: down(60), 12: down(10)}, id="no more than the hours that are not known"
        ),
        pytest.param(500, 9, {}, id="nothing where nobody judges"),
        pytest.param(500, 0, {11: down(60), 12: down(10)}, id="nothing was ever rolled up"),
        pytest.param(500, 12, {}, id="a reader's clock that is behind"),
        pytest.param(0, 11, {}, id="just now"),
        pytest.param(-1, 11, {}, id="a clock that is ahead"),
    ],
)
def test_what_goes_on_counts_from_where_the_hours_end(
    minutes: int, rolled: int, counted: dict[int, Seconds]
) -> None:
    assert going_on(minutes, rolled) == counted


def test_every_second_of_it_counts() -> None:
    assert going_on(1 / 60, 11) == {12: {Verdict.DOWN: 1}}


def test_a_day_that_has_just_begun_has_nothing_of_the_day_before() -> None:
    midnight = instant_of((FIRST + 24) * HOUR + 5)

    assert going_on(125, 22, now=midnight) == {23: down(60), 24: down(5)}


def test_what_goes_on_is_of_today_and_leaves_the_days_in_their_order() -> None:
    present = hour(FIRST + 12, None, db={Verdict.DOWN: 420}, new={Verdict.UP: 60})
    yesterday = Digest(shard="s0", number=TODAY - 1, seconds={"db": UP}, ms={"db": 5})
    today = Digest(shard="s0", number=TODAY, seconds={"db": UP, "old": UP}, ms={"db": 7})

    late = hour(FIRST - 1, None, db={Verdict.DOWN: 60})

    assert up_to_now([today, yesterday], [late, present]) == [
        replace(yesterday, seconds={"db": {Verdict.UP: 3600, Verdict.DOWN: 60}}),
        Digest(
            shard="s0",
            number=TODAY,
            seconds={
                "db": {Verdict.UP: 3600, Verdict.DOWN: 420},
                "old": UP,
                "new": {Verdict.UP: 60},
            },
            ms={"db": 7},
        ),
    ]
    assert [day.number for day in up_to_now([], [present])] == [TODAY]
