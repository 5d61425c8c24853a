"""Reports of jobs in the state table: nothing is lost, whoever else writes at the same time."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.make import MINUTE, NOON
from tests.fakes.memory import InMemoryHeartbeats
from tocsin.adapters.heartbeats import BATCH, KEPT, PROMPT, TRIES, DynamoHeartbeats
from tocsin.domain.pulse import Beat, Signal
from tocsin.usecases.beat import Call, answered, hashed, key_of
from tocsin.usecases.ports import ConflictError, Heartbeats, Pulses, StorageError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
FAIL = Beat(signal=Signal.FAIL, at=NOON, run="a", status=2, said="disk full")
SUCCESS = Beat(signal=Signal.SUCCESS, at=NOON + MINUTE)


class Both(Heartbeats, Pulses):
    """What the fake and the adapter have in common."""


@pytest.fixture(params=["in memory", "DynamoDB"])
def table(request: pytest.FixtureRequest, dynamodb: "DynamoDBClient") -> Any:
    if request.param == "in memory":
        return InMemoryHeartbeats()
    return DynamoHeartbeats(dynamodb, "state")


@pytest.fixture
def heartbeats(dynamodb: "DynamoDBClient") -> DynamoHeartbeats:
    return DynamoHeartbeats(dynamodb, "state")


def test_a_job_without_a_url_has_no_pulse(table: Both) -> None:
    assert table.pulses(["backup"]) == {}


def test_reports_are_folded_in_the_order_in_which_they_are_taken(table: Both) -> None:
    assert [table.beat("backup", FAIL), table.beat("backup", SUCCESS)] == [1, 2]

    pulse = table.pulses(["backup", "other"])["backup"]
    assert pulse is not None
    assert (pulse.fails, pulse.success_at) == (False, NOON + MINUTE)
    assert pulse.failure is not None
    assert (pulse.failure.status, pulse.failure.said) == (2, "disk full")


def test_the_endpoint_begins_unheard_and_remembers_its_canaries(table: Both) -> None:
    assert table.endpoint().heard_at is None

    for minutes in (0, 1, 5):
        table.sing(NOON + minutes * MINUTE)

    assert table.endpoint().heard_at == NOON + 5 * MINUTE
    assert [outage.begin for outage in table.endpoint().outages] == [NOON + MINUTE]


def test_an_unknown_token_is_none(table: Both) -> None:
    assert table.token("5bf66975") is None


def test_more_jobs_are_read_than_the_table_gives_at_once(heartbeats: DynamoHeartbeats) -> None:
    names = [f"job {number}" for number in range(BATCH + 5)]
    for name in names:
        heartbeats.beat(name, SUCCESS)

    assert heartbeats.pulses([*names, "other"]).keys() == set(names)


def test_a_pulse_that_cannot_be_read_keeps_no_other_back(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    heartbeats.beat("backup", SUCCESS)
    dynamodb.put_item(
        TableName="state",
        Item={"pk": {"S": "HEARTBEAT#spoilt"}, "sk": {"S": "PULSE"}, "document": {"B": b"?"}},
    )

    found = heartbeats.pulses(["spoilt", "backup"])

    assert found["spoilt"] is None
    assert found["backup"] is not None
    with pytest.raises(UnreadableError):
        heartbeats.beat("spoilt", SUCCESS)


def test_the_last_reports_are_kept_as_they_came(heartbeats: DynamoHeartbeats) -> None:
    for number in range(1, KEPT + 4):
        heartbeats.keep("backup", number, FAIL, bytes([0xFF, number]))

    kept = heartbeats.kept("backup")

    assert [each.number for each in kept] == list(range(KEPT + 3, 3, -1))
    assert (kept[0].beat, kept[0].body) == (FAIL, bytes([0xFF, KEPT + 3]))


class Overtaken:
    """A client before each of whose writes of a pulse somebody else writes first."""

    def __init__(self, client: "DynamoDBClient", first: Callable[[], object], times: int) -> None:
        self._client = client
        self._first = first
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_item(self, **request: Any) -> Any:
        if request["Item"]["sk"] == {"S": "PULSE"} and self._times:
            self._times -= 1
            self._first()
        return self._client.put_item(**request)


def overtaken(client: "DynamoDBClient", beat: Beat, times: int) -> DynamoHeartbeats:
    other = DynamoHeartbeats(client, "state")
    slow: Any = Overtaken(client, lambda: other.beat("backup", beat), times)
    return DynamoHeartbeats(slow, "state")


def test_a_success_that_is_overtaken_by_a_failure_hides_it_from_nobody(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    heartbeats.beat("backup", SUCCESS)

    overtaken(dynamodb, FAIL, 1).beat("backup", SUCCESS)

    pulse = heartbeats.pulses(["backup"])["backup"]
    assert pulse is not None
    assert pulse.reports == 3
    assert pulse.failure is not None
    assert pulse.failure.lifted_at is not None


@pytest.mark.parametrize("times", [0, 1, TRIES - 1], ids=["none", "one", "nearly all"])
def test_a_lost_race_is_run_again(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient", times: int
) -> None:
    overtaken(dynamodb, SUCCESS, times).beat("backup", FAIL)

    pulse = heartbeats.pulses(["backup"])["backup"]
    assert pulse is not None
    assert (pulse.reports, pulse.fails) == (times + 1, True)


def test_a_race_that_is_lost_for_ever_is_told(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(ConflictError, match="lost"):
        overtaken(dynamodb, SUCCESS, TRIES).beat("backup", FAIL)


def test_many_at_once_all_count(heartbeats: DynamoHeartbeats) -> None:
    def report(number: int) -> None:
        beat = Beat(signal=Signal.START, at=NOON, run=f"run {number}")
        while True:
            try:
                heartbeats.beat("backup", beat)
            except ConflictError:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(report, range(12)))

    pulse = heartbeats.pulses(["backup"])["backup"]
    assert pulse is not None
    assert {run.id for run in pulse.runs} == {f"run {number}" for number in range(12)}


def test_a_token_is_shown_once_and_only_its_hash_is_stored(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    token = heartbeats.issue("backup", NOON, old_ends_at=None)

    known = heartbeats.token(key_of(token))
    assert known is not None
    assert (known.hash, known.monitor, known.ends_at) == (hashed(token), "backup", None)
    assert heartbeats.holder("backup") == (key_of(token), NOON)
    stored = repr(dynamodb.scan(TableName="state")["Items"])
    assert token[9:] not in stored
    pulse = heartbeats.pulses(["backup"])["backup"]
    assert pulse is not None
    assert (pulse.created_at, pulse.heard_at) == (NOON, None)


def tokens(heartbeats: DynamoHeartbeats, **ends: timedelta) -> Iterator[str]:
    """Make a token, then one more for each rotation."""
    yield heartbeats.issue("backup", NOON, old_ends_at=None)
    for end in ends.values():
        yield heartbeats.issue("backup", NOON, old_ends_at=NOON + end)


def answer(heartbeats: DynamoHeartbeats, token: str, after: timedelta) -> int:
    call = Call(method="GET", path=f"/{token}")
    return answered(call, heartbeats=heartbeats, now=lambda: NOON + after).status


def test_a_rotated_token_ends_after_its_overlap_and_the_new_one_does_not(
    heartbeats: DynamoHeartbeats,
) -> None:
    old, new = tokens(heartbeats, once=60 * MINUTE)
    ask = partial(answer, heartbeats)

    assert [ask(old, 59 * MINUTE), ask(old, 60 * MINUTE)] == [200, 410]
    assert ask(new, 999 * MINUTE) == 200


def test_a_token_that_was_rotated_twice_still_ends(heartbeats: DynamoHeartbeats) -> None:
    first, second, third = tokens(heartbeats, once=60 * MINUTE, again=timedelta())
    ask = partial(answer, heartbeats)

    assert [ask(each, MINUTE) for each in (first, second, third)] == [200, 410, 200]
    assert ask(first, 60 * MINUTE) == 410


def test_of_two_who_rotate_at_once_one_is_told_to_try_again(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    class Late(DynamoHeartbeats):
        def _end(self, key: str, at: Any) -> None:
            heartbeats.issue("backup", NOON, old_ends_at=at)
            super()._end(key, at)

    heartbeats.issue("backup", NOON, old_ends_at=None)

    with pytest.raises(ConflictError, match="run it again"):
        Late(dynamodb, "state").issue("backup", NOON, old_ends_at=NOON)


def test_a_crash_in_the_middle_of_a_rotation_leaves_no_old_token_that_never_ends(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    class Dying(DynamoHeartbeats):
        def _name(self, *_: Any) -> None:
            raise StorageError("the cable")

    old = heartbeats.issue("backup", NOON, old_ends_at=None)
    with pytest.raises(StorageError):
        Dying(dynamodb, "state").issue("backup", NOON, old_ends_at=NOON + MINUTE)

    assert answer(heartbeats, old, MINUTE) == 410


def test_the_slowest_call_ends_before_the_function_does() -> None:
    """Four calls, over one connection, each tried twice with a pause of at most a second."""
    waits: Any = PROMPT
    tries = waits.retries["total_max_attempts"]
    first = tries * (waits.connect_timeout + waits.read_timeout) + 1
    further = tries * waits.read_timeout + 1
    template = TEMPLATE.read_text("utf-8")
    timeout = re.search(r"CodeUri: functions/heartbeat/\s+Timeout: (\d+)", template)

    assert timeout is not None
    assert first + 3 * further <= int(timeout[1])
