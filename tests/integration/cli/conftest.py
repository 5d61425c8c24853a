"""The operator's commands stand on the same moto tables as the adapters."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.integration.adapters.conftest import REGION, aws, dynamodb
from tests.integration.cli.stage import Stage
from tests.integration.cli.wire import ALERTS_QUEUE, TOPICS, WATCHER, Wire, answering

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["aws", "dynamodb"]


@pytest.fixture
def operator(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> "DynamoDBClient":
    """Sit where the home tables are known, and nothing else."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "TOCSIN_HOME_REGION": "eu-west-1",
        "TOCSIN_STATE_TABLE": "state",
        "TOCSIN_REPORTS_TABLE": "reports",
    }.items():
        monkeypatch.setenv(name, value)
    return dynamodb


@pytest.fixture
def stage(operator: "DynamoDBClient") -> Stage:
    """Watch two shards, without any window."""
    return Stage(operator)


@pytest.fixture
def wire(operator: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Deploy the routes: their queues in moto, their topics and the aggregator behind a port."""
    sqs = boto3.client("sqs", region_name=REGION)
    queues = {
        name: sqs.create_queue(QueueName=name)["QueueUrl"]
        for name in ("undelivered", "lost_handovers")
    }
    noted = {
        "aggregator": "tocsin-aggregator",
        "topics": TOPICS,
        "watcher": WATCHER,
        "alerts_queue": ALERTS_QUEUE,
        "outlets": "/tocsin-notify/state",
        **queues,
    }
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name="/tocsin/state/routes", Type="String", Value=json.dumps(noted)
    )
    made = Wire()
    with answering(made) as url:
        for service in ("SNS", "LAMBDA"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
        yield made
