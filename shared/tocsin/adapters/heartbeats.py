"""What jobs report, in the state table: a pulse and the last reports a job, a token a URL.

`TOKEN#<first group>` holds the hash of a token and whose it is; `HEARTBEAT#<monitor>` the job's
`PULSE`, its last reports as `REPORT#<n>`, and which token is its `URL`. `HEARTBEAT / ENDPOINT` is
what is known of the endpoint itself. Pulses are replaced whole under a condition on their revision.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.config import Config
from botocore.exceptions import ClientError

from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.dynamodb import condition_failed, storage_errors
from tocsin.domain.endpoint import Endpoint
from tocsin.domain.pulse import Beat, Pulse, folded
from tocsin.usecases.beat import hashed, key_of
from tocsin.usecases.ports import ConflictError, StorageError, Token, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

TRIES = 8
"""How often a lost race for a pulse is run again."""
BATCH = 100
"""Items that DynamoDB gives at once."""
KEPT = 5
"""Reports of a job that are kept as they came."""
PROMPT = Config(
    connect_timeout=2,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
)
"""For the endpoint, whose callers wait for ten seconds or so before they try again."""
_ENDPOINT: "dict[str, AttributeValueTypeDef]" = {"pk": {"S": "HEARTBEAT"}, "sk": {"S": "ENDPOINT"}}

type Item = "dict[str, AttributeValueTypeDef]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A report as it came; its body is a stranger's."""

    number: int
    beat: Beat
    body: bytes


