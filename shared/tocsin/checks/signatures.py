"""Verify single signatures, and a zone's keys as the parent vouches for them (RFC 4035, 5.3).

dnspython does the arithmetic; which signature is held against which key is decided here. Whatever a
server sends, the work is bounded (CVE-2023-50387): few signatures may turn out wrong before no more
are tried, and keys are found by their tag, not by trying them all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

import dns.dnssec
import dns.exception
import dns.rdataset
import dns.rrset
from dns.dnssectypes import Algorithm, DSDigest
from dns.name import Name
from dns.node import Node
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from tocsin.checks.failure import CheckFailedError
from tocsin.checks.finding import Finding
from tocsin.checks.wire import Record
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.spans import spoken

CHECKED: Final = frozenset(
    {
        Algorithm.RSASHA1,
        Algorithm.RSASHA1NSEC3SHA1,
        Algorithm.RSASHA256,
        Algorithm.RSASHA512,
        Algorithm.ECDSAP256SHA256,
        Algorithm.ECDSAP384SHA384,
        Algorithm.ED25519,
        Algorithm.ED448,
    }
)
"""Algorithms that are checked; DSA and RSA with MD5 must not be any more (RFC 8624, 3.1)."""
WEAK: Final = frozenset(
    {
        Algorithm.RSAMD5,
        Algorithm.DSA,
        Algorithm.RSASHA1,
        Algorithm.DSANSEC3SHA1,
        Algorithm.RSASHA1NSEC3SHA1,
        Algorithm.ECCGOST,
    }
)
"""Algorithms that nobody should sign with any more (RFC 8624, 3.1; RFC 9905)."""
_STRONG_DIGESTS: Final = frozenset({DSDigest.SHA256, DSDigest.SHA384})

WRONG_AT_MOST: Final = 8
"""Signatures that may turn out wrong; where nothing is amiss none does, but for rare twin tags."""
_DS_TRIED: Final = 16
_TWINS_TRIED: Final = 4
"""DS records of a zone, and keys with one tag, that are looked at."""
_ZONE_KEY: Final = 0x0100
_REVOKED: Final = 0x0080
_PROTOCOL: Final = 3

type Ring = Mapping[tuple[int, int], Sequence[DNSKEY]]
"""Keys by their tag and algorithm."""


class Tries:
    """How many signatures may still turn out wrong."""

    def __init__(self) -> None:
        self._left = WRONG_AT_MOST

    def wrong(self, what: str) -> None:
        """Note that a signature was wrong. Raises CheckFailedError where it was one too many."""
        self._left -= 1
        if not self._left:
            raise bogus(
                f"{WRONG_AT_MOST} signatures are wrong, the last one of {what}: so is the zone"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """What holds: the earliest end of a signature that it rests on."""

    expires_at: datetime

    def with_(self, other: "Validated") -> "Validated":
        """Rest on both."""
        return Validated(expires_at=min(self.expires_at, other.expires_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The verified keys of a zone, and until when they hold."""

    ring: Ring
    algorithms: frozenset[int]
    valid: Validated


def keys(
    zone: Name,
    ds: Sequence[DS],
    records: Iterable[Record],
    now: datetime,
    *,
    voucher: str,
    tries: Tries,
) -> Keys:
    """Give a zone's keys, if the voucher's DS names one that signs them. Raises CheckFailedError.

    RFC 4035, 5.2: a zone with DS records of unknown ways only is as if it were not signed.
    """
    if not (good := usable(ds)):
        raise unsigned(f"{zone} is signed only in ways that cannot be checked here")
    found = rrset(records, zone, RdataType.DNSKEY)
    everything = [cast("DNSKEY", each.data) for each in found if each.kind == RdataType.DNSKEY]
    trusted = _vouched(zone, good, everything, voucher)
    signers = {(s.key_tag, s.algorithm) for s in _signatures(found)}
    if signers and signers.isdisjoint(trusted):
        text = f"{voucher} names {_tags(trusted)}, but the keys of {zone} are signed by"
        raise bogus(f"{text} {_tags(signers)}")
    return Keys(
        ring=ring(everything),
        algorithms=frozenset(key.algorithm for key in everything),
        valid=verified(zone, found, trusted, now, tries),
    )


def ring(keys: Iterable[DNSKEY]) -> Ring:
    """Sort the keys that may sign: a zone's own, and not revoked (RFC 4034, 2.1; RFC 5011, 2.1)."""
    found: dict[tuple[int, int], list[DNSKEY]] = {}
    for key in keys:
        flags = key.flags & (_ZONE_KEY | _REVOKED)
        if flags == _ZONE_KEY and key.protocol == _PROTOCOL:
            found.setdefault((dns.dnssec.key_id(key), key.algorithm), []).append(key)
    return found


def usable(ds: Iterable[DS]) -> list[DS]:
    """Give the DS records that are checked: none by SHA-1 where there is a better (RFC 4509, 3)."""
    known = [each for each in ds if each.algorithm in CHECKED]
    strong = [each for each in known if each.digest_type in _STRONG_DIGESTS]
    return (strong or [each for each in known if each.digest_type == DSDigest.SHA1])[:_DS_TRIED]


