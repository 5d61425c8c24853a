"""The configuration: a set of shards per version, and one item that says which set is in force.

`CONFIG / CURRENT` names the set; its shards lie under `CONFIG#<set>`. A set is written before it
is named, and its name holds a digest of what is in it: two who apply at once cannot mix theirs.
"""

from dataclasses import asdict, dataclass
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.dynamodb import condition_failed, storage_errors
from tocsin.domain.script import greeting
from tocsin.domain.shard import Shard
from tocsin.usecases.ports import ConflictError, StorageError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SCHEMA = 3
"""The version of a stored shard that is written; see docs/decisions/0020.

A field that changes what is checked makes a new one: a prober that knew nothing of it would check
less, and pass what is broken. Windows, dependencies and former names do not: they say what follows
from votes. Schema 1, which was not written down, knew banners and no scripts.
"""

READS = 3
"""The newest that is read; what is newer is refused, and left as it is."""

MOST_BYTES = 390_000
"""Of a shard's document, so that the whole item stays under DynamoDB's 400 KB."""

_CURRENT: "dict[str, AttributeValueTypeDef]" = {"pk": {"S": "CONFIG"}, "sk": {"S": "CURRENT"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """The configuration version in force, and the name of its set; version 0 before the first."""

    version: int
    set: str


class DynamoConfigs:
    """Configuration versions in a DynamoDB table.

    The set in force is kept in memory for as long as it is in force. A prober that cannot read the
    table goes on with the set that it has (`stale` then counts), and fails only if it has none. A
    shard that cannot be read (`unreadable`) keeps no other from being watched.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._held: tuple[Current, tuple[Shard, ...]] | None = None
        self.stale = 0
        self.unreadable = 0

    def shards(self) -> tuple[Shard, ...]:
        """Give every shard in force; none at all before the first `tocsin apply`."""
        try:
            current = self.current()
            if self._held is None or self._held[0] != current:
                self._held = (current, self._read(current))
            self.stale = 0
        except StorageError:
            if self._held is None:
                raise
            self.stale += 1
        return self._held[1]

    def current(self) -> Current:
        """Read which version is in force, strongly consistent."""
        with storage_errors(self._table):
            answer = self._client.get_item(TableName=self._table, Key=_CURRENT, ConsistentRead=True)
        item = answer.get("Item")
        if item is None:
            return Current(version=0, set="")
        return Current(version=int(item["version"]["N"]), set=item["set"]["S"])

    def replace(self, shards: tuple[Shard, ...], *, over: Current, at: str) -> Current:
        """Put a new set in force in place of `over`; ConflictError if another came between.

        Its version is that of its shards, and above that of `over` in any case. StorageError, and
        nothing changed, where a shard is too large to be stored or read back. `at` is the instant
        of the change in words, for people who look in the console.
        """
        version = max([over.version + 1, *(shard.version for shard in shards)])
        packed = {shard.id: _packed(shard) for shard in shards}
        digest = blake2s(b"".join(packed.values()), digest_size=6).hexdigest()
        current = Current(version=version, set=f"{version}-{digest}")
        with storage_errors(self._table):
            for shard, document in packed.items():
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        "pk": {"S": f"CONFIG#{current.set}"},
                        "sk": {"S": f"SHARD#{shard}"},
                        "schema": {"N": str(SCHEMA)},
                        "document": {"B": document},
                    },
                )
            self._name(current, over, at)
        return current

    def _name(self, current: Current, over: Current, at: str) -> None:
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_CURRENT,
                    "version": {"N": str(current.version)},
                    "set": {"S": current.set},
                    "applied_at": {"S": at},
                },
                ConditionExpression="#set = :over"
                if over.set
                else "#set = :over OR attribute_not_exists(#set)",
                ExpressionAttributeNames={"#set": "set"},
                ExpressionAttributeValues={":over": {"S": over.set}},
            )
        except ClientError as error:
            if condition_failed(error) and self.current() != current:
                message = f"version {over.version} is no longer in force: plan again"
                raise ConflictError(message) from error
            if not condition_failed(error):
                raise

    def _read(self, current: Current) -> tuple[Shard, ...]:
        if not current.set:
            return ()
        shards: list[Shard] = []
        self.unreadable = 0
        with storage_errors(self._table):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": f"CONFIG#{current.set}"}},
                ConsistentRead=True,
            )
            for page in pages:
                for item in page["Items"]:
                    try:
                        shards.append(_shard(item))
                    except (UnreadableError, KeyError, TypeError):
                        self.unreadable += 1
        return tuple(shards)


def _packed(shard: Shard) -> bytes:
    """Pack a shard; StorageError where no item holds it, or nobody could read it back."""
    document = pack(Shard, shard)
    if len(document) > MOST_BYTES:
        raise StorageError(
            f"shard {shard.id} takes {len(document):,} bytes, and an item holds {MOST_BYTES:,}:"
            " give fewer of its monitors an authority or a script of their own"
        )
    unpack(Shard, document)
    return document


def _shard(item: "dict[str, AttributeValueTypeDef]") -> Shard:
    schema = int(item["schema"]["N"]) if "schema" in item else 1
    if schema > READS:
        raise UnreadableError(f"a shard has schema {schema}: deploy the newer version")
    return unpack(Shard, item["document"]["B"], _with_scripts if schema == 1 else None)


def _with_scripts(shard: dict[str, Any]) -> None:
    """Turn the banner of each TCP target into the script that expects it."""
    for monitor in shard.get("monitors", ()):
        if (banner := monitor["target"].pop("banner", None)) is not None:
            monitor["target"]["script"] = [asdict(step) for step in greeting(banner)]
