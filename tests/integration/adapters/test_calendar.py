"""When a job is due, in the time zones and on the nights where that is hard to say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given
from hypothesis import strategies as st

from tocsin.adapters.calendar import next_time
from tocsin.domain.heartbeat import HeartbeatTarget

BERLIN, SAO_PAULO, LORD_HOWE = "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(cron: str, timezone: str, after: str, times: int = 1) -> list[str]:
    target, at, found = HeartbeatTarget(cron=cron, timezone=timezone), utc(after), []
    for _ in range(times):
        following = next_time(target, at)
        assert following is not None
        assert following.tzinfo is UTC
        at = following
        found.append(f"{at:%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("cron", "timezone", "after", "times"),
    [
        pytest.param(
            "0 3 * * *",
            BERLIN,
            "2026-03-28T00:00",
            ["03-28 02:00", "03-29 01:00", "03-30 01:00"],
            id="an hour earlier by UTC from spring on",
        ),
        pytest.param(
            "0 3 * * *",
            BERLIN,
            "2026-10-24T00:00",
            ["10-24 01:00", "10-25 02:00", "10-26 02:00"],
            id="an hour later by UTC from autumn on",
        ),
        pytest.param(
            "30 2 * * *",
            BERLIN,
            "2026-03-28T00:00",
            ["03-28 01:30", "03-29 01:00", "03-30 00:30"],
            id="a time that does not exist: as soon as there is time again",
        ),
        pytest.param(
            "30 2 * * *",
            BERLIN,
            "2026-10-24T12:00",
            ["10-25 00:30", "10-26 01:30"],
            id="a time that comes twice: once, the first time",
        ),
        pytest.param(
            "30 * * * *",
            BERLIN,
            "2026-10-24T23:45",
            ["10-25 00:30", "10-25 01:30", "10-25 02:30"],
            id="every hour: also in the hour that comes twice",
        ),
        pytest.param(
            "30 * * * *",
            BERLIN,
            "2026-03-28T23:45",
            ["03-29 00:30", "03-29 01:30", "03-29 02:30"],
            id="every hour: none is left out for the one that does not exist",
        ),
        pytest.param(
            "0 0 * * *",
            SAO_PAULO,
            "2018-11-03T00:00",
            ["11-03 03:00", "11-04 03:00", "11-05 02:00"],
            id="a midnight that does not exist",
        ),
        pytest.param(
            "30 23 * * *",
            SAO_PAULO,
            "2018-02-17T12:00",
            ["02-18 01:30", "02-19 02:30"],
            id="the hour before midnight that comes twice",
        ),
        pytest.param(
            "15 2 * * *",
            LORD_HOWE,
            "2026-10-02T18:00",
            ["10-03 15:30", "10-04 15:15"],
            id="half an hour that does not exist",
        ),
        pytest.param(
            "45 1 * * *",
            LORD_HOWE,
            "2026-04-03T18:00",
            ["04-04 14:45", "04-05 15:15"],
            id="half an hour that comes twice",
        ),
        pytest.param(
            "0 0 29 2 *",
            "UTC",
            "2026-11-22T00:00",
            ["02-29 00:00"],
            id="a leap day, years away",
        ),
        pytest.param(
            "0 22 L * *",
            "UTC",
            "2026-02-01T00:00",
            ["02-28 22:00", "03-31 22:00"],
            id="the last day of a month",
        ),
    ],
)
def test_a_line_of_cron_is_due_as_debians_cron_would_run_it(
    cron: str, timezone: str, after: str, times: list[str]
) -> None:
    assert due(cron, timezone, after, len(times)) == times


def test_a_period_is_as_long_on_the_night_when_clocks_change() -> None:
    daily = HeartbeatTarget(period=timedelta(days=1), timezone=BERLIN)

    assert next_time(daily, utc("2026-10-24T12:00")) == utc("2026-10-25T12:00")


@pytest.mark.parametrize("minute", ["01:00", "01:10", "01:29"])
def test_a_job_that_reports_in_the_hour_that_comes_twice_was_not_due_before_it(minute: str) -> None:
    assert due("30 2 * * *", BERLIN, f"2026-10-25T{minute}") == ["10-26 01:30"]


def test_it_is_due_after_an_instant_and_never_at_it() -> None:
    assert due("* * * * *", BERLIN, "2026-11-22T02:00") == ["11-22 02:01"]
    assert due("* * * * *", BERLIN, "2026-11-22T02:00:59.999999") == ["11-22 02:01"]


@pytest.mark.parametrize(
    "cron", ["0 0 30 2 *", "0 0 31 4,6 */2", "0 0 */1 2 MON#6", "nonsense", "61 * * * *"]
)
def test_a_line_that_never_comes_or_means_nothing_is_never_due(cron: str) -> None:
    assert next_time(HeartbeatTarget(cron=cron), utc("2026-11-22T02:00")) is None


def test_what_is_due_beyond_the_end_of_time_is_never_due() -> None:
    assert next_time(HeartbeatTarget(cron="0 0 29 2 *"), utc("9999-12-30T00:00")) is None


def field(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.tuples(st.one_of(st.just("*"), span), st.integers(1, 20)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    several = st.lists(st.one_of(number.map(str), span), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), number.map(str), several, step)


LINES = st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)).map(" ".join)
NAMES = st.sampled_from(
    [
        "UTC",
        "Etc/UTC",
        BERLIN,
        SAO_PAULO,
        LORD_HOWE,
        "America/New_York",
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Antarctica/Troll",
    ]
)
# Around the nights on which clocks change, and anywhere else.
NIGHTS = st.sampled_from(
    [utc(day) for day in ("2026-03-28", "2026-10-24", "2018-11-03", "2018-02-17", "2026-04-04")]
)
HOURS = st.integers(0, 3 * 86400).map(lambda seconds: timedelta(seconds=seconds))
ANY = st.datetimes(datetime(2001, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(LINES, NAMES, st.one_of(st.builds(lambda at, more: at + more, NIGHTS, HOURS), ANY))
def test_leaping_finds_what_cronsim_finds_by_counting(
    cron: str, timezone: str, after: datetime
) -> None:
    zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
    try:
        times = (at.astimezone(UTC) for at in CronSim(cron, after.astimezone(zone)))
        counted = next((at for at in times if at > after), None)
    except CronSimError:
        counted = None

    found = next_time(HeartbeatTarget(cron=cron, timezone=timezone), after)

    assert found == counted
