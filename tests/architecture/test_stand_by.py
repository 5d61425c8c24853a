"""The stand-by in a probe's stack: what it is given, what it may do, and who hears it.

Calls that its role must be refused are in test_denied_calls, what a key takes in test_keys.
"""

import re
from typing import Any

import pytest

from tests.architecture.cloudformation import PROJECT, Properties, Resources, load_template
from tocsin.adapters.aws import BRIEF
from tocsin.adapters.dynamodb import WORST_SECONDS
from tocsin.adapters.views import NEAR_SECONDS
from tocsin.wiring.standby import CANARY_SECONDS

TEMPLATE = load_template()
RESOURCES: Resources = TEMPLATE["Resources"]
PARAMETERS = TEMPLATE["Parameters"]
CONDITIONS = TEMPLATE["Conditions"]
LEADING_KEYS = "dynamodb:LeadingKeys"
FUNCTION: Properties = RESOURCES["StandByFunction"]["Properties"]
OF_A_STAND_BY = {name for name in RESOURCES if name.startswith("StandBy")}
SUBSCRIBERS = {"StandByEmail": "email", "StandByPhone": "sms", "StandByEndpoint": "https"}

each_subscriber = pytest.mark.parametrize("parameter", SUBSCRIBERS)


def statements(role: str, policy: str) -> dict[str, Properties]:
    """Give the statements of a policy that a role always has, or has under a condition."""
    for each in RESOURCES[role]["Properties"]["Policies"]:
        found = each["Fn::If"][1] if "Fn::If" in each else each
        if found["PolicyName"] == policy:
            return {s["Sid"]: s for s in found["PolicyDocument"]["Statement"]}
    raise LookupError(policy)


def keys(statement: Properties) -> list[str]:
    """Give the partition keys that a statement is bound to, and to no others."""
    assert statement["Condition"]["Null"] == {LEADING_KEYS: "false"}
    found: list[str] = statement["Condition"]["ForAllValues:StringEquals"][LEADING_KEYS]
    return found


def test_it_stands_in_a_probes_stack_that_is_told_to_and_in_no_other() -> None:
    assert PARAMETERS["StandBy"]["Default"] == "false"
    assert CONDITIONS["IsStandBy"] == {
        "Fn::And": [
            {"Fn::Equals": [{"Ref": "Part"}, "probe"]},
            {"Fn::Equals": [{"Ref": "StandBy"}, "true"]},
        ]
    }
    for name in OF_A_STAND_BY - {f"{each}Subscription" for each in SUBSCRIBERS}:
        assert RESOURCES[name]["Condition"] == "IsStandBy", name


def test_it_is_woken_each_minute_and_looks_once_at_a_time() -> None:
    (event,) = FUNCTION["Events"].values()

    assert event["Properties"]["ScheduleExpression"] == "cron(* * * * ? *)"
    assert FUNCTION["ReservedConcurrentExecutions"] == {
        "Fn::If": ["HasReservedConcurrency", 1, {"Ref": "AWS::NoValue"}]
    }


def test_a_look_and_an_alert_fit_in_its_time_however_slow_everything_is() -> None:
    """The home, the canaries, its own table, and SNS as its client is bounded."""
    bounds: Any = BRIEF
    attempts = bounds.retries["total_max_attempts"]
    sending = attempts * (bounds.connect_timeout + bounds.read_timeout) + attempts - 1
    own_table = 4 * NEAR_SECONDS  # load, views, the decision, and striking off

    assert WORST_SECONDS + CANARY_SECONDS + own_table + sending <= FUNCTION["Timeout"] <= 60


def test_of_the_home_it_reads_one_item_and_nothing_else() -> None:
    of_home = [
        each
        for each in statements("StandByRole", "stand-by").values()
        if "HomeRegion" in str(each["Resource"])
    ]

    (statement,) = of_home
    assert statement["Action"] == "dynamodb:GetItem"
    assert "table/${StateTableName}" in statement["Resource"]["Fn::Sub"]
    assert keys(statement) == ["PROGRESS"]


def test_of_its_own_table_it_keeps_what_it_knows_and_reads_what_the_probe_sees() -> None:
    rights = statements("StandByRole", "stand-by")
    own = {"Fn::GetAtt": "StandByTable.Arn"}

    kept, read = rights["KeepWhatItKnows"], rights["ReadWhatTheProbeSees"]
    assert (kept["Resource"], read["Resource"]) == (own, own)
    assert (kept["Action"], keys(kept)) == (["dynamodb:GetItem", "dynamodb:PutItem"], ["WATCH"])
    assert (read["Action"], keys(read)) == ("dynamodb:Query", ["VIEW"])


