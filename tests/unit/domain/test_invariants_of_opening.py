"""What opens, what must, and that each opening has its end (invariants 1, 2 and 3)."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from tests.fakes.make import (
    MINUTE,
)
from tests.unit.domain.histories import (
    HISTORIES,
    QUIET_AT_LAST,
    SLOWLY,
    VOTES,
    WATCHED,
    lived,
    open_kinds,
    seen,
    told,
)
from tocsin.domain.incident import Event, Kind
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Vote
from tocsin.domain.report import Report


@given(HISTORIES, st.sampled_from([WATCHED, SLOWLY]), st.lists(st.booleans(), max_size=25))
@example(["fff"] * 8 + ["ppp"] * 2, SLOWLY, [True] * 8)
def test_1_nothing_opens_without_a_quorum_of_fresh_failures(
    history: list[str], watched: Monitor, held: list[bool]
) -> None:
    for now, reports, alert in told(lived(history, watched, held=held)):
        if (alert.event, alert.kind) == (Event.OPENED, Kind.DOWN):
            assert len(seen(reports, now, Vote.FAIL)) >= watched.need


@given(HISTORIES, st.sampled_from([WATCHED, SLOWLY]))
def test_2_what_fails_for_long_enough_is_open(history: list[str], watched: Monitor) -> None:
    steps = lived(history, watched)
    row = watched.fail_for // MINUTE + 2
    for last in range(row - 1, len(steps)):
        agreed = set.intersection(
            *(seen(reports, now, Vote.FAIL) for now, reports, _ in steps[last - row + 1 : last + 1])
        )
        reported = {place for place in agreed if _without_a_gap(place, steps[last][1], row)}
        if len(reported) >= watched.need:
            assert Kind.DOWN in open_kinds(steps[last][2])


def _without_a_gap(place: str, reports: Mapping[str, Report], row: int) -> bool:
    found = reports[place].sightings["db"]
    return found.failing_since is not None and found.checked_at - found.failing_since >= row - 1


@given(HISTORIES)
def test_failures_28_what_nobody_sees_is_told_of_once_and_loudly(history: list[str]) -> None:
    steps = lived([*history, *["---"] * 12])

    assert Kind.UNKNOWN in open_kinds(steps[-1][2])
    last = [a for at, _, a in told(steps) if at > steps[len(history)][0] + 3 * MINUTE]
    assert [a.event for a in last if a.kind is Kind.UNKNOWN] in ([Event.OPENED], [])
    assert not [a for a in last if a.kind is Kind.DOWN]


@given(HISTORIES, st.sampled_from([WATCHED, SLOWLY]))
def test_3_openings_and_ends_alternate_under_one_id(history: list[str], watched: Monitor) -> None:
    steps = lived(history, watched)
    for kind in (Kind.DOWN, Kind.UNKNOWN, Kind.DEGRADED):
        alerts = [alert for _, _, alert in told(steps) if alert.kind is kind]
        alerts = [a for a in alerts if a.event in {Event.OPENED, Event.RESOLVED}]
        for number, alert in enumerate(alerts):
            assert alert.event is (Event.RESOLVED if number % 2 else Event.OPENED)
        for opened, resolved in zip(alerts[0::2], alerts[1::2], strict=False):
            assert opened.incident == resolved.incident
        assert len({alert.incident for alert in alerts}) == len(alerts[0::2])


@given(st.lists(VOTES, max_size=12), st.sampled_from([WATCHED, SLOWLY]))
def test_3_an_end_comes_once_all_is_well(history: list[str], watched: Monitor) -> None:
    steps = lived([*history, *["ppp"] * QUIET_AT_LAST], watched)

    assert open_kinds(steps[-1][2]) == []


@given(st.integers(3, 20), st.sampled_from([WATCHED, SLOWLY]))
def test_3_an_end_comes_as_soon_as_recovery_has_taken_its_time(
    minutes: int, watched: Monitor
) -> None:
    well = watched.recover_for // MINUTE + 1
    steps = lived(["fff"] * minutes + ["ppp"] * well, watched)

    assert [alert.event for _, _, alert in told(steps)] == [Event.OPENED, Event.RESOLVED]
    assert told(steps)[-1][0] == steps[-1][0]


@given(HISTORIES)
@example(["fff"] * 8 + ["ppp"] * 2)
def test_3_an_end_waits_for_the_time_that_recovery_takes(history: list[str]) -> None:
    steps = lived(history, SLOWLY)
    for at, _, alert in told(steps):
        if (alert.event, alert.kind) == (Event.RESOLVED, Kind.DOWN):
            lately = [(n, r) for n, r, _ in steps if at - SLOWLY.recover_for <= n <= at]
            assert all(len(seen(r, n, Vote.PASS)) >= SLOWLY.need for n, r in lately)
            assert all(len(seen(r, n, Vote.FAIL)) < SLOWLY.need for n, r in lately)


@given(st.text(alphabet="fp", min_size=30, max_size=60))
def test_failures_18_a_flapping_service_tells_few_times(course: str) -> None:
    _tells_few_times(course)


@given(st.lists(st.sampled_from(["f", "p", "f---p", "p---f"]), min_size=10, max_size=15))
def test_failures_18_a_flapping_service_tells_few_times_also_out_of_sight(
    course: list[str],
) -> None:
    _tells_few_times("".join(course))


def _tells_few_times(course: str) -> None:
    alerts = [a for _, _, a in told(lived([vote * 3 for vote in course]))]
    ends = [a for a in alerts if a.kind is Kind.DOWN]

    for first, _ in pairwise(ends):
        window = [a for a in ends if timedelta() <= a.at - first.at <= 30 * MINUTE]
        assert len(window) <= 2 * 3 + 1
