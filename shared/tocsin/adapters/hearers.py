"""Whether anybody hears of a route: subscribers of its topic, its outlets, a rule of EventBridge.

Nobody is asked who they are: the URL of an endpoint has a key in it, and that of an outlet is one.
So subscribers are a number, outlets are names, and rules are asked for only where it is up to them.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from botocore.config import Config

from tocsin.adapters.aws import client
from tocsin.adapters.eventbridge import SOURCE, TYPES
from tocsin.adapters.patterns import hears
from tocsin.adapters.refusals import RefusedError, refusals
from tocsin.domain.monitor import Route
from tocsin.usecases.listen import Answer

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient

GLANCE: Final = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 1}
)
"""For what is asked again in an hour."""

PAGES: Final = 3
"""Of parameters, or of rules, and no further; either may be emptier than what is asked for."""

PARAMETERS: Final = 50
RULES: Final = 100
"""The most that AWS puts on a page."""

WORST_SECONDS: Final = 3 * (len(Route) + 2 * PAGES)
"""What all questions take at worst."""

OURS: Final = 1
"""Subscription of each topic: the notifier's queue. Outlets and rules hear by it."""


class AwsHearers:
    """Who hears of alerts, in the home region.

    `outlets` is the path that outlets are under, `bus` what alerts are put on as events, if any.
    """

    def __init__(self, region: str, topics: Mapping[Route, str], *, outlets: str, bus: str) -> None:
        self._region = region
        self._topics = topics
        self._root = outlets
        self._bus = bus

    def unheard(self, routes: Iterable[Route]) -> Answer:
        """Name those of these routes of which nobody hears; what is not known is no such one."""
        few: dict[Route, int] = {}
        problems: list[str] = []
        for route in routes:
            try:
                number = self._subscribed(route)
            except RefusedError as error:
                problems.append(f"{route}: {error}")
            else:
                if number <= OURS:
                    few[route] = number
        by_notifier = {route for route, number in few.items() if number == OURS}
        try:
            deaf = self._deaf(by_notifier)
        except RefusedError as error:
            problems.append(str(error))
            deaf = set()
        unheard = tuple(route for route in few if few[route] < OURS or route in deaf)
        return Answer(unheard=unheard, problems=tuple(problems))

    def _deaf(self, routes: set[Route]) -> set[Route]:
        """Name those of these routes that the notifier hears of, and hands over to nobody."""
        found = self._without_outlets(routes) if routes else set()
        return set() if found and self._ruled() else found

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
            paginated = ssm.get_paginator("describe_parameters").paginate(
                ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [self._root]}],
                PaginationConfig={"PageSize": PARAMETERS},
            )
            pages = [*islice(paginated, PAGES)]
        names = {each["Name"] for page in pages for each in page["Parameters"]}
        found = {
            route
            for route in routes
            if not any(name.startswith(f"{self._root}/{route}/") for name in names)
        }
        if found and "NextToken" in pages[-1]:
            raise RefusedError(f"more than {PAGES} pages of parameters under {self._root}")
        return found

    def _ruled(self) -> bool:
        """Tell whether a rule of the bus asks for alerts."""
        if not self._bus:
            return False
        events: EventBridgeClient = client("events", self._region, GLANCE)
        with refusals():
            paginated = events.get_paginator("list_rules").paginate(
                EventBusName=self._bus, PaginationConfig={"PageSize": RULES}
            )
            pages = [*islice(paginated, PAGES)]
        for page in pages:
            for each in page["Rules"]:
                pattern = each.get("EventPattern")
                if pattern and each["State"] != "DISABLED" and hears(pattern, SOURCE, TYPES):
                    return True
        if "NextToken" in pages[-1]:
            raise RefusedError(f"more than {PAGES} pages of rules of the bus {self._bus}")
        return False
