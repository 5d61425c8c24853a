"""Who calls, as AWS knows him; and where it does not say, nobody."""

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from tests.integration.adapters.conftest import REGION
from tocsin.adapters.identity import StsIdentity

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient


@pytest.fixture
def sts(aws: None) -> "STSClient":
    return boto3.client("sts", region_name=REGION)


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        pytest.param("arn:aws:iam::123456789012:user/ops/ada", "ada", id="a user in a path"),
        pytest.param(
            "arn:aws:sts::123456789012:assumed-role/Operator/ada@example.com",
            "ada@example.com",
            id="the session of a role",
        ),
        pytest.param("arn:aws:iam::123456789012:root", "root", id="the account itself"),
        pytest.param("arn:aws-cn:sts::123456789012:federated-user/ada", "ada", id="a guest"),
    ],
)
def test_a_caller_is_the_last_part_of_his_arn(sts: "STSClient", arn: str, name: str) -> None:
    with Stubber(sts) as stubber:
        stubber.add_response("get_caller_identity", {"Arn": arn, "Account": "1", "UserId": "A"})

        assert StsIdentity(sts).name() == name


def test_the_session_of_a_role_is_who_took_it(sts: "STSClient") -> None:
    lent = sts.assume_role(
        RoleArn="arn:aws:iam::123456789012:role/Operator", RoleSessionName="ada"
    )["Credentials"]
    session = boto3.client(
        "sts",
        region_name=REGION,
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
    )

    assert StsIdentity(session).name() == "ada"


def test_where_aws_refuses_to_say_nobody_is_named(sts: "STSClient") -> None:
    with Stubber(sts) as stubber:
        stubber.add_client_error("get_caller_identity", "AccessDenied")

        assert StsIdentity(sts).name() is None


@pytest.mark.parametrize("answer", [{}, {"Arn": "arn:aws:iam::123456789012:user/"}])
def test_an_answer_that_names_nobody_names_nobody(sts: "STSClient", answer: dict[str, str]) -> None:
    with Stubber(sts) as stubber:
        stubber.add_response("get_caller_identity", answer)

        assert StsIdentity(sts).name() is None


def test_an_sts_that_does_not_answer_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    once = Config(retries={"total_max_attempts": 1})
    nowhere = boto3.client(
        "sts", region_name=REGION, endpoint_url="http://127.0.0.1:1", config=once
    )

    assert StsIdentity(nowhere).name() is None
