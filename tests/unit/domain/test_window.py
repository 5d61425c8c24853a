"""When a maintenance window is open, and about what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import NOON, monitor
from tocsin.adapters.calendar import next_start
from tocsin.domain.heartbeat import UnknownZoneError
from tocsin.domain.window import Window, held

HOUR = timedelta(hours=1)
SUNDAYS = Window(cron="0 2 * * 0", timezone="Europe/Berlin", length=2 * HOUR)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        pytest.param("2026-01-04T00:59:59", None, id="just before"),
        pytest.param("2026-01-04T01:00:00", "2026-01-04T03:00:00", id="from its first moment"),
        pytest.param("2026-01-04T02:59:59", "2026-01-04T03:00:00", id="to its last"),
        pytest.param("2026-01-04T03:00:00", None, id="over"),
        pytest.param("2026-01-05T01:30:00", None, id="another day"),
        pytest.param(
            "2026-07-05T00:30:00", "2026-07-05T02:00:00", id="in summer, by its own clock"
        ),
    ],
)
def test_a_window_comes_again_by_its_own_clock(at: str, until: str | None) -> None:
    expected = None if until is None else utc(until)

    assert SUNDAYS.open_until(utc(at), next_start) == expected


@pytest.mark.parametrize(
    ("after", "until"), [(-1, None), (0, NOON + HOUR), (3599, NOON + HOUR), (3600, None)]
)
def test_a_window_is_open_once_from_its_beginning_for_its_length(
    after: int, until: datetime | None
) -> None:
    once = Window(begin=NOON, length=HOUR)

    assert once.open_until(NOON + timedelta(seconds=after), next_start) == until


def test_windows_that_overlap_themselves_leave_no_gap() -> None:
    hourly = Window(cron="0 * * * *", length=2 * HOUR)

    assert all(
        hourly.open_until(NOON + timedelta(minutes=m), next_start) is not None for m in range(300)
    )


@pytest.mark.parametrize(
    ("window", "names"),
    [
        pytest.param({}, {"db", "web"}, id="about everything"),
        pytest.param({"monitors": ("db",)}, {"db"}, id="about a monitor"),
        pytest.param({"tags": ("shop",)}, {"web"}, id="about a tag"),
        pytest.param({"monitors": ("gone",)}, set(), id="about what is not there"),
    ],
)
def test_a_window_is_about_what_it_names(
    window: dict[str, tuple[str, ...]], names: set[str]
) -> None:
    monitors = (monitor("db"), replace(monitor("web"), tags=("shop",)))
    windows = [Window(begin=NOON, length=HOUR, **window)]  # type: ignore[arg-type]

    assert held(monitors, windows, NOON, next_start) == names
    assert held(monitors, windows, NOON - HOUR, next_start) == set()


@pytest.mark.parametrize(
    "wrong",
    [{}, {"begin": NOON, "cron": "0 0 * * *"}],
    ids=["no beginning", "two beginnings"],
)
def test_a_window_begins_in_one_way(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="begins once or by a line of cron"):
        Window(length=HOUR, **wrong)  # type: ignore[arg-type]


def test_a_window_has_a_length() -> None:
    with pytest.raises(ValueError, match="has a length"):
        Window(begin=NOON, length=timedelta())


@given(st.integers(0, 14 * 24 * 60))
def test_a_window_is_open_exactly_within_its_length_of_a_beginning(minute: int) -> None:
    now = utc("2026-03-22T00:00:00") + timedelta(minutes=minute)  # clocks change in between
    beginnings = [
        utc("2026-03-22T01:00:00"),
        utc("2026-03-29T01:00:00"),
        utc("2026-04-05T00:00:00"),
    ]

    within = any(begin <= now < begin + 2 * HOUR for begin in beginnings)

    assert (SUNDAYS.open_until(now, next_start) is not None) is within


def test_a_window_in_a_time_zone_that_is_not_known_here_holds_nothing_and_stops_no_other() -> None:
    def next_start(_cron: str, timezone: str, _after: datetime) -> datetime:
        raise UnknownZoneError(timezone)

    newer = Window(cron="0 2 * * *", timezone="Moon/Copernicus", length=timedelta(hours=2))
    once = Window(begin=NOON, length=timedelta(hours=1), monitors=("db",))

    assert held([monitor("db"), monitor("web")], [newer, once], NOON, next_start) == {"db"}
