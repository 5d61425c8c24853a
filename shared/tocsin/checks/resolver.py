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
from tocsin.checks.dns import absolute, exchange, weighed
from tocsin.checks.expectation import folded, listed
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.wire import Answer, Question, question
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
        asking = _Asking(channel, attempt)
        said = [await _finds(target, asking)]
        known = attempt.exchange
        said.append(await _denies(target, asking))
        if target.validates:
            said.append(await _validates(target, asking))
    # Of a failure the question that failed is kept, of a pass the one that has an answer.
    attempt.exchange = known
    return "; ".join(said)


class _Asking:
    """Puts one question after the other; the attempt keeps what was said to the last."""

    def __init__(self, channel: Channel, attempt: Attempt) -> None:
        self._channel = channel
        self.attempt = attempt

    async def ask(self, asked: Question) -> Answer:
        """Put a question. Raises CheckFailedError."""
        self.attempt.exchange = None
        answer = await self._channel.ask(asked)
        self.attempt.exchange = exchange(asked, self._channel.server, answer)
        return answer


async def _finds(target: ResolverTarget, asking: _Asking) -> str:
    asked = question(absolute(target.name), RdataType.make(target.type))
    answer = await asking.ask(asked)
    if answer.rcode is not Rcode.NOERROR:
        raise _wrong_code(f"{target.name} {target.type}", answer, "NOERROR")
    expected = DnsTarget(name=target.name, type=target.type, equals=target.equals)
    return weighed(expected, asked, answer)


async def _denies(target: ResolverTarget, asking: _Asking) -> str:
    if target.absent is None:
        # Another one each time, so that no memory answers for the resolver.
        name = Name((f"tocsin-{secrets.token_hex(6)}".encode(), *_INVALID.labels))
        asked = Question(name, RdataType.A, {})  # not one to be remembered
    else:
        name = absolute(target.absent)
        asked = question(name, RdataType.A)
    answer = await asking.ask(asked)
    if answer.rcode is Rcode.NXDOMAIN:
        return "a name that does not exist is NXDOMAIN"
    shown = "a name that does not exist" if target.absent is None else str(name)
    if answer.records:
        said = listed(folded(each.kind, each.data) for each in answer.records)
        text = f"{shown} is answered with {said}, expected NXDOMAIN: answers are made up"
        raise CheckFailedError(Layer.CONTENT, Reason.HIJACKED, text)
    raise _wrong_code(shown, answer, "NXDOMAIN")


async def _validates(target: ResolverTarget, asking: _Asking) -> str:
    name = absolute(target.bogus)
    answer = await asking.ask(question(name, RdataType.A))
    if answer.rcode is Rcode.NOERROR:
        text = f"{name} is answered though its signatures are wrong: nothing is validated"
        raise CheckFailedError(Layer.DNSSEC, Reason.NOT_VALIDATING, text)
    if answer.rcode is not Rcode.SERVFAIL:
        raise _wrong_code(f"{name}, whose signatures are wrong", answer, "SERVFAIL")
    # Without validation it must be found, or the refusal proves nothing.
    bare = await asking.ask(question(name, RdataType.A, unchecked=True))
    if bare.rcode is Rcode.NOERROR:
        return f"it validates: {name} is refused"
    # More likely that name is out of order than the resolver, which did all it was asked for.
    asking.attempt.warning = Reason.NOT_VALIDATING
    return f"{name} is answered {bare.code} without validation too: that it validates is not seen"


def _wrong_code(shown: str, answer: Answer, expected: str) -> CheckFailedError:
    text = f"{shown}: answered {answer.told}, expected {expected}"
    return CheckFailedError(Layer.DNS, Reason.WRONG_RCODE, text)
