"""A test of a route is an incident from beginning to end, marked as what it is."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.fakes.make import NOON
from tests.fakes.memory import InMemoryAlerts
from tocsin.domain.incident import Alert, Event
from tocsin.domain.monitor import Route
from tocsin.messages import payload
from tocsin.messages.bundle import Message, render
from tocsin.usecases.ports import PublishError
from tocsin.usecases.rehearse import Sent, rehearse

each_route = pytest.mark.parametrize("route", Route)


@dataclass
class Desk(InMemoryAlerts):
    """Topics that keep what they were given, with the waits in between."""

    took: list[Alert | str] = field(default_factory=list)
    refusing: Event | None = None

    def publish(self, alert: Alert, route: Route, *, plain: bool = False) -> str:
        self.took.append(alert)
        if alert.event is self.refusing:
            raise PublishError("NotFound: no such topic")
        return super().publish(alert, route, plain=plain)

    def wait(self) -> None:
        self.took.append("a pause")

    @property
    def alerts(self) -> list[Alert]:
        return [each for each in self.took if isinstance(each, Alert)]


def tried(desk: Desk, route: Route = Route.PAGE) -> tuple[Sent, ...]:
    clock = iter([NOON, NOON, NOON + timedelta(seconds=5)])
    return rehearse(route, desk, lambda: next(clock), desk.wait)


def messages(route: Route) -> list[Message]:
    desk = Desk()
    tried(desk, route)
    return [render(alert, route) for alert in desk.alerts]


@each_route
def test_a_beginning_and_its_end_are_sent_with_a_pause_between(route: Route) -> None:
    desk = Desk()

    sent = tried(desk, route)

    opened, pause, resolved = desk.took
    assert isinstance(opened, Alert)
    assert isinstance(resolved, Alert)
    assert (opened.event, pause, resolved.event) == (Event.OPENED, "a pause", Event.RESOLVED)
    assert opened.incident == resolved.incident
    assert opened.opened_at == resolved.opened_at < resolved.at
    assert desk.sent == [(opened.id, route), (resolved.id, route)]
    assert [each.message for each in sent] == ["message-1", "message-2"]
    assert [each.problem for each in sent] == [None, None]


def test_where_the_beginning_is_refused_there_is_no_end() -> None:
    desk = Desk(refusing=Event.OPENED)

    (sent,) = tried(desk)

    assert (sent.message, sent.problem) == (None, "NotFound: no such topic")
    assert len(desk.took) == 1


def test_an_end_that_is_refused_is_told_beside_the_beginning() -> None:
    sent = tried(Desk(refusing=Event.RESOLVED))

    assert [each.problem for each in sent] == [None, "NotFound: no such topic"]


def test_two_tests_are_two_incidents() -> None:
    desk = Desk()

    tried(desk)
    later = NOON + timedelta(minutes=1)
    rehearse(Route.PAGE, desk, lambda: later, desk.wait)

    assert len({alert.incident for alert in desk.alerts}) == 2


@each_route
def test_whoever_reads_it_sees_that_it_is_a_test(route: Route) -> None:
    for message in messages(route):
        assert "tocsin-test" in message.subject
        for protocol, text in json.loads(message.body).items():
            said = " ".join(text.split())
            assert "tocsin-test" in said
            assert protocol == "default" or f"a test of the route {route}: nothing" in said


@each_route
def test_it_is_as_grave_as_any_so_that_no_filter_by_severity_keeps_it_back(route: Route) -> None:
    assert {message.attributes["severity"] for message in messages(route)} == {"critical"}


@each_route
def test_the_notifier_reads_it_like_any_other(route: Route) -> None:
    desk = Desk()
    tried(desk, route)

    for alert in desk.alerts:
        text = json.loads(render(alert, route).body)["default"]
        assert payload.parse(text).id == alert.id
