"""A bus of EventBridge: each alert as an event, from which rules can start anything.

An event holds 256 KB; the JSON that SNS has taken is smaller than that.
"""

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from tocsin.adapters.aws import client
from tocsin.domain.incident import Alert, Event
from tocsin.usecases.ports import HandoverError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE: Final = "tocsin"
TYPE: Final = "Tocsin alert {}"
TYPES: Final = tuple(map(TYPE.format, Event))


def connect(region: str) -> "EventBridgeClient":
    """Make a client for the buses of the home region."""
    made: EventBridgeClient = client("events", region)
    return made


class EventBridgeEvents:
    """Alerts as events of a bus."""

    def __init__(self, client: "EventBridgeClient", bus: str) -> None:
        self._client = client
        self._bus = bus

    def put(self, alert: Alert, text: str) -> None:
        """Put an alert on the bus; HandoverError where it is not taken."""
        try:
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._bus,
                        "Source": SOURCE,
                        "DetailType": TYPE.format(alert.event),
                        "Time": alert.at,
                        "Detail": text,
                    }
                ]
            )
        except (BotoCoreError, ClientError) as error:
            raise HandoverError(f"EventBridge: {error}") from error
        # A call that succeeds says of each entry whether it did.
        if answer["FailedEntryCount"]:
            refused = answer["Entries"][0]
            said = f"{refused.get('ErrorCode')}: {refused.get('ErrorMessage')}"
            raise HandoverError(f"EventBridge: {said}")
