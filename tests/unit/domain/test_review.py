"""What is open already, or a doubt, swallows no page."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import FAIL, MINUTE, PASS, TICK, monitor, shard, world
from tests.unit.domain.history import ME, Life
from tocsin.domain import orders
from tocsin.domain.incident import Ending, Event, Kind
from tocsin.domain.judgement import Surroundings, judge
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.schedule import instant_of
from tocsin.domain.state import ShardState

BOTH = (replace(monitor("db"), tags=("shop",)), replace(monitor("web"), tags=("shop",)))
FOLDED = {"db", "web"}
HOUR = 60
CLEAR = st.sampled_from(["ppp", "fff", "ffp", "fpp"])


def folded() -> Life:
    """Two that share a tag went down together; `web` is well again, `db` stays down."""
    life = Life.of(*BOTH).live(2, down=FOLDED).live(HOUR, down={"db"})
    assert life.told(Event.OPENED) == ["db+web"]
    assert life.told(Event.UPDATED) == []
    return life


def test_what_was_well_again_within_a_folded_incident_and_falls_is_told_of() -> None:
    life = folded().live(3, down=FOLDED)

    told = [alert for alert in life.alerts if alert.event is Event.UPDATED]
    assert [alert.note for alert in told] == ["Down again: web"]
    assert life.told(Event.UPDATED) == ["web"]
    assert [m.what for m in life.state.incidents[0].moments if "again" in m.what] == [
        "down again: web"
    ]


def test_it_is_told_of_each_time_it_falls_after_it_was_quiet_under_another_id_each() -> None:
    life = folded()
    for _ in range(3):
        life.live(3, down=FOLDED).live(HOUR, down={"db"})

    told = [alert.id for alert in life.alerts if alert.event is Event.UPDATED]
    assert len(set(told)) == len(told) == 3
    assert life.live(1).told(Event.RESOLVED) == ["db+web"]


def test_somebody_who_took_on_the_one_that_stayed_down_hears_of_the_other() -> None:
    life = folded()
    life.state = orders.acknowledged(life.state, life.state.incidents[0].id, ME)

    assert len(life.live(3, down=FOLDED).told(Event.UPDATED)) == 1


def test_what_was_paused_within_a_folded_incident_is_told_of_when_it_is_down_after_that() -> None:
    life = Life.of(*BOTH).live(2, down=FOLDED)
    life.state = orders.paused(life.state, ["web"], ME)
    life.live(5, down=FOLDED)
    life.state = orders.resumed(life.state, ["web"], ME)

    assert len(life.live(3, down=FOLDED).told(Event.UPDATED)) == 1


def test_a_window_holds_what_falls_again_and_does_not_swallow_it() -> None:
    life = folded()
    life.around = Surroundings(held=frozenset({"web"}))
    assert life.live(5, down=FOLDED).told(Event.UPDATED) == []

    life.around = Surroundings()
    assert len(life.live(2, down=FOLDED).told(Event.UPDATED)) == 1


def test_a_new_name_does_not_make_it_fall_again() -> None:
    life = folded()
    renamed = replace(BOTH[1], id="shop", was="web")
    life.shard = shard(BOTH[0], renamed, version=2)

    life.live(5, down={"db"})
    assert life.told(Event.UPDATED) == []
    life.live(3, down={"db", "shop"})
    assert [a.note for a in life.alerts if a.event is Event.UPDATED] == ["Down again: shop"]


def test_what_only_went_on_failing_is_told_of_once() -> None:
    life = Life.of(*BOTH).live(2, down=FOLDED)

    assert life.live(3 * HOUR, down=FOLDED).told(Event.UPDATED) == []


def test_locations_that_all_doubt_themselves_are_told_of_while_they_see_things_pass() -> None:
    blind = dict.fromkeys(("lima", "mike", "november"), "3 of its 3 canaries fail")
    around = Surroundings(leads=frozenset(blind))

    life = Life.of(around=around).live(2).live(30, suspect=blind)

    assert life.verdict() is Verdict.UP
    assert life.told() == ["lima+mike+november"]
    assert life.live(10).told(Event.RESOLVED) == ["lima+mike+november"]


def test_a_lost_location_that_leaves_ends_what_was_said_of_all_and_begins_one_of_the_others() -> (
    None
):
    doubt = dict.fromkeys(("lima", "mike", "november"), "3 of its 3 canaries fail")
    life = Life.of(around=Surroundings(leads=frozenset(doubt))).live(2).live(10, suspect=doubt)
    life.around = Surroundings(leads=frozenset({"lima", "mike"}))

    life.live(1, suspect=doubt)

    assert life.told(Event.RESOLVED) == ["lima+mike+november"]
    assert life.alerts[1].ending is Ending.DELETED
    assert life.told(Event.OPENED) == ["lima+mike+november", "lima+mike"]


def test_two_locations_that_accuse_each_other_are_told_of() -> None:
    places = ("lima", "mike")
    watched = [monitor(f"m{n}", locations=places, need=1) for n in range(6)]
    around = Surroundings(leads=frozenset(places))
    life = Life.of(*watched, places=places, around=around).live(2)

    life.live(
        30,
        seen={
            "lima": {f"m{n}": FAIL for n in (0, 1, 2)},
            "mike": {f"m{n}": FAIL for n in (3, 4, 5)},
        },
    )

    assert life.told() == ["lima+mike"]


def test_silence_of_all_is_told_of_before_what_is_seldom_checked_is_unknown() -> None:
    seldom = monitor(interval=HOUR * MINUTE)
    life = Life.of(seldom, around=Surroundings(leads=frozenset(seldom.locations))).live(2)

    life.live(10, silent=seldom.locations)

    assert life.told() == ["lima+mike+november"]


def test_silence_of_all_that_is_unknown_already_is_one_alert() -> None:
    life = Life.of(around=Surroundings(leads=frozenset(monitor().locations))).live(2)

    life.live(30, silent=monitor().locations)

    assert [alert.kind for alert in life.alerts] == [Kind.UNKNOWN]


def test_what_a_quorum_fails_in_turns_and_never_for_long_enough_is_told_of_after_a_while() -> None:
    parent = monitor("db", fail_for=5 * MINUTE)
    child = replace(monitor("api"), depends_on=("db",))
    life = Life.of(parent, child).live()
    for turn in range(30):
        well = parent.locations[turn % 3]
        each = {p: {"db": PASS if p == well else FAIL, "api": FAIL} for p in parent.locations}
        life.live(seen=each)

    assert life.verdict("db") is Verdict.DEGRADED
    assert [(alert.kind, alert.subjects[0].fallen) for alert in life.alerts] == [
        (Kind.DEGRADED, ("api",))
    ]


def test_a_clock_that_goes_back_by_seconds_tells_nothing_twice() -> None:
    life = Life.of().live(3).live(2, down={"db"})

    after = judge(life.shard, life.table, life.state, life.now - timedelta(seconds=20))

    assert after.outbox == ()
    assert life.told() == ["db"]


@given(st.lists(st.tuples(CLEAR, CLEAR), max_size=12))
def test_whatever_falls_is_told_of_since_it_was_well_last(history: list[tuple[str, str]]) -> None:
    table: dict[str, Report] = {}
    state = ShardState(shard="s0")
    told: set[str] = set()
    for number, (db, web) in enumerate(history):
        tick = TICK + number
        worlds = world(db, tick=tick), world(web, tick=tick, name="web")
        for place in worlds[0].keys() & worlds[1].keys():
            sightings = {n: s for each in worlds for n, s in each[place].sightings.items()}
            table[place] = replace(worlds[0][place], sightings=sightings)
        state = judge(shard(*BOTH), table, replace(state, outbox=()), instant_of(tick))
        for owed in state.outbox:
            if owed.alert.kind is Kind.DOWN and owed.alert.event is not Event.RESOLVED:
                told |= {subject.monitor for subject in owed.alert.subjects}
        for name, standing in state.standings.items():
            if standing.well and not standing.flaps(instant_of(tick)):
                told.discard(name)
            assert standing.verdict is not Verdict.DOWN or name in told


def test_a_parent_in_another_shard_that_fails_not_yet_for_long_enough_shelters_too() -> None:
    there = Life.of(monitor("db", fail_for=5 * MINUTE)).live().live(2, down={"db"})
    assert there.verdict("db") is Verdict.DEGRADED
    child = replace(monitor("api"), depends_on=("db",))
    life = Life.of(child, around=Surroundings(elsewhere=there.state.standings))

    assert life.live(3, down={"api"}).told() == []
