"""The schema that receivers are written by."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from tests.unit.messages.cases import CASES, DOWN
from tests.unit.messages.strategies import alerts
from tocsin.domain.incident import Alert
from tocsin.messages import payload
from tocsin.messages.payload import Detail
from tocsin.messages.schema import schema

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    document = json.loads(schema())
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "docs" / "alert.schema.json").read_text(encoding="utf-8")

    assert committed == schema(), "run python -m tocsin.messages.schema"


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES)
def test_each_alert_satisfies_the_schema(alert: Alert, validator: Draft202012Validator) -> None:
    for detail in Detail:
        validator.validate(json.loads(payload.dump(alert, detail)))


def test_whatever_happens_satisfies_the_schema(validator: Draft202012Validator) -> None:
    @settings(max_examples=30)
    @given(alerts())
    def holds(alert: Alert) -> None:
        validator.validate(json.loads(payload.dump(alert)))

    holds()


@pytest.mark.parametrize(
    "broken",
    [{"version": "2"}, {"event": "closed"}, {"monitors": None}, {"at": 1}],
    ids=["another version", "an unknown event", "no monitors", "a time that is a number"],
)
def test_what_is_no_alert_does_not(
    broken: dict[str, object], validator: Draft202012Validator
) -> None:
    assert not validator.is_valid(json.loads(payload.dump(DOWN)) | broken)


@pytest.mark.parametrize("field", json.loads(schema())["properties"])
def test_a_receiver_may_rely_on_each_field(field: str, validator: Draft202012Validator) -> None:
    document = json.loads(payload.dump(DOWN))
    del document[field]

    assert not validator.is_valid(document)
