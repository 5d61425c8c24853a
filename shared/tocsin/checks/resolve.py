"""From a host to the addresses that are dialled: literals, `localhost`, and DNS.

Names are taken as absolute: neither search domains nor /etc/hosts, so that every location means the
same by a name.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rrset
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType

from tocsin.checks.failure import CheckFailedError
from tocsin.checks.nameserver import Inquiry
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.target import Family

ALIASES: Final = 8
"""The longest chain of CNAME records that is followed."""
PAYLOAD: Final = 1232
"""Bytes of a UDP answer that pass everywhere without fragments (DNS Flag Day 2020)."""

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
    dns.rcode.NXDOMAIN: (Reason.NXDOMAIN, "does not exist (NXDOMAIN)"),
    dns.rcode.SERVFAIL: (Reason.SERVFAIL, "could not be resolved (SERVFAIL)"),
    dns.rcode.REFUSED: (Reason.DNS_REFUSED, "was refused by the DNS server (REFUSED)"),
}


class AliasError(Exception):
    """A chain of CNAME records that leads nowhere."""


def loopback(host: str, family: Family) -> tuple[str, ...]:
    """Give the addresses of `localhost`, which is never asked for in DNS (RFC 6761)."""
    bare = host.lower().removesuffix(".")
    return _LOOPBACK[family] if bare == "localhost" or bare.endswith(".localhost") else ()


def question(name: Name, kind: RdataType) -> Message:
    """Make a recursive query."""
    return dns.message.make_query(name, kind, use_edns=0, payload=PAYLOAD)


async def addresses(inquiry: Inquiry, host: str, family: Family) -> tuple[str, ...]:
    """Resolve a name: IPv4 first, in the order of the answers, at most MOST.

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
                if answer.rcode() == dns.rcode.NOERROR:
                    found += records[: MOST // len(kinds)]
                end = name if last == name else last
        if found:
            return tuple(found)
        if end == name or not _all_well(answers):
            raise _nothing(asked, end, kinds, answers, inquiry)
        # The server left us with an alias only: ask for what it points to.
        seen.append(name)
        name = end


def chased(
    answer: Message, name: Name, kind: RdataType, seen: Iterable[Name] = ()
) -> tuple[Name, list[str]]:
    """Follow the aliases inside an answer: the name they end at, and its records as text.

    Raises AliasError for a chain that is a loop or longer than ALIASES.
    """
    chain = [*seen, name]
    while True:
        if (found := _records(answer, chain[-1], kind)) is not None:
            return chain[-1], [record.to_text() for record in found]
        alias = _records(answer, chain[-1], RdataType.CNAME)
        if alias is None:
            return chain[-1], []
        target = alias[0].target
        if target in chain:
            raise AliasError(f"{chain[0]} is an alias (CNAME) that leads back to {target}")
        if len(chain) > ALIASES:
            raise AliasError(f"{chain[0]} is a chain of more than {ALIASES} aliases (CNAME)")
        chain.append(target)


def _records(answer: Message, name: Name, kind: RdataType) -> dns.rrset.RRset | None:
    return answer.get_rrset(answer.answer, name, dns.rdataclass.IN, kind)


def _all_well(answers: Iterable[Message | None]) -> bool:
    return all(a is not None and a.rcode() == dns.rcode.NOERROR for a in answers)


def _nothing(
    asked: Name,
    end: Name,
    kinds: tuple[RdataType, ...],
    answers: list[Message | None],
    inquiry: Inquiry,
) -> CheckFailedError:
    """Name the reason that tells most: the first bad answer, else a missing one, else emptiness."""
    host = asked.to_text(omit_final_dot=True)
    via = "" if end == asked else f" (an alias of {end.to_text(omit_final_dot=True)})"
    for code in _bad_codes(answers):
        reason, text = _REASONS.get(
            code, (Reason.DNS_MALFORMED, f"got the answer {dns.rcode.to_text(code)}")
        )
        return CheckFailedError(Layer.DNS, reason, f"{host}{via} {text}")
    if None in answers:
        return inquiry.unanswered()
    words = " or ".join(kind.name for kind in kinds)
    return CheckFailedError(Layer.DNS, Reason.NO_ADDRESS, f"{host}{via} has no {words} record")


def _bad_codes(answers: Iterable[Message | None]) -> Iterator[dns.rcode.Rcode]:
    return (a.rcode() for a in answers if a is not None and a.rcode() != dns.rcode.NOERROR)
