"""What SNS takes: one document for all protocols, never too large."""

import json
from dataclasses import replace

import pytest
from hypothesis import given

from tests.unit.messages.cases import (
    DARK,
    DOWN,
    FOLDED,
    LINKS,
    NOON,
    fails,
    opened,
    recovered,
    subject,
)
from tests.unit.messages.strategies import alerts
from tocsin.domain.incident import Alert, Kind, Subject
from tocsin.domain.monitor import Route
from tocsin.messages import alarm, chat, email, payload, sms
from tocsin.messages.bundle import render
from tocsin.messages.links import NOWHERE

SNS_LIMIT = 262_144
RAW_LIMIT = 10
"""Attributes that a queue is given with raw delivery; with more, SNS drops the message for it."""
LONGEST = "n" * 57
NAMES = {"event", "kind", "severity", "team", "monitor", "tags", "location"}


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
@pytest.mark.parametrize("route", Route)
def test_the_largest_alert_fits_and_loses_no_monitor(alert: Alert, route: Route) -> None:
    message = render(alert, route, LINKS)

    texts = json.loads(message.body)
    attributes = json.dumps(dict(message.attributes))
    assert len(message.subject + attributes) + len(message.body.encode()) <= SNS_LIMIT - 8_000
    names = [subject.monitor for subject in alert.subjects]
    assert [m["monitor"] for m in json.loads(texts["default"])["monitors"]] == names
    assert all(name in texts["email"] for name in names)
    assert list(message.attributes["monitor"]) == names


@given(alerts())
def test_each_protocol_has_its_text(alert: Alert) -> None:
    message = render(alert, Route.NOTICE)

    texts = json.loads(message.body)
    assert set(texts) == {"default", "email", "sms"}
    assert texts["email"] == email.body(alert, NOWHERE)
    assert texts["sms"] == sms.text(alert)
    assert payload.parse(texts["default"]) == alert


def test_the_same_alert_gives_the_same_message() -> None:
    assert render(DOWN, Route.NOTICE) == render(replace(DOWN, at=NOON), Route.NOTICE)


@given(alerts())
def test_attributes_are_what_sns_accepts(alert: Alert) -> None:
    attributes = render(alert, Route.NOTICE).attributes

    assert set(attributes) <= NAMES
    assert all(attributes.values())
    assert {"event", "kind", "severity", "monitor"} <= set(attributes)


def test_a_monitor_without_tags_has_no_empty_list_of_them() -> None:
    bare = replace(DOWN.subjects[0], tags=())

    assert "tags" not in render(replace(DOWN, subjects=(bare,)), Route.NOTICE).attributes


@pytest.mark.parametrize("alert", [DOWN, recovered(DOWN), FOLDED, DARK])
def test_only_what_is_posted_differs_from_route_to_route(alert: Alert) -> None:
    texts = {route: json.loads(render(alert, route, LINKS).body) for route in Route}

    for route, posted in (
        (Route.PAGE, alarm.text(alert, LINKS)),
        (Route.CHAT, chat.text(alert, LINKS)),
    ):
        assert texts[route].pop("https") == texts[route].pop("http") == posted
    assert texts[Route.PAGE] == texts[Route.CHAT] == texts[Route.NOTICE]


@pytest.mark.parametrize("route", [Route.CHAT, Route.NOTICE])
def test_only_a_page_has_the_subject_of_an_alarm(route: Route) -> None:
    assert render(DOWN, route).subject == email.subject(DOWN)
    assert render(DOWN, Route.PAGE).subject == alarm.subject(DOWN)


@pytest.mark.parametrize(
    ("tags", "team"),
    [
        ((("team:data",),), "data"),
        ((("team:data", "production"), ("team:data",)), "data"),
        ((("team:data",), ("team:web",)), ("data", "web")),
        ((("production",),), None),
        ((("team:",),), None),
    ],
    ids=["one", "the same twice", "two teams", "no team", "a team without a name"],
)
def test_a_filter_can_go_by_team(
    tags: tuple[tuple[str, ...], ...], team: str | tuple[str, ...] | None
) -> None:
    subjects = tuple(replace(DOWN.subjects[0], tags=each) for each in tags)

    assert render(replace(DOWN, subjects=subjects), Route.PAGE).attributes.get("team") == team


def test_a_queue_with_raw_delivery_is_not_passed_over() -> None:
    added_on_the_way_out = {"alert_id", "route"}

    assert len(NAMES | added_on_the_way_out) <= RAW_LIMIT
