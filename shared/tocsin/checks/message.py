"""One HTTP/1.1 exchange over an open connection: bounded head, bounded body, nothing drained."""

import asyncio
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, cast

import h11

from tocsin.checks.connection import Connection
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.domain.outcome import Layer, Reason

HEAD_LIMIT: Final = 16 * 1024
BODY_LIMIT: Final = 64 * 1024
"""Bytes of a body that are read, after decoding too; the rest is cut."""
HINTS_LIMIT: Final = 32
"""Interim responses (1xx) that are read before the final one."""
_FIRST: Final = b"HTTP/"
_CHARSETS: Final = frozenset({"utf-8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})


class Extent(Enum):
    """How much of a body was read."""

    WHOLE = auto()
    UNSURE = auto()
    """All that came before TLS ended without close_notify, where nothing else tells the end.

    Many sound servers end so; an attacker can too (RFC 9112, 9.8).
    """
    BEGINNING = auto()
    """As much as is read of a body."""
    FRAGMENTS = auto()
    """As much as is read from a connection: a body in tiny chunks is far longer on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response; `body` is what was read of it, `extent` how much that is."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    extent: Extent = Extent.WHOLE

    def header(self, name: bytes) -> bytes | None:
        """Give the first header of that (lower case) name."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def text(self) -> str:
        r"""The body as text; bytes that are none in its charset appear as `\xff`."""
        kind = (self.header(b"content-type") or b"").decode("latin-1").lower()
        _, _, named = kind.partition("charset=")
        charset = named.split(";")[0].strip(" \"'")
        # Only those by name: some of Python's codecs are slow on hostile text.
        return self.body.decode(charset if charset in _CHARSETS else "utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]]
    body: bytes = b""


async def exchange(
    connection: Connection, request: Request, *, wants_body: Callable[[Answer], bool]
) -> Answer:
    """Send a request and read its answer, the body only if wanted once the head is known.

    Raises CheckFailedError.
    """
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
    head = h11.Request(method=request.method, target=request.path, headers=[*request.headers])
    sent = http.send(head) or b""
    if request.body:
        sent += http.send(h11.Data(data=request.body)) or b""
    sent += http.send(h11.EndOfMessage()) or b""
    await connection.send(sent)
    response = await _head(connection, http)
    answer = Answer(status=response.status_code, headers=tuple(response.headers))
    if not wants_body(answer):
        return answer
    body, extent = await _body(connection, http)
    body, extent = _decoded(answer, body, extent)
    return replace(answer, body=body, extent=extent)


async def _head(connection: Connection, http: h11.Connection) -> h11.Response:
    for _ in range(HINTS_LIMIT + 1):
        event = await _event(connection, http)
        if isinstance(event, h11.Response):
            return event
        if not isinstance(event, h11.InformationalResponse):
            raise _malformed(connection, "no response came")
    text = f"{connection.where} sent more than {HINTS_LIMIT} interim responses"
    raise CheckFailedError(connection.layer, Reason.TOO_MUCH_DATA, text)


async def _body(connection: Connection, http: h11.Connection) -> tuple[bytes, Extent]:
    body = bytearray()
    while len(body) <= BODY_LIMIT:
        event = await _event(connection, http, cut=True)
        if isinstance(event, h11.EndOfMessage):
            return bytes(body), Extent.UNSURE if connection.cut_short else Extent.WHOLE
        if not isinstance(event, h11.Data):
            return bytes(body), Extent.FRAGMENTS
        body += event.data
    return bytes(body[:BODY_LIMIT]), Extent.BEGINNING


async def _event(
    connection: Connection, http: h11.Connection, *, cut: bool = False
) -> h11.Event | None:
    """Give the next event; None where reading stops at the limit (`cut`) or makes no sense."""
    ended = False
    try:
        while (event := http.next_event()) is h11.NEED_DATA:
            if cut and connection.exhausted:
                return None
            data = await connection.receive()
            ended = not data
            if ended and not connection.received:
                raise connection.ended()
            if not connection.heard.startswith(_FIRST[: len(connection.heard)]):
                # Another protocol often waits for our next line: there is nothing to wait for.
                raise _malformed(connection, "no status line")
            http.receive_data(data)
            # Thousands of tiny chunks take their time; a fast peer would never let the loop go.
            await asyncio.sleep(0)
    except h11.RemoteProtocolError as error:
        if ended:
            raise connection.ended() from None
        if error.error_status_hint == 431:  # noqa: PLR2004 - Request Header Fields Too Large
            text = f"{connection.where} sent more than {HEAD_LIMIT // 1024} KiB of headers"
            raise CheckFailedError(connection.layer, Reason.TOO_MUCH_DATA, text) from None
        raise _malformed(connection, str(error)) from None
    return None if event is h11.PAUSED else cast("h11.Event", event)


def _malformed(connection: Connection, why: str) -> CheckFailedError:
    text = f"{connection.where} does not speak HTTP ({why}); it said {quoted(connection.heard)}"
    return CheckFailedError(connection.layer, Reason.MALFORMED_REPLY, text)


def _decoded(answer: Answer, body: bytes, extent: Extent) -> tuple[bytes, Extent]:
    """Undo a compression that was not asked for, up to the limit: of a bomb, its first bytes."""
    coding = (answer.header(b"content-encoding") or b"identity").strip().lower()
    if coding == b"identity" or not body:
        return body, extent
    if coding not in {b"gzip", b"x-gzip", b"deflate"}:
        text = f"the body is encoded as {quoted(coding)}, though identity was asked for"
        raise CheckFailedError(Layer.CONTENT, Reason.MALFORMED_REPLY, text)
    try:
        return _inflated(body, zlib.MAX_WBITS | 32, extent)
    except zlib.error as error:
        if coding == b"deflate":
            # Some servers send deflate (RFC 1951) without the zlib header that RFC 9110 means.
            try:
                return _inflated(body, -zlib.MAX_WBITS, extent)
            except zlib.error:
                pass
        text = f"the body is not valid {coding.decode()}: {error}"
        raise CheckFailedError(Layer.CONTENT, Reason.MALFORMED_REPLY, text) from None


def _inflated(body: bytes, window: int, extent: Extent) -> tuple[bytes, Extent]:
    inflater = zlib.decompressobj(window)
    text = inflater.decompress(body, BODY_LIMIT)
    if inflater.eof:
        # The stream says itself that it is whole.
        return text, Extent.WHOLE
    return text, Extent.BEGINNING if len(text) == BODY_LIMIT else extent
