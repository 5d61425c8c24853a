"""Ask a DNS server a question and judge its answer: its code, its flags, its set of records."""

from functools import lru_cache, partial
from typing import Final

import dns.flags
import dns.name
from dns.name import Name
from dns.rcode import Rcode
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from tocsin.checks import nameserver
from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.channel import Channel
from tocsin.checks.dial import Dialer
from tocsin.checks.expectation import judged
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.resolve import AliasError, chased
from tocsin.checks.wire import Answer, How, Question, Record, question
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import EXCHANGE_RECORDS, Exchange, Layer, Outcome, Reason, printable
from tocsin.domain.questions import DnsTarget

_LINE: Final = 160
"""Characters of a record that an outcome keeps."""


async def check(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, DnsTarget):
        raise TypeError(f"{monitor.id} is not a dns monitor")
    return await attempted(monitor.timeout, partial(_ask, monitor.target, dialer), clock)


async def _ask(target: DnsTarget, dialer: Dialer, attempt: Attempt) -> str:
    asked = _asked(target)
    server = nameserver.parse(target.resolver) if target.resolver else None
    with Channel(dialer, attempt, server, tls=target.tls) as channel:
        answer = await channel.ask(asked)
        attempt.exchange = exchange(asked, channel.server, answer)
        shown = f"{target.name} {target.type}"
        _hold_to_code_and_flags(target, answer, shown)
        records = _found(target, asked, answer)
        async with attempt.turn():
            evidence = judged(target, shown, records)
        if not target.dnssec:
            return evidence
        return f"{evidence}; {await _validated(target, asked, answer, channel, attempt)}"


# As many as a probe has monitors: they ask the same in every tick.
@lru_cache(maxsize=16384)
def _asked(target: DnsTarget) -> Question:
    how: How = {"recursive": target.recursive, "payload": target.payload}
    if target.dnssec:
        # Also what a resolver thinks is bogus: it is judged here, and why is told.
        how |= {"dnssec": True, "unchecked": True, "whole": True}
    elif target.authenticated:
        # Nobody is told who does not ask for it (RFC 6840, 5.7).
        how["dnssec"] = True
    rdclass = RdataClass.make(target.rdclass)
    return question(absolute(target.name), RdataType.make(target.type), rdclass=rdclass, **how)


@lru_cache(maxsize=16384)
def absolute(name: str) -> Name:
    """Read a name; they are all absolute."""
    return dns.name.from_text(name)


def _hold_to_code_and_flags(target: DnsTarget, answer: Answer, shown: str) -> None:
    if (rcode := Rcode.to_text(answer.rcode)) != target.rcode:
        text = f"{shown}: answered {rcode}, expected {target.rcode}"
        raise CheckFailedError(Layer.DNS, Reason.WRONG_RCODE, text)
    if target.authoritative and not answer.authoritative:
        text = f"{shown}: the answer is not authoritative (no AA flag)"
        raise CheckFailedError(Layer.DNS, Reason.NOT_AUTHORITATIVE, text)
    if target.authenticated and not answer.authenticated:
        text = f"{shown}: the resolver does not vouch for the answer (no AD flag)"
        raise CheckFailedError(Layer.DNSSEC, Reason.NOT_AUTHENTICATED, text)


def _found(target: DnsTarget, asked: Question, answer: Answer) -> list[Record]:
    """Give the records that were asked for, at the end of the aliases."""
    if asked.kind == RdataType.ANY:
        return [each for each in answer.records if each.owner == asked.name]
    try:
        owner, _ = chased(answer, asked.name, asked.kind, longest=target.aliases)
    except AliasError as error:
        raise CheckFailedError(Layer.CONTENT, Reason.WRONG_ANSWER, str(error)) from None
    found = [each for each in answer.records if each.kind == asked.kind and each.owner == owner]
    return list({each.data: each for each in found}.values())


async def _validated(
    target: DnsTarget, asked: Question, answer: Answer, channel: Channel, attempt: Attempt
) -> str:
    # It brings cryptography, a third of a second.
    from tocsin.checks.dnssec import anchors, validate  # noqa: PLC0415 - as above

    trusted = anchors(target.anchors)
    valid = await validate(channel.ask, asked.name, asked.kind, answer, trusted, attempt.clock)
    return f"signed, valid until {valid.expires_at:%Y-%m-%d %H:%M} UTC"


def exchange(asked: Question, server: str, answer: Answer) -> Exchange:
    """Note a question and what was said, its records in canonical order (RFC 4034, 6.3)."""
    records = [each for each in answer.records if each.kind != RdataType.RRSIG]
    if len(records) > 1:
        records.sort(key=lambda each: (each.owner, each.kind, each.data.to_digestable()))
    return Exchange(
        question=printable(str(asked)),
        server=server,
        rcode=Rcode.to_text(answer.rcode),
        flags=tuple(dns.flags.to_text(answer.flags).lower().split()),
        records=tuple(_line(each) for each in records[:EXCHANGE_RECORDS]),
    )


def _line(record: Record) -> str:
    kind = RdataType.to_text(record.kind)
    return printable(f"{record.owner} {record.ttl} {kind} {record.data.to_text()}", _LINE)
