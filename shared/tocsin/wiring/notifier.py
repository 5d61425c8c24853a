"""The notifier: what is owed to each outlet, and the ways there."""

import time
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from tocsin.adapters import eventbridge, outlets, sqs
from tocsin.adapters.eventbridge import EventBridgeEvents
from tocsin.adapters.outlets import SsmOutlets
from tocsin.adapters.sqs import SqsHandovers
from tocsin.messages import outlet, payload
from tocsin.usecases.hand_on import Hands
from tocsin.usecases.ports import Messenger
from tocsin.wiring.home import told
from tocsin.wiring.links import links

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from tocsin.domain.incident import Alert

parse = payload.parse
"""Reads an alert from the JSON that the topics publish."""


class ReadInLate:
    """Apprise, read in when an outlet is told for the first time: not every start needs it."""

    @cached_property
    def _apprise(self) -> Messenger:
        from tocsin.adapters.apprise import AppriseMessenger  # noqa: PLC0415 - as said above

        return AppriseMessenger(partial(outlet.write, links=links()))

    def tell(self, url: str, alert: "Alert") -> None:
        """Bring an alert to whatever a URL stands for; HandoverError where it was not taken."""
        self._apprise.tell(url, alert)


@cache
def hands() -> Hands:
    """Build all that it takes to hand an alert over."""
    region = told("TOCSIN_HOME_REGION")
    return Hands(
        outlets=SsmOutlets(outlets.connect(region), told("TOCSIN_OUTLETS"), time.monotonic),
        messenger=ReadInLate(),
        events=EventBridgeEvents(eventbridge.connect(region), bus()),
    )


@cache
def handovers() -> SqsHandovers:
    """Build the queue of what is owed to each outlet."""
    return SqsHandovers(queues(), told("TOCSIN_HANDOVERS_QUEUE"))


@cache
def queues() -> "SQSClient":
    """Build the one client for all queues."""
    return sqs.connect(told("TOCSIN_HOME_REGION"))


def bus() -> str:
    """Name the bus that alerts are put on as events; empty for none."""
    return told("TOCSIN_EVENT_BUS", "")
