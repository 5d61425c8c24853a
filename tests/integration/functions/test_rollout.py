"""What a new version of the aggregator is taken back by, while it is rolled out."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.make import monitor, shard
from tests.integration.functions.environment import Context
from tests.integration.functions.test_aggregator import AGGREGATOR, inbox, records, watch
from tocsin.adapters.states import READS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["inbox"]


def spoil(client: "DynamoDBClient") -> None:
    """Let a version that is newer than this one have judged the shard."""
    client.put_item(
        TableName="state",
        Item={
            "pk": {"S": "SHARD#s0"},
            "sk": {"S": "STATE"},
            "schema": {"N": str(READS + 1)},
            "revision": {"N": "1"},
        },
    )


def failures(output: str) -> list[tuple[list[str], float]]:
    """Give each figure of shards that were not judged, with what it is a figure of."""
    found = []
    for line in output.splitlines():
        said = json.loads(line)
        if "FailedAssessments" in said:
            ((names,),) = (each["Dimensions"] for each in said["_aws"]["CloudWatchMetrics"])
            (figure,) = said["FailedAssessments"]
            found.append((sorted(f"{name}={said[name]}" for name in names), figure))
    return found


def test_a_shard_that_a_version_did_not_judge_is_told_of_that_version(
    dynamodb: "DynamoDBClient", inbox: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    watch(dynamodb, shard(monitor()))
    spoil(dynamodb)

    answer = AGGREGATOR.lambda_handler(records("lima#s0"), Context(function_version="41"))

    assert len(answer["batchItemFailures"]) == 1, "and it is no error of the function"
    assert (["service=aggregator", "version=41"], 1.0) in failures(capsys.readouterr().out)


def test_a_version_that_judges_all_has_no_figure_to_pay_for(
    dynamodb: "DynamoDBClient", inbox: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    watch(dynamodb, shard(monitor()))

    AGGREGATOR.lambda_handler(records("lima#s0"), Context())

    assert not [
        names
        for names, _ in failures(capsys.readouterr().out)
        if any(name.startswith("version=") for name in names)
    ]
