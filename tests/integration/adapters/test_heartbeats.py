"""Reports of jobs in the state table: nothing is lost, whoever else writes at the same time."""

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.architecture.cloudformation import load_template
from tests.fakes.make import MINUTE, NOON
from tests.fakes.memory import InMemoryHeartbeats
from tocsin.adapters.heartbeats import BATCH, KEPT, PROMPT, TRIES, DynamoHeartbeats
from tocsin.domain.endpoint import HEARD_EVERY, Endpoint
from tocsin.domain.pulse import Beat, Signal
from tocsin.usecases.beat import Call, answered, hashed, key_of
from tocsin.usecases.ports import ConflictError, Heartbeats, Pulses, StorageError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FAIL = Beat(signal=Signal.FAIL, at=NOON, run="a", status=2, said="disk full")
SUCCESS = Beat(signal=Signal.SUCCESS, at=NOON + MINUTE)


class Both(Heartbeats, Pulses, Protocol):
    """What the fake and the adapter have in common."""

    def rename(self, former: str, name: str) -> bool: ...


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


SPOILT: Any = [
    pytest.param({"document": {"B": b"?"}}, id="no document"),
    pytest.param({"document": {"B": zlib.compress(b"[]")}, "revision": {"N": "7"}}, id="another"),
    pytest.param({"revision": {"N": "7"}}, id="half an item"),
]


@pytest.mark.parametrize("item", SPOILT)
def test_a_pulse_that_cannot_be_read_keeps_no_other_back_and_ends_with_the_next_report(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient", item: dict[str, Any]
) -> None:
    heartbeats.beat("backup", SUCCESS)
    key = {"pk": {"S": "HEARTBEAT#spoilt"}, "sk": {"S": "PULSE"}}
    dynamodb.put_item(TableName="state", Item={**key, **item})

    found = heartbeats.pulses(["spoilt", "backup"])
    heartbeats.beat("spoilt", SUCCESS)

    assert found["spoilt"] is None
    assert found["backup"] is not None
    mended = heartbeats.pulses(["spoilt"])["spoilt"]
    assert mended is not None
    assert mended.success_at == SUCCESS.at


@pytest.mark.parametrize("item", SPOILT)
def test_an_endpoint_that_cannot_be_read_is_unheard_until_its_next_canary(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient", item: dict[str, Any]
) -> None:
    key = {"pk": {"S": "HEARTBEAT"}, "sk": {"S": "ENDPOINT"}}
    dynamodb.put_item(TableName="state", Item={**key, **item})

    before = heartbeats.endpoint()
    heartbeats.sing(NOON)

    assert before == Endpoint()
    assert heartbeats.endpoint() == Endpoint(heard_at=NOON)


def test_the_last_reports_are_kept_as_they_came(heartbeats: DynamoHeartbeats) -> None:
    for number in range(1, KEPT + 4):
        heartbeats.keep("backup", number, FAIL, bytes([0xFF, number]))

    kept = heartbeats.kept("backup")

    assert [each.number for each in kept] == list(range(KEPT + 3, 3, -1))
    assert (kept[0].beat, kept[0].body) == (FAIL, bytes([0xFF, KEPT + 3]))


def test_no_success_displaces_the_failure_that_people_will_look_for(
    heartbeats: DynamoHeartbeats,
) -> None:
    heartbeats.keep("backup", 1, FAIL, b"disk full")
    for number in range(2, 3 * KEPT):
        heartbeats.keep("backup", number, SUCCESS, b"")

    kept = heartbeats.kept("backup")

    assert len(kept) == KEPT + 1
    assert (kept[-1].number, kept[-1].body) == (1, b"disk full")


class Partial:
    """A client whose batches leave all but one item for the next call, `times` times."""

    def __init__(self, client: "DynamoDBClient", times: int) -> None:
        self._client = client
        self._times = times

    def batch_get_item(self, **request: Any) -> Any:
        answer: Any = self._client.batch_get_item(**request)
        keys = request["RequestItems"]["state"]["Keys"]
        if self._times and len(keys) > 1:
            self._times -= 1
            first, *rest = keys
            found = [i for i in answer["Responses"]["state"] if i["pk"] == first["pk"]]
            left = {"state": {"Keys": rest, "ConsistentRead": True}}
            return {"Responses": {"state": found}, "UnprocessedKeys": left}
        return answer


