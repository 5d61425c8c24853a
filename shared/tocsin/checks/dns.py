"""Ask a DNS server a question and judge its answer: its code, its flags, its set of records."""

from contextlib import nullcontext, suppress
from functools import lru_cache, partial
from typing import Final

import dns.flags
import dns.name
from dns.name import Name
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from tocsin.checks import nameserver
from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.channel import Channel
from tocsin.checks.dial import Dialer
from tocsin.checks.expectation import judged
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.resolve import AliasError, chased, plain
from tocsin.checks.wire import Answer, How, Question, Record, question
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import EXCHANGE_RECORDS, Exchange, Layer, Outcome, Reason, printable
from tocsin.domain.questions import DnsTarget

_LINE: Final = 160
"""Characters of a record that an outcome keeps."""
_MANY: Final = 32
"""Records that are no small matter."""


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
        _hold_to_code_and_flags(target, asked, answer)
        heavy = target.matches is not None or len(answer.records) > _MANY
        async with attempt.turn() if heavy else nullcontext():
            evidence = weighed(target, asked, answer)
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


def _hold_to_code_and_flags(target: DnsTarget, asked: Question, answer: Answer) -> None:
    shown = _shown(target)
    if answer.code != target.rcode:
        with suppress(AliasError):
            shown += _via(asked, chased(answer, asked.name, asked.kind)[0])
        text = f"{shown}: answered {answer.told}, expected {target.rcode}"
        raise CheckFailedError(Layer.DNS, Reason.WRONG_RCODE, text)
    if target.authoritative and not answer.authoritative:
        text = f"{shown}: the answer is not authoritative (no AA flag)"
        raise CheckFailedError(Layer.DNS, Reason.NOT_AUTHORITATIVE, text)
    if target.authenticated and not answer.authenticated:
        text = f"{shown}: the resolver does not vouch for the answer (no AD flag)"
        raise CheckFailedError(Layer.DNSSEC, Reason.NOT_AUTHENTICATED, text)


def _shown(target: DnsTarget) -> str:
    return f"{target.name} {target.type}"


def weighed(target: DnsTarget, asked: Question, answer: Answer) -> str:
    """Follow the aliases, and say what was found where it is as expected. CheckFailedError."""
    try:
        owner, records = chased(answer, asked.name, asked.kind, longest=target.aliases)
    except AliasError as error:
        raise CheckFailedError(Layer.CONTENT, Reason.WRONG_ANSWER, str(error)) from None
    return judged(target, _shown(target), records, via=_via(asked, owner))


def _via(asked: Question, owner: Name) -> str:
    return "" if owner is asked.name else f" (an alias of {plain(owner)})"


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
        rcode=answer.code,
        flags=_flags(answer.flags),
        records=tuple(_line(each) for each in records[:EXCHANGE_RECORDS]),
    )


@lru_cache(maxsize=256)
def _flags(flags: int) -> tuple[str, ...]:
    return tuple(dns.flags.to_text(flags).lower().split())


def _line(record: Record) -> str:
    kind = RdataType.to_text(record.kind)
    return printable(f"{record.owner} {record.ttl} {kind} {record.data.to_text()}", _LINE)
