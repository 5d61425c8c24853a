"""What a probe sees failing, in the stand-by's table of its own region: `VIEW / <shard>`.

Written by the probe in every tick, whether the home answers or not: what is used on the worst of
days must not be used on that day alone.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.config import Config

from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.dynamodb import storage_errors
from tocsin.domain.outlook import View
from tocsin.usecases.ports import StorageError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEAR = Config(
    connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2}
)
"""For a table of the own region, where the next tick tries again."""

NEAR_SECONDS = 5
"""What one such call takes at worst, with a pause between its two attempts."""

KEPT_SECONDS = 86_400
"""After which the view of a shard that is no more is removed."""


class DynamoViews:
    """The newest view of each shard in a DynamoDB table.

    `trouble` is what the last try to show one met: who shows goes on, and somebody must tell of it.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self.trouble: StorageError | None = None

    def show(self, view: View) -> None:
        """Keep a view in place of the one before."""
        try:
            self._put(view)
        except StorageError as error:
            self.trouble = error
            raise
        self.trouble = None

    def leave_out(self, shards: Sequence[str]) -> None:
        """Be told of which shards there was no time to show a view."""
        left_out = ", ".join(shards)
        self.trouble = StorageError(f"table {self._table} is slow: not shown are {left_out}")

    def _put(self, view: View) -> None:
        with storage_errors(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": "VIEW"},
                    "sk": {"S": view.shard},
                    # For people who look in the console; the document alone is read back.
                    "failing": {"N": str(len(view.failing))},
                    "document": {"B": pack(View, view)},
                    "expires_at": {"N": str(view.tick * 60 + KEPT_SECONDS)},
                },
            )

    def views(self) -> Iterator[View]:
        """Read the newest view of each shard; one that is spoilt is left out."""
        with storage_errors(self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": "VIEW"}},
                ConsistentRead=True,
            )
            for page in pages:
                for item in page["Items"]:
                    try:
                        yield unpack(View, item["document"]["B"])
                    except (UnreadableError, KeyError, TypeError):
                        continue
