"""How an update reaches the functions, as SAM makes it of the template."""

import json
import os
import re
from copy import deepcopy
from typing import Any

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests.architecture.cloudformation import PROJECT, load_template

TEMPLATE = load_template()
RESOURCES = TEMPLATE["Resources"]
FUNCTIONS = {
    name: each["Properties"]
    for name, each in RESOURCES.items()
    if each["Type"] == "AWS::Serverless::Function"
}
RELEASE = "0123456789abcdef"
ALIAS = "live"

each_function = pytest.mark.parametrize("function", FUNCTIONS)


class NoPolicies:
    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="module")
def packaged() -> dict[str, Any]:
    """Give the template as `sam deploy` sends it: with addresses in place of folders."""
    found: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text())
    for name, each in found["Resources"].items():
        for key in ("CodeUri", "ContentUri"):
            if key in each["Properties"]:
                each["Properties"][key] = f"s3://builds/{name}"
    return found


def expand(template: dict[str, Any], **parameters: str) -> dict[str, Any]:
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
    try:
        given = {"Part": "home", "Location": "a1", "HomeRegion": "eu-west-1", **parameters}
        resources: dict[str, Any] = transform(deepcopy(template), given, NoPolicies())["Resources"]
    finally:
        if before is None:
            del os.environ["AWS_DEFAULT_REGION"]
        else:
            os.environ["AWS_DEFAULT_REGION"] = before
    return resources


def named(resources: dict[str, Any], kind: str) -> list[str]:
    return sorted(name for name, each in resources.items() if each["Type"] == kind)


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [resources[name]["Properties"] for name in named(resources, kind)]


@each_function
def test_every_function_is_published_with_each_release(function: str) -> None:
    """SAM publishes for new code of its own alone, and nearly all of ours is in the layer."""
    assert FUNCTIONS[function]["AutoPublishAlias"] == ALIAS
    assert FUNCTIONS[function]["AutoPublishCodeSha256"] == {"Ref": "Release"}


@each_function
def test_a_function_is_another_in_each_release(function: str) -> None:
    """CloudFormation fails where a version is to be made of what has not changed."""
    variables = FUNCTIONS[function]["Environment"]["Variables"]

    assert variables["TOCSIN_RELEASE"] == {"Ref": "Release"}


def test_a_release_alone_makes_new_versions_of_all_functions(packaged: dict[str, Any]) -> None:
    one = named(expand(packaged, Release=RELEASE), "AWS::Lambda::Version")
    same = named(expand(packaged, Release=RELEASE, LogLevel="DEBUG"), "AWS::Lambda::Version")
    other = named(expand(packaged, Release=RELEASE[::-1]), "AWS::Lambda::Version")

    assert len(one) == len(FUNCTIONS)
    assert one == same, "SAM itself does not see that a parameter has changed"
    assert not {*one} & {*other}


def test_no_version_is_removed_while_somebody_may_be_on_the_way_to_it(
    packaged: dict[str, Any],
) -> None:
    resources = expand(packaged, Release=RELEASE)

    versions = named(resources, "AWS::Lambda::Version")
    assert {resources[name]["DeletionPolicy"] for name in versions} == {"Retain"}


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("AWS::Scheduler::Schedule", ("Target", "Arn")),
        ("AWS::Lambda::EventSourceMapping", ("FunctionName",)),
        ("AWS::Lambda::Url", ("TargetFunctionArn",)),
        ("AWS::Lambda::Permission", ("FunctionName",)),
    ],
)
def test_whatever_calls_a_function_calls_its_alias(
    packaged: dict[str, Any], kind: str, path: tuple[str, ...]
) -> None:
    callers = of_type(expand(packaged, Release=RELEASE), kind)

    assert callers
    for each in callers:
        called: Any = each
        for key in path:
            called = called[key]
        assert called["Ref"].endswith(f"FunctionAlias{ALIAS}"), each


def test_a_schedule_may_call_the_alias_and_nothing_else(packaged: dict[str, Any]) -> None:
    resources = expand(packaged, Release=RELEASE)
    roles = {
        name: each["Properties"]
        for name, each in resources.items()
        if each["Type"] == "AWS::IAM::Role" and name not in RESOURCES
    }

    assert roles
    for role in roles.values():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Action"] == "lambda:InvokeFunction"
                assert statement["Resource"]["Ref"].endswith(f"FunctionAlias{ALIAS}")


@pytest.mark.parametrize("function", ["ProbeFunction", "AggregatorFunction", "StandByFunction"])
def test_whatever_misses_a_run_is_changed_once_the_new_version_runs(
    packaged: dict[str, Any], function: str
) -> None:
    """During a rollout the version before it does most of the runs, and is what is missed."""
    alias = f"{function}Alias{ALIAS}"
    resources = expand(packaged, Release=RELEASE)
    waiting = {
        name
        for name, each in resources.items()
        if each["Type"] == "AWS::CloudWatch::Alarm" and each.get("DependsOn") == alias
    }

    assert resources[alias]["Type"] == "AWS::Lambda::Alias"
    assert {resources[name]["Properties"]["TreatMissingData"] for name in waiting} == {"breaching"}


