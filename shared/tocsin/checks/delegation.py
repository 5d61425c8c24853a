"""What the parent says of a zone: the names of its servers, their addresses, the keys.

Two servers of the parent are asked, so that what one of them does wrong is not taken for the word
of the parent. One that is not its server, or cannot be asked, says nothing of the zone.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched
from typing import TYPE_CHECKING, Final, cast

import dns.name
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from tocsin.checks.asking import Asking
from tocsin.checks.expectation import listed
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.wire import Answer, Record
from tocsin.domain.outcome import Layer, Reason

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DS import DS
    from dns.rdtypes.ANY.NS import NS

PARENTS: Final = 2
"""Servers of the parent that are asked at once; the next ones only where these cannot be."""
GLUE: Final = frozenset({RdataType.A, RdataType.AAAA})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """The servers by name with their glue, and the keys that the parent vouches for.

    `ds` is None where nobody could be asked for it. `dispute` says in what servers of the parent
    disagree.
    """

    names: frozenset[Name]
    glue: dict[Name, frozenset[str]] = field(default_factory=dict)
    ds: tuple["DS", ...] | None = None
    dispute: str = ""


async def delegated(
    asking: Asking, zone: Name, parents: Sequence[str], notes: list[str]
) -> Delegation:
    """Ask the parent for its delegation; the resolver, where the parent cannot be asked.

    Notes why it is not the parent's own word. Raises CheckFailedError where there is no such zone.
    """
    if zone == dns.name.root:
        notes.append("the root has no parent")
        return await _by_resolver(asking, zone)
    asked = parents or await _parents_of(asking, zone)
    if not asked:
        notes.append("no server of the parent is known")
    for some in batched(asked, PARENTS, strict=False):
        views = await asyncio.gather(*(_view(asking, zone, address) for address in some))
        if found := {at: view for at, view in views if isinstance(view, Delegation)}:
            notes.clear()
            denials = [at for at, view in views if _denies(view)]
            dispute = "; ".join(_disputes(zone, found, denials))
            return replace(next(iter(found.values())), dispute=dispute)
        for _, failure in views:
            if isinstance(failure, CheckFailedError):
                if _denies(failure):
                    notes.clear()
                    raise failure
                notes[:] = notes[:1] or [f"the parent could not be asked ({failure.evidence})"]
    return await _by_resolver(asking, zone)


def _denies(view: Delegation | CheckFailedError) -> bool:
    return isinstance(view, CheckFailedError) and view.reason is Reason.NO_DELEGATION


async def _view(
    asking: Asking, zone: Name, address: str
) -> tuple[str, Delegation | CheckFailedError]:
    try:
        return address, await _at_parent(asking, zone, address)
    except CheckFailedError as failure:
        return address, failure.kept()


def _disputes(zone: Name, found: dict[str, Delegation], denials: Sequence[str]) -> Iterator[str]:
    """Say in what servers of the parent disagree."""
    said = "servers of the parent disagree"
    for address in denials:
        yield f"{said}: {address} knows no zone {zone}"
    for one, other in ((a, b) for a in found for b in found if a != b):
        if more := found[one].names - found[other].names:
            yield f"{said}: only {one} names {listed(str(name) for name in more)}"
        if more_keys := set(found[one].ds or ()) - set(found[other].ds or ()):
            yield f"{said}: only {one} vouches for key {listed(str(k.key_tag) for k in more_keys)}"


async def _parents_of(asking: Asking, zone: Name) -> list[str]:
    """Find the parent: the nearest name above that has servers of its own."""

    async def first(name: Name) -> list[str]:
        try:
            return (await asking.addresses(name))[:1]
        except CheckFailedError:
            return []

    above = zone
    while above != dns.name.root:
        above = above.parent()
        try:
            answer = await asking.resolver(above, RdataType.NS)
        except CheckFailedError:
            return []
        if names := [cast("NS", data).target for data in answer.find(above, RdataType.NS)]:
            found = await asyncio.gather(*(first(name) for name in sorted(names)[:PARENTS]))
            return list(dict.fromkeys(address for addresses in found for address in addresses))
    return []


async def _at_parent(asking: Asking, zone: Name, address: str) -> Delegation:
    answer = await asking.server(address, zone, RdataType.NS, whole=True)
    said = answer.records or answer.authority if answer.rcode is Rcode.NOERROR else ()
    names = frozenset(cast("NS", each.data).target for each in _of(said, zone, RdataType.NS))
    if not names:
        if not answer.authoritative or answer.rcode not in {Rcode.NOERROR, Rcode.NXDOMAIN}:
            # It is not the parent's word: a server that moved, or is not well.
            raise _no_word(address, answer)
        raise _none(zone, "NXDOMAIN" if answer.rcode is Rcode.NXDOMAIN else "no NS record")
    ds = tuple(cast("DS", each.data) for each in _of(answer.authority, zone, RdataType.DS))
    if not ds:
        # Not in a referral of a zone that is not signed; nor where the parent serves the child too.
        signed = await asking.server(address, zone, RdataType.DS, whole=True)
        own = any(each.kind == RdataType.SOA and each.owner == zone for each in signed.authority)
        if signed.rcode is not Rcode.NOERROR or own:
            raise _no_word(address, signed)
        ds = tuple(cast("DS", data) for data in signed.find(zone, RdataType.DS))
    glue: dict[Name, frozenset[str]] = {}
    for each in answer.additional:
        if each.kind in GLUE and each.owner in names:
            glue[each.owner] = glue.get(each.owner, frozenset()) | {each.data.to_text()}
    return Delegation(names=names, glue=glue, ds=ds)


async def _by_resolver(asking: Asking, zone: Name) -> Delegation:
    answer = await asking.resolver(zone, RdataType.NS)
    names = frozenset(cast("NS", data).target for data in answer.find(zone, RdataType.NS))
    if not names and answer.rcode in {Rcode.NOERROR, Rcode.NXDOMAIN}:
        raise _none(zone, "no NS record" if answer.rcode is Rcode.NOERROR else "NXDOMAIN")
    if not names:
        text = f"the resolver answered {Rcode.to_text(answer.rcode)}"
        raise CheckFailedError(Layer.DNS, Reason.SERVFAIL, text)
    return Delegation(names=names, ds=await _resolved_ds(asking, zone))


async def _resolved_ds(asking: Asking, zone: Name) -> tuple["DS", ...] | None:
    try:
        signed = await asking.resolver(zone, RdataType.DS)
    except CheckFailedError:
        return None
    if signed.rcode is not Rcode.NOERROR:
        return None
    return tuple(cast("DS", data) for data in signed.find(zone, RdataType.DS))


def _of(records: Iterable[Record], owner: Name, kind: RdataType) -> list[Record]:
    return [each for each in records if each.owner == owner and each.kind == kind]


def _no_word(address: str, answer: Answer) -> CheckFailedError:
    if answer.rcode is Rcode.NOERROR:
        text = f"{address} is no server of it"
    else:
        text = f"{address} answered {Rcode.to_text(answer.rcode)}"
    return CheckFailedError(Layer.DNS, Reason.NOT_AUTHORITATIVE, text)


def _none(zone: Name, what: str) -> CheckFailedError:
    text = f"the parent knows no zone {zone} ({what}): nobody is led to its servers"
    return CheckFailedError(Layer.DNS, Reason.NO_DELEGATION, text)
