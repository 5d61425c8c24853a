"""AWS's time, learnt from its answers: never early, and right soon."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import botocore.auth
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.make import NOON
from tocsin.adapters.clock import DRIFT, AwsClock, sign_by, steady

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECOND = timedelta(seconds=1)


@dataclass
class Bench:
    """A clock whose own seconds stand still, and AWS whose time is `seconds` after noon."""

    seconds: float = 5000.0
    ahead: float = 0.0

    def __post_init__(self) -> None:
        self.clock = AwsClock(lambda: self.seconds)

    @property
    def true(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds - 5000 + self.ahead)

    def answer(self, *, way: float = 0.0, back: float = 0.0) -> None:
        """Have an answer come whose request and reply took so long."""
        asked = self.seconds
        self.seconds += way
        said = self.true.replace(microsecond=0)
        self.seconds += back
        self.clock.learn(said, asked, self.seconds)

    @property
    def late(self) -> float:
        """How far the clock is behind."""
        now = self.clock.now()
        assert now is not None
        return (self.true - now).total_seconds()


def test_before_any_answer_the_time_is_not_known() -> None:
    assert Bench().clock.now() is None


def test_before_any_answer_people_are_told_this_machines_time() -> None:
    assert abs(Bench().clock.present() - datetime.now(UTC)) < 5 * SECOND


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.999])
def test_one_answer_tells_it_to_the_second(fraction: float) -> None:
    bench = Bench(seconds=5000 + fraction)

    bench.answer(way=0.1, back=0.2)

    assert -1e-6 <= bench.late <= 1.2 + 1e-6


def test_more_answers_tell_it_better() -> None:
    bench = Bench(seconds=5000.9)
    bench.answer(back=0.05)
    first = bench.late
    for _ in range(20):
        bench.seconds += 60.07
        bench.answer(back=0.05)

    assert first > 0.9
    assert 0 <= bench.late < 0.15


def test_a_slow_answer_makes_it_no_worse() -> None:
    bench = Bench(seconds=5000.0)
    bench.answer()
    before = bench.late
    bench.seconds += 1
    bench.answer(way=20, back=20)

    assert bench.late <= before + 0.01


@pytest.mark.parametrize("jump", [-3600.0, 3600.0, -3.0])
def test_where_our_seconds_jumped_the_newest_answer_counts(jump: float) -> None:
    bench = Bench()
    bench.answer()
    bench.ahead = jump
    bench.answer(back=0.1)

    assert -1e-6 <= bench.late <= 1.1


@pytest.mark.parametrize("drift", [1e-4, -1e-4], ids=["slow", "fast"])
def test_a_clock_that_runs_wrong_is_followed_and_never_early(drift: float) -> None:
    bench = Bench()
    late: list[float] = []
    for _ in range(600):
        bench.answer(back=0.05)
        bench.seconds += 60.07
        bench.ahead += 60.07 * drift
        late.append(bench.late)

    assert min(late) > -0.02
    assert max(late) < 1.2


@settings(max_examples=100, deadline=None)
@given(
    drift=st.floats(-DRIFT / 2, DRIFT / 2),
    answers=st.lists(
        st.tuples(st.floats(0, 4000), st.floats(0, 20), st.floats(0, 20)), min_size=1, max_size=30
    ),
)
def test_whenever_and_however_slowly_answers_come_none_makes_it_early(
    drift: float, answers: list[tuple[float, float, float]]
) -> None:
    bench = Bench()
    for silence, way, back in answers:
        bench.seconds += silence
        bench.ahead += silence * drift
        bench.answer(way=way, back=back)

        assert -1e-5 <= bench.late <= 1 + way + back + 1e-5


def test_the_time_goes_on_between_answers() -> None:
    bench = Bench()
    bench.answer()
    bench.seconds += 1800

    assert -1e-6 <= bench.late <= 1


def test_our_seconds_go_on() -> None:
    assert 0 <= steady() <= steady()


def test_every_answer_of_aws_tells_the_time(dynamodb: "DynamoDBClient") -> None:
    clock = AwsClock()
    clock.listen(dynamodb)

    dynamodb.list_tables()

    assert abs(clock.present() - datetime.now(UTC)) < 5 * SECOND
    assert clock.now() is not None


def test_a_refusal_tells_it_too(dynamodb: "DynamoDBClient") -> None:
    clock = AwsClock()
    clock.listen(dynamodb)

    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.describe_table(TableName="nowhere")

    assert clock.now() is not None


@pytest.mark.parametrize("date", [None, "", "soon", "Thu, 32 Jan 2026 99:00:00 GMT"])
def test_an_answer_without_a_time_tells_nothing(date: str | None) -> None:
    clock = AwsClock()
    headers = {} if date is None else {"date": date}

    clock._answered({"ResponseMetadata": {"HTTPHeaders": headers}}, {"tocsin_asked_at": 1.0})

    assert clock.now() is None


@pytest.fixture
def signing() -> Iterator[None]:
    before = vars(botocore.auth)["get_current_datetime"]
    yield
    vars(botocore.auth)["get_current_datetime"] = before


@pytest.mark.usefixtures("signing")
def test_requests_are_signed_with_awss_time_once_it_is_known(dynamodb: "DynamoDBClient") -> None:
    bench = Bench()
    sign_by(bench.clock)
    dates: list[str] = []

    def sent(request: object, **_: object) -> None:
        dates.append(vars(request)["headers"]["X-Amz-Date"].decode())

    dynamodb.meta.events.register_first("before-send.dynamodb", sent)
    dynamodb.list_tables()
    bench.answer()
    dynamodb.list_tables()

    ours = datetime.strptime(dates[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs(ours - datetime.now(UTC)) < 5 * SECOND
    assert dates[1] == f"{NOON:%Y%m%dT%H%M%SZ}"
