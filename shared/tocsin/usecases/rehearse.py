"""Send an incident that is none through a route, so that people see whether it rings.

Its beginning and its end go the very way of an alert: the same words, the same topic, the same
rights. No state and no monitor is touched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.incident import Alert, Ending, Event, Kind, Subject, incident_id
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import Layer, Reason, Vote
from tocsin.domain.quorum import Ballot
from tocsin.usecases.ports import Alerts, PublishError

MONITOR = "tocsin-test"
"""The name of the monitor that there is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of one of the two: the topic's id of it, or why it was not accepted."""

    alert: str
    message: str | None
    problem: str | None


def rehearse(
    route: Route, alerts: Alerts, now: Callable[[], datetime], wait: Callable[[], None]
) -> tuple[Sent, ...]:
    """Send a beginning, wait, and send its end; without a beginning there is no end."""
    opened_at = now()
    sent = []
    for event in (Event.OPENED, Event.RESOLVED):
        alert = _alert(route, event, opened_at, now())
        sent.append(_sent(alert, route, alerts))
        if sent[-1].problem is not None:
            break
        if event is Event.OPENED:
            wait()  # a topic keeps no order, and a pager that hears the end first stays open
    return tuple(sent)


def _sent(alert: Alert, route: Route, alerts: Alerts) -> Sent:
    try:
        return Sent(alert=alert.id, message=alerts.publish(alert, route), problem=None)
    except PublishError as error:
        return Sent(alert=alert.id, message=None, problem=str(error))


def _alert(route: Route, event: Event, opened_at: datetime, at: datetime) -> Alert:
    over = event is Event.RESOLVED
    what = f"a test of the route {route}: nothing"
    note = f"{what} was broken" if over else f"This is {what} is broken"
    ballot = _passes(at) if over else _fails(opened_at, note)
    return Alert(
        incident=incident_id(Kind.DOWN, MONITOR, opened_at),
        event=event,
        kind=Kind.DOWN,  # the gravest, so that it is let through by whoever filters
        at=at,
        opened_at=opened_at,
        routes=(route,),
        subjects=(Subject(monitor=MONITOR, target="", need=1, ballots=(ballot,)),),
        ending=Ending.RECOVERED if over else None,
        note=note,
    )


def _fails(at: datetime, evidence: str) -> Ballot:
    return Ballot(
        location="test",
        counted=True,
        vote=Vote.FAIL,
        layer=Layer.PROTOCOL,
        reason=Reason.DECLINED,
        evidence=evidence,
        attempts=1,
        checked_at=at,
        failing_since=at,
    )


def _passes(at: datetime) -> Ballot:
    return Ballot(location="test", counted=True, vote=Vote.PASS, attempts=1, checked_at=at)
