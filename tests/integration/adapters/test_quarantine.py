"""States that nobody can read are put aside, and their shards go on (invariant 14)."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.make import FAIL, MINUTE, NOON, THREE, monitor, report, shard
from tests.fakes.memory import FixedTime, InMemoryReports, bench
from tocsin.adapters.codec import pack
from tocsin.adapters.states import KEPT_ASIDE, SCHEMA, DynamoStates
from tocsin.domain.shard import layout
from tocsin.domain.state import ShardState
from tocsin.usecases.assess import Assessment, assess
from tocsin.usecases.ports import ConflictError, SpoiltError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"pk": {"S": "SHARD#s0"}, "sk": {"S": "STATE"}}
WATCHED = shard(monitor())
SOUND = {"B": pack(ShardState, ShardState(shard="s0"))}

TEXTS = st.builds(lambda text: {"S": text}, st.text(st.characters(codec="utf-8"), min_size=1))
NUMBERS = st.builds(lambda n: {"N": str(n)}, st.integers(-3, SCHEMA) | st.just("0.5"))
JSON = st.recursive(
    st.sampled_from(["null", "1", '"s0"', '"s1"', "NaN"]),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda all_: f"[{','.join(all_)}]")
        | st.dictionaries(
            st.sampled_from(["shard", "standings", "incidents", "outbox", "paused"]),
            inner,
            max_size=3,
        ).map(lambda all_: "{" + ",".join(f'"{k}":{v}' for k, v in all_.items()) + "}")
    ),
    max_leaves=6,
)
BYTES = st.binary(min_size=1) | JSON.map(lambda text: zlib.compress(text.encode()))
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "schema": TEXTS | NUMBERS,
        "revision": TEXTS | NUMBERS,
        "writer": TEXTS | NUMBERS,
        "document": TEXTS | NUMBERS | st.builds(lambda data: {"B": data}, BYTES) | st.just(SOUND),
    },
)


def kept(client: "DynamoDBClient") -> DynamoStates:
    numbers = count()
    return DynamoStates(client, "state", lambda: f"token {next(numbers)}")


def store(client: "DynamoDBClient", item: Mapping[str, Any]) -> None:
    client.put_item(TableName="state", Item={**KEY, **item})


def judged(states: DynamoStates) -> Assessment:
    reports = InMemoryReports()
    for place in THREE:
        reports.add(report(place, db=FAIL))
    stage = replace(bench(reports=reports), states=states, quarantine=states)
    return assess(WATCHED, layout([WATCHED]), stage, FixedTime(NOON))


def aside(client: "DynamoDBClient") -> list[dict[str, Any]]:
    items: list[Any] = client.scan(TableName="state")["Items"]
    return [item for item in items if item["pk"]["S"] == "QUARANTINE#s0"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(item=ITEMS)
def test_whatever_stands_in_the_place_of_a_state_the_shard_is_judged(
    dynamodb: "DynamoDBClient", item: dict[str, Any]
) -> None:
    store(dynamodb, item)
    states = kept(dynamodb)

    assessment = judged(states)

    state = states.load("s0").state
    assert state.standings["db"].failing == THREE
    assert len(state.incidents) == 1
    copies = {f"QUARANTINE#s0/{each['sk']['S']}": each for each in aside(dynamodb)}
    for name in assessment.quarantined:
        ours = {k: v for k, v in copies[name].items() if k not in {"pk", "sk", "expires_at"}}
        assert ours == item
    assert judged(states).quarantined == ()


@pytest.mark.parametrize(
    "since",
    ["2026-01-01T12:00:00", "9999-12-31T23:59:59Z"],
    ids=["no zone", "nothing can be added to it"],
)
def test_a_state_that_nobody_could_judge_from_is_put_aside(
    dynamodb: "DynamoDBClient", since: str
) -> None:
    standing = {"verdict": "down", "since": since, "held_down": True, "recovering_since": since}
    document = {"shard": "s0", "standings": {"db": standing}}
    packed = zlib.compress(json.dumps(document).encode())
    store(
        dynamodb,
        {"schema": {"N": "2"}, "revision": {"N": "7"}, "document": {"B": packed}},
    )

    assessment = judged(kept(dynamodb))

    assert len(assessment.quarantined) == 1
    assert len(kept(dynamodb).load("s0").state.incidents) == 1


def test_a_state_that_can_be_read_is_not_put_aside(dynamodb: "DynamoDBClient") -> None:
    states = kept(dynamodb)
    states.save(ShardState(shard="s0"), over=0)

    with pytest.raises(ConflictError, match="nothing to put aside"):
        states.put_aside("s0", NOON)
    assert judged(states).quarantined == ()
    assert aside(dynamodb) == []


def test_a_state_of_a_newer_version_is_left_as_it_is(dynamodb: "DynamoDBClient") -> None:
    newer = {"schema": {"N": str(SCHEMA + 1)}, "document": {"B": b"not for us"}}
    store(dynamodb, newer)

    with pytest.raises(UnreadableError, match="deploy the newer version") as refusal:
        judged(kept(dynamodb))

    assert not isinstance(refusal.value, SpoiltError)
    assert dynamodb.scan(TableName="state")["Items"] == [{**KEY, **newer}]


def test_what_was_put_aside_is_kept_for_people_and_not_for_ever(dynamodb: "DynamoDBClient") -> None:
    store(dynamodb, {"document": {"B": b"spoilt"}})

    name = kept(dynamodb).put_aside("s0", NOON)

    (copy,) = aside(dynamodb)
    assert name == f"QUARANTINE#s0/{copy['sk']['S']}"
    assert copy["document"] == {"B": b"spoilt"}
    assert int(copy["expires_at"]["N"]) == (NOON + KEPT_ASIDE).timestamp()


class DiesAfterTheCopy:
    """A client of a process that ends between the copy and the new beginning."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def put_item(self, **request: Any) -> Any:
        if "ConditionExpression" in request:
            raise MemoryError
        return self._client.put_item(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_who_dies_after_the_copy_has_lost_nothing(dynamodb: "DynamoDBClient") -> None:
    store(dynamodb, {"document": {"B": b"spoilt"}})
    dying: Any = DiesAfterTheCopy(dynamodb)
    with pytest.raises(MemoryError):
        kept(dying).put_aside("s0", NOON)

    kept(dynamodb).put_aside("s0", NOON + MINUTE)

    assert len(aside(dynamodb)) == 1
    assert kept(dynamodb).load("s0").state == ShardState(shard="s0")


class Overtaken:
    """A client before whose conditional write somebody else begins anew and judges."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self._first = True

    def put_item(self, **request: Any) -> Any:
        if self._first and "ConditionExpression" in request:
            self._first = False
            judged(kept(self._client))
        return self._client.put_item(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_of_two_who_find_it_one_begins_anew(dynamodb: "DynamoDBClient") -> None:
    store(dynamodb, {"revision": {"N": "7"}, "document": {"B": b"spoilt"}})
    overtaken: Any = Overtaken(dynamodb)

    assessment = judged(kept(overtaken))

    stored = kept(dynamodb).load("s0")
    assert (assessment.quarantined, assessment.changed) == ((), False)
    assert len(stored.state.incidents) == 1
    assert stored.revision > 8


def test_a_monitor_of_a_shard_that_is_spoilt_and_has_no_reports_shelters_nobody(
    dynamodb: "DynamoDBClient",
) -> None:
    """Its child may be announced too early; kept back for ever it would be missed."""
    child = replace(shard(replace(monitor("web"), depends_on=("db",))), id="s1")
    store(dynamodb, {"document": {"B": b"spoilt"}})
    states = kept(dynamodb)
    reports = InMemoryReports()
    for place in THREE:
        reports.add(replace(report(place, web=FAIL), shard="s1"))
    stage = replace(bench(reports=reports), states=states, quarantine=states)

    assess(child, layout([WATCHED, child]), stage, FixedTime(NOON + timedelta(seconds=1)))

    assert [each.monitors for each in states.load("s1").state.incidents] == [{"web"}]
