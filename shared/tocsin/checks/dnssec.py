"""Validate DNS answers here, from their signatures up to an anchor (RFC 4035, 5).

Nobody else's word is taken for it: neither a resolver's flag nor its refusal. dnspython verifies
single signatures; which of them must hold, and by whose keys, is decided here. Whatever a server
sends, the work is bounded (CVE-2023-50387): few keys and signatures are tried of each set.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, cast

import dns.dnssec
import dns.dnssecalgs
import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rrset
from dns.dnssectypes import Algorithm, DSDigest
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.DNAME import DNAME
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from tocsin.checks import denial
from tocsin.checks.attempt import Clock
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.wire import Answer, Question, Record, question
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.questions import ALIASES
from tocsin.domain.spans import spoken

ROOT: Final = (
    ". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
)
"""The root's anchors as IANA publishes them (RFC 9718): https://data.iana.org/root-anchors/."""

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
WEAK_DIGESTS: Final = frozenset({DSDigest.NULL, DSDigest.SHA1, DSDigest.GOST})

KEYS_TRIED: Final = 4
SIGNATURES_TRIED: Final = 4
LEVELS: Final = 16
"""Zones between an answer and an anchor."""
_ZONE_KEY: Final = 0x0100
_REVOKED: Final = 0x0080
_PROTOCOL: Final = 3
_LABELS: Final = 128

