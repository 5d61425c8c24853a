"""Ask a DNS server a question and compare its answer, as a set, with what is expected."""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache, partial
from typing import Final

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from tocsin.checks import nameserver
from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.dial import Dialer
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.resolve import AliasError, chased
from tocsin.checks.wire import question
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.target import DnsTarget

# Records made of names, numbers and addresses only, in which case has no meaning.
_CASELESS: Final = frozenset(
    {
        RdataType.A,
        RdataType.AAAA,
        RdataType.CNAME,
        RdataType.DNAME,
        RdataType.MX,
        RdataType.NS,
        RdataType.PTR,
        RdataType.SOA,
        RdataType.SRV,
    }
)
_TEXTS: Final = frozenset({RdataType.TXT, RdataType.SPF})
_SHOWN: Final = 5


async def check(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, DnsTarget):
        raise TypeError(f"{monitor.id} is not a dns monitor")
    return await attempted(monitor.timeout, partial(_ask, monitor.target, dialer), clock)


async def _ask(target: DnsTarget, dialer: Dialer, attempt: Attempt) -> str:
    name, kind = _parsed(target.name), RdataType.make(target.type)
    server = nameserver.parse(target.resolver) if target.resolver else None
    answer = await dialer.ask(attempt, question(name, kind), server)
    shown = f"{target.name} {target.type}"
    if (rcode := Rcode.to_text(answer.rcode)) != target.rcode:
        text = f"{shown}: answered {rcode}, expected {target.rcode}"
        raise CheckFailedError(Layer.DNS, Reason.WRONG_RCODE, text)
    try:
        _, records = chased(answer, name, kind)
    except AliasError as error:
        raise CheckFailedError(Layer.CONTENT, Reason.WRONG_ANSWER, str(error)) from None
    found = {_folded(kind, record) for record in records}
    _compare(target, found, {_normal(kind, text) for text in target.equals or target.contains})
    return f"{shown}: {_list(found)}" if found else f"{shown}: {rcode}"


def _compare(target: DnsTarget, found: set[str], needed: set[str]) -> None:
    missing = needed - found
    surplus = found - needed if target.equals is not None else set()
    if target.equals is None and not found and target.rcode == "NOERROR":
        text = f"{target.name} has no {target.type} record"
        if missing:
            text += f", expected {_list(missing)}"
        raise CheckFailedError(Layer.CONTENT, Reason.WRONG_ANSWER, text)
    if missing or surplus:
        findings = (("missing", missing), ("unexpected", surplus))
        text = "; ".join(f"{word}: {_list(records)}" for word, records in findings if records)
        shown = f"{target.name} {target.type}"
        raise CheckFailedError(Layer.CONTENT, Reason.WRONG_ANSWER, f"{shown}: {text}")


# As many as a probe has monitors: they expect the same in every tick.
@lru_cache(maxsize=16384)
def _parsed(name: str) -> Name:
    return dns.name.from_text(name)


@lru_cache(maxsize=16384)
def _normal(kind: RdataType, record: str) -> str:
    """Write an expected record as every other way to write it, and an answer, comes out too."""
    if kind not in _TEXTS:
        # A record that does not parse is compared as it is written.
        with suppress(dns.exception.DNSException, ValueError):
            parsed = dns.rdata.from_text(
                dns.rdataclass.IN, kind, record, origin=dns.name.root, relativize=False
            )
            record = parsed.to_text()
    return _folded(kind, record)


def _folded(kind: RdataType, record: str) -> str:
    if kind in _TEXTS:
        return _normal_text(record)
    return record.lower() if kind in _CASELESS else record


def _normal_text(record: str) -> str:
    """Join the strings of a TXT record: `"v=spf1 " "-all"` is `"v=spf1 -all"`; quotes may lack."""
    if record.startswith('"'):
        with suppress(dns.exception.DNSException, ValueError):
            parsed = dns.rdata.from_text(dns.rdataclass.IN, RdataType.TXT, record)
            record = b"".join(getattr(parsed, "strings", ())).decode("utf-8", "backslashreplace")
    return f'"{record}"'


def _list(records: Iterable[str]) -> str:
    ordered = sorted(records)
    more = len(ordered) - _SHOWN
    return ", ".join(ordered[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
