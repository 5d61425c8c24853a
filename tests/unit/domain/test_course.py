"""The course of an incident: reminders, flapping, pauses, silences, windows, a new name."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import MINUTE, NOON, PASS, THREE, monitor
from tests.unit.domain.history import ME, Life
from tocsin.domain import orders
from tocsin.domain.control import Silence
from tocsin.domain.incident import MOMENTS, Ending, Event
from tocsin.domain.judgement import HEARD_OF, Surroundings
from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import FLIPS

HELD = Surroundings(held=frozenset({"db"}))
FREE = Surroundings()
HOUR = 60


def test_reminders_double_up_to_a_day_and_go_on() -> None:
    life = Life.of().live(5 * 24 * HOUR, down={"db"})

    hours = [(a.at - NOON) / timedelta(hours=1) for a in life.alerts if a.event is Event.REMINDER]
    assert hours == [1, 3, 7, 15, 31, 55, 79, 103]
    assert len({alert.id for alert in life.alerts}) == len(life.alerts)


def test_nobody_is_reminded_of_what_somebody_has_taken_on() -> None:
    life = Life.of().live(30, down={"db"})
    life.state = orders.acknowledged(life.state, life.state.incidents[0].id, ME)

    life.live(24 * HOUR, down={"db"})

    assert life.told(Event.REMINDER) == []
    assert [m.by for m in life.state.incidents[0].moments if m.what == "acknowledged"] == ["ada"]


def test_an_aggregator_that_was_away_reminds_once() -> None:
    life = Life.of().live(1, down={"db"})
    life.tick += 60 * HOUR

    life.live(2, down={"db"})

    assert len(life.told(Event.REMINDER)) == 1


def flapping(life: Life, *, times: int = FLIPS) -> Life:
    for _ in range(times):
        life.live(down={"db"}).live()
    return life


@pytest.mark.parametrize(
    ("life", "event"),
    [
        pytest.param(Life.of().live(), Event.OPENED, id="from its opening on"),
        pytest.param(Life.of().live(down={"db"}).live(), Event.UPDATED, id="in its course"),
    ],
)
def test_what_goes_up_and_down_is_one_incident_until_it_is_quiet_and_says_so_once(
    life: Life, event: Event
) -> None:
    flapping(life, times=10)

    assert [alert.event for alert in life.alerts if alert.flapping] == [event]
    opened = len(life.told(Event.OPENED))
    assert opened <= FLIPS
    assert len(life.told(Event.RESOLVED)) == opened - 1
    life.live(31)
    assert len(life.told(Event.RESOLVED)) == len(life.told(Event.OPENED)) == opened


def test_what_goes_down_and_recovers_out_of_sight_flaps_too() -> None:
    life = Life.of().live()
    for _ in range(FLIPS):
        life.live(down={"db"}).live(3, silent=THREE).live()

    assert [alert.flapping for alert in life.alerts if alert.event is Event.OPENED][-1]
    assert len(life.told(Event.RESOLVED)) == len(life.told(Event.OPENED)) - 1
    life.live(31)
    assert len(life.told(Event.RESOLVED)) == len(life.told(Event.OPENED))


def test_what_was_paused_begins_anew_and_does_not_flap() -> None:
    life = flapping(Life.of().live())
    life.state = orders.paused(life.state, ["db"], ME)
    life.live()
    life.state = orders.resumed(life.state, ["db"], ME)
    life.live(down={"db"})
    known = len(life.told(Event.RESOLVED))
    life.live()

    assert len(life.told(Event.RESOLVED)) == known + 1


def test_what_comes_and_goes_now_and_then_does_not_flap() -> None:
    life = Life.of().live()
    for _ in range(5):
        life.live(down={"db"}).live(15)

    assert life.told(Event.UPDATED) == []
    assert len(life.told(Event.RESOLVED)) == 5


def test_a_window_holds_an_alert_and_what_outlives_it_is_told_at_its_end() -> None:
    life = Life.of(around=HELD).live().live(30, down={"db"})
    assert life.told() == []
    assert life.verdict() is Verdict.DOWN

    life.around = FREE
    assert life.live(down={"db"}).told(Event.OPENED) == ["db"]


def test_a_window_does_not_swallow_the_end_of_what_was_told_before_it() -> None:
    life = Life.of().live(2, down={"db"})
    life.around = HELD

    assert life.live(3, down={"db"}).live(2).told() == ["db", "db"]
    assert life.alerts[-1].ending is Ending.RECOVERED


def test_a_fault_within_a_window_is_told_to_nobody() -> None:
    life = Life.of(around=HELD).live(5, down={"db"}).live(3)
    life.around = FREE

    assert life.live(5).told() == []


def test_nobody_is_reminded_within_a_window() -> None:
    life = Life.of().live(2, down={"db"})
    life.around = HELD

    assert life.live(3 * HOUR, down={"db"}).told(Event.REMINDER) == []
    life.around = FREE
    assert life.live(1, down={"db"}).told(Event.REMINDER) == ["db"]


def silence(minutes: int, **about: tuple[str, ...]) -> Silence:
    return Silence(id="s1", said=ME, until=NOON + minutes * MINUTE, **about)


@pytest.mark.parametrize(
    "about", [{"monitors": ("db",)}, {"tags": ("shop",)}], ids=["by its name", "by its tag"]
)
def test_a_silence_holds_until_its_end_and_is_then_forgotten(
    about: dict[str, tuple[str, ...]],
) -> None:
    life = Life.of(replace(monitor(), tags=("shop",)))
    life.state = orders.silenced(life.state, silence(10, **about))

    assert life.live(10, down={"db"}).told() == []
    assert life.live(1, down={"db"}).told() == ["db"]
    assert life.state.silences == ()


def test_a_silence_that_is_ended_early_lets_the_alert_out() -> None:
    life = Life.of()
    life.state = orders.silenced(life.state, silence(100, monitors=("db",)))
    life.live(3, down={"db"})

    life.state = orders.loud(life.state, "s1")

    assert life.live(1, down={"db"}).told() == ["db"]


def test_a_pause_ends_the_incident_as_paused_and_nothing_opens_until_it_is_resumed() -> None:
    life = Life.of().live(2, down={"db"})
    life.state = orders.paused(life.state, ["db"], ME)

    life.live(30, down={"db"})
    assert life.verdict() is Verdict.PAUSED
    assert [alert.ending for alert in life.alerts] == [None, Ending.PAUSED]

    life.state = orders.resumed(life.state, ["db"])
    assert life.live(1, down={"db"}).told() == ["db", "db", "db"]


def test_a_monitor_that_is_resumed_and_well_is_told_of_to_nobody() -> None:
    life = Life.of().live()
    life.state = orders.paused(life.state, ["db"], ME)
    life.live(5)
    life.state = orders.resumed(life.state, ["db"])

    assert life.live(5).told() == []
    assert life.verdict() is Verdict.UP


def test_a_pause_of_what_was_deleted_is_forgotten() -> None:
    life = Life.of(monitor("db"), monitor("web")).live()
    life.state = orders.paused(life.state, ["web"], ME)

    life.shard = replace(life.shard, monitors=(monitor("db"),), version=2)
    life.live(HEARD_OF // MINUTE)

    assert life.state.paused == {}


def test_a_renamed_monitor_keeps_its_incident() -> None:
    life = Life.of().live(3, down={"db"})
    (before,) = life.state.incidents
    renamed = replace(monitor("database"), was="db", changed_in=2)
    life.shard = replace(life.shard, monitors=(renamed,), version=2)

    life.live(3, down={"database"})
    (after,) = life.state.incidents
    assert after.id == before.id
    assert after.monitors == {"database"}
    assert life.told() == ["db"]
    life.live(2)
    assert [alert.incident for alert in life.alerts] == [before.id, before.id]


def test_a_name_that_is_still_in_use_is_not_given_away() -> None:
    life = Life.of().live(3, down={"db"})
    twin = replace(monitor("database"), was="db")
    life.shard = replace(life.shard, monitors=(monitor(), twin), version=2)

    life.live(2, down={"db"})

    assert life.state.incidents[0].monitors == {"db"}
    assert life.told() == ["db"]


def test_the_course_tells_how_the_votes_stood_at_each_step() -> None:
    life = Life.of().live().live(2, down={"db"}).live(down={"db"}, only={"lima": PASS}).live()

    (incident,) = life.state.closed
    assert [moment.what for moment in incident.moments] == [
        "opened",
        "votes",
        "resolved: recovered",
    ]
    assert incident.moments[0].votes == (("db", ("lima", "mike", "november")),)
    assert incident.moments[1].votes == (("db", ("mike", "november")),)
    assert incident.ended_at == life.now


def test_the_course_does_not_grow_with_time() -> None:
    life = Life.of().live(2, down={"db"})
    for _ in range(3 * MOMENTS):
        life.live(only={"lima": PASS}, down={"db"}).live(down={"db"})

    (incident,) = life.state.incidents
    assert len(incident.moments) <= MOMENTS
    assert incident.moments[0].what == "opened"
