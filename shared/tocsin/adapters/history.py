"""The history of incidents: one item each, by the month in which it was opened.

`pk = HISTORY#<year>-<month>`, `sk = <opening>#<id>`. Writing one again makes no difference.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.dynamodb import storage_errors
from tocsin.domain.incident import Incident
from tocsin.usecases.ports import UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=400)
"""How long an incident is kept: a year can be compared with the one before."""


class DynamoHistory:
    """Incidents that are over, in a DynamoDB table; `unreadable` counts what could not be read."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self.unreadable = 0

    def record(self, incident: Incident) -> None:
        """Keep an incident; again and again makes no difference."""
        ended = incident.ended_at or incident.opened_at
        with storage_errors(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": _month(incident.opened_at)},
                    "sk": {"S": f"{incident.opened_at.isoformat()}#{incident.id}"},
                    "kind": {"S": str(incident.kind)},
                    "ended_at": {"S": ended.isoformat()},
                    "document": {"B": pack(Incident, incident)},
                    "expires_at": {"N": str(int((ended + KEPT).timestamp()))},
                },
            )

    def of_month(self, at: datetime) -> Iterator[Incident]:
        """Give the incidents that were opened in a month, the oldest first."""
        with storage_errors(self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": _month(at)}},
                ConsistentRead=True,
            )
            for page in pages:
                for item in page["Items"]:
                    try:
                        yield unpack(Incident, item["document"]["B"])
                    except (UnreadableError, KeyError, TypeError):
                        self.unreadable += 1


def _month(at: datetime) -> str:
    return f"HISTORY#{at:%Y-%m}"
