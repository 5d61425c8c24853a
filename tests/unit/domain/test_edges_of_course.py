"""When exactly an incident is over, and what its course and its alerts say until then."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import FAIL, MINUTE, NOON, THREE, report
from tests.unit.domain.history import ME
from tests.unit.domain.scenes import BLIND, DOWN, UP, WARNED, scene
from tocsin.domain.course import closed, continued, ending
from tocsin.domain.incident import Alert, Ending, Event, Incident, Kind, Moment, Subject, Trouble
from tocsin.domain.monitor import Route
from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import Standing
from tocsin.domain.suspicion import Doubt

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
OFTEN = (NOON,) * 5
WELL = replace(UP, well=True)
PAUSED = Standing(verdict=Verdict.PAUSED, since=NOON)
OLD = Subject(monitor="db", target="as it was", need=2, ballots=())
GONE = replace(OLD, monitor="gone")
OPEN = Incident(
    id="db-1",
    kind=Kind.DOWN,
    opened_at=NOON,
    routes=(Route.PAGE,),
    subjects=(OLD,),
    moments=(Moment(at=NOON, what="opened", votes=(("db", DOWN.failing),)),),
)


def of(kind: Kind, *names: str) -> Incident:
    return replace(OPEN, kind=kind, subjects=tuple(replace(OLD, monitor=name) for name in names))


@pytest.mark.parametrize(
    ("kind", "standing", "how"),
    [
        pytest.param(Kind.DOWN, WELL, Ending.RECOVERED, id="well"),
        pytest.param(Kind.DOWN, replace(WELL, well=False), None, id="not well"),
        pytest.param(Kind.DOWN, replace(WELL, held_down=True), None, id="not well for long enough"),
        pytest.param(Kind.DOWN, replace(WELL, flips=OFTEN), None, id="flapping"),
        pytest.param(Kind.DOWN, PAUSED, Ending.PAUSED, id="paused"),
        pytest.param(Kind.UNKNOWN, BLIND, None, id="unseen"),
        pytest.param(Kind.UNKNOWN, DOWN, Ending.RECOVERED, id="seen to be down"),
        pytest.param(Kind.DEGRADED, WARNED, None, id="degraded"),
        pytest.param(Kind.DEGRADED, DOWN, None, id="worse"),
        pytest.param(Kind.DEGRADED, UP, Ending.RECOVERED, id="not degraded"),
    ],
)
def test_how_an_incident_ends_follows_from_where_its_monitor_stands(
    kind: Kind, standing: Standing, how: Ending | None
) -> None:
    assert ending(of(kind, "db"), scene(standing)) is how
    assert ending(of(kind, "db", "gone"), scene(standing)) is how


def test_an_incident_ends_with_the_last_of_its_monitors() -> None:
    both = of(Kind.DOWN, "db", "web")

    assert ending(both, scene(WELL, DOWN)) is None
    assert ending(both, scene(WELL, PAUSED)) is Ending.RECOVERED
    assert ending(both, scene(WELL, WELL)) is Ending.RECOVERED
    assert ending(of(Kind.DOWN, "gone"), scene(DOWN)) is Ending.DELETED


TROUBLE = Trouble(location="lima", since=NOON, text="silent")
BLIND_PLACE = replace(OPEN, kind=Kind.LOCATION, subjects=(), troubles=(TROUBLE,))
DOUBT = Doubt(since=NOON, text="silent")


@pytest.mark.parametrize(
    ("doubted", "leads", "how"),
    [
        ({"lima"}, {"lima", "mike"}, None),
        ({"mike"}, {"lima", "mike"}, Ending.RECOVERED),
        ({"lima"}, {"mike"}, Ending.DELETED),
    ],
    ids=["still in doubt", "well again", "another shard's to tell"],
)
def test_how_the_incident_of_a_location_ends(
    doubted: Collection[str], leads: Collection[str], how: Ending | None
) -> None:
    seen = scene(doubts=dict.fromkeys(doubted, DOUBT), leads=frozenset(leads))

    assert ending(BLIND_PLACE, seen) is how


def test_an_end_shows_its_monitors_as_they_are_now_and_what_is_gone_as_it_was() -> None:
    reports = {"lima": report("lima", db=FAIL)}
    seen = scene(WELL, reports=reports, now=NOON + MINUTE)

    over = closed(replace(OPEN, subjects=(OLD, GONE)), Ending.RECOVERED, seen)

    assert over.ended_at == NOON + MINUTE
    assert over.ending is Ending.RECOVERED
    assert over.moments[-1] == Moment(at=NOON + MINUTE, what="resolved: recovered")
    assert over.subjects[1] == GONE
    assert over.subjects[0].target == "tcp://db.example.com:5432"
    assert over.subjects[0].ballots[0].evidence == "connection refused"


def test_a_reminder_comes_at_its_moment_and_shows_its_monitor_as_it_is_now() -> None:
    seen = scene(DOWN, now=NOON + HOUR)
    later, alerts = continued(OPEN, seen)

    assert [(a.event, a.number, a.at, a.note) for a in alerts] == [
        (Event.REMINDER, 1, NOON + HOUR, "")
    ]
    assert alerts[0].subjects[0].target == "tcp://db.example.com:5432"
    assert later.subjects == OPEN.subjects
    assert (later.reminders, later.reminded_at) == (1, NOON + HOUR)
    assert later.moments[1:] == (Moment(at=NOON + HOUR, what="reminder"),)
    assert continued(OPEN, scene(DOWN, now=NOON + HOUR - INSTANT))[1] == ()
    assert continued(replace(OPEN, acknowledged=ME), seen)[1] == ()


def test_what_is_no_longer_watched_lets_nothing_be_told_of_what_is_held() -> None:
    seen = scene(DOWN, quiet=frozenset({"db"}), now=NOON + HOUR)
    begun = replace(of(Kind.DOWN, "db", "gone"), behind=(Route.PAGE,))

    assert continued(begun, seen)[1] == ()
    assert len(continued(begun, replace(seen, quiet=frozenset()))[1]) == 2


@pytest.mark.parametrize(
    ("quiet", "told"), [({"db"}, 1), ({"db", "web"}, 0)], ids=["a part of it", "all of it"]
)
def test_nobody_is_reminded_while_all_of_it_is_held(quiet: set[str], told: int) -> None:
    seen = scene(DOWN, DOWN, quiet=frozenset(quiet), now=NOON + HOUR)

    assert len(continued(of(Kind.DOWN, "db", "web"), seen)[1]) == told


def test_of_a_location_one_is_reminded_too() -> None:
    _, alerts = continued(BLIND_PLACE, scene(doubts={"lima": DOUBT}, now=NOON + HOUR))

    assert [alert.event for alert in alerts] == [Event.REMINDER]
    assert alerts[0].troubles == (TROUBLE,)


def test_that_it_goes_up_and_down_is_told_once_and_numbered() -> None:
    seen = scene(replace(DOWN, flips=OFTEN))
    later, alerts = continued(replace(OPEN, updates=2), seen)

    assert [(a.id, a.flapping, a.note) for a in alerts] == [("db-1#updated-3", True, "")]
    assert (later.flapping, later.updates) == (True, 3)
    assert later.moments[-1] == Moment(at=NOON, what="flapping")
    assert continued(later, seen) == (later, ())


def test_only_what_is_down_is_said_to_go_up_and_down() -> None:
    assert continued(of(Kind.DEGRADED, "db"), scene(replace(WARNED, flips=OFTEN)))[1] == ()


def test_other_votes_are_noted_and_the_same_are_not() -> None:
    moved = scene(replace(DOWN, failing=THREE), now=NOON + MINUTE)
    later, _ = continued(OPEN, moved)

    assert later.moments[1:] == (Moment(at=NOON + MINUTE, what="votes", votes=(("db", THREE),)),)
    assert continued(later, moved)[0] == later
    assert continued(OPEN, scene(DOWN))[0].moments == OPEN.moments


def test_where_nobody_sees_no_votes_are_noted() -> None:
    unseen = replace(of(Kind.UNKNOWN, "db"), moments=())

    assert continued(unseen, scene(BLIND))[0].moments == ()
    assert continued(of(Kind.DOWN, "gone"), scene(DOWN))[0].moments == OPEN.moments


def test_a_step_that_is_not_about_votes_does_not_hide_the_votes_before_it() -> None:
    noted = OPEN.with_moment(Moment(at=NOON, what="reminder"))

    assert continued(noted, scene(DOWN))[0].moments == noted.moments


def test_what_falls_again_in_an_open_incident_is_told_alone() -> None:
    both = replace(of(Kind.DOWN, "db", "web"), shared="the tag shop", updates=1)
    apart, alerts = continued(both, scene(DOWN, WELL))
    assert (apart.back, alerts) == (("web",), ())
    assert continued(apart, scene(DOWN, WELL)) == (apart, ())

    again, alerts = continued(apart, scene(DOWN, DOWN, now=NOON + MINUTE))

    assert (again.back, again.updates, again.shared) == ((), 2, "the tag shop")
    assert Moment(at=NOON + MINUTE, what="down again: web") in again.moments
    (alert,) = alerts
    assert (alert.event, alert.number, alert.note) == (Event.UPDATED, 2, "Down again: web")
    assert [subject.monitor for subject in alert.subjects] == ["web"]
    assert alert.shared == ""
    assert continued(again, scene(DOWN, DOWN, now=NOON + MINUTE)) == (again, ())


BOTH = (Route.PAGE, Route.NOTICE)
PAGE_OWES = frozenset({Route.PAGE})
BOTH_OWE = frozenset(BOTH)


def test_a_route_that_has_yet_to_take_something_is_not_reminded() -> None:
    told = replace(OPEN, routes=BOTH)
    seen = scene(DOWN, now=NOON + HOUR)

    _, alerts = continued(told, seen, PAGE_OWES)
    later, none = continued(told, seen, BOTH_OWE)

    assert [(a.event, a.routes) for a in alerts] == [(Event.REMINDER, (Route.NOTICE,))]
    assert none == ()
    # What waits stands for this one; the next comes in its time.
    assert (later.reminders, later.reminded_at) == (1, NOON + HOUR)
    assert (later.moments, later.behind) == (told.moments, ())


def test_what_falls_again_is_told_to_whom_it_can_be_and_later_to_the_others() -> None:
    both = replace(of(Kind.DOWN, "db", "web"), routes=BOTH, back=("web",), shared="the tag shop")

    fallen, alerts = continued(both, scene(WELL, DOWN), PAGE_OWES)
    waiting, none = continued(fallen, scene(WELL, DOWN), PAGE_OWES)
    seen = scene(WELL, DOWN, now=NOON + MINUTE)
    caught_up, last = continued(waiting, seen)

    assert [(a.id, a.note, a.routes) for a in alerts] == [
        ("db-1#updated-1", "Down again: web", (Route.NOTICE,))
    ]
    assert fallen.behind == (Route.PAGE,)
    assert (waiting, none) == (fallen, ())
    assert [(a.id, a.note, a.routes) for a in last] == [("db-1#updated-2", "", (Route.PAGE,))]
    # It is how it stands now, of what is still down.
    assert [subject.monitor for subject in last[0].subjects] == ["web"]
    assert (last[0].at, last[0].shared) == (NOON + MINUTE, "")
    assert caught_up.behind == ()
    assert caught_up.moments[-1].what == "told how it stands: page"
    assert continued(caught_up, seen) == (caught_up, ())


def test_whatever_happens_while_no_route_can_hear_of_it_is_told_once() -> None:
    both = replace(of(Kind.DOWN, "db", "web"), routes=BOTH, shared="the tag shop")
    told: list[Alert] = []
    for web in (WELL, DOWN, WELL, DOWN):
        db = replace(DOWN, flips=OFTEN)
        both, alerts = continued(both, scene(db, web), BOTH_OWE)
        told += alerts
    assert told == []
    assert (both.behind, both.updates, both.flapping) == (BOTH, 0, True)
    falls = [moment.what for moment in both.moments if moment.what != "votes"]
    assert falls == ["opened", "flapping", "down again: web", "down again: web"]

    _, (alert,) = continued(both, scene(DOWN, DOWN))

    assert (alert.id, alert.routes, alert.flapping) == ("db-1#updated-1", BOTH, True)
    assert [subject.monitor for subject in alert.subjects] == ["db", "web"]
    assert alert.shared == "the tag shop"


def test_who_is_behind_and_hears_of_the_next_thing_still_catches_up() -> None:
    late = replace(of(Kind.DOWN, "db", "web"), routes=BOTH, back=("web",), behind=(Route.PAGE,))

    later, alerts = continued(late, scene(DOWN, DOWN), frozenset({Route.NOTICE}))

    assert [(a.note, len(a.subjects), a.routes) for a in alerts] == [
        ("Down again: web", 1, (Route.PAGE,)),
        ("", 2, (Route.PAGE,)),
    ]
    assert later.behind == (Route.NOTICE,)


@pytest.mark.parametrize(
    ("kind", "web"),
    [(Kind.DOWN, replace(WARNED, well=True)), (Kind.UNKNOWN, DOWN)],
    ids=["degraded", "seen again"],
)
def test_who_catches_up_is_shown_only_what_is_still_of_the_sort_of_the_incident(
    kind: Kind, web: Standing
) -> None:
    late = replace(of(kind, "db", "web"), behind=(Route.PAGE,))
    standing = BLIND if kind is Kind.UNKNOWN else DOWN

    _, (alert,) = continued(late, scene(standing, web))

    assert [subject.monitor for subject in alert.subjects] == ["db"]


def test_nobody_catches_up_while_all_of_it_is_held() -> None:
    late = replace(OPEN, behind=(Route.PAGE,))
    held = scene(DOWN, quiet=frozenset({"db"}))

    assert continued(late, held) == (late, ())


@pytest.mark.parametrize(
    ("kind", "web"),
    [(Kind.DOWN, WARNED), (Kind.DOWN, PAUSED), (Kind.DEGRADED, DOWN), (Kind.UNKNOWN, DOWN)],
    ids=["degraded", "paused", "another sort", "seen again"],
)
def test_what_is_back_and_falls_in_another_way_is_not_told_here(kind: Kind, web: Standing) -> None:
    apart = replace(of(kind, "db", "web"), back=("web",))

    assert continued(apart, scene(DOWN, web))[1] == ()


def test_what_is_gone_does_not_go_on() -> None:
    (left, _) = continued(of(Kind.DOWN, "db", "gone"), scene(DOWN))
    assert left.back == ("gone",)
    assert continued(left, scene(DOWN)) == (left, ())
    assert continued(of(Kind.DOWN, "db", "web"), scene(DOWN, PAUSED))[0].back == ("web",)
