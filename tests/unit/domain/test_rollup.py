"""What an hour was like, and whose status has changed."""

from dataclasses import replace

import pytest

from tests.fakes.make import ABSTAIN, FAIL, MINUTE, NOON, PASS, TICK, report
from tocsin.domain.incident import Incident, Kind, Subject
from tocsin.domain.outcome import Outcome
from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import (
    FIRST_MINUTE,
    HOUR,
    MINUTES,
    Looks,
    Status,
    changed,
    due,
    percentile,
    rolled_up,
    status,
)
from tocsin.domain.schedule import phase
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState

THIS = TICK // HOUR
BEGIN = THIS * HOUR
WELL = Standing(verdict=Verdict.UP, since=NOON, well=True)
DOWN = Standing(verdict=Verdict.DOWN, since=NOON, failing=("lima", "mike"))


def state(incidents: tuple[Incident, ...] = (), **standings: Standing) -> ShardState:
    return ShardState(shard="s0", standings=standings, incidents=incidents)


def incident(kind: Kind, *names: str) -> Incident:
    subjects = tuple(Subject(monitor=name, target="", need=1, ballots=()) for name in names)
    return Incident(id=f"{kind}-1", kind=kind, opened_at=NOON, routes=(), subjects=subjects)


def took(ms: float) -> Outcome:
    return replace(PASS, phases_ms={"connect": ms / 3, "tls": ms * 2 / 3})


def test_an_hour_counts_its_own_minutes_and_checks_only() -> None:
    course = [(BEGIN + n, {"db": WELL if n < 40 else DOWN}) for n in range(-5, HOUR + 5)]
    reports = [
        report("lima", tick=BEGIN + n, db=FAIL if n >= 40 else took(n + 10))
        for n in range(-5, HOUR + 5)
    ]

    rollup = rolled_up("s0", THIS, course, reports)

    assert rollup.monitors["db"].seconds == {Verdict.UP: 2400, Verdict.DOWN: 1200}
    assert rollup.monitors["db"].locations == {
        "lima": Looks(checks=60, failures=20, p50_ms=29, p95_ms=47)
    }


def test_what_a_report_repeats_is_no_check_and_neither_is_an_abstention() -> None:
    repeated = report("lima", tick=BEGIN, db=PASS).sightings
    anew = report("lima", tick=BEGIN + 1, web=PASS)
    reports = [
        report("lima", tick=BEGIN, db=PASS),
        replace(anew, sightings={**repeated, **anew.sightings}),
        report("lima", tick=BEGIN + 2, db=ABSTAIN),
        report("mike", tick=BEGIN, db=FAIL),
    ]

    rollup = rolled_up("s0", THIS, [(BEGIN, {"db": WELL, "web": WELL, "new": WELL})], reports)

    once = Looks(checks=1, failures=0, p50_ms=1.5, p95_ms=1.5)
    assert {name: row.locations for name, row in rollup.monitors.items()} == {
        "db": {"lima": once, "mike": Looks(checks=1, failures=1)},
        "web": {"lima": once},
        "new": {},
    }


def test_a_location_that_saw_nothing_has_checked_nothing() -> None:
    assert Looks() == Looks(checks=0, failures=0, p50_ms=None, p95_ms=None)


@pytest.mark.parametrize(
    ("values", "p50", "p95"),
    [
        pytest.param([], None, None, id="nothing passed"),
        pytest.param([7.0], 7, 7, id="one"),
        pytest.param([1.0, 9.0], 1, 9, id="two"),
        pytest.param([float(n) for n in range(1, 101)], 50, 95, id="a hundred"),
        pytest.param([float(n) for n in range(1, 1001)], 500, 950, id="a thousand"),
        pytest.param([1234.56], 1230, 1230, id="three digits"),
    ],
)
def test_percentiles_are_of_the_nearest_rank(
    values: list[float], p50: float | None, p95: float | None
) -> None:
    assert (percentile(values, 50), percentile(values, 95)) == (p50, p95)


def test_a_status_says_what_is_open_and_the_gravest_first() -> None:
    known = state(
        (incident(Kind.DOWN, "db"), incident(Kind.DEGRADED, "db", "web")), db=DOWN, web=WELL
    )

    assert status(known, "db") == Status(
        monitor="db",
        verdict=Verdict.DOWN,
        since=NOON,
        failing=("lima", "mike"),
        incident="down-1",
    )
    assert (found := status(known, "web")) is not None
    assert found.incident == "degraded-1"
    assert status(known, "gone") is None


LATER = NOON + MINUTE


@pytest.mark.parametrize(
    ("after", "names"),
    [
        pytest.param(state(db=WELL), [], id="nothing"),
        pytest.param(state(db=replace(WELL)), [], id="the same said anew"),
        pytest.param(state(db=replace(WELL, flips=(NOON,))), [], id="what is not shown"),
        pytest.param(state(db=DOWN), ["db"], id="the verdict"),
        pytest.param(state(db=replace(WELL, since=LATER)), ["db"], id="since when"),
        pytest.param(state(db=replace(WELL, failing=("lima",))), ["db"], id="who fails"),
        pytest.param(state(db=replace(WELL, silent=("lima",))), ["db"], id="who is silent"),
        pytest.param(state((incident(Kind.DOWN, "db"),), db=WELL), ["db"], id="an incident"),
        pytest.param(state(db=WELL, web=WELL), ["web"], id="a new monitor"),
        pytest.param(state(), ["db"], id="a monitor that is gone"),
    ],
)
def test_a_status_has_changed_where_something_that_it_shows_has(
    after: ShardState, names: list[str]
) -> None:
    assert [*changed(state(db=WELL), after)] == names


def test_an_hour_is_due_once_it_is_over_and_its_shards_turn_has_come() -> None:
    turn = (THIS + 1) * HOUR + FIRST_MINUTE + phase("s0", MINUTES)

    assert due("s0", THIS - 1, turn - 1) is None
    assert due("s0", THIS - 1, turn) == THIS
    assert due("s0", THIS, turn) is None


def test_hours_that_were_missed_are_made_up_for_one_by_one_but_not_those_before_the_first() -> None:
    turn = (THIS + 1) * HOUR + HOUR - 1

    assert due("s0", THIS - 3, turn) == THIS - 2
    assert due("s0", 0, turn) == THIS


def test_the_shards_are_spread_over_the_minutes_of_an_hour() -> None:
    turns = {
        next(n for n in range(HOUR) if due(f"s{k}", THIS - 1, (THIS + 1) * HOUR + n) is not None)
        for k in range(200)
    }

    assert turns == set(range(3, 28))
