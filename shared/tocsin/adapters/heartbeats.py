"""What jobs report, in the state table: a pulse and the last reports a job, a token a URL.

`TOKEN#<first group>` holds the hash of a token and whose it is; `HEARTBEAT#<monitor>` the job's
`PULSE`, its last reports as `REPORT#<n>` and `FAILURE#<n>`, and which token is its `URL`.
`HEARTBEAT / ENDPOINT` is what is known of the endpoint itself.

Pulses are replaced whole under a condition on their revision. A conditional write whose answer was
lost looks like a defeat, so each bears a token of its writer, as the state documents do. Where a
job is renamed, its `PULSE` says what it is called now: calls that knew the former name follow it.
"""

import time
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
from tocsin.domain.endpoint import HEARD_EVERY, Endpoint
from tocsin.domain.pulse import Beat, Pulse, Signal, folded
from tocsin.usecases.beat import hashed, key_of
from tocsin.usecases.ports import ConflictError, StorageError, Token, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

TRIES = 8
"""How often a lost race for a pulse is run again."""
BATCH = 100
"""Items that DynamoDB gives at once."""
PAUSE_S = 0.02
"""Before what a batch left out is asked for again; twice as long each time."""
KEPT = 5
"""Reports of a job that are kept as they came, and as many failures: no success displaces them."""
PROMPT = Config(
    connect_timeout=2,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
)
"""For the endpoint, whose callers wait for ten seconds or so before they try again."""
_ENDPOINT: "dict[str, AttributeValueTypeDef]" = {"pk": {"S": "HEARTBEAT"}, "sk": {"S": "ENDPOINT"}}

