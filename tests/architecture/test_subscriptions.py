"""Who hears of alerts by the template's parameters, and what happens where he does not take it."""

import re
from typing import Any

import pytest

from tests.architecture.cloudformation import PROJECT, load_template
from tests.architecture.test_template import RESOURCES

TEMPLATE = load_template()
PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]
CONDITIONS: dict[str, Any] = TEMPLATE["Conditions"]

# The parameter, the topic that it subscribes to, and how.
SUBSCRIBERS = {
    "PageEmail": ("PageTopic", "email"),
    "PageEmail2": ("PageTopic", "email"),
    "PagePhone": ("PageTopic", "sms"),
    "PagePhone2": ("PageTopic", "sms"),
    "PageEndpoint": ("PageTopic", "https"),
    "PageEndpoint2": ("PageTopic", "https"),
    "PageQueueArn": ("PageTopic", "sqs"),
    "NoticeEmail": ("NoticeTopic", "email"),
    "NoticeEmail2": ("NoticeTopic", "email"),
    "NoticePhone": ("NoticeTopic", "sms"),
    "NoticeEndpoint": ("NoticeTopic", "https"),
    "NoticeQueueArn": ("NoticeTopic", "sqs"),
}
# To the routes; the one to the alarms about Tocsin itself is in test_watcher_template, and those to
# what a stand-by says in test_stand_by.
SUBSCRIPTIONS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::SNS::Subscription"
    and name != "WatcherEmailSubscription"
    and not name.startswith("StandBy")
}
HTTPS = [name for name, (_, protocol) in SUBSCRIBERS.items() if protocol == "https"]

each_subscriber = pytest.mark.parametrize("parameter", SUBSCRIBERS)


def named(parameter: str) -> str:
    return f"{parameter.removesuffix('Arn')}Subscription"


@each_subscriber
def test_a_parameter_subscribes_to_its_topic_in_its_way(parameter: str) -> None:
    topic, protocol = SUBSCRIBERS[parameter]
    subscription = SUBSCRIPTIONS[named(parameter)]

    assert subscription["TopicArn"] == {"Ref": topic}
    assert subscription["Protocol"] == protocol
    assert subscription["Endpoint"] == {"Ref": parameter}


@each_subscriber
def test_one_that_is_not_given_subscribes_nobody_and_no_probes_stack_has_any(
    parameter: str,
) -> None:
    assert PARAMETERS[parameter]["Default"] == ""
    assert RESOURCES[named(parameter)]["Condition"] == f"Has{parameter}"
    assert CONDITIONS[f"Has{parameter}"] == {
        "Fn::And": [
            {"Condition": "IsHome"},
            {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]},
        ]
    }


def test_no_subscription_is_missing_here() -> None:
    of_the_notifier = {f"{route}AlertsSubscription" for route in ("Page", "Chat", "Notice")}

    assert SUBSCRIPTIONS.keys() == {*map(named, SUBSCRIBERS)} | of_the_notifier


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_what_a_subscriber_does_not_take_is_put_aside(name: str) -> None:
    assert SUBSCRIPTIONS[name]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": "UndeliveredQueue.Arn"}
    }


@pytest.mark.parametrize("parameter", HTTPS)
def test_an_endpoint_is_tried_for_most_of_the_hour_that_sns_allows(parameter: str) -> None:
    """Its default is three tries in a minute, and an hour in all is its limit."""
    retry = SUBSCRIPTIONS[named(parameter)]["DeliveryPolicy"]["healthyRetryPolicy"]
    at_once, soon, late = (
        retry[f"num{kind}Retries"] for kind in ("NoDelay", "MinDelay", "MaxDelay")
    )
    between = retry["numRetries"] - at_once - soon - late

    assert between > 0
    least = soon * retry["minDelayTarget"] + late * retry["maxDelayTarget"]
    most = least + between * retry["maxDelayTarget"]
    assert least + between * retry["minDelayTarget"] >= 2400
    assert most <= 3600


@pytest.mark.parametrize("parameter", SUBSCRIBERS)
def test_where_a_key_is_in_a_url_it_is_shown_nowhere(parameter: str) -> None:
    assert PARAMETERS[parameter].get("NoEcho", False) is (parameter in HTTPS)