type Ask = Callable[[Question], Awaitable[Answer]]
type Anchors = dict[Name, tuple[DS, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """What holds: the earliest end of a signature that it rests on, and their algorithms."""

    expires_at: datetime
    algorithms: frozenset[int]

    def with_(self, other: "Validated") -> "Validated":
        """Rest on both."""
        return Validated(
            expires_at=min(self.expires_at, other.expires_at),
            algorithms=self.algorithms | other.algorithms,
        )


@lru_cache(maxsize=256)
def anchors(texts: tuple[str, ...]) -> Anchors:
    """Read anchors, `owner DS tag algorithm type digest`; none are the root's. ValueError."""
    found: Anchors = {}
    for text in texts or ROOT:
        owner, _, rest = text.strip().partition(" ")
        kind, _, data = rest.strip().removeprefix("IN ").strip().partition(" ")
        if kind.upper() != "DS":
            raise ValueError(f"expected `owner DS tag algorithm type digest`, got {text!r}")
        try:
            name = dns.name.from_text(owner)
            record = cast("DS", dns.rdata.from_text(dns.rdataclass.IN, RdataType.DS, data))
        except dns.exception.DNSException as error:
            raise ValueError(f"{text!r} is no DS record: {error}") from None
        found[name] = (*found.get(name, ()), record)
    return found


async def validate(
    ask: Ask, name: Name, kind: RdataType, answer: Answer, anchors: Anchors, clock: Clock
) -> Validated:
    """Validate an answer with the signatures in it, asking for the keys of each zone above.

    The question was asked with `dnssec`, and with `whole` where an empty answer may come. Raises
    CheckFailedError: UNSIGNED, BOGUS or SIGNATURE_EXPIRED.
    """
    return await _Chain(ask, anchors, clock()).answered(name, kind, answer)


def vouched(zone: Name, ds: Iterable[DS], keys: Iterable[DNSKEY]) -> list[DNSKEY]:
    """Give the keys that a DS of the parent names."""
    known = [key for key in keys if key.flags & _ZONE_KEY and not key.flags & _REVOKED]
    found = []
    for record in ds:
        alike = [k for k in known if k.algorithm == record.algorithm and _tag(k) == record.key_tag]
        found += [key for key in alike[:KEYS_TRIED] if _digests(zone, key, record)]
    return list(dict.fromkeys(found))


def usable(ds: Iterable[DS]) -> list[DS]:
    """Give the DS records that can be checked; a zone with others only is as if unsigned.

    RFC 4035, 5.2.
    """
    digests = {DSDigest.SHA1, DSDigest.SHA256, DSDigest.SHA384}
    return [each for each in ds if each.digest_type in digests and _is_known(each.algorithm)]


def verified(
    zone: Name, records: Sequence[Record], keys: Iterable[DNSKEY], now: datetime
) -> Validated:
    """Verify one RRset, whose signatures are among the records, by a zone's keys.

    Raises CheckFailedError.
    """
    signatures = [_rrsig(each) for each in records if each.kind == RdataType.RRSIG]
    plain = [each for each in records if each.kind != RdataType.RRSIG]
    what = f"{plain[0].owner} {RdataType.to_text(plain[0].kind)}"
    mine = [s for s in signatures if s.signer == zone and s.type_covered == plain[0].kind]
    if not mine:
        raise _unsigned(f"{what} is not signed by {zone}")
    current = [s for s in mine if s.inception <= now.timestamp() <= s.expiration]
    if not current:
        raise _out_of_date(what, mine, now)
    known = list(keys)
    # The one that lasts longest first: the set is good for as long as any of them.
    current.sort(key=lambda signature: signature.expiration, reverse=True)
    rrset = dns.rrset.from_rdata_list(
        plain[0].owner, current[0].original_ttl, [each.data for each in plain]
    )
    for signature in current[:SIGNATURES_TRIED]:
        if _holds(rrset, signature, known, now):
            return Validated(
                expires_at=datetime.fromtimestamp(signature.expiration, UTC),
                algorithms=frozenset({signature.algorithm}),
            )
    tags = sorted({str(s.key_tag) for s in current})
    if not any(_tag(key) == s.key_tag for key in known for s in current):
        text = f"{what} is signed by key {' and '.join(tags)}, which {zone} does not have"
    else:
        text = f"the signature of {what} by key {' and '.join(tags)} of {zone} does not match"
    raise _bogus(text)


class _Chain:
    """The way from an answer up to an anchor; each zone's keys are asked for once."""

    def __init__(self, ask: Ask, anchors: Anchors, now: datetime) -> None:
        self._ask = ask
        self._anchors = anchors
        self._now = now
        self._keys: dict[Name, tuple[list[DNSKEY], Validated]] = {}

    async def answered(self, name: Name, kind: RdataType, answer: Answer) -> Validated:
        """Validate what an answer says of a name, through its aliases, or that it says nothing."""
        valid: Validated | None = None
        for _ in range(ALIASES + 1):
            if found := _set(answer.records, name, kind):
                last = await self._set(found, answer.authority)
                return last if valid is None else valid.with_(last)
            if not (alias := _set(answer.records, name, RdataType.CNAME)):
                break
            step = await self._alias(name, alias, answer)
            valid = step if valid is None else valid.with_(step)
            name = cast("CNAME", alias[0].data).target
        nothing = await self._nothing(name, kind, answer)
        return nothing if valid is None else valid.with_(nothing)

    async def _alias(self, name: Name, alias: list[Record], answer: Answer) -> Validated:
        if any(each.kind == RdataType.RRSIG for each in alias):
            return await self._set(alias, answer.authority)
        # An alias that a server made of a DNAME has no signature of its own (RFC 6672, 5.3.1).
        for above in _ancestors(name):
            if above != name and (rule := _set(answer.records, above, RdataType.DNAME)):
                target = cast("DNAME", rule[0].data).target
                made = name.relativize(above).concatenate(target)
                if made != cast("CNAME", alias[0].data).target:
                    raise _bogus(f"{name} CNAME does not follow from the DNAME of {above}")
                return await self._set(rule, answer.authority)
        raise _unsigned(f"{name} CNAME is not signed{await self._why(name)}")

    async def _set(self, records: list[Record], authority: Sequence[Record]) -> Validated:
        owner = records[0].owner
        signatures = [_rrsig(each) for each in records if each.kind == RdataType.RRSIG]
        if not signatures:
            what = f"{owner} {RdataType.to_text(records[0].kind)}"
            raise _unsigned(f"{what} is not signed{await self._why(owner)}")
        signer = signatures[0].signer
        if not owner.is_subdomain(signer):
            raise _bogus(f"{owner} is signed by {signer}, which is not above it")
        keys, above = await self._keys_of(signer)
        valid = verified(signer, records, keys, self._now).with_(above)
        # A signature with fewer labels is a wildcard's, good for names that do not exist alone.
        labels = min(signature.labels for signature in signatures)
        if labels < len(owner) - 1 - owner.is_wild():
            proof = await self._proofs(signer, authority)
            closest = owner.split(labels + 1)[1]
            if not denial.covers(signer, owner, closest, proof):
                raise _bogus(f"{owner} came from a wildcard, and nothing proves that it may")
        return valid

    async def _nothing(self, name: Name, kind: RdataType, answer: Answer) -> Validated:
        """Validate that a name, or its type, does not exist."""
        what = f"{name} {RdataType.to_text(kind)}"
        soa = next((each for each in answer.authority if each.kind == RdataType.SOA), None)
        if soa is None or not name.is_subdomain(soa.owner):
            raise _unsigned(f"that there is no {what} is not proven{await self._why(name)}")
        zone = soa.owner
        keys, above = await self._keys_of(zone)
        valid = verified(zone, _set(answer.authority, zone, RdataType.SOA), keys, self._now)
        proof = await self._proofs(zone, answer.authority)
        if not denial.denies(zone, name, kind, proof, exists=answer.rcode is not Rcode.NXDOMAIN):
            raise _bogus(f"the signatures of {zone} do not prove that there is no {what}")
        return valid.with_(above)

    async def _proofs(self, zone: Name, authority: Sequence[Record]) -> list[Record]:
        """Give the verified NSEC and NSEC3 records of a zone."""
        keys, _ = await self._keys_of(zone)
        proofs: list[Record] = []
        owners = dict.fromkeys(
            (each.owner, each.kind) for each in authority if each.kind in denial.KINDS
        )
        for owner, kind in list(owners)[: denial.MOST]:
            records = _set(authority, owner, kind)
            verified(zone, records, keys, self._now)
            proofs += [each for each in records if each.kind == kind]
        return proofs

    async def _keys_of(self, zone: Name) -> tuple[list[DNSKEY], Validated]:
        if zone in self._keys:
            return self._keys[zone]
        if len(self._keys) > LEVELS:
            raise _bogus(f"more than {LEVELS} zones lie between the answer and an anchor")
        above: Validated | None = None
        if (ds := self._anchors.get(zone)) is not None:
            parent = "the anchor"
        else:
            ds, above, signer = await self._ds_of(zone)
            parent = f"the DS at {signer}"
        answer = await self._ask(question(zone, RdataType.DNSKEY, dnssec=True, unchecked=True))
        records = _set(answer.records, zone, RdataType.DNSKEY)
        keys = [cast("DNSKEY", each.data) for each in records if each.kind == RdataType.DNSKEY]
        if not (good := usable(ds)):
            raise _unsigned(f"{zone} is signed only in ways that cannot be checked here")
        if not (trusted := vouched(zone, good, keys)):
            tags = " and ".join(sorted({str(record.key_tag) for record in good}))
            raise _bogus(f"{parent} names key {tags}, which {zone} does not have")
        valid = verified(zone, records, trusted, self._now)
        self._keys[zone] = (keys, valid if above is None else valid.with_(above))
        return self._keys[zone]

    async def _ds_of(self, zone: Name) -> tuple[tuple[DS, ...], Validated, Name]:
        if not any(zone.is_subdomain(anchor) for anchor in self._anchors):
            raise _unsigned(f"no anchor that is known here lies above {zone}")
        answer = await self._ask(
            question(zone, RdataType.DS, dnssec=True, unchecked=True, whole=True)
        )
        records = _set(answer.records, zone, RdataType.DS)
        if not records:
            raise _unsigned(f"the parent of {zone} vouches for no key of it (no DS record)")
        signers = [_rrsig(each).signer for each in records if each.kind == RdataType.RRSIG]
        if not signers or signers[0] == zone or not zone.is_subdomain(signers[0]):
            raise _bogus(f"the DS of {zone} is not signed by a zone above it")
        keys, above = await self._keys_of(signers[0])
        valid = verified(signers[0], records, keys, self._now)
        ds = tuple(cast("DS", each.data) for each in records if each.kind == RdataType.DS)
        return ds, valid.with_(above), signers[0]

    async def _why(self, name: Name) -> str:
        """Say which zone above an unsigned name is the first that nobody vouches for."""
        for zone in _ancestors(name):
            if zone in self._anchors:
                return f", though {zone} is"
            answer = await self._ask(question(zone, RdataType.DNSKEY, dnssec=True, unchecked=True))
            if _set(answer.records, zone, RdataType.DNSKEY):
                return f", though {zone} has keys"
            answer = await self._ask(question(zone, RdataType.SOA, unchecked=True))
            if _set(answer.records, zone, RdataType.SOA):
                return f": {zone} has no keys"
        return ""


def _set(records: Iterable[Record], owner: Name, kind: RdataType) -> list[Record]:
    """Give the records of an owner and type, then their signatures; none where there are none."""
    mine = [each for each in records if each.owner == owner]
    plain = list({each.data: each for each in mine if each.kind == kind}.values())
    if not plain:
        return []
    return plain + [
        each for each in mine if each.kind == RdataType.RRSIG and _rrsig(each).type_covered == kind
    ]


def _ancestors(name: Name) -> Iterable[Name]:
    return (Name(name.labels[skip:]) for skip in range(min(len(name), _LABELS)))


def _rrsig(record: Record) -> RRSIG:
    return cast("RRSIG", record.data)


def _holds(rrset: dns.rrset.RRset, signature: RRSIG, keys: Iterable[DNSKEY], now: datetime) -> bool:
    alike = [
        key
        for key in keys
        if key.algorithm == signature.algorithm
        and key.flags & _ZONE_KEY
        and not key.flags & _REVOKED
        and key.protocol == _PROTOCOL
        and _tag(key) == signature.key_tag
    ]
    for key in alike[:KEYS_TRIED]:
        candidates = dns.rdataset.from_rdata(0, key)
        try:
            dns.dnssec.validate_rrsig(
                rrset, signature, {signature.signer: candidates}, now=now.timestamp()
            )
        except (dns.exception.DNSException, ValueError):
            continue
        return True
    return False


def _is_known(algorithm: int) -> bool:
    try:
        dns.dnssecalgs.get_algorithm_cls(algorithm)
    except dns.exception.DNSException:
        return False
    return True


def _digests(zone: Name, key: DNSKEY, record: DS) -> bool:
    try:
        made = dns.dnssec.make_ds(zone, key, DSDigest(record.digest_type), validating=True)
    except (dns.exception.DNSException, ValueError):
        return False
    return made.digest == record.digest


@lru_cache(maxsize=1024)
def _tag(key: DNSKEY) -> int:
    return dns.dnssec.key_id(key)


def _out_of_date(what: str, signatures: Sequence[RRSIG], now: datetime) -> CheckFailedError:
    last = max(signatures, key=lambda signature: signature.expiration)
    if last.expiration < now.timestamp():
        ended = datetime.fromtimestamp(last.expiration, UTC)
        text = (
            f"the signature of {what} ended {spoken(now - ended)} ago ({ended:%Y-%m-%d %H:%M} UTC)"
        )
        return CheckFailedError(Layer.DNSSEC, Reason.SIGNATURE_EXPIRED, text)
    begins = datetime.fromtimestamp(min(s.inception for s in signatures), UTC)
    return _bogus(f"the signature of {what} is valid only from {begins:%Y-%m-%d %H:%M} UTC on")


def _bogus(text: str) -> CheckFailedError:
    return CheckFailedError(Layer.DNSSEC, Reason.BOGUS, text)


def _unsigned(text: str) -> CheckFailedError:
    return CheckFailedError(Layer.DNSSEC, Reason.UNSIGNED, text)
