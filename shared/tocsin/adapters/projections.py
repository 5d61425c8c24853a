"""What people read, in the state table: how monitors stand, and what each hour and day was like.

`pk = MONITOR#<id>`, `sk = STATUS`: one item a monitor, readable as it is. `pk = ROLLUP#<shard>`,
`sk = <hour>`: one packed item for an hour of a shard, whole and in brief. `pk = DAYS#<shard>`,
`sk = <day>`: one for a day, in brief. All of it can be made again.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.digests import pack_digest, unpack_digest
from tocsin.adapters.dynamodb import condition_failed, storage_errors
from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import Rollup, Status
from tocsin.domain.uptime import DAY, Digest, digested
from tocsin.usecases.ports import UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KEPT = timedelta(days=400)
"""How long an hour or a day is kept: a year can be compared with the one before."""

SCHEMA = 1


class DynamoProjections:
    """Projections in a DynamoDB table; `unreadable` counts what could not be read."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self.unreadable = 0

    def show(self, status: Status, shard: str, revision: int) -> None:
        """Keep how a monitor stands, unless that is known from a later revision of its shard."""
        item: dict[str, AttributeValueTypeDef] = {
            **_key(status.monitor),
            "judged_in": {"S": shard},
            "revision": {"N": str(revision)},
            "verdict": {"S": str(status.verdict)},
            "since": {"S": status.since.isoformat()},
            "failing": {"L": [{"S": name} for name in status.failing]},
            "silent": {"L": [{"S": name} for name in status.silent]},
        }
        if status.incident is not None:
            item["incident"] = {"S": status.incident}
        self._put(
            item,
            "attribute_not_exists(pk) OR judged_in <> :shard OR revision <= :revision",
            {":shard": {"S": shard}, ":revision": {"N": str(revision)}},
        )

    def forget(self, monitor: str, shard: str, at: datetime) -> None:
        """Let go of a monitor that a shard no longer has; DynamoDB removes what is expired."""
        self._put(
            {
                **_key(monitor),
                "judged_in": {"S": shard},
                "revision": {"N": "0"},
                "expires_at": {"N": str(int(at.timestamp()))},
            },
            "attribute_exists(pk) AND judged_in = :shard",
            {":shard": {"S": shard}},
        )

    def keep(self, rollup: Rollup) -> None:
        """Keep what an hour was like, in place of what was known of it."""
        ends = _begin(rollup.hour) + timedelta(hours=1)
        with storage_errors(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": f"ROLLUP#{rollup.shard}"},
                    "sk": {"S": _name(rollup.hour)},
                    "schema": {"N": str(SCHEMA)},
                    "document": {"B": pack(Rollup, rollup)},
                    "brief": {"B": pack_digest(digested(rollup))},
                    "expires_at": {"N": str(int((ends + KEPT).timestamp()))},
                },
            )

    def keep_day(self, day: Digest) -> None:
        """Keep what a day was like, in place of what was known of it."""
        ends = _begin((day.number + 1) * DAY)
        with storage_errors(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": f"DAYS#{day.shard}"},
                    "sk": {"S": _date(day.number)},
                    "schema": {"N": str(SCHEMA)},
                    "brief": {"B": pack_digest(day)},
                    "expires_at": {"N": str(int((ends + KEPT).timestamp()))},
                },
            )

    def hours(self, shard: str, first: int, last: int) -> Iterator[Digest]:
        """Read in brief what these hours of a shard were like, in their order."""
        names = {_name(hour): hour for hour in range(first, last + 1)}
        yield from self._briefs("ROLLUP", shard, names)

    def days(self, shard: str, first: int, last: int) -> Iterator[Digest]:
        """Read in brief what these days of a shard were like, in their order."""
        names = {_date(day): day for day in range(first, last + 1)}
        yield from self._briefs("DAYS", shard, names)

    def status(self, monitor: str) -> Status | None:
        """Read how a monitor stands; None where it is not watched."""
        with storage_errors(self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(monitor), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None or "verdict" not in item:
            return None
        return Status(
            monitor=monitor,
            verdict=Verdict(item["verdict"]["S"]),
            since=datetime.fromisoformat(item["since"]["S"]),
            failing=tuple(each["S"] for each in item["failing"]["L"]),
            silent=tuple(each["S"] for each in item["silent"]["L"]),
            incident=item["incident"]["S"] if "incident" in item else None,
        )

    def rollups(self, shard: str, first: int, last: int) -> Iterator[Rollup]:
        """Read what these hours of a shard were like, in their order."""
        with storage_errors(self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":pk": {"S": f"ROLLUP#{shard}"},
                    ":first": {"S": _name(first)},
                    ":last": {"S": _name(last)},
                },
                ConsistentRead=True,
            )
            for page in pages:
                for item in page["Items"]:
                    yield unpack(Rollup, item["document"]["B"])

    def _briefs(self, kind: str, shard: str, numbers: Mapping[str, int]) -> Iterator[Digest]:
        """Read digests by their sort keys; one that is spoilt, or has none, is left out."""
        with storage_errors(self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":pk": {"S": f"{kind}#{shard}"},
                    ":first": {"S": min(numbers)},
                    ":last": {"S": max(numbers)},
                },
                ProjectionExpression="sk, brief",
                ConsistentRead=True,
            )
            for page in pages:
                for item in page["Items"]:
                    try:
                        number = numbers[item["sk"]["S"]]
                        yield unpack_digest(item["brief"]["B"], shard, number)
                    except (UnreadableError, KeyError, TypeError):
                        self.unreadable += 1

    def _put(
        self,
        item: "dict[str, AttributeValueTypeDef]",
        condition: str,
        values: "dict[str, AttributeValueTypeDef]",
    ) -> None:
        """Write an item on a condition; where that does not hold, somebody knows more."""
        with storage_errors(self._table):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )
            except ClientError as error:
                if not condition_failed(error):
                    raise


def _key(monitor: str) -> "dict[str, AttributeValueTypeDef]":
    return {"pk": {"S": f"MONITOR#{monitor}"}, "sk": {"S": "STATUS"}}


def _begin(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)


def _name(hour: int) -> str:
    return f"{_begin(hour):%Y-%m-%dT%H}"


def _date(day: int) -> str:
    return f"{_begin(day * DAY):%Y-%m-%d}"
