"""Zones that are signed here, in every right and wrong way.

dnspython signs; the chains of NSEC and NSEC3 are made here, for it knows only one of them.
"""

from base64 import b32hexencode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha1

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from dns.dnssectypes import Algorithm, DSDigest
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG
from dns.rrset import RRset
from dns.zone import Zone

from tests.integration.checks.servers import NOW

TTL = 300
KSK, REVOKED = 257, 257 | 0x80
LASTING = timedelta(days=30)
OPT_OUT = 1

type Private = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
)


class Key:
    """A key that signs a whole zone."""

    def __init__(self, algorithm: Algorithm = Algorithm.ECDSAP256SHA256, flags: int = KSK) -> None:
        self.private = _private(algorithm)
        public = self.private.public_key()
        self.public: DNSKEY = dns.dnssec.make_dnskey(public, algorithm, flags=flags)

    @property
    def tag(self) -> int:
        return self.public.key_id()

    def ds(self, zone: str, digest: DSDigest = DSDigest.SHA256) -> str:
        policy = dns.dnssec.allow_all_policy
        made = dns.dnssec.make_ds(dns.name.from_text(zone), self.public, digest, policy=policy)
        return made.to_text()

    def sign(
        self, rrset: RRset, signer: Name, *, begins: datetime | None = None, ends: datetime
    ) -> RRSIG:
        begins = begins or min(NOW, ends) - timedelta(days=20)
        return dns.dnssec.sign(
            rrset, self.private, signer, self.public, inception=begins, expiration=ends,
            policy=dns.dnssec.allow_all_policy,
        )  # fmt: skip


def _private(algorithm: Algorithm) -> Private:
    match algorithm:
        case Algorithm.ECDSAP256SHA256:
            return ec.generate_private_key(ec.SECP256R1())
        case Algorithm.ECDSAP384SHA384:
            return ec.generate_private_key(ec.SECP384R1())
        case Algorithm.ED25519:
            return ed25519.Ed25519PrivateKey.generate()
        case Algorithm.ED448:
            return ed448.Ed448PrivateKey.generate()
        case _:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def twins() -> tuple[Key, Key]:
    """Make two keys with the same tag; it takes some hundred."""
    seen: dict[int, Key] = {}
    while True:
        key = Key()
        if key.tag in seen:
            return seen[key.tag], key
        seen[key.tag] = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashing:
    """How a chain of NSEC3 is made."""

    iterations: int = 0
    salt: bytes = b""
    flags: int = 0
    algorithm: int = 1


