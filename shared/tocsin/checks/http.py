"""Check what a URL answers: HTTP/1.1, plain or under TLS, redirects through the same guard.

The body is read only where something is expected of it: a status needs no body, and an endless one
would otherwise be a fault of ours.
"""

from contextlib import closing, nullcontext
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Final

from tocsin.checks.attempt import Attempt, Clock, attempted
from tocsin.checks.connection import Connection
from tocsin.checks.content import judge, wants_body
from tocsin.checks.dial import Dialer
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.message import Answer, Request, exchange
from tocsin.checks.url import Url, joined, parse
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.target import HttpTarget

VERSION: Final = "0.1.0"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FORGETS_POST: Final = frozenset({301, 302})


async def check(monitor: Monitor, dialer: Dialer, clock: Clock) -> Outcome:
    """Make one attempt."""
    if not isinstance(monitor.target, HttpTarget):
        raise TypeError(f"{monitor.id} is not an http monitor")
    return await attempted(monitor.timeout, partial(_visit, monitor.target, dialer, clock))


async def _visit(target: HttpTarget, dialer: Dialer, clock: Clock, attempt: Attempt) -> str:
    url = parse(target.url)
    request = _request(target, url)
    for hops in range(target.redirects + 1):
        with closing(await _connected(dialer, attempt, url, target, hops)) as connection:
            answer = await exchange(connection, request, wants_body=partial(_wants_body, target))
            if not _leads_on(target, answer):
                async with attempt.turn() if answer.body else nullcontext():
                    judge(target, answer)
                return _praise(answer, connection, clock, hops)
        there = _redirected(url, answer)
        request = _next_request(target, request, answer.status, there)
        url = there
    text = f"more than {target.redirects} redirects; the last one leads to {url.text}"
    raise CheckFailedError(Layer.HTTP, Reason.TOO_MANY_REDIRECTS, text)


async def _connected(
    dialer: Dialer, attempt: Attempt, url: Url, target: HttpTarget, hops: int
) -> Connection:
    # Before the connection is open: the first context of a process reads all authorities.
    context = dialer.tls_context("http/1.1") if url.scheme == "https" else None
    try:
        connection = await dialer.dial(
            attempt, url.host, url.port, family=target.family, layer=Layer.HTTP
        )
    except CheckFailedError as failure:
        if not hops or failure.reason is not Reason.FORBIDDEN_ADDRESS:
            raise
        # The file did not name this address, the target did: that is its fault and no blindness.
        text = f"redirects to {quoted(url.text.encode())}: {failure.evidence}"
        raise CheckFailedError(Layer.HTTP, Reason.BAD_REDIRECT, text) from None
    if context is not None:
        try:
            # The name of this hop, not of the first: each server has a certificate of its own.
            await connection.start_tls(url.host.removesuffix("."), context)
        except BaseException:
            connection.close()
            raise
    return connection


def _request(target: HttpTarget, url: Url) -> Request:
    body = (target.body or "").encode()
    headers = {
        "host": url.authority,
        "user-agent": f"tocsin/{VERSION}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }
    if target.body is not None or target.method in {"POST", "PUT", "PATCH"}:
        headers["content-length"] = str(len(body))
    headers |= {name.lower(): value for name, value in target.headers}
    return Request(method=target.method, path=url.path, headers=tuple(headers.items()), body=body)


def _next_request(target: HttpTarget, before: Request, status: int, there: Url) -> Request:
    """Ask again as RFC 9110 (15.4) has it; another origin gets nothing of what the first one got.

    Headers and body may carry credentials.
    """
    method, body, headers = before.method, target.body if before.body else None, target.headers
    if there.origin != parse(target.url).origin:
        body, headers = None, ()
        method = "HEAD" if method == "HEAD" else "GET"
    elif status == HTTPStatus.SEE_OTHER or (status in _FORGETS_POST and method == "POST"):
        method, body = "GET", None
    return _request(HttpTarget(url=there.text, method=method, body=body, headers=headers), there)


def _wants_body(target: HttpTarget, head: Answer) -> bool:
    return wants_body(target) and not _leads_on(target, head)


def _leads_on(target: HttpTarget, head: Answer) -> bool:
    return target.redirects > 0 and _location(head) is not None


def _location(answer: Answer) -> bytes | None:
    return answer.header(b"location") if answer.status in _REDIRECTS else None


def _redirected(url: Url, answer: Answer) -> Url:
    location = _location(answer) or b""
    try:
        return joined(url, location.decode("utf-8", "backslashreplace"))
    except ValueError as error:
        text = f"status {answer.status} redirects to {quoted(location)}: {error}"
        raise CheckFailedError(Layer.HTTP, Reason.BAD_REDIRECT, text) from None


def _praise(answer: Answer, connection: Connection, clock: Clock, hops: int) -> str:
    after = f" after {hops} redirect{'s' if hops > 1 else ''}" if hops else ""
    expiry = connection.certificate_expiry
    if expiry is None:
        return f"status {answer.status}{after}"
    days = (datetime.fromtimestamp(expiry, UTC) - clock()).days
    return f"status {answer.status}{after}, certificate valid for {days} more days"
