"""Votes and quorums in plain English."""

from dataclasses import replace

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
    warns,
)
from tocsin.domain.incident import Kind
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.quorum import Ballot
from tocsin.messages import voting


def test_the_quorum_is_said_with_those_who_were_not_counted() -> None:
    said = voting.quorum(DOWN, DOWN.subjects[0])

    assert said == "down: 3 of 3 locations (refused); 1 silent for 6 min, not counted"


def test_different_reasons_are_counted_each() -> None:
    votes = subject(fails("a"), fails("b"), fails("c", reason=Reason.TIMEOUT))

    said = voting.quorum(opened(Kind.DOWN, votes), votes)

    assert said == "down: 3 of 3 locations (2 refused, 1 timeout)"


def test_who_recovered_in_part_is_not_said_to_be_well_everywhere() -> None:
    alert = recovered(DOWN, [passes("a"), passes("b"), fails("c")])

    assert voting.quorum(alert, alert.subjects[0]) == "now: 1 of 3 locations fails (refused)"


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
    assert voting.absence(ballot, NOON) == why


def test_different_certificates_are_warned_of_each_the_first_to_end_first() -> None:
    votes = subject(warns("a"), warns("b", days=3.5), warns("c"), passes("d"))

    said = voting.quorum(opened(Kind.DEGRADED, votes), votes)

    assert said == (
        "degraded: certificate expires soon (3 days left) at 1 of 4 locations; "
        "certificate expires soon (9 days left) at 2 of 4 locations"
    )


def test_a_warning_beside_a_failure_is_said_too() -> None:
    votes = subject(fails("a"), warns("b"), passes("c"))

    said = voting.quorum(opened(Kind.DEGRADED, votes), votes)

    assert said == (
        "degraded: 1 of 3 locations fails (refused), 2 needed for down; "
        "certificate expires soon (9 days left) at 1 of 2 locations"
    )


def test_an_incident_from_before_it_was_kept_what_is_slow_still_says_that_it_is() -> None:
    votes = subject(passes("a", ms=812.5), passes("b", ms=812.5))

    said = voting.quorum(opened(Kind.DEGRADED, votes), votes)

    assert said == "degraded: slow, 812 ms in the median of 2 locations"
