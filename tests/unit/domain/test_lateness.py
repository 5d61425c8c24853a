"""What a job's reports mean at a moment, in the very sentences that people read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.adapters.calendar import forget, next_time
from tocsin.domain.endpoint import Endpoint, Outage
from tocsin.domain.heartbeat import HeartbeatTarget, NextTime, scheduled
from tocsin.domain.lateness import EARLY, SHOWN, Look, looked
from tocsin.domain.outcome import EVIDENCE_LIMIT, Layer, Outcome, Reason, Vote
from tocsin.domain.pulse import Beat, Failure, Pulse, Signal, folded

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
THREE = datetime(2026, 11, 22, 2, tzinfo=UTC)
"""Three in the morning in Berlin."""
NIGHTLY = HeartbeatTarget(cron="0 3 * * *", timezone="Europe/Berlin", grace=HOUR)
HOURLY = HeartbeatTarget(period=HOUR, grace=5 * MINUTE)
MADE = datetime(2026, 11, 20, 12, tzinfo=UTC)
START, SUCCESS, FAIL, LOG = Signal.START, Signal.SUCCESS, Signal.FAIL, Signal.LOG


def pulse(*reports: tuple[datetime, Signal], run: str = "", said: str = "") -> Pulse:
    known = Pulse(created_at=MADE)
    for at, signal in reports:
        known = folded(known, Beat(signal=signal, at=at, run=run, status=None, said=said))
    return known


def at(
    now: datetime,
    target: HeartbeatTarget,
    known: Pulse | None,
    *,
    endpoint: Endpoint | None = None,
    since: datetime = MADE,
    next_time: NextTime = next_time,
) -> tuple[Outcome, datetime | None]:
    look = Look(
        target=target,
        endpoint=Endpoint(heard_at=now) if endpoint is None else endpoint,
        since=since,
        next_time=next_time,
        now=now,
    )
    return looked(look, known)


def reason(now: datetime, target: HeartbeatTarget, known: Pulse | None, **more: object) -> str:
    return at(now, target, known, **more)[0].reason or "well"  # type: ignore[arg-type]


LAST_NIGHT = pulse((THREE + 2 * MINUTE, SUCCESS))
DUE = THREE + 24 * HOUR


def test_a_job_is_well_until_its_grace_has_passed() -> None:
    outcome, since = at(DUE + HOUR, NIGHTLY, LAST_NIGHT)

    assert (outcome.vote, since) == (Vote.PASS, None)
    assert outcome.evidence == (
        "reported success at 2026-11-22 02:02 UTC;"
        " the next is due by 2026-11-23 04:00 Europe/Berlin"
    )


def test_a_job_that_told_when_it_began_says_how_long_it_took() -> None:
    known = pulse((THREE, START), (THREE + 7 * MINUTE, SUCCESS))

    assert at(DUE, NIGHTLY, known)[0].evidence == (
        "reported success at 2026-11-22 02:07 UTC after 7 min;"
        " the next is due by 2026-11-23 04:00 Europe/Berlin"
    )


def test_a_job_is_late_from_the_end_of_its_grace_on() -> None:
    outcome, since = at(DUE + HOUR + SECOND, NIGHTLY, LAST_NIGHT)

    assert (outcome.reason, outcome.layer, since) == (Reason.LATE, Layer.SCHEDULE, DUE + HOUR)
    assert outcome.evidence == (
        "no success since 2026-11-22 02:02 UTC; it was due at 2026-11-23 03:00 Europe/Berlin,"
        " and the grace of 1 h has passed"
    )


def test_a_success_ends_lateness_however_late_it_comes() -> None:
    back = folded(LAST_NIGHT, Beat(signal=SUCCESS, at=DUE + 5 * HOUR))

    assert reason(DUE + 5 * HOUR + SECOND, NIGHTLY, back) == "well"


def test_a_new_job_waits_for_its_first_report() -> None:
    outcome, _ = at(MADE + HOUR, NIGHTLY, pulse())

    assert outcome.vote is Vote.PASS
    assert outcome.evidence == "waits for the first report, due by 2026-11-21 04:00 Europe/Berlin"


def test_a_job_that_never_reported_is_not_one_that_stopped() -> None:
    outcome, since = at(THREE, NIGHTLY, pulse())

    assert (outcome.reason, since) == (Reason.NEVER_SEEN, THREE - 23 * HOUR)
    assert outcome.evidence == (
        "has never reported since its URL was made at 2026-11-20 12:00 UTC;"
        " it was due at 2026-11-21 03:00 Europe/Berlin, and the grace of 1 h has passed"
    )


def test_a_job_that_only_ever_began_was_seen() -> None:
    outcome, _ = at(THREE, NIGHTLY, pulse((MADE + HOUR, START)))

    assert outcome.reason is Reason.LATE
    assert outcome.evidence.startswith("no success since its URL was made at 2026-11-20 12:00 UTC")


def test_a_job_without_a_url_is_not_judged() -> None:
    outcome, since = at(THREE, NIGHTLY, None)

    assert (outcome.vote, outcome.reason, since) == (Vote.ABSTAIN, Reason.NO_URL, None)
    assert outcome.evidence == "no URL was made for it yet; `tocsin heartbeat url` makes it"


def test_a_period_is_counted_from_the_last_success() -> None:
    known = pulse((THREE, SUCCESS))

    assert reason(THREE + 65 * MINUTE, HOURLY, known) == "well"
    late, since = at(THREE + 65 * MINUTE + SECOND, HOURLY, known)
    assert since == THREE + 65 * MINUTE
    assert late.evidence == (
        "no success since 2026-11-22 02:00 UTC; it was due at 2026-11-22 03:00 UTC,"
        " and the grace of 5 min has passed"
    )


def test_a_failure_says_its_status_and_its_first_line() -> None:
    known = folded(LAST_NIGHT, Beat(signal=FAIL, at=DUE, status=2, said="disk full"))

    outcome, since = at(DUE + MINUTE, NIGHTLY, known)

    assert (outcome.reason, since) == (Reason.JOB_FAILED, DUE)
    assert outcome.evidence == (
        "reported failure (exit status 2) at 2026-11-23 02:00 UTC: disk full"
    )


def test_a_failure_of_which_nothing_is_known_says_when_it_was() -> None:
    known = replace(LAST_NIGHT, failure=Failure(since=DUE, at=DUE))

    assert at(DUE, NIGHTLY, known)[0].evidence == "reported failure at 2026-11-23 02:00 UTC"


@pytest.mark.parametrize(
    ("after", "seen"),
    [(SHOWN - SECOND, "job_failed"), (SHOWN, "well")],
    ids=["shown", "over"],
)
def test_a_failure_that_is_lifted_at_once_is_seen_all_the_same(after: timedelta, seen: str) -> None:
    known = pulse((DUE, FAIL), (DUE + SECOND, SUCCESS))

    assert reason(DUE + after, NIGHTLY, known) == seen


def test_a_failing_job_that_is_also_late_fails_since_the_earlier_of_both() -> None:
    known = folded(LAST_NIGHT, Beat(signal=FAIL, at=DUE + 9 * HOUR))

    outcome, since = at(DUE + 10 * HOUR, NIGHTLY, known)

    assert (outcome.reason, since) == (Reason.JOB_FAILED, DUE + HOUR)


TIMED = replace(NIGHTLY, run_time=2 * HOUR)


def begun(when: datetime, run: str = "") -> Pulse:
    return folded(LAST_NIGHT, Beat(signal=START, at=when, run=run))


def test_a_run_that_began_in_time_may_take_its_time() -> None:
    assert reason(DUE + 2 * HOUR, TIMED, begun(DUE)) == "well"

    outcome, since = at(DUE + 2 * HOUR + SECOND, TIMED, begun(DUE))
    assert (outcome.reason, since) == (Reason.TOO_LONG, DUE + 2 * HOUR)
    assert outcome.evidence == "began at 2026-11-23 02:00 UTC and has not ended within 2 h"


def test_a_run_whose_time_is_not_limited_does_not_fail_and_success_is_still_due() -> None:
    assert reason(DUE + HOUR, NIGHTLY, begun(DUE)) == "well"
    assert reason(DUE + HOUR + SECOND, NIGHTLY, begun(DUE)) == "late"


def test_a_run_that_begins_after_the_grace_lifts_no_lateness() -> None:
    outcome, since = at(DUE + 90 * MINUTE, TIMED, begun(DUE + HOUR + SECOND))

    assert (outcome.reason, since) == (Reason.LATE, DUE + HOUR)


@pytest.mark.parametrize(
    ("when", "seen"),
    [(THREE, "well"), (THREE - SECOND, "late")],
    ids=["as soon as the one before has ended", "before that"],
)
def test_only_a_run_that_began_after_the_last_success_may_take_its_time(
    when: datetime, seen: str
) -> None:
    """Another run ended well at three; this one has a name, and goes on."""
    slow = replace(HOURLY, run_time=3 * HOUR)
    known = Pulse(created_at=MADE)
    for instant, signal, run in sorted([(when, START, "this"), (THREE, SUCCESS, "other")]):
        known = folded(known, Beat(signal=signal, at=instant, run=run))

    assert reason(THREE + 65 * MINUTE + SECOND, slow, known) == seen


def test_a_job_that_begins_again_and_again_and_never_ends_is_late() -> None:
    known = LAST_NIGHT
    for quarter in range(40):
        known = folded(known, Beat(signal=START, at=DUE + quarter * 15 * MINUTE))

    outcome, since = at(DUE + 10 * HOUR, TIMED, known)

    assert (outcome.reason, since) == (Reason.LATE, DUE + 3 * HOUR)


def test_a_run_that_another_left_behind_is_too_long_only_if_it_was_so_by_then() -> None:
    in_time = folded(begun(DUE), Beat(signal=START, at=DUE + HOUR))
    just_in_time = folded(begun(DUE), Beat(signal=START, at=DUE + 2 * HOUR))
    too_late = folded(begun(DUE), Beat(signal=START, at=DUE + 3 * HOUR))

    assert reason(DUE + 2 * HOUR + SECOND, TIMED, in_time) == "well"
    # Success is due all the same, and the second run began too late to lift that.
    assert reason(DUE + 2 * HOUR + SECOND, TIMED, just_in_time) == "late"
    assert reason(DUE + 3 * HOUR + SECOND, TIMED, too_late) == "too_long"


@pytest.mark.parametrize(
    ("success", "seen"),
    [(DUE + 2 * HOUR - SECOND, "too_long"), (DUE + 2 * HOUR, "well")],
    ids=["before it was too long", "afterwards"],
)
def test_a_run_that_never_ends_is_settled_by_the_next_success(success: datetime, seen: str) -> None:
    known = folded(begun(DUE, "dead"), Beat(signal=SUCCESS, at=success, run="other"))

    assert reason(DUE + 3 * HOUR, TIMED, known) == seen


def test_a_success_that_is_told_again_settles_no_run() -> None:
    known = begun(DUE, "dead")
    for minutes in (115, 121):
        known = folded(known, Beat(signal=SUCCESS, at=DUE + minutes * MINUTE, run="other"))

    assert reason(DUE + 3 * HOUR, TIMED, known) == "too_long"


@pytest.mark.parametrize(
    ("early", "until"),
    [(EARLY - SECOND, "2026-11-23 04:00"), (EARLY + SECOND, "2026-11-22 04:00")],
    ids=["a clock that is fast", "another run"],
)
def test_a_run_that_ends_a_little_before_it_was_due_was_the_one_that_was_due(
    early: timedelta, until: str
) -> None:
    outcome, _ = at(THREE, NIGHTLY, pulse((THREE - early, SUCCESS)))

    assert outcome.evidence.endswith(f"due by {until} Europe/Berlin")


def test_what_was_due_by_an_older_schedule_is_not_late_by_the_new_one() -> None:
    weekly = pulse((THREE, SUCCESS))
    edited = THREE + 60 * HOUR

    assert reason(edited, NIGHTLY, weekly, since=MADE) == "late"
    assert reason(edited, NIGHTLY, weekly, since=edited) == "well"
    assert reason(edited + 25 * HOUR, NIGHTLY, weekly, since=edited) == "late"


def test_a_schedule_is_dated_by_the_first_look_at_it() -> None:
    first = scheduled({}, [("backup", NIGHTLY)], THREE)
    patient = replace(NIGHTLY, grace=2 * HOUR, run_time=HOUR)
    moved = replace(NIGHTLY, cron="0 4 * * *")
    elsewhere = replace(NIGHTLY, timezone="Asia/Tokyo")

    assert scheduled(first, [("backup", patient)], DUE) == first
    for edited in (moved, elsewhere):
        assert scheduled(first, [("backup", edited)], DUE)["backup"].since == DUE
    assert scheduled(first, [], DUE) == {}


def out(begin: datetime, end: datetime, heard: datetime) -> Endpoint:
    return Endpoint(heard_at=heard, outages=(Outage(begin=begin, end=end),))


def test_what_was_due_while_the_endpoint_was_out_is_not_known() -> None:
    now = DUE + 3 * HOUR
    endpoint = out(DUE + 10 * MINUTE, DUE + 20 * MINUTE, now)

    outcome, since = at(now, NIGHTLY, LAST_NIGHT, endpoint=endpoint)

    assert (outcome.vote, outcome.reason, since) == (Vote.ABSTAIN, Reason.ENDPOINT_OUT, None)
    assert outcome.evidence == (
        "a report was due while the endpoint itself was out (2026-11-23 02:10 UTC to"
        " 2026-11-23 02:20 UTC), so whether the job ran is not known; it is due again at"
        " 2026-11-24 03:00 Europe/Berlin"
    )


def test_an_outage_that_is_not_over_is_told_by_its_beginning() -> None:
    endpoint = Endpoint(heard_at=DUE + 30 * MINUTE)

    outcome, _ = at(DUE + 2 * HOUR, NIGHTLY, LAST_NIGHT, endpoint=endpoint)

    assert "the endpoint itself was out (since 2026-11-23 02:30 UTC), so" in outcome.evidence


def test_an_outage_excuses_until_the_next_time_it_is_due() -> None:
    def seen(now: datetime) -> str:
        endpoint = out(DUE + 10 * MINUTE, DUE + 20 * MINUTE, now)
        return reason(now, NIGHTLY, LAST_NIGHT, endpoint=endpoint)

    assert seen(DUE + 25 * HOUR) == "endpoint_out"
    assert seen(DUE + 25 * HOUR + SECOND) == "late"


def test_what_was_due_for_the_last_time_in_an_outage_is_due_no_more() -> None:
    def once(_target: HeartbeatTarget, after: datetime) -> datetime | None:
        return DUE if after < DUE else None

    now = DUE + 3 * HOUR
    endpoint = out(DUE + 10 * MINUTE, DUE + 20 * MINUTE, now)

    outcome, _ = at(now, NIGHTLY, LAST_NIGHT, endpoint=endpoint, next_time=once)

    assert outcome.reason is Reason.ENDPOINT_OUT
    assert outcome.evidence.endswith("so whether the job ran is not known")


def test_an_outage_that_ends_in_time_excuses_nothing_that_may_still_come() -> None:
    endpoint = out(DUE + 10 * MINUTE, DUE + 20 * MINUTE, DUE + HOUR)

    assert reason(DUE + HOUR, NIGHTLY, LAST_NIGHT, endpoint=endpoint) == "well"


def test_an_outage_until_just_before_it_was_due_may_have_met_a_clock_that_is_fast() -> None:
    now = DUE + 3 * HOUR
    endpoint = out(DUE - HOUR, DUE - EARLY, now)

    assert reason(now, NIGHTLY, LAST_NIGHT, endpoint=endpoint) == "endpoint_out"


@pytest.mark.parametrize(
    ("begin", "end"),
    [(DUE - HOUR, DUE - EARLY - SECOND), (DUE + HOUR + SECOND, DUE + 2 * HOUR)],
    ids=["before it was due", "after its grace"],
)
def test_an_outage_at_another_time_excuses_nothing(begin: datetime, end: datetime) -> None:
    now = DUE + 3 * HOUR

    outcome, since = at(now, NIGHTLY, LAST_NIGHT, endpoint=out(begin, end, now))

    assert (outcome.reason, since) == (Reason.LATE, DUE + HOUR)


@pytest.mark.parametrize(
    ("end", "seen"),
    [(55 * MINUTE, "endpoint_out"), (55 * MINUTE - SECOND, "late")],
    ids=["within its grace before it was due", "earlier"],
)
def test_a_report_after_a_late_one_may_be_early_and_then_lost(end: timedelta, seen: str) -> None:
    """The hour runs from a success at 03:04; the next one comes at 04:00, and is not heard."""
    known, now = pulse((THREE, SUCCESS)), THREE + 66 * MINUTE

    assert reason(now, HOURLY, known, endpoint=out(THREE + MINUTE, THREE + end, now)) == seen


def test_an_outage_before_the_last_success_excuses_nothing_however_long_the_grace() -> None:
    patient, now = replace(HOURLY, grace=2 * HOUR), THREE + 3 * HOUR + SECOND
    before = out(THREE - 10 * MINUTE, THREE - 5 * MINUTE, now)

    assert reason(now, patient, pulse((THREE, SUCCESS)), endpoint=before) == "late"


def test_a_job_that_was_late_before_the_endpoint_went_out_stays_late() -> None:
    now = DUE + 9 * HOUR
    endpoint = Endpoint(heard_at=DUE + 2 * HOUR)

    assert reason(now, NIGHTLY, LAST_NIGHT, endpoint=endpoint) == "late"


def test_while_the_endpoint_is_out_nothing_becomes_late() -> None:
    endpoint = Endpoint(heard_at=DUE + 30 * MINUTE)

    assert reason(DUE + 2 * HOUR, NIGHTLY, LAST_NIGHT, endpoint=endpoint) == "endpoint_out"


def test_nothing_is_late_before_the_endpoint_was_seen_alive_again() -> None:
    """It may be out already, and nobody can know yet."""
    deadline = DUE + HOUR
    before, after = Endpoint(heard_at=deadline - SECOND), Endpoint(heard_at=deadline)

    assert reason(deadline + MINUTE, NIGHTLY, LAST_NIGHT, endpoint=before) == "well"
    assert reason(deadline + MINUTE, NIGHTLY, LAST_NIGHT, endpoint=after) == "late"


def test_an_endpoint_that_nobody_ever_reached_makes_no_job_late() -> None:
    assert reason(DUE, NIGHTLY, pulse(), endpoint=Endpoint()) == "endpoint_out"


def test_an_outage_that_met_a_run_may_have_swallowed_its_end() -> None:
    now = DUE + 3 * HOUR
    endpoint = out(DUE + 100 * MINUTE, DUE + 110 * MINUTE, now)

    assert reason(now, TIMED, begun(DUE), endpoint=endpoint) == "endpoint_out"


def test_a_failure_that_was_heard_counts_whatever_was_out() -> None:
    known = folded(LAST_NIGHT, Beat(signal=FAIL, at=DUE))

    assert reason(DUE + HOUR, NIGHTLY, known, endpoint=Endpoint()) == "job_failed"


def test_a_long_outage_of_a_frequent_job_excuses_all_of_it_and_no_more() -> None:
    each_minute = HeartbeatTarget(period=MINUTE, grace=SECOND)
    known = pulse((THREE, SUCCESS))
    back = THREE + 24 * HOUR

    def seen(now: datetime) -> str:
        return reason(now, each_minute, known, endpoint=out(THREE + SECOND, back, now))

    assert seen(back + MINUTE) == "endpoint_out"
    assert seen(back + MINUTE + 2 * SECOND) == "late"


def test_a_line_that_is_never_due_makes_nothing_late_and_hangs_nothing() -> None:
    never = HeartbeatTarget(cron="0 0 30 2 *")

    waits, _ = at(THREE, never, pulse())
    ran, _ = at(THREE, never, pulse((THREE, SUCCESS)))

    assert (waits.vote, waits.evidence) == (Vote.PASS, "waits for the first report")
    assert (ran.vote, ran.evidence) == (Vote.PASS, "reported success at 2026-11-22 02:00 UTC")


def test_evidence_is_bounded_and_inert() -> None:
    known = folded(LAST_NIGHT, Beat(signal=FAIL, at=DUE, status=255, said="\u202e\n" * 500))

    evidence = at(DUE, NIGHTLY, known)[0].evidence

    assert len(evidence) <= EVIDENCE_LIMIT
    assert evidence.isprintable()


INSTANTS = st.integers(0, 20 * 1440).map(lambda minutes: MADE + minutes * MINUTE)
SIGNALS = st.sampled_from([START, START, SUCCESS, FAIL, LOG])
TARGETS = st.sampled_from(
    [
        NIGHTLY,
        TIMED,
        HOURLY,
        replace(HOURLY, run_time=20 * MINUTE),
        HeartbeatTarget(cron="*/20 1-5 * * 1-5", timezone="America/Sao_Paulo"),
    ]
)


@given(
    TARGETS,
    st.lists(st.tuples(INSTANTS, SIGNALS, st.sampled_from(["", "a", "b"])), max_size=12),
    st.lists(st.tuples(INSTANTS, st.integers(3, 600)), max_size=3),
    st.lists(INSTANTS, min_size=2, max_size=8).map(sorted),
)
def test_with_time_alone_a_failure_keeps_its_date_and_none_is_taken_back(
    target: HeartbeatTarget,
    reports: Iterable[tuple[datetime, Signal, str]],
    gaps: Iterable[tuple[datetime, int]],
    looks: list[datetime],
) -> None:
    """Without further reports, what fails goes on failing since the same moment.

    Two things alone may end: a failure that was lifted and is still shown, and an outage's excuse.
    """
    known = Pulse(created_at=MADE)
    for instant, signal, run in sorted(reports, key=lambda each: each[0]):
        known = folded(known, Beat(signal=signal, at=instant, run=run))
    outages = tuple(
        Outage(begin=begin, end=begin + length * MINUTE) for begin, length in sorted(gaps)
    )
    last = max([known.heard_at or MADE, *(outage.end for outage in outages)]) + SHOWN
    failing: datetime | None = None
    for now in (last + (look - MADE) for look in looks):
        _, since = at(now, target, known, endpoint=Endpoint(heard_at=now, outages=outages))
        assert failing is None or since == failing
        assert since is None or since <= now
        failing = since


@given(
    TARGETS,
    st.lists(st.tuples(INSTANTS, SIGNALS, st.sampled_from(["", "a", "b"])), max_size=12),
    st.lists(st.tuples(INSTANTS, st.integers(3, 600)), max_size=3),
    st.booleans(),
)
def test_silence_always_ends_in_an_alert(
    target: HeartbeatTarget,
    reports: Iterable[tuple[datetime, Signal, str]],
    gaps: Iterable[tuple[datetime, int]],
    lives: bool,  # noqa: FBT001 - drawn
) -> None:
    """Whatever was reported, and whenever the endpoint was out: late once it is due again.

    Where the endpoint itself has been out since, nothing is known, and that is told as well.
    """
    known = Pulse(created_at=MADE)
    for instant, signal, run in sorted(reports, key=lambda each: each[0]):
        known = folded(known, Beat(signal=signal, at=instant, run=run))
    outages = tuple(
        Outage(begin=begin, end=begin + length * MINUTE) for begin, length in sorted(gaps)
    )
    quiet = max([known.heard_at or MADE, *(outage.end for outage in outages)])
    # What is due so soon after an outage may have been reported early, in the middle of it.
    due = next_time(target, quiet + EARLY + target.grace)
    assert due is not None
    now = due + target.grace + (target.run_time or timedelta()) + SECOND
    endpoint = Endpoint(heard_at=now if lives else quiet, outages=outages)

    outcome, since = at(now, target, known, endpoint=endpoint)
    forget()

    assert outcome.vote in ({Vote.FAIL} if lives else {Vote.FAIL, Vote.ABSTAIN})
    assert at(now, target, known, endpoint=endpoint) == (outcome, since)


RUNS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.booleans()), max_size=5)


@given(RUNS, st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=12))
def test_reports_that_are_told_again_change_no_verdict(
    runs: Iterable[tuple[int, int, bool]], repeats: Iterable[tuple[int, int]]
) -> None:
    """Each run begins and ends once, in the first eight minutes; some calls come again, later."""
    once: list[tuple[int, Signal, str]] = []
    for number, (begin, lasts, well) in enumerate(runs):
        once.append((begin, START, str(number)))
        once.append((begin + lasts // 2, SUCCESS if well else FAIL, str(number)))
    again = [
        (once[which % len(once)][0] + later % 4, *once[which % len(once)][1:])
        for which, later in repeats
        if once
    ]
    timed = replace(HOURLY, run_time=20 * MINUTE)

    def verdicts(reports: list[tuple[int, Signal, str]]) -> list[str]:
        known = Pulse(created_at=MADE)
        for minute, signal, run in sorted(reports, key=lambda each: each[0]):
            known = folded(known, Beat(signal=signal, at=MADE + minute * MINUTE, run=run))
        return [reason(MADE + minutes * MINUTE, timed, known) for minutes in (18, 45, 60, 90)]

    assert verdicts(once + again) == verdicts(once)


def test_what_was_never_heard_of_is_reckoned_from_when_it_was_put_in_force() -> None:
    """A URL may be older than the schedule: what was due by no schedule is not missed."""
    in_force = THREE + 90 * MINUTE

    assert reason(in_force + 23 * HOUR, NIGHTLY, pulse(), since=in_force) == "well"
    outcome, since = at(in_force + 24 * HOUR, NIGHTLY, pulse(), since=in_force)
    assert (outcome.reason, since) == (Reason.NEVER_SEEN, DUE + HOUR)


def test_failures_in_a_row_fail_since_the_first() -> None:
    known = pulse((THREE, SUCCESS), (DUE, FAIL), (DUE + 10 * MINUTE, FAIL))

    assert at(DUE + 11 * MINUTE, NIGHTLY, known)[1] == DUE


def test_an_exit_status_is_told_also_where_nothing_was_said() -> None:
    known = folded(LAST_NIGHT, Beat(signal=FAIL, at=DUE, status=255))

    outcome, _ = at(DUE, NIGHTLY, known)

    assert outcome.evidence == "reported failure (exit status 255) at 2026-11-23 02:00 UTC"


# About the full hour, when it is due; now and then for long.
GAPS = st.tuples(st.integers(1, 3), st.integers(-5, 5), st.sampled_from([4, 4, 5, 6, 64]))
EACH_HOUR = HeartbeatTarget(cron="0 * * * *", grace=5 * MINUTE)


@given(
    st.sampled_from([HOURLY, EACH_HOUR, replace(EACH_HOUR, run_time=8 * MINUTE)]),
    st.lists(GAPS, min_size=1, max_size=3),
    st.lists(st.sampled_from([0, 4]), min_size=5, max_size=5),
    st.sampled_from(["", "run of hour {}"]),
)
def test_a_job_that_lives_is_never_said_to_fail_for_what_the_endpoint_did_not_hear(
    target: HeartbeatTarget, gaps: list[tuple[int, int, int]], delays: list[int], name: str
) -> None:
    """Hours of looks, a minute apart; what falls into a gap is lost, canaries and reports alike.

    It reports within its grace: at times late and then early, which is where a period is hard.
    """
    begins = [(60 * hour + minute, length) for hour, minute, length in gaps]
    deaf = {minute for begin, length in begins for minute in range(begin, begin + length)}
    reports = [(60 * hour, START, name.format(hour)) for hour in range(5)]
    reports += [
        (60 * hour + delay, SUCCESS, name.format(hour)) for hour, delay in enumerate(delays)
    ]
    known, endpoint = Pulse(created_at=MADE), Endpoint(heard_at=MADE)
    for minute in range(5 * 60):
        now = MADE + minute * MINUTE
        if minute not in deaf:
            endpoint = endpoint.sung(now)
            for _, signal, run in (each for each in reports if each[0] == minute):
                known = folded(known, Beat(signal=signal, at=now, run=run))
        assert at(now + SECOND, target, known, endpoint=endpoint)[0].vote is not Vote.FAIL
