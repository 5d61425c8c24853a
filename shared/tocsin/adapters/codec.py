"""Pack values into stored bytes, and read back only what validates.

zlib over JSON: the field names repeat in every record, so a passing monitor costs some 25 bytes,
and 50 where it has a certificate.
Fields that a newer writer added are ignored; a newer schema is refused by its adapter.
"""

import json
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from tocsin.usecases.ports import UnreadableError

MOST_BYTES = 16 * 1024 * 1024
"""What a stored document may unpack to: far above any real one, far below the memory."""


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
    except (ValueError, LookupError, TypeError, AttributeError) as error:
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
    text: bytes = _adapter(kind).dump_json(value, exclude_defaults=True)
    return text


def read_json(kind: Any, text: bytes) -> Any:  # noqa: ANN401 - of the type that is asked for
    """Read a value of a type; ValueError where the text holds none."""
    return _adapter(kind).validate_json(text)


def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type, as above
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


_adapters: dict[Any, TypeAdapter[Any]] = {}
