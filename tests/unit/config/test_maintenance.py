"""Maintenance windows in the file: what they mean, and each mistake with its place, code and mend."""

# ruff: noqa: E501 - a case a line: the tables are read down their columns

import re
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.config.files import LOCATIONS, configured, marked
from tocsin.adapters.calendar import next_start
from tocsin.config import crontab, wallclock
from tocsin.config.fault import Fault, MistakeError, Place, Severity
from tocsin.config.maintenance import KEYS
from tocsin.config.reader import parse
from tocsin.config.relations import GUESSED
from tocsin.domain.window import Window

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONITORS = (
    "monitors:\n"
    "  database: {tcp: 'a.example.com:1', tags: [storage, team:red]}\n"
    "  web: {tcp: 'a.example.com:1', was: site}\n"
)
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def closing(window: str, *others: str) -> str:
    """Give a file with these windows."""
    items = "".join(f"  - {each}\n" for each in (window, *others))
    return f"{LOCATIONS}{MONITORS}maintenance:\n{items}"


def told(text: str) -> tuple[Fault, ...]:
    return parse(text, "monitors.yaml", now=NOW).faults


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "code", "mend"),
    [
        pytest.param("»{all: true}", "no_beginning", "`weekly: sunday 02:00`", id="nothing but about what"),
        pytest.param("»5", "wrong_type", "Write it like {weekly:", id="a number"),
        pytest.param("»~", "wrong_type", "Write it like {weekly:", id="nothing"),
        pytest.param("»[all]", "wrong_type", "Write it like {weekly:", id="a list"),
        pytest.param("»{for: 2h, all: true}", "no_beginning", "Add `from:", id="no beginning"),
        pytest.param("»{until: 2026-12-01 22:00, all: true}", "no_beginning", "Add `from:", id="an end alone"),
        pytest.param("{weekly: sunday 02:00, »cron: 0 2 * * 0, for: 2h, all: true}", "two_beginnings", "make two windows", id="weekly and by cron"),
        pytest.param("{»cron: 0 2 * * 0, for: 2h, from: 2026-12-01 22:00, all: true}", "two_beginnings", "make two windows", id="once and by cron"),
        pytest.param("»{weekly: sunday 02:00, all: true}", "no_end", "Add `for: 2h`", id="weekly without an end"),
        pytest.param("»{cron: 0 2 * * 0, all: true}", "no_end", "Add `for: 2h`", id="by cron without an end"),
        pytest.param("»{from: 2026-12-01 22:00, all: true}", "no_end", "`until:` with a date", id="once without an end"),
        pytest.param("{from: 2026-12-01 22:00, until: 2026-12-01 23:00, »for: 1h, all: true}", "two_ends", "Remove one", id="two ends"),
        pytest.param("{weekly: sunday 02:00, »until: 2026-12-01 22:00, all: true}", "no_once", "`for: 2h`", id="a date for what comes again"),
        pytest.param("{from: 2026-12-02 02:00, until: »2026-12-01 22:00, all: true}", "ends_first", "after 2026-12-02 02:00", id="the end before the beginning"),
        pytest.param("{from: 2026-12-02 02:00, until: »2026-12-02 02:00, all: true}", "ends_first", "after 2026-12-02 02:00", id="no time at all"),
        pytest.param("{from: 2026-12-01 22:00, for: »0m, all: true}", "bad_duration", "Write 1m", id="no length"),
        pytest.param("{from: 2026-12-01 22:00, for: »90s, all: true}", "bad_duration", "Write 1m", id="a minute and a half"),
        pytest.param("{from: 2026-12-01 22:00, for: »2, all: true}", "bad_duration", "2m or 2h", id="a length without a unit"),
        pytest.param("{from: 2026-12-01 22:00, for: »367d, all: true}", "bad_duration", "366d or less", id="a length over a year"),
        pytest.param("{from: 2026-12-01 22:00, »for: , all: true}", "wrong_type", "Write one value", id="a length that is none"),
        pytest.param("{from: »tomorrow, for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="a date in words"),
        pytest.param("{from: »2026-12-01, for: 2h, all: true}", "bad_time", "Write 2026-12-01 00:00", id="a date alone"),
        pytest.param("{from: »2026-02-30, for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="30 February alone"),
        pytest.param("{weekly: sunday 02:00, »cron: 0 2 1 * *, for: 31d, all: true}", "two_beginnings", "Keep one", id="two beginnings, and one of them too often"),
        pytest.param("{from: 2026-12-01 22:00, until: 2027-12-01 22:00, »for: 1h, all: true}", "two_ends", "Remove one", id="two ends, and one of them too late"),
        pytest.param("{from: 2026-11-27 23:00, for: 1h, timezone: »America/New_Yrk, all: true}", "unknown_timezone", "Write America/New_York", id="a city where it is not over"),
        pytest.param("{from: »'22:00', for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="a time alone"),
        pytest.param("{from: »2026-12-01T22:00Z, for: 2h, all: true}", "bad_time", "Write 2026-12-01T22:00, and the place or UTC as `timezone`", id="a time in UTC"),
        pytest.param("{from: »'2026-12-01 22:00+01:00', for: 2h, all: true}", "bad_time", "Write 2026-12-01 22:00, and", id="a time with an offset"),
        pytest.param("{from: »2026-12-01 22:00 UTC, for: 2h, all: true}", "bad_time", "Write 2026-12-01 22:00, and", id="a time with a zone"),
        pytest.param("{from: »2026-02-30 22:00, for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="30 February"),
        pytest.param("{from: »2026-12-01 24:00, for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="24 o'clock"),
        pytest.param("{from: »2026-12-01 22:00:30, for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="a time with seconds"),
        pytest.param("{from: »12/01/2026 22:00, for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="months first"),
        pytest.param("{from: »0001-01-01 00:00, for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="long ago"),
        pytest.param("{from: »9999-12-31 23:59, for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="the end of time"),
        pytest.param("{from: »'\uff12026-12-01 22:00', for: 2h, all: true}", "bad_time", "like 2026-12-01 22:00", id="digits of another alphabet"),
        pytest.param("{from: »2027-03-28 02:30, for: 2h, timezone: Europe/Berlin, all: true}", "no_such_time", "Write 2027-03-28 03:30, or 2027-03-28 01:30", id="a time that clocks skip"),
        pytest.param("{from: 2027-03-28 01:30, until: »2027-03-28 02:00, timezone: Europe/Berlin, all: true}", "no_such_time", "Write 2027-03-28 03:00", id="an end that clocks skip"),
        pytest.param("{weekly: »sundy 02:00, for: 2h, all: true}", "bad_weekly", "Write sunday 02:00", id="a misspelt day"),
        pytest.param("{weekly: »sunday, for: 2h, all: true}", "bad_weekly", "Write sunday 02:00", id="a day alone"),
        pytest.param("{weekly: »02:00, for: 2h, all: true}", "bad_weekly", "as in sunday 02:00", id="a time of which day"),
        pytest.param("{weekly: »02:30 sat, for: 2h, all: true}", "bad_weekly", "Write saturday 02:30", id="the time first"),
        pytest.param("{weekly: »'sunday, 02:30', for: 2h, all: true}", "bad_weekly", "Write sunday 02:30", id="a comma"),
        pytest.param("{weekly: »sunday 2am, for: 2h, all: true}", "bad_weekly", "Write sunday 02:00", id="an English time"),
        pytest.param("{weekly: »sunday 24:00, for: 2h, all: true}", "bad_weekly", "Write sunday 02:00", id="24 o'clock on a Sunday"),
        pytest.param("{weekly: »daily 02:30, for: 2h, all: true}", "bad_weekly", 'Write `cron: "30 2 * * *"`', id="every day"),
        pytest.param("{weekly: »0 2 * * 0, for: 2h, all: true}", "bad_weekly", "as in sunday 02:00", id="a line of cron for a day"),
        pytest.param("{weekly: »[sunday], for: 2h, all: true}", "wrong_type", "Write one value", id="a list of days"),
        pytest.param("{cron: »0 2 * *, for: 2h, all: true}", "bad_cron", 'as in "0 3 * * *"', id="four fields"),
        pytest.param("{cron: »0 2 31 2 *, for: 2h, all: true}", "never_due", "L is its last", id="31 February by cron"),
        pytest.param("{cron: »'@every 5m', for: 2h, all: true}", "bad_cron", 'as in "0 3 * * *"', id="a period, which a window has not"),
        pytest.param("{cron: »'@reboot', for: 2h, all: true}", "bad_cron", 'as in "0 3 * * *"', id="a start of a machine"),
        pytest.param("{weekly: sunday 02:00, for: 2h, timezone: »Berlin, all: true}", "unknown_timezone", "Write Europe/Berlin", id="a city"),
        pytest.param("{weekly: sunday 02:00, for: 2h, timezone: »CEST, all: true}", "unknown_timezone", "name of a place", id="an abbreviation"),
        pytest.param("»{weekly: sunday 02:00, for: 2h}", "no_scope", "`monitors: […]`, `tags: […]`, or `all: true`", id="about nothing"),
        pytest.param("»{weekly: sunday 02:00, for: 2h, all: false}", "no_scope", "`all: true`", id="not about all"),
        pytest.param("{weekly: sunday 02:00, for: 2h, »all: true, tags: [storage]}", "two_scopes", "Remove it, or remove `tags`", id="about all and some"),
        pytest.param("{weekly: sunday 02:00, for: 2h, all: »yes}", "bad_flag", "true or false", id="yes"),
        pytest.param("{weekly: sunday 02:00, for: 2h, monitors: [web, »databse]}", "unknown_monitor", "Write database", id="a misspelt monitor"),
        pytest.param("{weekly: sunday 02:00, for: 2h, monitors: [»site]}", "unknown_monitor", "Write web", id="a monitor by its former name"),
        pytest.param("{weekly: sunday 02:00, for: 2h, monitors: [»zzz]}", "unknown_monitor", "Name a monitor of this file", id="a monitor like no other"),
        pytest.param("{weekly: sunday 02:00, for: 2h, monitors: »web}", "wrong_type", "as a list: [web]", id="a word for a list"),
        pytest.param("{weekly: sunday 02:00, for: 2h, monitors: »[]}", "empty_list", "Name at least one", id="no monitors"),
        pytest.param("{weekly: sunday 02:00, for: 2h, monitors: »[web, web]}", "named_twice", "Remove one", id="a monitor twice"),
        pytest.param("{weekly: sunday 02:00, for: 2h, tags: [»storge]}", "unknown_tag", "Write storage", id="a misspelt tag"),
        pytest.param("{weekly: sunday 02:00, for: 2h, tags: [storage, »x]}", "unknown_tag", "Give it to a monitor", id="a tag that nothing has"),
        pytest.param("{weekly: sunday 02:00, for: 2h, tags: »[]}", "empty_list", "Name at least one", id="no tags"),
        pytest.param("{weekly: sunday 02:00, for: 2h, all: true, »reason: x}", "unknown_key", "one of from, until, weekly", id="an unknown key"),
        pytest.param("{weekly: sunday 02:00, for: 2h, »monitor: [web], all: true}", "unknown_key", "Write monitors", id="a misspelt key"),
        pytest.param("{»start: 2026-12-01 22:00, for: 2h, all: true}", "unknown_key", "Write from", id="another word for the beginning"),
        pytest.param("{from: 2026-12-01 22:00, »to: 2026-12-02 22:00, all: true}", "unknown_key", "Write until", id="another word for the end"),
        pytest.param("{weekly: sunday 02:00, for: 2h, »tgs: [storage]}", "unknown_key", "Write tags", id="a misspelt key for what it is about"),
    ],
)  # fmt: skip
def test_a_wrong_window_is_refused_where_it_is_wrong(window: str, code: str, mend: str) -> None:
    file = marked(closing(window))

    (fault,) = told(file.text)

    assert fault.code == code
    assert fault.severity is Severity.ERROR
    assert mend in fault.fix
    assert [Place(fault.line, fault.column)] == list(file.places)


@pytest.mark.parametrize(
    ("window", "code", "mend"),
    [
        pytest.param("{weekly: sunday 02:00, for: »7d, all: true}", "always_open", "less than", id="a week every week"),
        pytest.param("{cron: '*/5 * * * *', for: »5m, all: true}", "always_open", "less than", id="five minutes every five minutes"),
        pytest.param("{cron: 0 2 1 * *, for: »31d, all: true}", "always_open", "less than", id="a month every month"),
        pytest.param("{cron: 0 2 1 * *, for: »8d, all: true}", "long_window", "7d or less", id="over a week by cron"),
        pytest.param("{from: 2026-12-01 22:00, for: »169h, all: true}", "long_window", "7d or less", id="over a week once"),
        pytest.param("{from: 2026-12-01 22:00, until: »2027-12-01 22:00, all: true}", "long_window", "within a week", id="a year too much"),
        pytest.param("{from: »2026-11-27 22:00, for: 2h, all: true}", "over", "Remove the window", id="over at this moment"),
        pytest.param("{from: 2025-12-01 22:00, until: »2025-12-02 02:00, all: true}", "over", "a time to come", id="over for a year"),
        pytest.param("{from: »2026-11-28 00:30, for: 30m, timezone: Europe/Berlin, all: true}", "over", "a time to come", id="over there, for their clocks are ahead"),
    ],
)  # fmt: skip
def test_a_doubtful_window_is_a_warning_and_no_more(window: str, code: str, mend: str) -> None:
    file = marked(closing(window))

    (fault,) = told(file.text)

    assert (fault.code, fault.severity) == (code, Severity.WARNING)
    assert Place(fault.line, fault.column) == file.places[0]
    assert mend in fault.fix


@pytest.mark.parametrize(
    "window",
    [
        pytest.param("{weekly: sunday 02:00, for: 167h, all: true}", id="an hour a week without"),
        pytest.param("{cron: '* * * * 1-5', for: 1m, all: true}", id="weekdays, minute by minute"),
        pytest.param("{cron: '0 9-17 * * *', for: 1h, all: true}", id="by day, hour after hour"),
        pytest.param("{cron: 0 0 29 2 *, for: 7d, all: true}", id="leap days"),
        pytest.param("{from: 2026-12-01 22:00, for: 7d, all: true}", id="a whole week"),
        pytest.param("{from: 2026-11-27 22:01, for: 2h, all: true}", id="for one more minute"),
        pytest.param("{from: 2020-01-01 00:00, for: 7d, all: false, tags: [x]}", id="two faults"),
    ],
)
def test_no_other_window_is_warned_of(window: str) -> None:
    found = told(closing(window).replace("tags: [x]", "tags: [storage]"))

    assert {fault.code for fault in found} <= {"over"}
    assert bool(found) is ("2020" in window)


def test_without_a_time_no_window_is_over() -> None:
    text = closing("{from: 2020-12-01 22:00, for: 2h, all: true}")

    assert parse(text, "monitors.yaml").faults == ()


def test_one_wrong_window_hides_no_other_and_none_of_the_rest() -> None:
    file = marked(
        closing(
            "{weekly: »sundy 02:00, for: 2h, tags: [»storge]}",
            "»5",
            "»{weekly: sunday 02:00, for: »2}",
            "{weekly: sunday 02:00, for: 2h, monitors: [»wb]}",
            "{weekly: sunday 02:00, for: »8d, all: true}",
            "{from: 2020-12-01 22:00, until: »soon, »for: 1h, all: true}",
            "{weekly: sunday 02:00, for: 2h, monitors: [»{}]}",
        )
    )

    found = told(file.text)

    assert [Place(fault.line, fault.column) for fault in found] == list(file.places)
    assert [fault.code for fault in found] == [
        *("bad_weekly", "unknown_tag", "wrong_type", "no_scope", "bad_duration"),
        *("unknown_monitor", "always_open", "bad_time", "two_ends", "wrong_type"),
    ]


@pytest.mark.parametrize(
    ("windows", "code"),
    [
        pytest.param(" »", "wrong_type", id="nothing"),
        pytest.param(" »sunday", "wrong_type", id="a word"),
        pytest.param(" »{weekly: sunday 02:00, for: 2h, all: true}", "wrong_type", id="no list"),
        pytest.param(
            " »[" + 101 * "{weekly: sunday 02:00, for: 2h, all: true}," + "]", "too_many", id="many"
        ),
    ],
)
def test_windows_are_a_list_of_at_most_a_hundred(windows: str, code: str) -> None:
    file = marked(f"{LOCATIONS}{MONITORS}maintenance:{windows}\n")

    (fault,) = told(file.text)

    assert fault.code == code
    assert fault.line == file.places[0].line


@pytest.mark.parametrize(
    ("monitors", "about"),
    [
        pytest.param("  db: 5", "monitors: [db], tags: [x]", id="a monitor that is no mapping"),
        pytest.param("  db: {tcp: 'a.com:1', tags: [a b]}", "tags: [x]", id="wrong tags"),
        pytest.param("  Db: {tcp: 'a.com:1'}", "monitors: [db]", id="a wrong name"),
    ],
)
def test_what_was_refused_is_not_missing_in_a_window_as_well(monitors: str, about: str) -> None:
    (fault,) = told(
        f"{LOCATIONS}monitors:\n{monitors}\n"
        f"maintenance: [{{weekly: sunday 02:00, for: 2h, {about}}}]"
    )

    assert fault.code in {"wrong_type", "bad_tag", "bad_name"}


def test_of_very_many_unknown_tags_the_first_are_guessed() -> None:
    tags = ", ".join(f"storag{number}" for number in range(GUESSED + 1))

    found = told(closing(f"{{weekly: sunday 02:00, for: 2h, tags: [{tags}]}}"))

    assert {fault.fix for fault in found[:-1]} == {"Write storage"}
    assert found[-1].fix.startswith("Give it to a monitor")


def test_a_file_need_not_have_windows() -> None:
    assert configured(f"{LOCATIONS}{MONITORS}").windows == ()
    assert configured(f"{LOCATIONS}{MONITORS}maintenance: []").windows == ()


@pytest.mark.parametrize(
    ("window", "meant"),
    [
        pytest.param(
            "{from: 2026-12-01 22:00, until: 2026-12-02 02:00, timezone: Europe/Berlin, all: true}",
            Window(begin=utc("2026-12-01 21:00"), length=4 * HOUR),
            id="once, by their clocks",
        ),
        pytest.param(
            "{from: '2026-12-01T22:00:00', for: 4h, monitors: [web, database]}",
            Window(begin=utc("2026-12-01 22:00"), length=4 * HOUR, monitors=("web", "database")),
            id="once, in UTC, about some",
        ),
        pytest.param(
            "{weekly: Sunday 2:00, for: 2h, timezone: Europe/Berlin, tags: [storage]}",
            Window(cron="0 2 * * 0", timezone="Europe/Berlin", length=2 * HOUR, tags=("storage",)),
            id="every week, about a tag",
        ),
        pytest.param(
            "{weekly: wed 23:59, for: 1m, monitors: [web], tags: ['team:red']}",
            Window(
                cron="59 23 * * 3",
                length=timedelta(minutes=1),
                monitors=("web",),
                tags=("team:red",),
            ),
            id="about a monitor and a tag",
        ),
        pytest.param(
            "{cron: '@monthly', for: 366d, all: true}",
            Window(cron="0 0 1 * *", length=366 * DAY),
            id="a word of cron",
        ),
        pytest.param(
            "{from: 2026-10-25 02:30, for: 1h, timezone: Europe/Berlin, all: true}",
            Window(begin=utc("2026-10-25 00:30"), length=HOUR),
            id="from the first of a time that clocks show twice",
        ),
        pytest.param(
            "{from: 2026-10-25 01:30, until: 2026-10-25 02:30, timezone: Europe/Berlin, all: true}",
            Window(begin=utc("2026-10-24 23:30"), length=2 * HOUR),
            id="until the last of them",
        ),
        pytest.param(
            "{from: 2026-10-25 02:30, until: 2026-10-25 02:30, timezone: Europe/Berlin, all: true}",
            Window(begin=utc("2026-10-25 00:30"), length=HOUR),
            id="from the first to the last of them",
        ),
        pytest.param(
            "{from: 2027-03-28 01:30, until: 2027-03-28 03:30, timezone: Europe/Berlin, all: true}",
            Window(begin=utc("2027-03-28 00:30"), length=HOUR),
            id="over an hour that clocks skip",
        ),
    ],
)
def test_a_window_is_what_the_file_says(window: str, meant: Window) -> None:
    assert configured(closing(window)).windows == (meant,)


def test_windows_may_overlap_and_are_in_their_order() -> None:
    weekly = "{weekly: sunday 02:00, for: 2h, all: true}"

    first, second = configured(closing(weekly.replace("2h", "4h"), weekly)).windows

    assert (first.length, second.length) == (4 * HOUR, 2 * HOUR)


def test_a_week_that_skips_its_hour_has_its_window_right_afterwards() -> None:
    (window,) = configured(
        closing("{weekly: sunday 02:00, for: 2h, timezone: Europe/Berlin, all: true}")
    ).windows

    at = utc("2027-03-28 01:00")  # where clocks go from 02:00 to 03:00

    assert window.open_until(at - timedelta(seconds=1), next_start) is None
    assert window.open_until(at, next_start) == at + 2 * HOUR


def test_the_mend_of_a_time_that_clocks_skip_is_a_time_that_they_show() -> None:
    text = closing("{from: 2027-03-28 02:30, for: 2h, timezone: Europe/Berlin, all: true}")

    (fault,) = told(text)

    offered = re.findall(r"[0-9]{4}-[0-9-]+ [0-9:]+", fault.fix)
    assert len(offered) == 2
    for right in offered:
        assert told(text.replace("2027-03-28 02:30", right)) == ()


def test_a_week_that_has_its_hour_twice_has_its_window_at_the_first() -> None:
    (window,) = configured(
        closing("{weekly: sunday 02:30, for: 20m, timezone: Europe/Berlin, all: true}")
    ).windows

    first = utc("2026-10-25 00:30")

    assert window.open_until(first, next_start) == first + timedelta(minutes=20)
    assert window.open_until(first + HOUR, next_start) is None


WORDS = st.sampled_from(
    [
        *("2026-12-01 22:00", "2099-12-31 23:59", "2000-01-01 00:00", "2027-03-28 02:30"),
        *("sunday 02:00", "0 2 1 * *", "* * * * *", "0 0 29 2 *", "2h", "366d", "1m", "90s", "7d"),
        *("Europe/Berlin", "UTC", "Pacific/Apia", "true", "false", "web", "database", "storage"),
        *("x", "5", "~", "[web]", "[database, web]", "[storage]", "[]", "{}", "[x]", "[~]"),
    ]
)
KEYS_AND_VALUES = st.dictionaries(
    st.sampled_from([*KEYS, "until", "start", "x"]), WORDS, max_size=len(KEYS)
)
ITEMS = KEYS_AND_VALUES.map(
    lambda window: "{" + ", ".join(f"{key}: {value}" for key, value in window.items()) + "}"
)
SOUND = st.builds(
    "{{{}, for: {}, {}, timezone: {}}}".format,
    st.sampled_from(
        ["from: 2099-12-31 23:59", "from: 2000-01-01 00:00", "weekly: sun 2:00", "cron: 0 0 29 2 *"]
    ),
    st.sampled_from(["1m", "366d", "7d"]),
    st.sampled_from(["all: true", "monitors: [web]", "tags: [storage]"]),
    st.sampled_from(["Europe/Berlin", "Pacific/Apia", "UTC"]),
)


@given(st.lists(ITEMS | SOUND, max_size=3), st.integers(0, 100 * 366 * 24 * 60))
@example(["{from: 2099-12-31 23:59, for: 366d, all: true}"], 52596000)
def test_whatever_windows_say_they_are_refused_or_can_be_judged(
    windows: list[str], minutes: int
) -> None:
    now = utc("2000-01-01") + timedelta(minutes=minutes)

    reading = parse(closing("", *windows).replace("  - \n", ""), "monitors.yaml", now=now)

    assert (reading.configuration is None) is bool(reading.errors)
    for window in reading.configuration.windows if reading.configuration else ():
        end = window.open_until(now, next_start)
        assert end is None or now < end <= now + window.length
        assert window.cron is None or next_start(window.cron, window.timezone, now) is not None


LINES = st.tuples(
    st.sampled_from(["0", "30", "*/15", "*/35", "0,1,2"]),
    st.sampled_from(["*", "2", "9-17", "*/6", "0,12", "23"]),
    st.sampled_from(["*", "1", "1,15", "L", "*/2"]),
    st.sampled_from(["*", "1,7", "*/3"]),
    st.sampled_from(["*", "0", "1-5", "MON"]),
).map(" ".join)
LENGTHS = st.sampled_from([1, 5, 7, 60, 240, 360, 720, 1440, 2880, 4320, 10080, 44640])


@settings(max_examples=50)
@given(LINES, LENGTHS)
@example("0 2 * * 0", 10080)
@example("*/5 * * * *", 5)
@example("*/7 * * * *", 7)
def test_what_is_always_open_has_no_gap_and_what_is_not_has_one(line: str, minutes: int) -> None:
    length = timedelta(minutes=minutes)
    times = pairwise(islice(CronSim(line, datetime(2024, 1, 1, tzinfo=UTC)), 4000))

    gap = any(later - former > length for former, later in times)

    assert crontab.always_within(line, length) is not gap


ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns"]
)
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(  # noqa: DTZ001 - of any place
    lambda at: at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
)


@given(TIMES, ZONES)
@example(datetime(2027, 3, 28, 2, 30), "Europe/Berlin")  # noqa: DTZ001 - as above
@example(datetime(2026, 10, 25, 2, 30), "Europe/Berlin")  # noqa: DTZ001 - as above
def test_clocks_show_a_time_at_the_instants_that_it_means(local: datetime, zone: str) -> None:
    first, last = (wallclock.instant(local, zone, last=each) for each in (False, True))
    shown = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in (first, last)]

    if wallclock.exists(local, zone):
        assert shown == [local, local]
        assert timedelta() <= last - first <= HOUR
    else:
        later, sooner = wallclock.around(local, zone)
        assert sooner < local < later
        assert wallclock.exists(later, zone)
        assert wallclock.exists(sooner, zone)


@given(st.text("sunmotewdhfri 0123456789:,", max_size=20))
@example("0230 sunday")
@example("every 4:05")
def test_every_week_that_is_taken_comes_and_every_mend_is_taken(text: str) -> None:
    try:
        line = wallclock.weekly(text)
    except MistakeError as refused:
        if offered := re.search(r"Write ([a-z]+day [0-9:]+)$", refused.fix):
            assert wallclock.weekly(offered[1])
        if offered := re.search('cron: "(.*)"', refused.fix):
            assert crontab.line(offered[1]) == offered[1]
        return

    assert crontab.line(line) == line
    due = list(islice(CronSim(line, NOW), 2))
    assert due[1] - due[0] == 7 * DAY