@pytest.mark.usefixtures("_hasty")
def test_what_a_batch_leaves_out_is_asked_for_again(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    names = [f"job {number}" for number in range(TRIES + 3)]
    for name in names:
        heartbeats.beat(name, SUCCESS)
    slow: Any = Partial(dynamodb, TRIES - 1)
    stubborn: Any = Partial(dynamodb, TRIES)

    assert DynamoHeartbeats(slow, "state").pulses(names).keys() == set(names)
    with pytest.raises(StorageError, match="not all heartbeats could be read"):
        DynamoHeartbeats(stubborn, "state").pulses(names)


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.adapters.heartbeats.PAUSE_S", 0)


class Counting:
    """A client that counts its calls."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        self.calls += 1
        return getattr(self._client, name)


def test_an_unknown_token_costs_one_read_and_nothing_else(dynamodb: "DynamoDBClient") -> None:
    known = DynamoHeartbeats(dynamodb, "state").issue("backup", NOON, old_ends_at=None)
    wrong = f"{key_of(known)}-0000-4000-8000-000000000000"
    counted: Any = Counting(dynamodb)

    for token in ("00000000-0000-4000-8000-000000000000", wrong):
        counted.calls = 0
        assert answer(DynamoHeartbeats(counted, "state"), token, MINUTE) == 404
        assert counted.calls == 1


def test_canaries_that_follow_at_once_cost_no_call_of_the_table(
    dynamodb: "DynamoDBClient",
) -> None:
    client = Counting(dynamodb)
    counted: Any = client
    endpoint = DynamoHeartbeats(counted, "state")
    endpoint.sing(NOON)
    calls = client.calls

    for millisecond in range(0, 5000, 500):
        endpoint.sing(NOON + timedelta(milliseconds=millisecond))
    assert client.calls == calls
    endpoint.sing(NOON + HEARD_EVERY)

    assert endpoint.endpoint().heard_at == NOON + HEARD_EVERY


class Deaf:
    """A client that loses the answer to its first write of a kind of item, and writes again.

    That is what botocore does by itself: the second write fails on the condition of the first.
    """

    def __init__(self, client: "DynamoDBClient", sort_key: str) -> None:
        self._client = client
        self._sort_key = sort_key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_item(self, **request: Any) -> Any:
        if request["Item"]["sk"] == {"S": self._sort_key}:
            self._sort_key = ""
            self._client.put_item(**request)
        return self._client.put_item(**request)


def deaf(client: "DynamoDBClient", sort_key: str) -> DynamoHeartbeats:
    half: Any = Deaf(client, sort_key)
    return DynamoHeartbeats(half, "state")


def test_a_report_whose_answer_was_lost_counts_once(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    heartbeats.beat("backup", FAIL)

    assert deaf(dynamodb, "PULSE").beat("backup", SUCCESS) == 2

    pulse = heartbeats.pulses(["backup"])["backup"]
    assert pulse is not None
    assert pulse.reports == 2


@pytest.mark.parametrize("sort_key", ["TOKEN", "PULSE", "URL"])
def test_a_url_is_made_though_an_answer_was_lost(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient", sort_key: str
) -> None:
    old = deaf(dynamodb, sort_key).issue("backup", NOON, old_ends_at=None)
    new = deaf(dynamodb, sort_key).issue("backup", NOON, old_ends_at=NOON + MINUTE)

    assert [answer(heartbeats, each, MINUTE) for each in (old, new)] == [410, 200]
    assert heartbeats.holder("backup") == (key_of(new), NOON)


RUN = "123e4567-e89b-12d3-a456-426614174000"
BEGUN = Beat(signal=Signal.START, at=NOON, run=RUN)
ENDED = Beat(signal=Signal.SUCCESS, at=NOON, run=RUN)


@pytest.mark.parametrize(
    ("mine", "others"), [(BEGUN, ENDED), (ENDED, BEGUN)], ids=["the end first", "the start first"]
)
def test_a_start_and_its_end_at_once_leave_no_run_under_way(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient", mine: Beat, others: Beat
) -> None:
    overtaken(dynamodb, others, 1).beat("backup", mine)

    pulse = heartbeats.pulses(["backup"])["backup"]
    assert pulse is not None
    assert (pulse.runs, pulse.success_at, pulse.reports) == ((), NOON, 2)


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


class Atomic:
    """A client whose writes are made one by one, as DynamoDB's are; moto's are not."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_item(self, **request: Any) -> Any:
        with self._lock:
            return self._client.put_item(**request)


def test_many_at_once_all_count(heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient") -> None:
    atomic: Any = Atomic(dynamodb)
    shared = DynamoHeartbeats(atomic, "state")

    def report(number: int) -> None:
        beat = Beat(signal=Signal.START, at=NOON, run=f"run {number}")
        for _ in range(100):
            with suppress(ConflictError):
                shared.beat("backup", beat)
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


def test_who_ends_a_token_at_once_is_not_overruled_by_who_lets_it_go_on(
    heartbeats: DynamoHeartbeats,
) -> None:
    leaked = heartbeats.issue("backup", NOON, old_ends_at=None)
    heartbeats._end(key_of(leaked), NOON)

    heartbeats.issue("backup", NOON, old_ends_at=NOON + 60 * MINUTE)

    assert answer(heartbeats, leaked, MINUTE) == 410


def test_of_two_who_make_the_first_url_one_is_told_to_try_again(
    heartbeats: DynamoHeartbeats,
) -> None:
    first = heartbeats.issue("backup", NOON, old_ends_at=None)

    with pytest.raises(ConflictError, match="run it again"):
        heartbeats.issue("backup", NOON, old_ends_at=None)

    assert heartbeats.holder("backup") == (key_of(first), NOON)


def test_a_crash_in_the_middle_of_a_rotation_leaves_no_old_token_that_never_ends(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    class Dying(DynamoHeartbeats):
        def _name(self, *_: Any) -> bool:
            raise StorageError("the cable")

    old = heartbeats.issue("backup", NOON, old_ends_at=None)
    with pytest.raises(StorageError):
        Dying(dynamodb, "state").issue("backup", NOON, old_ends_at=NOON + MINUTE)

    assert answer(heartbeats, old, MINUTE) == 410


def reports(table: Both, monitor: str) -> int:
    """Count what a job of that name has reported."""
    pulse = table.pulses([monitor]).get(monitor)
    return 0 if pulse is None else pulse.reports


def test_a_renamed_job_goes_on_and_calls_that_knew_its_former_name_follow_it(table: Both) -> None:
    table.beat("backup", FAIL)

    assert table.rename("backup", "nightly")
    assert table.beat("backup", SUCCESS) == 2

    pulse = table.pulses(["backup", "nightly"])["nightly"]
    assert table.pulses(["backup"]) == {}
    assert pulse is not None
    assert (pulse.reports, pulse.success_at) == (2, SUCCESS.at)
    assert pulse.failure is not None


def test_to_rename_again_changes_nothing(table: Both) -> None:
    table.beat("backup", SUCCESS)

    assert [table.rename("backup", "nightly") for _ in range(3)] == [True, True, True]
    assert reports(table, "nightly") == 1


def test_who_has_reported_nothing_is_not_renamed(table: Both) -> None:
    assert not table.rename("backup", "nightly")
    assert table.pulses(["backup", "nightly"]) == {}


def test_no_job_takes_the_place_of_another(table: Both) -> None:
    table.beat("backup", SUCCESS)
    table.beat("nightly", FAIL)
    table.beat("nightly", FAIL)

    assert not table.rename("backup", "nightly")
    assert (reports(table, "backup"), reports(table, "nightly")) == (1, 2)


@pytest.mark.parametrize("names", [["b", "c"], ["b", "a"], ["b", "c", "a"], ["b", "a", "b"]])
def test_a_job_may_be_renamed_again_and_again_and_back(table: Both, names: list[str]) -> None:
    table.beat("a", SUCCESS)
    former = "a"
    for name in names:
        assert table.rename(former, name)
        former = name

    table.beat("a", SUCCESS)

    assert {name: reports(table, name) for name in ("a", "b", "c")} == {
        **dict.fromkeys(("a", "b", "c"), 0),
        former: 2,
    }


def test_the_url_of_a_renamed_job_goes_on_with_all_that_is_kept(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    token = heartbeats.issue("backup", NOON, old_ends_at=None)
    answer(heartbeats, token, MINUTE)
    heartbeats.keep("backup", 7, FAIL, b"disk full")

    heartbeats.rename("backup", "nightly")

    known = heartbeats.token(key_of(token))
    assert known is not None
    assert known.monitor == "nightly"
    assert answer(heartbeats, token, 2 * MINUTE) == 200
    assert heartbeats.holder("nightly") == (key_of(token), NOON)
    assert heartbeats.holder("backup") is None
    assert [kept.body for kept in heartbeats.kept("nightly")] == [b"", b"", b"disk full"]
    assert heartbeats.kept("backup") == []
    pulse = heartbeats.pulses(["nightly"])["nightly"]
    assert pulse is not None
    assert (pulse.created_at, pulse.reports) == (NOON, 2)
    left = [i["sk"]["S"] for i in items(dynamodb) if i["pk"]["S"] == "HEARTBEAT#backup"]
    assert left == ["PULSE"]


def items(dynamodb: "DynamoDBClient") -> Any:
    return dynamodb.scan(TableName="state")["Items"]


def test_a_token_that_was_rotated_before_goes_on_until_its_end(
    heartbeats: DynamoHeartbeats,
) -> None:
    old, new = tokens(heartbeats, once=60 * MINUTE)

    heartbeats.rename("backup", "nightly")

    ask = partial(answer, heartbeats)
    assert [ask(old, 59 * MINUTE), ask(old, 60 * MINUTE), ask(new, 60 * MINUTE)] == [200, 410, 200]
    assert reports(heartbeats, "nightly") == 2


def test_a_new_job_of_the_former_name_has_a_url_and_a_pulse_of_its_own(
    heartbeats: DynamoHeartbeats,
) -> None:
    old = heartbeats.issue("backup", NOON, old_ends_at=None)
    heartbeats.rename("backup", "nightly")

    new = heartbeats.issue("backup", NOON + MINUTE, old_ends_at=None)
    for token in (old, old, new):
        assert answer(heartbeats, token, MINUTE) == 200

    assert (reports(heartbeats, "nightly"), reports(heartbeats, "backup")) == (2, 1)
    assert not heartbeats.rename("backup", "nightly")


class Crashing:
    """A client that dies at its write number `at`, before or after it was made."""

    def __init__(self, client: "DynamoDBClient", at: int, *, made: bool) -> None:
        self._client = client
        self._left = at
        self._made = made

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        return partial(self._write, call) if name in WRITES else call

    def _write(self, call: Callable[..., Any], **request: Any) -> Any:
        self._left -= 1
        if self._left > 0 or (self._left == 0 and self._made):
            call(**request)
        if self._left <= 0:
            raise StorageError("the cable")


WRITES = {"put_item", "update_item", "delete_item"}
STEPS = 7
"""Writes that it takes to rename a job that has reported once."""


@pytest.mark.parametrize("made", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_a_crash_on_the_way_to_another_name_loses_no_report_and_is_made_good_by_another_try(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient", at: int, *, made: bool
) -> None:
    token = heartbeats.issue("backup", NOON, old_ends_at=None)
    answer(heartbeats, token, MINUTE)
    dying: Any = Crashing(dynamodb, at, made=made)

    with pytest.raises(StorageError, match="the cable"):
        DynamoHeartbeats(dying, "state").rename("backup", "nightly")
    between = answer(heartbeats, token, 2 * MINUTE)
    again = heartbeats.rename("backup", "nightly")

    assert (between, again) == (200, True)
    assert answer(heartbeats, token, 3 * MINUTE) == 200
    assert reports(heartbeats, "nightly") == 3
    assert heartbeats.holder("nightly") == (key_of(token), NOON)
    assert heartbeats.holder("backup") is None


def test_so_many_writes_rename_a_job(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    token = heartbeats.issue("backup", NOON, old_ends_at=None)
    answer(heartbeats, token, MINUTE)
    whole: Any = Crashing(dynamodb, STEPS + 1, made=False)

    assert DynamoHeartbeats(whole, "state").rename("backup", "nightly")


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_reports_that_come_while_a_job_is_renamed_all_count(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient", times: int
) -> None:
    heartbeats.beat("backup", SUCCESS)

    assert overtaken(dynamodb, SUCCESS, times).rename("backup", "nightly")

    assert reports(heartbeats, "nightly") == 1 + times


def test_a_job_that_never_is_silent_is_not_renamed_and_loses_nothing(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    heartbeats.beat("backup", SUCCESS)

    with pytest.raises(ConflictError, match="backup: lost"):
        overtaken(dynamodb, SUCCESS, 2 * TRIES).rename("backup", "nightly")

    assert reports(heartbeats, "backup") == 1 + 2 * TRIES
    assert heartbeats.rename("backup", "nightly")
    assert reports(heartbeats, "nightly") == 1 + 2 * TRIES


def test_a_report_under_way_while_its_job_is_renamed_follows_it(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient"
) -> None:
    heartbeats.beat("backup", SUCCESS)
    slow: Any = Overtaken(dynamodb, lambda: heartbeats.rename("backup", "nightly"), 1)

    assert DynamoHeartbeats(slow, "state").beat("backup", FAIL) == 2

    assert reports(heartbeats, "nightly") == 2


@pytest.mark.parametrize("sort_key", ["PULSE", "URL", "REPORT#1"])
def test_a_job_is_renamed_though_an_answer_was_lost(
    heartbeats: DynamoHeartbeats, dynamodb: "DynamoDBClient", sort_key: str
) -> None:
    token = heartbeats.issue("backup", NOON, old_ends_at=None)
    answer(heartbeats, token, MINUTE)

    assert deaf(dynamodb, sort_key).rename("backup", "nightly")

    assert answer(heartbeats, token, MINUTE) == 200
    assert reports(heartbeats, "nightly") == 2


def test_the_slowest_call_ends_before_the_function_does() -> None:
    """Five calls over one connection, each tried twice with a pause of at most a second.

    They read the token, the pulse, and where that has moved the one there; then write two items.
    """
    waits: Any = PROMPT
    tries = waits.retries["total_max_attempts"]
    first = tries * (waits.connect_timeout + waits.read_timeout) + 1
    further = tries * waits.read_timeout + 1
    function = load_template()["Resources"]["HeartbeatFunction"]["Properties"]

    assert first + 4 * further <= function["Timeout"]
