"""The inbox of the local stack, over moto's topics and queues."""

from typing import Any, cast

import boto3
import pytest

from tocsin.usecases.ports import StorageError
from tocsin_cli.local.deploy import HOME
from tocsin_cli.local.emulator import Emulator
from tocsin_cli.local.inbox import Inbox


class Moto:
    """Gives clients as the emulator does."""

    def client(self, service: str, region: str) -> Any:
        return cast("Any", boto3.session.Session().client)(service, region_name=region)


@pytest.fixture
def sns(aws: None) -> Any:
    return Moto().client("sns", HOME.location)


@pytest.fixture
def inbox(sns: Any) -> Inbox:
    topics = {f"{n}TopicArn": sns.create_topic(Name=n)["TopicArn"] for n in TOPICS}
    return Inbox(cast("Emulator", Moto()), topics)


TOPICS = ("Page", "Chat", "Notice")


def publish(sns: Any, alert: str) -> None:
    attributes = {"alert_id": alert, "event": "opened", "route": "page"}
    sns.publish(
        TopicArn=sns.list_topics()["Topics"][0]["TopicArn"],
        Subject="down",
        Message="{}",
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def test_what_is_published_arrives_once(inbox: Inbox, sns: Any) -> None:
    publish(sns, "a")

    assert [each.alert for each in inbox.collect()] == ["a"]
    assert inbox.collect() == []
    assert [each.alert for each in inbox.deliveries] == ["a"]


def test_a_queue_that_does_not_answer_is_a_storage_error(inbox: Inbox) -> None:
    inbox._sqs.delete_queue(QueueUrl=inbox._queue)

    with pytest.raises(StorageError, match="the inbox"):
        inbox.collect()


def test_what_came_before_the_failure_is_not_lost(inbox: Inbox, sns: Any) -> None:
    publish(sns, "a")

    def vanish(**_: object) -> None:
        inbox._sqs.delete_queue(QueueUrl=inbox._queue)

    inbox._sqs.meta.events.register("before-call.sqs.DeleteMessage", vanish)

    assert [each.alert for each in inbox.collect()] == ["a"]
    with pytest.raises(StorageError):
        inbox.collect()
