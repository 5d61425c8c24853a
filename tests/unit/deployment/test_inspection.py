"""What in the account is in the way of a deployment, and what is not."""

from dataclasses import replace
from typing import Any

import pytest

from tests.architecture.cloudformation import PROJECT, load_template
from tests.fakes.account import RememberedAccount
from tocsin_cli.deployment.account import Caller, Resource, Standing
from tocsin_cli.deployment.inspection import Inspection, Purpose, reserved
from tocsin_cli.deployment.stacks import Stack, read

HOME, PROBE, _, AGENT = read((PROJECT / "samconfig.toml").read_text())
STAND_BY = replace(PROBE, parameters={**PROBE.parameters, "StandBy": "true"})
ME = Caller(account="111122223333", arn="arn:aws:sts::111122223333:assumed-role/deployer/me")
TABLE = {"KeySchema": [{"AttributeName": "pk"}, {"AttributeName": "sk"}]}
OURS = [
    Resource(logical=f"{name}Table", kind="AWS::DynamoDB::Table", name=table, status="")
    for name, table in (("Reports", "tocsin-reports"), ("State", "tocsin-state"))
]


@pytest.fixture
def account() -> RememberedAccount:
    return RememberedAccount()


def look(account: RememberedAccount, caller: Caller = ME) -> Inspection:
    return Inspection(account, caller)


def standing(stack: Stack, status: str = "UPDATE_COMPLETE", **parameters: str) -> Standing:
    return Standing(status=status, parameters={**stack.parameters, **parameters})


def stands(account: RememberedAccount, stack: Stack, it: Standing) -> None:
    account.stacks[stack.name, stack.region] = it


def test_an_empty_account_is_in_nobodys_way(account: RememberedAccount) -> None:
    found = look(account)

    assert [*found.unready(HOME), *found.taken(HOME), *found.bucket("builds", HOME.region)] == []
    assert [*found.missing_rights(HOME, "b"), *found.left_behind([HOME, PROBE], [HOME])] == []


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_is_whole_is_deployed_to_again(
    account: RememberedAccount, status: str
) -> None:
    stands(account, HOME, standing(HOME, status))

    assert [*look(account).unready(HOME)] == []


