"""What the parent says of a zone: the names of its servers, their addresses, the keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import dns.name
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from tocsin.checks.asking import Asking
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.wire import Answer, Record
from tocsin.domain.outcome import Layer, Reason

if TYPE_CHECKING:
    from dns.rdtypes.ANY.DS import DS
    from dns.rdtypes.ANY.NS import NS

PARENTS: Final = 2
"""Servers of the parent that are asked before it counts as out of reach."""
GLUE: Final = frozenset({RdataType.A, RdataType.AAAA})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """The servers by name with their glue, and the keys that the parent vouches for.

    `note` says what of it is not the parent's own word.
    """

    names: frozenset[Name]
    glue: dict[Name, frozenset[str]] = field(default_factory=dict)
    ds: tuple["DS", ...] = ()
    note: str = ""


async def delegated(asking: Asking, zone: Name, parents: Sequence[str]) -> Delegation:
    """Ask the parent for its delegation; the resolver, where the parent cannot be asked.

    Raises CheckFailedError where there is no such zone.
    """
    if zone == dns.name.root:
        return await _by_resolver(asking, zone, "the root has no parent")
    remark = ""
    for address in parents or await _parents_of(asking, zone):
        try:
            return await _at_parent(asking, zone, address)
        except CheckFailedError as failure:
            if failure.reason is Reason.NO_DELEGATION:
                raise
            remark = remark or f"the parent was not asked ({failure.evidence})"
    return await _by_resolver(asking, zone, remark or "no server of the parent is known")


async def _parents_of(asking: Asking, zone: Name) -> list[str]:
    """Find the parent: the nearest name above that has servers of its own."""
    above = zone
    while above != dns.name.root:
        above = above.parent()
        try:
            answer = await asking.resolver(above, RdataType.NS)
        except CheckFailedError:
            return []
        if names := [cast("NS", data).target for data in answer.find(above, RdataType.NS)]:
            found: list[str] = []
            for name in sorted(names)[:PARENTS]:
                try:
                    found += (await asking.addresses(name))[:1]
                except CheckFailedError:
                    continue
            return found
    return []


async def _at_parent(asking: Asking, zone: Name, address: str) -> Delegation:
    answer = await asking.server(address, zone, RdataType.NS, whole=True)
    if answer.rcode is Rcode.NXDOMAIN:
        raise _none(zone, "NXDOMAIN")
    if answer.rcode is not Rcode.NOERROR:
        text = f"{address} answered {Rcode.to_text(answer.rcode)}"
        raise CheckFailedError(Layer.DNS, Reason.SERVFAIL, text)
    said = answer.records or answer.authority
    names = frozenset(cast("NS", each.data).target for each in _of(said, zone, RdataType.NS))
    if not names:
        raise _none(zone, "no NS record")
    ds = tuple(cast("DS", each.data) for each in _of(answer.authority, zone, RdataType.DS))
    if not ds:
        # Not in a referral of a zone that is not signed; nor where the parent serves the child too.
        signed = await asking.server(address, zone, RdataType.DS)
        ds = tuple(cast("DS", data) for data in signed.find(zone, RdataType.DS))
    glue: dict[Name, frozenset[str]] = {}
    for each in answer.additional:
        if each.kind in GLUE and each.owner in names:
            glue[each.owner] = glue.get(each.owner, frozenset()) | {each.data.to_text()}
    return Delegation(names=names, glue=glue, ds=ds)


async def _by_resolver(asking: Asking, zone: Name, note: str) -> Delegation:
    answer: Answer = await asking.resolver(zone, RdataType.NS)
    names = frozenset(cast("NS", data).target for data in answer.find(zone, RdataType.NS))
    if not names:
        raise _none(zone, Rcode.to_text(answer.rcode))
    signed = await asking.resolver(zone, RdataType.DS)
    ds = tuple(cast("DS", data) for data in signed.find(zone, RdataType.DS))
    return Delegation(names=names, ds=ds, note=note)


def _of(records: Sequence[Record], owner: Name, kind: RdataType) -> list[Record]:
    return [each for each in records if each.owner == owner and each.kind == kind]


def _none(zone: Name, what: str) -> CheckFailedError:
    text = f"the parent knows no zone {zone} ({what}): nobody is led to its servers"
    return CheckFailedError(Layer.DNS, Reason.NO_DELEGATION, text)
