"""The notifier's queues: what the topics have published, and what is owed to each outlet.

What is owed to one outlet of one incident stays in order and is taken once, as a FIFO queue has
it: an end never comes before its beginning, and an outlet that fails holds up nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2s
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, TypeAdapter

from tocsin.adapters.aws import client
from tocsin.domain.monitor import Route
from tocsin.usecases.hand_on import Handover
from tocsin.usecases.ports import HandoverError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a topic has published: the JSON for machines, and the route it came by."""

    route: Route
    text: str


class _Attribute(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    Value: str


class _Envelope(BaseModel):
    """What SNS wraps a message in."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    Message: str
    MessageAttributes: Mapping[str, _Attribute]


def connect(region: str) -> "SQSClient":
    """Make a client for the queues of the home region."""
    made: SQSClient = client("sqs", region)
    return made


def published(body: str) -> Published:
    """Read what a topic has sent; ValueError where it is something else."""
    envelope = _Envelope.model_validate_json(body)
    route = envelope.MessageAttributes.get("route")
    if route is None:
        raise ValueError("it does not say by which route it came")
    return Published(route=Route(route.Value), text=envelope.Message)


def handover(body: str) -> Handover:
    """Read what is owed to an outlet; ValueError where it is something else."""
    return TypeAdapter(Handover).validate_json(body)


class SqsHandovers:
    """The queue of what is owed to each outlet."""

    def __init__(self, client: "SQSClient", queue: str) -> None:
        self._client = client
        self._queue = queue

    def put(self, owed: Handover) -> None:
        """Put it on the queue, once within five minutes; HandoverError."""
        try:
            self._client.send_message(
                QueueUrl=self._queue,
                MessageBody=TypeAdapter(Handover).dump_json(owed).decode(),
                MessageGroupId=_mark(owed.outlet, owed.incident),
                MessageDeduplicationId=_mark(owed.outlet, owed.alert),
            )
        except (BotoCoreError, ClientError) as error:
            raise HandoverError(f"the queue did not take it: {error}") from error


def postpone(client: "SQSClient", queue: str, receipt: str, pause: timedelta) -> bool:
    """Let a message be seen again after a pause; False where it comes back by the queue's own."""
    try:
        client.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=int(pause.total_seconds())
        )
    except (BotoCoreError, ClientError):
        return False
    return True


def _mark(*parts: str) -> str:
    """Name a thing in the few characters that SQS allows."""
    return blake2s(json.dumps(parts).encode()).hexdigest()
