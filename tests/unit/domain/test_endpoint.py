"""When the endpoint itself was there, as far as anybody has seen."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.endpoint import HEARD_EVERY, OUT_AFTER, Endpoint, Outage

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def heard(*minutes: float) -> Endpoint:
    endpoint = Endpoint()
    for minute in minutes:
        endpoint = endpoint.sung(NOON + minute * MINUTE)
    return endpoint


@pytest.mark.parametrize(
    ("gap", "out"), [(OUT_AFTER, False), (OUT_AFTER + SECOND, True)], ids=["a gap", "an outage"]
)
def test_a_gap_is_an_outage_from_a_length_on(gap: timedelta, *, out: bool) -> None:
    endpoint = heard(0).sung(NOON + gap)

    assert endpoint.outages == ((Outage(begin=NOON, end=NOON + gap),) if out else ())


@pytest.mark.parametrize(
    ("gap", "out"), [(OUT_AFTER, False), (OUT_AFTER + SECOND, True)], ids=["a gap", "an outage"]
)
def test_an_outage_counts_before_it_is_over(gap: timedelta, *, out: bool) -> None:
    now = NOON + gap

    assert (heard(0).out(NOON + SECOND, now, now) is not None) is out


@pytest.mark.parametrize(
    ("begin", "end", "met"),
    [
        pytest.param(-9, -1, False, id="before"),
        pytest.param(-9, 0, True, id="up to its beginning"),
        pytest.param(3, 4, True, id="within"),
        pytest.param(-9, 99, True, id="around"),
        pytest.param(10, 20, True, id="from its end on"),
        pytest.param(11, 20, False, id="after"),
    ],
)
def test_an_outage_meets_the_times_it_touches(begin: float, end: float, *, met: bool) -> None:
    endpoint = heard(0, 10, 12)
    now = NOON + 13 * MINUTE

    assert (endpoint.out(NOON + begin * MINUTE, NOON + end * MINUTE, now) is not None) is met


def test_an_endpoint_that_nobody_ever_reached_vouches_for_nothing() -> None:
    assert Endpoint().out(NOON, NOON, NOON) is not None
    assert not Endpoint().vouches(NOON)


@pytest.mark.parametrize(
    ("after", "counts"),
    [(HEARD_EVERY - SECOND, False), (HEARD_EVERY, True)],
    ids=["at once", "later"],
)
def test_signs_that_follow_at_once_are_one(after: timedelta, *, counts: bool) -> None:
    assert (heard(0).sung(NOON + after) != heard(0)) is counts


def test_it_vouches_for_what_was_before_its_last_sign_of_life() -> None:
    assert heard(0).vouches(NOON)
    assert not heard(0).vouches(NOON + SECOND)


def test_outages_are_kept_as_long_as_a_job_may_wait_and_no_longer() -> None:
    old = heard(0, 10)
    until = NOON + 10 * MINUTE + timedelta(days=400)

    assert len(old.sung(until - SECOND).outages) == 2
    assert len(old.sung(until).outages) == 1


def test_outages_are_bounded() -> None:
    endpoint = heard(*range(0, 1000, 5))

    assert len(endpoint.outages) == 100
    assert endpoint.outages[-1].end == endpoint.heard_at


def test_a_sign_that_comes_late_changes_nothing() -> None:
    assert heard(0, 1, 2).sung(NOON + MINUTE) == heard(0, 1, 2)


def test_the_calls_of_one_location_are_enough() -> None:
    """Two of three are cut off, the third goes on calling once a minute."""
    calls = [0, 0.1, 0.2, 1.2, 2.2, 3.2, 4.2]

    assert heard(*calls).outages == ()
    assert len(heard(*calls[:3], 4.2).outages) == 1


def test_of_several_outages_the_last_is_told() -> None:
    endpoint = heard(0, 10, 20)

    met = endpoint.out(NOON, NOON + 20 * MINUTE, NOON + 20 * MINUTE)

    assert met == Outage(begin=NOON + 10 * MINUTE, end=NOON + 20 * MINUTE)
