"""Which monitors are due in which minute."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import NOON, TICK, monitor
from tocsin.domain.schedule import budget, due, instant_of, phase, tick_of


def test_a_tick_is_an_epoch_minute() -> None:
    assert tick_of(NOON + timedelta(seconds=59, microseconds=999_999)) == TICK
    assert tick_of(NOON + timedelta(seconds=60)) == TICK + 1
    assert instant_of(TICK) == NOON


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_an_instant_lies_in_its_tick(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)

    assert timedelta() <= instant - instant_of(tick_of(instant)) < timedelta(minutes=1)


@given(st.text(min_size=1), st.integers(1, 1440), st.integers(0, 10**8))
def test_a_monitor_is_due_exactly_once_in_its_interval(name: str, minutes: int, start: int) -> None:
    watched = monitor(name, interval=timedelta(minutes=minutes))

    assert sum(due(watched, tick) for tick in range(start, start + minutes)) == 1


@pytest.mark.parametrize(
    ("name", "at"), [("db", 818), ("web", 231)], ids=["one monitor", "another"]
)
def test_a_monitor_has_the_same_minute_of_the_day_at_every_location(name: str, at: int) -> None:
    """Written down, since a location may run another version than the next."""
    daily = monitor(name, interval=timedelta(days=1))
    midnight = TICK - 720

    assert [tick - midnight for tick in range(midnight, TICK + 720) if due(daily, tick)] == [at]


def test_monitors_of_a_long_interval_are_spread_over_it() -> None:
    load = Counter(phase(f"monitor-{n}", 5) for n in range(1000))

    assert set(load) == set(range(5))
    assert max(load.values()) < 300


def test_monitors_of_one_interval_are_not_all_due_in_one_minute() -> None:
    watched = [monitor(f"monitor-{n}", interval=timedelta(minutes=5)) for n in range(1000)]

    assert max(sum(due(each, tick) for each in watched) for tick in range(5)) < 300


def test_the_budget_counts_re_checks_and_the_pauses_between_them() -> None:
    assert budget(monitor()) == timedelta(seconds=5 * 3 + 2)


@pytest.mark.parametrize(
    ("interval", "fresh_for"),
    [(timedelta(minutes=1), timedelta(seconds=150)), (timedelta(hours=1), timedelta(minutes=150))],
    ids=["a minute", "an hour"],
)
def test_a_vote_stays_fresh_for_two_and_a_half_intervals(
    interval: timedelta, fresh_for: timedelta
) -> None:
    assert monitor(interval=interval).fresh_for == fresh_for
