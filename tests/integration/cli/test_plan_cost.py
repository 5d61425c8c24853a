"""A plan says what it does to the bill, where there is a template to reckon by."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tocsin_cli.main import main

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
FILE = """
locations: {{lima: {{}}, mike: {{}}, november: {{}}}}
monitors:
  db: {{tcp: "db.example.com:5432", interval: {interval}}}
"""


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit):
        main(words)
    return capsys.readouterr().out


@pytest.fixture
def folder(operator: "DynamoDBClient") -> Path:
    shutil.copy(TEMPLATE, "template.yaml")
    Path("monitors.yaml").write_text(FILE.format(interval="5m"))
    return Path()


def test_a_plan_ends_with_the_difference(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    first = typed(capsys, "apply", "--yes").splitlines()
    (folder / "monitors.yaml").write_text(FILE.format(interval="1m"))
    *_, last = typed(capsys, "plan").splitlines()
    said = json.loads(typed(capsys, "plan", "--json"))["cost"]

    assert first[1].startswith("costs $")
    assert last == f"costs ${said['after']:.2f} a month, as now (`tocsin cost` has the bill)"
    assert 0 < said["after"] - said["before"] < 0.005


def test_a_plan_that_changes_nothing_has_none(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    typed(capsys, "apply", "--yes")

    assert "costs" not in typed(capsys, "plan")


def test_without_a_template_nothing_is_said_of_it(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "template.yaml").unlink()

    assert typed(capsys, "plan") == "+ db\n"
    assert "cost" not in json.loads(typed(capsys, "plan", "--json"))
