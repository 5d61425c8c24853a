"""What the aggregator notes each minute, for whoever looks at the home from another region."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.fakes.make import FAIL, THREE, monitor, report, shard
from tests.integration.adapters.conftest import REGION
from tests.integration.functions.environment import Context, Waning, forget, tell
from tests.integration.functions.load import handler
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.dynamodb import WORST_SECONDS
from tocsin.adapters.progress import DynamoProgress
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.states import DynamoStates
from tocsin.adapters.views import NEAR, NEAR_SECONDS
from tocsin.domain.monitor import Route
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard
from tocsin.domain.standby import FRESH, Progress
from tocsin.domain.state import ShardState
from tocsin.wiring import aggregator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AGGREGATOR = handler("aggregator")


@pytest.fixture
def table(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> Iterator["DynamoDBClient"]:
    sns = boto3.client("sns", region_name=REGION)
    for route in Route:
        arn = sns.create_topic(Name=route)["TopicArn"]
        monkeypatch.setenv(f"TOCSIN_TOPIC_{route.upper()}", arn)
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="aggregator")
    yield dynamodb
    forget()


MORE = Shard(id="s1", version=1, monitors=(monitor("web"),))


def watch(client: "DynamoDBClient", *more: Shard) -> None:
    configs = DynamoConfigs(client, "state")
    configs.replace((shard(monitor("db")), *more), over=configs.current(), at="now")
    for location in THREE:
        DynamoReports(client, "reports").add(
            report(location, tick=tick_of(datetime.now(UTC)), db=FAIL)
        )


def noted(client: "DynamoDBClient") -> Progress:
    progress = DynamoProgress(client, "state").progress()
    assert progress is not None
    return progress


def test_a_sweep_notes_what_it_judged_and_when(table: "DynamoDBClient") -> None:
    watch(table)

    AGGREGATOR.lambda_handler({}, Context())

    note = noted(table)
    assert (note.judged, note.failed, note.owed_since) == (1, 0, None)
    assert datetime.now(UTC) - note.at < FRESH


def test_before_anything_is_applied_the_home_gives_signs_too(table: "DynamoDBClient") -> None:
    AGGREGATOR.lambda_handler({}, Context())

    assert noted(table).trouble() == ""


def test_what_the_topics_do_not_take_is_noted_with_its_age(table: "DynamoDBClient") -> None:
    topic = f"arn:aws:sns:{REGION}:123456789012:{Route.PAGE}"
    boto3.client("sns", region_name=REGION).delete_topic(TopicArn=topic)
    watch(table)

    before = datetime.now(UTC)
    for _ in range(2):
        AGGREGATOR.lambda_handler({}, Context())

    since = noted(table).owed_since
    assert since is not None
    assert before <= since <= datetime.now(UTC)


def test_news_of_one_shard_is_no_note_that_all_were_judged(table: "DynamoDBClient") -> None:
    watch(table)
    record = {
        "eventName": "INSERT",
        "dynamodb": {"SequenceNumber": "1", "Keys": {"pk": {"S": f"{THREE[0]}#s0"}}},
    }

    AGGREGATOR.lambda_handler({"Records": [record]}, Context())

    assert DynamoProgress(table, "state").progress() is None


def test_a_sweep_that_runs_out_of_time_notes_what_it_judged(table: "DynamoDBClient") -> None:
    """Or else a stand-by says of a home that judges that it is silent."""
    watch(table, MORE)

    with pytest.raises(AGGREGATOR.SweepError):
        AGGREGATOR.lambda_handler({}, Waning())

    note = noted(table)
    assert (note.judged, note.failed, note.trouble()) == (1, 1, "")


def test_without_time_for_the_note_there_is_none(table: "DynamoDBClient") -> None:
    watch(table)

    assert AGGREGATOR.lambda_handler({}, Waning(left_ms=6_000))["judged"] == 1
    assert DynamoProgress(table, "state").progress() is None


def test_the_note_has_time_for_all_attempts_after_the_slowest_shard() -> None:
    worst = timedelta(seconds=NEAR_SECONDS)  # as a test of the views counts it

    assert worst < AGGREGATOR.NOTING_NEEDS
    assert timedelta(seconds=WORST_SECONDS) <= AGGREGATOR.JUDGING_NEEDS - AGGREGATOR.NOTING_NEEDS


def test_a_note_is_written_by_a_client_that_waits_for_little(table: "DynamoDBClient") -> None:
    bounds: Any = NEAR
    wired: Any = aggregator.progress()._client.meta.config

    waits = (wired.connect_timeout, wired.read_timeout)
    assert waits == (bounds.connect_timeout, bounds.read_timeout)


def test_a_shard_of_a_newer_configuration_was_not_judged(table: "DynamoDBClient") -> None:
    watch(table)
    states = DynamoStates(table, "state", lambda: "aggregator")
    states.save(ShardState(shard="s0", config_version=57), over=0)

    AGGREGATOR.lambda_handler({}, Context())

    note = noted(table)
    assert (note.judged, note.failed) == (0, 1)
    assert "can judge none of its 1 shards" in note.trouble()


def test_a_shard_that_cannot_be_read_was_not_judged(table: "DynamoDBClient") -> None:
    watch(table)
    (item,) = (
        each
        for each in table.scan(TableName="state")["Items"]
        if each["pk"]["S"].startswith("CONFIG#")
    )
    table.put_item(TableName="state", Item={**item, "document": {"B": b"spoilt"}})

    AGGREGATOR.lambda_handler({}, Context())

    note = noted(table)
    assert (note.judged, note.failed) == (0, 1)
    assert "can judge none of its 1 shards" in note.trouble()


def test_the_newest_note_stands(table: "DynamoDBClient") -> None:
    old = datetime.now(UTC) - timedelta(hours=1)
    DynamoProgress(table, "state").note(Progress(at=old, judged=9, failed=9))

    AGGREGATOR.lambda_handler({}, Context())

    assert noted(table).at > old
