"""What people read of the routes, and which of it calls for them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import NOON
from tocsin.adapters.receivers import Letters, Ringing, Subscribers
from tocsin.domain.monitor import Route
from tocsin_cli.route_remarks import WARNING, document, hearing, lines
from tocsin_cli.routes import Hearers, Passage, Routes, Sms

NONE = {"undelivered": Letters(number=0), "lost handovers": Letters(number=0)}


def hearers(
    confirmed: Mapping[str, int] | None = None,
    pending: Mapping[str, int] | None = None,
    outlets: int | None = 0,
) -> Hearers:
    return Hearers(
        subscribers=Subscribers(confirmed=confirmed or {}, pending=pending or {}), outlets=outlets
    )


MAIL = hearers({"email": 1})
WELL = Passage(hearers=MAIL, monitors=("db",))


def seen(
    page: Passage = WELL,
    watcher: Hearers = MAIL,
    letters: Mapping[str, Letters | None] = NONE,
    sms: Sms | None = None,
    unseen: tuple[str, ...] = (),
) -> Routes:
    return Routes(
        routes={Route.PAGE: page}, watcher=watcher, letters=letters, sms=sms, unseen=unseen
    )


def warnings(routes: Routes) -> list[str]:
    return [text for text, style in lines(routes, NOON) if style == WARNING]


def test_what_is_well_is_told_and_warns_of_nothing() -> None:
    assert [*lines(seen(), NOON)] == [
        ("page: 1 email; 1 monitor alerts by it", ""),
        ("alarms about Tocsin itself: 1 email", ""),
        ("alarms: none rings", ""),
        ("dead letters: none", ""),
    ]


STUCK = Ringing(
    name="tocsin-aggregator-stuck",
    since=NOON - timedelta(minutes=6),
    meaning="Little or nothing is judged.",
    runbook="docs/runbooks/aggregator-stuck.md",
)


def test_an_alarm_that_rings_is_told_with_what_it_means_and_its_runbook() -> None:
    (told,) = warnings(replace(seen(), ringing=(STUCK,)))

    assert told.startswith("alarm tocsin-aggregator-stuck for 6 min: Little or nothing is judged. ")
    assert told.endswith(" docs/runbooks/aggregator-stuck.md")


def test_where_alarms_may_not_be_read_it_is_not_said_that_none_rings() -> None:
    unknown = replace(seen(), ringing=None)

    assert not [text for text, _ in lines(unknown, NOON) if text.startswith("alarms:")]
    assert document(unknown)["alarms"] is None


def test_an_alarm_without_a_page_is_told_as_it_is() -> None:
    bare = replace(STUCK, runbook="")

    assert warnings(replace(seen(), ringing=(bare,)))[0].endswith("nothing is judged.")
    assert document(replace(seen(), ringing=(bare,)))["alarms"] == [
        {
            "name": "tocsin-aggregator-stuck",
            "since": (NOON - timedelta(minutes=6)).isoformat(),
            "meaning": "Little or nothing is judged.",
            "runbook": None,
        }
    ]


@pytest.mark.parametrize(
    ("hear", "said"),
    [
        pytest.param(hearers(), "nobody", id="nobody"),
        pytest.param(
            hearers({"email": 2, "https": 1}, {"email": 1}),
            "3 email (1 not confirmed), 1 https",
            id="some of a protocol are not confirmed",
        ),
        pytest.param(hearers({}, {"https": 1}), "1 https (1 not confirmed)", id="none of it is"),
        pytest.param(hearers(outlets=2), "2 outlets", id="outlets alone"),
        pytest.param(hearers({"sms": 1}, outlets=None), "1 sms", id="outlets are not known"),
        pytest.param(
            Hearers(subscribers=None, outlets=1),
            "its subscribers are not known, 1 outlet",
            id="subscribers are not known",
        ),
    ],
)
def test_who_hears_is_counted(hear: Hearers, said: str) -> None:
    assert hearing(hear) == said


@pytest.mark.parametrize(
    ("hear", "nobody"),
    [
        pytest.param(hearers(), True, id="nobody at all"),
        pytest.param(hearers({}, {"email": 1}), True, id="who has not confirmed is nobody"),
        pytest.param(hearers({"email": 1}), False, id="a mail"),
        pytest.param(hearers(outlets=1), False, id="an outlet"),
        pytest.param(hearers(outlets=None), False, id="there may be outlets"),
        pytest.param(Hearers(subscribers=None), False, id="there may be subscribers"),
    ],
)
def test_that_nobody_hears_is_said_only_where_it_is_known(hear: Hearers, *, nobody: bool) -> None:
    assert hear.nobody is nobody


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        pytest.param(
            seen(Passage(hearers=hearers(), monitors=("db", "web"))),
            "page: nobody hears of db, web: subscribe somebody, as docs/routes.md tells",
            id="a route without subscribers",
        ),
        pytest.param(
            seen(Passage(hearers=hearers({}, {"email": 1}), monitors=("db",))),
            "page: nobody hears of db: have it confirmed",
            id="a route whose only subscriber has not confirmed",
        ),
        pytest.param(
            seen(Passage(hearers=hearers({"https": 1}, {"email": 1}))),
            "page: what is not confirmed within two days AWS drops without a word",
            id="one of several has not confirmed",
        ),
        pytest.param(
            seen(
                Passage(hearers=MAIL, refused=3, refused_since=NOON - timedelta(minutes=12)),
            ),
            "page: 3 alerts not accepted, the first owed for 12 min: `tocsin test-alert page` "
            "says why",
            id="a route that refuses",
        ),
        pytest.param(
            seen(watcher=hearers()),
            "alarms about Tocsin itself: nobody hears of them: deploy with WatcherEmail",
            id="nobody watches the watcher",
        ),
        pytest.param(
            seen(letters=NONE | {"undelivered": Letters(number=1, oldest=timedelta(hours=2))}),
            "undelivered: 1 alert, the oldest for 2 h: a subscriber did not take them; each "
            "message in UndeliveredQueue says why",
            id="a dead endpoint",
        ),
        pytest.param(
            seen(letters=NONE | {"lost handovers": Letters(number=4)}),
            "lost handovers: 4 alerts: an outlet did not take them; the notifier's log says "
            "which, and why",
            id="an outlet that was revoked",
        ),
        pytest.param(
            seen(sms=Sms(limit=1.0, spent=0.8, sandboxed=False)),
            "SMS: $0.80 of $1.00 spent this month; beyond it SNS drops them in silence: raise it "
            "under Service Quotas",
            id="nearly all of what SMS may cost is spent",
        ),
        pytest.param(
            seen(sms=Sms(limit=None, spent=None, sandboxed=True)),
            "SMS: the account is in the sandbox: only numbers verified there get any",
            id="the sandbox of SMS",
        ),
    ],
)
def test_what_is_broken_calls_for_somebody_and_says_what_to_do(routes: Routes, said: str) -> None:
    assert said in warnings(routes)


@pytest.mark.parametrize(
    ("sms", "said"),
    [
        (Sms(limit=1.0, spent=0.79, sandboxed=False), "SMS: $0.79 of $1.00 spent this month"),
        (Sms(limit=1.0, spent=None, sandboxed=None), "SMS: unknown of $1.00 spent this month"),
        (Sms(limit=None, spent=2.0, sandboxed=None), "SMS: $2.00 of unknown spent this month"),
    ],
)
def test_of_sms_it_is_said_what_is_known(sms: Sms, said: str) -> None:
    routes = seen(sms=sms)

    assert (said, "") in [*lines(routes, NOON)]
    assert warnings(routes) == []


def test_dead_letters_that_are_not_known_are_not_said_to_be_none() -> None:
    routes = seen(letters=NONE | {"undelivered": None}, unseen=("dead letters (undelivered): no",))

    texts = [text for text, _ in lines(routes, NOON)]

    assert "dead letters: none" not in texts
    assert texts[-1] == "not shown: dead letters (undelivered): no"
