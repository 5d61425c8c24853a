"""The stand-by's way out: one SNS topic of its own region.

SNS takes a message at least once, so the alert's id goes along as an attribute.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tocsin.domain.standby import KIND, HomeAlert
from tocsin.usecases.ports import PublishError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class SnsBell:
    """Alerts about the home over SNS; `render` gives a subject and a text for each protocol."""

    def __init__(
        self, client: "SNSClient", topic: str, render: Callable[[HomeAlert], tuple[str, str]]
    ) -> None:
        self._client = client
        self._topic = topic
        self._render = render

    def ring(self, alert: HomeAlert) -> str:
        """Hand an alert over, and give SNS's id of it; PublishError where it did not accept it."""
        subject, body = self._render(alert)
        try:
            answer = self._client.publish(
                TopicArn=self._topic,
                Subject=subject,
                Message=body,
                MessageStructure="json",
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in (
                        ("alert_id", alert.id),
                        ("event", str(alert.event)),
                        ("kind", KIND),
                        ("severity", "critical"),
                    )
                },
            )
        except (BotoCoreError, ClientError) as error:
            raise PublishError(str(error)) from error
        return answer["MessageId"]
