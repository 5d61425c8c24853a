"""How the votes of several locations become one verdict."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from tests.fakes.make import (
    ABSTAIN,
    CERTIFICATE,
    FAIL,
    MINUTE,
    NOON,
    PASS,
    THREE,
    TICK,
    monitor,
    report,
    sighting,
    world,
)
from tocsin.domain.outcome import Certificate, Outcome, Reason, Vote
from tocsin.domain.quorum import SKEW, Ballot, Delay, Verdict, ballots, count, decide
from tocsin.domain.report import PASS_TEXT, Report, Sighting, follow, kept


def verdict(votes: str, *, held_down: bool = False, need: int | None = None) -> Verdict:
    return decide(count(monitor(need=need), world(votes), NOON), held_down=held_down)


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        pytest.param("ppp", Verdict.UP, id="every location reaches it"),
        pytest.param("ppf", Verdict.DEGRADED, id="one dissenter is not an outage, but it is told"),
        pytest.param("pff", Verdict.DOWN, id="failures reach the quorum"),
        pytest.param("-ff", Verdict.DOWN, id="enough failures need no other voter"),
        pytest.param("pp-", Verdict.UP, id="a quorum of passes is enough"),
        pytest.param("p--", Verdict.UNKNOWN, id="a silent location is not a healthy one"),
        pytest.param("f--", Verdict.UNKNOWN, id="a silent location is not a failing one"),
        pytest.param("paa", Verdict.UNKNOWN, id="who abstains does not vote"),
        pytest.param("pf-", Verdict.DEGRADED, id="no quorum either way"),
        pytest.param("---", Verdict.UNKNOWN, id="nobody reported"),
        pytest.param("www", Verdict.DEGRADED, id="what will soon fail is told before it does"),
        pytest.param("ppw", Verdict.DEGRADED, id="one old certificate of three is told too"),
        pytest.param("wff", Verdict.DOWN, id="a warning keeps nothing up"),
        pytest.param("w--", Verdict.UNKNOWN, id="a lonely warning is no quorum"),
    ],
)
def test_the_verdict_follows_the_votes(votes: str, expected: Verdict) -> None:
    assert verdict(votes) is expected


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        pytest.param("ppp", Verdict.UP, id="a quorum of passes would end it, so nobody holds it"),
        pytest.param("wwp", Verdict.DEGRADED, id="to pass with a warning is to recover"),
        pytest.param("pf-", Verdict.DOWN, id="half a recovery is none"),
        pytest.param("p--", Verdict.UNKNOWN, id="blindness is said, also of what was down"),
    ],
)
def test_what_was_down_stays_down_until_it_has_recovered(votes: str, expected: Verdict) -> None:
    tally = count(monitor(), world(votes), NOON)

    assert decide(tally, held_down=not tally.recovered) is expected


@pytest.mark.parametrize("need", [1, 2, 3])
def test_need_is_the_number_of_failures_that_makes_it_down(need: int) -> None:
    for failures in range(4):
        down = verdict("f" * failures + "p" * (3 - failures), need=need) is Verdict.DOWN
        assert down is (failures >= need)


@pytest.mark.parametrize(
    ("age", "counts"),
    [(timedelta(seconds=150), True), (timedelta(seconds=150, microseconds=1), False)],
    ids=["still fresh", "stale"],
)
def test_only_a_fresh_vote_counts(age: timedelta, counts: bool) -> None:  # noqa: FBT001
    tally = count(monitor(), world("fff"), NOON + age)

    assert tally.down is counts
    assert (tally.silent == THREE) is not counts


@pytest.mark.parametrize(
    ("ahead", "counts"),
    [(SKEW, True), (SKEW + timedelta(microseconds=1), False)],
    ids=["a clock that runs late", "the future"],
)
def test_a_vote_from_the_future_does_not_count(ahead: timedelta, counts: bool) -> None:  # noqa: FBT001
    assert count(monitor(), world("fff"), NOON - ahead).down is counts


def test_freshness_is_of_the_outcome_not_of_the_report_that_repeats_it() -> None:
    repeated = Report(
        location="lima",
        shard="s0",
        tick=TICK,
        config_version=1,
        sightings={"db": sighting(FAIL, at=TICK - 10)},
    )

    assert count(monitor(), {"lima": repeated}, NOON).failing == ()


@pytest.mark.parametrize(
    ("version", "counts"), [(4, False), (5, True), (6, True)], ids=["older", "same", "newer"]
)
def test_a_vote_under_an_older_definition_does_not_count(version: int, counts: bool) -> None:  # noqa: FBT001
    reports = {"lima": report("lima", version=version, db=FAIL)}

    assert (count(monitor(changed_in=5), reports, NOON).failing == ("lima",)) is counts


@pytest.mark.parametrize(
    ("lasted", "down"), [(1, False), (2, True), (3, True)], ids=["too short", "just", "longer"]
)
def test_a_failure_counts_once_it_lasted_for_long_enough(lasted: int, down: bool) -> None:  # noqa: FBT001
    reports = {name: report(name, since=TICK - lasted, db=FAIL) for name in THREE}
    tally = count(monitor(fail_for=2 * MINUTE), reports, NOON)

    assert tally.down is down
    assert tally.failing == THREE
    assert decide(tally, held_down=False) is (Verdict.DOWN if down else Verdict.DEGRADED)


@pytest.mark.parametrize(
    ("latencies", "expected"),
    [
        pytest.param((50, 50, 500), Verdict.UP, id="one slow location is not a slow service"),
        pytest.param((50, 300, 500), Verdict.DEGRADED, id="the median is slow"),
        pytest.param((50, 200, 500), Verdict.UP, id="the median is just in time"),
    ],
)
def test_a_slow_service_is_degraded(latencies: tuple[int, ...], expected: Verdict) -> None:
    reports = {
        name: report(name, db=Outcome(vote=Vote.PASS, phases_ms={"connect": ms}))
        for name, ms in zip(THREE, latencies, strict=True)
    }
    tally = count(monitor(slow=timedelta(milliseconds=200)), reports, NOON)

    assert decide(tally, held_down=False) is expected


def passing(*phases_ms: dict[str, float]) -> dict[str, Report]:
    return {
        name: report(name, db=Outcome(vote=Vote.PASS, phases_ms=each))
        for name, each in zip(THREE, phases_ms, strict=True)
    }


QUICK = monitor(
    slow=timedelta(milliseconds=500),
    slow_phases=(("connect", timedelta(milliseconds=200)), ("tls", timedelta(milliseconds=50))),
)


@pytest.mark.parametrize(
    ("reports", "slow"),
    [
        pytest.param(
            passing({"connect": 310}, {"connect": 320}, {"connect": 20}),
            (Delay(phase="connect", ms=310, limit_ms=200),),
            id="one phase, while the whole is quick enough",
        ),
        pytest.param(
            passing({"connect": 90, "dns": 900}, {"connect": 90, "dns": 800}, {"connect": 90}),
            (Delay(phase=None, ms=890, limit_ms=500),),
            id="the whole, while each limited phase is quick enough",
        ),
        pytest.param(
            passing({"connect": 9, "tls": 80}, {"connect": 9}, {"connect": 9}),
            (Delay(phase="tls", ms=80, limit_ms=50),),
            id="who has not been through a phase has no say in it",
        ),
        pytest.param(
            passing({"connect": 600, "tls": 60}, {"connect": 700, "tls": 70}, {"connect": 1}),
            (
                Delay(phase=None, ms=660, limit_ms=500),
                Delay(phase="connect", ms=600, limit_ms=200),
                Delay(phase="tls", ms=65, limit_ms=50),
            ),
            id="everything at once",
        ),
        pytest.param(passing({"dns": 1}, {}, {"connect": 200}), (), id="just in time"),
    ],
)
def test_it_is_told_what_is_slow_and_by_how_much(
    reports: dict[str, Report], slow: tuple[Delay, ...]
) -> None:
    tally = count(QUICK, reports, NOON)

    assert tally.slow == slow
    assert decide(tally, held_down=False) is (Verdict.DEGRADED if slow else Verdict.UP)


def test_a_failure_that_took_long_says_nothing_of_slowness() -> None:
    late = replace(FAIL, phases_ms={"connect": 900.0})
    reports = passing({"connect": 1}, {"connect": 1}, {}) | {
        "november": report("november", db=late)
    }

    assert count(QUICK, reports, NOON).slow == ()


def test_the_locations_that_warn_are_named() -> None:
    assert count(monitor(), world("pwf"), NOON).warned == ("mike",)


def test_a_limit_on_slowness_means_nothing_where_nobody_passes() -> None:
    watched = monitor(slow=timedelta(milliseconds=200))

    assert not count(watched, world("fff"), NOON).slow


def test_a_quorum_that_passes_is_no_recovery_while_another_fails() -> None:
    watched = monitor(need=1, fail_for=5 * MINUTE)

    assert not count(watched, world("pff"), NOON).recovered
    assert count(watched, world("ppp"), NOON).recovered


def test_order_of_arrival_does_not_matter() -> None:
    reports = world("pff")

    tallies = [count(monitor(), dict(order), NOON) for order in permutations(reports.items())]

    assert all(tally == tallies[0] for tally in tallies)


def test_a_ballot_shows_the_vote_whether_or_not_it_counts() -> None:
    reports = {"lima": report("lima", db=FAIL), "mike": report("mike", tick=TICK - 9, db=PASS)}

    shown = ballots(monitor(), reports, NOON)

    assert shown == (
        Ballot(
            location="lima",
            counted=True,
            vote=Vote.FAIL,
            layer=FAIL.layer,
            reason=Reason.REFUSED,
            evidence="connection refused",
            attempts=1,
            checked_at=NOON,
            failing_since=NOON,
        ),
        Ballot(
            location="mike",
            counted=False,
            vote=Vote.PASS,
            phases_ms=(("connect", 1.5),),
            attempts=1,
            checked_at=NOON - 9 * MINUTE,
        ),
        Ballot(location="november", counted=False),
    )


def test_a_ballot_shows_the_certificate_and_the_warning() -> None:
    shown, *_ = ballots(monitor(), world("w--"), NOON)

    assert shown.certificate == CERTIFICATE
    assert shown.warning is Reason.CERTIFICATE_EXPIRES_SOON


def row(*outcomes: tuple[int, Outcome]) -> list[Sighting]:
    """Follow outcomes at their ticks, a vote being fresh for three minutes."""
    seen: list[Sighting] = []
    for tick, outcome in outcomes:
        before = seen[-1] if seen else None
        seen.append(follow(before, outcome, tick, fresh_for=3 * MINUTE))
    return seen


def test_failures_in_a_row_keep_the_beginning_of_the_first() -> None:
    seen = row((7, FAIL), (8, FAIL), (9, PASS), (10, FAIL))

    assert [each.failing_since for each in seen] == [7, 7, None, 10]


def test_a_row_of_failures_ends_where_nobody_looked() -> None:
    seen = row((7, FAIL), (10, FAIL), (14, FAIL))

    assert [each.failing_since for each in seen] == [7, 7, 14]


def test_where_it_could_not_judge_its_last_vote_stands_until_it_is_stale() -> None:
    seen = row((7, FAIL), (8, ABSTAIN), (9, FAIL), (10, ABSTAIN), (13, ABSTAIN))

    assert [each.outcome.vote for each in seen] == ["fail"] * 4 + ["abstain"]
    assert [each.checked_at for each in seen] == [7, 7, 9, 9, 13]
    assert seen[2].failing_since == 7


LONG = Certificate(fingerprint="ab" * 32, issuer="i" * 300, expires_at=NOON)
WORDY = Outcome(vote=Vote.PASS, evidence="e" * 256, certificate=LONG)


def test_of_a_pass_the_beginning_is_kept() -> None:
    lean = follow(None, WORDY, 7, fresh_for=MINUTE).outcome

    assert len(lean.evidence) == PASS_TEXT
    assert lean.certificate is not None
    assert lean.certificate.fingerprint == "ab" * 8
    assert len(lean.certificate.issuer) == PASS_TEXT
    assert kept(lean) == lean


def test_of_what_fails_all_is_kept() -> None:
    failure = replace(FAIL, evidence="e" * 256, certificate=LONG)

    assert follow(None, failure, 7, fresh_for=MINUTE).outcome == failure


@pytest.mark.parametrize("outcome", [PASS, FAIL], ids=["of a pass", "of a failure"])
def test_times_are_kept_in_three_digits(outcome: Outcome) -> None:
    timed = replace(outcome, phases_ms={"dns": 0.031249, "connect": 12.3456, "tls": 1234.5})

    assert kept(timed).phases_ms == {"dns": 0.0312, "connect": 12.3, "tls": 1230}


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda: report("lima", tick=10**8, db=PASS), id="a tick after 2160"),
        pytest.param(lambda: report("lima", tick=-1, db=PASS), id="a tick before 1970"),
        pytest.param(
            lambda: replace(report("lima", tick=5, db=PASS), tick=4), id="seen after its own tick"
        ),
        pytest.param(lambda: Outcome(vote=Vote.PASS, phases_ms={"x": float("nan")}), id="no time"),
        pytest.param(lambda: Outcome(vote=Vote.PASS, phases_ms={"x": 1e300}), id="an endless one"),
        pytest.param(lambda: Outcome(vote=Vote.PASS, phases_ms={"x": -1.0}), id="a negative one"),
    ],
)
def test_a_report_that_no_clock_could_have_made_is_refused(broken: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"tick|phase"):
        broken()


@pytest.mark.parametrize(
    ("outcome", "since"),
    [(PASS, 3), (FAIL, None), (FAIL, TICK + 1)],
    ids=["a pass that fails", "a failure without a beginning", "a failure from the future"],
)
def test_a_sighting_that_means_nothing_is_refused(outcome: Outcome, since: int | None) -> None:
    with pytest.raises(ValueError, match="fail"):
        Sighting(outcome=outcome, checked_at=TICK, failing_since=since)


def test_two_of_two_can_be_blind_to_a_single_failure() -> None:
    watched = monitor(locations=("lima", "mike"))
    now: datetime = NOON

    assert count(watched, world("f--"), now).blind
