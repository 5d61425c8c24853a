"""What the timing of faults is judged by: the promise fails where it must."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.detection import MINUTE_S, Detection, complaints, moments, table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = tuple(f"d{number:02}" for number in range(20))


def detections(*seconds: float | None) -> list[Detection]:
    return [
        Detection(
            monitor=f"d{number:02}",
            struck=NOON,
            heard=None if taken is None else NOON + timedelta(seconds=taken),
        )
        for number, taken in enumerate(seconds)
    ]


def test_faults_meet_every_part_of_a_minute_and_each_monitor_once() -> None:
    planned = moments(NAMES, seed=7)

    assert sorted(name for _, name in planned) == sorted(NAMES)
    assert [int(second // (MINUTE_S / len(NAMES))) for second, _ in planned] == [*range(20)]


def test_a_seed_tells_its_moments_again_and_another_tells_others() -> None:
    assert moments(NAMES, seed=7) == moments(NAMES, seed=7)
    assert moments(NAMES, seed=7) != moments(NAMES, seed=8)


def test_what_is_told_in_time_is_nothing_to_complain_of() -> None:
    assert [*complaints(detections(5.0, 74.9, 39.9))] == []


@pytest.mark.parametrize(
    ("seconds", "complaint"),
    [
        pytest.param([20.0, None], "the fault of d01 was never told", id="never told"),
        pytest.param(
            [20.0, 60.0], "on the mean 40.0 s, and 40 s are promised", id="too late on the mean"
        ),
        pytest.param([1.0, 75.0], "at worst 75.0 s, and 75 s are promised", id="too late once"),
    ],
)
def test_a_promise_that_does_not_hold_is_complained_of(
    seconds: Sequence[float | None], complaint: str
) -> None:
    assert [*complaints(detections(*seconds))] == [complaint]


def test_the_table_has_each_fault_and_what_they_come_to() -> None:
    shown = table(detections(30.0, 50.0, None), seed=7).splitlines()

    assert shown[0] == "detection of 3 faults (seed 7)"
    assert shown[1].split() == ["d00", "12:00:00.0", "30.0", "s"]
    assert shown[3].split()[-1] == "never"
    assert shown[4].strip() == "mean 40.0 s, median 50.0 s, worst 50.0 s"
