"""The schema that editors read."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tocsin.config.schema import schema

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    document = json.loads(schema())
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def example() -> Any:
    return yaml.safe_load((ROOT / "monitors.yaml").read_text(encoding="utf-8"))


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "docs" / "monitors.schema.json").read_text(encoding="utf-8")

    assert committed == schema(), "run python -m tocsin.config.schema"


def test_the_example_at_the_root_satisfies_the_schema(validator: Draft202012Validator) -> None:
    assert not list(validator.iter_errors(example()))


@pytest.mark.parametrize(
    "monitor",
    [
        pytest.param({"tcp": "a.example.com:1", "colour": "red"}, id="an unknown key"),
        pytest.param({"tcp": "a.example.com:1", "method": "GET"}, id="another kind's key"),
        pytest.param({"tcp": "a.example.com"}, id="no port"),
        pytest.param({"interval": "5m"}, id="no kind"),
        pytest.param({"tcp": "a.example.com:1", "timeout": "5 s"}, id="a bad duration"),
        pytest.param({"dns": {"type": "MX"}}, id="a question without a name"),
        pytest.param({"icmp": "192.0.2.1"}, id="a kind of a later version"),
    ],
)
def test_an_editor_sees_a_wrong_monitor(
    validator: Draft202012Validator, monitor: dict[str, object]
) -> None:
    document = example()
    document["monitors"]["wrong"] = monitor

    assert list(validator.iter_errors(document))


def test_an_editor_accepts_what_is_written_the_usual_way(validator: Draft202012Validator) -> None:
    document = example()
    document["locations"]["office"] = None
    document["monitors"]["right"] = {
        "http": "https://a.example.com/",
        "quorum": 2,
        "family": 4,
        "expect": {"status": [200, "300-399"], "json": {"$.a": True, "$.b": None, "$.c": 3}},
    }

    assert not list(validator.iter_errors(document))
