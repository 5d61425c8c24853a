"""See that a resolver finds what is there, denies what is not, and refuses what is forged."""

import secrets
from functools import partial

import dns.name
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from tocsin.checks import nameserver
from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.channel import Channel
from tocsin.checks.dial import Dialer
from tocsin.checks.dns import absolute, exchange
from tocsin.checks.expectation import folded, judged, listed
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.resolve import AliasError, chased
from tocsin.checks.wire import Answer, question
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.questions import DnsTarget, ResolverTarget

_INVALID = dns.name.from_text("invalid.")
"""A name under which nothing may ever exist (RFC 6761, 6.4)."""


async def check(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, ResolverTarget):
        raise TypeError(f"{monitor.id} is not a resolver monitor")
    return await attempted(monitor.timeout, partial(_tried, monitor.target, dialer), clock)


async def _tried(target: ResolverTarget, dialer: Dialer, attempt: Attempt) -> str:
    server = nameserver.parse(target.server)
    with Channel(dialer, attempt, server, tls=target.tls) as channel:
        said = [
            await _finds(target, channel, attempt),
            await _denies(target, channel),
        ]
        if target.validates:
            said.append(await _validates(target, channel))
    return "; ".join(said)


async def _finds(target: ResolverTarget, channel: Channel, attempt: Attempt) -> str:
    asked = question(absolute(target.name), RdataType.make(target.type))
    answer = await channel.ask(asked)
    attempt.exchange = exchange(asked, channel.server, answer)
    shown = f"{target.name} {target.type}"
    if answer.rcode is not Rcode.NOERROR:
        text = f"{shown}: answered {Rcode.to_text(answer.rcode)}, expected NOERROR"
        raise CheckFailedError(Layer.DNS, Reason.WRONG_RCODE, text)
    expected = DnsTarget(name=target.name, type=target.type, equals=target.equals)
    try:
        owner, _ = chased(answer, asked.name, asked.kind)
    except AliasError as error:
        raise CheckFailedError(Layer.CONTENT, Reason.WRONG_ANSWER, str(error)) from None
    found = [each for each in answer.records if each.kind == asked.kind and each.owner == owner]
    return judged(expected, shown, found)


async def _denies(target: ResolverTarget, channel: Channel) -> str:
    if target.absent is None:
        # Another one each time, so that no memory answers for the resolver.
        name = Name((f"tocsin-{secrets.token_hex(6)}".encode(), *_INVALID.labels))
    else:
        name = absolute(target.absent)
    answer = await channel.ask(question(name, RdataType.A))
    if answer.rcode is Rcode.NXDOMAIN:
        return "a name that does not exist is NXDOMAIN"
    shown = "a name that does not exist" if target.absent is None else str(name)
    if answer.records:
        said = listed(folded(each.kind, each.data) for each in answer.records)
        text = f"{shown} is answered with {said}, expected NXDOMAIN: answers are made up"
        raise CheckFailedError(Layer.CONTENT, Reason.HIJACKED, text)
    text = f"{shown}: answered {Rcode.to_text(answer.rcode)}, expected NXDOMAIN"
    raise CheckFailedError(Layer.DNS, Reason.WRONG_RCODE, text)


async def _validates(target: ResolverTarget, channel: Channel) -> str:
    name = absolute(target.bogus)
    if (await _bogus(channel, name)).rcode is not Rcode.SERVFAIL:
        text = f"{name} is answered though its signatures are wrong: nothing is validated"
        raise CheckFailedError(Layer.DNSSEC, Reason.NOT_VALIDATING, text)
    # Without validation it must be found, or the refusal proves nothing.
    bare = await _bogus(channel, name, unchecked=True)
    if bare.rcode is not Rcode.NOERROR:
        text = f"{name} is answered {Rcode.to_text(bare.rcode)} without validation too: that it"
        text += " validates cannot be seen"
        raise CheckFailedError(Layer.DNSSEC, Reason.NOT_VALIDATING, text)
    return f"it validates: {name} is refused"


async def _bogus(channel: Channel, name: Name, *, unchecked: bool = False) -> Answer:
    return await channel.ask(question(name, RdataType.A, unchecked=unchecked))
