"""When a job is due, in the time zones and on the nights where that is hard to say."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tocsin.adapters.calendar import next_time
from tocsin.domain.heartbeat import HeartbeatTarget, UnknownZoneError

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


def test_a_clock_that_changes_by_half_an_hour_hides_no_minute() -> None:
    """On Lord Howe Island 02:00 is followed by 02:30 in October; in April it is 01:30 again."""
    spring, autumn = "2026-10-03T14:31", "2026-04-04T14:31"  # 01:01 and 01:31 there

    assert due("30 * * * *", LORD_HOWE, spring, 2) == ["10-03 15:00", "10-03 15:30"]
    assert due("30 * * * *", LORD_HOWE, autumn, 2) == ["04-04 15:00", "04-04 16:00"]
    assert due("*/20 5 * * *", LORD_HOWE, spring, 2) == ["10-03 18:00", "10-03 18:20"]


@pytest.mark.parametrize(
    ("days", "timezone", "after", "time"),
    [
        pytest.param("24,25", "Africa/Cairo", "2026-04-22T12:00", "04-24 21:00", id="Cairo"),
        pytest.param("8,9", "America/Havana", "2026-03-06T12:00", "03-09 04:00", id="Havana"),
        pytest.param("6,7", "America/Santiago", "2026-09-04T12:00", "09-07 03:00", id="Santiago"),
    ],
)
def test_on_a_day_without_a_midnight_nothing_runs_in_its_hour(
    days: str, timezone: str, after: str, time: str
) -> None:
    assert due(f"*/15 0 {days} * *", timezone, after) == [time]


@dataclass(frozen=True)
class Line:
    """A line of cron as it is written, and what each of its fields stands for."""

    text: tuple[str, ...]
    sets: tuple[frozenset[int], ...]

    def __str__(self) -> str:
        return " ".join(self.text)

    def fits(self, wall: datetime) -> bool:
        minutes, hours, days, months, weekdays = self.sets
        if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
            return False
        day, weekday = wall.day in days, wall.isoweekday() % 7 in {each % 7 for each in weekdays}
        both = self.text[2].startswith("*") or self.text[4].startswith("*")
        return (day and weekday) if both else (day or weekday)

    @property
    def at_fixed_times(self) -> bool:
        """Whether Debian's cron makes up for a time that clocks leave out, and repeats none."""
        return not self.text[0].startswith("*") and not self.text[1].startswith("*")