def test_what_is_called_by_name_is_called_by_the_alias_too() -> None:
    text = json.dumps(RESOURCES["RoutesParameter"]) + json.dumps(RESOURCES["Dashboard"])

    assert "${AggregatorFunction}:live" in text
    assert "${WidgetFunction.Arn}:live" in text


def test_a_failed_tick_is_not_run_again_at_the_alias(packaged: dict[str, Any]) -> None:
    settings = of_type(expand(packaged, Release=RELEASE), "AWS::Lambda::EventInvokeConfig")

    assert len(settings) == len(FUNCTIONS)
    assert {(each["Qualifier"], each["MaximumRetryAttempts"]) for each in settings} == {(ALIAS, 0)}


def test_a_new_aggregator_judges_a_tenth_for_ten_minutes(packaged: dict[str, Any]) -> None:
    resources = expand(packaged, Release=RELEASE)
    (group,) = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    (alias,) = (name for name, each in resources.items() if "UpdatePolicy" in each)

    assert alias == f"AggregatorFunctionAlias{ALIAS}"
    assert "Canary10Percent10Minutes" in json.dumps(group["DeploymentConfigName"])
    assert group["AutoRollbackConfiguration"]["Enabled"]
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    condition, alarms, otherwise = group["AlarmConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("HasCanary", {})
    assert [each["Name"]["Ref"] for each in alarms["Alarms"]] == [
        "RolloutErrorsAlarm",
        "RolloutFailuresAlarm",
    ]


@pytest.mark.parametrize("alarm", ["RolloutErrorsAlarm", "RolloutFailuresAlarm"])
def test_what_goes_back_looks_at_the_new_version_alone(alarm: str) -> None:
    """What the one before does wrong would keep its mend from being deployed."""
    said = RESOURCES[alarm]["Properties"]
    dimensions = {each["Name"]: each["Value"] for each in said["Dimensions"]}
    of_version = {"Fn::GetAtt": "AggregatorFunction.Version.Version"}

    assert of_version in dimensions.values()
    assert (said["Threshold"], said["Period"], said["EvaluationPeriods"]) == (0, 60, 1)
    assert said["TreatMissingData"] == "notBreaching"
    assert RESOURCES[alarm]["Condition"] == "HasCanary"


@pytest.mark.parametrize("alarm", ["RolloutErrorsAlarm", "RolloutFailuresAlarm"])
def test_each_version_has_alarms_of_its_own(packaged: dict[str, Any], alarm: str) -> None:
    """One that still rings for the version before would stop its mend from being deployed."""
    one, other = (
        expand(packaged, Release=release)[alarm]["Properties"]["AlarmName"]["Fn::Sub"]
        for release in (RELEASE, RELEASE[::-1])
    )

    assert one != other
    for name, release in ((one, RELEASE), (other, RELEASE[::-1])):
        (number,) = re.findall(r"\$\{(AggregatorFunctionVersion\w+)\.Version\}$", name)
        assert number in expand(packaged, Release=release)


def test_codedeploy_may_move_the_aggregators_alias_and_nothing_else() -> None:
    role = RESOURCES["RolloutRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    move, watch = role["Policies"][0]["PolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert "ManagedPolicyArns" not in role
    assert move["Action"] == [
        "lambda:GetAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:UpdateAlias",
    ]
    assert move["Resource"] == [
        {"Fn::GetAtt": "AggregatorFunction.Arn"},
        {"Fn::Sub": "${AggregatorFunction.Arn}:*"},
    ]
    assert watch["Action"] == "cloudwatch:DescribeAlarms"


def test_all_at_once_leaves_codedeploy_out(packaged: dict[str, Any]) -> None:
    resources = expand(packaged, Release=RELEASE, Rollout="all-at-once")

    assert not [each for each in resources.values() if "CodeDeploy" in each["Type"]]
    assert not [each for each in resources.values() if "UpdatePolicy" in each]


def test_nothing_of_it_is_in_a_probes_stack(packaged: dict[str, Any]) -> None:
    """A resource without a condition of home would be made in every stack."""
    resources = expand(packaged, Part="probe", Release=RELEASE)

    for name, each in resources.items():
        if "CodeDeploy" in each["Type"]:
            assert each["Condition"] == "IsHome", name


@pytest.mark.parametrize(
    ("value", "fits"),
    [(RELEASE, True), ("", True), ("latest", False), (RELEASE[:10], False)],
)
def test_a_release_is_a_digest_or_none(value: str, *, fits: bool) -> None:
    pattern = TEMPLATE["Parameters"]["Release"]["AllowedPattern"]

    assert (re.fullmatch(pattern, value) is not None) is fits
