"""Pack values into stored bytes, and read back only what validates.

zlib over JSON: the field names repeat in every record, so a passing monitor costs some 25 bytes,
and 50 where it has a certificate.
Fields that a newer writer added are ignored; a newer schema is refused by its adapter.

What is read can be reckoned with: instants have a zone, and lie with all numbers and lengths of
time in bounds that no real one leaves, so nothing overflows later, in the midst of a judgement.
"""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

from tocsin.domain.outcome import Certificate
from tocsin.usecases.ports import UnreadableError

MOST_BYTES = 16 * 1024 * 1024
"""What a stored document may unpack to: far above any real one, far below the memory."""

MOST: Final = 2**53
"""Of any number that counts something: JSON holds no greater one for certain."""

_LONGEST: Final = timedelta(days=40_000)
"""A window may last for all the years that a file can name, 2000 to 2099."""

_BOUNDS: Final[dict[str, dict[str, object]]] = {
    "datetime": {
        "tz_constraint": "aware",
        "ge": datetime(1970, 1, 1, tzinfo=UTC),  # where ticks begin
        "lt": datetime(2200, 1, 1, tzinfo=UTC),  # later than ticks end
    },
    "timedelta": {"ge": -_LONGEST, "le": _LONGEST},
    "int": {"ge": 0, "le": MOST},
    "float": {"allow_inf_nan": False},
}
_ANY_YEAR: Final = {
    "datetime": {
        "tz_constraint": "aware",
        "ge": datetime.min.replace(tzinfo=UTC),
        "le": datetime.max.replace(tzinfo=UTC),
    },
}
"""For what strangers say: a certificate without an end names the year 9999 (RFC 5280, 4.1.2.5)."""

_SPOILT: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


def pack(kind: type[Any], value: object) -> bytes:
    """Pack a value of a domain type."""
    return zlib.compress(write_json(kind, value), 6)


def pack_within[T](kind: type[T], value: T, most_bytes: int, slim: Callable[[T, int], T]) -> bytes:
    """Pack a value in as much detail as fits: an item of DynamoDB holds 400 KB.

    `slim` cuts the evidence in it to a number of characters.
    """
    return fitted(partial(pack, kind), value, most_bytes, slim)


def fitted[T](
    packing: Callable[[T], bytes], value: T, most_bytes: int, slim: Callable[[T, int], T]
) -> bytes:
    """Do the same with another way of packing."""
    packed = packing(value)
    for evidence in (80, 20, 0):
        if len(packed) <= most_bytes:
            break
        packed = packing(slim(value, evidence))
    return packed


def unpack[T](kind: type[T], packed: bytes, modernize: Callable[[Any], None] | None = None) -> T:
    """Read a value back; UnreadableError where the bytes do not hold one.

    `modernize` turns the plain JSON of an older schema into that of the present one, in place.
    """
    text = inflated(packed, kind.__name__)
    try:
        if modernize is not None:
            document = json.loads(text)
            modernize(document)
            text = json.dumps(document).encode()
        value: T = read_json(kind, text)
    except _SPOILT as error:
        raise UnreadableError(f"a stored {kind.__name__} cannot be read: {error}") from error
    return value


def inflated(packed: bytes, name: str) -> bytes:
    """Give the text in packed bytes; UnreadableError where there is none, or far too much."""
    try:
        inflate = zlib.decompressobj()
        text = inflate.decompress(packed, MOST_BYTES)
    except zlib.error as error:
        raise UnreadableError(f"a stored {name} cannot be read: {error}") from error
    if inflate.unconsumed_tail:
        raise UnreadableError(f"a stored {name} unpacks to over {MOST_BYTES} bytes")
    return text


def write_json(kind: Any, value: object) -> bytes:  # noqa: ANN401 - a type, also `dict[str, …]`
    """Write a value of a type as JSON, without what is as it is by default."""
    text: bytes = _form(kind).adapter.dump_json(value, exclude_defaults=True)
    return text


def read_json(kind: Any, text: bytes) -> Any:  # noqa: ANN401 - of the type that is asked for
    """Read a value of a type; ValueError where the text holds none."""
    return _form(kind).reader.validate_json(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How a type is written, and how it is read: within bounds."""

    adapter: TypeAdapter[Any]
    reader: SchemaValidator


def _form(kind: Any) -> _Form:  # noqa: ANN401 - a type, as above
    if kind not in _forms:
        adapter = TypeAdapter(kind)
        bounded = _bounded(adapter.core_schema, _BOUNDS)
        _forms[kind] = _Form(adapter=adapter, reader=SchemaValidator(bounded))
    return _forms[kind]


def _bounded(schema: Any, bounds: dict[str, dict[str, object]]) -> Any:  # noqa: ANN401 - pydantic's
    """Set bounds in pydantic's schema of a type, and of all that is in it."""
    if isinstance(schema, list | tuple):
        return type(schema)(_bounded(each, bounds) for each in schema)
    if not isinstance(schema, dict):
        return schema
    if schema.get("cls") is Certificate:
        bounds = {**bounds, **_ANY_YEAR}
    inner = {key: _bounded(each, bounds) for key, each in schema.items()}
    kind = schema.get("type")
    return {**inner, **bounds.get(kind, {})} if isinstance(kind, str) else inner


_forms: dict[Any, _Form] = {}
