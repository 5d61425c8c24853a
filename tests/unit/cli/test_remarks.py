"""What people read beside a verdict or an incident."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import MINUTE, NOON, monitor
from tests.unit.domain.history import Life
from tocsin.domain import orders
from tocsin.domain.control import Said, Silence
from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import FLIPS, Standing
from tocsin.domain.suspicion import Doubt
from tocsin.domain.window import Window
from tocsin_cli import remarks
from tocsin_cli.survey import Opening, Sight

ADA = Said(by="ada", at=NOON - 5 * MINUTE, note="on it")
PLAIN = Sight(
    monitor=monitor(), standing=Standing(verdict=Verdict.DOWN, since=NOON, well=False), ballots=()
)
HUSHED = Silence(id="s-1", said=ADA, until=NOON + timedelta(hours=2), monitors=("db",))
WINDOW = Window(begin=NOON, length=timedelta(days=1))
OPENED = Opening(window=WINDOW, until=NOON + timedelta(days=1))


def stands(verdict: Verdict) -> Standing:
    return Standing(verdict=verdict, since=NOON)


@pytest.mark.parametrize(
    ("sight", "said"),
    [
        pytest.param(PLAIN, [], id="nothing holds it"),
        pytest.param(
            replace(PLAIN, standing=stands(Verdict.PAUSED), paused=ADA),
            ["paused by ada 5 min ago (on it)"],
            id="paused",
        ),
        pytest.param(
            replace(PLAIN, paused=ADA),
            ["paused by ada 5 min ago (on it), takes effect within a minute"],
            id="paused and not judged since",
        ),
        pytest.param(
            replace(PLAIN, standing=None, paused=replace(ADA, note="")),
            ["paused by ada 5 min ago, takes effect within a minute"],
            id="paused without a reason and never judged",
        ),
        pytest.param(
            replace(PLAIN, standing=stands(Verdict.PAUSED)),
            ["resumed, takes effect within a minute"],
            id="resumed and not judged since",
        ),
        pytest.param(
            replace(PLAIN, silences=(HUSHED,), windows=(OPENED,), behind=("net", "core")),
            [
                "silenced until 14:00 UTC by ada 5 min ago (on it)",
                "in maintenance until 2026-01-02 12:00 UTC",
                "waits behind net, core",
            ],
            id="all of it",
        ),
        pytest.param(
            replace(PLAIN, standing=stands(Verdict.UP), behind=("net",)),
            [],
            id="up although what it depends on is down",
        ),
    ],
)
def test_what_holds_the_alerts_of_a_monitor_is_said(sight: Sight, said: list[str]) -> None:
    assert list(remarks.holds(sight, NOON)) == said


def test_whoever_has_taken_on_both_incidents_of_a_monitor_is_named_once() -> None:
    state = Life.of().live(2, down={"db"}).state
    (mine,) = orders.acknowledged(state, state.incidents[0].id, ADA).incidents

    said = remarks.beside(replace(PLAIN, incidents=(mine, replace(mine, id="other"))), NOON)

    assert said == "acknowledged by ada 5 min ago (on it)"


def test_a_monitor_that_flaps_says_so_also_without_an_incident() -> None:
    flips = tuple(NOON - number * MINUTE for number in range(FLIPS + 1))
    standing = replace(stands(Verdict.UP), flips=flips)

    assert remarks.beside(replace(PLAIN, standing=standing), NOON) == "flapping"


def test_an_incident_says_that_it_flaps() -> None:
    (incident,) = Life.of().live(2, down={"db"}).state.incidents

    assert list(remarks.taken_on(replace(incident, flapping=True), NOON)) == ["flapping"]
    assert list(remarks.taken_on(incident, NOON)) == []


@pytest.mark.parametrize(
    ("well_since", "end"),
    [(None, ""), (NOON - MINUTE, ", well again for 1 min")],
    ids=["still", "no longer"],
)
def test_a_location_that_does_not_see_is_said(well_since: None, end: str) -> None:
    doubt = Doubt(since=NOON - 9 * MINUTE, text="is silent", well_since=well_since)

    assert remarks.doubt("lima", doubt, NOON) == f"location lima, for 9 min: is silent{end}"


def test_what_names_nothing_is_about_all() -> None:
    assert remarks.scope((), ()) == "all monitors"
    assert remarks.scope(("db", "web"), ("shop",)) == "db, web, tag shop"
