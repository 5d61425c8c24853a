"""What every reader was told, as each understood it: taken in from servers, queues and lists."""

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from tests.e2e import receivers, understanding
from tests.e2e.acceptance import Reader, Told
from tests.e2e.audience import OUTLET_ADDRESS, PHONES, Audience, queue_arn, queue_name
from tests.e2e.receivers import Arrival, Endpoint
from tests.e2e.understanding import Understood
from tocsin.messages import payload
from tocsin_cli.local.deploy import HOME
from tocsin_cli.local.stack import LocalStack

PAGERDUTY = Reader(route="page", name="HTTPS, as PagerDuty")
AMAZON_Q = Reader(route="chat", name="HTTPS, as Amazon Q")
JSON = Reader(route="notice", name="HTTPS, JSON")
MAIL = {route: Reader(route=route, name="mail by SNS") for route in PHONES}
SMS = {route: Reader(route=route, name="SMS") for route in PHONES}
QUEUE = {route: Reader(route=route, name="SQS") for route in PHONES}
RULE = Reader(route="any", name="EventBridge rule")
WEBHOOK = Reader(route="page", name="Apprise json://")
OUTLET_MAIL = Reader(route="notice", name="Apprise mailto://")

READERS: Final = (
    PAGERDUTY, MAIL["page"], SMS["page"], QUEUE["page"], WEBHOOK,
    AMAZON_Q,
    JSON, MAIL["notice"], SMS["notice"], QUEUE["notice"], OUTLET_MAIL,
    RULE,
)  # fmt: skip


class Ears:
    """Takes in what everybody was told, in a stack that is running."""

    def __init__(self, stack: LocalStack, audience: Audience) -> None:
        self._audience = audience
        self._emulator = stack.emulator
        self._sqs = stack.emulator.client("sqs", HOME.location)
        self._queued: dict[str, list[Arrival]] = {}
        home = stack.outputs[HOME.location]
        for route, topic in (("page", "PageTopicArn"), ("notice", "NoticeTopicArn")):
            self._queue(route, _allowing(queue_arn(route), home[topic]))
        self._queue("rule", "")
        self._subscribe(home)
        events = stack.emulator.client("events", HOME.location)
        events.put_rule(Name="alerts", EventPattern='{"source": ["tocsin"]}')
        events.put_targets(Rule="alerts", Targets=[{"Id": "queue", "Arn": queue_arn("rule")}])

    def told(self) -> list[Told]:
        """Give all that everybody was told until now."""
        # What an SMS says is understood by what the same route's queue got before it.
        texts = self._texts()
        return [*self._endpoints(), *self._mail(), *self._queues(), *self._sms(texts)]

    def confirmed(self) -> bool:
        """Whether every endpoint that was asked to confirm has done so."""
        return all(each.confirmed for each in self._everybody())

    def refused(self) -> list[str]:
        """Name what endpoints did not take for messages of SNS."""
        return [text for each in self._everybody() for text in each.refused]

    def left(self, url: str) -> list[dict[str, Any]]:
        """Give what waits in a queue, without a look at it ending its wait."""
        got = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in got.get("Messages", [])]

    def _everybody(self) -> list[Endpoint]:
        return [*self._audience.endpoints.values(), self._audience.gone]

    def _subscribe(self, home: Mapping[str, str]) -> None:
        """Subscribe to the chat as Amazon Q does by itself, once it is given a channel."""
        self._emulator.client("sns", HOME.location).subscribe(
            TopicArn=home["ChatTopicArn"],
            Protocol="https",
            Endpoint=self._audience.endpoints["chat"].url(),
        )

    def _queue(self, name: str, policy: str) -> None:
        attributes = {"Policy": policy} if policy else {}
        self._sqs.create_queue(QueueName=queue_name(name), Attributes=attributes)
        self._queued[name] = []

    def _endpoints(self) -> Iterator[Told]:
        at = self._audience.endpoints
        for reader, route, read in (
            (PAGERDUTY, "page", understanding.alarm),
            (AMAZON_Q, "chat", understanding.card),
            (JSON, "notice", _published),
        ):
            for each in at[route].arrivals:
                yield _told(reader, each.at, partial(read, each.said))
        for each in self._audience.webhook:
            yield _told(WEBHOOK, each.at, partial(understanding.notification, each.said))

    def _mail(self) -> Iterator[Told]:
        boxes = {f"{route}@example.com": reader for route, reader in MAIL.items()}
        for each in self._audience.mail:
            reader = (boxes | {OUTLET_ADDRESS: OUTLET_MAIL})[each.to]
            yield _told(reader, each.at, partial(understanding.mail, each.said))

    def _queues(self) -> Iterator[Told]:
        for name, arrived in self._queued.items():
            arrived.extend(self._received(name))
            for each in arrived:
                if name == "rule":
                    yield _told(RULE, each.at, partial(understanding.event, each.said))
                else:
                    yield _told(QUEUE[name], each.at, partial(_published, each.said))

    def _received(self, name: str) -> Iterator[Arrival]:
        url = self._sqs.get_queue_url(QueueName=queue_name(name))["QueueUrl"]
        while messages := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
        ).get("Messages"):
            for message in messages:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                sent = int(message["Attributes"]["SentTimestamp"]) / 1000
                at = datetime.fromtimestamp(sent, UTC)
                yield Arrival(at=at, to=name, said=json.loads(message["Body"]))

    def _texts(self) -> Mapping[str, list[dict[str, Any]]]:
        """Give what telephones were sent, by their numbers."""
        listed = f"{self._emulator.endpoint_url}/_ministack/sns/sms-messages"
        with urllib.request.urlopen(listed, timeout=receivers.PATIENCE_S) as answer:  # noqa: S310
            texts: dict[str, list[dict[str, Any]]] = json.loads(answer.read())["sms_messages"]
        return texts

    def _sms(self, texts: Mapping[str, list[dict[str, Any]]]) -> Iterator[Told]:
        for route, phone in PHONES.items():
            alerts = [payload.parse(each.said["Message"]) for each in self._queued[route]]
            for each in texts.get(phone, ()):
                at = datetime.fromtimestamp(each["Timestamp"], UTC)
                read = partial(understanding.short, each["Message"], alerts)
                yield _told(SMS[route], at, read)


def _told(reader: Reader, at: datetime, read: Callable[[], Understood]) -> Told:
    """Say what a reader understood; where it was nothing, why."""
    try:
        event, incident = read()
    except (KeyError, ValueError) as error:
        event, incident = f"what it cannot read ({error!r})", ""
    return Told(reader=reader, event=event, incident=incident, at=at)


def _published(envelope: Mapping[str, Any]) -> Understood:
    return understanding.payload(envelope["Message"])


def _allowing(queue: str, topic: str) -> str:
    """Write the policy that docs/routes.md asks for."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue,
                    "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
                }
            ],
        }
    )
