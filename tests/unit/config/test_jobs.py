"""What monitors of jobs say: when a job is due, and each mistake with its place, code and mend."""

# ruff: noqa: E501 - a case a line: the tables are read down their columns

import re
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.config.files import (
    assert_refused,
    configured,
    faults,
    marked,
    only,
    watching,
)
from tocsin.config import crontab
from tocsin.config.fault import MistakeError, Place, Severity
from tocsin.config.jobs import OF_CHECKS
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.monitor import Monitor, Route

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

SCHEDULES = [
    pytest.param("»", "wrong_type", "Write one value", id="nothing"),
    pytest.param("»{}", "no_schedule", 'cron: "0 3 * * *"', id="a mapping of nothing"),
    pytest.param("»{grace: 1h}", "no_schedule", "`period: 1d`", id="grace for nothing"),
    pytest.param("»[1d]", "wrong_type", "Write one value", id="a list"),
    pytest.param("»daily", "bad_duration", "1h or 1d", id="a period in words"),
    pytest.param("»60", "bad_duration", "60m or 60h", id="a period without a unit"),
    pytest.param("»30s", "short_period", "Write 1m or more", id="a period under a minute"),
    pytest.param("»367d", "bad_duration", "366d or less", id="a period over a year"),
    pytest.param("»999999d", "bad_duration", "366d or less", id="a giant period"),
    pytest.param("»9999999d", "bad_duration", "1h or 1d", id="a period of too many digits"),
    pytest.param("»'0 3 * * *'", "bad_duration", '`{cron: "0 3 * * *"}`', id="a line of cron for a period"),
    pytest.param("»'@daily'", "bad_duration", '`{cron: "0 0 * * *"}`', id="a word of cron for a period"),
    pytest.param("»'0 3 31 2 *'", "never_due", "L is its last", id="a wrong line for a period"),
    pytest.param("{»perod: 1d}", "unknown_key", "Write period", id="a misspelt key"),
    pytest.param("{period: 1d, »cron: '0 3 * * *'}", "two_schedules", "Remove one", id="a period and a line"),
    pytest.param("{period: 1d, »timezone: Europe/Berlin}", "no_cron", "Remove `timezone`", id="a time zone of a period"),
    pytest.param("{period: 1d, grace: »400d}", "bad_duration", "366d or less", id="grace over a year"),
    pytest.param("{period: 1d, grace: »0s}", "bad_duration", "such as 5m", id="no grace"),
    pytest.param("{period: 1d, grace: »5}", "bad_duration", "5m or 5h", id="grace without a unit"),
    pytest.param("{period: 1d, run_time: »0s}", "short_period", "1m or more", id="no time to run"),
    pytest.param("{period: 1d, »run_time: }", "wrong_type", "remove the key", id="a time to run that is none"),
    pytest.param("{cron: »'@reboot'}", "bad_cron", "`period:`", id="a start of the machine"),
    pytest.param("{cron: »'@every 5m'}", "bad_cron", "`period: 5m`", id="a period as Go has it"),
    pytest.param("{cron: »rate(5 minutes)}", "bad_cron", "`period: 5m`", id="a period as AWS has it"),
    pytest.param("{cron: »rate(1 day)}", "bad_cron", "`period: 1d`", id="a day as AWS has it"),
    pytest.param("{cron: »daily}", "bad_cron", 'as in "0 3 * * *"', id="a word"),
    pytest.param("{cron: »''}", "bad_cron", 'as in "0 3 * * *"', id="an empty line"),
    pytest.param("{cron: »0 3 * *}", "bad_cron", 'as in "0 3 * * *"', id="four fields"),
    pytest.param("{cron: »0 0 3 * * *}", "bad_cron", 'Write "0 3 * * *"', id="seconds before it"),
    pytest.param("{cron: »0 3 * * * root backup}", "bad_cron", 'Write "0 3 * * *"', id="a line of a crontab"),
    pytest.param("{cron: »0 3 * * * backup}", "bad_cron", 'Write "0 3 * * *"', id="a line with its command"),
    pytest.param("{cron: »cron(0 3 * * ? *)}", "bad_cron", 'Write "0 3 * * *"', id="a line of AWS"),
    pytest.param("{cron: »0 3 ? * 2-6 *}", "bad_cron", 'Write "0 3 * * 1-5"', id="AWS counts from Sunday, 1"),
    pytest.param("{cron: »cron(0 3 ? * 6#3 *)}", "bad_cron", 'Write "0 3 * * 5#3"', id="AWS's third Friday"),
    pytest.param("{cron: »cron(0 3 ? * */2 *)}", "bad_cron", 'Write "0 3 * * */2"', id="steps are steps to AWS too"),
    pytest.param("{cron: »0 0 3 ? * MON}", "bad_cron", 'Write "0 3 * * MON"', id="a line of Quartz"),
    pytest.param("{cron: »0 0 3 ? * 2}", "bad_cron", 'as in "0 3 * * *"', id="one that counts days, who knows from where"),
    pytest.param("{cron: »0 3 ? * *}", "bad_cron", 'Write "0 3 * * *"', id="a question mark"),
    pytest.param("{cron: »60 3 * * *}", "bad_cron", "minutes from 0 to 59", id="minute 60"),
    pytest.param("{cron: »0 24 * * *}", "bad_cron", "hours from 0 to 23", id="hour 24"),
    pytest.param("{cron: »0 0 0 * *}", "bad_cron", "days from 1 to 31", id="day 0"),
    pytest.param("{cron: »0 0 32 * *}", "bad_cron", "days from 1 to 31", id="day 32"),
    pytest.param("{cron: »0 0 15W * *}", "bad_cron", "LW for the last weekday", id="the weekday next to a day"),
    pytest.param("{cron: »0 0 * 13 *}", "bad_cron", "JAN to DEC", id="month 13"),
    pytest.param("{cron: »0 0 * FEBRUARY *}", "bad_cron", "JAN to DEC", id="a month written out"),
    pytest.param("{cron: »0 0 * * 8}", "bad_cron", "weekdays from 0 to 7", id="weekday 8"),
    pytest.param("{cron: »0 0 * * FRI-MON}", "bad_cron", "upward ranges", id="a range over the weekend"),
    pytest.param("{cron: »0 0 * * 5#6}", "bad_cron", "weekdays from 0 to 7", id="the sixth Friday"),
    pytest.param("{cron: »'*/0 * * * *'}", "bad_cron", "steps as */15", id="steps of nothing"),
    pytest.param("{cron: »H 3 * * *}", "bad_cron", "minutes from 0 to 59", id="any minute, as Jenkins has it"),
    pytest.param("{cron: »'\uff11 3 * * *'}", "bad_cron", "minutes from 0 to 59", id="digits of another alphabet"),
    pytest.param("{cron: »" + "1" * 190 + " * * * *}", "bad_cron", "minutes from 0 to 59", id="a giant number"),
    pytest.param("{cron: »'" + "1," * 100 + "1 * * * *'}", "too_long", "at most 200", id="an endless list"),
    pytest.param("{cron: »0 0 31 2 *}", "never_due", "L is its last", id="31 February"),
    pytest.param("{cron: »0 0 30 FEB *}", "never_due", "L is its last", id="30 February"),
    pytest.param("{cron: »'0 0 31 4,6,9,11 *'}", "never_due", "L is its last", id="the 31st of short months"),
    pytest.param("{cron: 0 3 * * *, timezone: »Europe/Berln}", "unknown_timezone", "Write Europe/Berlin", id="a misspelt time zone"),
    pytest.param("{cron: 0 3 * * *, timezone: »europe/berlin}", "unknown_timezone", "Write Europe/Berlin", id="a time zone in small letters"),
    pytest.param("{cron: 0 3 * * *, timezone: »Berlin}", "unknown_timezone", "Write Europe/Berlin", id="a city"),
    pytest.param("{cron: 0 3 * * *, timezone: »new york}", "unknown_timezone", "Write America/New_York", id="a city in two words"),
    pytest.param("{cron: 0 3 * * *, timezone: »utc}", "unknown_timezone", "Write UTC", id="UTC in small letters"),
    pytest.param("{cron: 0 3 * * *, timezone: »CEST}", "unknown_timezone", "name of a place", id="summer time, which is not EST"),
    pytest.param("{cron: 0 3 * * *, timezone: »PST}", "unknown_timezone", "name of a place", id="an abbreviation"),
    pytest.param("{cron: 0 3 * * *, timezone: »UTC+1}", "unknown_timezone", "name of a place", id="an offset, which is not UTC"),
    pytest.param("{cron: 0 3 * * *, timezone: »GMT+2}", "unknown_timezone", "name of a place", id="an offset, whose sign some turn round"),
    pytest.param("{cron: 0 3 * * *, timezone: »'+01:00'}", "unknown_timezone", "name of a place", id="an offset alone"),
    pytest.param("{cron: 0 3 * * *, timezone: »'../../etc/passwd'}", "unknown_timezone", "name of a place", id="a path"),
    pytest.param("{cron: 0 3 * * *, »timezone: }", "wrong_type", "remove the key", id="no time zone"),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "code", "mend"), SCHEDULES)
