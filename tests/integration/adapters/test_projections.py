"""One contract for what people read: the fake and the table keep it alike."""

from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from tests.fakes.make import NOON, TICK
from tests.fakes.projections import InMemoryProjections
from tocsin.adapters.projections import KEPT, DynamoProjections
from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import HOUR, Looks, Rollup, Row, Status
from tocsin.domain.uptime import DAY, Digest, digested

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Kept = InMemoryProjections | DynamoProjections

DOWN = Status(
    monitor="db",
    verdict=Verdict.DOWN,
    since=NOON,
    failing=("lima", "mike"),
    silent=("november",),
    incident="db-1",
)
UP = Status(monitor="db", verdict=Verdict.UP, since=NOON)
NOW = TICK // HOUR


def rollup(hour: int, checks: int = 60) -> Rollup:
    looks = Looks(checks=checks, failures=1, p50_ms=1.5, p95_ms=20)
    row = Row(seconds={Verdict.UP: 3540, Verdict.DOWN: 60}, locations={"lima": looks})
    return Rollup(shard="s0", hour=hour, monitors={"db": row})


@pytest.fixture(params=["in memory", "DynamoDB"])
def kept(request: pytest.FixtureRequest, dynamodb: "DynamoDBClient") -> Kept:
    if request.param == "in memory":
        return InMemoryProjections()
    return DynamoProjections(dynamodb, "state")


def test_what_was_shown_is_what_is_read(kept: Kept) -> None:
    kept.show(DOWN, "s0", 3)

    assert kept.status("db") == DOWN
    assert kept.status("web") is None


def test_a_status_of_the_same_or_a_later_revision_takes_its_place(kept: Kept) -> None:
    kept.show(DOWN, "s0", 3)
    kept.show(UP, "s0", 3)
    assert kept.status("db") == UP

    kept.show(DOWN, "s0", 4)
    assert kept.status("db") == DOWN


def test_who_comes_late_with_an_older_revision_changes_nothing(kept: Kept) -> None:
    kept.show(UP, "s0", 4)
    kept.show(DOWN, "s0", 3)

    assert kept.status("db") == UP


def test_a_monitor_that_moved_is_shown_by_its_new_shard_whose_revisions_are_its_own(
    kept: Kept,
) -> None:
    kept.show(DOWN, "s0", 400)
    kept.show(UP, "s1", 2)

    assert kept.status("db") == UP


def test_a_shard_forgets_its_own_monitors_only(kept: Kept) -> None:
    kept.show(UP, "s1", 2)
    kept.forget("db", "s0", NOON)
    assert kept.status("db") == UP

    kept.forget("db", "s1", NOON)
    assert kept.status("db") is None
    kept.forget("never", "s1", NOON)
    assert kept.status("never") is None


def test_a_monitor_that_comes_back_is_shown_again(kept: Kept) -> None:
    kept.show(UP, "s0", 7)
    kept.forget("db", "s0", NOON)
    kept.show(DOWN, "s0", 9)

    assert kept.status("db") == DOWN


def test_hours_are_read_in_their_order_and_the_last_word_on_one_stands(kept: Kept) -> None:
    for hour in (NOW, NOW - 2, NOW - 1, NOW + 1):
        kept.keep(rollup(hour))
    kept.keep(rollup(NOW, checks=59))

    found = [*kept.rollups("s0", NOW - 1, NOW)]

    assert found == [rollup(NOW - 1), rollup(NOW, checks=59)]
    assert [*kept.rollups("s1", NOW - 1, NOW)] == []


def test_hours_are_read_in_brief_too(kept: Kept) -> None:
    for hour in (NOW, NOW - 1, NOW + 1):
        kept.keep(rollup(hour))

    assert [*kept.hours("s0", NOW - 1, NOW)] == [digested(rollup(NOW - 1)), digested(rollup(NOW))]
    assert [*kept.hours("s1", NOW - 1, NOW)] == []


def day(number: int, down: int = 60) -> Digest:
    seconds = {"db": {Verdict.UP: 86_400 - down, Verdict.DOWN: down}}
    return Digest(shard="s0", number=number, seconds=seconds, ms={"db": 12.5})


def test_days_are_read_in_their_order_and_the_last_word_on_one_stands(kept: Kept) -> None:
    today = NOW // DAY
    for each in (day(today), day(today - 31), day(today + 1), day(today, down=600)):
        kept.keep_day(each)

    assert [*kept.days("s0", today - 31, today)] == [day(today - 31), day(today, down=600)]
    assert [*kept.days("s1", today - 31, today)] == []


def test_a_spoilt_day_keeps_no_other_from_being_read(dynamodb: "DynamoDBClient") -> None:
    kept = DynamoProjections(dynamodb, "state")
    today = NOW // DAY
    kept.keep_day(day(today - 1))
    kept.keep_day(day(today))
    dynamodb.update_item(
        TableName="state",
        Key={"pk": {"S": "DAYS#s0"}, "sk": {"S": "2026-01-01"}},
        UpdateExpression="SET brief = :b",
        ExpressionAttributeValues={":b": {"B": b"spoilt"}},
    )

    assert [*kept.days("s0", today - 1, today)] == [day(today - 1)]
    assert kept.unreadable == 1


def test_what_is_over_is_removed_by_the_table_in_time(dynamodb: "DynamoDBClient") -> None:
    kept = DynamoProjections(dynamodb, "state")
    kept.keep(rollup(NOW))
    kept.keep_day(day(NOW // DAY))
    kept.show(UP, "s0", 1)
    kept.show(replace(UP, monitor="web"), "s0", 1)
    kept.forget("web", "s0", NOON)

    items = dynamodb.scan(TableName="state")["Items"]
    ends = {item["pk"]["S"]: item.get("expires_at") for item in items}

    over = (NOW + 1) * 3600 + int(KEPT.total_seconds())
    day_over = (NOW // DAY + 1) * 86_400 + int(KEPT.total_seconds())
    assert ends == {
        "DAYS#s0": {"N": str(day_over)},
        "ROLLUP#s0": {"N": str(over)},
        "MONITOR#db": None,
        "MONITOR#web": {"N": str(int(NOON.timestamp()))},
    }


def test_an_hour_of_a_full_shard_is_a_small_item(dynamodb: "DynamoDBClient") -> None:
    kept = DynamoProjections(dynamodb, "state")
    (row,) = rollup(NOW).monitors.values()
    places = {f"location-{n}": Looks(checks=60, p50_ms=n * 7.7, p95_ms=n * 9.1) for n in range(5)}
    names = [f"service-{n}" for n in range(500)]
    kept.keep(
        Rollup(
            shard="s0",
            hour=NOW,
            monitors={
                name: replace(
                    row,
                    locations={
                        place: replace(each, p50_ms=crc32(f"{name} {place}".encode()) % 9973 / 10)
                        for place, each in places.items()
                    },
                )
                for name in names
            },
        )
    )

    (item,) = dynamodb.scan(TableName="state")["Items"]

    assert len(item["document"]["B"]) < 60_000
