"""Proofs that a name, or a type of it, does not exist.

NSEC as in RFC 4035, 5.4, and NSEC3 as in RFC 5155, 8. Only for records whose signatures were
verified.
"""

from base64 import b32hexencode
from collections.abc import Iterable, Sequence
from typing import Final, cast

import dns.dnssec
import dns.name
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3

from tocsin.checks.failure import CheckFailedError
from tocsin.checks.wire import Record
from tocsin.domain.outcome import Layer, Reason

KINDS: Final = frozenset({RdataType.NSEC, RdataType.NSEC3})
MOST: Final = 8
"""Records of a proof that are looked at."""
ITERATIONS: Final = 100
"""Rounds of hashing that are done for a zone; more is as if unsigned (RFC 9276, 3.2)."""
_OPT_OUT: Final = 1
_DELEGATION: Final = (RdataType.NS, RdataType.SOA)


def denies(
    zone: Name, name: Name, kind: RdataType, proof: Sequence[Record], *, exists: bool
) -> bool:
    """Tell whether it is proven that there is no such name; or, where it `exists`, no such type."""
    if any(each.kind == RdataType.NSEC3 for each in proof):
        hashed = _Hashed(zone, proof)
        return hashed.lacks(name, kind) if exists else hashed.absent(name)
    plain = _Plain(proof)
    return plain.lacks(zone, name, kind) if exists else plain.absent(zone, name)


def covers(zone: Name, name: Name, closest: Name, proof: Sequence[Record]) -> bool:
    """Tell whether it is proven that a name made from a wildcard under `closest` does not exist."""
    if any(each.kind == RdataType.NSEC3 for each in proof):
        return _Hashed(zone, proof).between(_below(name, closest))
    return _Plain(proof).between(name)


class _Plain:
    """NSEC: each record names an owner, its types, and the next owner in the zone's order."""

    def __init__(self, proof: Iterable[Record]) -> None:
        found = [each for each in proof if each.kind == RdataType.NSEC]
        self._spans = [(each.owner, cast("NSEC", each.data)) for each in found]

    def between(self, name: Name) -> bool:
        """Tell whether a record spans the place of a name."""
        return any(_spans(owner, name, data.next) for owner, data in self._spans)

    def absent(self, zone: Name, name: Name) -> bool:
        """Tell that there is neither the name nor a wildcard that would stand for it."""
        for owner, data in self._spans:
            if not _spans(owner, name, data.next) or data.next.is_subdomain(name):
                continue
            closest = _longest(name, (owner, data.next))
            return closest.is_subdomain(zone) and self.between(_wildcard(closest))
        return False

    def lacks(self, zone: Name, name: Name, kind: RdataType) -> bool:
        """Tell that the name has no such type: itself, as a part of others, or as a wildcard."""
        for owner, data in self._spans:
            if owner == name and not _has(data, kind):
                return True
            if _spans(owner, name, data.next) and data.next.is_subdomain(name):
                return True  # an empty non-terminal
        for owner, data in self._spans:
            above = owner.parent() if owner.is_wild() else None
            if above and name.is_subdomain(above) and above.is_subdomain(zone):
                return self.between(name) and not _has(data, kind)
        return False


class _Hashed:
    """NSEC3: the same over hashes of the names."""

    def __init__(self, zone: Name, proof: Iterable[Record]) -> None:
        found = [each for each in proof if each.kind == RdataType.NSEC3]
        self._zone = zone
        self._spans = {each.owner.labels[0].lower(): cast("NSEC3", each.data) for each in found}
        self._first = next(iter(self._spans.values()))
        if self._first.iterations > ITERATIONS:
            text = f"{zone} asks for {self._first.iterations} rounds of hashing, more than "
            text += f"{ITERATIONS}: such a zone is taken for unsigned (RFC 9276)"
            raise CheckFailedError(Layer.DNSSEC, Reason.UNSIGNED, text)

    def between(self, name: Name) -> bool:
        """Tell whether a record spans the hash of a name."""
        return self._spanning(name) is not None

    def absent(self, name: Name) -> bool:
        """Tell that there is neither the name nor a wildcard that would stand for it."""
        closest = self._closest(name)
        if closest is None or closest == name:
            return False
        span = self._spanning(_below(name, closest))
        return span is not None and self.between(_wildcard(closest))

    def lacks(self, name: Name, kind: RdataType) -> bool:
        """Tell that the name, or the wildcard that stands for it, has no such type."""
        if (own := self._spans.get(self._hash(name))) is not None:
            return not _has(own, kind)
        closest = self._closest(name)
        if closest is None:
            return False
        span = self._spanning(_below(name, closest))
        if span is None:
            return False
        if kind == RdataType.DS and span.flags & _OPT_OUT:
            return True  # a delegation that the chain leaves out (RFC 5155, 8.6)
        wild = self._spans.get(self._hash(_wildcard(closest)))
        return wild is not None and not _has(wild, kind)

    def _closest(self, name: Name) -> Name | None:
        """Give the longest part of a name that is proven to exist."""
        while name.is_subdomain(self._zone):
            if self._hash(name) in self._spans:
                return name
            if name == self._zone:
                break
            name = name.parent()
        return None

    def _spanning(self, name: Name) -> NSEC3 | None:
        place = self._hash(name)
        for owner, data in self._spans.items():
            after = _base32(data.next)
            inside = owner < place < after if owner < after else place > owner or place < after
            if inside:
                return data
        return None

    def _hash(self, name: Name) -> bytes:
        first = self._first
        text = dns.dnssec.nsec3_hash(name, first.salt, first.iterations, first.algorithm)
        return text.lower().encode()


def _spans(owner: Name, name: Name, after: Name) -> bool:
    if owner < after:
        return bool(owner < name < after)
    return bool(owner < name or name < after)  # the last one leads back to the apex


def _has(data: NSEC | NSEC3, kind: RdataType) -> bool:
    """Tell whether the bitmap speaks of the type, or leaves it to others.

    An alias stands for every type, and what a parent says of a delegation is no word of the child.
    """
    types = _types(data)
    if RdataType.CNAME in types:
        return True
    delegation, apex = (each in types for each in _DELEGATION)
    if kind == RdataType.DS:
        return kind in types or apex
    return kind in types or (delegation and not apex)


def _types(data: NSEC | NSEC3) -> set[int]:
    found = set()
    for window, bitmap in data.windows:
        for position, octet in enumerate(bitmap):
            found |= {window * 256 + position * 8 + bit for bit in range(8) if octet & 0x80 >> bit}
    return found


def _longest(name: Name, others: Iterable[Name]) -> Name:
    """Give the longest end that a name shares with one of the others."""
    shared = max(name.fullcompare(other)[2] for other in others)
    return name.split(shared)[1]


def _below(name: Name, closest: Name) -> Name:
    """Give the part of a name that is one label longer than `closest`."""
    return name.split(len(closest) + 1)[1]


def _wildcard(name: Name) -> Name:
    return dns.name.from_text("*", name)


def _base32(raw: bytes) -> bytes:
    return b32hexencode(raw).rstrip(b"=").lower()
