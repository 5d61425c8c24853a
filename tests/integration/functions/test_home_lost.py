"""A probe's ticks while the home's table takes no reports, and the first one after."""

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.fakes.make import shard
from tests.fakes.tables import make_table
from tests.integration.adapters.conftest import REGION
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.views import DynamoViews
from tocsin.domain.monitor import Monitor
from tocsin.domain.schedule import tick_of
from tocsin.domain.target import TcpTarget
from tocsin.usecases import observe
from tocsin.usecases.ports import StorageError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROBE = handler("probe")
HERE = "us-east-1"


@pytest.fixture
def probe(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand a probe beside a stand-by, and let it watch what nobody answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        target = TcpTarget(host="127.0.0.1", port=server.getsockname()[1])
    watched = Monitor(id="db", target=target, locations=("lima",), need=1, retries=0)
    configs = DynamoConfigs(dynamodb, "state")
    configs.replace((shard(watched),), over=configs.current(), at="now")
    make_table(boto3.client("dynamodb", region_name=HERE), "standby")
    tell(
        monkeypatch,
        AWS_REGION=HERE,
        TOCSIN_HOME_REGION=REGION,
        TOCSIN_LOCATION="lima",
        TOCSIN_EGRESS="loopback",
        TOCSIN_SOURCE_ADDRESS="127.0.0.1",
        TOCSIN_STANDBY_TABLE="standby",
        POWERTOOLS_SERVICE_NAME="probe",
    )
    yield
    forget()


def ring(at: datetime, remaining_ms: int = 58_000) -> Any:
    return PROBE.lambda_handler({"time": at.isoformat()}, Context(remaining_ms=remaining_ms))


def test_the_home_gets_what_it_missed_with_the_first_tick_that_it_takes(
    dynamodb: "DynamoDBClient", probe: None
) -> None:
    now = datetime.now(UTC)
    before = now - timedelta(minutes=1)
    dynamodb.delete_table(TableName="reports")
    with pytest.raises(StorageError):
        ring(before)

    make_table(dynamodb, "reports", "N")
    ring(now)

    reports = list(DynamoReports(dynamodb, "reports").between("lima", "s0", 0, 10**8 - 1))
    assert [each.tick for each in reports] == [tick_of(before), tick_of(now)]
    assert {each.sightings["db"].failing_since for each in reports} == {tick_of(before)}


def test_a_tick_that_has_no_time_left_leaves_it_for_the_next(
    dynamodb: "DynamoDBClient", probe: None
) -> None:
    now = datetime.now(UTC)
    dynamodb.delete_table(TableName="reports")
    with pytest.raises(StorageError):
        ring(now - timedelta(minutes=1))
    make_table(dynamodb, "reports", "N")

    ring(now, remaining_ms=15_000)

    reports = list(DynamoReports(dynamodb, "reports").between("lima", "s0", 0, 10**8 - 1))
    assert [each.tick for each in reports] == [tick_of(now)]


def test_the_stand_by_of_its_region_sees_what_fails_though_the_home_does_not(
    dynamodb: "DynamoDBClient", probe: None
) -> None:
    now = datetime.now(UTC)
    ring(now - timedelta(minutes=1))
    dynamodb.delete_table(TableName="reports")

    with pytest.raises(StorageError):
        ring(now)

    views = DynamoViews(boto3.client("dynamodb", region_name=HERE), "standby")
    (shown,) = views.views()
    assert (shown.tick, shown.monitors) == (tick_of(now), 1)
    (failing,) = shown.failing
    assert (failing.monitor, failing.since) == ("db", tick_of(now - timedelta(minutes=1)))
    assert failing.text.startswith("connect/refused: ")


def test_a_stand_by_that_cannot_be_shown_what_fails_costs_no_tick_and_is_told(
    dynamodb: "DynamoDBClient", probe: None, caplog: pytest.LogCaptureFixture
) -> None:
    boto3.client("dynamodb", region_name=HERE).delete_table(TableName="standby")

    assert ring(datetime.now(UTC))["checked"] == 1

    (warning,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert warning.getMessage() == "the stand-by was not shown what fails here"
    assert "table standby" in vars(warning)["problem"]


def test_a_tick_without_time_to_show_all_of_it_says_which_shards_it_left_out(
    dynamodb: "DynamoDBClient",
    probe: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(observe, "SHOWING_SECONDS", -1.0)

    assert ring(datetime.now(UTC))["checked"] == 1

    (warning,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert warning.getMessage() == "the stand-by was not shown what fails here"
    assert vars(warning)["problem"] == "table standby is slow: not shown are s0"
