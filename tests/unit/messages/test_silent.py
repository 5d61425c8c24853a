"""What people, pagers and machines are told by a stand-by."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.make import MINUTE, NOON, TICK
from tocsin.domain.incident import Event
from tocsin.domain.outlook import MOST, Failing, Outlook
from tocsin.domain.standby import HomeAlert
from tocsin.messages import gsm7, silent
from tocsin.messages.silent import Place, render

PLACE = Place(home="eu-west-1", location="us-east-1", region="us-east-1", account="123456789012")
DB = Failing(monitor="db", since=TICK - 6, text="connect/refused: connection refused")
OPENED = HomeAlert(
    loss="home-eu-west-1-20260101T120500Z",
    event=Event.OPENED,
    at=NOON + 5 * MINUTE,
    silent_since=NOON,
    trouble="its state table does not answer: table tocsin-state: Could not connect",
    outlook=Outlook(monitors=40, failed=1, failing=(DB,), mark="a"),
)
UPDATED = replace(OPENED, event=Event.UPDATED, number=1, at=NOON + 30 * MINUTE)
RESOLVED = HomeAlert(
    loss=OPENED.loss, event=Event.RESOLVED, at=NOON + 147 * MINUTE, silent_since=NOON
)
HOSTILE = Failing(
    monitor="x" * 200, since=TICK, text="www.evil.example https://evil.example <!channel> \x1b[0m"
)
STORM = replace(
    OPENED,
    outlook=Outlook(monitors=5000, failed=5000, failing=(HOSTILE,) * MOST, mark="b"),
    trouble="é" * 2000,
)

each_alert = pytest.mark.parametrize(
    "alert", [OPENED, UPDATED, RESOLVED, STORM, replace(OPENED, outlook=None)]
)


def texts(alert: HomeAlert) -> dict[str, str]:
    said: dict[str, str] = json.loads(render(alert, PLACE)[1])
    return said


def alarm(alert: HomeAlert) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(texts(alert)["https"])
    return said


def test_a_mail_says_what_is_silent_why_what_fails_from_here_and_what_to_do() -> None:
    assert texts(OPENED)["email"] == (
        "The home region eu-west-1 is SILENT: it has given no sign since 2026-01-01\n"
        "12:00 UTC, for 5 min.\n"
        "\n"
        "Why this is said: its state table does not answer: table tocsin-state: Could\n"
        "not connect.\n"
        "\n"
        "Until it is back nobody judges your monitors: no alert of theirs comes by\n"
        "the usual routes, and none ends. Probes go on looking, and jobs cannot\n"
        "report.\n"
        "\n"
        "Seen from us-east-1 alone, so that no quorum stands behind it, 1 of 40\n"
        "monitors fails:\n"
        "\n"
        "* db since 2026-01-01 11:54 UTC: connect/refused: connection refused\n"
        "\n"
        "What to do: docs/runbooks/home-silent.md in Tocsin's repository.\n"
        "\n"
        "Incident home-eu-west-1-20260101T120500Z\n"
        "Sent by Tocsin's stand-by in us-east-1.\n"
    )


def test_the_mail_of_the_end_says_how_long_it_was_and_what_nobody_was_told() -> None:
    said = texts(RESOLVED)["email"]

    assert said.startswith("The home region eu-west-1 judges again, after 2 h 27 min")
    assert "was told to nobody" in " ".join(said.split())


@pytest.mark.parametrize(
    ("outlook", "said"),
    [
        pytest.param(None, "the probe in us-east-1 has not looked of late", id="nobody looked"),
        pytest.param(
            Outlook(monitors=40, suspect="2 of its 3 canaries fail"),
            "us-east-1 does not believe itself (2 of its 3 canaries fail)",
            id="it is cut off",
        ),
        pytest.param(Outlook(monitors=40), "its 40 monitors are well", id="nothing fails"),
    ],
)
def test_what_cannot_be_seen_from_here_is_said(outlook: Outlook | None, said: str) -> None:
    assert said in " ".join(texts(replace(OPENED, outlook=outlook))["email"].split())


@pytest.mark.parametrize(
    ("alert", "subject"),
    [
        (
            OPENED,
            "ALARM: HOME SILENT eu-west-1 since 12:00 UTC, 1 of 40 fail from us-east-1 (db)",
        ),
        (
            replace(OPENED, outlook=None),
            "ALARM: HOME SILENT eu-west-1 since 12:00 UTC",
        ),
        (RESOLVED, "OK: HOME BACK eu-west-1 at 14:27 UTC, was silent 2 h 27 min"),
    ],
)
def test_a_subject_begins_with_the_state_that_pagers_look_for(
    alert: HomeAlert, subject: str
) -> None:
    assert render(alert, PLACE)[0] == subject


def test_an_sms_says_that_tocsin_itself_is_down() -> None:
    assert texts(OPENED)["sms"] == (
        "HOME SILENT eu-west-1 since 12:00 UTC, 1 of 40 fail from us-east-1 (db)"
        " - Tocsin judges nothing until it is back"
    )


@each_alert
def test_everything_fits_where_it_goes(alert: HomeAlert) -> None:
    subject, body = render(alert, PLACE)

    assert len(subject) <= 99
    assert subject.isascii()
    assert subject.isprintable()
    assert gsm7.septets(texts(alert)["sms"]) <= gsm7.LIMIT
    assert len(body.encode()) < 200_000
    assert len(alarm(alert)["NewStateReason"]) <= silent.TEXT_LIMIT
    assert len(alarm(alert)["AlarmName"]) <= 255
    assert len(alarm(alert)["AlarmDescription"]) <= 1024


@each_alert
def test_a_pager_takes_it_for_an_alarm_of_cloudwatch_and_finds_its_end(alert: HomeAlert) -> None:
    said = alarm(alert)

    assert render(alert, PLACE)[0].startswith(f"{said['NewStateValue']}: ")
    assert said["NewStateValue"] == ("OK" if alert.event is Event.RESOLVED else "ALARM")
    assert said["AlarmName"] == alarm(OPENED)["AlarmName"]
    assert said["AlarmArn"] == alarm(OPENED)["AlarmArn"]
    assert said["Trigger"] == alarm(OPENED)["Trigger"]


def test_two_losses_are_two_alarms() -> None:
    assert alarm(replace(OPENED, loss="another"))["AlarmName"] != alarm(OPENED)["AlarmName"]


def test_machines_are_told_all_of_it() -> None:
    said = json.loads(texts(OPENED)["default"])

    assert said["id"] == OPENED.id
    assert (said["kind"], said["event"], said["home"]) == ("home", "opened", "eu-west-1")
    assert said["failing"] == [
        {
            "monitor": "db",
            "failing_since": "2026-01-01T11:54:00+00:00",
            "evidence": "connect/refused: connection refused",
        }
    ]


def test_no_text_of_a_stranger_is_a_link_or_calls_anybody() -> None:
    said = texts(STORM)

    for text in (said["email"], said["https"]):
        assert "https://evil" not in text
        assert "www.evil" not in text
        assert "\x1b" not in text
    assert "<!channel>" not in said["https"]
    assert max(map(len, said["email"].splitlines())) <= 300


def test_a_mail_names_twenty_and_counts_the_others() -> None:
    said = texts(STORM)["email"]

    assert said.count("x" * 200) == silent.SHOWN
    assert "* and 4980 more" in said