def test_a_wrong_schedule_is_refused_where_it_is_wrong(schedule: str, code: str, mend: str) -> None:
    key = "»heartbeat: " if schedule == "»" else f"heartbeat: {schedule}"

    assert_refused(f"{{{key}}}", code, mend)


@pytest.mark.parametrize(
    ("monitor", "code", "mend"),
    [
        pytest.param("{heartbeat: 1d, »cron: '0 3 * * *'}", "unknown_key", "`heartbeat: {cron: …}`", id="a key beside"),
        pytest.param("{»cron: '0 3 * * *'}", "unknown_key", "`heartbeat: {cron: …}`", id="a key for the kind"),
        pytest.param("{»period: 1d}", "unknown_key", "`heartbeat: {period: …}`", id="a period for the kind"),
        pytest.param("{»hearbeat: 1d}", "unknown_key", "Write heartbeat", id="a misspelt kind"),
        pytest.param("{»job: 1d}", "unknown_key", "Write heartbeat", id="another word for it"),
        pytest.param("{heartbeat: 1d, »tcp: 'a.example.com:1'}", "two_kinds", "two monitors", id="two kinds"),
        pytest.param("{heartbeat: 1d, »expect: {status: [200]}}", "unknown_key", "Remove it", id="an expectation"),
        pytest.param("{heartbeat: {cron: »* * * * *}}", "yaml_syntax", "Quote a value that begins with *", id="a line that YAML takes for an alias"),
        pytest.param("{heartbeat: »@daily}", "yaml_syntax", "quote values that begin with @", id="a word that YAML reserves"),
    ],
)  # fmt: skip
def test_a_wrong_job_is_refused_where_it_is_wrong(monitor: str, code: str, mend: str) -> None:
    file = marked(watching(f"  m: {monitor}"))

    found = faults(file.text)

    assert [fault.code for fault in found] == [code]
    assert found[0].line == file.places[0].line
    assert found[0].column == file.places[0].column or code == "yaml_syntax"
    assert mend in found[0].fix


