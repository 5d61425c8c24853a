"""Proofs that a name, or a type of it, does not exist.

NSEC as in RFC 4035, 5.4, and RFC 6840, 4; NSEC3 as in RFC 5155, 8. Only for records whose
signatures were verified. Whatever they say, hashing is bounded (CVE-2023-50868).
"""

from abc import ABC, abstractmethod
from base64 import b32hexencode
from collections.abc import Iterable, Sequence
from typing import Final, cast

import dns.dnssec
import dns.name
from dns.dnssectypes import NSEC3Hash
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
_NXNAME: Final = 128
"""The type that stands for a name that does not exist (RFC 9824)."""


class Proof(ABC):
    """What the records of a proof say of names in a zone.

    Its methods raise CheckFailedError (UNSIGNED) where the zone says that it does not say.
    """

    @abstractmethod
    def absent(self, name: Name) -> bool:
        """Tell that there is neither the name nor a wildcard that would stand for it."""

    @abstractmethod
    def lacks(self, name: Name, kind: RdataType) -> bool:
        """Tell that the name has no such type: itself, as a part of others, or as a wildcard."""

    @abstractmethod
    def delegates(self, name: Name) -> bool:
        """Tell that the zone leads elsewhere at this name, which is proven to lack a DS."""

    @abstractmethod
    def permits(self, name: Name, closest: Name) -> bool:
        """Tell that the wildcard under `closest` stands for a name: nothing nearer exists."""


def proof(zone: Name, records: Sequence[Record]) -> Proof:
    """Read a proof of a zone."""
    if any(each.kind == RdataType.NSEC3 for each in records):
        return _Hashed(zone, records)
    return _Plain(zone, records)


class _Plain(Proof):
    """NSEC: each record names an owner, its types, and the next owner in the zone's order."""

    def __init__(self, zone: Name, records: Iterable[Record]) -> None:
        found = [each for each in records if each.kind == RdataType.NSEC]
        self._zone = zone
        self._spans = [(each.owner, cast("NSEC", each.data)) for each in found]

    def absent(self, name: Name) -> bool:
        if any(owner == name and _has(data, _NXNAME) for owner, data in self._spans):
            return True
        closest = self._closest(name)
        return closest is not None and self._closest(_wildcard(closest)) is not None

    def lacks(self, name: Name, kind: RdataType) -> bool:
        for owner, data in self._spans:
            if owner == name:
                return not _speaks(data, kind)
            if _spans(owner, name, data.next) and data.next.is_subdomain(name):
                return True  # an empty non-terminal
        closest = self._closest(name)
        wild = None if closest is None else _wildcard(closest)
        return any(owner == wild and not _speaks(data, kind) for owner, data in self._spans)

    def delegates(self, name: Name) -> bool:
        return any(owner == name and _is_cut(data) for owner, data in self._spans)

    def permits(self, name: Name, closest: Name) -> bool:
        return self._closest(name) == closest

    def _closest(self, name: Name) -> Name | None:
        """Give the longest part of a name that exists, if it is proven that the name does not."""
        for owner, data in self._spans:
            if not _spans(owner, name, data.next):
                continue
            if owner.is_subdomain(name) or data.next.is_subdomain(name):
                continue  # it exists, if only as a part of others
            if name.is_subdomain(owner) and _ends(data):
                continue  # what is below is another's to deny (RFC 6840, 4.1)
            closest = _longest(name, (owner, data.next))
            return closest if closest.is_subdomain(self._zone) else None
        return None


