"""What on-call tools are sent: an alarm as CloudWatch has them, the same one from first to last."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.messages.cases import (
    CASES,
    DARK,
    DOWN,
    FOLDED,
    LINKS,
    NOON,
    RESOLVED_AFTER,
    WIDER,
    minutes,
    opened,
    recovered,
    reminded,
)
from tests.unit.messages.strategies import alerts
from tocsin.domain.incident import Alert, Event, Kind
from tocsin.messages import alarm
from tocsin.messages.links import NOWHERE

FIELDS = {
    "AlarmName", "AlarmDescription", "AWSAccountId", "AlarmConfigurationUpdatedTimestamp",
    "NewStateValue", "NewStateReason", "StateChangeTime", "Region", "AlarmArn", "OldStateValue",
    "OKActions", "AlarmActions", "InsufficientDataActions", "Trigger",
}  # fmt: skip
"""Those that CloudWatch sends."""
TRIGGER = {
    "MetricName", "Namespace", "StatisticType", "Statistic", "Unit", "Dimensions", "Period",
    "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "Threshold",
    "TreatMissingData", "EvaluateLowSampleCountPercentile",
}  # fmt: skip


def sent(alert: Alert) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(alarm.text(alert, LINKS))
    return document


def identity(alert: Alert) -> tuple[object, ...]:
    """Give all that a receiver may know an alarm by."""
    document = sent(alert)
    return document["AlarmName"], document["AlarmArn"], json.dumps(document["Trigger"])


def test_it_has_what_an_alarm_of_cloudwatch_has() -> None:
    document = sent(DOWN)

    assert set(document) == FIELDS | {"Tocsin"}
    assert set(document["Trigger"]) == TRIGGER
    assert document["AWSAccountId"] == "111122223333"
    assert document["Region"] == "eu-west-1"


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(replace(DOWN, event=Event.UPDATED, note="Down again: db"), id="updated"),
        pytest.param(replace(DOWN, subjects=FOLDED.subjects), id="with more monitors"),
        pytest.param(replace(DOWN, subjects=WIDER.subjects), id="for another reason"),
        pytest.param(replace(DOWN, event=Event.REMINDER, at=NOON + minutes(60)), id="reminder"),
        pytest.param(recovered(DOWN), id="resolved"),
    ],
)
def test_an_incident_is_one_alarm_from_first_to_last(later: Alert) -> None:
    assert identity(later) == identity(DOWN)


def test_another_incident_of_the_same_monitor_is_another_alarm() -> None:
    other = replace(DOWN, incident="db-20260102T120000Z-2c7ee2")

    assert not set(identity(other)) & set(identity(DOWN))


@settings(max_examples=50)
@given(alerts())
def test_the_subject_agrees_with_the_state_or_pagerduty_drops_the_message(alert: Alert) -> None:
    subject, state = alarm.subject(alert), sent(alert)["NewStateValue"]

    assert subject.startswith(f"{state}: ")
    assert state == ("OK" if alert.event is Event.RESOLVED else "ALARM")
    assert len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()


@settings(max_examples=50)
@given(alerts(), st.sampled_from([LINKS, NOWHERE]))
def test_it_keeps_to_the_limits_of_cloudwatch(alert: Alert, links: Any) -> None:
    document = json.loads(alarm.text(alert, links))

    assert len(document["AlarmName"]) <= 255
    assert alert.incident in document["AlarmName"]
    assert len(document["AlarmDescription"]) <= 1024
    assert len(document["NewStateReason"]) <= 1023
    assert re.fullmatch(r"\d{12}", document["AWSAccountId"])


def test_a_change_of_state_has_its_time_and_its_state_before() -> None:
    beginning, end = sent(DOWN), sent(recovered(DOWN))

    assert beginning["StateChangeTime"] == "2026-01-01T12:00:00.000+0000"
    assert end["StateChangeTime"] == "2026-01-01T12:12:00.000+0000"
    assert recovered(DOWN).at == NOON + RESOLVED_AFTER
    assert (beginning["OldStateValue"], end["OldStateValue"]) == ("OK", "ALARM")
    assert sent(reminded(DOWN, after=minutes(60)))["OldStateValue"] == "ALARM"


def test_thousandths_of_a_second_are_written_as_cloudwatch_does() -> None:
    at = NOON.replace(microsecond=45_678)

    assert sent(replace(DOWN, opened_at=at))["StateChangeTime"] == "2026-01-01T12:00:00.045+0000"


@pytest.mark.parametrize(
    ("alert", "name"),
    [
        (DOWN, "db down (db-20260101T120000Z-2c7ee2)"),
        (DARK, "eu-west-1 blind (eu-west-1-20260101T120000Z-ef1d77)"),
        (opened(Kind.UNKNOWN, *FOLDED.subjects), "db unknown (db-20260101T120000Z-3f23f3)"),
    ],
    ids=["a monitor", "a location", "monitors that nobody sees"],
)
def test_the_name_says_what_is_broken_and_what_to_acknowledge(alert: Alert, name: str) -> None:
    assert sent(alert)["AlarmName"] == name


def test_a_name_that_is_too_long_keeps_the_incident() -> None:
    incident = f"{'n' * 200}-20260101T120000Z-2c7ee2"

    assert sent(replace(DOWN, incident=incident))["AlarmName"] == f"({incident})"


def test_the_description_says_where_to_look_and_what_to_do() -> None:
    lines = sent(DOWN)["AlarmDescription"].splitlines()

    assert "Runbook: https://wiki.example.com/db" in lines
    assert "To take it on (no more reminders): tocsin ack db-20260101T120000Z-2c7ee2" in lines
    assert any(line.startswith('What "refused" usually means: ') for line in lines)


def test_rules_of_an_on_call_tool_can_go_by_severity_and_team() -> None:
    assert sent(DOWN)["Tocsin"] == {
        "alert": "db-20260101T120000Z-2c7ee2#opened",
        "incident": "db-20260101T120000Z-2c7ee2",
        "event": "opened",
        "kind": "down",
        "severity": "critical",
        "teams": ["data"],
        "monitors": ["db"],
        "monitor_count": 1,
    }


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES)
def test_each_state_tells_its_story_first(alert: Alert) -> None:
    document = sent(alert)

    names = [*(s.monitor for s in alert.subjects), *(t.location for t in alert.troubles)]
    first = document["NewStateReason"].splitlines()[0]
    assert any(name in first for name in names) or f"{len(names)} monitors" in first
