"""What is asked of an account, answered as AWS does."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from tests.fakes.tables import make_table
from tocsin_cli.deployment.account import Account, Holder

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REGION = "eu-west-1"
RIGHTS = (
    '{"Version": "2012-10-17", "Statement":'
    ' [{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}]}'
)
LARGE = {"B": b"\0" * 350_000}
"""Three of them are more than a page."""


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


def store(client: "DynamoDBClient", pk: str, sk: str, **values: Any) -> None:
    client.put_item(TableName="state", Item={"pk": {"S": pk}, "sk": {"S": sk}, **values})


def test_the_newest_schema_is_found_on_whichever_page_it_is() -> None:
    client: DynamoDBClient = boto3.client("dynamodb", region_name=REGION)
    make_table(client, "state")
    store(client, "CONFIG", "CURRENT", set={"S": "7"})
    for number in range(4):
        store(client, "CONFIG#7", f"s{number}", schema={"N": str(number)}, document=LARGE)
    store(client, "s3", "STATE", schema={"N": "9"})

    assert Account().schemas("state", REGION) == {"shard": 3, "state": 9}


def test_whoever_has_a_policy_is_named_and_of_what_what() -> None:
    iam = boto3.client("iam", region_name=REGION)
    policy = iam.create_policy(PolicyName="office", PolicyDocument=RIGHTS)["Policy"]["Arn"]
    iam.create_role(RoleName="agents", AssumeRolePolicyDocument=RIGHTS)
    iam.create_user(UserName="pi")
    iam.create_group(GroupName="machines")
    assert Account().holders(policy, REGION) == []

    iam.attach_role_policy(RoleName="agents", PolicyArn=policy)
    iam.attach_user_policy(UserName="pi", PolicyArn=policy)
    iam.attach_group_policy(GroupName="machines", PolicyArn=policy)

    assert Account().holders(policy, REGION) == [
        Holder(kind="role", name="agents"),
        Holder(kind="user", name="pi"),
        Holder(kind="group", name="machines"),
    ]


def test_nobody_has_a_policy_that_is_gone() -> None:
    assert Account().holders("arn:aws:iam::111122223333:policy/gone", REGION) == []


def test_a_bucket_that_is_not_there_has_nothing() -> None:
    assert Account().keys("tocsin-builds-111122223333-eu-west-1", "tocsin/", REGION) == []