@pytest.mark.parametrize("key", OF_CHECKS)
def test_what_says_how_to_check_is_refused_of_a_job(key: str) -> None:
    value = {"quorum": "2", "retries": "1", "locations": "[eu, us]"}.get(key, "5m")
    value = "5s" if key in {"timeout", "slow"} else value

    fault = assert_refused(f"{{heartbeat: 1d, »{key}: {value}}}", "no_check", "Remove it: ")

    assert f"`{key}`" in fault.message


@pytest.mark.parametrize(
    ("schedule", "code", "mend"),
    [
        pytest.param("{period: 1h, grace: »1h}", "long_grace", "less than 1h", id="a grace of a period"),
        pytest.param("{cron: 0 3 * * *, grace: »2d}", "long_grace", "less than 1d", id="a grace of two days"),
        pytest.param("{cron: '0 3,4 * * *', grace: »1h}", "long_grace", "less than 1h", id="the shortest of two gaps"),
        pytest.param("{period: 61500ms, grace: »2m}", "long_grace", "less than 61500ms", id="a period in milliseconds"),
        pytest.param("{period: 1h, run_time: »90m}", "long_run_time", "less than 1h", id="a run over the next"),
    ],
)  # fmt: skip
def test_a_doubtful_schedule_is_a_warning_and_no_more(schedule: str, code: str, mend: str) -> None:
    file = marked(watching(f"  m: {{heartbeat: {schedule}}}"))

    (fault,) = faults(file.text)

    assert (fault.code, fault.severity) == (code, Severity.WARNING)
    assert Place(fault.line, fault.column) == file.places[0]
    assert mend in fault.fix


