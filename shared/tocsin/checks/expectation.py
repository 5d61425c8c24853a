"""What a set of DNS records must be: each expectation of a monitor, and the sentence if it fails.

Records are compared in presentation format, written as every other way to write them: names in
lower case, numbers as numbers, the strings of a text joined.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
from dns.rdata import Rdata
from dns.rdatatype import RdataType

from tocsin.checks.failure import CheckFailedError
from tocsin.checks.pattern import Pattern, TooSlowError
from tocsin.checks.wire import Record
from tocsin.domain.outcome import Layer, Reason, printable
from tocsin.domain.questions import DnsTarget

if TYPE_CHECKING:
    from dns.rdtypes.txtbase import TXTBase

# Records made of names, numbers and addresses only, in which case has no meaning.
_CASELESS: Final = frozenset(
    {
        RdataType.A,
        RdataType.AAAA,
        RdataType.AFSDB,
        RdataType.CNAME,
        RdataType.DNAME,
        RdataType.KX,
        RdataType.MX,
        RdataType.NS,
        RdataType.PTR,
        RdataType.RP,
        RdataType.SOA,
        RdataType.SRV,
    }
)
_TEXTS: Final = frozenset({RdataType.TXT, RdataType.SPF})
_SHOWN: Final = 5
_ROOM: Final = 180
_LEAST: Final = 32
"""Characters of a list, and of each record in it."""


def judged(target: DnsTarget, shown: str, records: Sequence[Record], *, via: str = "") -> str:
    """Say what was found, where it is as expected. Raises CheckFailedError.

    `shown` is the question as people read it, `via` the alias that was followed.
    """
    kind = RdataType.make(target.type)
    found = [folded(each.kind, each.data) for each in records]
    if not found and not _may_be_empty(target):
        raise _wrong(f"{target.name}{via} has no {target.type} record{_wanted(target, kind)}")
    _hold_to_sets(target, kind, shown, set(found))
    if target.count is not None:
        _hold_to_count(target.count, shown, found)
    if target.matches is not None:
        _hold_to_pattern(target.matches, shown, found)
    if target.ttl_at_least is not None:
        _hold_to_ttl(target.ttl_at_least, shown, records)
    if found:
        return f"{shown}: {listed(found)}"
    return f"{shown}: {'no record' if target.rcode == 'NOERROR' else target.rcode}"


def _may_be_empty(target: DnsTarget) -> bool:
    """Tell whether nothing at all may be meant: only where the file says so."""
    if target.equals is not None or target.rcode != "NOERROR":
        return True
    some = target.contains or target.one_of or target.matches is not None
    return not some and (bool(target.none_of) or target.count is not None)


def _wanted(target: DnsTarget, kind: RdataType) -> str:
    if records := _normal_set(kind, target.contains or target.one_of):
        return f", expected {listed(records)}"
    return "" if target.matches is None else f", expected one that matches {target.matches}"


def _hold_to_sets(target: DnsTarget, kind: RdataType, shown: str, found: set[str]) -> None:
    needed = _normal_set(kind, target.equals or target.contains)
    missing = needed - found
    surplus = found - needed if target.equals is not None else set()
    if target.one_of:
        surplus |= found - _normal_set(kind, target.one_of)
    if target.none_of:
        surplus |= found & _normal_set(kind, target.none_of)
    if missing or surplus:
        findings = (("missing", missing), ("unexpected", surplus))
        text = "; ".join(f"{word}: {listed(records)}" for word, records in findings if records)
        raise _wrong(f"{shown}: {text}")


def _hold_to_count(bounds: tuple[int, int | None], shown: str, found: Sequence[str]) -> None:
    least, most = bounds
    if least <= len(found) and (most is None or len(found) <= most):
        return
    if most is None:
        wanted = f"at least {least}"
    else:
        wanted = f"{least}" if least == most else f"{least} to {most}"
    what = f" ({listed(found)})" if found else ""
    records = "record" if len(found) == 1 else "records"
    raise _wrong(f"{shown}: {len(found)} {records}{what}, expected {wanted}")


def _hold_to_pattern(expression: str, shown: str, found: Sequence[str]) -> None:
    pattern = Pattern(expression)
    try:
        # A text without the quotes around it, as people think of it.
        if any(pattern.search(_unquoted(each)) is not None for each in found):
            return
    except TooSlowError:
        raise _wrong(f"the pattern {expression} takes too long on {shown}; simplify it") from None
    raise _wrong(f"{shown}: no record matches {expression}: {listed(found)}")


def _hold_to_ttl(seconds: int, shown: str, records: Sequence[Record]) -> None:
    low = [each for each in records if each.ttl < seconds]
    if low:
        least = min(low, key=lambda each: each.ttl)
        text = f"{shown}: {folded(least.kind, least.data)} may be kept for {least.ttl} s"
        text += f", expected at least {seconds} s"
        raise CheckFailedError(Layer.CONTENT, Reason.TTL_TOO_LOW, text)


def _wrong(text: str) -> CheckFailedError:
    return CheckFailedError(Layer.CONTENT, Reason.WRONG_ANSWER, text)


def _normal_set(kind: RdataType, records: Iterable[str]) -> set[str]:
    return {_normal(kind, each) for each in records}


# As many as a probe has monitors: they expect the same in every tick.
@lru_cache(maxsize=16384)
def _normal(kind: RdataType, record: str) -> str:
    """Write an expected record as every other way to write it, and an answer, comes out too."""
    if kind in _TEXTS:
        return _text(record)
    # A record that does not parse is compared as it is written.
    with suppress(dns.exception.DNSException, ValueError):
        parsed = dns.rdata.from_text(
            dns.rdataclass.IN, kind, record, origin=dns.name.root, relativize=False
        )
        return folded(kind, parsed)
    return record.lower() if kind in _CASELESS else record


def folded(kind: RdataType, data: Rdata) -> str:
    """Write a record so that equal ones are the same text."""
    if kind in _TEXTS:
        return _joined(data)
    text = data.to_text()
    return text.lower() if kind in _CASELESS else text


def _text(record: str) -> str:
    """Read an expected text: `"v=spf1 " "-all"` is `"v=spf1 -all"`; quotes may lack."""
    if record.startswith('"'):
        with suppress(dns.exception.DNSException, ValueError):
            return _joined(dns.rdata.from_text(dns.rdataclass.IN, RdataType.TXT, record))
    return f'"{record}"'


def _joined(data: Rdata) -> str:
    text = b"".join(cast("TXTBase", data).strings)
    return f'"{text.decode("utf-8", "backslashreplace")}"'


def _unquoted(record: str) -> str:
    return record[1:-1] if record.startswith('"') and record.endswith('"') else record


def listed(records: Iterable[str]) -> str:
    """List records, the first of many."""
    ordered = sorted(records)
    more = len(ordered) - _SHOWN
    room = max(_LEAST, _ROOM // max(1, min(len(ordered), _SHOWN)))
    shown = ", ".join(printable(each, room) for each in ordered[:_SHOWN])
    return shown + (f" and {more} more" if more > 0 else "")
