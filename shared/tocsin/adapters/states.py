"""The state documents: one item per shard, replaced whole by a conditional write.

A conditional write whose answer was lost looks like a defeat, so every write carries a token of its
writer: a failed condition gives back the stored item, and our own token in it means that we won.

What stands there and is no state is put aside as it is, under `pk = QUARANTINE#<shard>` and a hash
of it, for people to look at.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tocsin.adapters.codec import MOST, pack_within, unpack
from tocsin.adapters.dynamodb import condition_failed, replace_document, storage_errors
from tocsin.domain.state import ShardState, slim
from tocsin.usecases.ports import ConflictError, SpoiltError, Stored, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

MOST_BYTES = 300_000
"""Of the document, so that the whole item stays under DynamoDB's 400 KB."""

SCHEMA = 2
"""The version of the document that is written; see docs/decisions/0020."""

READS = 2
"""The newest that is read; what is newer is refused, and left as it is."""

KEPT_ASIDE = timedelta(days=90)
"""How long a state that nobody can read is kept for people to look at."""


class DynamoStates:
    """State documents in a DynamoDB table; `token` gives a new random text at every call."""

    def __init__(self, client: "DynamoDBClient", table: str, token: Callable[[], str]) -> None:
        self._client = client
        self._table = table
        self._token = token

    def load(self, shard: str) -> Stored:
        """Read a shard's state, strongly consistent; an empty one at revision 0 at first.

        SpoiltError where what is stored is no state, UnreadableError where it is a newer one.
        """
        item = self._item(shard)
        return Stored(state=ShardState(shard=shard), revision=0) if item is None else _read(item)

    def version(self, shard: str) -> int:
        """Read under which configuration version a shard was judged last; 0 where it never was.

        Also where nobody can read what it was judged to be.
        """
        with storage_errors(self._table):
            answer = self._client.get_item(
                TableName=self._table,
                Key=_key(shard),
                ProjectionExpression="config_version",
                ConsistentRead=True,
            )
        try:
            version = int(answer.get("Item", {})["config_version"]["N"])
        except (LookupError, TypeError, ValueError):
            return 0
        return version if version <= MOST else 0

    def put_aside(self, shard: str, at: datetime) -> str:
        """Copy what stands in the place of a shard's state, let an empty one stand there instead.

        Gives the name of the copy. ConflictError where something else stands there by now. Who
        dies between the two copies the same once more, under the same name.
        """
        spoilt = self._item(shard)
        if spoilt is None or _sound(spoilt):
            raise ConflictError(f"shard {shard}: there is nothing to put aside any more")
        name = blake2s(repr(sorted(spoilt.items())).encode(), digest_size=6).hexdigest()
        copy = {"pk": {"S": f"QUARANTINE#{shard}"}, "sk": {"S": name}}
        expires = int((at + KEPT_ASIDE).timestamp())
        with storage_errors(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={**spoilt, **copy, "expires_at": {"N": str(expires)}},
            )
            self._begin_anew(shard, spoilt)
        return f"{copy['pk']['S']}/{name}"

    def _begin_anew(self, shard: str, over: "dict[str, AttributeValueTypeDef]") -> None:
        """Put an empty state where exactly this stands."""
        # Whatever of it there is, of whatever type: none of it can be relied upon to count.
        parts = ("pk", "revision", "writer", "document")
        stands = " AND ".join(
            f"#{part} = :{part}" if part in over else f"attribute_not_exists(#{part})"
            for part in parts
        )
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item(ShardState(shard=shard), _revision(over) + 1, self._token()),
                ConditionExpression=stands,
                ExpressionAttributeNames={f"#{part}": part for part in parts},
                ExpressionAttributeValues={f":{p}": over[p] for p in parts if p in over},
            )
        except ClientError as error:
            if not condition_failed(error):
                raise
            raise ConflictError(f"shard {shard}: somebody has begun anew already") from error

    def _item(self, shard: str) -> "dict[str, AttributeValueTypeDef] | None":
        with storage_errors(self._table):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(shard), ConsistentRead=True
            )
        return answer.get("Item")

    def save(self, state: ShardState, *, over: int) -> int:
        """Replace the revision `over` and give the new one; ConflictError if it is not there."""
        item = _item(state, over + 1, self._token())
        with storage_errors(self._table):
            if not replace_document(self._client, self._table, item, over=over):
                raise ConflictError(f"shard {state.shard}: revision {over} is gone")
        return over + 1


def _read(item: "dict[str, AttributeValueTypeDef]") -> Stored:
    shard = item["pk"]["S"].removeprefix("SHARD#")
    try:
        if (schema := int(item["schema"]["N"])) <= READS:
            state = unpack(ShardState, item["document"]["B"])
            if state.shard != shard:
                raise SpoiltError(f"shard {shard} has the state of shard {state.shard}")
            return Stored(state=state, revision=int(item["revision"]["N"]))
    except (UnreadableError, LookupError, TypeError, ValueError) as error:
        raise SpoiltError(f"shard {shard} has a state that cannot be read: {error}") from error
    raise UnreadableError(f"shard {shard} has schema {schema}: deploy the newer version")


def _sound(item: "dict[str, AttributeValueTypeDef]") -> bool:
    """Tell whether this is a state, of this or a newer version."""
    try:
        _read(item)
    except SpoiltError:
        return False
    except UnreadableError:
        return True
    return True


def _revision(item: "dict[str, AttributeValueTypeDef]") -> int:
    """Go on from the revision that stands there, if there is one: none comes twice."""
    try:
        return max(0, int(item["revision"]["N"]))
    except (LookupError, TypeError, ValueError):
        return 0


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
