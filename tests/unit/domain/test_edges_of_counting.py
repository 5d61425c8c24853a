"""What one vote more or less, one second more or less, makes of the count."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import FAIL, MINUTE, NOON, PASS, THREE, TICK, monitor, report, world
from tocsin.domain.outcome import Outcome, Reason, Vote
from tocsin.domain.quorum import ballots, count
from tocsin.domain.suspicion import doubted

SUSPECT = Outcome(vote=Vote.ABSTAIN, reason=Reason.SUSPECT)


def test_the_count_names_who_fails_for_long_enough() -> None:
    reports = {"lima": report("lima", since=TICK - 2, db=FAIL), "mike": report("mike", db=FAIL)}

    tally = count(monitor(fail_for=MINUTE), reports, NOON)

    assert tally.failing == ("lima", "mike")
    assert tally.confirmed == ("lima",)


def test_of_those_without_a_vote_only_who_is_not_believed_is_doubted() -> None:
    reports = world("ap-") | {"november": report("november", db=SUSPECT)}

    tally = count(monitor(), reports, NOON)

    assert tally.silent == ("lima", "november")
    assert tally.doubted == ("november",)


@pytest.mark.parametrize(
    ("age", "counts"),
    [(timedelta(minutes=12.5), True), (timedelta(minutes=12.5, microseconds=1), False)],
    ids=["still fresh", "stale"],
)
def test_a_vote_lasts_two_and_a_half_intervals_of_a_slow_monitor(
    age: timedelta,
    counts: bool,  # noqa: FBT001 - a case
) -> None:
    tally = count(monitor(interval=5 * MINUTE), world("fff"), NOON + age)

    assert (tally.failing == THREE) is counts


def test_a_ballot_shows_the_address_and_that_a_silent_location_tried_nothing() -> None:
    seen = replace(FAIL, address="192.0.2.7")

    lima, mike, _ = ballots(monitor(), {"lima": report("lima", db=seen)}, NOON)

    assert lima.address == "192.0.2.7"
    assert mike.attempts == 0


def test_what_is_not_believed_abstains_and_says_why_and_passes_stay() -> None:
    seen = doubted(report("lima", db=FAIL, web=PASS), "its canaries fail").sightings

    assert seen["db"].outcome == replace(SUSPECT, evidence="its canaries fail")
    assert seen["db"].failing_since is None
    assert seen["web"].outcome == PASS
