"""What the template promises of the alarms about the routes: each is heard, and says what to do."""

import json
import re
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.architecture.cloudformation import PROJECT, load_template
from tests.architecture.test_template import RESOURCES, TOPICS, of_type
from tocsin.adapters.receivers import Places
from tocsin.domain.monitor import Route
from tocsin.usecases.hand_on import pause

TEMPLATE = load_template()
ALARMS = of_type("AWS::CloudWatch::Alarm")
FUNCTIONS = ("aggregator", "notifier")
DESCRIPTION_LIMIT, NAME_LIMIT = 1024, 255
"""Characters, as PutMetricAlarm takes them."""

each_alarm = pytest.mark.parametrize("alarm", ALARMS)


def alarm_on(metric: str, **dimensions: Any) -> dict[str, Any]:
    (found,) = (
        each
        for each in ALARMS.values()
        if each["MetricName"] == metric and named(each) == dimensions
    )
    return found


def named(alarm: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in alarm.get("Dimensions", [])}


# The topic


def statements() -> list[dict[str, Any]]:
    (policy,) = (
        each
        for each in of_type("AWS::SNS::TopicPolicy").values()
        if each["Topics"] == [{"Ref": "WatcherTopic"}]
    )
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    assert all(statement["Resource"] == {"Ref": "WatcherTopic"} for statement in found)
    return found


def test_only_alarms_of_this_stack_speak_by_the_watchers_topic() -> None:
    (allowed,) = (each for each in statements() if each["Effect"] == "Allow")

    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    source = allowed["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    assert source.endswith(":${AWS::AccountId}:alarm:${AWS::StackName}-*")


def test_nobody_speaks_by_it_in_the_clear_and_it_is_signed_with_sha256() -> None:
    (denied,) = (each for each in statements() if each["Effect"] == "Deny")

    assert denied["Principal"] == "*"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert RESOURCES["WatcherTopic"]["Properties"]["SignatureVersion"] == "2"


def test_no_alert_goes_by_it_so_a_broken_route_breaks_no_alarm() -> None:
    subscription = RESOURCES["WatcherEmailSubscription"]

    assert "WatcherTopic" not in json.dumps(RESOURCES["AggregatorRole"])
    assert "WatcherTopic" not in json.dumps(RESOURCES["AggregatorFunction"])
    assert subscription["Properties"] == {
        "TopicArn": {"Ref": "WatcherTopic"},
        "Protocol": "email",
        "Endpoint": {"Ref": "WatcherEmail"},
    }
    assert subscription["Condition"] == "HasWatcherEmail"


@pytest.mark.parametrize(
    ("address", "fits"),
    [("", True), ("ops@example.com", True), ("ops", False), ("a@example.com,b@example.com", False)],
)
def test_the_watcher_is_one_mail_address_or_nobody(address: str, *, fits: bool) -> None:
    pattern = TEMPLATE["Parameters"]["WatcherEmail"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, address)) is fits


# The alarms


@each_alarm
def test_an_alarm_and_its_end_are_told_by_the_watchers_topic_alone(alarm: str) -> None:
    assert ALARMS[alarm]["AlarmActions"] == [{"Ref": "WatcherTopic"}]
    assert ALARMS[alarm]["OKActions"] == [{"Ref": "WatcherTopic"}]
    assert RESOURCES[alarm]["Condition"] == "IsHome"


@each_alarm
def test_an_alarm_says_in_three_lines_what_is_wrong_where_to_look_and_what_to_do(
    alarm: str,
) -> None:
    description = ALARMS[alarm]["AlarmDescription"]
    lines = description.split("\n")

    assert isinstance(description, str)
    assert len(description) <= DESCRIPTION_LIMIT
    assert len(lines) == 3
    assert all(line == line.strip() and line.endswith(".") for line in lines)


@each_alarm
def test_what_a_runbook_names_is_there(alarm: str) -> None:
    description = ALARMS[alarm]["AlarmDescription"]
    named_here = re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", description)
    commands = re.findall(r"`tocsin ([a-z-]+)", description)

    assert {*named_here} <= RESOURCES.keys() | TEMPLATE["Parameters"].keys()
    assert {*commands} <= {"status", "test-alert"}


@each_alarm
def test_two_stacks_in_one_region_do_not_fight_over_an_alarm(alarm: str) -> None:
    name = ALARMS[alarm]["AlarmName"]["Fn::Sub"]

    assert name.startswith("${AWS::StackName}-")
    assert len(name) < NAME_LIMIT - 128


def test_alarms_have_names_of_their_own() -> None:
    names = [each["AlarmName"]["Fn::Sub"] for each in ALARMS.values()]

    assert len(names) == len({*names})


@pytest.mark.parametrize("topic", TOPICS)
def test_a_dead_endpoint_is_told_for_each_route(topic: str) -> None:
    alarm = alarm_on("NumberOfNotificationsFailed", TopicName={"Fn::GetAtt": f"{topic}.TopicName"})

    assert alarm["Namespace"] == "AWS/SNS"
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Sum", "GreaterThanThreshold")
    assert alarm["Threshold"] == 0


@pytest.mark.parametrize("queue", ["UndeliveredQueue", "LostHandoversQueue"])
def test_one_dead_letter_is_told_for_as_long_as_it_lies_there(queue: str) -> None:
    dimension = {"Fn::GetAtt": f"{queue}.QueueName"}
    alarm = alarm_on("ApproximateNumberOfMessagesVisible", QueueName=dimension)

    assert alarm["Namespace"] == "AWS/SQS"
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Maximum", "GreaterThanThreshold")
    assert alarm["Threshold"] == 0


def test_a_route_that_refuses_is_told_once_it_lasts() -> None:
    """Once a minute the aggregator tries again what is owed, and counts it."""
    alarm = alarm_on("AlertsUnsent", service="aggregator")

    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Statistic"]) == (60, 5, "Sum")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


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


def test_no_figure_means_that_nothing_failed_but_what_was_spent_stays_spent() -> None:
    missing = {name: each["TreatMissingData"] for name, each in ALARMS.items()}

    assert missing.pop("SmsSpendingAlarm") == "ignore"
    assert {*missing.values()} == {"notBreaching"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_alarm_is_on_a_metric_that_its_function_emits(function: str) -> None:
    handler = (PROJECT / f"functions/{function}/handler.py").read_text()
    metrics = [
        each["MetricName"] for each in ALARMS.values() if named(each) == {"service": function}
    ]
    service = RESOURCES[f"{function.title()}Function"]["Properties"]["Environment"]["Variables"]

    assert metrics
    assert all(f'"{metric}"' in handler for metric in metrics)
    assert service["POWERTOOLS_SERVICE_NAME"] == function


# What the commands find the routes by


def test_the_commands_find_every_route_and_every_queue_by_one_parameter() -> None:
    parameter = RESOURCES["RoutesParameter"]["Properties"]
    text = parameter["Value"]["Fn::Sub"]
    spelt = re.sub(r"\$\{([\w.]+)\}", r"<\1>", text)

    places = TypeAdapter(Places).validate_json(spelt)

    assert parameter["Name"] == {"Fn::Sub": "/tocsin/${StateTableName}/routes"}
    assert places == Places(
        aggregator="<AggregatorFunction>",
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
