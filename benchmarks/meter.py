"""Count what is asked of AWS, and what DynamoDB bills for it."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.awsrequest import AWSPreparedRequest
from botocore.model import OperationModel

PLACES: Final = ("eu-west-1", "us-east-1", "ap-southeast-1")
"""The locations; their names begin the keys of reports."""


@dataclass(slots=True)
class Metered:
    """What was asked for, by whom, since the last look."""

    calls: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    sent_bytes: int = 0


class Meter:
    """Counts what botocore sends, and what DynamoDB would bill for it.

    A write is billed by the KB of the larger of the item and the one before it, a read by 4 KB of
    what it went through, whatever of it comes back; both at least one unit, also where a condition
    fails. Reads here are strongly consistent, all of them.
    """

    def __init__(self) -> None:
        self.metered = Metered()
        self.published: list[str] = []
        self._sizes: dict[tuple[str, str], int] = {}

    def listen(self, session: Any) -> None:  # noqa: ANN401 - botocore's
        """Hear of every call of the clients that a session makes from now on."""
        session.register("provide-client-params.*.*", self._asked)
        session.register("after-call.*.*", self._answered)
        session.register("before-send.*.*", self._sent)

    def take(self) -> Metered:
        """Give what was counted, and begin anew."""
        taken, self.metered = self.metered, Metered()
        return taken

    def size(self, table: str, key: str) -> int:
        """Give the bytes of a stored item; 0 where there is none."""
        return self._sizes.get((table, key), 0)

    def largest(self, family: str) -> int:
        """Give the bytes of the largest item of a kind; 0 where there is none."""
        sizes = (n for (_, key), n in self._sizes.items() if key.startswith(f"{family}#"))
        return max(sizes, default=0)

    def _sent(self, request: AWSPreparedRequest, **_: object) -> None:
        body = request.body if isinstance(request.body, (str, bytes, bytearray)) else b""
        self.metered.sent_bytes += len(body) + sum(
            len(name) + len(str(value)) + 4 for name, value in request.headers.items()
        )

    def _asked(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        service = model.service_model.service_name
        self.metered.calls[f"{service}.{model.name}"] += 1
        if model.name == "Publish":
            self.published.append(json.loads(params["Message"])["default"])
        if "Item" in params:
            table, item = params["TableName"], params["Item"]
            place = (table, _key(item))
            size = size_of(item)
            larger = max(size, self._sizes.get(place, 0))
            self._sizes[place] = size
            self.metered.writes[f"{table} {_family(item)}"] += -(-larger // 1024)

    def _answered(self, parsed: dict[str, Any], model: OperationModel, **_: object) -> None:
        if model.service_model.service_name != "dynamodb":
            return
        if model.name == "GetItem":
            items = [parsed["Item"]] if "Item" in parsed else []
            self._read(items, together=True)
        elif model.name == "Query":
            self._read(parsed.get("Items", ()), together=True)
        elif model.name == "BatchGetItem":
            for items in parsed.get("Responses", {}).values():
                self._read(items, together=False)

    def _read(self, items: Iterable[Mapping[str, Any]], *, together: bool) -> None:
        found = list(items)
        sizes = [max(size_of(item), self._remembered(item)) for item in found]
        family = _family(found[0]) if found else "nothing"
        units = [-(-sum(sizes) // 4096)] if together else [-(-size // 4096) for size in sizes]
        self.metered.reads[family] += sum(max(1, each) for each in units or [1])

    def _remembered(self, item: Mapping[str, Any]) -> int:
        """Give the whole size of an item of which a part came back."""
        for table in ("reports", "state"):
            if "pk" in item and (size := self.size(table, _key(item))):
                return size
        return 0


def _key(item: Mapping[str, Any]) -> str:
    return "/".join(next(iter(item[name].values())) for name in ("pk", "sk"))


def _family(item: Mapping[str, Any]) -> str:
    """Name what kind of item it is, by the beginning of its key."""
    begin = next(iter(item.get("pk", {"S": "part"}).values())).partition("#")[0]
    return "REPORT" if begin in PLACES else begin


def size_of(item: Mapping[str, Any]) -> int:
    """Give the bytes of an item as DynamoDB counts them."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Mapping[str, Any]) -> int:
    ((kind, inner),) = value.items()
    match kind:
        case "S":
            return len(inner.encode())
        case "B":
            return len(inner)
        case "N":
            return -(-len(inner.strip("-0.")) // 2) + 1
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value(each) for name, each in inner.items())
        case "L":
            return 3 + sum(1 + _value(each) for each in inner)
        case _:
            return 1
