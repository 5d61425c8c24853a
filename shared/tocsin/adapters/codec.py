"""Pack values into stored bytes, and read back only what validates.

zlib over JSON: the field names repeat in every record, so a passing monitor costs some 25 bytes,
and 50 where it has a certificate.
Fields that a newer writer added are ignored; a newer schema is refused by its adapter.
"""

import json
import zlib
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter

from tocsin.usecases.ports import UnreadableError

MOST_BYTES = 16 * 1024 * 1024
"""What a stored document may unpack to: far above any real one, far below the memory."""


def pack(kind: type[Any], value: object) -> bytes:
    """Pack a value of a domain type."""
    return zlib.compress(_adapter(kind).dump_json(value, exclude_defaults=True), 6)


def pack_within[T](kind: type[T], value: T, most_bytes: int, slim: Callable[[T, int], T]) -> bytes:
    """Pack a value in as much detail as fits: an item of DynamoDB holds 400 KB.

    `slim` cuts the evidence in it to a number of characters.
    """
    packed = pack(kind, value)
    for evidence in (80, 20, 0):
        if len(packed) <= most_bytes:
            break
        packed = pack(kind, slim(value, evidence))
    return packed


def unpack[T](kind: type[T], packed: bytes, modernize: Callable[[Any], None] | None = None) -> T:
    """Read a value back; UnreadableError where the bytes do not hold one.

    `modernize` turns the plain JSON of an older schema into that of the present one, in place.
    """
    try:
        inflate = zlib.decompressobj()
        text = inflate.decompress(packed, MOST_BYTES)
        if inflate.unconsumed_tail:
            raise UnreadableError(f"a stored {kind.__name__} unpacks to over {MOST_BYTES} bytes")
        if modernize is not None:
            document = json.loads(text)
            modernize(document)
            text = json.dumps(document).encode()
        value: T = _adapter(kind).validate_json(text)
    except (zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableError(f"a stored {kind.__name__} cannot be read: {error}") from error
    return value


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


_adapters: dict[type[Any], TypeAdapter[Any]] = {}
