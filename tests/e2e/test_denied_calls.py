"""Who may do what, tried with every role on a whole stack where IAM is enforced.

The table says which roles may make a call; every other must be refused. Those that may are tried as
well, so that the table does not hold because nothing works.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.conftest import Show
from tocsin_cli.local import rights
from tocsin_cli.local.deploy import HOME, stack_name
from tocsin_cli.local.stack import LocalStack, running
from tocsin_cli.local.trespass import Attempt, attempts, shown

PROJECT: Final = Path(__file__).parents[2]
OFFICE: Final = "office"
# There is no stand-by in this stack: tests/architecture/test_denied_calls.py holds it to the table.
ROLES: Final = [role for role in rights.ROLES if role != rights.STANDBY]
# The local AWS keeps in mind whose key is which, and encrypts nothing.
KEY: Final = f"arn:aws:kms:{HOME.location}:000000000000:key/{{}}"
MEBIBYTE: Final = 1024 * 1024
LAYER_MOST_MIB: Final = 15


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    keys = {"KmsKeyArn": KEY.format("tables"), "RegionKmsKeyArn": KEY.format("logs")}
    directory = tmp_path_factory.mktemp("stack")
    with running(PROJECT, progress=print, readers=keys, directory=directory) as stack:
        yield stack


@pytest.fixture(scope="module")
def tried(stack: LocalStack) -> list[Attempt]:
    return [*attempts(stack.emulator, stack.outputs, agent=(OFFICE, _agent(stack)))]


def test_every_call_is_let_or_refused_as_the_table_says(tried: list[Attempt], show: Show) -> None:
    show(shown(tried))

    wrong = [each for each in tried if not each.as_it_must_be]
    assert not wrong, "\n".join(f"{w.role}: {w.call}: {w.answer}" for w in wrong)


def test_each_role_was_let_and_refused(tried: list[Attempt]) -> None:
    found = {(each.role, each.refused) for each in tried}

    assert found == {(role, refused) for role in ROLES for refused in (True, False)}


def test_queues_and_logs_have_the_keys_that_were_given(stack: LocalStack) -> None:
    queue = stack.emulator.client("sqs", HOME.location).get_queue_attributes(
        QueueUrl=stack.outputs[HOME.location]["AlertsQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    logs = stack.emulator.client("logs", HOME.location).describe_log_groups(
        logGroupNamePrefix=f"/tocsin/{stack_name(HOME)}/"
    )["logGroups"]

    assert queue["KmsMasterKeyId"] == KEY.format("tables")
    assert queue.get("SqsManagedSseEnabled") != "true"
    assert {each["kmsKeyId"] for each in logs} == {KEY.format("logs")}


def test_the_layer_is_small_enough_to_be_loaded_soon(stack: LocalStack, show: Show) -> None:
    """As it was uploaded; a function with its layer may have 250 MB unpacked."""
    client = stack.emulator.client("lambda", HOME.location)
    (layer,) = client.list_layers()["Layers"]
    content = client.get_layer_version(
        LayerName=layer["LayerName"], VersionNumber=layer["LatestMatchingVersion"]["Version"]
    )["Content"]

    size = content["CodeSize"] / MEBIBYTE
    show(f"the layer is {size:.1f} MiB, zipped")
    assert 1 < size < LAYER_MOST_MIB


def _agent(stack: LocalStack) -> str:
    """Deploy an agent's stack, and give a role that has its policy and nothing else."""
    formation = stack.emulator.client("cloudformation", HOME.location)
    given = {"Part": "agent", "Location": OFFICE, "HomeRegion": HOME.location}
    name = f"{stack_name(HOME)}-{OFFICE}"
    formation.create_stack(
        StackName=name,
        TemplateBody=_of_an_agent(formation.get_template(StackName=stack_name(HOME))),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    formation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    (policy,) = (
        output["OutputValue"]
        for output in formation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        if output["OutputKey"] == "AgentPolicyArn"
    )
    iam = stack.emulator.client("iam", HOME.location)
    account = policy.split(":")[4]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
    }
    role = iam.create_role(
        RoleName=OFFICE,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]
    iam.attach_role_policy(RoleName=OFFICE, PolicyArn=policy)
    arn: str = role["Arn"]
    return arn


def _of_an_agent(deployed: dict[str, Any]) -> str:
    """Take what an agent's stack has of the template: the whole is too long to be sent."""
    body = deployed["TemplateBody"]
    whole = json.loads(body) if isinstance(body, str) else body
    parts = {"Resources": "AgentPolicy", "Outputs": "AgentPolicyArn"}
    return json.dumps(
        {
            **{name: whole[name] for name in ("Parameters", "Mappings", "Conditions")},
            **{name: {part: whole[name][part]} for name, part in parts.items()},
        }
    )
