"""Times, reasons and quorums in plain English."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.messages.cases import (
    DOWN,
    NOON,
    fails,
    minutes,
    opened,
    passes,
    recovered,
    silent,
    subject,
)
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.quorum import Ballot, Verdict
from tocsin.messages import words


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=1, minutes=5), "1 h 5 min"),
        (timedelta(days=1), "1 d"),
        (timedelta(days=2, hours=3, minutes=59), "2 d 3 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(span: timedelta, said: str) -> None:
    assert words.duration(span) == said


def test_every_reason_has_a_short_name_in_ascii() -> None:
    assert set(words.REASONS) == set(Reason)
    assert all(name.isascii() and len(name) <= 32 for name in words.REASONS.values())
    assert len(set(words.REASONS.values())) == len(Reason)


def test_the_quorum_is_said_with_those_who_were_not_counted() -> None:
    said = words.quorum(DOWN, DOWN.subjects[0])

    assert said == "down: 3 of 3 locations (refused); 1 silent for 6 min, not counted"


def test_different_reasons_are_counted_each() -> None:
    votes = subject(fails("a"), fails("b"), fails("c", reason=Reason.TIMEOUT))

    said = words.quorum(opened(Verdict.DOWN, votes), votes)

    assert said == "down: 3 of 3 locations (2 refused, 1 timeout)"


def test_who_recovered_in_part_is_not_said_to_be_well_everywhere() -> None:
    alert = recovered(DOWN, [passes("a"), passes("b"), fails("c")])

    assert words.quorum(alert, alert.subjects[0]) == "now: 1 of 3 locations fails (refused)"


@pytest.mark.parametrize(
    ("ballot", "why"),
    [
        pytest.param(Ballot(location="a", counted=False), "never heard from", id="no report yet"),
        pytest.param(silent("a", for_=minutes(6)), "silent for 6 min", id="stale"),
        pytest.param(
            replace(silent("a"), checked_at=NOON, vote=Vote.ABSTAIN, reason=Reason.OUT_OF_TIME),
            "could not judge (out of time)",
            id="abstains",
        ),
        pytest.param(
            silent("a", for_=minutes(1)), "voted before the last change", id="older definition"
        ),
    ],
)
def test_it_is_said_why_a_vote_is_not_counted(ballot: Ballot, why: str) -> None:
    assert words.absence(ballot, NOON) == why


@pytest.mark.parametrize(
    ("ms", "said"),
    [(0.031, "0.03 ms"), (0.2, "0.2 ms"), (9.96, "10.0 ms"), (12.6, "13 ms"), (1400.0, "1.4 s")],
)
def test_a_short_time_is_said_in_as_many_digits_as_matter(ms: float, said: str) -> None:
    assert words.milliseconds(ms) == said
