"""What the stand-by knows, in its table: `WATCH / STATE`, replaced whole by a conditional write.

A conditional write whose answer was lost looks like a defeat, so each bears a token of its writer.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.dynamodb import replace_document, storage_errors
from tocsin.domain.standby import Watch
from tocsin.usecases.ports import ConflictError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_KEY: "dict[str, AttributeValueTypeDef]" = {"pk": {"S": "WATCH"}, "sk": {"S": "STATE"}}


class DynamoWatches:
    """The watch in a DynamoDB table; `token` gives a new random text at every call."""

    def __init__(self, client: "DynamoDBClient", table: str, token: Callable[[], str]) -> None:
        self._client = client
        self._table = table
        self._token = token

    def load(self) -> tuple[Watch, int]:
        """Read the watch and its revision, strongly consistent; at first an empty one at 0.

        One that nobody can read is begun anew: what it knew, three looks know again.
        """
        with storage_errors(self._table):
            answer = self._client.get_item(TableName=self._table, Key=_KEY, ConsistentRead=True)
        item = answer.get("Item")
        if item is None:
            return Watch(), 0
        revision = int(item["revision"]["N"])
        try:
            return unpack(Watch, item["document"]["B"]), revision
        except (UnreadableError, KeyError, TypeError):
            return Watch(), revision

    def save(self, watch: Watch, *, over: int) -> int:
        """Replace the revision `over` and give the new one; ConflictError if it is not there."""
        item: dict[str, AttributeValueTypeDef] = {
            **_KEY,
            "revision": {"N": str(over + 1)},
            "writer": {"S": self._token()},
            # For people who look in the console; the document alone is read back.
            "lost": {"BOOL": watch.loss is not None},
            "document": {"B": pack(Watch, watch)},
        }
        with storage_errors(self._table):
            if not replace_document(self._client, self._table, item, over=over):
                raise ConflictError(f"the watch: revision {over} is gone")
        return over + 1
