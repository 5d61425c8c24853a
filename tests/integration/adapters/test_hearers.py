"""Who hears of a route: its topic's subscribers, its outlets, or a rule of EventBridge."""

import json
from typing import Any

import boto3
import pytest

from tests.integration.adapters.conftest import REGION
from tocsin.adapters.aws import _session
from tocsin.adapters.hearers import PAGES, AwsHearers
from tocsin.adapters.refusals import RefusedError
from tocsin.domain.monitor import Route

ROOT = "/tocsin-notify/state"
TOCSIN = {"source": ["tocsin"], "detail-type": ["Tocsin alert opened"]}


@pytest.fixture
def topics(aws: None) -> dict[Route, str]:
    sns = boto3.client("sns", region_name=REGION)
    return {route: sns.create_topic(Name=route)["TopicArn"] for route in Route}


def confirmed(topic: str, number: int) -> None:
    """Have moto count subscriptions, which it does not by itself; it spells the name so."""
    boto3.client("sns", region_name=REGION).set_topic_attributes(
        TopicArn=topic, AttributeName="SubscriptionsConfimed", AttributeValue=str(number)
    )


def outlet(name: str, root: str = ROOT) -> None:
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name=f"{root}/{name}", Type="SecureString", Value="json://hunter2"
    )


def rule(pattern: dict[str, Any], *, bus: str = "default", state: Any = "ENABLED") -> None:
    boto3.client("events", region_name=REGION).put_rule(
        Name="alerts", EventBusName=bus, EventPattern=json.dumps(pattern), State=state
    )


def unheard(topics: dict[Route, str], *routes: Route, bus: str = "default") -> tuple[Route, ...]:
    return AwsHearers(REGION, topics, outlets=ROOT, bus=bus).unheard(routes or (Route.PAGE,))


@pytest.mark.parametrize(
    ("number", "heard"),
    [(0, False), (1, False), (2, True), (7, True)],
    ids=["not even the notifier", "the notifier alone", "one more", "many"],
)
def test_whoever_has_confirmed_besides_the_notifier_hears(
    topics: dict[Route, str], number: int, *, heard: bool
) -> None:
    confirmed(topics[Route.PAGE], number)

    assert (unheard(topics) == ()) is heard


def test_routes_are_told_apart_and_those_that_nobody_uses_are_not_asked_about(
    topics: dict[Route, str],
) -> None:
    confirmed(topics[Route.PAGE], 2)
    confirmed(topics[Route.NOTICE], 1)

    assert unheard(topics, Route.PAGE, Route.NOTICE) == (Route.NOTICE,)
    assert unheard(topics, Route.PAGE) == ()


def test_an_outlet_hears_of_its_own_route_by_the_notifier(topics: dict[Route, str]) -> None:
    for route in Route:
        confirmed(topics[route], 1)
    outlet("page/team")
    outlet("chat/team", root="/tocsin-notify/state-of-another")

    assert unheard(topics, *Route) == (Route.CHAT, Route.NOTICE)


def test_an_outlet_hears_nothing_where_the_notifier_does_not(topics: dict[Route, str]) -> None:
    outlet("page/team")
    rule(TOCSIN)

    assert unheard(topics) == (Route.PAGE,)


@pytest.mark.parametrize(
    ("pattern", "state", "bus", "heard"),
    [
        (TOCSIN, "ENABLED", "default", True),
        (TOCSIN, "DISABLED", "default", False),
        ({"source": ["aws.ec2"]}, "ENABLED", "default", False),
        (TOCSIN, "ENABLED", "", False),
    ],
    ids=["of Tocsin", "switched off", "of something else", "no bus at all"],
)
def test_a_rule_of_the_bus_that_names_tocsin_hears_of_every_route(
    topics: dict[Route, str], pattern: dict[str, Any], state: str, bus: str, *, heard: bool
) -> None:
    for route in Route:
        confirmed(topics[route], 1)
    rule(pattern, state=state)

    assert unheard(topics, *Route, bus=bus) == (() if heard else tuple(Route))


def test_of_a_topic_that_is_gone_nobody_hears(topics: dict[Route, str]) -> None:
    boto3.client("sns", region_name=REGION).delete_topic(TopicArn=topics[Route.PAGE])
    outlet("page/team")

    assert unheard(topics) == (Route.PAGE,)


def test_what_is_not_answered_is_no_answer(aws: None) -> None:
    gone = dict.fromkeys(Route, "arn:of-no-topic")

    with pytest.raises(RefusedError):
        unheard(gone)


def test_where_somebody_has_confirmed_nothing_more_is_asked_and_never_for_a_value(
    topics: dict[Route, str],
) -> None:
    asked: list[str] = []

    def note(**call: Any) -> None:
        asked.append(call["model"].name)

    _session().register("provide-client-params.*.*", note)
    try:
        for route in Route:
            confirmed(topics[route], 2)
        unheard(topics, *Route)
        in_peace = [*asked]
        for number in range(50 * PAGES + 1):
            outlet(f"chat/{number}")
        confirmed(topics[Route.PAGE], 1)
        unheard(topics, *Route)
    finally:
        _session().unregister("provide-client-params.*.*", note)

    assert in_peace == ["GetTopicAttributes"] * len(Route)
    assert {*asked[len(in_peace) :]} == {"GetTopicAttributes", "DescribeParameters", "ListRules"}
