"""Who hears of a route: its topic's subscribers, its outlets, or a rule of EventBridge."""

import json
from typing import Any

import boto3
import pytest

from tests.integration.adapters.conftest import REGION
from tocsin.adapters.aws import _session
from tocsin.adapters.hearers import PAGES, PARAMETERS, RULES, AwsHearers
from tocsin.domain.monitor import Route
from tocsin.usecases.listen import Answer

ROOT = "/tocsin-notify/state"
TOCSIN = {"source": ["tocsin"], "detail-type": ["Tocsin alert opened"]}
OF_ITS_ALARMS = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [{"prefix": "tocsin-"}]}}

MOTO_SHOWS = 10
"""Parameters on a page, whatever is asked for; AWS may show fewer than that, too."""


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


def rule(pattern: dict[str, Any], *, name: str = "alerts", state: Any = "ENABLED") -> None:
    boto3.client("events", region_name=REGION).put_rule(
        Name=name, EventPattern=json.dumps(pattern), State=state
    )


def answer(
    topics: dict[Route, str], *routes: Route, bus: str = "default", root: str = ROOT
) -> Answer:
    return AwsHearers(REGION, topics, outlets=root, bus=bus).unheard(routes or (Route.PAGE,))


def unheard(topics: dict[Route, str], *routes: Route, bus: str = "default") -> tuple[Route, ...]:
    found = answer(topics, *routes, bus=bus)
    assert found.problems == ()
    return found.unheard


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
        (OF_ITS_ALARMS, "ENABLED", "default", False),
        (TOCSIN, "ENABLED", "", False),
    ],
    ids=["of Tocsin", "switched off", "of something else", "of its alarms", "no bus at all"],
)
def test_a_rule_of_the_bus_that_asks_for_alerts_hears_of_every_route(
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


def test_where_a_topic_says_nothing_it_is_told_so_and_the_others_are_asked(
    topics: dict[Route, str],
) -> None:
    found = answer(topics | {Route.PAGE: "arn:of-no-topic"}, Route.PAGE, Route.CHAT)

    (problem,) = found.problems
    assert problem.startswith("page: ")
    assert found.unheard == (Route.CHAT,)


@pytest.mark.parametrize(
    ("root", "bus"),
    [
        pytest.param("/aws/none", "default", id="outlets are not named"),
        pytest.param(ROOT, "gone", id="rules are not named"),
    ],
)
def test_a_refusal_leaves_it_certain_that_nobody_hears_where_not_even_the_notifier_does(
    topics: dict[Route, str], root: str, bus: str
) -> None:
    confirmed(topics[Route.PAGE], 1)

    found = answer(topics, Route.PAGE, Route.CHAT, bus=bus, root=root)

    assert found.unheard == (Route.CHAT,)
    assert len(found.problems) == 1


@pytest.mark.parametrize(("beside", "seen"), [(-1, True), (1, False)], ids=["all", "not all"])
def test_of_what_outlets_were_not_named_any_more_one_may_hear(
    topics: dict[Route, str], beside: int, *, seen: bool
) -> None:
    for number in range(PAGES * MOTO_SHOWS + beside):
        outlet(f"chat/{number}")
    for route in Route:
        confirmed(topics[route], 1)

    found = answer(topics, *Route)

    assert found.unheard == ((Route.PAGE, Route.NOTICE) if seen else ())
    assert len(found.problems) == (not seen)
    assert answer(topics, Route.CHAT) == Answer(unheard=())


@pytest.mark.parametrize(("beside", "seen"), [(0, True), (1, False)], ids=["all", "not all"])
def test_of_what_rules_were_not_named_any_more_one_may_hear(
    topics: dict[Route, str], beside: int, *, seen: bool
) -> None:
    for number in range(PAGES * RULES + beside):
        rule(OF_ITS_ALARMS, name=f"rule-{number}")
    confirmed(topics[Route.PAGE], 1)

    found = answer(topics)

    assert found.unheard == ((Route.PAGE,) if seen else ())
    assert len(found.problems) == (not seen)


def test_where_somebody_has_confirmed_nothing_more_is_asked_and_never_for_a_value(
    topics: dict[Route, str],
) -> None:
    asked: list[str] = []
    sizes: dict[str, int] = {}

    def note(**call: Any) -> None:
        name, said = call["model"].name, call["params"]
        asked.append(name)
        sizes[name] = said.get("MaxResults", said.get("Limit", 0))

    _session().register("provide-client-params.*.*", note)
    try:
        for route in Route:
            confirmed(topics[route], 2)
        unheard(topics, *Route)
        in_peace = [*asked]
        for number in range(PAGES * MOTO_SHOWS - 1):
            outlet(f"chat/{number}")
        confirmed(topics[Route.PAGE], 1)
        unheard(topics, *Route)
    finally:
        _session().unregister("provide-client-params.*.*", note)

    assert in_peace == ["GetTopicAttributes"] * len(Route)
    assert {*asked[len(in_peace) :]} == {"GetTopicAttributes", "DescribeParameters", "ListRules"}
    assert sizes | {"DescribeParameters": PARAMETERS, "ListRules": RULES} == sizes
