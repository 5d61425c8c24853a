"""Validate DNS answers here, from their signatures up to an anchor (RFC 4035, 5).

Nobody else's word is taken for it: neither a resolver's flag nor its refusal. What is not signed
must be proven to need no signature; whatever cannot be proven is bogus.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, cast

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.DNAME import DNAME
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from tocsin.checks import denial, signatures
from tocsin.checks.attempt import Clock
from tocsin.checks.denial import Proof
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.signatures import Keys, Tries, Validated, bogus, rrset, unsigned, verified
from tocsin.checks.wire import Answer, Question, Record, question
from tocsin.domain.outcome import Layer, Reason

ROOT: Final = (
    ". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
)
"""The root's anchors as IANA publishes them (RFC 9718): https://data.iana.org/root-anchors/."""

QUESTIONS: Final = 64
"""Questions for keys and for what the zones above say; a usual name takes six."""

LONGEST: Final = 17
"""Links of a chain of aliases, the last of which is the answer: more than any monitor allows."""

type Ask = Callable[[Question], Awaitable[Answer]]
type Anchors = dict[Name, tuple[DS, ...]]


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
    CheckFailedError: UNSIGNED where it is proven that nothing needs to be signed, or where it is
    signed in ways that are not checked; BOGUS or SIGNATURE_EXPIRED where a resolver that validates
    would refuse the answer.
    """
    return await _Chain(ask, anchors, clock()).answered(name, kind, answer)


class _Chain:
    """The way from an answer up to an anchor; each zone is asked about once."""

    def __init__(self, ask: Ask, anchors: Anchors, now: datetime) -> None:
        self._ask = ask
        self._anchors = anchors
        self._now = now
        self._tries = Tries()
        self._answers: dict[tuple[Name, RdataType], Answer] = {}
        self._keys: dict[Name, Keys] = {}

    async def answered(self, name: Name, kind: RdataType, answer: Answer) -> Validated:
        """Validate what an answer says of a name, through its aliases, or that it says nothing."""
        valid: list[Validated] = []
        for _ in range(LONGEST):
            if found := rrset(answer.records, name, kind):
                if answer.rcode is Rcode.NXDOMAIN:
                    raise bogus(f"{name} is said not to exist, and is answered")
                valid.append(await self._set(found, answer.authority))
                break
            if not (alias := rrset(answer.records, name, RdataType.CNAME)):
                valid.append(await self._nothing(name, kind, answer))
                break
            valid.append(await self._alias(name, alias, answer))
            name = cast("CNAME", alias[0].data).target
        else:
            raise bogus(f"more than {LONGEST} aliases lead to {name}")
        return min(valid, key=lambda each: each.expires_at)

    async def _alias(self, name: Name, alias: list[Record], answer: Answer) -> Validated:
        if any(each.kind == RdataType.RRSIG for each in alias):
            return await self._set(alias, answer.authority)
        # An alias that a server made of a DNAME has no signature of its own (RFC 6672, 5.3.1).
        for above in _ancestors(name):
            if above != name and (rule := rrset(answer.records, above, RdataType.DNAME)):
                target = cast("DNAME", rule[0].data).target
                if not _follows(name, above, target, cast("CNAME", alias[0].data).target):
                    raise bogus(f"{name} CNAME does not follow from the DNAME of {above}")
                return await self._set(rule, answer.authority)
        raise await self._lacking(f"{name} CNAME is not signed", name)

    async def _set(self, records: list[Record], authority: Sequence[Record]) -> Validated:
        owner = records[0].owner
        signed = [cast("RRSIG", each.data) for each in records if each.kind == RdataType.RRSIG]
        if not signed:
            what = f"{owner} {RdataType.to_text(records[0].kind)}"
            raise await self._lacking(f"{what} is not signed", owner)
        signer = signed[0].signer
        if not owner.is_subdomain(signer):
            raise bogus(f"{owner} is signed by {signer}, which is not above it")
        keys = await self._keys_of(signer)
        valid = verified(signer, records, keys.ring, self._now, self._tries)
        # A signature with fewer labels is a wildcard's, good for names that do not exist alone.
        labels = min(each.labels for each in signed)
        if labels < len(owner) - 1 - owner.is_wild():
            closest = owner.split(labels + 1)[1]
            if not (await self._proof(signer, authority)).permits(owner, closest):
                raise bogus(f"{owner} came from a wildcard, and nothing proves that it may")
        return valid.with_(keys.valid)

    async def _nothing(self, name: Name, kind: RdataType, answer: Answer) -> Validated:
        """Validate that a name, or its type, does not exist."""
        what = f"{name} {RdataType.to_text(kind)}"
        soa = next((each.owner for each in answer.authority if each.kind == RdataType.SOA), None)
        if soa is None or not name.is_subdomain(soa):
            raise await self._lacking(f"that there is no {what} is not proven", name)
        found = rrset(answer.authority, soa, RdataType.SOA)
        if all(each.kind != RdataType.RRSIG for each in found):
            raise await self._lacking(f"that there is no {what} is not signed", name)
        keys = await self._keys_of(soa)
        valid = verified(soa, found, keys.ring, self._now, self._tries)
        proof = await self._proof(soa, answer.authority)
        if not _denies(proof, name, kind, answer):
            raise bogus(f"the signatures of {soa} do not prove that there is no {what}")
        return valid.with_(keys.valid)

    async def _proof(self, zone: Name, authority: Sequence[Record]) -> Proof:
        """Give the verified NSEC and NSEC3 records of a zone, among those of others."""
        ring = (await self._keys_of(zone)).ring
        owners = dict.fromkeys(
            (each.owner, RdataType.make(cast("RRSIG", each.data).type_covered))
            for each in authority
            if each.kind == RdataType.RRSIG and cast("RRSIG", each.data).signer == zone
        )
        proven: list[Record] = []
        wanted = [(owner, kind) for owner, kind in owners if kind in denial.KINDS]
        for owner, kind in wanted[: denial.MOST]:
            if records := rrset(authority, owner, kind):
                verified(zone, records, ring, self._now, self._tries)
                proven += [each for each in records if each.kind == kind]
        return denial.proof(zone, proven)

    async def _keys_of(self, zone: Name) -> Keys:
        """Give the keys of a zone that is signed, as all that are above it."""
        if zone in self._keys:
            return self._keys[zone]
        if (ds := self._anchors.get(zone)) is not None:
            voucher, above = "the anchor", None
        else:
            ds, above, signer = await self._ds_of(zone)
            voucher = f"the DS at {signer}"
        answer = await self._asked(zone, RdataType.DNSKEY)
        keys = signatures.keys(
            zone, ds, answer.records, self._now, voucher=voucher, tries=self._tries
        )
        valid = keys.valid if above is None else keys.valid.with_(above)
        self._keys[zone] = Keys(ring=keys.ring, algorithms=keys.algorithms, valid=valid)
        return self._keys[zone]

    async def _ds_of(self, zone: Name) -> tuple[tuple[DS, ...], Validated, Name]:
        if not any(zone.is_subdomain(anchor) for anchor in self._anchors):
            raise unsigned(f"no anchor that is known here lies above {zone}")
        answer = await self._asked(zone, RdataType.DS)
        if not (records := rrset(answer.records, zone, RdataType.DS)):
            raise await self._lacking(f"{zone} is not signed", zone)
        signers = [cast("RRSIG", each.data).signer for each in records if each.kind != RdataType.DS]
        if not signers or signers[0] == zone or not zone.is_subdomain(signers[0]):
            raise bogus(f"the DS of {zone} is not signed by a zone above it")
        keys = await self._keys_of(signers[0])
        valid = verified(signers[0], records, keys.ring, self._now, self._tries)
        ds = tuple(cast("DS", each.data) for each in records if each.kind == RdataType.DS)
        return ds, valid.with_(keys.valid), signers[0]

    async def _lacking(self, what: str, name: Name) -> CheckFailedError:
        """Give the failure for what is not signed: of a zone that need not be, or of one that must.

        From the anchor down it is looked for a delegation of which the zone above proves that it
        vouches for no key (RFC 4035, 5.2).
        """
        zone = next((above for above in _ancestors(name) if above in self._anchors), None)
        if zone is None:
            return unsigned(f"{what}: no anchor that is known here lies above {name}")
        await self._keys_of(zone)
        for cut in reversed([above for above in _ancestors(name) if len(above) > len(zone)]):
            answer = await self._asked(cut, RdataType.DS)
            if rrset(answer.records, cut, RdataType.DS):
                await self._keys_of(cut)
                zone = cut
            elif not rrset(answer.records, cut, RdataType.CNAME):
                proof = await self._proof(zone, answer.authority)
                if not _denies(proof, cut, RdataType.DS, answer):
                    return bogus(f"{what}, and {zone} does not prove that {cut} need not be signed")
                if answer.rcode is Rcode.NXDOMAIN:
                    break
                if proof.delegates(cut):
                    return unsigned(f"{what}: {zone} vouches for no key of {cut} (no DS record)")
        return bogus(f"{what}, though {zone} is signed")

    async def _asked(self, name: Name, kind: RdataType) -> Answer:
        if (name, kind) in self._answers:
            return self._answers[name, kind]
        if len(self._answers) >= QUESTIONS:
            raise bogus(f"it takes more than {QUESTIONS} questions to get from an anchor to {name}")
        # Signed or not, a proof of its absence comes in the authority section.
        answer = await self._ask(question(name, kind, dnssec=True, unchecked=True, whole=True))
        if answer.rcode not in {Rcode.NOERROR, Rcode.NXDOMAIN}:
            said = Rcode.to_text(answer.rcode)
            text = f"{name} {RdataType.to_text(kind)}: answered {said}, so nothing can be validated"
            if answer.rcode is Rcode.REFUSED:
                text += "; it takes a resolver, or an anchor of the zone's own"
            raise CheckFailedError(Layer.DNS, Reason.WRONG_RCODE, text)
        self._answers[name, kind] = answer
        return answer


def _denies(proof: Proof, name: Name, kind: RdataType, answer: Answer) -> bool:
    """Tell whether it is proven that there is no such name, or no such type, as was answered."""
    return proof.absent(name) if answer.rcode is Rcode.NXDOMAIN else proof.lacks(name, kind)


def _follows(name: Name, above: Name, target: Name, alias: Name) -> bool:
    """Tell whether an alias is what a DNAME makes of a name (RFC 6672, 2.2)."""
    try:
        return bool(name.relativize(above).concatenate(target) == alias)
    except dns.exception.DNSException:  # longer than a name can be
        return False


def _ancestors(name: Name) -> Iterator[Name]:
    """Give a name, and all that are above it."""
    return (Name(name.labels[skip:]) for skip in range(len(name)))
