"""Which locations are not believed, and what is told of them."""

from dataclasses import replace

import pytest

from tests.fakes.make import FAIL, THREE, monitor
from tests.unit.domain.history import Life
from tocsin.domain.incident import Event, Kind
from tocsin.domain.judgement import Surroundings
from tocsin.domain.outcome import Reason
from tocsin.domain.quorum import Ballot, Verdict, ballots
from tocsin.domain.suspicion import UNREADABLE, doubted

FOUR = tuple(monitor(name) for name in ("db", "mail", "ssh", "web"))
LEADING = Surroundings(leads=frozenset(THREE))
BROKEN = {"lima": FAIL}


def _ballots(life: Life) -> tuple[Ballot, ...]:
    """Give the votes as an alert would show them."""
    doubtful = doubted(life.table["lima"], "fails 4 of 4 monitors")
    return ballots(FOUR[0], life.table | {"lima": doubtful}, life.now)


def test_a_location_that_fails_alone_what_all_others_see_passing_is_not_believed() -> None:
    life = Life.of(*FOUR).live(only=BROKEN)

    assert [life.verdict(m.id) for m in FOUR] == [Verdict.UP] * 4
    assert life.state.standings["db"].silent == ("lima",)


def test_a_monitor_that_any_location_may_call_down_is_not_called_so_by_a_broken_one() -> None:
    anybody = tuple(monitor(m.id, need=1) for m in FOUR)

    assert Life.of(*anybody).live(5, only=BROKEN).told() == []


def test_two_failures_are_too_few_to_doubt_a_location() -> None:
    life = Life.of(*FOUR[:2]).live(only=BROKEN)

    assert life.verdict() is Verdict.DEGRADED


def test_what_the_others_fail_too_speaks_for_a_location() -> None:
    life = Life.of(*FOUR).live(down={"db", "mail", "ssh"})

    assert life.verdict() is Verdict.DOWN
    assert life.state.doubts == {}


def test_a_location_that_fails_less_than_half_alone_is_believed() -> None:
    many = tuple(monitor(f"m{n}") for n in range(7))
    life = Life.of(*many).live(seen={"lima": dict.fromkeys(("m0", "m1", "m2"), FAIL)})

    assert life.state.doubts == {}
    assert [life.verdict(name) for name in ("m0", "m6")] == [Verdict.DEGRADED, Verdict.UP]


def test_two_locations_that_fail_together_are_not_alone() -> None:
    places = (*THREE, "oscar")
    watched = tuple(monitor(m.id, locations=places, need=2) for m in FOUR)
    life = Life.of(*watched, places=places).live(only={"lima": FAIL, "mike": FAIL})

    assert life.state.doubts == {}
    assert life.verdict() is Verdict.DOWN


def test_its_own_word_is_enough_and_its_passes_still_count() -> None:
    why = "2 of its 3 canaries fail: refused"
    life = Life.of(monitor(need=3)).live(suspect={"lima": why})

    assert life.verdict() is Verdict.UP
    assert life.state.doubts["lima"].text == why


def test_doubt_ends_no_incident() -> None:
    places = (*THREE, "oscar")
    watched = tuple(monitor(m.id, locations=places, need=2) for m in FOUR)
    life = Life.of(*watched, places=places).live(only={"lima": FAIL, "mike": FAIL})
    assert life.told(Event.OPENED) == ["db", "mail", "ssh", "web"]

    life.live(5, only={"lima": FAIL, "mike": FAIL}, suspect={"mike": "canaries"})
    assert set(life.state.doubts) == {"lima", "mike"}
    assert life.told(Event.RESOLVED) == []


@pytest.mark.parametrize("minutes", [3, 30], ids=["soon", "long after"])
def test_a_silent_location_is_told_of_once_and_its_return_too(minutes: int) -> None:
    life = Life.of(around=LEADING).live(3).live(3 + minutes, silent={"lima"})

    assert life.told(Event.OPENED) == ["lima"]
    assert life.alerts[0].kind is Kind.LOCATION
    assert life.alerts[0].troubles[0].text.startswith("has been silent since 2026-01-01 12:02")
    life.live(6)
    assert life.told(Event.RESOLVED) == ["lima"]


def test_a_location_whose_reports_cannot_be_read_is_not_said_to_be_silent() -> None:
    garbled = replace(LEADING, unreadable=frozenset({"lima"}))
    life = Life.of(around=garbled).live(4, silent={"lima"})

    (trouble,) = life.alerts[0].troubles
    assert (trouble.location, trouble.text) == ("lima", UNREADABLE)


def test_a_location_that_comes_and_goes_is_told_of_once() -> None:
    life = Life.of(around=LEADING).live()
    for _ in range(5):
        life.live(4, silent={"lima"}).live(2)

    assert life.told(Event.OPENED) == ["lima"]
    assert life.told(Event.RESOLVED) == []


def test_where_nobody_sees_anything_there_is_one_alert() -> None:
    life = Life.of(*FOUR, around=LEADING).live().live(10, silent=THREE)

    assert life.told() == ["db+mail+ssh+web"]
    assert life.alerts[0].kind is Kind.UNKNOWN


def test_another_shards_locations_are_its_own_to_tell() -> None:
    life = Life.of(around=Surroundings(leads=frozenset({"mike"}))).live()

    assert life.live(10, silent={"lima"}).told() == []


def test_the_ballot_says_why_a_failure_is_not_counted() -> None:
    life = Life.of(*FOUR, around=LEADING).live(4, only=BROKEN)

    assert life.told() == ["lima"]
    assert "fails 4 of 4 monitors" in life.alerts[0].troubles[0].text
    (ballot,) = [b for b in _ballots(life) if b.location == "lima"]
    assert not ballot.counted
    assert ballot.reason is Reason.SUSPECT


def test_where_every_location_doubts_itself_nothing_is_called_down_and_one_alert_says_so() -> None:
    blind = dict.fromkeys(THREE, "3 of its 3 canaries fail: could not be resolved (SERVFAIL)")
    everything = {m.id for m in FOUR}
    life = Life.of(*FOUR, around=LEADING).live(3)

    life.live(30, down=everything, suspect=blind)

    assert [alert.kind for alert in life.alerts] == [Kind.UNKNOWN]
    assert {life.verdict(name) for name in everything} == {Verdict.UNKNOWN}
    assert life.live(10).told(Event.RESOLVED) == life.told(Event.OPENED)