def test_a_probe_shows_what_fails_and_cannot_speak_for_the_stand_by() -> None:
    (statement,) = statements("ProbeRole", "stand-by").values()

    assert statement["Action"] == "dynamodb:PutItem"
    assert statement["Resource"] == {"Fn::GetAtt": "StandByTable.Arn"}
    assert keys(statement) == ["VIEW"]


def test_the_aggregator_may_note_its_progress() -> None:
    kept = statements("AggregatorRole", "aggregator")["KeepStatesAndThePast"]

    assert "PROGRESS" in kept["Condition"]["ForAllValues:StringLike"][LEADING_KEYS]


def test_nobody_but_the_stand_by_speaks_by_its_topic() -> None:
    document = RESOURCES["StandByTopicPolicy"]["Properties"]["PolicyDocument"]
    allowed = [each for each in document["Statement"] if each["Effect"] == "Allow"]

    (statement,) = allowed
    assert statement["Principal"] == {"AWS": {"Fn::GetAtt": "StandByRole.Arn"}}
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", {"Ref": "StandByTopic"})
    says = statements("StandByRole", "stand-by")["SayThatTheHomeIsSilent"]
    assert (says["Action"], says["Resource"]) == ("sns:Publish", {"Ref": "StandByTopic"})


def test_the_probe_and_the_stand_by_mean_the_same_table() -> None:
    probe = RESOURCES["ProbeFunction"]["Properties"]["Environment"]["Variables"]
    own = FUNCTION["Environment"]["Variables"]

    assert own["TOCSIN_STANDBY_TABLE"] == {"Ref": "StandByTable"}
    assert probe["TOCSIN_STANDBY_TABLE"] == {"Fn::If": ["IsStandBy", {"Ref": "StandByTable"}, ""]}
    assert own["TOCSIN_STANDBY_TOPIC"] == {"Ref": "StandByTopic"}


def test_it_asks_the_canaries_also_where_the_probe_in_a_network_asks_none() -> None:
    """It stands in no network of yours, so it reaches them."""
    assert FUNCTION["Environment"]["Variables"]["TOCSIN_CANARIES"] == {"Ref": "Canaries"}
    assert "VpcConfig" not in FUNCTION


def test_what_a_shard_that_is_gone_has_left_is_removed() -> None:
    table = RESOURCES["StandByTable"]["Properties"]

    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


@each_subscriber
def test_a_parameter_subscribes_to_its_topic_where_it_is_given(parameter: str) -> None:
    resource = RESOURCES[f"{parameter}Subscription"]
    subscription = resource["Properties"]

    assert subscription["TopicArn"] == {"Ref": "StandByTopic"}
    assert subscription["Protocol"] == SUBSCRIBERS[parameter]
    assert subscription["Endpoint"] == {"Ref": parameter}
    assert resource["Condition"] == f"Has{parameter}"
    assert CONDITIONS[f"Has{parameter}"] == {
        "Fn::And": [
            {"Condition": "IsStandBy"},
            {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]},
        ]
    }


@pytest.mark.parametrize(
    ("ours", "theirs"), [(p, p.replace("StandBy", "Page")) for p in SUBSCRIBERS]
)
def test_what_is_taken_for_pages_is_taken_here(ours: str, theirs: str) -> None:
    assert PARAMETERS[ours]["AllowedPattern"] == PARAMETERS[theirs]["AllowedPattern"]
    assert PARAMETERS[ours].get("NoEcho") == PARAMETERS[theirs].get("NoEcho")
    assert PARAMETERS[ours]["Default"] == ""


def test_an_endpoint_is_tried_as_long_as_that_of_the_pages() -> None:
    ours, theirs = (
        RESOURCES[f"{name}EndpointSubscription"]["Properties"] for name in ("StandBy", "Page")
    )

    assert ours["DeliveryPolicy"] == theirs["DeliveryPolicy"]


def test_a_stand_by_that_sleeps_or_is_not_heard_is_told_by_the_watcher_of_its_region() -> None:
    asleep, unheard = (
        RESOURCES[name]["Properties"] for name in ("StandByAsleepAlarm", "StandByNotDeliveredAlarm")
    )

    assert (asleep["MetricName"], asleep["TreatMissingData"]) == ("Looks", "breaching")
    assert asleep["Dimensions"] == [{"Name": "service", "Value": "standby"}]
    assert unheard["Dimensions"] == [
        {"Name": "TopicName", "Value": {"Fn::GetAtt": "StandByTopic.TopicName"}}
    ]
    for each in (asleep, unheard):
        assert each["AlarmActions"] == each["OKActions"] == [{"Ref": "WatcherTopic"}]


def test_its_alarm_is_on_what_its_function_emits_each_time() -> None:
    handler = (PROJECT / "functions" / "standby" / "handler.py").read_text()

    assert re.search(r'always=\("Looks",\)', handler)
    assert FUNCTION["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == "standby"