@pytest.mark.parametrize(
    ("parameters", "value", "fits"),
    [
        ("Email", "ops@example.com", True),
        ("Email", "ops+tocsin@example.com", True),
        ("Email", "ops@example.com,dev@example.com", False),
        ("Email", "ops", False),
        ("Phone", "+4915112345678", True),
        ("Phone", "015112345678", False),
        ("Phone", "+49 151 12345678", False),
        ("Endpoint", "https://events.pagerduty.com/integration/0123abcd/enqueue", True),
        ("Endpoint", "http://events.example.com/", False),
        ("Endpoint", "https://a.example https://b.example", False),
        ("QueueArn", "arn:aws:sqs:eu-west-1:123456789012:alerts", True),
        ("QueueArn", "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:alerts", True),
        ("QueueArn", "https://sqs.eu-west-1.amazonaws.com/123456789012/alerts", False),
        ("QueueArn", "arn:aws:sqs:eu-west-1:123456789012:alerts.fifo", False),
        ("SlackWorkspaceId", "T0123ABCD", True),
        ("SlackWorkspaceId", "acme", False),
        ("SlackChannelId", "C0123ABCD", True),
        ("SlackChannelId", "G0123ABCD", True),
        ("SlackChannelId", "#ops", False),
        ("EventBus", "", True),
        ("EventBus", "aws.partner/example.com/bus", True),
        ("EventBus", "my bus", False),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_deployed(
    parameters: str, value: str, *, fits: bool
) -> None:
    meant = [name for name in PARAMETERS if re.fullmatch(rf"(Page|Notice|){parameters}2?", name)]

    assert meant
    for name in meant:
        assert bool(re.fullmatch(PARAMETERS[name]["AllowedPattern"], value)) is fits


@pytest.mark.parametrize("parameter", [*SUBSCRIBERS, "SlackWorkspaceId", "SlackChannelId"])
def test_nobody_at_all_fits(parameter: str) -> None:
    assert re.fullmatch(PARAMETERS[parameter]["AllowedPattern"], "")


def test_a_slack_channel_takes_a_workspace_and_a_channel_and_hears_of_the_chat_route_alone() -> (
    None
):
    assert CONDITIONS["HasSlackChannel"] == {
        "Fn::And": [
            {"Condition": "IsHome"},
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "SlackWorkspaceId"}, ""]}]},
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "SlackChannelId"}, ""]}]},
        ]
    }
    channel = RESOURCES["SlackChannel"]
    assert channel["Condition"] == "HasSlackChannel"
    assert channel["Properties"]["SnsTopicArns"] == [{"Ref": "ChatTopic"}]


def test_nobody_in_a_slack_channel_may_do_anything_in_the_account() -> None:
    """Without a guardrail of ours Amazon Q takes AdministratorAccess for one."""
    channel, role = RESOURCES["SlackChannel"]["Properties"], RESOURCES["SlackChannelRole"]
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert channel["GuardrailPolicies"] == [
        {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"}
    ]
    assert channel["IamRoleArn"] == {"Fn::GetAtt": "SlackChannelRole.Arn"}
    assert role["Properties"].keys() == {"AssumeRolePolicyDocument"}
    assert role["Condition"] == "HasSlackChannel"
    assert trust["Principal"] == {"Service": "chatbot.amazonaws.com"}


@pytest.mark.parametrize("name", [*SUBSCRIBERS, "SlackWorkspaceId", "SlackChannelId", "EventBus"])
def test_the_documentation_has_every_way_to_be_told(name: str) -> None:
    assert f"`{name}`" in (PROJECT / "docs" / "routes.md").read_text()


def test_what_a_condition_of_a_subscriber_rests_on_is_the_stack_that_has_its_topic() -> None:
    elsewhere = {"StandBy": "IsStandBy", "Watcher": "HasProbe"}
    for name, resource in RESOURCES.items():
        condition = resource["Condition"]
        if condition not in {"IsHome", "IsAgent", "HasProbe", "IsStandBy"}:
            stacks = [stack for lead, stack in elsewhere.items() if name.startswith(lead)]
            rests = stacks[0] if stacks else "IsHome"
            assert {"Condition": rests} in CONDITIONS[condition]["Fn::And"], name