def field(least: int, most: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    whole = range(least, most + 1)
    number = st.integers(least, most)
    steps = st.integers(1, 30)
    spans = st.tuples(number, number, steps).map(lambda each: (*sorted(each[:2]), each[2]))
    return st.one_of(
        st.just(("*", frozenset(whole))),
        steps.map(lambda step: (f"*/{step}", frozenset(whole[::step]))),
        listed(least, most),
        spans.filter(lambda each: each[0] < each[1]).map(
            lambda each: (
                f"{each[0]}-{each[1]}/{each[2]}",
                frozenset(range(each[0], each[1] + 1, each[2])),
            )
        ),
    )


def listed(least: int, most: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    several = st.lists(st.integers(least, most), min_size=1, max_size=3)
    return several.map(lambda some: (",".join(map(str, some)), frozenset(some)))


def line(*fields: tuple[str, frozenset[int]]) -> Line:
    return Line(text=tuple(text for text, _ in fields), sets=tuple(each for _, each in fields))


MOST_DAYS = st.just(("*", frozenset(range(32))))
LINES = st.builds(
    line,
    field(0, 59),
    st.one_of(listed(0, 3), field(0, 23)),
    st.one_of(MOST_DAYS, field(1, 31)),
    st.one_of(MOST_DAYS, field(1, 12)),
    st.one_of(MOST_DAYS, field(0, 7)),
)
# Nights on which clocks change: by an hour, by half an hour, at midnight, by two hours, by a day.
NIGHTS = st.sampled_from(
    [
        (BERLIN, "2026-03-28"),
        (BERLIN, "2026-10-24"),
        ("America/New_York", "2026-03-07"),
        ("America/New_York", "2026-10-31"),
        (LORD_HOWE, "2026-10-03"),
        (LORD_HOWE, "2026-04-04"),
        (SAO_PAULO, "2018-11-03"),
        (SAO_PAULO, "2018-02-17"),
        ("Africa/Cairo", "2026-04-23"),
        ("America/Havana", "2026-10-31"),
        ("Africa/Casablanca", "2026-02-14"),
        ("Antarctica/Troll", "2026-03-28"),
        ("Pacific/Apia", "2011-12-29"),
        ("Asia/Kolkata", "2026-03-28"),
        ("Asia/Kathmandu", "2026-03-28"),
        ("UTC", "2028-02-28"),
    ]
)
SECONDS = st.integers(0, 36 * 3600)
LOOKED_AT = timedelta(hours=30)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def by_looking(cron: Line, zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """Find the first time by looking at every minute, as cron itself does."""
    if not cron.at_fixed_times:
        minute = after.replace(second=0) + MINUTE
        while minute <= until and not cron.fits(minute.astimezone(zone)):
            minute += MINUTE
        return minute if minute <= until else None
    wall = (after - DAY).astimezone(zone).replace(second=0, tzinfo=None)
    last = (until + DAY).astimezone(zone).replace(tzinfo=None)
    found = []
    while wall <= last:
        if cron.fits(wall):
            found.append(first_that_exists(wall, zone))
        wall += MINUTE
    return min((at for at in found if after < at <= until), default=None)


def first_that_exists(wall: datetime, zone: ZoneInfo) -> datetime:
    while True:
        at = wall.replace(tzinfo=zone).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) == wall:
            return at
        wall += MINUTE


@settings(max_examples=120, deadline=None)
@given(LINES, NIGHTS, SECONDS)
def test_what_is_found_by_leaping_is_what_looking_at_every_minute_finds(
    cron: Line, night: tuple[str, str], seconds: int
) -> None:
    name, day = night
    after = utc(day) + timedelta(seconds=seconds)
    until = after + LOOKED_AT

    found = next_time(HeartbeatTarget(cron=str(cron), timezone=name), after)

    looked = by_looking(cron, ZoneInfo(name), after, until)
    assert (found if found is not None and found <= until else None) == looked


ANYWHERE = st.sampled_from(["UTC", BERLIN, SAO_PAULO, "Asia/Kolkata"])
ANY = st.datetimes(datetime(2001, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(LINES, ANYWHERE, ANY)
def test_far_from_those_nights_it_is_what_cronsim_finds_by_counting(
    cron: Line, timezone: str, after: datetime
) -> None:
    zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
    try:
        times = (at.astimezone(UTC) for at in CronSim(str(cron), after.astimezone(zone)))
        counted = next((at for at in times if at > after), None)
    except CronSimError:
        counted = None
    assume(counted is None or not changes(zone, after, counted))

    found = next_time(HeartbeatTarget(cron=str(cron), timezone=timezone), after)

    assert found == counted


def changes(zone: tzinfo, begin: datetime, end: datetime) -> bool:
    """Whether a clock changes near the end, where CronSim may count past a time."""
    days = (end - DAY, end, end + DAY)
    return len({at.astimezone(zone).utcoffset() for at in (*days, begin)}) > 1


@pytest.mark.parametrize(
    "name",
    ["Moon/Copernicus", "", "/etc/passwd", "../UTC", "Europe", "a\0b", "Europe/Berlin/"],
)
def test_a_time_zone_that_there_is_not_is_told_as_such(name: str) -> None:
    with pytest.raises(UnknownZoneError, match="is not known here"):
        next_time(HeartbeatTarget(cron="0 3 * * *", timezone=name), utc("2026-01-01T00:00"))
