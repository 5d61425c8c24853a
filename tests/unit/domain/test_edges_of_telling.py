"""What an alert, its delivery and the course of its incident say, to the last word."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import MINUTE, NOON
from tests.unit.domain.history import ME
from tocsin.domain.control import Said
from tocsin.domain.incident import (
    Alert,
    Delivery,
    Ending,
    Event,
    Incident,
    Kind,
    Moment,
    Subject,
    Trouble,
    announced,
    incident_id,
)
from tocsin.domain.monitor import Route
from tocsin.domain.orders import said
from tocsin.domain.outbox import Owed, Receipt, claim, noted, overtaken, strike

SUBJECT = Subject(monitor="db", target="db.example.com:5432", need=2, ballots=())
TROUBLE = Trouble(location="lima", since=NOON, text="has never reported")
BOTH = (Route.PAGE, Route.NOTICE)
FULL = Incident(
    id="db-1",
    kind=Kind.DOWN,
    opened_at=NOON,
    routes=BOTH,
    subjects=(SUBJECT,),
    troubles=(TROUBLE,),
    shared="the host db.example.com",
    flapping=True,
    ending=Ending.PAUSED,
)
ALERT = announced(FULL, Event.UPDATED, NOON + MINUTE, number=3, note="why")
LATER = NOON + 5 * MINUTE


def test_an_alert_says_all_that_its_incident_knows() -> None:
    alert = announced(FULL, Event.UPDATED, NOON + MINUTE, number=3, note="why")

    assert (
        Alert(
            incident="db-1",
            event=Event.UPDATED,
            kind=Kind.DOWN,
            at=NOON + MINUTE,
            opened_at=NOON,
            routes=BOTH,
            subjects=(SUBJECT,),
            ending=None,
            number=3,
            troubles=(TROUBLE,),
            shared="the host db.example.com",
            flapping=True,
            note="why",
        )
        == alert
    )
    assert alert.id == "db-1#updated-3"
    assert announced(FULL, Event.RESOLVED, NOON).ending is Ending.PAUSED
    assert announced(FULL, Event.OPENED, NOON).id == "db-1#opened"


def test_a_delivery_says_when_it_was_owed_and_sent_and_as_what() -> None:
    owed = Owed(alert=ALERT, routes=BOTH, tries=2)
    sent = {(ALERT.id, Route.NOTICE): Receipt(at=LATER, message="m-7")}

    assert noted((FULL,), (owed,), sent)[0].deliveries == (
        Delivery(
            alert="db-1#updated-3",
            route=Route.NOTICE,
            queued_at=NOON + MINUTE,
            sent_at=LATER,
            message="m-7",
            tries=2,
        ),
    )


def test_what_was_sent_of_another_incident_is_not_noted() -> None:
    owed = Owed(alert=ALERT, routes=BOTH)
    sent = {(ALERT.id, Route.NOTICE): Receipt(at=LATER, message="m-7")}
    other = replace(FULL, id="db-2")

    assert noted((other,), (owed,), sent) == (other,)


def test_an_alert_that_went_out_says_so_for_every_route_and_the_latest_are_kept() -> None:
    owed = Owed(alert=ALERT, routes=BOTH)
    sent = {(ALERT.id, route): Receipt(at=LATER, message=route) for route in BOTH}
    told = FULL
    for _ in range(20):
        (told,) = noted((told,), (owed,), sent)
    last = {(ALERT.id, Route.PAGE): Receipt(at=LATER, message="last")}
    (again,) = noted((told,), (owed,), last)

    assert [each.message for each in told.deliveries] == ["page", "notice"] * 20
    assert [each.message for each in again.deliveries[-2:]] == ["notice", "last"]
    assert len(again.deliveries) == 40


def test_a_claim_that_is_further_ahead_than_any_can_be_binds_nobody() -> None:
    last = timedelta(seconds=90) + timedelta(minutes=1)
    held = Owed(alert=ALERT, routes=BOTH, claimed_until=NOON + last)
    absurd = replace(held, claimed_until=NOON + last + timedelta(microseconds=1))

    assert claim((held,), NOON) == (held,)
    assert claim((absurd,), NOON)[0].tries == 1


def test_what_failed_is_released_and_what_follows_it_is_kept() -> None:
    failing = Owed(alert=ALERT, routes=BOTH, tries=1, claimed_until=LATER)
    other = replace(ALERT, incident="web-1", number=4)
    done = Owed(alert=other, routes=(Route.PAGE,), claimed_until=LATER)
    waiting = Owed(alert=replace(ALERT, number=5), routes=BOTH, claimed_until=LATER)
    sent = {(done.alert.id, Route.PAGE): Receipt(at=LATER, message="m")}

    rest = strike((failing, done, waiting), sent, frozenset({ALERT.id}))

    assert rest == (replace(failing, claimed_until=None), waiting)


def test_what_a_later_one_was_taken_before_is_struck_off_on_that_route_and_says_so() -> None:
    first = Owed(alert=ALERT, routes=BOTH, tries=3)
    then = Owed(alert=replace(ALERT, number=4), routes=(Route.PAGE,))
    last = Owed(alert=replace(ALERT, number=5), routes=BOTH)
    another = Owed(alert=replace(ALERT, incident="web-1"), routes=BOTH)
    outbox = (another, first, then, last)
    sent = {(then.alert.id, Route.PAGE): Receipt(at=LATER, message="m")}

    assert overtaken(outbox, sent) == {(ALERT.id, Route.PAGE)}
    assert strike(outbox, sent, ()) == (another, replace(first, routes=(Route.NOTICE,)), last)
    (told,) = noted((FULL,), outbox, sent)
    assert told.moments == (Moment(at=LATER, what="updated never taken by page: given up"),)
    assert [delivery.alert for delivery in told.deliveries] == [then.alert.id]
    # It is known once all was sent that went out with it.
    more = {(another.alert.id, Route.PAGE): Receipt(at=LATER + MINUTE, message="m"), **sent}
    assert noted((FULL,), outbox, more)[0].moments[0].at == LATER + MINUTE


def test_what_was_sent_without_its_details_says_so_and_why() -> None:
    owed = Owed(alert=ALERT, routes=BOTH)
    sent = {(ALERT.id, Route.PAGE): Receipt(at=LATER, message="m", plain="too long")}

    (told,) = noted((FULL,), (owed,), sent)

    what = "updated sent to page without its details"
    assert told.moments == (Moment(at=LATER, what=what, note="too long"),)
    assert [delivery.message for delivery in told.deliveries] == ["m"]
    assert Receipt(at=LATER, message="m").plain == ""


def test_one_incident_that_is_being_sent_does_not_hold_back_another() -> None:
    mine = Owed(alert=ALERT, routes=BOTH, claimed_until=LATER - 4 * MINUTE)
    others = Owed(alert=replace(ALERT, incident="web-1"), routes=BOTH)

    assert [owed.tries for owed in claim((mine, others), NOON)] == [0, 1]


@pytest.mark.parametrize(
    ("incident", "due"),
    [
        pytest.param(FULL, NOON + 60 * MINUTE, id="at first"),
        pytest.param(
            replace(FULL, reminders=2, reminded_at=LATER), LATER + 240 * MINUTE, id="the third"
        ),
        pytest.param(
            replace(FULL, reminders=99, reminded_at=LATER), LATER + timedelta(days=1), id="at last"
        ),
        pytest.param(replace(FULL, acknowledged=ME), None, id="taken on"),
    ],
)
def test_a_reminder_is_due_in_its_time(incident: Incident, due: object) -> None:
    assert incident.remind_at() == due


def test_of_a_long_course_the_first_and_the_latest_half_are_kept() -> None:
    course = FULL
    for number in range(45):
        course = course.with_moment(Moment(at=NOON, what=str(number)))

    kept = [int(moment.what) for moment in course.moments]
    assert kept == [*range(20), *range(25, 45)]


@pytest.mark.parametrize("event", [Event.OPENED, Event.UPDATED, Event.REMINDER])
def test_an_alert_in_the_middle_that_says_how_it_ended_is_refused(event: Event) -> None:
    with pytest.raises(ValueError, match="only an end"):
        replace(ALERT, event=event, ending=Ending.RECOVERED)


def test_of_a_new_incident_nothing_has_been_told_yet() -> None:
    fresh = Incident(id="db-2", kind=Kind.DOWN, opened_at=NOON, routes=BOTH)

    assert (fresh.shared, fresh.reminders, fresh.updates, fresh.flapping) == ("", 0, 0, False)
    assert (fresh.acknowledged, fresh.subjects, fresh.troubles) == (None, (), ())
    moment = Moment(at=NOON, what="opened")
    assert (moment.note, moment.by, moment.votes) == ("", "", ())
    alert = announced(fresh, Event.OPENED, NOON)
    assert (alert.number, alert.note) == (0, "")
    assert Said(by="ada", at=NOON).note == said("ada", NOON).note == ""
    bare = Alert(
        incident="db-2", event=Event.OPENED, kind=Kind.DOWN, at=NOON, opened_at=NOON, routes=BOTH
    )
    assert alert == bare
    assert (bare.number, bare.shared, bare.flapping, bare.note) == (0, "", False, "")


def test_the_name_of_an_incident_is_the_same_whoever_opens_it() -> None:
    assert incident_id(Kind.DOWN, "db", NOON) == "db-20260101T120000Z-2c7ee2"