@dataclass(kw_only=True)
class Content:
    """A zone: its records as lines, who signs it, and how."""

    name: str
    records: Sequence[str] = ()
    serial: int = 2026112301
    servers: Sequence[str] = ("ns1",)
    keys: Sequence[Key] = ()
    published: Sequence[DNSKEY] = ()
    """Keys that stand in the zone and sign nothing."""
    hashing: Hashing | None = None
    begins: datetime | None = None
    ends: datetime = NOW + LASTING

    @cached_property
    def origin(self) -> Name:
        return dns.name.from_text(self.name)

    @cached_property
    def zone(self) -> Zone:
        lines = [
            f"$TTL {TTL}",
            f"@ SOA ns1 hostmaster {self.serial} 3600 600 86400 {TTL}",
            *(f"@ NS {server}" for server in self.servers),
            *self.records,
        ]
        made = dns.zone.from_text(
            "\n".join(lines), self.origin, relativize=False, check_origin=False
        )
        for public in [*(key.public for key in self.keys), *self.published]:
            made.find_rdataset(self.origin, RdataType.DNSKEY, create=True).add(public, TTL)
        if self.keys:
            self._deny(made)
            self._sign(made)
        return made

    def soa(self) -> RRset:
        return self._rrset(self.origin, RdataType.SOA)

    def cut(self, name: Name, kind: RdataType) -> Name | None:
        """Give the delegation that a question of this zone leads to, if any."""
        for depth in range(len(self.origin) + 1, len(name) + 1):
            above = name.split(depth)[1]
            if above == name and kind == RdataType.DS:
                return None
            if self.zone.get_rdataset(above, RdataType.NS) is not None:
                return above
        return None

    def has(self, name: Name) -> bool:
        """Tell whether there is such a name, if only as a part of others."""
        return any(each.is_subdomain(name) for each in self.names)

    @cached_property
    def names(self) -> list[Name]:
        """The names that the zone speaks for, with delegations, without what is below them."""
        return [n for n in self.zone if self.cut(n, RdataType.DS) is None and not self._is_hash(n)]

    def closest(self, name: Name) -> Name:
        while not self.has(name):
            name = name.parent()
        return name

    def found(self, name: Name, kind: RdataType, owner: Name | None = None) -> list[RRset]:
        """Give the records of a name and their signatures, as those of `owner`."""
        rdataset = self.zone.get_rdataset(name, kind)
        if rdataset is None:
            return []
        sets = [_set(owner or name, list(rdataset))]
        if signed := self.zone.get_rdataset(name, RdataType.RRSIG, kind):
            sets.append(_set(owner or name, list(signed)))
        return sets

    def nothing(self, name: Name) -> list[RRset]:
        """Give what goes along with an answer that is empty."""
        return self.found(self.origin, RdataType.SOA) + self.denied(name)

    def denied(self, name: Name, *, expanded: bool = False) -> list[RRset]:
        """Prove that there is no such name, or what types it has, or that it is a wildcard's."""
        if not self.keys:
            return []
        if self.hashing is not None:
            return self._denied_hashed(name, expanded=expanded)
        wanted = {self._nsec_at(name)}
        if not self.has(name) and not expanded:
            wanted.add(self._nsec_at(dns.name.from_text("*", self.closest(name))))
        return [each for owner in sorted(wanted) for each in self.found(owner, RdataType.NSEC)]

    def _denied_hashed(self, name: Name, *, expanded: bool) -> list[RRset]:
        wanted = set()
        if self.has(name) and self._hashed(name) in self._chain:
            wanted.add(self._hashed(name))
        else:
            closest = self.closest(name)
            while self._hashed(closest) not in self._chain:
                closest = closest.parent()  # it was left out
            below = name.split(len(closest) + 1)[1]
            wanted.add(self._before(self._hashed(below)))
            if not expanded:
                wanted.add(self._hashed(closest))
                wild = self._hashed(dns.name.from_text("*", closest))
                wanted.add(wild if wild in self._chain else self._before(wild))
        sets = []
        for each in sorted(wanted):
            sets += self.found(self._owner(each), RdataType.NSEC3)
        return sets

    def _nsec_at(self, name: Name) -> Name:
        """Give the owner of the record that has the name or spans it."""
        owners = sorted(n for n in self.zone if self.zone.get_rdataset(n, RdataType.NSEC))
        before: list[Name] = [n for n in owners if n <= name]
        return (before or owners)[-1]

    def _deny(self, zone: Zone) -> None:
        self._chain: list[str] = []
        names = sorted(n for n in zone if _cut_in(zone, self.origin, n) in {None, n})
        if self.hashing is None:
            for name, after in zip(names, [*names[1:], self.origin], strict=True):
                kinds = self._kinds(zone, name) | {RdataType.NSEC}
                _add(zone, name, RdataType.NSEC, f"{after} {_listed(kinds)}")
            return
        how = self.hashing
        if how.flags & OPT_OUT:
            names = [n for n in names if n == self.origin or not _is_insecure(zone, n)]
        every = {n.split(d)[1] for n in names for d in range(len(self.origin), len(n) + 1)}
        kinds_of = {self._hashed(n): self._kinds(zone, n) for n in every}
        self._chain = sorted(kinds_of)
        for place, after in zip(self._chain, [*self._chain[1:], self._chain[0]], strict=True):
            how_text = f"{how.algorithm} {how.flags} {how.iterations} {how.salt.hex() or '-'}"
            text = f"{how_text} {after} {_listed(kinds_of[place])}"
            _add(zone, self._owner(place), RdataType.NSEC3, text)

    def _sign(self, zone: Zone) -> None:
        for name in list(zone):
            cut = _cut_in(zone, self.origin, name)
            if cut not in {None, name}:
                continue
            for rdataset in list(zone[name]):
                if cut is not None and rdataset.rdtype not in {RdataType.DS, RdataType.NSEC}:
                    continue
                rrset = _set(name, list(rdataset))
                for key in self.keys:
                    signature = key.sign(rrset, self.origin, begins=self.begins, ends=self.ends)
                    zone.find_rdataset(name, RdataType.RRSIG, rdataset.rdtype, create=True).add(
                        signature, TTL
                    )

    def _kinds(self, zone: Zone, name: Name) -> set[RdataType]:
        node = zone.get_node(name)
        kinds = {each.rdtype for each in node} if node is not None else set()
        if kinds and not (_cut_in(zone, self.origin, name) and RdataType.DS not in kinds):
            kinds.add(RdataType.RRSIG)
        return kinds

    def _hashed(self, name: Name) -> str:
        how = self.hashing or Hashing()
        digest = sha1((name.canonicalize().to_wire() or b"") + how.salt).digest()  # noqa: S324 - RFC 5155
        for _ in range(how.iterations):
            digest = sha1(digest + how.salt).digest()  # noqa: S324 - as above
        return b32hexencode(digest).decode().lower()

    def _before(self, place: str) -> str:
        return max((each for each in self._chain if each < place), default=self._chain[-1])

    def _owner(self, place: str) -> Name:
        return dns.name.from_text(place, self.origin)

    def _is_hash(self, name: Name) -> bool:
        return self.zone.get_rdataset(name, RdataType.NSEC3) is not None

    def _rrset(self, name: Name, kind: RdataType) -> RRset:
        return self.found(name, kind)[0]


_IN = dns.rdataclass.IN


def _cut_in(zone: Zone, origin: Name, name: Name) -> Name | None:
    for depth in range(len(origin) + 1, len(name) + 1):
        above = name.split(depth)[1]
        if zone.get_rdataset(above, RdataType.NS) is not None:
            return above
    return None


def _is_insecure(zone: Zone, name: Name) -> bool:
    delegates = zone.get_rdataset(name, RdataType.NS) is not None
    return delegates and zone.get_rdataset(name, RdataType.DS) is None


def _set(owner: Name, data: Sequence[dns.rdata.Rdata]) -> RRset:
    return dns.rrset.from_rdata_list(owner, TTL, data)


def _add(zone: Zone, owner: Name, kind: RdataType, text: str) -> None:
    data = dns.rdata.from_text(_IN, kind, text)
    zone.find_rdataset(owner, kind, create=True).add(data, TTL)


def _listed(kinds: Iterable[RdataType]) -> str:
    return " ".join(RdataType.to_text(kind) for kind in sorted(kinds))
