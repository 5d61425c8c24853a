"""The filter policies of docs/alerts.md, at topics in moto: who gets what."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.integration.adapters.conftest import REGION
from tests.unit.messages.cases import DARK, DEGRADED, DOWN, FOLDED, recovered
from tocsin.adapters.sns import SnsAlerts
from tocsin.domain.monitor import Route
from tocsin.messages.bundle import render
from tocsin.messages.plain import plain

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

DOCS = Path(__file__).parents[3] / "docs" / "alerts.md"
POLICIES = dict(re.findall(r"^### (.+)\n\n```json\n(.+)\n```", DOCS.read_text(), re.MULTILINE))
TWO_TEAMS = replace(
    FOLDED,
    subjects=tuple(
        replace(each, tags=("production", f"team:{team}"))
        for each, team in zip(FOLDED.subjects[:2], ("data", "web"), strict=True)
    ),
)
ALERTS = {
    name: replace(alert, incident=f"{name}-20260101T120000Z-2c7ee2")
    for name, alert in {
        "down": DOWN,
        "over": recovered(DOWN),
        "degraded": DEGRADED,
        "of two teams": TWO_TEAMS,
        "of no team": FOLDED,
        "blind": DARK,
    }.items()
}


@pytest.fixture
def topics(aws: None) -> "SNSClient":
    return boto3.client("sns", region_name=REGION)


def arriving(sns: "SNSClient", policy: str) -> list[str]:
    """Publish every alert to a subscription with this policy, and name those that arrive."""
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.create_queue(QueueName="filtered")["QueueUrl"]
    topic = sns.create_topic(Name="notice")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:123456789012:filtered",
        Attributes={"FilterPolicy": policy},
    )
    alerts = SnsAlerts(sns, {Route.NOTICE: topic}, render, plain)
    for alert in ALERTS.values():
        alerts.publish(alert, Route.NOTICE)
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(json.loads(message["Body"])["Message"])["id"])
    return [name for name, alert in ALERTS.items() if alert.id in found]


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        ("One team", ["down", "over", "degraded", "of two teams"]),
        ("Only what wakes somebody", ["down", "over", "of two teams", "of no team", "blind"]),
        ("Production, of all teams but one", ["down", "over", "degraded", "of two teams"]),
        ("Some monitors, where they are down", ["down", "over", "of two teams", "of no team"]),
        ("What belongs to no team", ["of no team", "blind"]),
        ("Locations that do not see", ["blind"]),
    ],
)
def test_a_documented_filter_lets_through_what_it_says(
    topics: "SNSClient", policy: str, named: list[str]
) -> None:
    assert arriving(topics, POLICIES[policy]) == named


def test_every_documented_filter_is_tried() -> None:
    tried = test_a_documented_filter_lets_through_what_it_says.pytestmark[0].args[1]  # type: ignore[attr-defined]

    assert {policy for policy, _ in tried} == set(POLICIES)
