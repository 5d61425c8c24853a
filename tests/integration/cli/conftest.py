"""The operator's commands stand on the same moto tables as the adapters."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.adapters.conftest import aws, dynamodb
from tests.integration.cli.stage import Stage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["aws", "dynamodb"]


@pytest.fixture
def operator(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> "DynamoDBClient":
    """Sit where the home tables are known, and nothing else."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "TOCSIN_HOME_REGION": "eu-west-1",
        "TOCSIN_STATE_TABLE": "state",
        "TOCSIN_REPORTS_TABLE": "reports",
    }.items():
        monkeypatch.setenv(name, value)
    return dynamodb


@pytest.fixture
def stage(operator: "DynamoDBClient") -> Stage:
    """Watch two shards, without any window."""
    return Stage(operator)
