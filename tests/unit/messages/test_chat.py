"""What Slack and Teams are sent, through Amazon Q Developer in chat applications."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from tests.unit.messages.cases import (
    CASES,
    DOWN,
    FALLEN,
    LINKS,
    fails,
    minutes,
    opened,
    recovered,
    reminded,
    subject,
)
from tests.unit.messages.strategies import alerts
from tocsin.domain.incident import Alert, Ending, Kind
from tocsin.messages import chat

TEXT = {"type": "string", "minLength": 1}


def texts(longest: int) -> dict[str, object]:
    return {"type": "array", "items": TEXT | {"maxLength": longest}}


SCHEMA = Draft202012Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["version", "source", "content"],
        "properties": {
            "version": {"const": "1.0"},
            "source": {"const": "custom"},
            "id": TEXT,
            "content": {
                "type": "object",
                "additionalProperties": False,
                "required": ["description"],
                "properties": {
                    "textType": {"const": "client-markdown"},
                    "title": TEXT | {"maxLength": 250},
                    "description": TEXT | {"maxLength": 8000},
                    "nextSteps": texts(350),
                    "keywords": texts(75),
                },
            },
            "metadata": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "threadId": TEXT,
                    "summary": TEXT,
                    "eventType": TEXT,
                    "relatedResources": texts(300),
                    "additionalContext": {"type": "object", "additionalProperties": TEXT},
                },
            },
        },
    }
)
"""docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.md, and no field besides."""


def sent(alert: Alert) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(chat.text(alert, LINKS))
    return document


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES)
def test_it_keeps_to_the_schema_or_amazon_drops_it(alert: Alert) -> None:
    SCHEMA.validate(sent(alert))


@settings(max_examples=50)
@given(alerts())
def test_whatever_happens_keeps_to_the_schema(alert: Alert) -> None:
    SCHEMA.validate(sent(alert))


def test_the_schema_of_this_test_refuses_what_amazon_does() -> None:
    document = sent(DOWN)
    document["content"]["title"] = "t" * 251

    assert not SCHEMA.is_valid(document)


def test_an_incident_is_one_thread() -> None:
    told = (DOWN, reminded(DOWN, after=minutes(60)), recovered(DOWN))

    assert {sent(alert)["metadata"]["threadId"] for alert in told} == {DOWN.incident}
    assert len({sent(alert)["id"] for alert in told}) == 3


def test_very_many_monitors_are_cut_where_a_row_ends_and_the_advice_stays() -> None:
    names = [f"{'n' * 57}-{number:03}" for number in range(500)]
    alert = opened(Kind.DOWN, *(subject(fails("a"), fails("b"), name=name) for name in names))

    description = sent(alert)["content"]["description"]

    rows = [row for row in description.splitlines() if row.startswith("- `n")]
    assert rows == [f"- `{name}` `{name}.example.com:5432`" for name in names[: len(rows)]]
    assert "- and more: `tocsin status` shows all" in description
    assert 'What "refused" usually means: ' in description


@pytest.mark.parametrize(
    ("alert", "sign"),
    [
        (DOWN, "\N{LARGE RED CIRCLE} DOWN db "),
        (CASES["degraded-opened"], "\N{LARGE ORANGE CIRCLE} DEGRADED db "),
        (CASES["unknown-opened"], "\N{MEDIUM WHITE CIRCLE} BLIND db "),
        (recovered(DOWN), "\N{LARGE GREEN CIRCLE} RESOLVED db "),
        (CASES["down-recovered-not-everywhere"], "\N{LARGE ORANGE CIRCLE} RESOLVED db "),
        (replace(recovered(DOWN), ending=Ending.PAUSED), "\N{BLACK SQUARE FOR STOP} RESOLVED db "),
    ],
    ids=["down", "degraded", "unknown", "recovered", "not everywhere", "given up"],
)
def test_the_colour_tells_the_state_before_a_word_is_read(alert: Alert, sign: str) -> None:
    assert sent(alert)["content"]["title"].startswith(sign)


def test_a_command_can_be_copied_as_it_is() -> None:
    url = replace(DOWN.subjects[0], target="https://db.example.com/?a=1&b=2")

    steps = sent(replace(DOWN, subjects=(url,)))["content"]["nextSteps"]

    assert "To check it from where you are: `tocsin check 'https://db.example.com/?a=1&b=2'`" in (
        steps
    )


def test_what_has_no_room_is_left_out_whole() -> None:
    longest = replace(
        DOWN.subjects[0],
        target=f"https://db.example.com/{'x' * 400}",
        tags=("t" * 75, "u" * 76),
    )

    content = sent(replace(DOWN, subjects=(longest,)))["content"]

    assert content["keywords"] == ["critical", "down", "t" * 75]
    assert content["nextSteps"][-1] == "To see everything about it: `tocsin show db`"


def test_what_is_down_with_it_is_named() -> None:
    assert "Down with `db`, without an alert of its own: `api`, `shop`" in (
        sent(FALLEN)["content"]["description"].split("\n\n")
    )
