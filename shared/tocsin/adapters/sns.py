"""The way out: one SNS topic per route.

What each subscriber reads is rendered elsewhere and handed in; here it is only sent. SNS takes a
message at least once, so the alert's id goes along as an attribute: receivers drop repeats by it.
What cannot be rendered, or is refused for what it says, is told apart from what may pass later.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from tocsin.adapters.aws import client
from tocsin.domain.incident import Alert
from tocsin.domain.monitor import Route
from tocsin.usecases.ports import InvalidError, PublishError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef, PublishInputTypeDef

INVALID = frozenset(
    {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException"}
)
"""Codes of SNS (Publish API) for what the same message will always be answered with."""


class Message(Protocol):
    """An alert as SNS takes it: `body` is a JSON document with one text per protocol."""

    @property
    def subject(self) -> str:
        """At most 99 printable ASCII characters."""
        ...

    @property
    def body(self) -> str:
        """A JSON document with the text for each protocol, and `default`."""
        ...

    @property
    def attributes(self) -> Mapping[str, str | tuple[str, ...]]:
        """What subscriptions can filter by."""
        ...


def connect(region: str) -> "SNSClient":
    """Make a client for the topics of the home region."""
    made: SNSClient = client("sns", region)
    return made


class SnsAlerts:
    """Alerts over SNS; `topics` gives each route's ARN, `render` and `plain` what is sent."""

    def __init__(
        self,
        client: "SNSClient",
        topics: Mapping[Route, str],
        render: Callable[[Alert, Route], Message],
        plain: Callable[[Alert, Route], Message],
    ) -> None:
        self._client = client
        self._topics = topics
        self._render = render
        self._plain = plain

    def publish(self, alert: Alert, route: Route, *, plain: bool = False) -> str:
        """Hand an alert over, and give SNS's id of it; PublishError where it did not accept it.

        InvalidError where that is for what it says, or where it cannot be written.
        """
        topic = self._topics[route]
        try:
            message = _written(self._plain if plain else self._render, alert, route, topic)
        except Exception as fault:
            raise InvalidError(f"cannot be written: {type(fault).__name__}: {fault}") from fault
        try:
            return self._client.publish(**message)["MessageId"]
        except ParamValidationError as error:
            raise InvalidError(str(error)) from error
        except ClientError as error:
            invalid = error.response["Error"]["Code"] in INVALID
            raise (InvalidError if invalid else PublishError)(str(error)) from error
        except BotoCoreError as error:
            raise PublishError(str(error)) from error


def _written(
    write: Callable[[Alert, Route], Message], alert: Alert, route: Route, topic: str
) -> "PublishInputTypeDef":
    message = write(alert, route)
    attributes = {**message.attributes, "alert_id": alert.id, "route": str(route)}
    return {
        "TopicArn": topic,
        "Subject": message.subject,
        "Message": message.body,
        "MessageStructure": "json",
        "MessageAttributes": {name: _attribute(value) for name, value in attributes.items()},
    }


def _attribute(value: str | tuple[str, ...]) -> "MessageAttributeValueTypeDef":
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps(value)}
