"""What exactly opens, to whom it is told, and what it says of itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import FAIL, MINUTE, NOON, THREE, TICK, monitor, report, shard
from tests.unit.domain.history import Life
from tests.unit.domain.scenes import BLIND, DOWN, SHOP, UP, WARNED, scene
from tocsin.domain.incident import Event, Incident, Kind, Moment, Trouble, incident_id
from tocsin.domain.judgement import Surroundings
from tocsin.domain.monitor import Route
from tocsin.domain.openings import openings
from tocsin.domain.quorum import Verdict
from tocsin.domain.scene import Scene
from tocsin.domain.standing import Standing
from tocsin.domain.suspicion import Doubt, doubts, suspects
from tocsin.domain.target import TcpTarget

INSTANT = timedelta(microseconds=1)


def opened(seen: Scene, *lasting: Incident) -> list[tuple[Kind, str]]:
    return [
        (
            each.kind,
            "+".join([s.monitor for s in each.subjects] or [t.location for t in each.troubles]),
        )
        for each in openings(lasting, seen)
    ]


@pytest.mark.parametrize(
    ("standing", "kinds"),
    [
        pytest.param(DOWN, [Kind.DOWN], id="down"),
        pytest.param(replace(DOWN, failing=("lima",)), [], id="down in name only"),
        pytest.param(BLIND, [Kind.UNKNOWN], id="unseen for long enough"),
        pytest.param(replace(BLIND, since=BLIND.since + INSTANT), [], id="not yet unseen for long"),
        pytest.param(WARNED, [Kind.DEGRADED], id="degraded for long enough"),
        pytest.param(replace(WARNED, since=WARNED.since + INSTANT), [], id="not yet for long"),
        pytest.param(replace(UP, verdict=Verdict.PAUSED), [], id="paused"),
    ],
)
def test_what_opens_follows_from_where_a_monitor_stands(
    standing: Standing, kinds: list[Kind]
) -> None:
    assert opened(scene(standing)) == [(kind, "db") for kind in kinds]
    assert opened(scene(standing, quiet=frozenset({"db"}))) == []


@pytest.mark.parametrize("standing", [DOWN, WARNED], ids=["down", "degraded"])
def test_what_hangs_on_something_opens_once_that_was_well_for_a_minute(standing: Standing) -> None:
    freed = replace(standing, freed_at=NOON - MINUTE)

    assert opened(scene(standing, sheltered=frozenset({"db"}))) == []
    assert len(opened(scene(freed))) == 1
    assert opened(scene(replace(freed, freed_at=NOON - MINUTE + INSTANT))) == []


def test_what_hangs_on_something_waits_for_as_long_as_its_failures_must_last() -> None:
    slow = shard(monitor("db", fail_for=5 * MINUTE), monitor("web"))
    free = NOON - 5 * MINUTE

    assert len(opened(scene(replace(DOWN, freed_at=free), shard=slow))) == 1
    assert opened(scene(replace(DOWN, freed_at=free + INSTANT), shard=slow)) == []


@pytest.mark.parametrize(
    ("age", "kinds"),
    [(15 * MINUTE - INSTANT, []), (15 * MINUTE, [Kind.DEGRADED])],
    ids=["on its way", "never there"],
)
def test_a_quorum_that_is_on_its_way_to_being_down_is_a_warning_where_it_never_gets_there(
    age: timedelta, kinds: list[Kind]
) -> None:
    slow = shard(monitor("db", fail_for=5 * MINUTE), monitor("web"))
    turning = replace(WARNED, since=NOON - age, failing=THREE[:2])

    assert [kind for kind, _ in opened(scene(turning, shard=slow))] == kinds
    assert opened(scene(WARNED, shard=slow)) == [(Kind.DEGRADED, "db")]


def test_the_gravest_opens_first() -> None:
    trouble = {"lima": Doubt(since=NOON - 3 * MINUTE, text="silent")}

    assert opened(scene(WARNED, DOWN, doubts=trouble)) == [
        (Kind.DOWN, "web"),
        (Kind.DEGRADED, "db"),
        (Kind.LOCATION, "lima"),
    ]


def test_what_is_open_already_opens_once_more_only_as_something_else() -> None:
    (down,) = openings((), scene(DOWN))

    assert opened(scene(DOWN, DOWN), down) == [(Kind.DOWN, "web")]
    assert opened(scene(BLIND), down) == [(Kind.UNKNOWN, "db")]


def test_an_incident_says_when_it_opened_and_who_failed_then() -> None:
    (down,) = openings((), scene(DOWN))

    assert down.id == incident_id(Kind.DOWN, "db", NOON)
    assert down.opened_at == NOON
    assert down.routes == (Route.PAGE,)
    assert not down.flapping
    assert down.moments == (Moment(at=NOON, what="opened", votes=(("db", ("lima", "mike")),)),)


def test_what_nobody_sees_has_no_votes_to_tell() -> None:
    (blind,) = openings((), scene(BLIND, BLIND))

    assert blind.monitors == {"db", "web"}
    assert blind.moments == (Moment(at=NOON, what="opened"),)


def test_only_what_is_down_opens_as_flapping() -> None:
    often = (NOON,) * 5

    assert [i.flapping for i in openings((), scene(replace(DOWN, flips=often)))] == [True]
    assert [i.flapping for i in openings((), scene(replace(WARNED, flips=often)))] == [False]


def test_what_fell_together_says_what_it_shares() -> None:
    one = TcpTarget(host="one.example.com", port=1)
    both = shard(*(replace(each, target=one) for each in SHOP.monitors))

    assert [i.shared for i in openings((), scene(DOWN, DOWN, shard=both))] == [
        "the host one.example.com"
    ]


@pytest.mark.parametrize(
    ("standing", "routes", "told"),
    [
        (DOWN, (Route.NOTICE, Route.PAGE), (Route.PAGE, Route.NOTICE)),
        (WARNED, (Route.CHAT, Route.PAGE), (Route.CHAT,)),
        (WARNED, (Route.PAGE,), (Route.NOTICE,)),
    ],
    ids=["in the order of routes", "a warning does not page", "it is noticed then"],
)
def test_an_incident_goes_where_its_monitors_want_it(
    standing: Standing, routes: tuple[Route, ...], told: tuple[Route, ...]
) -> None:
    watched = shard(monitor("db", routes=routes), monitor("web"))

    assert [i.routes for i in openings((), scene(standing, shard=watched))] == [told]


DOUBT = Doubt(since=NOON - 3 * MINUTE, text="silent")


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        pytest.param({"lima": DOUBT}, ["lima"], id="one of three"),
        pytest.param({"mike": DOUBT, "lima": DOUBT}, ["lima", "mike"], id="two of three"),
        pytest.param(dict.fromkeys(THREE, DOUBT), ["lima+mike+november"], id="all at once"),
        pytest.param({"lima": replace(DOUBT, well_since=NOON)}, [], id="well again"),
        pytest.param(
            {"lima": replace(DOUBT, well_since=NOON), "mike": DOUBT}, ["mike"], id="one is well"
        ),
        pytest.param({"lima": replace(DOUBT, since=DOUBT.since + INSTANT)}, [], id="too soon"),
    ],
)
def test_a_location_is_told_of_once_it_is_in_trouble_for_long_enough(
    seen: dict[str, Doubt], told: list[str]
) -> None:
    assert [name for _, name in opened(scene(doubts=seen))] == told
    assert opened(scene(doubts=seen, leads=frozenset())) == []


def test_all_locations_are_one_incident_that_says_why_of_each() -> None:
    seen = {name: replace(DOUBT, text=f"silent {name}") for name in THREE}
    (incident,) = openings((), scene(doubts=seen))

    assert incident.id == incident_id(Kind.LOCATION, "lima", NOON)
    assert incident.moments[0].note == (
        "lima: silent lima; mike: silent mike; november: silent november"
    )
    assert opened(scene(BLIND, BLIND, doubts=seen))[-1] == (Kind.UNKNOWN, "db+web")


def test_the_incident_of_a_location_says_why_and_wakes_nobody() -> None:
    (incident,) = openings((), scene(doubts={"lima": DOUBT}))

    assert incident == Incident(
        id=incident_id(Kind.LOCATION, "lima", NOON),
        kind=Kind.LOCATION,
        opened_at=NOON,
        routes=(Route.NOTICE,),
        troubles=(Trouble(location="lima", since=DOUBT.since, text="silent"),),
        moments=(Moment(at=NOON, what="opened", note="silent"),),
    )
    assert opened(scene(doubts={"lima": DOUBT}), incident) == []


FOUR = tuple(monitor(name) for name in ("db", "mail", "ssh", "web"))


def test_a_location_that_fails_exactly_half_of_what_others_see_passing_is_not_believed() -> None:
    many = [f"m{n}" for n in range(6)]
    life = Life.of(*map(monitor, many)).live(seen={"lima": dict.fromkeys(many[:3], FAIL)})

    assert suspects(life.shard, life.table, life.now) == {
        "lima": "fails 3 of 6 monitors that the others see passing"
    }


def test_its_own_word_goes_before_what_is_found_out() -> None:
    life = Life.of(*FOUR).live(only={"lima": FAIL}, suspect={"lima": "its canaries fail"})

    assert suspects(life.shard, life.table, life.now) == {"lima": "its canaries fail"}


def test_whom_less_than_a_quorum_contradicts_is_believed() -> None:
    many = [monitor(f"m{n}", need=3) for n in range(4)]
    life = Life.of(*many).live(only={"lima": FAIL})

    assert suspects(life.shard, life.table, life.now) == {}


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=150), ""),
        (timedelta(seconds=151), "has been silent since 2026-01-01 12:00 UTC"),
    ],
    ids=["still heard", "silent"],
)
def test_a_location_is_silent_once_its_report_is_stale(age: timedelta, text: str) -> None:
    found = doubts(["lima"], {"lima": report("lima")}, {}, {}, NOON + age)

    assert [each.text for each in found.values()] == [text] * bool(text)


def test_a_doubt_keeps_its_beginning_and_its_end_lasts() -> None:
    known = {"lima": Doubt(since=NOON - 9 * MINUTE, text="old")}
    now, well = NOON, {"lima": report("lima")}

    assert doubts(["lima", "mike"], well, {"lima": "why"}, known, now) == {
        "lima": Doubt(since=NOON - 9 * MINUTE, text="why"),
        "mike": Doubt(since=NOON, text="has never reported"),
    }
    ending = doubts(["lima"], well, {}, known, now)
    assert ending == {"lima": replace(known["lima"], well_since=NOON)}
    later = {"lima": report("lima", tick=TICK + 5)}
    assert doubts(["lima"], later, {}, ending, NOON + 5 * MINUTE - INSTANT) == ending
    assert doubts(["lima"], later, {}, ending, NOON + 5 * MINUTE) == {}


def test_a_location_that_leads_nothing_any_more_is_told_of_no_longer() -> None:
    life = Life.of(around=Surroundings(leads=frozenset(THREE))).live(3).live(6, silent={"lima"})
    life.around = Surroundings()

    assert life.live(1, silent={"lima"}).told(Event.RESOLVED) == ["lima"]


def test_of_all_locations_only_those_are_told_of_whose_monitors_do_not_say_it() -> None:
    seen = dict.fromkeys(THREE, DOUBT)
    apart = shard(
        monitor("db", locations=("lima", "mike")), monitor("web", locations=("november",))
    )

    assert opened(scene(UP, BLIND, shard=apart, doubts=seen))[1:] == [(Kind.LOCATION, "lima+mike")]
    paused = Standing(verdict=Verdict.PAUSED, since=NOON)
    assert opened(scene(paused, paused, doubts=seen)) == []
    assert opened(scene(paused, UP, doubts=seen)) == [(Kind.LOCATION, "lima+mike+november")]


def test_what_is_known_to_be_calm_counts_for_a_location_and_hides_nothing_after_it() -> None:
    seen = {"lima": dict.fromkeys(("mail", "ssh", "web"), FAIL)}
    life = Life.of(*FOUR).live(seen=seen)

    assert suspects(life.shard, life.table, life.now, frozenset({"db"})) == {
        "lima": "fails 3 of 4 monitors that the others see passing"
    }
