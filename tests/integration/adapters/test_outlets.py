"""Outlets in moto's Parameter Store."""

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from tests.integration.adapters.conftest import REGION
from tocsin.adapters.outlets import KEPT_SECONDS, SsmOutlets
from tocsin.domain.monitor import Route
from tocsin.usecases.ports import HandoverError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

ROOT = "/tocsin-notify/state"
ONCE = Config(retries={"total_max_attempts": 1})


class Seconds:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ssm(aws: None) -> "SSMClient":
    return boto3.client("ssm", region_name=REGION)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def put(client: "SSMClient", name: str, value: str = "json://127.0.0.1") -> None:
    client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def test_the_outlets_of_a_route_are_those_under_its_path(ssm: "SSMClient") -> None:
    put(ssm, f"{ROOT}/page/pager", " pager://key\n")
    put(ssm, f"{ROOT}/page/boss")
    put(ssm, f"{ROOT}/chat/team")
    put(ssm, f"{ROOT}/pager/none")
    put(ssm, f"{ROOT}2/page/of-another-stack")
    put(ssm, "/tocsin/state/heartbeat-url")
    outlets = SsmOutlets(ssm, ROOT, Seconds())

    assert outlets.names(Route.PAGE) == ("page/boss", "page/pager")
    assert outlets.names(Route.CHAT) == ("chat/team",)
    assert outlets.names(Route.NOTICE) == ()
    assert outlets.url("page/pager") == "pager://key"
    assert outlets.url("page/none") is None


def test_more_than_a_page_of_them_are_found(ssm: "SSMClient") -> None:
    for number in range(25):
        put(ssm, f"{ROOT}/page/n{number:02}", f"json://127.0.0.1/{number}")
    outlets = SsmOutlets(ssm, f"{ROOT}/", Seconds())

    assert len(outlets.names(Route.PAGE)) == 25
    assert outlets.url("page/n24") == "json://127.0.0.1/24"


def test_a_change_is_seen_within_a_minute_and_not_asked_for_before(
    ssm: "SSMClient", seconds: Seconds
) -> None:
    outlets = SsmOutlets(ssm, ROOT, seconds)
    assert outlets.names(Route.PAGE) == ()
    put(ssm, f"{ROOT}/page/pager")

    seconds.now += KEPT_SECONDS
    at_first = outlets.names(Route.PAGE)
    seconds.now += 1
    then = outlets.names(Route.PAGE)
    ssm.delete_parameter(Name=f"{ROOT}/page/pager")
    seconds.now += KEPT_SECONDS + 1

    assert (at_first, then, outlets.names(Route.PAGE)) == ((), ("page/pager",), ())


def test_a_store_that_does_not_answer_is_told_of_and_what_it_last_said_holds(
    ssm: "SSMClient", seconds: Seconds
) -> None:
    put(ssm, f"{ROOT}/page/pager")
    outlets = SsmOutlets(ssm, ROOT, seconds)
    nowhere = boto3.client(
        "ssm", region_name=REGION, endpoint_url="http://127.0.0.1:1", config=ONCE
    )

    with pytest.raises(HandoverError, match="the outlets cannot be read"):
        SsmOutlets(nowhere, ROOT, seconds).names(Route.PAGE)
    outlets.names(Route.PAGE)
    outlets._client = nowhere
    seconds.now += KEPT_SECONDS + 1

    assert outlets.names(Route.PAGE) == ("page/pager",)
