"""One monitor close up: its votes, its minutes and hours, its incidents."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from tests.fakes.make import NOON
from tests.unit.pages.scenes import BACKUP, PLACES, Scene
from tocsin.domain.incident import Ending, Incident
from tocsin.domain.outcome import Vote
from tocsin.usecases.closeup import MINUTES, lately, months
from tocsin.usecases.overview import Wish
from tocsin.usecases.ports import Stored

SCENE = Scene()


def test_each_minute_shows_what_a_location_saw_in_it() -> None:
    _, drawn = SCENE.closeup("db")

    votes = [None if each is None else each.vote for each in drawn.minutes["eu-west-1"]]
    assert drawn.minutes.keys() == {*PLACES}
    assert votes == [Vote.PASS] * (MINUTES - 8) + [Vote.FAIL] * 8


def test_what_a_report_repeats_is_of_an_earlier_minute() -> None:
    scene = Scene()
    place = scene.reports.items["eu-west-1", "s0"]
    latest = max(place)
    old = place[latest - 3].sightings["cart"]
    for tick in range(latest - 2, latest + 1):
        place[tick] = place[tick].changed({"cart": old})

    _, drawn = scene.closeup("cart")

    assert [each is None for each in drawn.minutes["eu-west-1"]][-4:] == [False, True, True, True]


def test_the_hours_of_each_location_are_those_of_the_shown_time() -> None:
    _, drawn = SCENE.closeup("db")

    assert drawn.hours.keys() == {*PLACES}
    row = drawn.hours["us-east-1"]
    assert len(row) == 24
    assert row[-2:] == (None, None), "neither is rolled up yet"
    assert all(looks is not None and looks.checks == 60 for looks in row[:-2])


def test_a_long_time_is_not_shown_hour_by_hour() -> None:
    _, drawn = SCENE.closeup("db", Wish(span=timedelta(days=7)))

    assert drawn.hours == {}
    assert len(drawn.line.times) == 7


def test_what_it_depends_on_and_what_needs_it_are_seen() -> None:
    above, _ = SCENE.closeup("cart")
    below, _ = SCENE.closeup("db")

    assert [name for name, _ in above.above] == ["db"]
    assert [name for name, _ in below.below] == ["cart"]


def test_a_zone_shows_the_serials_that_each_location_saw() -> None:
    seen, _ = SCENE.closeup("zone")

    assert {len(outcome.serials) for outcome in seen.outcomes.values()} == {3}
    assert seen.outcomes.keys() == {*PLACES}


def test_a_job_has_no_minutes_and_a_new_monitor_has_no_past() -> None:
    _, job = SCENE.closeup(BACKUP.id)
    _, new = SCENE.closeup("new")

    assert job.minutes == {}
    assert {each for row in new.minutes.values() for each in row} == {None}
    assert set(new.line.days) == {None}


def test_an_incident_that_just_ended_is_seen_once_and_first() -> None:
    scene = Scene()
    stored = scene.states.load("s0")
    over = next(scene._over())
    closed = replace(over, opened_at=NOON - timedelta(hours=1), ending=Ending.RECOVERED)
    scene.states.items["s0"] = Stored(state=replace(stored.state, closed=(closed,)), revision=2)

    seen, _ = scene.closeup("db")

    assert [incident.id for incident in seen.past] == ["db-2", "db-19", "db-40"]
    assert seen.past[0].opened_at == closed.opened_at


def test_months_go_back_as_far_as_incidents_are_kept() -> None:
    found = [f"{month:%Y-%m}" for month in months(NOON)]

    assert found[:2] == ["2026-01", "2025-12"]
    assert found[-1] == "2024-11"


@dataclass
class Shelf:
    """A history of which every month has the same two incidents."""

    asked: list[str] = field(default_factory=list)

    def of_month(self, at: datetime) -> Iterator[Incident]:
        self.asked.append(f"{at:%Y-%m}")
        yield from islice(Scene()._over(), 2)


def test_incidents_are_read_month_by_month_and_the_latest_first() -> None:
    shelf = Shelf()

    found = [incident.id for incident in lately(shelf, NOON, 2)]

    assert shelf.asked == ["2026-01", "2025-12"]
    assert found == ["shop-2", "db-2"] * 2