@pytest.mark.parametrize(
    ("schedule", "target"),
    [
        pytest.param("1d", HeartbeatTarget(period=DAY), id="a period alone"),
        pytest.param("{period: 366d}", HeartbeatTarget(period=366 * DAY), id="the longest period"),
        pytest.param(
            "{period: 1m, grace: 20s}",
            HeartbeatTarget(period=MINUTE, grace=timedelta(seconds=20)),
            id="the shortest period",
        ),
        pytest.param(
            "{cron: 0 3 * * *, timezone: Europe/Berlin, grace: 1h, run_time: 2h}",
            HeartbeatTarget(
                cron="0 3 * * *", timezone="Europe/Berlin", grace=HOUR, run_time=2 * HOUR
            ),
            id="everything",
        ),
        pytest.param(
            "{cron: '  0   3 * *  mon-fri '}",
            HeartbeatTarget(cron="0 3 * * mon-fri"),
            id="spaces, and names in small letters",
        ),
        pytest.param("{cron: '@Daily'}", HeartbeatTarget(cron="0 0 * * *"), id="a word of cron"),
        pytest.param("{cron: '@weekly'}", HeartbeatTarget(cron="0 0 * * 0"), id="another word"),
        pytest.param("{cron: 0 3 L * *}", HeartbeatTarget(cron="0 3 L * *"), id="the last day"),
        pytest.param("{cron: 0 3 LW * *}", HeartbeatTarget(cron="0 3 LW * *"), id="last weekday"),
        pytest.param("{cron: 0 3 * * 5L}", HeartbeatTarget(cron="0 3 * * 5L"), id="last Friday"),
        pytest.param("{cron: 0 3 * * 1#2}", HeartbeatTarget(cron="0 3 * * 1#2"), id="2nd Monday"),
        pytest.param(
            "{cron: '5-20/5,50 1,13 */2 JAN-MAR 7'}",
            HeartbeatTarget(cron="5-20/5,50 1,13 */2 JAN-MAR 7"),
            id="lists, ranges and steps",
        ),
        pytest.param("{cron: 0 0 29 2 *}", HeartbeatTarget(cron="0 0 29 2 *"), id="leap days"),
        pytest.param(
            "{cron: 0 0 31 2 1}", HeartbeatTarget(cron="0 0 31 2 1"), id="Mondays in February"
        ),
        pytest.param(
            "{cron: 30 2 * * *, timezone: America/New_York}",
            HeartbeatTarget(cron="30 2 * * *", timezone="America/New_York"),
            id="a time that a day in March has not",
        ),
    ],
)
def test_a_schedule_is_what_the_file_says(schedule: str, target: HeartbeatTarget) -> None:
    assert faults(watching(f"  m: {{heartbeat: {schedule}}}")) == ()
    assert only(f"{{heartbeat: {schedule}}}").target == target


