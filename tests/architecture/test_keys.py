"""Where the operator gives keys of his own: what they encrypt, and who must be able to use them.

The key's policy is the operator's. The one to paste is in docs/security.md, and is held to the
template here.
"""

import json
import re
from typing import Any

import pytest

from tests.architecture.cloudformation import PROJECT, load_template
from tests.architecture.policies import (
    ACCOUNT,
    ELSEWHERE,
    EVERYTHING,
    HOME_KEY,
    REGION,
    REGION_KEY,
    Request,
    Stack,
    lets_in,
)

HOME = Stack(names={name: f"tocsin-{name}-1" for name in load_template()["Resources"]})
PROBES = Stack(parameters=ELSEWHERE, region="us-east-1", names=HOME.names)
WITHOUT = {**EVERYTHING, "KmsKeyArn": "", "RegionKmsKeyArn": ""}
PLAIN = (
    Stack(parameters=WITHOUT),
    Stack(parameters={**ELSEWHERE, **dict.fromkeys(("KmsKeyArn", "RegionKmsKeyArn"), "")}),
)
# Which property of a kind names the key.
KEYED = {
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::DynamoDB::Table": "SSESpecification",
}
# Of the stack's own region: what is told of a broken system, and what is only for its operator.
OWN = {"WatcherTopic", "StandByTopic", "StandByTable"}


def policy(region: str = REGION) -> dict[str, Any]:
    """Read the policy to paste, with the region and the account put in as the page says."""
    page = (PROJECT / "docs" / "security.md").read_text()
    (found,) = re.findall(r"```json\n(\{\n  \"Version\".*?)```", page, re.DOTALL)
    written: dict[str, Any] = json.loads(
        found.replace("111122223333", ACCOUNT).replace("eu-west-1", region)
    )
    return written


def keys_of(stack: Stack) -> dict[str, Any]:
    return {
        name: resource["Properties"].get(KEYED[resource["Type"]])
        for name, resource in stack.resources.items()
        if resource["Type"] in KEYED
    }


@pytest.mark.parametrize("stack", [HOME, PROBES], ids=["home", "probe elsewhere"])
def test_everything_that_is_stored_has_the_operators_key(stack: Stack) -> None:
    for name, key in keys_of(stack).items():
        own = name in OWN or stack.resources[name]["Type"] == "AWS::Logs::LogGroup"
        expected = REGION_KEY if own else HOME_KEY
        if stack.resources[name]["Type"] == "AWS::DynamoDB::Table":
            assert key == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": expected}, name
        else:
            assert key == expected, name


def test_in_a_region_that_is_not_the_home_nothing_is_encrypted_with_a_key_of_the_home() -> None:
    """A key is of one region, and no service encrypts with one of another."""
    assert HOME_KEY not in json.dumps(keys_of(PROBES))


@pytest.mark.parametrize("stack", PLAIN, ids=["home", "probe elsewhere"])
def test_without_one_there_are_awss_own_and_no_right_on_any(stack: Stack) -> None:
    assert set(keys_of(stack).values()) == {None}
    assert "kms:" not in json.dumps(stack.of_type("AWS::IAM::Role"))


@pytest.mark.parametrize("given", [True, False], ids=["with a key", "without one"])
def test_a_queue_has_one_encryption_or_the_other(given: bool) -> None:  # noqa: FBT001 - a case
    """SQS refuses both at once."""
    for name, queue in (HOME if given else PLAIN[0]).of_type("AWS::SQS::Queue").items():
        assert ("KmsMasterKeyId" in queue, "SqsManagedSseEnabled" in queue) == (given, not given), (
            name
        )


# The policy to paste


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
@pytest.mark.parametrize("topic", ["PageTopic", "ChatTopic", "NoticeTopic"])
def test_a_topic_of_ours_may_put_what_is_encrypted_on_an_encrypted_queue(
    topic: str, action: str
) -> None:
    ours = Request(
        action=action,
        resource=HOME_KEY,
        about={"aws:SourceArn": HOME.arn(topic), "aws:SourceAccount": ACCOUNT},
    )

    assert lets_in(policy(), ours, service="sns.amazonaws.com") == "Allow"


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
@pytest.mark.parametrize("stack", [HOME, PROBES], ids=["home", "probe elsewhere"])
def test_every_alarm_may_speak_by_an_encrypted_topic(stack: Stack, action: str) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm").values()

    assert alarms
    for alarm in alarms:
        arn = f"arn:aws:cloudwatch:{stack.region}:{ACCOUNT}:alarm:{alarm['AlarmName']}"
        about = {"aws:SourceArn": arn, "aws:SourceAccount": ACCOUNT}
        request = Request(action=action, resource=REGION_KEY, about=about)
        said = lets_in(policy(stack.region), request, service="cloudwatch.amazonaws.com")
        assert said == "Allow", arn


