"""An alert in plain words: nothing in it can be refused, and whoever acts on it still can."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.messages.cases import DOWN, NOON, fails, minutes, opened, subject
from tests.unit.messages.strategies import alerts, hostile, subjects
from tocsin.domain.incident import Alert, Ending, Event, Kind, Trouble
from tocsin.domain.monitor import Route
from tocsin.messages import gsm7, payload
from tocsin.messages.bundle import render
from tocsin.messages.plain import plain

LONGEST = "n" * 63


def crowd(number: int) -> Alert:
    names = (f"{LONGEST[:-4]}-{n:03}" for n in range(number))
    tags = tuple(f"team:{n}" for n in range(20))
    about = (replace(subject(fails("lima"), name=name), tags=tags) for name in names)
    return opened(Kind.DOWN, *about)


def texts(alert: Alert, route: Route = Route.NOTICE) -> dict[str, str]:
    found: dict[str, str] = json.loads(plain(alert, route).body)
    return found


def test_it_says_what_is_down_that_details_are_missing_and_where_they_are() -> None:
    assert plain(DOWN, Route.NOTICE).subject == "[DOWN] db"
    assert (
        texts(DOWN)["email"]
        == f"""[DOWN] db

Since 2026-01-01 12:00 UTC.

* db

Its details could not be sent. See them with:

    tocsin show db

Incident {DOWN.incident}

Sent by Tocsin.
"""
    )
    assert texts(DOWN)["sms"] == "[DOWN] db. No details: see tocsin incidents"
    summary = json.loads(texts(DOWN)["default"])["summary"]
    assert summary == "[DOWN] db. Its details could not be sent."


TROUBLE = Trouble(location="lima", since=NOON - minutes(4), text="has never reported")
BLIND = replace(DOWN, kind=Kind.LOCATION, troubles=(TROUBLE,), subjects=())


@pytest.mark.parametrize(
    ("alert", "says"),
    [
        (replace(DOWN, event=Event.REMINDER, number=2), "[STILL DOWN] db"),
        (replace(DOWN, event=Event.UPDATED, number=1), "[DOWN] update: db"),
        (replace(DOWN, kind=Kind.DEGRADED), "[DEGRADED] db"),
        (replace(DOWN, kind=Kind.UNKNOWN), "[BLIND] db"),
        (
            replace(DOWN, event=Event.RESOLVED, ending=Ending.PAUSED),
            "[RESOLVED] paused: db",
        ),
        (BLIND, "[BLIND] lima"),
        (crowd(1), f"[DOWN] {LONGEST[:-4]}-000"),
        (crowd(7), f"[DOWN] {LONGEST[:-4]}-000 and 6 more"),
        (replace(DOWN, subjects=(subject(name="x" * 100),)), "[DOWN] 1 in all"),
        (
            replace(DOWN, subjects=tuple(replace(DOWN.subjects[0], monitor=n) for n in "abcdefg")),
            "[DOWN] a, b, c, d, e and 2 more",
        ),
    ],
    ids=[
        "a reminder",
        "an update",
        "a warning",
        "unknown",
        "an end",
        "a location",
        "one with a long name",
        "several with long names",
        "a name that does not fit",
        "many short names",
    ],
)
def test_a_line_says_the_event_and_names_whole_names(alert: Alert, says: str) -> None:
    assert plain(alert, Route.NOTICE).subject == says


def test_who_asks_about_a_location_is_sent_to_the_incidents() -> None:
    assert "    tocsin incidents\n" in texts(BLIND)["email"]
    document = json.loads(texts(BLIND)["default"])
    assert [each["location"] for each in document["locations"]] == ["lima"]
    assert document["monitors"] == []


@given(alerts(), st.sampled_from(Route))
def test_whoever_filters_or_acts_on_an_alert_does_the_same_in_plain_words(
    alert: Alert, route: Route
) -> None:
    whole, short = render(alert, route), plain(alert, route)

    assert json.loads(short.body).keys() == json.loads(whole.body).keys()

    assert short.attributes == whole.attributes
    told = payload.parse(texts(alert)["default"])
    assert (told.incident, told.event, told.kind) == (alert.incident, alert.event, alert.kind)
    assert (told.at, told.opened_at, told.ending, told.routes, told.number, told.flapping) == (
        alert.at, alert.opened_at, alert.ending, alert.routes, alert.number, alert.flapping,
    )  # fmt: skip
    assert [s.monitor for s in told.subjects] == [s.monitor for s in alert.subjects]
    assert [t.location for t in told.troubles] == [t.location for t in alert.troubles]
    document = json.loads(texts(alert)["default"])
    assert document["id"] == alert.id
    assert document["shortened"]
    assert gsm7.septets(texts(alert)["sms"]) <= gsm7.LIMIT
    assert document.keys() == json.loads(json.loads(whole.body)["default"]).keys()


@given(
    alerts(st.lists(subjects(hostile.filter(bool)), max_size=7).map(tuple)), st.sampled_from(Route)
)
def test_whatever_an_alert_holds_nothing_of_it_can_be_refused(alert: Alert, route: Route) -> None:
    message = plain(
        replace(alert, subjects=tuple(replace(s, tags=(s.monitor,)) for s in alert.subjects)),
        route,
    )

    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert 0 < len(message.subject) < 100
    assert message.body.isascii()
    found = json.loads(message.body)
    payload.parse(found["default"])
    for values in (each for each in message.attributes.values() if isinstance(each, tuple)):
        assert values
        assert all(value.isprintable() and 0 < len(value) <= 128 for value in values)


def test_even_of_a_whole_shard_it_is_short() -> None:
    message = plain(crowd(500), Route.NOTICE)

    assert message.size < 70_000
    assert message.subject == f"[DOWN] {LONGEST[:-4]}-000 and 499 more"
    assert texts(crowd(500))["email"].count("\n* n") == 100
    assert "* and 400 more\n" in texts(crowd(500))["email"]
    assert len(payload.parse(texts(crowd(500))["default"]).subjects) == 100
    assert len(json.dumps(message.attributes["monitor"])) <= 10_000
    assert message.attributes["tags"] == tuple(f"team:{n}" for n in range(20))


@pytest.mark.parametrize(
    ("event", "ending", "state"),
    [(Event.OPENED, None, "ALARM"), (Event.RESOLVED, Ending.RECOVERED, "OK")],
    ids=["an opening", "an end"],
)
def test_a_pager_opens_and_closes_by_it(event: Event, ending: Ending | None, state: str) -> None:
    alert = replace(DOWN, event=event, ending=ending)
    whole, short = render(alert, Route.PAGE), plain(alert, Route.PAGE)

    assert short.subject.startswith(f"{state}: ")
    full, brief = (json.loads(json.loads(each.body)["https"]) for each in (whole, short))
    assert brief["NewStateValue"] == state
    assert brief["AlarmDescription"] == "Its details could not be sent: tocsin show db shows them."
    same = brief.keys() - {"AlarmDescription", "NewStateReason"}
    assert {key: brief[key] for key in same} == {key: full[key] for key in same}


def test_a_chat_has_it_in_the_thread_of_its_incident() -> None:
    card = json.loads(texts(DOWN, Route.CHAT)["https"])

    assert card["metadata"]["threadId"] == DOWN.incident
    assert card["content"]["title"] == "[DOWN] db"
    assert card["content"]["description"].startswith("Its details could not be sent")
