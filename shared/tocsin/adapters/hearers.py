"""Whether anybody hears of a route: subscribers of its topic, its outlets, a rule of EventBridge.

Nobody is asked who they are: the URL of an endpoint has a key in it, and that of an outlet is one.
So subscribers are a number, outlets are names, and rules are asked for only where it is up to them.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from botocore.config import Config

from tocsin.adapters.aws import client
from tocsin.adapters.refusals import RefusedError, refusals
from tocsin.domain.monitor import Route

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient

GLANCE: Final = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 1}
)
"""For what is asked again in an hour."""

PAGES: Final = 3
"""Of 50 parameters, or of 100 rules, and no further."""

WORST_SECONDS: Final = 3 * (len(Route) + 2 * PAGES)
"""What all questions take at worst."""

OURS: Final = 1
"""Subscription of each topic: the notifier's queue. Outlets and rules hear by it."""


class AwsHearers:
    """Who hears of alerts, in the home region; every answer is RefusedError where there is none.

    `outlets` is the path that outlets are under, `bus` what alerts are put on as events, if any.
    """

    def __init__(self, region: str, topics: Mapping[Route, str], *, outlets: str, bus: str) -> None:
        self._region = region
        self._topics = topics
        self._root = outlets
        self._bus = bus

    def unheard(self, routes: Iterable[Route]) -> tuple[Route, ...]:
        """Name those of these routes of which nobody hears; what is not known is no such one."""
        few = {route: number for route in routes if (number := self._subscribed(route)) <= OURS}
        by_notifier = {route for route, number in few.items() if number == OURS}
        if by_notifier:
            by_notifier &= self._without_outlets(by_notifier)
        if by_notifier and self._ruled():
            by_notifier = set()
        return tuple(route for route in few if few[route] < OURS or route in by_notifier)

    def _subscribed(self, route: Route) -> int:
        """Count what has confirmed, ours too; a topic that is gone has nobody."""
        sns: SNSClient = client("sns", self._region, GLANCE)
        try:
            with refusals():
                told = sns.get_topic_attributes(TopicArn=self._topics[route])["Attributes"]
                return int(told["SubscriptionsConfirmed"])
        except RefusedError as error:
            if error.code == "NotFound":
                return 0
            raise

    def _without_outlets(self, routes: Iterable[Route]) -> set[Route]:
        ssm: SSMClient = client("ssm", self._region, GLANCE)
        with refusals():
            pages = ssm.get_paginator("describe_parameters").paginate(
                ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [self._root]}]
            )
            names = {each["Name"] for page in islice(pages, PAGES) for each in page["Parameters"]}
        return {
            route
            for route in routes
            if not any(name.startswith(f"{self._root}/{route}/") for name in names)
        }

    def _ruled(self) -> bool:
        """Tell whether a rule of the bus names Tocsin in its pattern."""
        if not self._bus:
            return False
        events: EventBridgeClient = client("events", self._region, GLANCE)
        with refusals():
            pages = events.get_paginator("list_rules").paginate(EventBusName=self._bus)
            rules = [each for page in islice(pages, PAGES) for each in page["Rules"]]
        return any(
            "tocsin" in each.get("EventPattern", "").lower() and each["State"] != "DISABLED"
            for each in rules
        )
