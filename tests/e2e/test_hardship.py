"""What the faults of AWS are judged by: each way to lose or double an alert is noticed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.acceptance import OPENED, RESOLVED
from tests.e2e.hardship import Account, Arrival, complaints, table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MENDED = NOON + timedelta(minutes=2)


def later(seconds: float, since: datetime = NOON) -> datetime:
    return since + timedelta(seconds=seconds)


def arrival(event: str, at: datetime, incident: str = "db-1", number: str = "") -> Arrival:
    return Arrival(event=event, alert=f"{incident}#{event}{number}", incident=incident, at=at)


OPENING = arrival(OPENED, later(60))
END = arrival(RESOLVED, later(50, MENDED))
WELL = Account(
    monitor="db",
    what="DynamoDB is slow",
    struck=NOON,
    mended=MENDED,
    arrivals=[OPENING, END],
    met={"slow": [later(1), later(55), later(90), later(40, MENDED)]},
)


def test_what_is_heard_once_and_ends_has_nothing_to_complain_of() -> None:
    assert [*complaints([WELL])] == []


REPEAT = replace(OPENING, at=later(61))


@pytest.mark.parametrize(
    ("account", "complaint"),
    [
        pytest.param(
            replace(WELL, arrivals=[]),
            "db: heard nothing, and not opened, resolved",
            id="nothing was heard",
        ),
        pytest.param(
            replace(WELL, arrivals=[OPENING]),
            "db: heard opened, and not opened, resolved",
            id="the end was lost",
        ),
        pytest.param(
            replace(WELL, arrivals=[OPENING, REPEAT, END]),
            "db: heard opened, opened, resolved, and not opened, resolved",
            id="the beginning was doubled",
        ),
        pytest.param(
            replace(WELL, twice=frozenset({OPENED})),
            "db: heard opened, resolved, and not opened, opened, resolved",
            id="what had to be doubled was not",
        ),
        pytest.param(
            replace(
                WELL,
                arrivals=[OPENING, arrival(OPENED, later(61), number="2"), END],
                twice=frozenset({OPENED}),
            ),
            "db: a repeat had another id",
            id="a repeat that cannot be told from news",
        ),
        pytest.param(
            replace(WELL, arrivals=[replace(OPENING, at=later(99, MENDED)), END]),
            "db: heard resolved, opened, and not opened, resolved",
            id="the end came first",
        ),
        pytest.param(
            replace(WELL, arrivals=[OPENING, replace(END, incident="db-2")]),
            "db: heard of several incidents",
            id="the end of another incident",
        ),
        pytest.param(
            replace(WELL, met={**WELL.met, "lost": []}),
            "db: no call ever met the fault (lost)",
            id="a fault that was never met",
        ),
        pytest.param(replace(WELL, killed=0), "db: no process was killed", id="nobody died"),
    ],
)
def test_what_went_wrong_is_complained_of(account: Account, complaint: str) -> None:
    assert [*complaints([account])] == [complaint]


def test_a_repeat_whose_acceptance_was_lost_is_none_to_complain_of() -> None:
    account = replace(WELL, arrivals=[OPENING, REPEAT, END], twice=frozenset({OPENED}))

    assert [*complaints([account])] == []


@pytest.mark.parametrize(
    ("died", "complaint"),
    [
        pytest.param([later(62)], [], id="just after it was told"),
        pytest.param(
            [later(59), later(70)],
            ["db: heard opened, opened, resolved, and not opened, resolved"],
            id="before, or long after",
        ),
    ],
)
def test_a_repeat_is_excused_by_a_death_just_after_the_first(
    died: list[datetime], complaint: list[str]
) -> None:
    account = replace(WELL, arrivals=[OPENING, replace(OPENING, at=later(150)), END], deaths=died)

    assert [*complaints([replace(account, mended=later(160))])] == complaint


def test_the_time_to_recover_runs_from_the_last_call_that_met_the_fault() -> None:
    # Heard 5 s after the call at 55 s, and 10 s after the one at 40 s from the mend.
    assert WELL.recovered == pytest.approx(10.0)


def test_the_table_shows_how_soon_each_alert_came() -> None:
    shown = table([WELL, replace(WELL, arrivals=[], met={})]).splitlines()

    assert shown[2].split()[3:] == ["4x", "60.0", "s", "50.0", "s", "10.0", "s"]
    assert shown[3].split() == ["DynamoDB", "is", "slow", "never", "never"]
