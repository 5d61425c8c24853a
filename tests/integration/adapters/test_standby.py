"""What a stand-by reads and keeps, against moto: its own table, the home's note, its own topic."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.fakes.make import NOON, TICK
from tests.integration.adapters.conftest import REGION
from tocsin.adapters import sns
from tocsin.adapters.bell import SnsBell
from tocsin.adapters.dynamodb import WORST_SECONDS
from tocsin.adapters.progress import DynamoProgress
from tocsin.adapters.views import KEPT_SECONDS, NEAR, NEAR_SECONDS, DynamoViews
from tocsin.adapters.watches import DynamoWatches
from tocsin.domain.incident import Event
from tocsin.domain.outlook import Failing, Outlook, View
from tocsin.domain.standby import HomeAlert, Loss, Progress, Watch
from tocsin.usecases.ports import ConflictError, PublishError, StorageError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DB = Failing(monitor="db", since=TICK, text="refused")
ALERT = HomeAlert(
    loss="home-eu-west-1-20260101T120500Z",
    event=Event.OPENED,
    at=NOON,
    silent_since=NOON - timedelta(minutes=5),
    trouble="out",
    outlook=Outlook(monitors=3, failed=1, failing=(DB,), mark="a"),
)
WATCH = Watch(
    sign_at=NOON,
    misses=3,
    loss=Loss(id=ALERT.loss, silent_since=NOON, told="a", told_at=NOON, updates=2),
    owed=(ALERT,),
)
_PROGRESS: Any = {"pk": {"S": "PROGRESS"}, "sk": {"S": "AGGREGATOR"}}
_WATCH: Any = {"pk": {"S": "WATCH"}, "sk": {"S": "STATE"}}


def watches(client: "DynamoDBClient", writer: str = "mine") -> DynamoWatches:
    return DynamoWatches(client, "state", lambda: writer)


# The home's note


@pytest.mark.parametrize("owed_since", [None, NOON - timedelta(minutes=9)])
def test_the_note_is_read_as_it_was_written(dynamodb: "DynamoDBClient", owed_since: Any) -> None:
    progress = DynamoProgress(dynamodb, "state")
    noted = Progress(at=NOON, judged=2, failed=1, owed_since=owed_since)

    progress.note(Progress(at=NOON - timedelta(minutes=1), judged=9, failed=9, owed_since=NOON))
    progress.note(noted)

    assert progress.progress() == noted


def test_where_nothing_was_noted_there_is_nothing(dynamodb: "DynamoDBClient") -> None:
    assert DynamoProgress(dynamodb, "state").progress() is None


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({}, id="no instant"),
        pytest.param({"at": {"S": "noon"}}, id="no time"),
        pytest.param({"at": {"S": "2026-01-01T12:00:00"}}, id="no zone"),
        pytest.param({"at": {"N": "1"}}, id="another type"),
    ],
)
def test_a_note_that_is_none_is_no_sign(dynamodb: "DynamoDBClient", item: dict[str, Any]) -> None:
    counts = {"judged": {"N": "1"}, "failed": {"N": "0"}}
    dynamodb.put_item(TableName="state", Item={**_PROGRESS, **counts, **item})

    with pytest.raises(UnreadableError, match="progress"):
        DynamoProgress(dynamodb, "state").progress()


def test_a_home_without_its_table_is_told_by_its_name(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(StorageError, match="table gone"):
        DynamoProgress(dynamodb, "gone").progress()


# What the probe sees


def test_of_each_shard_the_newest_view_is_read(dynamodb: "DynamoDBClient") -> None:
    views = DynamoViews(dynamodb, "state")
    first = View(shard="s0", tick=TICK, monitors=2, failing=(DB,))
    second = View(shard="s0", tick=TICK + 1, monitors=2, suspect="cut off")
    other = View(shard="s1", tick=TICK, monitors=1)

    for each in (first, second, other):
        views.show(each)

    assert list(views.views()) == [second, other]


def test_a_view_that_is_spoilt_hides_no_other(dynamodb: "DynamoDBClient") -> None:
    views = DynamoViews(dynamodb, "state")
    views.show(View(shard="s1", tick=TICK, monitors=1))
    for shard, document in (("s0", {"B": b"spoilt"}), ("s2", {"S": "spoilt"})):
        item: Any = {"pk": {"S": "VIEW"}, "sk": {"S": shard}, "document": document}
        dynamodb.put_item(TableName="state", Item=item)

    assert [each.shard for each in views.views()] == ["s1"]


def test_the_view_of_a_shard_that_is_no_more_is_removed_in_a_day(
    dynamodb: "DynamoDBClient",
) -> None:
    DynamoViews(dynamodb, "state").show(View(shard="s0", tick=TICK, monitors=1))

    item = dynamodb.get_item(TableName="state", Key={"pk": {"S": "VIEW"}, "sk": {"S": "s0"}})[
        "Item"
    ]
    assert int(item["expires_at"]["N"]) == TICK * 60 + KEPT_SECONDS


def test_showing_a_view_takes_no_longer_than_storing_a_report() -> None:
    bounds: Any = NEAR
    each = bounds.connect_timeout + bounds.read_timeout
    attempts = bounds.retries["total_max_attempts"]

    assert attempts * each + attempts - 1 <= NEAR_SECONDS <= WORST_SECONDS


# What the stand-by knows


def test_it_knows_nothing_at_first(dynamodb: "DynamoDBClient") -> None:
    assert watches(dynamodb).load() == (Watch(), 0)


def test_all_that_it_knows_is_read_back(dynamodb: "DynamoDBClient") -> None:
    revision = watches(dynamodb).save(WATCH, over=0)

    assert watches(dynamodb).load() == (WATCH, revision) == (WATCH, 1)


@pytest.mark.parametrize("over", [0, 2])
def test_who_was_not_first_is_told(dynamodb: "DynamoDBClient", over: int) -> None:
    watches(dynamodb).save(WATCH, over=0)

    with pytest.raises(ConflictError):
        watches(dynamodb, "another").save(Watch(), over=over)

    assert watches(dynamodb).load() == (WATCH, 1)


def test_a_write_whose_answer_was_lost_is_no_defeat(dynamodb: "DynamoDBClient") -> None:
    """As botocore does, by itself, where an answer is lost: the same once more."""
    watches(dynamodb).save(WATCH, over=0)

    assert watches(dynamodb).save(WATCH, over=0) == 1


@pytest.mark.parametrize("document", [{"B": b"spoilt"}, {"S": "spoilt"}])
def test_what_nobody_can_read_is_begun_anew_in_its_place(
    dynamodb: "DynamoDBClient", document: Any
) -> None:
    item = {**_WATCH, "revision": {"N": "7"}, "document": document}
    dynamodb.put_item(TableName="state", Item=item)

    watch, revision = watches(dynamodb).load()
    watches(dynamodb).save(watch, over=revision)

    assert (watch, revision) == (Watch(), 7)
    assert watches(dynamodb).load() == (Watch(), 8)


# The way out


def test_what_is_said_arrives_with_an_id_by_which_repeats_are_dropped(aws: None) -> None:
    client, sqs = sns.connect(REGION), boto3.client("sqs", region_name=REGION)
    topic = client.create_topic(Name="standby")["TopicArn"]
    queue = sqs.create_queue(QueueName="ear")["QueueUrl"]
    client.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:ear"
    )

    SnsBell(client, topic, lambda _: ("ALARM: x", json.dumps({"default": "told"}))).ring(ALERT)

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    arrived = json.loads(message["Body"])
    assert (arrived["Subject"], arrived["Message"]) == ("ALARM: x", "told")
    assert {name: each["Value"] for name, each in arrived["MessageAttributes"].items()} == {
        "alert_id": ALERT.id,
        "event": "opened",
        "kind": "home",
        "severity": "critical",
    }


def test_a_topic_that_refuses_leaves_it_owed() -> None:
    client = sns.connect(REGION)
    with Stubber(client) as stub:
        stub.add_client_error("publish", "AuthorizationError")
        bell = SnsBell(client, f"arn:aws:sns:{REGION}:123456789012:standby", lambda _: ("s", "{}"))

        with pytest.raises(PublishError, match="AuthorizationError") as refused:
            bell.ring(ALERT)

    assert isinstance(refused.value.__cause__, ClientError)
