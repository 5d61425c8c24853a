"""How far the home has come, in the state table: `PROGRESS / AGGREGATOR`, noted once a minute.

For a stand-by in another region, which reads nothing else of the state.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from tocsin.adapters.dynamodb import storage_errors
from tocsin.domain.standby import Progress
from tocsin.usecases.ports import UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_KEY: "dict[str, AttributeValueTypeDef]" = {"pk": {"S": "PROGRESS"}, "sk": {"S": "AGGREGATOR"}}


class DynamoProgress:
    """The note of the home's progress in a DynamoDB table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def note(self, progress: Progress) -> None:
        """Note how far the home has come, in place of what was noted before."""
        item: dict[str, AttributeValueTypeDef] = {
            **_KEY,
            "at": {"S": progress.at.isoformat()},
            "judged": {"N": str(progress.judged)},
            "failed": {"N": str(progress.failed)},
        }
        if progress.owed_since is not None:
            item["owed_since"] = {"S": progress.owed_since.isoformat()}
        with storage_errors(self._table):
            self._client.put_item(TableName=self._table, Item=item)

    def progress(self) -> Progress | None:
        """Read the last note, strongly consistent; None where there is none."""
        with storage_errors(self._table):
            answer = self._client.get_item(TableName=self._table, Key=_KEY, ConsistentRead=True)
        item = answer.get("Item")
        if item is None:
            return None
        try:
            return Progress(
                at=_instant(item["at"]["S"]),
                judged=int(item["judged"]["N"]),
                failed=int(item["failed"]["N"]),
                owed_since=_instant(item["owed_since"]["S"]) if "owed_since" in item else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableError(f"the note of its progress cannot be read: {error}") from error


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"an instant without a zone: {text}")
    return instant
