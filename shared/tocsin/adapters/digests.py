"""Hours and days in brief as they are stored: columns, as zlib over JSON.

Three months of days are read whenever somebody looks, and nearly all of what is in them is that a
monitor was up all day. So there is one name and one number a monitor, and the rest is spelt out.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json

from tocsin.adapters.codec import inflated
from tocsin.domain.quorum import Verdict
from tocsin.domain.uptime import Digest, Seconds
from tocsin.usecases.ports import UnreadableError

_SPOILT: Final = (ValueError, LookupError, TypeError, AttributeError)


def pack_digest(digest: Digest) -> bytes:
    """Pack an hour or a day."""
    names = sorted(digest.seconds)
    up = [digest.seconds[name].get(Verdict.UP, 0) for name in names]
    rest = {
        name: {
            verdict: n for verdict, n in digest.seconds[name].items() if n and verdict != Verdict.UP
        }
        for name in names
    }
    columns = {
        "names": names,
        "up": up[0] if len(set(up)) == 1 else up,
        "ms": [digest.ms.get(name) for name in names],
        "rest": {name: each for name, each in rest.items() if each},
    }
    return zlib.compress(json.dumps(columns, separators=(",", ":")).encode(), 6)


def unpack_digest(packed: bytes, shard: str, number: int) -> Digest:
    """Read an hour or a day back; UnreadableError where the bytes do not hold one."""
    text = inflated(packed, "digest")
    try:
        return _digest(from_json(text, allow_inf_nan=False), shard, number)
    except _SPOILT as error:
        raise UnreadableError(f"a stored digest cannot be read: {error}") from error


def _digest(columns: dict[str, Any], shard: str, number: int) -> Digest:
    names, up, ms = columns["names"], columns["up"], columns["ms"]
    if not isinstance(up, list):
        up = [up] * len(names)
    if not (set(map(type, names)) <= {str} and set(map(type, up)) <= {int}):
        raise TypeError("a column holds what it must not")
    if not set(map(type, ms)) <= {int, float, type(None)}:
        raise TypeError("a time is no number")
    # Most of a shard's monitors were up all the time: they share one mapping.
    whole: dict[int, Seconds] = {n: {Verdict.UP: n} if n else {} for n in set(up)}
    seconds = {name: whole[n] for name, n in zip(names, up, strict=True)}
    for name, rest in columns["rest"].items():
        seconds[name] = {**seconds[name], **_spelt(rest)}
    return Digest(
        shard=shard,
        number=number,
        seconds=seconds,
        ms={name: time for name, time in zip(names, ms, strict=True) if time is not None},
    )


def _spelt(rest: Mapping[str, int]) -> Seconds:
    return {Verdict(verdict): int(number) for verdict, number in rest.items()}
