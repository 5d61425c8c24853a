"""The recorded week: what is in the file, what its replay gives, and the page about it."""

import zlib
from dataclasses import replace
from io import BytesIO

import pytest

from tests.simulation.recorded.page import PAGE, page, results
from tests.simulation.recorded.week import BEGIN, LOCATIONS, RECORDED, WEEK, Week, recorded
from tocsin.adapters.calendar import next_start
from tocsin.adapters.recording import read
from tocsin.domain.incident import Alert, Event
from tocsin.domain.report import Report
from tocsin.usecases.replay import Replay, Rules

HALF_A_DAY = 720


@pytest.fixture(scope="module")
def week() -> list[Report]:
    return [*read(BytesIO(RECORDED.read_bytes()))]


def replayed(reports: list[Report]) -> list[Alert]:
    return [*Replay(Rules.of(Week().shards), next_start).run(reports)]


def test_the_file_is_what_its_script_makes() -> None:
    made = zlib.decompressobj().decompress(recorded(HALF_A_DAY))

    assert zlib.decompress(RECORDED.read_bytes()).startswith(made)


def test_the_file_has_every_minute_of_every_location_that_was_not_dark(week: list[Report]) -> None:
    dark = Week().dark["ap-southeast-1"]
    ticks = {
        location: {report.tick for report in week if report.location == location}
        for location in LOCATIONS
    }

    assert ticks["us-east-1"] == ticks["eu-west-1"] == set(range(BEGIN, BEGIN + WEEK))
    assert ticks["ap-southeast-1"] == set(range(BEGIN, BEGIN + WEEK)) - set(dark)


def test_a_replay_gives_the_same_alerts_every_time(week: list[Report]) -> None:
    days = week[: 3 * 3 * 1440]

    assert replayed(days) == replayed(days)


def test_what_is_opened_is_resolved_once_and_what_is_resolved_was_opened(
    week: list[Report],
) -> None:
    alerts = replayed(week)
    opened = [alert.incident for alert in alerts if alert.event is Event.OPENED]
    resolved = [alert.incident for alert in alerts if alert.event is Event.RESOLVED]

    assert sorted(opened) == sorted(resolved)
    assert len({*opened}) == len(opened) > 10


def test_reports_in_full_and_reports_from_the_file_give_the_same_alerts(
    week: list[Report],
) -> None:
    days = week[: 3 * 3 * 1440]
    in_full = [replace(report, sightings=dict(report.sightings)) for report in days]

    assert replayed(in_full) == replayed(days)


def test_a_majority_tells_of_every_fault_and_is_wrong_once_and_any_is_wrong_often() -> None:
    found = results()

    assert (found["majority"].missed, found["majority"].false) == (0, 1)
    assert found["majority with `for: 2m`"].false == 0
    assert found["any"].false > 10 * found["majority"].false
    assert all(found[f"{name} alone"].false > 10 for name in LOCATIONS)


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `python -m tests.simulation.recorded.page`"