def verified(
    zone: Name, records: Sequence[Record], keys: Ring, now: datetime, tries: Tries
) -> Validated:
    """Verify one set of records, as `rrset` gives it, by a zone's keys. Raises CheckFailedError."""
    plain = [each for each in records if each.kind != RdataType.RRSIG]
    what = f"{plain[0].owner} {RdataType.to_text(plain[0].kind)}"
    mine = [each for each in _signatures(records) if each.signer == zone]
    if not mine:
        raise bogus(f"{what} is not signed by {zone}, whose keys are vouched for")
    current = [each for each in mine if each.inception <= now.timestamp() <= each.expiration]
    if not current:
        raise _out_of_date(what, mine, now)
    # The one that lasts longest first: the set is good for as long as any of them.
    current.sort(key=lambda signature: signature.expiration, reverse=True)
    data = [each.data for each in plain]
    whole = dns.rrset.from_rdata_list(plain[0].owner, current[0].original_ttl, data)
    for signature in current:
        for key in keys.get((signature.key_tag, signature.algorithm), ())[:_TWINS_TRIED]:
            if _holds(whole, signature, key, now):
                return Validated(expires_at=datetime.fromtimestamp(signature.expiration, UTC))
            tries.wrong(what)
    by = {(each.key_tag, each.algorithm) for each in current}
    if by.isdisjoint(keys):
        raise bogus(f"{what} is signed by {_tags(by)}, which {zone} does not have")
    raise bogus(f"the signature of {what} by {_tags(by)} of {zone} does not match")


def rrset(records: Iterable[Record], owner: Name, kind: RdataType) -> list[Record]:
    """Give the records of an owner and type, then their signatures; none where there are none."""
    mine = [each for each in records if each.owner == owner]
    plain = list({each.data: each for each in mine if each.kind == kind}.values())
    if not plain:
        return []
    return plain + [
        each
        for each in mine
        if each.kind == RdataType.RRSIG and cast("RRSIG", each.data).type_covered == kind
    ]


def weaknesses(zone: Name, ds: Iterable[DS], keys: Keys) -> Iterator[Finding]:
    """Warn of what the zone rests on alone and nobody should use any more (RFC 9905)."""
    weak = []
    if keys.algorithms <= WEAK:
        weak.append(", ".join(sorted(Algorithm.to_text(each) for each in keys.algorithms)))
    if all(record.digest_type not in _STRONG_DIGESTS for record in ds):
        weak.append("a DS of SHA-1")
    if weak:
        text = f"{zone} rests on {' and '.join(weak)}, which is no longer safe"
        yield Finding(layer=Layer.DNSSEC, reason=Reason.WEAK_ALGORITHM, text=text, soon=True)


def bogus(text: str) -> CheckFailedError:
    """Say that something is forged or broken."""
    return CheckFailedError(Layer.DNSSEC, Reason.BOGUS, text)


def unsigned(text: str) -> CheckFailedError:
    """Say that something is not signed, or in no way that counts."""
    return CheckFailedError(Layer.DNSSEC, Reason.UNSIGNED, text)


def _vouched(zone: Name, ds: Sequence[DS], keys: Sequence[DNSKEY], voucher: str) -> Ring:
    """Give the keys that a DS names."""
    known = ring(keys)
    named = {(record.key_tag, record.algorithm) for record in ds}
    found = [
        key
        for record in ds
        for key in known.get((record.key_tag, record.algorithm), ())[:_TWINS_TRIED]
        if _digests(zone, key, record)
    ]
    if found:
        return ring(dict.fromkeys(found))
    if not keys:
        raise bogus(f"{voucher} names {_tags(named)}, but {zone} has no keys at all")
    if not named.isdisjoint(known):
        raise bogus(f"{voucher} names {_tags(named)} by another digest than {zone} has it")
    raise bogus(f"{voucher} names {_tags(named)}, which {zone} does not have")


def _signatures(records: Iterable[Record]) -> list[RRSIG]:
    return [cast("RRSIG", each.data) for each in records if each.kind == RdataType.RRSIG]


def _holds(whole: dns.rrset.RRset, signature: RRSIG, key: DNSKEY, now: datetime) -> bool:
    if signature.algorithm not in CHECKED:
        return False
    candidates: dict[Name, Node | Rdataset] = {signature.signer: dns.rdataset.from_rdata(0, key)}
    try:
        dns.dnssec.validate_rrsig(whole, signature, candidates, now=now.timestamp())
    except (dns.exception.DNSException, ValueError):
        return False
    return True


def _digests(zone: Name, key: DNSKEY, record: DS) -> bool:
    made = dns.dnssec.make_ds(zone, key, DSDigest(record.digest_type), validating=True)
    return made.digest == record.digest


def _tags(keys: Iterable[tuple[int, int]]) -> str:
    tags = [str(tag) for tag in sorted({tag for tag, _ in keys})]
    more = f" and {len(tags) - 3} more" if len(tags) > 3 else ""  # noqa: PLR2004 - enough to find
    return f"key {', '.join(tags[:3])}{more}"


def _out_of_date(what: str, signatures: Sequence[RRSIG], now: datetime) -> CheckFailedError:
    last = max(signatures, key=lambda signature: signature.expiration)
    if last.expiration < now.timestamp():
        ended = datetime.fromtimestamp(last.expiration, UTC)
        ago = spoken(now - ended)
        text = f"the signature of {what} ended {ago} ago ({ended:%Y-%m-%d %H:%M} UTC)"
        return CheckFailedError(Layer.DNSSEC, Reason.SIGNATURE_EXPIRED, text)
    begins = datetime.fromtimestamp(min(s.inception for s in signatures), UTC)
    return bogus(f"the signature of {what} is valid only from {begins:%Y-%m-%d %H:%M} UTC on")
