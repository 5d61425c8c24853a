"""A zone's keys as the parent vouches for them, and what is weak about them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from dns.dnssectypes import Algorithm
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from tocsin.checks.dnssec import WEAK, WEAK_DIGESTS, usable, verified, vouched
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.finding import Finding
from tocsin.checks.wire import Record
from tocsin.domain.outcome import Layer, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The verified keys of a zone, and when their own signature ends."""

    records: tuple[DNSKEY, ...]
    ends_at: datetime


def keys(zone: Name, ds: Sequence[DS], records: Sequence[Record], now: datetime) -> Keys:
    """Give a zone's keys, if the parent vouches for them. Raises CheckFailedError."""
    mine = [
        each
        for each in records
        if each.owner == zone and each.kind in {RdataType.DNSKEY, RdataType.RRSIG}
    ]
    found = [cast("DNSKEY", each.data) for each in mine if each.kind == RdataType.DNSKEY]
    if not (good := usable(ds)):
        text = f"{zone} is signed only in ways that cannot be checked here"
        raise CheckFailedError(Layer.DNSSEC, Reason.UNSIGNED, text)
    if not (trusted := vouched(zone, good, found)):
        tags = " and ".join(sorted({str(record.key_tag) for record in good}))
        what = f"the parent's DS names key {tags}, which {zone} does not have"
        raise CheckFailedError(Layer.DNSSEC, Reason.BOGUS, what)
    valid = verified(zone, mine, trusted, now)
    return Keys(records=tuple(found), ends_at=valid.expires_at)


def weaknesses(zone: Name, ds: Iterable[DS], keys: Iterable[DNSKEY]) -> Iterator[Finding]:
    """Warn of what the zone rests on alone and nobody should use any more (RFC 9905)."""
    algorithms = {key.algorithm for key in keys}
    digests = {record.digest_type for record in ds}
    weak = []
    if algorithms <= WEAK:
        weak.append(", ".join(sorted(Algorithm.to_text(each) for each in algorithms)))
    if digests <= WEAK_DIGESTS:
        weak.append("a DS of SHA-1")
    if weak:
        text = f"{zone} rests on {' and '.join(weak)}, which is no longer safe"
        yield Finding(layer=Layer.DNSSEC, reason=Reason.WEAK_ALGORITHM, text=text, soon=True)
