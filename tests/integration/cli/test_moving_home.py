"""The program in docs/home-region-lost.md that takes a state to another region, run as it is."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.fakes.make import NOON, monitor, shard
from tests.fakes.tables import make_table
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.states import DynamoStates
from tocsin.domain.state import ShardState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE = (Path(__file__).parents[3] / "docs" / "home-region-lost.md").read_text()


def table(region: str, name: str) -> "DynamoDBClient":
    client = boto3.client("dynamodb", region_name=region)
    make_table(client, name)
    found: DynamoDBClient = client
    return found


@mock_aws
def test_a_state_goes_on_in_another_region_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    places = dict(re.findall(r'^(OLD|NEW) = \("([^"]+)", ', program, re.MULTILINE))
    tables = dict(re.findall(r'^(OLD|NEW) = \("[^"]+", "([^"]+)"\)', program, re.MULTILINE))
    old, new = (table(places[each], tables[each]) for each in ("OLD", "NEW"))
    applied = DynamoConfigs(old, tables["OLD"])
    current = applied.replace((shard(monitor("db")),), over=applied.current(), at=str(NOON))
    states = DynamoStates(old, tables["OLD"], lambda: "old")
    for revision in range(3):
        states.save(ShardState(shard="s0", config_version=revision), over=revision)

    exec(compile(program, "docs/home-region-lost.md", "exec"), {})  # noqa: S102 - our own page

    assert DynamoConfigs(new, tables["NEW"]).current() == current
    assert DynamoConfigs(new, tables["NEW"]).shards() == applied.shards()
    moved = DynamoStates(new, tables["NEW"], lambda: "new")
    assert moved.load("s0") == states.load("s0")
    assert moved.save(ShardState(shard="s0", config_version=3), over=3) == 4
