"""From a host to the addresses that are dialled: literals, `localhost`, and DNS.

Names are taken as absolute: neither search domains nor /etc/hosts, so that every location means the
same by a name.
"""

from collections.abc import Iterable, Iterator
from typing import Final, cast

import dns.exception
import dns.name
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.CNAME import CNAME

from tocsin.checks.failure import CheckFailedError
from tocsin.checks.nameserver import Inquiry
from tocsin.checks.wire import Answer, Record, question
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.questions import ALIASES
from tocsin.domain.target import Family

MOST: Final = 8
"""Addresses of a name that are dialled, shared by the families that are asked for."""

_TYPES: Final = {
    Family.ANY: (RdataType.A, RdataType.AAAA),
    Family.V4: (RdataType.A,),
    Family.V6: (RdataType.AAAA,),
}
_LOOPBACK: Final = {
    Family.ANY: ("127.0.0.1", "::1"),
    Family.V4: ("127.0.0.1",),
    Family.V6: ("::1",),
}
_REASONS: Final = {
    Rcode.NXDOMAIN: (Reason.NXDOMAIN, "does not exist (NXDOMAIN)"),
    Rcode.SERVFAIL: (Reason.SERVFAIL, "could not be resolved (SERVFAIL)"),
    Rcode.REFUSED: (Reason.DNS_REFUSED, "was refused by the DNS server (REFUSED)"),
}


class AliasError(Exception):
    """A chain of CNAME records that leads nowhere."""


def loopback(host: str, family: Family) -> tuple[str, ...]:
    """Give the addresses of `localhost`, which is never asked for in DNS (RFC 6761)."""
    bare = host.lower().removesuffix(".")
    return _LOOPBACK[family] if bare == "localhost" or bare.endswith(".localhost") else ()


async def addresses(
    inquiry: Inquiry, host: str, family: Family, *, every: bool = False
) -> tuple[str, ...]:
    """Resolve a name: IPv4 first, in the order of the answers; `every` address or at most MOST.

    Raises CheckFailedError.
    """
    try:
        asked = name = dns.name.from_text(host)
    except (dns.exception.DNSException, UnicodeError):
        text = f"{host} is not a valid DNS name"
        raise CheckFailedError(Layer.DNS, Reason.NXDOMAIN, text) from None
    seen: list[Name] = []
    while True:
        kinds = _TYPES[family]
        answers = await inquiry.ask(*(question(name, kind) for kind in kinds))
        found: list[str] = []
        end = name
        for kind, answer in zip(kinds, answers, strict=True):
            if answer is not None:
                try:
                    last, records = chased(answer, name, kind, seen)
                except AliasError as error:
                    raise CheckFailedError(Layer.DNS, Reason.NO_ADDRESS, str(error)) from None
                if answer.rcode is Rcode.NOERROR:
                    most = None if every else MOST // len(kinds)
                    found += [each.data.to_text() for each in records[:most]]
                end = last if last != name else end
        if found:
            return tuple(found)
        if end == name or not _all_well(answers):
            raise _nothing(asked, end, kinds, answers, inquiry)
        # The server left us with an alias only: ask for what it points to.
        seen.append(name)
        name = end


def chased(
    answer: Answer, name: Name, kind: RdataType, seen: Iterable[Name] = (), longest: int = ALIASES
) -> tuple[Name, list[Record]]:
    """Follow the aliases inside an answer: the name they end at, and its records.

    Raises AliasError for a chain that is a loop or longer than `longest`.
    """
    chain = [*seen, name]
    while True:
        if found := answer.select(chain[-1], kind):
            return chain[-1], found
        if not (alias := answer.find(chain[-1], RdataType.CNAME)):
            return chain[-1], []
        target = cast("CNAME", alias[0]).target
        if target in chain:
            raise AliasError(f"{chain[0]} is an alias (CNAME) that leads back to {target}")
        if len(chain) > longest:
            raise AliasError(f"{chain[0]} is a chain of more than {longest} aliases (CNAME)")
        chain.append(target)


def plain(name: Name) -> str:
    """Write a name as people do, without the final dot."""
    return name.to_text(omit_final_dot=True)


def _all_well(answers: Iterable[Answer | None]) -> bool:
    return all(a is not None and a.rcode is Rcode.NOERROR for a in answers)


def _nothing(
    asked: Name,
    end: Name,
    kinds: tuple[RdataType, ...],
    answers: list[Answer | None],
    inquiry: Inquiry,
) -> CheckFailedError:
    """Name the reason that tells most: the first bad answer, else a missing one, else emptiness."""
    host = plain(asked)
    via = "" if end == asked else f" (an alias of {plain(end)})"
    for bad in _bad(answers):
        other = (Reason.DNS_MALFORMED, f"got the answer {bad.code}")
        reason, text = _REASONS.get(bad.rcode, other)
        text += f": {bad.why}" if bad.why else ""
        return CheckFailedError(Layer.DNS, reason, f"{host}{via} {text}")
    if None in answers:
        return inquiry.unanswered()
    words = " or ".join(kind.name for kind in kinds)
    return CheckFailedError(Layer.DNS, Reason.NO_ADDRESS, f"{host}{via} has no {words} record")


def _bad(answers: Iterable[Answer | None]) -> Iterator[Answer]:
    return (a for a in answers if a is not None and a.rcode is not Rcode.NOERROR)