class _Hashed(Proof):
    """NSEC3: the same over hashes of the names."""

    def __init__(self, zone: Name, records: Iterable[Record]) -> None:
        found = [(each.owner, cast("NSEC3", each.data)) for each in records if _is_known(each)]
        self._zone = zone
        self._first = found[0][1] if found else None
        self._spans = {
            owner.labels[0].lower(): data
            for owner, data in found
            if owner.parent() == zone and self._alike(data)
        }
        if self._first is not None and self._first.iterations > ITERATIONS:
            text = f"{zone} asks for {self._first.iterations} rounds of hashing, more than "
            raise _unsigned(f"{text}{ITERATIONS}: such a zone is taken for unsigned (RFC 9276)")

    def absent(self, name: Name) -> bool:
        closest = self._closest(name)
        if closest is None or closest == name:
            return False
        return self._uncovered(closest, name) and self._spanning(_wildcard(closest)) is not None

    def lacks(self, name: Name, kind: RdataType) -> bool:
        if (own := self._of(name)) is not None:
            return not _speaks(own, kind)
        closest = self._closest(name)
        if closest is None:
            return False
        if kind == RdataType.DS and self._left_out(closest, name):
            return True  # it may be a delegation (RFC 5155, 8.6)
        wild = self._of(_wildcard(closest))
        return wild is not None and not _speaks(wild, kind) and self._uncovered(closest, name)

    def delegates(self, name: Name) -> bool:
        if (own := self._of(name)) is not None:
            return _is_cut(own)
        closest = self._closest(name)
        return closest is not None and self._left_out(closest, name)

    def permits(self, name: Name, closest: Name) -> bool:
        return self._uncovered(closest, name)

    def _uncovered(self, closest: Name, name: Name) -> bool:
        """Tell that nothing exists between a name and the part of it that does."""
        if self._left_out(closest, name):
            # RFC 5155, 9.2: a resolver would not vouch for it either.
            text = f"that there is no {name} is not proven: {self._zone} leaves out of its proofs "
            raise _unsigned(f"{text}what it delegates without signature (opt-out)")
        return self._spanning(_below(name, closest)) is not None

    def _left_out(self, closest: Name, name: Name) -> bool:
        """Tell whether the chain may lead past a delegation there (RFC 5155, 6)."""
        span = self._spanning(_below(name, closest))
        return span is not None and bool(span.flags & _OPT_OUT)

    def _closest(self, name: Name) -> Name | None:
        """Give the longest part of a name that is proven to exist, and to be the zone's own."""
        while name.is_subdomain(self._zone):
            if (own := self._of(name)) is not None:
                return None if _ends(own) else name
            if name == self._zone:
                break
            name = name.parent()
        return None

    def _of(self, name: Name) -> NSEC3 | None:
        return self._spans.get(self._hash(name)) if self._spans else None

    def _spanning(self, name: Name) -> NSEC3 | None:
        place = self._hash(name) if self._spans else b""
        for owner, data in self._spans.items():
            after = _base32(data.next)
            inside = owner < place < after if owner < after else place > owner or place < after
            if inside:
                return data
        return None

    def _hash(self, name: Name) -> bytes:
        first = cast("NSEC3", self._first)
        text = dns.dnssec.nsec3_hash(name, first.salt, first.iterations, first.algorithm)
        return text.lower().encode()

    def _alike(self, data: NSEC3) -> bool:
        """Tell whether it belongs to the same chain (RFC 5155, 8.2)."""
        first = self._first
        return first is not None and (data.salt, data.iterations) == (first.salt, first.iterations)


def _is_known(record: Record) -> bool:
    """Tell whether it is an NSEC3 record of a kind that is defined (RFC 5155, 8.1 and 8.2)."""
    if record.kind != RdataType.NSEC3:
        return False
    data = cast("NSEC3", record.data)
    return data.algorithm == NSEC3Hash.SHA1 and data.flags in {0, _OPT_OUT}


def _spans(owner: Name, name: Name, after: Name) -> bool:
    if owner < after:
        return bool(owner < name < after)
    return bool(owner < name or name < after)  # the last one leads back to the apex


def _has(data: NSEC | NSEC3, kind: int) -> bool:
    window, place = divmod(kind, 256)
    octet, bit = divmod(place, 8)
    return any(
        number == window and len(bitmap) > octet and bitmap[octet] & 0x80 >> bit
        for number, bitmap in data.windows
    )


def _speaks(data: NSEC | NSEC3, kind: RdataType) -> bool:
    """Tell whether the bitmap has the type, or leaves it to others.

    An alias stands for every type, and what a parent says of a delegation is no word of the child.
    """
    if _has(data, kind) or _has(data, RdataType.CNAME):
        return True
    return _has(data, RdataType.SOA) if kind == RdataType.DS else _is_cut(data)


def _is_cut(data: NSEC | NSEC3) -> bool:
    """Tell whether it is the parent's record of a delegation."""
    return _has(data, RdataType.NS) and not _has(data, RdataType.SOA)


def _ends(data: NSEC | NSEC3) -> bool:
    """Tell whether what is below its owner is not for this zone to say."""
    return _is_cut(data) or _has(data, RdataType.DNAME)


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


def _unsigned(text: str) -> CheckFailedError:
    return CheckFailedError(Layer.DNSSEC, Reason.UNSIGNED, text)
