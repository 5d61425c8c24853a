"""Tables and topics whose key of KMS is disabled: nothing is lost, and all of it is told after."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from tests.fakes.make import FAIL, THREE, TICK, monitor, report, shard
from tests.integration.adapters.conftest import REGION
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tests.unit.messages.cases import DOWN
from tocsin.adapters.buffer import BufferedReports
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.sns import SnsAlerts
from tocsin.domain.monitor import Route
from tocsin.domain.schedule import tick_of
from tocsin.messages.bundle import render
from tocsin.messages.plain import plain
from tocsin.usecases.ports import InvalidError, PublishError, StorageError
from tocsin.wiring import home

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AGGREGATOR = handler("aggregator")
SWEEP = {"time": "2026-01-01T12:00:00Z"}
SNS_CODES = (
    *("KMSDisabled", "KMSInvalidState", "KMSNotFound", "KMSOptInRequired", "KMSAccessDenied"),
    *("AuthorizationError", "NotFound", "EndpointDisabled"),
)
"""What Publish is answered with where the topic, and not the message, is at fault."""


@dataclass
class Lock:
    """AWS's answer to whatever a client asks, for as long as the key is disabled."""

    code: str
    body: str
    shut: bool = True
    refused: int = 0

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if not self.shut:
            return None
        self.refused += 1
        answer = MockRawResponse(self.body.format(code=self.code).encode())
        return AWSResponse(request.url, 400, HTTPHeaders(), answer)

    def on(self, client: Any) -> "Lock":
        client.meta.events.register_first("before-send", self)
        return self


def of_tables() -> Lock:
    said = {"__type": "com.amazon.coral.service#{code}", "message": "KMS key is disabled"}
    body = json.dumps(said).replace("{code}", "@").replace("{", "{{").replace("}", "}}")
    return Lock("AccessDeniedException", body.replace("@", "{code}"))


def of_topics(code: str) -> Lock:
    return Lock(code, "<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>")


@pytest.fixture
def topic(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    arn = boto3.client("sns", region_name=REGION).create_topic(Name="page")["TopicArn"]
    for route in Route:
        monkeypatch.setenv(f"TOCSIN_TOPIC_{route.upper()}", arn)
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="aggregator")
    yield arn
    forget()


@pytest.fixture
def inbox(topic: str) -> Any:
    """Subscribe a queue, and give a way to count what arrives."""
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:123456789012:inbox"
    boto3.client("sns", region_name=REGION).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return lambda: len(sqs.receive_message(QueueUrl=queue).get("Messages", []))


def watch(client: "DynamoDBClient") -> None:
    configs = DynamoConfigs(client, "state")
    configs.replace((shard(monitor()),), over=configs.current(), at="now")


def outage(client: "DynamoDBClient") -> None:
    for place in THREE:
        tick = tick_of(datetime.now(UTC))
        assert DynamoReports(client, "reports").add(report(place, tick=tick, db=FAIL))


@pytest.mark.parametrize("warm", [False, True], ids=["since it began", "after it had begun"])
def test_what_fails_while_the_tables_key_is_disabled_is_told_once_it_is_enabled(
    dynamodb: "DynamoDBClient", inbox: Any, *, warm: bool
) -> None:
    watch(dynamodb)
    if warm:
        AGGREGATOR.lambda_handler(SWEEP, Context())
    lock = of_tables().on(home.tables())
    outage(dynamodb)

    with pytest.raises((StorageError, AGGREGATOR.SweepError)):
        AGGREGATOR.lambda_handler(SWEEP, Context())
    assert (lock.refused > 0, inbox()) == (True, 0)
    lock.shut = False
    AGGREGATOR.lambda_handler(SWEEP, Context())

    assert inbox() == 1


def test_reports_wait_while_the_tables_key_is_disabled(dynamodb: "DynamoDBClient") -> None:
    client = boto3.client("dynamodb", region_name=REGION)
    lock = of_tables().on(client)
    waiting = BufferedReports(DynamoReports(client, "reports"))
    for tick in (TICK, TICK + 1):
        waiting.add(report("lima", tick=tick, db=FAIL))

    waiting.flush()
    assert (lock.refused, waiting.waiting, waiting.refused) == (1, 2, 0)
    lock.shut = False
    waiting.flush()

    assert waiting.waiting == 0
    assert DynamoReports(dynamodb, "reports").newest("lima", "s0", until=TICK) is not None


@pytest.mark.parametrize("code", SNS_CODES)
def test_what_a_topic_refuses_for_its_own_sake_stays_owed(topic: str, code: str) -> None:
    """It is no matter of what the alert says, so its details are not given up for it."""
    client = boto3.client("sns", region_name=REGION)
    lock = of_topics(code).on(client)
    alerts = SnsAlerts(client, {Route.PAGE: topic}, render, plain)

    with pytest.raises(PublishError, match=code) as caught:
        alerts.publish(DOWN, Route.PAGE)
    assert not isinstance(caught.value, InvalidError)
    lock.shut = False

    assert alerts.publish(DOWN, Route.PAGE)
