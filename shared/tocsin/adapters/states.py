"""The state documents: one item per shard, replaced whole by a conditional write.

A conditional write whose answer was lost looks like a defeat, so every write carries a token of its
writer: a failed condition gives back the stored item, and our own token in it means that we won.
"""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tocsin.adapters.codec import pack_within, unpack
from tocsin.adapters.dynamodb import condition_failed, storage_errors
from tocsin.domain.judgement import ShardState, slim
from tocsin.usecases.ports import ConflictError, Stored, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

MOST_BYTES = 300_000
"""Of the document, so that the whole item stays under DynamoDB's 400 KB."""

SCHEMA = 1
"""The version of the stored document; a reader refuses what is newer than itself."""


class DynamoStates:
    """State documents in a DynamoDB table; `token` gives a new random text at every call."""

    def __init__(self, client: "DynamoDBClient", table: str, token: Callable[[], str]) -> None:
        self._client = client
        self._table = table
        self._token = token

    def load(self, shard: str) -> Stored:
        """Read a shard's state, strongly consistent; an empty one at revision 0 at first."""
        with storage_errors(self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(shard), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return Stored(state=ShardState(shard=shard), revision=0)
        if (schema := int(item["schema"]["N"])) > SCHEMA:
            raise UnreadableError(f"shard {shard} has schema {schema}: deploy the newer version")
        return Stored(
            state=unpack(ShardState, item["document"]["B"]), revision=int(item["revision"]["N"])
        )

    def save(self, state: ShardState, *, over: int) -> int:
        """Replace the revision `over` and give the new one; ConflictError if it is not there."""
        with storage_errors(self._table):
            self._replace(state, over, self._token())
        return over + 1

    def _replace(self, state: ShardState, over: int, token: str) -> None:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item(state, over + 1, token),
                ConditionExpression="attribute_not_exists(pk) OR revision = :over"
                if over == 0
                else "revision = :over",
                ExpressionAttributeValues={":over": {"N": str(over)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not condition_failed(error):
                raise
            if _writer(error) != token:
                raise ConflictError(f"shard {state.shard}: revision {over} is gone") from error


def _writer(error: ClientError) -> str | None:
    """Read the token in the item that a failed condition gave back."""
    stands: Any = error.response.get("Item", {})
    writer: str | None = stands.get("writer", {}).get("S")
    return writer


def _key(shard: str) -> "dict[str, AttributeValueTypeDef]":
    return {"pk": {"S": f"SHARD#{shard}"}, "sk": {"S": "STATE"}}


def _item(state: ShardState, revision: int, token: str) -> "dict[str, AttributeValueTypeDef]":
    verdicts = Counter(standing.verdict for standing in state.standings.values())
    return {
        **_key(state.shard),
        "schema": {"N": str(SCHEMA)},
        "revision": {"N": str(revision)},
        "writer": {"S": token},
        "config_version": {"N": str(state.config_version)},
        # For people who look in the console; the document alone is read back.
        "verdicts": {"M": {verdict: {"N": str(n)} for verdict, n in verdicts.items()}},
        "incidents": {"L": [{"S": incident.id} for incident in state.incidents]},
        "owed": {"L": [{"S": owed.alert.id} for owed in state.outbox]},
        "document": {"B": pack_within(ShardState, state, MOST_BYTES, slim)},
    }
