"""The way out: one SNS topic per route.

What each subscriber reads is rendered elsewhere and handed in; here it is only sent. SNS takes a
message at least once, so the alert's id goes along as an attribute: receivers drop repeats by it.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from tocsin.adapters.aws import client
from tocsin.domain.incident import Alert
from tocsin.domain.monitor import Route
from tocsin.usecases.ports import PublishError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef


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
    """Alerts over SNS; `topics` gives each route's ARN, `render` what is sent."""

    def __init__(
        self,
        client: "SNSClient",
        topics: Mapping[Route, str],
        render: Callable[[Alert, Route], Message],
    ) -> None:
        self._client = client
        self._topics = topics
        self._render = render

    def publish(self, alert: Alert, route: Route) -> str:
        """Hand an alert over, and give SNS's id of it; PublishError where it did not accept it."""
        message = self._render(alert, route)
        try:
            accepted = self._client.publish(
                TopicArn=self._topics[route],
                Subject=message.subject,
                Message=message.body,
                MessageStructure="json",
                MessageAttributes={
                    name: _attribute(value)
                    for name, value in {
                        **message.attributes,
                        "alert_id": alert.id,
                        "route": str(route),
                    }.items()
                },
            )
        except (BotoCoreError, ClientError) as error:
            raise PublishError(f"{alert.id} to {route}: {error}") from error
        return accepted["MessageId"]


def _attribute(value: str | tuple[str, ...]) -> "MessageAttributeValueTypeDef":
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps(value)}
