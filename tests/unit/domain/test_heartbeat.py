"""What a job is expected to do, and how its schedule reads."""

from datetime import timedelta

import pytest

from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.target import Kind

NIGHTLY = "0 3 * * *"
HOUR = timedelta(hours=1)


def test_a_job_has_five_minutes_of_grace_and_the_clock_of_utc_where_nothing_is_said() -> None:
    assert HeartbeatTarget(cron=NIGHTLY) == HeartbeatTarget(
        cron=NIGHTLY, timezone="UTC", grace=timedelta(minutes=5), kind=Kind.HEARTBEAT
    )


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        pytest.param({}, "not both", id="no schedule"),
        pytest.param({"period": HOUR, "cron": NIGHTLY}, "not both", id="two schedules"),
        pytest.param({"period": timedelta()}, "positive", id="all the time"),
        pytest.param({"period": -HOUR}, "positive", id="backwards"),
    ],
)
def test_a_job_that_is_never_due_or_always_is_refused(
    wrong: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        HeartbeatTarget(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "schedule"),
    [
        (HeartbeatTarget(period=HOUR), "every 1 h"),
        (HeartbeatTarget(cron=NIGHTLY), "0 3 * * * (UTC)"),
        (HeartbeatTarget(cron=NIGHTLY, timezone="Asia/Tokyo"), "0 3 * * * (Asia/Tokyo)"),
    ],
    ids=["a period", "a line of cron", "a line of cron elsewhere"],
)
def test_a_job_reads_as_its_schedule(target: HeartbeatTarget, schedule: str) -> None:
    assert target.schedule == schedule
    assert str(target) == f"heartbeat: {schedule}"


def test_the_endpoint_keeps_the_name_under_which_its_reports_are_stored() -> None:
    assert ENDPOINT == "heartbeat"
