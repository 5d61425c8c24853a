"""Everything that the topics deliver, as it arrives: a queue is subscribed to each of them.

A queue is told every delivery, repeats included, so that "exactly once" can be seen and not hoped.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tocsin.domain.monitor import Route
from tocsin.usecases.ports import StorageError
from tocsin_cli.local.deploy import HOME, Outputs
from tocsin_cli.local.emulator import Emulator

_TOPICS = {Route.PAGE: "PageTopicArn", Route.CHAT: "ChatTopicArn", Route.NOTICE: "NoticeTopicArn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message that one route delivered."""

    at: datetime
    alert: str
    event: str
    route: Route
    subject: str
    text: str

    @property
    def payload(self) -> Mapping[str, Any]:
        """The versioned JSON that arrived."""
        payload: Mapping[str, Any] = json.loads(self.text)
        return payload


class Inbox:
    """The deliveries of all three routes, oldest first."""

    def __init__(self, emulator: Emulator, outputs: Outputs) -> None:
        self._sqs = emulator.client("sqs", HOME.location)
        self._queue = self._sqs.create_queue(QueueName="tocsin-inbox")["QueueUrl"]
        self.deliveries: list[Delivery] = []
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
        self._sqs.set_queue_attributes(
            QueueUrl=self._queue, Attributes={"Policy": _from_topics(arn)}
        )
        sns = emulator.client("sns", HOME.location)
        for output in _TOPICS.values():
            sns.subscribe(TopicArn=outputs[output], Protocol="sqs", Endpoint=arn)

    def collect(self) -> list[Delivery]:
        """Take in what has arrived since, and give it; StorageError where nothing can be had."""
        before = len(self.deliveries)
        try:
            while messages := self._received():
                for message in messages:
                    envelope = json.loads(message["Body"])
                    if "MessageAttributes" in envelope:  # what `trespass` tries is no alert
                        self.deliveries.append(_delivery(envelope))
                    self._sqs.delete_message(
                        QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"]
                    )
        except (BotoCoreError, ClientError) as error:
            if len(self.deliveries) == before:
                raise StorageError(f"the inbox: {error}") from error
        return self.deliveries[before:]

    def _received(self) -> list[Any]:
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        messages: list[Any] = answer.get("Messages", [])
        return messages


def _delivery(envelope: Mapping[str, Any]) -> Delivery:
    attributes = {name: each["Value"] for name, each in envelope["MessageAttributes"].items()}
    return Delivery(
        at=datetime.now(UTC),
        alert=attributes["alert_id"],
        event=attributes["event"],
        route=Route(attributes["route"]),
        subject=envelope["Subject"],
        text=envelope["Message"],
    )


def _from_topics(queue: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue,
                }
            ],
        }
    )
