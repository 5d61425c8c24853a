"""Rules for everything that the template has, written as one would for cfn-guard.

They hold of every resource that is added, without a word about it here.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.architecture.cloudformation import Properties
from tests.architecture.policies import (
    ACCOUNT,
    ELSEWHERE,
    EVERYTHING,
    Request,
    Stack,
    as_list,
    lets_in,
)
from tests.architecture.test_rollout import expand, packaged

__all__ = ["packaged"]

STACKS = {
    "home": Stack(
        parameters={
            **EVERYTHING,
            "StatusPage": "cloudfront",
            "SlackWorkspaceId": "T0",
            "SlackChannelId": "C0",
            "MonthlyBudget": "10",
        }
    ),
    "probe": Stack(parameters=ELSEWHERE, region="us-east-1"),
    "agent": Stack(parameters={**EVERYTHING, "Part": "agent"}),
}

# What a `*` stands for, and why nothing narrower does.
STARS = {
    ("ProbeRole", "ReadSecretsOfChecks"): "which secrets there are is said by monitors.yaml",
    ("AgentPolicy", "ReadSecretsOfChecks"): "the same",
    ("ProbeRole", "BeInItsNetwork"): "EC2 knows no narrower resource for these actions",
    ("AggregatorRole", "FindTheStream"): "a stream's name is not known before there is one",
    ("AggregatorRole", "WriteTheStatusPage"): "all of the bucket is the page",
    ("AggregatorRole", "NameOutletsAndRules"): "neither list is of anything narrower",
    ("NotifierRole", "ReadTheOutlets"): "which outlets there are is said in Parameter Store",
    ("RolloutRole", "MoveTheAlias"): "its versions, of which each release makes one",
    ("RolloutRole", "WatchTheAlarms"): "CloudWatch tells of no single alarm",
}
# CloudWatch names what is in a group so: every stream of this one group.
STREAMS = ":log-group:"


def of_type(kind: str) -> Iterator[tuple[str, str, Properties]]:
    for place, stack in STACKS.items():
        for name, properties in stack.of_type(kind).items():
            yield place, name, properties


def grants() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every statement that allows something to somebody, and who that is."""
    for stack in STACKS.values():
        for name, resource in stack.resources.items():
            if resource["Type"] in {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy"}:
                yield from ((name, s) for s in stack.statements(name) if s["Effect"] == "Allow")


def stars(statement: dict[str, Any]) -> list[str]:
    resources = as_list(statement["Resource"])
    return [each for each in resources if "*" in each and not each.endswith(":*")] + [
        each for each in resources if each.endswith(":*") and STREAMS not in each
    ]


# Roles


def test_no_statement_allows_an_action_by_a_star() -> None:
    actions = {(name, a) for name, s in grants() for a in as_list(s["Action"]) if "*" in a}

    assert actions == set()


def test_no_statement_allows_a_resource_by_a_star_but_for_a_reason() -> None:
    found = {(name, statement["Sid"]) for name, statement in grants() if stars(statement)}

    assert found == STARS.keys()


def test_nothing_is_said_by_exception() -> None:
    """Who is allowed all but something is allowed what comes next year."""
    for name, statement in grants():
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys(), name


def test_whoever_names_rows_by_their_keys_must_name_one() -> None:
    """`ForAllValues` holds where a request names no key at all, as a Scan does."""
    for name, statement in grants():
        conditions = statement.get("Condition", {})
        if any("dynamodb:LeadingKeys" in each for each in conditions.values()):
            assert conditions["Null"] == {"dynamodb:LeadingKeys": "false"}, name


def test_a_state_is_never_allowed_to_a_function_as_a_whole() -> None:
    writers = [
        (name, statement)
        for name, statement in grants()
        if any(each.startswith("dynamodb:") for each in as_list(statement["Action"]))
        and any(each.endswith("table/state") for each in as_list(statement["Resource"]))
    ]

    assert writers
    assert all("Condition" in statement for _, statement in writers)


def test_a_key_is_used_through_the_service_that_it_encrypts_for_alone() -> None:
    using = [s for _, s in grants() if any(a.startswith("kms:") for a in as_list(s["Action"]))]

    assert using
    assert all("kms:ViaService" in each["Condition"]["StringEquals"] for each in using)


@pytest.mark.parametrize(
    ("region", "ending"),
    [
        ("eu-west-1", ".eu-west-1.amazonaws.com"),
        ("us-gov-west-1", ".us-gov-west-1.amazonaws.com"),
        ("cn-north-1", ".cn-north-1.amazonaws.com.cn"),
    ],
)
@pytest.mark.parametrize("part", ["home", "probe", "agent"])
def test_a_service_that_uses_a_key_is_named_as_in_its_own_partition(
    part: str, region: str, ending: str
) -> None:
    parameters = {**STACKS[part].parameters, "HomeRegion": region}
    stack = Stack(parameters=parameters, region=region)

    named = [
        service
        for name, each in stack.resources.items()
        if each["Type"] in {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy"}
        for statement in stack.statements(name)
        for service in as_list(
            statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", [])
        )
    ]

    assert named
    assert [service for service in named if not service.endswith(ending)] == []


def test_a_role_is_for_one_service_of_aws() -> None:
    for _, name, role in of_type("AWS::IAM::Role"):
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"].keys() == {"Service"}, name
        assert isinstance(trust["Principal"]["Service"], str), name


def test_nobody_of_flesh_gets_a_key_of_aws() -> None:
    kinds = {each["Type"] for stack in STACKS.values() for each in stack.resources.values()}

    assert not [kind for kind in kinds if re.match(r"AWS::IAM::(User|AccessKey|Group)", kind)]


# Functions


def test_a_function_has_a_role_a_log_and_a_bound_of_its_own() -> None:
    roles, logs = [], []
    for place, _, function in of_type("AWS::Serverless::Function"):
        roles.append((place, function["Role"]))
        logs.append((place, function["LoggingConfig"]["LogGroup"]))
        assert function["ReservedConcurrentExecutions"] > 0
        assert "Policies" not in function
        assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0

    assert len({*roles}) == len(roles)
    assert len({*logs}) == len(logs)


def test_no_secret_is_in_a_variable_of_a_function() -> None:
    """Whoever may look at a function sees them; the tests of AWS ask that they be encrypted."""
    parameters = STACKS["home"].template["Parameters"]
    secret = {name for name, each in parameters.items() if each.get("NoEcho")}
    functions = [
        resource["Properties"]
        for resource in STACKS["home"].template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]

    told = {
        name
        for function in functions
        for name in re.findall(r"'Ref': '(\w+)'", str(function["Environment"]["Variables"]))
    }

    assert secret
    assert told & secret == EXPOSED.keys()


# A parameter that must not be echoed and is a variable all the same, with the reason.
EXPOSED = {"WatchdogUrl": "whoever reads it can say that all is well, and nothing else"}


def test_only_the_endpoint_of_heartbeats_is_open_to_the_world() -> None:
    open_ = {
        n for _, n, each in of_type("AWS::Serverless::Function") if "FunctionUrlConfig" in each
    }

    assert open_ == {"HeartbeatFunction"}


# Topics and queues


def test_every_topic_says_who_publishes_and_refuses_the_rest() -> None:
    for place, stack in STACKS.items():
        policies = {
            stack.value(topic): policy["PolicyDocument"]["Statement"]
            for policy in stack.of_type("AWS::SNS::TopicPolicy").values()
            for topic in policy["Topics"]
        }
        assert policies.keys() == {stack.arn(n) for n in stack.of_type("AWS::SNS::Topic")}, place
        for statements in policies.values():
            refused = {s["Action"] for s in statements if s["Effect"] == "Deny"}
            assert refused == {"sns:Publish", "sns:Subscribe"}
            for each in (s for s in statements if s["Effect"] == "Allow"):
                assert each["Action"] == "sns:Publish"
                assert _ours(each), each["Sid"]


@pytest.mark.parametrize(
    ("topic", "ringer"),
    [
        ("PageTopic", "AggregatorRole"),
        ("ChatTopic", "AggregatorRole"),
        ("NoticeTopic", "AggregatorRole"),
        ("StandByTopic", "StandByRole"),
    ],
)
def test_a_right_to_publish_anywhere_is_none_to_ring(topic: str, ringer: str) -> None:
    """Within an account a topic that says who may keeps nobody out: only what it denies does."""
    stack = Stack(parameters=ELSEWHERE if topic == "StandByTopic" else EVERYTHING)
    policy = stack.resources[f"{topic}Policy"]["Properties"]["PolicyDocument"]
    request = Request(action="sns:Publish", resource=stack.arn(topic))

    assert lets_in(policy, request, principal=stack.arn(ringer)) == "Allow"
    for who in (f"arn:aws:iam::{ACCOUNT}:role/somebody", f"arn:aws:iam::{ACCOUNT}:root"):
        assert lets_in(policy, request, principal=who) == "Deny", who


@pytest.mark.parametrize(
    ("about", "decision"),
    [
        ({"aws:SourceArn": STACKS["home"].arn("PageTopic")}, "Allow"),
        ({"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:another"}, "Deny"),
        ({}, "Deny"),
    ],
    ids=["a topic of ours", "another topic", "a role of the account"],
)
def test_the_queue_of_alerts_takes_what_our_topics_send_and_nothing_else(
    about: dict[str, str], decision: str
) -> None:
    stack = STACKS["home"]
    request = Request(action="sqs:SendMessage", resource=stack.arn("AlertsQueue"), about=about)
    policy = stack.resources["AlertsQueuePolicy"]["Properties"]["PolicyDocument"]

    assert lets_in(policy, request, service="sns.amazonaws.com") == decision


@pytest.mark.parametrize(
    ("role", "decision"),
    [
        ("NotifierRole", "ImplicitDeny"),
        ("aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0a", "ImplicitDeny"),
        ("AggregatorRole", "Deny"),
        ("somebody", "Deny"),
        ("aws-reserved/other.amazonaws.com/somebody", "Deny"),
    ],
    ids=["the notifier", "a person", "another function", "a role of yours", "another service"],
)
def test_what_is_owed_to_outlets_is_put_there_by_the_notifier_or_by_a_person(
    role: str, decision: str
) -> None:
    """Where it denies nothing, a role's own policy decides."""
    stack = STACKS["home"]
    request = Request(action="sqs:SendMessage", resource=stack.arn("HandoversQueue"))
    policy = stack.resources["HandoversQueuePolicy"]["Properties"]["PolicyDocument"]
    who = f"arn:aws:iam::{ACCOUNT}:role/{role}"

    assert lets_in(policy, request, principal=who) == decision
    if decision == "Deny":
        assert lets_in(policy, request, principal=f"arn:aws:iam::{ACCOUNT}:root") == decision


def _ours(statement: dict[str, Any]) -> bool:
    """Tell whether it lets in a role of this account, or a service in its name alone."""
    principal = statement["Principal"]
    if "AWS" in principal:
        return str(principal["AWS"]).startswith("arn:aws:iam::123456789012:role/")
    return "aws:SourceAccount" in statement["Condition"]["StringEquals"]


def test_every_queue_refuses_what_comes_in_the_clear() -> None:
    stack = STACKS["home"]
    policies = {
        queue: policy["PolicyDocument"]["Statement"]
        for policy in stack.of_type("AWS::SQS::QueuePolicy").values()
        for queue in policy["Queues"]
    }

    assert policies.keys() == stack.of_type("AWS::SQS::Queue").keys()
    for queue, statements in policies.items():
        *_, clear = (s for s in statements if s["Effect"] == "Deny")
        assert clear["Principal"] == "*"
        assert clear["Action"] == "sqs:*"
        assert clear["Resource"] == stack.arn(queue)
        assert clear["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_queue_takes_in_the_dead_letters_of_strangers_but_one_that_is_for_dead_letters() -> None:
    """By SQS's default every queue of the account may lead there, whatever its policy says."""
    queues = STACKS["home"].of_type("AWS::SQS::Queue")
    for_dead_letters = {"UndeliveredQueue", "LostHandoversQueue"}

    closed = {
        name
        for name, queue in queues.items()
        if queue.get("RedriveAllowPolicy") == {"redrivePermission": "denyAll"}
    }

    assert queues.keys() - closed == for_dead_letters


# What is kept


@pytest.mark.parametrize("place", STACKS)
def test_every_log_ends(place: str) -> None:
    groups = STACKS[place].of_type("AWS::Logs::LogGroup")

    assert all("RetentionInDays" in group for group in groups.values())


def test_a_bucket_is_closed_and_encrypted_and_hears_nothing_in_the_clear() -> None:
    stack = STACKS["home"]
    for name, bucket in stack.of_type("AWS::S3::Bucket").items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert "BucketEncryption" in bucket
        (policy,) = (
            p for p in stack.of_type("AWS::S3::BucketPolicy").values() if p["Bucket"] == name
        )
        (clear,) = (s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny")
        assert clear["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


# What SAM adds


@pytest.fixture(scope="module")
def added(packaged: dict[str, Any]) -> dict[str, Any]:
    """Give what SAM makes of the template beside what stands in it."""
    written = STACKS["home"].template["Resources"]
    return {name: each for name, each in expand(packaged).items() if name not in written}


def test_a_role_that_sam_makes_may_run_its_one_function_and_nothing_else(
    added: dict[str, Any],
) -> None:
    roles = {n: e["Properties"] for n, e in added.items() if e["Type"] == "AWS::IAM::Role"}

    assert roles
    for name, role in roles.items():
        ((trust,), (policy,)) = role["AssumeRolePolicyDocument"]["Statement"], role["Policies"]
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": ["scheduler.amazonaws.com"]}, name
        assert statement["Action"] == "lambda:InvokeFunction", name
        assert added[statement["Resource"]["Ref"]]["Type"] == "AWS::Lambda::Alias", name
        assert name.startswith(statement["Resource"]["Ref"].removesuffix("Aliaslive")), name
        assert "ManagedPolicyArns" not in role, name


def test_the_world_may_call_the_endpoint_by_its_url_and_no_other_function(
    added: dict[str, Any],
) -> None:
    granted = {
        n: e["Properties"] for n, e in added.items() if e["Type"] == "AWS::Lambda::Permission"
    }

    assert {each["FunctionName"]["Ref"] for each in granted.values()} == {
        "HeartbeatFunctionAliaslive"
    }
    for each in granted.values():
        assert each.get("FunctionUrlAuthType") == "NONE" or each["InvokedViaFunctionUrl"]
