"""What is new in the course of an incident, and what is not worth a word."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.fakes.make import FAIL, NOON, PASS, THREE, monitor
from tests.unit.domain.history import Life
from tocsin.domain.incident import Alert, Event
from tocsin.domain.judgement import Surroundings
from tocsin.domain.outcome import Outcome, Reason
from tocsin.domain.quorum import Verdict

SILENT = replace(FAIL, reason=Reason.SILENT)
TWO = {"mike": FAIL, "november": FAIL}


def updates(life: Life) -> list[Alert]:
    return [alert for alert in life.alerts if alert.event is Event.UPDATED]


def begun(minutes: int = 15) -> Life:
    """Two of three locations have failed it for a while."""
    return Life.of().live().live(minutes, only=TWO)


def all_fail(outcome: Outcome) -> dict[str, Outcome]:
    return dict.fromkeys(THREE, outcome)


def test_that_it_fails_at_more_locations_is_told_when_it_lasts() -> None:
    life = begun().live(2, only=all_fail(FAIL))
    assert updates(life) == []

    life.live(1, only=all_fail(FAIL))

    (told,) = updates(life)
    assert told.note == "Fails at more locations: lima"
    assert [b.location for b in told.subjects[0].ballots if b.reason] == [
        "lima",
        "mike",
        "november",
    ]
    assert life.state.incidents[0].moments[-1].what == "fails at more locations: lima"
    assert updates(life.live(60, only=all_fail(FAIL))) == [told]


def test_that_it_fails_for_another_reason_is_told_when_it_lasts() -> None:
    life = begun().live(3, only={"mike": SILENT, "november": SILENT})

    (told,) = updates(life)
    assert told.note == "Fails for another reason: silent, was refused"


def test_both_at_once_are_one_update() -> None:
    life = begun().live(3, only=all_fail(SILENT))

    (told,) = updates(life)
    assert told.note == (
        "Fails at more locations: lima; Fails for another reason: silent, was refused"
    )


def test_what_comes_in_the_first_minutes_is_part_of_the_beginning() -> None:
    life = Life.of().live().live(2, only=TWO).live(30, only=all_fail(FAIL))

    assert updates(life) == []


@pytest.mark.parametrize(
    "later",
    [
        pytest.param({"mike": SILENT, "november": FAIL}, id="one of two has another reason"),
        pytest.param({"mike": FAIL, "november": FAIL, "lima": PASS}, id="nothing is new"),
    ],
)
def test_what_is_partly_known_is_no_news(later: dict[str, Outcome]) -> None:
    assert updates(begun().live(30, only=later)) == []


def test_a_location_that_comes_and_goes_is_told_of_once() -> None:
    life = begun()
    for _ in range(5):
        life.live(5, only=all_fail(FAIL)).live(15, only=TWO)

    assert len(updates(life)) == 1


def test_what_does_not_last_is_not_told_of() -> None:
    life = begun()
    for _ in range(10):
        life.live(2, only=all_fail(FAIL)).live(1, only=TWO)

    assert updates(life) == []


def test_there_is_time_between_two_updates() -> None:
    life = begun()
    for number in range(40):
        life.live(3, only=dict.fromkeys(TWO, (SILENT, FAIL)[number % 2]))

    times = [alert.at for alert in updates(life)]
    assert len(times) > 3
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) >= timedelta(minutes=10)


def test_of_a_folded_incident_an_update_shows_what_is_new_alone() -> None:
    life = Life.of(*(replace(monitor(name), tags=("shop",)) for name in ("db", "web")))
    life.live().live(15, down={"db", "web"})
    later = {place: {"db": SILENT} for place in THREE}

    life.live(3, down={"db", "web"}, seen=later)

    (told,) = updates(life)
    assert [subject.monitor for subject in told.subjects] == ["db"]


def test_an_end_says_what_it_was() -> None:
    life = begun(1).live(3)

    assert life.verdict() is Verdict.UP
    assert [a.note for a in life.alerts if a.event is Event.RESOLVED] == [
        "refused at 2 of 3 locations"
    ]


def test_an_end_of_several_says_for_which_reasons_they_failed() -> None:
    life = Life.of(*(replace(monitor(name), tags=("shop",)) for name in ("db", "web"))).live()
    seen = {place: {"db": SILENT, "web": FAIL} for place in THREE}

    life.live(1, seen=seen).live(3)

    assert [a.note for a in life.alerts if a.event is Event.RESOLVED] == ["refused, silent"]


def test_the_story_of_a_renamed_monitor_goes_on() -> None:
    life = begun()
    life.shard = replace(
        life.shard, version=2, monitors=(replace(monitor("data"), was="db", changed_in=0),)
    )

    life.live(30, only=TWO)

    assert updates(life) == []
    assert [each.monitor for each in life.state.incidents[0].pictures] == ["data"]
    assert life.state.incidents[0].opened_at == NOON + timedelta(minutes=1)


def test_what_comes_once_the_beginning_is_over_is_told_ten_minutes_after_it() -> None:
    life = begun(3).live(12, only=all_fail(FAIL))

    (told,) = updates(life)
    assert told.at - told.opened_at == timedelta(minutes=10)


def test_a_location_that_was_told_of_is_known_also_when_other_news_come() -> None:
    life = begun().live(15, only=all_fail(FAIL)).live(15, only=dict.fromkeys(TWO, SILENT))

    assert len(updates(life.live(30, only=all_fail(SILENT)))) == 2


def test_of_what_goes_up_and_down_nothing_else_is_told() -> None:
    life = Life.of().live()
    for _ in range(6):
        life.live(down={"db"}).live()
    known = len(updates(life))

    life.live(20, down={"db"}).live(5, only=all_fail(SILENT))

    assert life.state.incidents[0].flapping
    assert len(updates(life)) == known


def test_reasons_are_spoken() -> None:
    slow = replace(FAIL, reason=Reason.CONNECT_TIMEOUT)
    life = begun().live(3, only=dict.fromkeys(TWO, slow)).live(3)

    assert [a.note for a in life.alerts if a.event is not Event.OPENED] == [
        "Fails for another reason: connect timeout, was refused",
        "connect timeout at 2 of 3 locations",
    ]


def test_where_one_alone_looks_an_end_does_not_count_locations() -> None:
    alone = replace(monitor(), locations=("lima",), need=1)
    life = Life.of(alone).live().live(1, down={"db"}).live(3)

    assert [a.note for a in life.alerts if a.event is Event.RESOLVED] == ["refused"]


def test_where_two_look_an_end_counts_both() -> None:
    both = replace(monitor(), locations=("lima", "mike"), need=2)
    life = Life.of(both).live().live(1, down={"db"}).live(3)

    assert [a.note for a in life.alerts if a.event is Event.RESOLVED] == [
        "refused at 2 of 2 locations"
    ]


def test_the_end_of_what_nobody_saw_says_nothing_more() -> None:
    life = Life.of().live().live(8, silent=THREE).live(3)

    assert [a.note for a in life.alerts if a.event is Event.RESOLVED] == [""]


def test_what_is_new_of_a_monitor_whose_alerts_are_held_is_told_when_they_no_longer_are() -> None:
    life = Life.of(*(replace(monitor(name), tags=("shop",)) for name in ("db", "web"))).live()
    life.live(15, down={"db", "web"})
    later = {place: {"db": SILENT} for place in THREE}
    life.around = Surroundings(held=frozenset({"db"}))
    life.live(10, down={"web"}, seen=later)
    assert updates(life) == []

    life.around = Surroundings()
    life.live(3, down={"web"}, seen=later)

    (told,) = updates(life)
    assert told.note == "Fails for another reason: silent, was refused"


def test_what_is_told_of_one_swallows_nothing_of_another_whose_alerts_are_held() -> None:
    life = Life.of(*(replace(monitor(name), tags=("shop",)) for name in ("db", "web"))).live()
    life.live(15, down={"db", "web"})
    later = {place: {"db": SILENT, "web": SILENT} for place in THREE}
    life.around = Surroundings(held=frozenset({"db"}))
    life.live(3, seen=later)
    life.around = Surroundings()
    life.live(15, seen=later)

    assert [[s.monitor for s in alert.subjects] for alert in updates(life)] == [["web"], ["db"]]