def test_a_job_is_heard_at_one_place_whatever_the_defaults_say_of_checks() -> None:
    found = configured(
        "locations: {eu: , us: , ap: }\n"
        "defaults: {interval: 5m, timeout: 30s, retries: 9, quorum: 3, slow: 1s, locations: [eu],"
        " for: 2m, recover_for: 3m, alert: [chat]}\n"
        "monitors: {m: {heartbeat: 1d, runbook: 'https://wiki.example.com/', tags: [nightly]}}"
    )

    assert found.monitors == (
        Monitor(
            id="m",
            target=HeartbeatTarget(period=DAY),
            locations=(ENDPOINT,),
            need=1,
            retries=0,
            fail_for=2 * MINUTE,
            recover_for=3 * MINUTE,
            routes=(Route.CHAT,),
            runbook="https://wiki.example.com/",
            tags=("nightly",),
        ),
    )


def test_no_other_location_has_the_name_of_the_one_that_hears_jobs() -> None:
    file = marked(
        f"locations: {{»{ENDPOINT}: {{kind: agent}}, eu: }}\nmonitors: {{m: {{heartbeat: 1d}}}}"
    )

    (fault,) = faults(file.text)

    assert (fault.code, Place(fault.line, fault.column)) == ("bad_location", file.places[0])
    assert "another name" in fault.fix


def test_one_location_is_enough_for_a_file_of_jobs() -> None:
    assert faults("locations: {eu: }\nmonitors: {m: {heartbeat: 1d}}") == ()


def test_every_time_zone_that_is_taken_is_known_where_jobs_are_judged() -> None:
    assert all(ZoneInfo(name) for name in crontab.zones())
    assert "Europe/Berlin" in crontab.zones()


FIELDS = st.sampled_from(
    [
        *("*", "0", "1", "7", "12", "29", "30", "31", "59", "60", "L", "LW", "5L", "1#5", "?", "H"),
        *(
            "*/5",
            "*/31",
            "0/15",
            "1-5",
            "5-1",
            "1,2",
            "1,",
            ",",
            "-",
            "/",
            "1-",
            "/5",
            "L,1",
            "1/L",
        ),
        *(
            "MON",
            "jan",
            "FRI-SUN",
            "SUN#1",
            "#",
            "5#0",
            "1L-3",
            "²",
            "L/2",
            "*,31",
            "*-5",
            "@daily",
        ),
    ]
)


LINES = st.lists(FIELDS, min_size=4, max_size=7).map(" ".join) | st.text(max_size=20)


@given(LINES)
@example("0 0 * 2 MON#5")
@example("0 0 31 2 0L")
def test_every_line_that_is_taken_comes_due(text: str) -> None:
    try:
        taken = crontab.line(text)
    except MistakeError:
        return

    assert crontab.line(taken) == taken
    due = list(islice(CronSim(taken, datetime(2025, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))), 3))
    assert len(due) == 3
    assert crontab.shortest_gap(taken) >= MINUTE


@given(LINES)
@example("0 0 3 ? * MON")
@example("cron(0 3 ? * 1-7 *)")
def test_every_line_that_is_offered_instead_is_taken(text: str) -> None:
    fix = refusal(text)

    if (offered := re.fullmatch('Write "(.*)"', fix)) is not None:
        assert crontab.line(offered[1]) == offered[1]


def refusal(text: str) -> str:
    try:
        crontab.line(text)
    except MistakeError as refused:
        return refused.fix
    return ""


def test_the_shortest_gap_is_between_the_times_that_are_closest() -> None:
    begin = datetime(2024, 1, 1, tzinfo=UTC)

    for line in ("*/7 * * * *", "0 3,4,9 * * 1-5", "0 0 1 * *", "0 0 29 2 *"):
        times = list(islice(CronSim(line, begin), 60))
        assert crontab.shortest_gap(line) == min(later - at for at, later in pairwise(times))