class DynamoHeartbeats:
    """Reports of jobs in a DynamoDB table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def pulses(self, monitors: Iterable[str]) -> Mapping[str, Pulse | None]:
        """Read the pulses of those jobs that have a URL, strongly consistent; None: unreadable."""
        found: dict[str, Pulse | None] = {}
        with storage_errors(self._table):
            for names in batched(monitors, BATCH, strict=False):
                for item in self._batch([_key(name, "PULSE") for name in names]):
                    found[item["pk"]["S"].removeprefix("HEARTBEAT#")] = _readable(item)
        return found

    def endpoint(self) -> Endpoint:
        """Read what is known of the endpoint."""
        item = self._get(_ENDPOINT)
        return Endpoint() if item is None else unpack(Endpoint, item["document"]["B"])

    def token(self, key: str) -> Token | None:
        """Read the token whose first group this is."""
        item = self._get({"pk": {"S": f"TOKEN#{key}"}, "sk": {"S": "TOKEN"}})
        if item is None:
            return None
        ends = item.get("ends_at", {}).get("N")
        return Token(
            hash=item["hash"]["S"],
            monitor=item["monitor"]["S"],
            ends_at=None if ends is None else datetime.fromtimestamp(int(ends), UTC),
        )

    def beat(self, monitor: str, beat: Beat) -> int:
        """Fold a report into the job's pulse, and give its number."""
        key = _key(monitor, "PULSE")
        return self._change(key, Pulse, lambda pulse: _after(pulse, beat)).reports

    def keep(self, monitor: str, number: int, beat: Beat, body: bytes) -> None:
        """Keep a report as it came, for people, in place of an older one."""
        with storage_errors(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_key(monitor, f"REPORT#{number % KEPT}"),
                    "number": {"N": str(number)},
                    "document": {"B": pack(Beat, beat)},
                    "body": {"B": body},
                },
            )

    def sing(self, at: datetime) -> None:
        """Note that a canary reached the endpoint."""
        self._change(_ENDPOINT, Endpoint, lambda before: (before or Endpoint()).sung(at))

    def kept(self, monitor: str) -> list[Kept]:
        """Read the last reports of a job, the newest first."""
        with storage_errors(self._table):
            keys = [_key(monitor, f"REPORT#{number}") for number in range(KEPT)]
            reports = [
                Kept(
                    number=int(item["number"]["N"]),
                    beat=unpack(Beat, item["document"]["B"]),
                    body=bytes(item["body"]["B"]),
                )
                for item in self._batch(keys)
            ]
        return sorted(reports, key=lambda report: -report.number)

    def holder(self, monitor: str) -> tuple[str, datetime] | None:
        """Give the first group of a job's token, and when it was made."""
        item = self._get(_key(monitor, "URL"))
        if item is None:
            return None
        return item["token"]["S"], datetime.fromisoformat(item["made_at"]["S"])

    def issue(self, monitor: str, at: datetime, *, old_ends_at: datetime | None) -> str:
        """Make a token for a job and give it; the one before it ends.

        Raises ConflictError where somebody else makes one at the same time.
        """
        before = self.holder(monitor)
        token = str(uuid4())
        with storage_errors(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": f"TOKEN#{key_of(token)}"},
                    "sk": {"S": "TOKEN"},
                    "hash": {"S": hashed(token)},
                    "monitor": {"S": monitor},
                },
                ConditionExpression="attribute_not_exists(pk)",
            )
        self._change(_key(monitor, "PULSE"), Pulse, lambda pulse: pulse or Pulse(created_at=at))
        # In this order, so that no crash leaves an old token that never ends.
        if before is not None and old_ends_at is not None:
            self._end(before[0], old_ends_at)
        self._name(monitor, key_of(token), before, at)
        return token

    def _name(
        self, monitor: str, key: str, before: tuple[str, datetime] | None, at: datetime
    ) -> None:
        unchanged = "attribute_not_exists(pk)" if before is None else "#token = :before"
        more: dict[str, Any] = {}
        if before is not None:
            more = {
                "ExpressionAttributeNames": {"#token": "token"},
                "ExpressionAttributeValues": {":before": {"S": before[0]}},
            }
        with storage_errors(self._table):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **_key(monitor, "URL"),
                        "token": {"S": key},
                        "made_at": {"S": at.isoformat()},
                    },
                    ConditionExpression=unchanged,
                    **more,
                )
            except ClientError as error:
                if not condition_failed(error):
                    raise
                text = f"somebody else has just made a URL for {monitor}: run it again"
                raise ConflictError(text) from error

    def _end(self, key: str, at: datetime) -> None:
        with storage_errors(self._table):
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"TOKEN#{key}"}, "sk": {"S": "TOKEN"}},
                UpdateExpression="SET ends_at = :at",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":at": {"N": str(int(at.timestamp()))}},
            )

    def _change[T](self, key: Item, kind: type[T], change: Callable[[T | None], T]) -> T:
        """Replace a document by what `change` makes of it, whoever else is at it."""
        for _ in range(TRIES):
            item = self._get(key)
            before = None if item is None else unpack(kind, item["document"]["B"])
            after = change(before)
            if after == before:
                return after
            revision = 0 if item is None else int(item["revision"]["N"])
            if self._replace(key, pack(kind, after), revision):
                return after
        raise ConflictError(f"{key['pk']['S']}: lost {TRIES} races in a row")

    def _replace(self, key: Item, document: bytes, revision: int) -> bool:
        with storage_errors(self._table):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **key,
                        "document": {"B": document},
                        "revision": {"N": str(revision + 1)},
                    },
                    ConditionExpression="attribute_not_exists(pk) OR revision = :revision",
                    ExpressionAttributeValues={":revision": {"N": str(revision)}},
                )
            except ClientError as error:
                if not condition_failed(error):
                    raise
                return False
        return True

    def _get(self, key: Item) -> Item | None:
        with storage_errors(self._table):
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def _batch(self, keys: list[Item]) -> Iterator[Item]:
        request: Any = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for _ in range(TRIES):
            answer = self._client.batch_get_item(RequestItems=request)
            yield from answer["Responses"].get(self._table, [])
            request = answer.get("UnprocessedKeys")
            if not request:
                return
        raise StorageError(f"table {self._table}: not all heartbeats could be read")


def _readable(item: Item) -> Pulse | None:
    try:
        return unpack(Pulse, item["document"]["B"])
    except (UnreadableError, KeyError):
        return None


def _after(pulse: Pulse | None, beat: Beat) -> Pulse:
    # A token without a pulse was left by a hand that stopped half way.
    return folded(pulse or Pulse(created_at=beat.at), beat)


def _key(monitor: str, what: str) -> Item:
    return {"pk": {"S": f"HEARTBEAT#{monitor}"}, "sk": {"S": what}}