def test_whatever_service_may_publish_may_encrypt_what_it_publishes() -> None:
    publishers = {
        statement["Principal"]["Service"]
        for topic in HOME.of_type("AWS::SNS::TopicPolicy").values()
        for statement in topic["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and "Service" in statement["Principal"]
    }

    named = {s["Principal"].get("Service") for s in policy()["Statement"]}

    assert publishers <= named


@pytest.mark.parametrize("stack", [HOME, PROBES], ids=["home", "probe elsewhere"])
def test_every_log_of_ours_can_be_kept_and_no_other(stack: Stack) -> None:
    service = f"logs.{stack.region}.amazonaws.com"
    groups = [each["LogGroupName"] for each in stack.of_type("AWS::Logs::LogGroup").values()]

    assert groups
    for group, said in [*((each, "Allow") for each in groups), ("/others/log", "ImplicitDeny")]:
        arn = f"arn:aws:logs:{stack.region}:{ACCOUNT}:log-group:{group}"
        about = {"kms:EncryptionContext:aws:logs:arn": arn}
        for action in ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"):
            request = Request(action=action, resource=REGION_KEY, about=about)
            assert lets_in(policy(stack.region), request, service=service) == said, group


@pytest.mark.parametrize(
    ("service", "source", "account"),
    [
        pytest.param("sns", f"arn:aws:sns:{REGION}:{ACCOUNT}:others", ACCOUNT, id="another topic"),
        pytest.param("sns", f"arn:aws:sns:{REGION}:9:tocsin-x", "9", id="a topic of strangers"),
        pytest.param(
            "cloudwatch", f"arn:aws:cloudwatch:{REGION}:9:alarm:tocsin-x", "9", id="their alarm"
        ),
        pytest.param("budgets", "arn:aws:budgets::9:budget/x", "9", id="their budget"),
        *(
            pytest.param(service, arn, "9", id=f"{service} for strangers, with a name of ours")
            for service, arn in (
                ("sns", f"arn:aws:sns:{REGION}:{ACCOUNT}:tocsin-x"),
                ("cloudwatch", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:tocsin-x"),
                ("budgets", f"arn:aws:budgets::{ACCOUNT}:budget/x"),
            )
        ),
        pytest.param("events", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/x", ACCOUNT, id="a rule"),
    ],
)
def test_no_service_uses_it_for_others(service: str, source: str, account: str) -> None:
    about = {"aws:SourceArn": source, "aws:SourceAccount": account}
    request = Request(action="kms:Decrypt", resource=HOME_KEY, about=about)

    assert lets_in(policy(), request, service=f"{service}.amazonaws.com") == "ImplicitDeny"


def test_our_roles_may_use_it_and_nobody_of_another_account() -> None:
    """Whether a role may is for its own policy to say, which test_rights holds exact."""
    request = Request(action="kms:Decrypt", resource=HOME_KEY)

    ours = lets_in(policy(), request, principal=f"arn:aws:iam::{ACCOUNT}:role/tocsin-ProbeRole")
    theirs = lets_in(policy(), request, principal="arn:aws:iam::999999999999:role/tocsin-ProbeRole")

    assert (ours, theirs) == ("Allow", "ImplicitDeny")


@pytest.mark.parametrize("parameter", ["KmsKeyArn", "RegionKmsKeyArn"])
@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("", True),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab", True),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab", True),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/tocsin", False),
        ("alias/aws/sns", False),
    ],
)
def test_a_key_is_given_by_its_arn(parameter: str, value: str, *, fits: bool) -> None:
    """Policies name keys, and an alias can be moved to another."""
    pattern = HOME.template["Parameters"][parameter]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, value)) is fits