_SHELVES = ("REPORT", "FAILURE")
_UNCHANGED = "attribute_not_exists(revision) OR revision = :revision"

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
        self._sung: datetime | None = None

    def pulses(self, monitors: Iterable[str]) -> Mapping[str, Pulse | None]:
        """Read the pulses of those jobs that have a URL, strongly consistent; None: unreadable."""
        found: dict[str, Pulse | None] = {}
        with storage_errors(self._table):
            for names in batched(monitors, BATCH, strict=False):
                for item in self._batch([_key(name, "PULSE") for name in names]):
                    if "moved_to" not in item:
                        found[item["pk"]["S"].removeprefix("HEARTBEAT#")] = _readable(Pulse, item)
        return found

    def endpoint(self) -> Endpoint:
        """Read what is known of the endpoint; nothing, where that cannot be read."""
        return _readable(Endpoint, self._get(_ENDPOINT)) or Endpoint()

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
            post_only=item.get("post_only", {}).get("BOOL", False),
        )

    def beat(self, monitor: str, beat: Beat) -> int:
        """Fold a report into the job's pulse, and give its number."""
        key = _key(monitor, "PULSE")
        return self._change(key, Pulse, lambda pulse: _after(pulse, beat), follow=True).reports

    def keep(self, monitor: str, number: int, beat: Beat, body: bytes) -> None:
        """Keep a report as it came, for people, in place of an older one."""
        with storage_errors(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_key(monitor, f"{_shelf(beat)}#{number % KEPT}"),
                    "number": {"N": str(number)},
                    "document": {"B": pack(Beat, beat)},
                    "body": {"B": body},
                },
            )

    def sing(self, at: datetime) -> None:
        """Note that a canary reached the endpoint; anybody may call, so not each call is noted."""
        if self._sung is None or at - self._sung >= HEARD_EVERY:
            self._change(_ENDPOINT, Endpoint, lambda before: (before or Endpoint()).sung(at))
            self._sung = at

    def kept(self, monitor: str) -> list[Kept]:
        """Read the last reports of a job, the newest first."""
        with storage_errors(self._table):
            reports = [
                Kept(
                    number=int(item["number"]["N"]),
                    beat=unpack(Beat, item["document"]["B"]),
                    body=bytes(item["body"]["B"]),
                )
                for item in self._batch(_shelves(monitor))
            ]
        return sorted(reports, key=lambda kept: (kept.beat.at, kept.number), reverse=True)

    def holder(self, monitor: str) -> tuple[str, datetime] | None:
        """Give the first group of a job's token, and when it was made."""
        item = self._get(_key(monitor, "URL"))
        if item is None:
            return None
        return item["token"]["S"], datetime.fromisoformat(item["made_at"]["S"])

    def issue(
        self,
        monitor: str,
        at: datetime,
        *,
        old_ends_at: datetime | None,
        post_only: bool | None = None,
    ) -> str:
        """Make a token for a job and give it; the one before it ends.

        Where nothing is said of `post_only` it is as that one was. Raises ConflictError where
        somebody else makes one at the same time, or has made one and nothing is said of its end.
        """
        before = self.holder(monitor)
        conflict = f"somebody else has just made a URL for {monitor}: run it again"
        if before is not None and old_ends_at is None:
            raise ConflictError(conflict)
        if post_only is None:
            former = None if before is None else self.token(before[0])
            post_only = former is not None and former.post_only
        token = str(uuid4())
        item: Item = {
            "pk": {"S": f"TOKEN#{key_of(token)}"},
            "sk": {"S": "TOKEN"},
            "hash": {"S": hashed(token)},
            "monitor": {"S": monitor},
            "post_only": {"BOOL": post_only},
        }
        if not self._put(item, "attribute_not_exists(pk)"):
            raise ConflictError(conflict)
        self._change(_key(monitor, "PULSE"), Pulse, lambda pulse: pulse or Pulse(created_at=at))
        # In this order, so that no crash leaves an old token that never ends.
        if before is not None and old_ends_at is not None:
            self._end(before[0], old_ends_at)
        if not self._name(monitor, key_of(token), before, at):
            raise ConflictError(conflict)
        return token

    def rename(self, former: str, name: str) -> bool:
        """Let a job go on under another name, with its URL and all that it has reported.

        False, and nothing changed, where there is nothing under the former name, or a job of its
        own under the new one. A crash on the way loses nothing: to do it again completes it.
        """
        for _ in range(TRIES):
            item = self._get(_key(former, "PULSE"))
            if item is None or item.get("moved_to", {}).get("S", name) != name:
                return False
            if "moved_to" in item:
                self._tidy(former, name)
                return True
            if not self._copied(item, former, name):
                return False
            if self._moved(item, former, name):
                self._tidy(former, name)
                return True
        raise ConflictError(f"{former}: lost {TRIES} races in a row")

    def _copied(self, item: Item, former: str, name: str) -> bool:
        """Put a copy of a pulse under another name, over nothing but an older copy of it."""
        copy: Item = {**item, **_key(name, "PULSE"), "copied_from": {"S": former}}
        nobodys = "attribute_not_exists(pk) OR copied_from = :former OR attribute_exists(moved_to)"
        present = {"ExpressionAttributeValues": {":former": {"S": former}}}
        return self._put(copy, nobodys, present)

    def _moved(self, item: Item, former: str, name: str) -> bool:
        """Say in place of a pulse where it went; False where a report has come in between."""
        revision = item.get("revision", {}).get("N", "0")
        sign: Item = {
            **_key(former, "PULSE"),
            "moved_to": {"S": name},
            "revision": {"N": str(int(revision) + 1)},
        }
        present = {"ExpressionAttributeValues": {":revision": {"N": revision}}}
        return self._put(sign, _UNCHANGED, present)

    def _tidy(self, former: str, name: str) -> None:
        """Bring the rest after the pulse: the URL, its token, and the reports as they came."""
        with storage_errors(self._table):
            for report in self._batch(_shelves(former)):
                self._put({**report, **_key(name, report["sk"]["S"])}, "attribute_not_exists(pk)")
                self._drop(_key(former, report["sk"]["S"]))
        if (url := self._get(_key(former, "URL"))) is not None:
            self._put({**url, **_key(name, "URL")}, "attribute_not_exists(pk)")
            self._hand_over(url["token"]["S"], former, name)
            self._drop(_key(former, "URL"))

    def _hand_over(self, token: str, former: str, name: str) -> None:
        """Say of a token whose it is now."""
        with storage_errors(self._table):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": f"TOKEN#{token}"}, "sk": {"S": "TOKEN"}},
                    UpdateExpression="SET monitor = :name",
                    ConditionExpression="monitor = :former",
                    ExpressionAttributeValues={":name": {"S": name}, ":former": {"S": former}},
                )
            except ClientError as error:
                if not condition_failed(error):
                    raise

    def _drop(self, key: Item) -> None:
        with storage_errors(self._table):
            self._client.delete_item(TableName=self._table, Key=key)

    def _name(
        self, monitor: str, key: str, before: tuple[str, datetime] | None, at: datetime
    ) -> bool:
        item: Item = {
            **_key(monitor, "URL"),
            "token": {"S": key},
            "made_at": {"S": at.isoformat()},
        }
        if before is None:
            return self._put(item, "attribute_not_exists(pk)")
        present = {
            "ExpressionAttributeNames": {"#token": "token"},
            "ExpressionAttributeValues": {":before": {"S": before[0]}},
        }
        return self._put(item, "#token = :before", present)

    def _end(self, key: str, at: datetime) -> None:
        """Let a token end, unless it ends sooner already."""
        with storage_errors(self._table):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": f"TOKEN#{key}"}, "sk": {"S": "TOKEN"}},
                    UpdateExpression="SET ends_at = :at",
                    ConditionExpression="attribute_exists(pk) AND "
                    "(attribute_not_exists(ends_at) OR ends_at > :at)",
                    ExpressionAttributeValues={":at": {"N": str(int(at.timestamp()))}},
                )
            except ClientError as error:
                if not condition_failed(error):
                    raise

    def _change[T](
        self, key: Item, kind: type[T], change: Callable[[T | None], T], *, follow: bool = False
    ) -> T:
        """Replace a document by what `change` makes of it, whoever else is at it.

        One that cannot be read is made anew: a job that is refused for ever cannot mend it. Where
        it was moved, `follow` goes after it; else it is made anew there as well.
        """
        for _ in range(TRIES):
            item = self._get(key)
            if follow and item is not None and "moved_to" in item:
                key = _key(item["moved_to"]["S"], "PULSE")
                continue
            before = _readable(kind, item)
            after = change(before)
            if after == before:
                return after
            revision = int((item or {}).get("revision", {}).get("N", "0"))
            replacement: Item = {
                **key,
                "document": {"B": pack(kind, after)},
                "revision": {"N": str(revision + 1)},
            }
            present = {"ExpressionAttributeValues": {":revision": {"N": str(revision)}}}
            if self._put(replacement, _UNCHANGED, present):
                return after
        raise ConflictError(f"{key['pk']['S']}: lost {TRIES} races in a row")

    def _put(self, item: Item, condition: str, more: dict[str, Any] | None = None) -> bool:
        """Write an item under a condition; False where it does not hold."""
        writer = uuid4().hex
        with storage_errors(self._table):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={**item, "writer": {"S": writer}},
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **(more or {}),
                )
            except ClientError as error:
                if not condition_failed(error):
                    raise
                stands: Any = error.response.get("Item", {})
                return bool(stands.get("writer", {}).get("S") == writer)
        return True

    def _get(self, key: Item) -> Item | None:
        with storage_errors(self._table):
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def _batch(self, keys: list[Item]) -> Iterator[Item]:
        request: Any = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for attempt in range(TRIES):
            if attempt:
                time.sleep(PAUSE_S * 2**attempt)
            answer = self._client.batch_get_item(RequestItems=request)
            yield from answer["Responses"].get(self._table, [])
            request = answer.get("UnprocessedKeys")
            if not request:
                return
        raise StorageError(f"table {self._table}: not all heartbeats could be read")


def _readable[T](kind: type[T], item: Item | None) -> T | None:
    try:
        return None if item is None else unpack(kind, item["document"]["B"])
    except (UnreadableError, KeyError):
        return None


def _shelves(monitor: str) -> list[Item]:
    """Give the keys of all reports of a job that may be kept."""
    return [_key(monitor, f"{shelf}#{number}") for shelf in _SHELVES for number in range(KEPT)]


def _shelf(beat: Beat) -> str:
    return "FAILURE" if beat.signal is Signal.FAIL else "REPORT"


def _after(pulse: Pulse | None, beat: Beat) -> Pulse:
    # A token without a pulse was left by a hand that stopped half way.
    return folded(pulse or Pulse(created_at=beat.at), beat)


def _key(monitor: str, what: str) -> Item:
    return {"pk": {"S": f"HEARTBEAT#{monitor}"}, "sk": {"S": what}}
