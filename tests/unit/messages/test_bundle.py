"""What SNS takes: one document for all protocols, never too large."""

import json
from dataclasses import replace

import pytest
from hypothesis import given

from tests.unit.messages.cases import DOWN, NOON, fails, opened, subject
from tests.unit.messages.strategies import alerts
from tocsin.domain.incident import Alert, Kind, Subject
from tocsin.messages import email, payload, sms
from tocsin.messages.bundle import render

SNS_LIMIT = 262_144
LONGEST = "n" * 57


def crowd(*, evidence: str, target: str = "", places: int = 4) -> Alert:
    votes = tuple(fails(f"location-{n}", evidence=evidence) for n in range(places))
    return opened(
        Kind.UNKNOWN,
        *(
            Subject(
                monitor=f"{LONGEST}-{n:03}",
                target=target or f"tcp://{n}.example.com:1",
                need=2,
                ballots=votes,
                runbook=f"https://wiki.example.com/{n}",
                tags=(f"team:{n}",),
            )
            for n in range(500)
        ),
    )


@pytest.mark.parametrize(
    "alert",
    [
        pytest.param(crowd(evidence="refused"), id="500 monitors"),
        pytest.param(crowd(evidence="\\" * 256), id="evidence that doubles twice when escaped"),
        pytest.param(crowd(evidence="\N{PILE OF POO}" * 256), id="evidence of four bytes each"),
        pytest.param(crowd(evidence="", target="https://h/" + "u" * 2000), id="long targets"),
        pytest.param(crowd(evidence="refused", places=40), id="40 locations"),
        pytest.param(
            opened(
                Kind.DOWN,
                *(
                    subject(*(fails(f"l{n}", evidence="\\" * 256) for n in range(400)), name=name)
                    for name in "abcde"
                ),
            ),
            id="five monitors with 400 locations",
        ),
    ],
)
def test_the_largest_alert_fits_and_loses_no_monitor(alert: Alert) -> None:
    message = render(alert)

    texts = json.loads(message.body)
    attributes = json.dumps(dict(message.attributes))
    assert len(message.subject + attributes) + len(message.body.encode()) <= SNS_LIMIT - 8_000
    names = [subject.monitor for subject in alert.subjects]
    assert [m["monitor"] for m in json.loads(texts["default"])["monitors"]] == names
    assert all(name in texts["email"] for name in names)
    assert list(message.attributes["monitor"]) == names


@given(alerts())
def test_each_protocol_has_its_text(alert: Alert) -> None:
    message = render(alert)

    texts = json.loads(message.body)
    assert set(texts) == {"default", "email", "sms"}
    assert texts["email"] == email.body(alert)
    assert texts["sms"] == sms.text(alert)
    assert payload.parse(texts["default"]) == alert


def test_the_same_alert_gives_the_same_message() -> None:
    assert render(DOWN) == render(replace(DOWN, at=NOON))


@given(alerts())
def test_attributes_are_what_sns_accepts(alert: Alert) -> None:
    attributes = render(alert).attributes

    assert set(attributes) <= {"event", "kind", "severity", "monitor", "tags", "location"}
    assert all(attributes.values())
    assert {"event", "kind", "severity", "monitor"} <= set(attributes)


def test_a_monitor_without_tags_has_no_empty_list_of_them() -> None:
    bare = replace(DOWN.subjects[0], tags=())

    assert "tags" not in render(replace(DOWN, subjects=(bare,))).attributes
