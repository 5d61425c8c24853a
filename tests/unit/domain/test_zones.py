"""Who is behind, for how long, and what the locations' votes are for it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import NOON, THREE, TICK, shard, sighting
from tocsin.domain.incident import Kind
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.schedule import instant_of
from tocsin.domain.state import ShardState
from tocsin.domain.zones import FORGOTTEN_AFTER, REMEMBERED, behind, judged, newest
from tocsin.messages import voting
from tocsin.messages.headline import headline

OLD, NEW = 2026112201, 2026112301
LAG = timedelta(minutes=5)
NS1, NS2 = "ns1.example.com. 192.0.2.1", "ns2.example.com. 192.0.2.2"
serials = st.integers(0, (1 << 32) - 1)


def zone(servers: int | None = None) -> Monitor:
    target = ZoneTarget(zone="example.com", serial_lag=LAG, servers=servers)
    return Monitor(id="zone", target=target, locations=THREE, need=2)


def seen(**serials: int) -> Outcome:
    """See ns1 and ns2 with these serials, as the check says it."""
    found = {NS1: serials["ns1"], NS2: serials["ns2"]}
    late = len(set(found.values())) > 1
    return Outcome(vote=Vote.PASS, serials=found, warning=Reason.SERIAL_BEHIND if late else None)


def reports(minute: int, **outcomes: Outcome) -> dict[str, Report]:
    tick = TICK + minute
    return {
        location: Report(
            location=location,
            shard="s0",
            tick=tick,
            config_version=1,
            sightings={"zone": sighting(outcome, at=tick)},
        )
        for location, outcome in outcomes.items()
    }


def everywhere(outcome: Outcome) -> dict[str, Outcome]:
    return dict.fromkeys(THREE, outcome)


class World:
    """A zone that is judged minute by minute."""

    def __init__(self, watched: Monitor | None = None) -> None:
        self.shard = shard(watched or zone())
        self.state = ShardState(shard="s0")

    def at(self, minute: int, **outcomes: Outcome) -> None:
        now = instant_of(TICK + minute)
        self.state = judge(self.shard, reports(minute, **outcomes), self.state, now)
        again = judge(self.shard, reports(minute, **outcomes), self.state, now)
        assert again == self.state, "judging twice changes nothing"

    @property
    def verdict(self) -> Verdict:
        return self.state.standings["zone"].verdict

    @property
    def evidence(self) -> str:
        return self.state.incidents[0].subjects[0].ballots[0].evidence


def test_a_new_serial_on_its_way_is_no_trouble() -> None:
    world = World()

    for minute in range(5):
        world.at(minute, **everywhere(seen(ns1=NEW, ns2=OLD)))
        assert world.verdict is Verdict.UP

    world.at(5, **everywhere(seen(ns1=NEW, ns2=NEW)))
    assert world.verdict is Verdict.UP
    assert not world.state.outbox


def test_a_server_that_stays_behind_is_named_with_its_serial_and_its_lag() -> None:
    world = World()

    for minute in range(8):
        world.at(minute, **everywhere(seen(ns1=NEW, ns2=OLD)))

    (incident,) = world.state.incidents
    ballot = incident.subjects[0].ballots[0]
    assert incident.kind is Kind.DOWN
    assert (ballot.layer, ballot.reason) == (Layer.CONTENT, Reason.SERIAL_BEHIND)
    assert ballot.evidence == (
        f"ns2.example.com. (192.0.2.2) serves {OLD}, 6 min behind {NEW} at ns1.example.com."
    )
    assert ballot.failing_since == NOON + LAG


def test_a_location_that_alone_sees_old_serials_everywhere_is_the_one_that_fails() -> None:
    """An anycast site that is cut off: from there each server gives the same old answer."""
    world = World()

    for minute in range(8):
        world.at(
            minute,
            lima=seen(ns1=OLD, ns2=OLD),
            mike=seen(ns1=NEW, ns2=NEW),
            november=seen(ns1=NEW, ns2=NEW),
        )

    assert world.verdict is Verdict.DEGRADED
    assert world.state.standings["zone"].failing == ("lima",)

    for minute in range(8, 17):
        world.at(
            minute,
            lima=seen(ns1=OLD, ns2=OLD),
            mike=seen(ns1=NEW, ns2=NEW),
            november=seen(ns1=NEW, ns2=NEW),
        )

    assert world.evidence == (
        "ns1.example.com. (192.0.2.1) and ns2.example.com. (192.0.2.2) "
        f"serve {OLD}, 16 min behind {NEW} (seen from mike and november)"
    )
    assert world.state.incidents[0].routes == (Route.NOTICE,)


def test_a_server_that_is_old_from_one_place_only_is_named_with_that_place() -> None:
    """One site of an anycast server: the same address, and another answer from there."""
    world = World()

    for minute in range(17):
        world.at(
            minute,
            lima=seen(ns1=NEW, ns2=OLD),
            mike=seen(ns1=NEW, ns2=NEW),
            november=seen(ns1=NEW, ns2=NEW),
        )

    (owed,) = world.state.outbox
    said = headline(owed.alert)
    assert owed.alert.kind is Kind.DEGRADED
    assert said[2].forms[0] == (
        f"ns2.example.com. (192.0.2.2) serves {OLD}, 16 min behind {NEW} at ns1.example.com., "
        "from lima only"
    )


def test_an_alert_says_which_server_how_far_behind_and_from_how_many_places() -> None:
    world = World()

    for minute in range(48):
        world.at(minute, **everywhere(seen(ns1=NEW, ns2=OLD)))
    said = voting.lead(world.state.incidents[0].subjects[0])
    (owed,) = world.state.outbox

    assert said.startswith(f"ns2.example.com. (192.0.2.2) serves {OLD}, 6 min behind {NEW}")
    assert headline(owed.alert)[2].forms[0].endswith(", from all 3 locations")


def test_what_was_behind_and_has_caught_up_is_well_at_once() -> None:
    world = World()
    for minute in range(8):
        world.at(minute, **everywhere(seen(ns1=NEW, ns2=OLD)))

    world.at(8, **everywhere(seen(ns1=NEW, ns2=NEW)))

    assert world.verdict is Verdict.UP
    assert not world.state.incidents


def test_where_enough_servers_are_well_the_others_are_a_warning() -> None:
    world = World(zone(servers=1))

    for minute in range(8):
        world.at(minute, **everywhere(seen(ns1=NEW, ns2=OLD)))

    assert world.verdict is Verdict.DEGRADED


def test_an_old_serial_that_comes_back_is_as_old_as_it_is() -> None:
    world = World()
    world.at(0, **everywhere(seen(ns1=NEW, ns2=OLD)))
    world.at(1, **everywhere(seen(ns1=NEW, ns2=NEW)))

    world.at(30, **everywhere(seen(ns1=NEW, ns2=OLD)))

    assert world.verdict is Verdict.DOWN
    assert "30 min behind" in world.evidence


def test_a_serial_that_was_set_back_is_the_newest_as_soon_as_all_have_it() -> None:
    world = World()
    for minute in range(3):
        world.at(minute, **everywhere(seen(ns1=5, ns2=NEW)))
    for minute in range(3, 60):
        world.at(minute, **everywhere(seen(ns1=5, ns2=5)))
        assert world.verdict is Verdict.UP

    world.at(60, **everywhere(seen(ns1=6, ns2=5)))

    assert world.verdict is Verdict.UP, "serial 5 is old only from now on"


def test_a_failure_that_the_check_saw_itself_stays_what_it_is() -> None:
    broken = Outcome(
        vote=Vote.FAIL,
        layer=Layer.DNS,
        reason=Reason.DNS_TIMEOUT,
        evidence="ns2 is silent",
        serials={NS1: NEW},
    )
    world = World()

    world.at(0, **everywhere(broken))

    assert world.evidence == "ns2 is silent"


def test_a_location_that_is_silent_has_no_serial_that_counts() -> None:
    world = World()
    stale = reports(-30, lima=seen(ns1=NEW, ns2=NEW))
    fresh = reports(0, mike=seen(ns1=OLD, ns2=OLD), november=seen(ns1=OLD, ns2=OLD))

    world.state = judge(world.shard, stale | fresh, world.state, NOON)
    later = instant_of(TICK + 10)
    fresh = reports(10, mike=seen(ns1=OLD, ns2=OLD), november=seen(ns1=OLD, ns2=OLD))
    world.state = judge(world.shard, stale | fresh, world.state, later)

    assert world.verdict is Verdict.UP


def test_a_secondary_that_jumps_ahead_leaves_all_others_behind_and_is_named() -> None:
    """By RFC 1982 it is the newest there is: it will never transfer the zone again."""
    ahead = NEW + 1_000_000
    world = World()

    for minute in range(8):
        world.at(minute, **everywhere(seen(ns1=NEW, ns2=ahead)))

    assert world.verdict is Verdict.DOWN
    assert world.evidence == (
        f"ns1.example.com. (192.0.2.1) serves {NEW}, 6 min behind {ahead} at ns2.example.com."
    )


def test_a_primary_that_was_set_back_is_behind_its_secondaries() -> None:
    world = World()

    for minute in range(8):
        world.at(minute, **everywhere(seen(ns1=1, ns2=NEW)))

    assert f"ns1.example.com. (192.0.2.1) serves 1, 6 min behind {NEW}" in world.evidence


def test_a_server_that_is_stuck_is_found_in_a_zone_that_changes_all_the_time() -> None:
    """Longer than serials are remembered that nobody gives any more."""
    lag = timedelta(hours=2)
    target = ZoneTarget(zone="example.com", serial_lag=lag)
    world = World(Monitor(id="zone", target=target, locations=THREE, need=2))

    for minute in range(122):
        assert not world.state.standings or world.verdict is Verdict.UP
        following = {"ns3.example.com. 192.0.2.3": NEW + minute - 1}
        outcome = seen(ns1=NEW + minute, ns2=OLD)
        world.at(minute, **everywhere(replace(outcome, serials={**outcome.serials, **following})))

    assert world.verdict is Verdict.DOWN
    assert f"serves {OLD}, 2 h 1 min behind {NEW + 121} at ns1" in world.evidence
    assert len(world.state.serials["zone"]) == REMEMBERED


def test_many_servers_with_the_same_old_serial_are_said_at_once() -> None:
    crowd = {f"ns{number}.example.com. 192.0.2.{number}": OLD for number in range(2, 9)}
    outcome = Outcome(vote=Vote.PASS, serials={NS1: NEW, **crowd}, warning=Reason.SERIAL_BEHIND)
    world = World()

    for minute in range(8):
        world.at(minute, **everywhere(outcome))

    assert world.evidence == (
        f"ns2.example.com. (192.0.2.2) and 6 others serve {OLD}, "
        f"6 min behind {NEW} at ns1.example.com."
    )


def test_servers_behind_by_different_serials_are_told_the_longest_first() -> None:
    last = {"ns3.example.com. 192.0.2.3": NEW}
    world = World()

    for minute in range(3):
        world.at(minute, **everywhere(seen(ns1=NEW - 1, ns2=OLD)))
    for minute in range(3, 10):
        outcome = seen(ns1=NEW - 1, ns2=OLD)
        world.at(minute, **everywhere(replace(outcome, serials={**outcome.serials, **last})))
    judged_now = judged(
        zone(),
        world.state.serials["zone"],
        reports(9, lima=replace(outcome, serials={**outcome.serials, **last})),
        instant_of(TICK + 9),
    )

    first, second = judged_now["lima"].sightings["zone"].outcome.evidence.split("; ")
    assert first.startswith(f"ns2.example.com. (192.0.2.2) serves {OLD}, 9 min behind {NEW}")
    assert second.startswith(f"ns1.example.com. (192.0.2.1) serves {NEW - 1}, 6 min behind {NEW}")


def test_what_nobody_gives_any_more_is_forgotten_after_a_day() -> None:
    world = World()
    world.at(0, **everywhere(seen(ns1=NEW, ns2=OLD)))
    minutes = int(FORGOTTEN_AFTER / timedelta(minutes=1))

    world.at(minutes, **everywhere(seen(ns1=NEW, ns2=NEW)))

    assert world.state.serials == {"zone": ()}


def test_a_zone_that_changes_all_the_time_does_not_fill_the_state() -> None:
    world = World()

    for minute in range(3 * REMEMBERED):
        world.at(minute, **everywhere(seen(ns1=NEW + minute + 1, ns2=NEW + minute)))
        assert world.verdict is Verdict.UP, "one minute behind is none at all"

    assert len(world.state.serials["zone"]) <= REMEMBERED


def test_a_hostile_zone_with_a_serial_for_every_question_does_not_fill_the_state() -> None:
    world = World()

    for minute in range(10):
        servers = {
            location: Outcome(
                vote=Vote.PASS,
                serials={
                    f"ns{server}.example.com. 192.0.2.{server}": hash((place, minute, server))
                    % 2**32
                    for server in range(24)
                },
                warning=Reason.SERIAL_BEHIND,
            )
            for place, location in enumerate(THREE)
        }
        world.at(minute, **servers)

    assert len(world.state.serials["zone"]) <= REMEMBERED


@given(st.lists(st.tuples(serials, serials), min_size=3, max_size=3), st.permutations(range(3)))
def test_votes_do_not_depend_on_the_order_of_the_reports(
    pairs: list[tuple[int, int]], order: list[int]
) -> None:
    outcomes = {
        location: seen(ns1=first, ns2=second)
        for location, (first, second) in zip(THREE, pairs, strict=True)
    }
    now: datetime = instant_of(TICK)
    straight = reports(0, **outcomes)
    shuffled = {THREE[n]: straight[THREE[n]] for n in order}
    watched = shard(zone())

    assert judge(watched, straight, ShardState(shard="s0"), now) == judge(
        watched, shuffled, ShardState(shard="s0"), now
    )


@given(serials)
def test_a_serial_half_way_round_is_neither_older_nor_newer(serial: int) -> None:
    """RFC 1982, 3.2: it is not defined, so nobody is blamed for it."""
    opposite = (serial + (1 << 31)) % (1 << 32)

    assert not behind(serial, opposite)
    assert not behind(opposite, serial)


@given(serials, st.lists(st.integers(0, (1 << 31) - 1), min_size=1))
def test_the_newest_of_one_half_of_the_circle_leaves_all_others_behind(
    begin: int, steps: list[int]
) -> None:
    given_ = [(begin + step) % (1 << 32) for step in steps]

    top = newest(given_)

    assert top == (begin + max(steps)) % (1 << 32)
    assert all(each == top or behind(each, top) for each in given_)


@given(
    st.lists(st.tuples(st.sampled_from(THREE), st.integers(0, 60), serials, serials), max_size=30)
)
def test_whatever_is_seen_votes_follow_and_the_state_stays_small(
    history: list[tuple[str, int, int, int]],
) -> None:
    world = World()
    known: dict[str, Outcome] = {}

    for minute, (location, _, first, second) in enumerate(history):
        known[location] = seen(ns1=first, ns2=second)
        world.at(minute, **known)

        assert len(world.state.serials["zone"]) <= REMEMBERED
        for old in world.state.serials["zone"]:
            assert old.since <= instant_of(TICK + minute)


@given(serials, st.integers(1, (1 << 31) - 1))
def test_a_serial_is_older_than_all_of_the_next_half_of_the_circle(serial: int, step: int) -> None:
    later = (serial + step) % (1 << 32)

    assert behind(serial, later)
    assert not behind(later, serial)
    assert newest([serial, later]) == newest([later, serial]) == later


@pytest.mark.parametrize("serial", [0, 1, (1 << 32) - 1])
def test_a_serial_is_not_behind_itself(serial: int) -> None:
    assert not behind(serial, serial)
