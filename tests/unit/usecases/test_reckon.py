"""What the aggregator counts: nothing that is well, and everything that an alarm is about."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import MINUTE, NOON, TICK, monitor
from tocsin.domain.endpoint import OUT_AFTER, Endpoint
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.monitor import LEAST_FRESHNESS, Monitor
from tocsin.domain.shard import Shard
from tocsin.usecases.announce import Sending
from tocsin.usecases.assess import Assessment
from tocsin.usecases.reckon import OVERDUE, Sweep, reckoned, swept

FIRST = Shard(id="s0", version=1, monitors=(monitor("db", locations=("lima", "mike")),))
SECOND = Shard(id="s1", version=1, monitors=(monitor("web", locations=("mike", "november")),))
WELL = Assessment(
    shard="s0",
    changed=False,
    sending=Sending(),
    ignored=0,
    unreadable=(),
    heard={"lima": TICK, "mike": TICK},
)


def judged(shard: Shard, **heard: int) -> Assessment:
    return replace(WELL, shard=shard.id, heard=heard)


ALL = (judged(FIRST, lima=TICK, mike=TICK), judged(SECOND, mike=TICK, november=TICK))


def sweep(*done: Assessment, endpoint: Endpoint | None = None) -> Sweep:
    return swept((FIRST, SECOND), done or ALL, NOON, endpoint=endpoint)


def test_a_wake_up_in_which_all_is_well_counts_nothing() -> None:
    """What is zero is not emitted, and costs nothing."""
    assert {*reckoned([WELL, WELL], 0).values()} == {0}


@pytest.mark.parametrize(
    ("assessment", "counted"),
    [
        pytest.param(
            replace(WELL, given_up=("i1 by page",)),
            {"AlertsGivenUp": 1, "Losses": 1},
            id="an alert is given up",
        ),
        pytest.param(
            replace(WELL, sending=Sending(plain=("too long", "too long"))),
            {"PlainAlerts": 2, "Losses": 2},
            id="two alerts are sent without their details",
        ),
        pytest.param(
            replace(WELL, unfiled=("i1",)),
            {"UnfiledIncidents": 1, "Losses": 1},
            id="an incident is not in the history",
        ),
        pytest.param(
            replace(WELL, quarantined=("SHARD#s0",)),
            {"QuarantinedStates": 1, "Losses": 1},
            id="a state is put aside",
        ),
        pytest.param(
            replace(WELL, ignored=3),
            {"IgnoredVotes": 3, "UncountedVotes": 3},
            id="votes under another configuration",
        ),
        pytest.param(
            replace(WELL, unreadable=("lima",)),
            {"UnreadableReports": 1, "UncountedVotes": 1},
            id="a report that cannot be read",
        ),
        pytest.param(
            replace(WELL, spoilt=(("lima", 2), ("mike", 3))),
            {"UnreadableSightings": 5, "UncountedVotes": 5},
            id="sightings that cannot be read",
        ),
        pytest.param(
            replace(WELL, sending=Sending(sent=2, unsent=1)),
            {"AlertsSent": 2, "AlertsUnsent": 1},
            id="alerts",
        ),
        pytest.param(replace(WELL, outdated=7), {"OutdatedConfig": 1}, id="an older configuration"),
        pytest.param(replace(WELL, changed=True), {}, id="a change, which the log tells"),
    ],
)
def test_what_is_not_well_is_counted_by_itself_and_with_its_like(
    assessment: Assessment, counted: Mapping[str, int]
) -> None:
    found = reckoned([WELL, assessment], 0)

    assert {name: number for name, number in found.items() if number} == counted


def test_shards_that_failed_are_counted() -> None:
    assert reckoned([WELL], 2)["FailedAssessments"] == 2


# Sweeps


def test_a_sweep_in_which_all_is_judged_and_nothing_owed_is_complete() -> None:
    assert sweep() == Sweep()
    assert sweep().complete


@pytest.mark.parametrize(
    ("found", "unjudged"),
    [
        pytest.param(sweep(ALL[0]), 1, id="one failed"),
        pytest.param(sweep(ALL[0], replace(ALL[1], outdated=3)), 1, id="one has a newer state"),
        pytest.param(swept((FIRST, SECOND), ALL, NOON, beyond=2), 2, id="two cannot be read"),
        pytest.param(swept((FIRST, SECOND), ALL, NOON, outdated=True), 2, id="all may be outdated"),
        pytest.param(swept((FIRST, SECOND), (), NOON), 2, id="none was judged"),
        pytest.param(swept((), (), NOON, outdated=True), 1, id="the first may be in force by now"),
    ],
)
def test_what_is_not_judged_as_it_should_be_is_counted_and_is_no_complete_sweep(
    found: Sweep, unjudged: int
) -> None:
    assert found.unjudged == unjudged
    assert not found.complete


def test_before_the_first_configuration_there_is_nothing_that_is_not_judged() -> None:
    assert swept((), (), NOON).complete


@pytest.mark.parametrize(
    ("ago", "complete"),
    [(OVERDUE, True), (OVERDUE + timedelta(seconds=1), False)],
    ids=["on its way", "overdue"],
)
def test_an_alert_that_is_owed_for_long_says_that_nobody_is_told(
    ago: timedelta, *, complete: bool
) -> None:
    owing = replace(ALL[1], owed_since=NOON - ago)

    found = sweep(replace(ALL[0], owed_since=NOON - MINUTE), owing)

    assert found.owed_for == ago
    assert found.complete is complete


ONE_TICK_LOST = TICK - 2
"""The newest report half a minute into a minute, where one tick was lost."""


@pytest.mark.parametrize(
    ("heard", "silent"),
    [
        pytest.param({"lima": TICK}, {"mike": None}, id="one has never reported"),
        pytest.param({"lima": TICK, "mike": ONE_TICK_LOST}, {}, id="one tick was lost"),
        pytest.param(
            {"lima": TICK - 3, "mike": TICK}, {"lima": 3 * MINUTE}, id="two ticks were lost"
        ),
        pytest.param({}, {"lima": None, "mike": None}, id="nobody has ever reported"),
    ],
)
def test_a_location_without_a_report_that_counts_is_silent(
    heard: dict[str, int], silent: Mapping[str, timedelta | None]
) -> None:
    assert swept((FIRST,), [judged(FIRST, **heard)], NOON).silent == silent


def test_a_location_is_as_silent_as_it_is_about_any_shard() -> None:
    late = sweep(judged(FIRST, lima=TICK, mike=TICK - 3), judged(SECOND, mike=TICK - 9, november=0))
    never = sweep(judged(FIRST, lima=TICK, mike=TICK - 3), judged(SECOND, november=TICK))

    assert late.silent["mike"] == 9 * MINUTE
    assert never.silent == {"mike": None}


def test_a_report_counts_as_long_as_its_votes_do() -> None:
    at_noon = judged(FIRST, lima=TICK, mike=TICK)

    assert not swept((FIRST,), [at_noon], NOON + LEAST_FRESHNESS).silent
    assert swept((FIRST,), [at_noon], NOON + LEAST_FRESHNESS + timedelta(seconds=1)).silent


def test_jobs_are_at_no_location_that_could_be_silent() -> None:
    target = HeartbeatTarget(cron="0 3 * * *", timezone="UTC")
    jobs = Shard(
        id="s2",
        version=1,
        monitors=(Monitor(id="backup", target=target, locations=(ENDPOINT,), need=1),),
    )

    assert swept((jobs,), [judged(jobs)], NOON).silent == {}


@pytest.mark.parametrize(
    ("endpoint", "deaf"),
    [
        pytest.param(None, False, id="no job reports"),
        pytest.param(Endpoint(heard_at=NOON - OUT_AFTER), False, id="heard of late"),
        pytest.param(
            Endpoint(heard_at=NOON - OUT_AFTER - timedelta(seconds=1)), True, id="not any more"
        ),
        pytest.param(Endpoint(), True, id="never"),
    ],
)
def test_the_endpoint_is_out_where_nothing_has_reached_it(
    endpoint: Endpoint | None, *, deaf: bool
) -> None:
    assert sweep(endpoint=endpoint).deaf is deaf
