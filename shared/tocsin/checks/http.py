"""Check what a URL answers: HTTP/1.1, plain or under TLS, redirects through the same guard.

The body is read only where something is expected of it: a status needs no body, and an endless one
would otherwise be a fault of ours. A status that is not expected is told without one.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Final

from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.connection import Connection
from tocsin.checks.content import judge_body, judge_head, wants_body
from tocsin.checks.dial import Dialer
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.hop import Hop, first, following, location
from tocsin.checks.message import Answer, Exchange
from tocsin.checks.reach import reach
from tocsin.checks.tls import Trust
from tocsin.checks.url import Url
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.target import HttpTarget

_LIGHT: Final = 4096
"""Bytes of a body in which a text is found, or JSON read, in some microseconds."""
_URL_LIMIT: Final = 80


async def check(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, HttpTarget):
        raise TypeError(f"{monitor.id} is not an http monitor")
    return await attempted(monitor.timeout, partial(_reached, monitor.target, dialer), clock)


async def _reached(target: HttpTarget, dialer: Dialer, attempt: Attempt) -> str:
    hop = first(target)
    visit = _Visit(target, dialer, attempt, hop)
    return await reach(
        dialer,
        attempt,
        hop.url.host,
        hop.url.port,
        visit.go,
        family=target.family,
        addresses=target.addresses,
        layer=Layer.HTTP,
    )


class _Visit:
    """The way from an address of the first server to where its redirects end."""

    __slots__ = ("_attempt", "_dialer", "_hop", "_target", "_trust")

    def __init__(self, target: HttpTarget, dialer: Dialer, attempt: Attempt, hop: Hop) -> None:
        self._target = target
        self._dialer = dialer
        self._attempt = attempt
        self._hop = hop
        # Before a connection is open: the first context of a process reads all authorities.
        self._trust = self._trusted(hop)

    async def go(self, connection: Connection) -> str:
        """Follow the redirects and judge what stands at their end. Raises CheckFailedError."""
        target, trail, address = self._target, [self._hop], self._attempt.address
        try:
            await _secured(connection, self._hop, self._trust)
            while True:
                with Exchange(connection) as exchange:
                    answer = await exchange.ask(trail[-1].request)
                    if not target.redirects or location(answer) is None:
                        note = await self._judged(exchange, answer)
                        return _praise(answer, connection, len(trail) - 1) + note
                # An attempt has one socket at a time.
                connection.close()
                hop = following(target, trail, answer)
                trust = self._trusted(hop)
                with _led_to(hop):
                    connection = await self._dialled(hop.url, address)
                    await _secured(connection, hop, trust)
                trail.append(hop)
        finally:
            connection.close()

    async def _dialled(self, url: Url, address: str | None) -> Connection:
        """Connect to where a redirect leads: on the same host, to the address that sent it."""
        dialer, attempt = self._dialer, self._attempt
        if address is not None and url.host == self._hop.url.host:
            return await dialer.connect(attempt, address, url.port, layer=Layer.HTTP)
        family = self._target.family
        return await dialer.dial(attempt, url.host, url.port, family=family, layer=Layer.HTTP)

    def _trusted(self, hop: Hop) -> Trust | None:
        if hop.url.scheme != "https":
            return None
        return self._dialer.trust(hop.rules(self._target), "http/1.1")

    async def _judged(self, exchange: Exchange, answer: Answer) -> str:
        """Judge an answer, and give what of it was not seen."""
        target, attempt = self._target, self._attempt
        async with attempt.turn() if target.header_rules else nullcontext():
            judge_head(target, answer, exchange.glimpse)
        if not wants_body(target):
            return ""
        answer = await exchange.body(answer, target.limit)
        light = len(answer.body) <= _LIGHT and not answer.values(b"content-encoding")
        async with attempt.turn() if target.pattern or not light else nullcontext():
            return judge_body(target, answer)


async def _secured(connection: Connection, hop: Hop, trust: Trust | None) -> None:
    if trust is not None:
        # Named after this hop, not the first: each server has a certificate of its own.
        await connection.start_tls(hop.url.host, trust)


@contextmanager
def _led_to(hop: Hop) -> Iterator[None]:
    """Say of what fails that it is where a redirect leads."""
    try:
        yield
    except CheckFailedError as failure:
        layer, reason = failure.layer, failure.reason
        if reason is Reason.FORBIDDEN_ADDRESS:
            # The file did not name this address, the target did: that is no blindness of ours.
            layer, reason = Layer.HTTP, Reason.BAD_REDIRECT
        text = f"redirects to {quoted(hop.url.text.encode(), _URL_LIMIT)}: {failure.evidence}"
        raise CheckFailedError(layer, reason, text) from None


def _praise(answer: Answer, connection: Connection, redirects: int) -> str:
    after = f" after {redirects} redirect{'s' if redirects > 1 else ''}" if redirects else ""
    secured = f", {connection.secured}" if connection.secured else ""
    return f"status {answer.status}{after}{secured}"
