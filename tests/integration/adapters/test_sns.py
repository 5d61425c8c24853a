"""What SNS takes and what it refuses, seen by a queue that is subscribed to the topic."""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from tests.integration.adapters.conftest import REGION
from tests.unit.messages.cases import DOWN
from tocsin.adapters.sns import SnsAlerts
from tocsin.domain.incident import Alert
from tocsin.domain.monitor import Route
from tocsin.messages.bundle import Message, render
from tocsin.messages.plain import plain
from tocsin.usecases.ports import InvalidError, PublishError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

type Renderer = Callable[[Alert, Route], Message]


@dataclass
class Home:
    """A topic for the route `page`, and the queue that hears it; none for `chat`."""

    sns: "SNSClient"
    sqs: "SQSClient"
    topics: dict[Route, str] = field(default_factory=dict)
    queue: str = ""

    def alerts(self, write: Renderer = render) -> SnsAlerts:
        return SnsAlerts(self.sns, self.topics, write, plain)

    def heard(self) -> list[dict[str, str]]:
        found = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]


@pytest.fixture(name="home")
def _home(aws: None) -> Home:
    home = Home(boto3.client("sns", region_name=REGION), boto3.client("sqs", region_name=REGION))
    home.topics[Route.PAGE] = home.sns.create_topic(Name="page")["TopicArn"]
    home.topics[Route.NOTICE] = home.topics[Route.PAGE].replace(":page", ":gone")
    home.queue = home.sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = home.sqs.get_queue_attributes(QueueUrl=home.queue, AttributeNames=["QueueArn"])
    home.sns.subscribe(
        TopicArn=home.topics[Route.PAGE], Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
    )
    return home


@pytest.mark.parametrize("short", [False, True], ids=["in full", "in plain words"])
def test_an_alert_is_heard_with_what_is_filtered_by(home: Home, *, short: bool) -> None:
    message = home.alerts().publish(DOWN, Route.PAGE, plain=short)

    (heard,) = home.heard()
    assert heard["MessageId"] == message
    assert heard["Subject"].startswith("ALARM: ")
    assert json.loads(heard["Message"])["id"] == DOWN.id
    attributes: dict[str, dict[str, str]] = heard["MessageAttributes"]  # type: ignore[assignment]
    assert {name: each["Value"] for name, each in attributes.items()} == {
        "alert_id": DOWN.id,
        "event": "opened",
        "kind": "down",
        "monitor": '["db"]',
        "route": "page",
        "severity": "critical",
        "tags": json.dumps([*DOWN.subjects[0].tags]),
        "team": "data",
    }


def spoilt(**parts: object) -> Renderer:
    return lambda alert, route: replace(render(alert, route), **parts)  # type: ignore[arg-type]


def faulty(_: Alert, __: Route) -> Message:
    raise KeyError("a fault of ours")


@pytest.mark.parametrize(
    ("write", "why"),
    [
        pytest.param(spoilt(subject="x" * 101), "InvalidParameter", id="a long subject"),
        pytest.param(
            spoilt(body=json.dumps({"default": "x" * 262_145})),
            "InvalidParameter",
            id="a long text",
        ),
        pytest.param(spoilt(body="no JSON"), "InvalidParameter", id="no document"),
        pytest.param(
            spoilt(attributes={"tags": ""}),
            "InvalidParameter|ParameterValueInvalid",
            id="an empty attribute",
        ),
        pytest.param(spoilt(subject=None), "Parameter validation failed", id="no subject"),
        pytest.param(faulty, "cannot be written: KeyError: 'a fault of ours'", id="our fault"),
        pytest.param(spoilt(attributes=None), "cannot be written: TypeError", id="no attributes"),
    ],
)
def test_what_is_refused_for_what_it_says_is_taken_in_plain_words(
    write: Renderer, why: str, home: Home
) -> None:
    alerts = home.alerts(write)

    with pytest.raises(InvalidError, match=why):
        alerts.publish(DOWN, Route.PAGE)
    assert home.heard() == []
    alerts.publish(DOWN, Route.PAGE, plain=True)

    (heard,) = home.heard()
    assert heard["Subject"] == "ALARM: [DOWN] db"


def test_a_topic_that_is_gone_refuses_whatever_is_said(home: Home) -> None:
    for short in (False, True):
        with pytest.raises(PublishError, match="NotFound") as caught:
            home.alerts().publish(DOWN, Route.NOTICE, plain=short)
        assert not isinstance(caught.value, InvalidError)


def test_a_route_without_a_topic_is_no_matter_of_what_is_said(home: Home) -> None:
    with pytest.raises(KeyError):
        home.alerts().publish(DOWN, Route.CHAT)


def test_where_nothing_answers_nothing_was_said_of_the_alert() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    client: SNSClient = boto3.client(
        "sns",
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - nobody's
        config=Config(retries={"total_max_attempts": 1}),
    )

    with pytest.raises(PublishError, match="Could not connect") as caught:
        SnsAlerts(client, {Route.PAGE: "arn:aws:sns:eu-west-1:1:page"}, render, plain).publish(
            DOWN, Route.PAGE
        )
    assert not isinstance(caught.value, InvalidError)
