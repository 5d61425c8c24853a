"""Alerts as events, by moto's EventBridge: a rule that sends to a queue sees them."""

import json
from collections.abc import Callable
from typing import Any, cast

import boto3
import pytest
from botocore.config import Config

from tests.integration.adapters.conftest import REGION
from tests.unit.messages.cases import DOWN, recovered
from tocsin.adapters.eventbridge import EventBridgeEvents
from tocsin.messages import bundle, payload
from tocsin.usecases.ports import HandoverError

EVENT_BYTES = 256 * 1024
"""What an event may hold in all, by its documentation's older and smaller limit."""


@pytest.fixture
def events(aws: None) -> Any:
    return boto3.client("events", region_name=REGION)


@pytest.fixture
def arrived(events: Any) -> Callable[[], list[dict[str, Any]]]:
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.create_queue(QueueName="rule")["QueueUrl"]
    pattern = {"source": ["tocsin"], "detail-type": [{"prefix": "Tocsin alert "}]}
    events.put_rule(Name="alerts", EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule="alerts", Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:{REGION}:123456789012:rule"}]
    )

    def receive() -> list[dict[str, Any]]:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return receive


def test_an_alert_is_an_event_with_its_json_for_a_detail(
    events: Any, arrived: Callable[[], list[dict[str, Any]]]
) -> None:
    for alert in (DOWN, recovered(DOWN)):
        EventBridgeEvents(events, "default").put(alert, payload.dump(alert))

    opened, resolved = arrived()
    assert (opened["source"], opened["detail-type"]) == ("tocsin", "Tocsin alert opened")
    assert opened["detail"] == json.loads(payload.dump(DOWN))
    assert opened["time"] == "2026-01-01T12:00:00Z"
    assert resolved["detail-type"] == "Tocsin alert resolved"
    assert resolved["detail"]["incident"] == opened["detail"]["incident"]


class Answers:
    """An EventBridge that takes the call and refuses what is in it."""

    def put_events(self, **_: object) -> dict[str, Any]:
        entry = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        return {"FailedEntryCount": 1, "Entries": [entry]}


def test_an_entry_that_failed_in_a_call_that_succeeded_is_a_failure() -> None:
    with pytest.raises(HandoverError, match="ThrottlingException: Rate exceeded"):
        EventBridgeEvents(cast("Any", Answers()), "default").put(DOWN, "{}")


def test_a_bus_that_does_not_answer_is_a_failure(aws: None) -> None:
    once = Config(retries={"total_max_attempts": 1})
    nowhere = boto3.client(
        "events", region_name=REGION, endpoint_url="http://127.0.0.1:1", config=once
    )

    with pytest.raises(HandoverError, match="EventBridge: "):
        EventBridgeEvents(nowhere, "default").put(DOWN, "{}")


def test_whatever_sns_has_taken_an_event_can_hold() -> None:
    head = len("tocsin") + len("Tocsin alert reminder") + 14

    assert bundle.LIMIT + head < EVENT_BYTES