@pytest.mark.parametrize(
    ("status", "mend"),
    [
        ("ROLLBACK_COMPLETE", "tocsin destroy --only home"),
        ("ROLLBACK_FAILED", "tocsin destroy --only home"),
        ("ROLLBACK_IN_PROGRESS", "wait"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "wait"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "wait"),
        ("CREATE_FAILED", "tocsin destroy --only home"),
        ("DELETE_FAILED", "tocsin destroy --only home"),
        ("UPDATE_FAILED", "rollback-stack --stack-name tocsin --region eu-west-1"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name tocsin"),
        ("CREATE_IN_PROGRESS", "wait"),
        ("UPDATE_IN_PROGRESS", "wait"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait"),
        ("DELETE_IN_PROGRESS", "wait"),
    ],
)
def test_a_stack_that_is_half_made_is_told_with_the_mend(
    account: RememberedAccount, status: str, mend: str
) -> None:
    stands(account, HOME, standing(HOME, status))

    (found,) = look(account).unready(HOME)

    assert found.what == f"the stack is {status}"
    assert mend in found.mend


def test_a_stack_that_has_only_been_thought_of_is_none(account: RememberedAccount) -> None:
    """A change set that was never executed leaves one that holds nothing."""
    stands(account, HOME, Standing(status="REVIEW_IN_PROGRESS"))

    assert [*look(account).unready(HOME), *look(account).taken(HOME)] == []


def test_a_stack_of_somebody_elses_is_left_alone(account: RememberedAccount) -> None:
    stands(account, HOME, Standing(status="CREATE_COMPLETE", parameters={"Stage": "prod"}))

    (found,) = look(account).unready(HOME)

    assert "none of Tocsin's" in found.what
    assert "stack_name" in found.mend


def test_a_stack_of_another_installation_does_not_become_ours(account: RememberedAccount) -> None:
    stands(account, PROBE, standing(PROBE, Part="home", HomeRegion="us-east-1"))

    told = "\n".join(map(str, look(account).unready(PROBE)))

    assert "has Part=home, not probe" in told
    assert "has HomeRegion=us-east-1, not eu-west-1" in told
    assert "tocsin destroy --only us-east-1" in told


def test_a_region_that_is_not_enabled_is_told_and_not_asked_further(
    account: RememberedAccount,
) -> None:
    account.closed.add("us-east-1")

    assert [each.mend for each in look(account).unready(PROBE)] == ["us-east-1: enable the region"]


def test_the_tables_of_the_stack_itself_are_in_nobodys_way(account: RememberedAccount) -> None:
    stands(account, HOME, standing(HOME))
    account.things[HOME.name, HOME.region] = OURS
    account.tables = dict.fromkeys(
        [("tocsin-reports", HOME.region), ("tocsin-state", HOME.region)], TABLE
    )
    account.stored = {"state": 1, "shard": 1}

    assert [*look(account).taken(HOME)] == []


def test_a_table_that_was_kept_is_told_with_both_ways_out(account: RememberedAccount) -> None:
    account.tables["tocsin-state", HOME.region] = TABLE

    (found,) = look(account).taken(HOME)

    assert "tocsin-state is there already, and is of no stack" in found.what
    assert "tocsin destroy --data" in found.mend
    assert "another StateTableName" in found.mend


def test_a_table_of_another_stack_is_not_to_be_deleted(account: RememberedAccount) -> None:
    account.tables["tocsin-state", HOME.region] = TABLE
    account.owners["tocsin-state"] = "their-tocsin"

    (found,) = look(account).taken(HOME)

    assert "is of the stack their-tocsin" in found.what
    assert "destroy" not in found.mend


@pytest.mark.parametrize(
    ("table", "stored", "what"),
    [
        pytest.param(TABLE, {"state": 99}, "a state of schema 99", id="a newer version's"),
        pytest.param(
            {"KeySchema": [{"AttributeName": "id"}]}, {}, "has the keys id", id="of no version"
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_told(
    account: RememberedAccount, table: dict[str, Any], stored: dict[str, int], what: str
) -> None:
    stands(account, HOME, standing(HOME))
    account.things[HOME.name, HOME.region] = OURS
    account.tables["tocsin-state", HOME.region] = table
    account.stored = stored

    (found,) = look(account).taken(HOME)

    assert what in found.what


def test_a_bucket_that_is_anothers_is_told_with_another_name(account: RememberedAccount) -> None:
    account.taken["builds"] = "belongs to another account"

    (found,) = look(account).bucket("builds", HOME.region)

    assert str(found).startswith("eu-west-1: the bucket builds belongs to another account")
    assert "BUCKET=NAME" in found.mend


@pytest.mark.parametrize(
    ("free", "stack", "told"),
    [
        pytest.param(10, HOME, True, id="a young account"),
        pytest.param(146, HOME, True, id="one too few for a home"),
        pytest.param(147, HOME, False, id="just enough for a home"),
        pytest.param(101, PROBE, True, id="one too few for a probe"),
        pytest.param(102, PROBE, False, id="just enough for a probe"),
        pytest.param(102, STAND_BY, True, id="one too few for a probe with a stand-by"),
        pytest.param(103, STAND_BY, False, id="just enough for a probe with a stand-by"),
        pytest.param(10, AGENT, False, id="an agent, which has no function"),
        pytest.param(None, HOME, False, id="where nobody may know"),
    ],
)
def test_a_stack_that_lambda_would_refuse_is_told(
    account: RememberedAccount, free: int | None, stack: Stack, *, told: bool
) -> None:
    account.free = free

    found = [*look(account).crowded(stack)]

    assert bool(found) is told
    assert all("ReserveConcurrency=false" in each.mend for each in found)


@pytest.mark.parametrize(
    ("stack", "conditions"),
    [
        pytest.param(HOME, {"IsHome", "HasProbe"}, id="home"),
        pytest.param(PROBE, {"HasProbe"}, id="a probe"),
        pytest.param(STAND_BY, {"HasProbe", "IsStandBy"}, id="a probe with a stand-by"),
        pytest.param(AGENT, {"IsAgent"}, id="an agent"),
    ],
)
def test_what_a_stack_reserves_is_what_its_functions_do(stack: Stack, conditions: set[str]) -> None:
    functions = [
        each
        for each in load_template()["Resources"].values()
        if "ReservedConcurrentExecutions" in each["Properties"]
    ]
    assert {each["Condition"] for each in functions} == {"IsHome", "HasProbe", "IsStandBy"}

    assert reserved(stack) == sum(
        each["Properties"]["ReservedConcurrentExecutions"]["Fn::If"][1]
        for each in functions
        if each["Condition"] in conditions
    )


def test_a_stack_that_is_there_has_what_it_needs(account: RememberedAccount) -> None:
    account.free = 10
    stands(account, HOME, standing(HOME))
    modest = replace(PROBE, parameters={**PROBE.parameters, "ReserveConcurrency": "false"})

    assert [*look(account).crowded(HOME), *look(account).crowded(modest)] == []


def test_rights_that_are_missing_are_named_with_who_misses_them(
    account: RememberedAccount,
) -> None:
    account.forbidden = ["iam:CreateRole", "dynamodb:CreateTable"]

    (found,) = look(account).missing_rights(HOME, "b")

    assert found.what == (
        "arn:aws:iam::111122223333:role/deployer may not call dynamodb:CreateTable, iam:CreateRole"
    )


def test_rights_are_asked_for_on_what_the_stack_will_have_and_nothing_wider(
    account: RememberedAccount,
) -> None:
    assert [*look(account).missing_rights(PROBE, "builds")] == []

    assert "dynamodb:CreateTable" not in account.asked, "a probe's stack has no table"
    assert account.asked["s3:PutObject"] == "arn:aws:s3:::builds/x"
    assert account.asked["iam:CreateRole"].startswith("arn:aws:iam::111122223333:role/tocsin-")
    assert all("*" not in resource for resource in account.asked.values())


def test_an_agents_stack_is_a_policy_and_nothing_else(account: RememberedAccount) -> None:
    account.forbidden = ["iam:CreatePolicy", "lambda:CreateFunction"]

    (found,) = look(account).missing_rights(AGENT, "builds")

    assert found.what.endswith("may not call iam:CreatePolicy")
    assert account.asked["iam:CreatePolicy"].startswith(
        "arn:aws:iam::111122223333:policy/tocsin-office-"
    )


@pytest.mark.parametrize(
    ("stack", "forbidden"),
    [
        pytest.param(HOME, "dynamodb:DeleteTable", id="home"),
        pytest.param(PROBE, "lambda:DeleteFunction", id="a probe"),
        pytest.param(AGENT, "iam:DeletePolicy", id="an agent"),
    ],
)
def test_to_remove_takes_rights_of_its_own(
    account: RememberedAccount, stack: Stack, forbidden: str
) -> None:
    account.forbidden = [forbidden, "cloudformation:DeleteStack"]
    assert [*look(account).missing_rights(stack, "builds")] == []

    (found,) = look(account).missing_rights(stack, "builds", Purpose.REMOVE)

    assert found.what.endswith(f"may not call cloudformation:DeleteStack, {forbidden}")


def test_of_root_no_rights_are_asked(account: RememberedAccount) -> None:
    account.forbidden = ["iam:CreateRole"]
    root = Caller(account="111122223333", arn="arn:aws:iam::111122223333:root")

    assert [*look(account, root).missing_rights(HOME, "b")] == []


def test_a_stack_that_would_be_forgotten_is_told(account: RememberedAccount) -> None:
    stands(account, PROBE, standing(PROBE))

    (found,) = look(account).left_behind([HOME, PROBE], [HOME])

    assert found.where == "us-east-1 (tocsin in us-east-1)"
    assert "tocsin destroy --only us-east-1" in found.mend


def test_a_home_that_moves_leaves_its_stack_behind_and_is_told(account: RememberedAccount) -> None:
    stands(account, HOME, standing(HOME))
    moved = replace(HOME, region="ap-southeast-1")

    assert [each.where for each in look(account).left_behind([HOME], [moved])] == [
        "home (tocsin in eu-west-1)"
    ]
