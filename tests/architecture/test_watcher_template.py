"""What the template promises of the alarms about the routes: each is heard, and says what to do."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.architecture.cloudformation import load_template
from tests.architecture.test_template import RESOURCES, TOPICS, of_type
from tocsin.adapters.receivers import Places
from tocsin.domain.monitor import Route
from tocsin.usecases.hand_on import pause

TEMPLATE = load_template()
ALARMS = of_type("AWS::CloudWatch::Alarm")


def alarm_on(metric: str, **dimensions: Any) -> dict[str, Any]:
    (found,) = (
        each
        for each in ALARMS.values()
        if each["MetricName"] == metric and named(each) == dimensions
    )
    return found


def named(alarm: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in alarm.get("Dimensions", [])}


# The alarms


@pytest.mark.parametrize("topic", TOPICS)
def test_a_dead_endpoint_is_told_for_each_route(topic: str) -> None:
    alarm = alarm_on("NumberOfNotificationsFailed", TopicName={"Fn::GetAtt": f"{topic}.TopicName"})

    assert alarm["Namespace"] == "AWS/SNS"
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Sum", "GreaterThanThreshold")
    assert alarm["Threshold"] == 0


def test_one_outlet_that_is_dead_is_told_within_half_an_hour_however_the_periods_fall() -> None:
    alarm = alarm_on("FailedHandovers", service="notifier")
    period, tries = alarm["Period"], [0]
    while tries[-1] < 2 * period:
        tries.append(tries[-1] + int(pause(len(tries)).total_seconds()))

    for begins in range(-period, 0, 5):
        within = [
            sum(start <= at < start + period for at in tries) for start in (begins, begins + period)
        ]
        assert max(within) >= alarm["Threshold"], begins
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["Threshold"] > 1, "what fails once and then not is nobody's business"


def test_a_notifier_that_fails_is_told() -> None:
    alarm = alarm_on("Errors", FunctionName={"Ref": "NotifierFunction"})

    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("AWS/Lambda", "Sum", 0)


def test_what_sms_cost_is_told_before_the_limit_of_a_new_account() -> None:
    alarm = alarm_on("SMSMonthToDateSpentUSD")

    assert alarm["Threshold"] == {"Ref": "SmsSpendAlarm"}
    assert (alarm["Namespace"], alarm["Statistic"]) == ("AWS/SNS", "Maximum")
    assert 0 < TEMPLATE["Parameters"]["SmsSpendAlarm"]["Default"] < 1


# What the commands find the routes by


def test_the_commands_find_every_route_and_every_queue_by_one_parameter() -> None:
    parameter = RESOURCES["RoutesParameter"]["Properties"]
    text = parameter["Value"]["Fn::Sub"]
    spelt = re.sub(r"\$\{([\w.]+)\}", r"<\1>", text)

    places = TypeAdapter(Places).validate_json(spelt)

    assert parameter["Name"] == {"Fn::Sub": "/tocsin/${StateTableName}/routes"}
    assert places == Places(
        aggregator="<AggregatorFunction>:live",
        topics={
            Route.PAGE: "<PageTopic>",
            Route.CHAT: "<ChatTopic>",
            Route.NOTICE: "<NoticeTopic>",
        },
        watcher="<WatcherTopic>",
        alerts_queue="<AlertsQueue.Arn>",
        outlets="/tocsin-notify/<StateTableName>",
        undelivered="<UndeliveredQueue>",
        lost_handovers="<LostHandoversQueue>",
    )


def test_it_holds_no_secret() -> None:
    """Probes can read what is under /tocsin/."""
    hidden = [name for name, each in TEMPLATE["Parameters"].items() if each.get("NoEcho")]
    text = RESOURCES["RoutesParameter"]["Properties"]["Value"]["Fn::Sub"]

    assert hidden
    assert not [name for name in hidden if name in text]
