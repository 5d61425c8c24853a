"""One HTTP/1.1 exchange over an open connection: bounded head, bounded body, nothing drained."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final, cast

import h11

from tocsin.checks.connection import LIMIT, Connection
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.handshake import speaks_tls
from tocsin.domain.outcome import Reason, printable

HEAD_LIMIT: Final = 16 * 1024
HINTS_LIMIT: Final = 32
"""Interim responses (1xx) that are read before the final one."""
_FRAMING: Final = 192 * 1024
"""Bytes beside a body's own that are read for it: its head, and what stands between its chunks."""
_FIRST: Final = b"HTTP/"
_WHY_LIMIT: Final = 80
_KEPT_PATH: Final = 512


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
    """A response; `body` is what was read of it, still in its coding, `extent` how much that is."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    extent: Extent = Extent.WHOLE

    def values(self, name: bytes) -> tuple[bytes, ...]:
        """Give what each header of that (lower case) name says."""
        return tuple(value for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent."""

    method: str
    path: str
    headers: Sequence[tuple[str, str]]
    body: bytes = b""


def wire_limit(limit: int) -> int:
    """Give how many bytes are read from a connection for the sake of a body of so many."""
    return max(LIMIT, limit + _FRAMING)


class Exchange:
    """A request and its answer; each method is called once, in this order, `body` if wanted.

    They raise CheckFailedError.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)

    async def ask(self, request: Request) -> Answer:
        """Send a request and read the head of its answer."""
        http = self._http
        sent = http.send(_verified(request.method, request.path, tuple(request.headers))) or b""
        if request.body:
            sent += http.send(h11.Data(data=request.body)) or b""
        sent += http.send(h11.EndOfMessage()) or b""
        await self._connection.send(sent)
        response = await self._head()
        return Answer(status=response.status_code, headers=tuple(response.headers))

    def glimpse(self) -> bytes:
        """Give what of a body came along with the head, without reading on."""
        try:
            event = self._http.next_event()
        except h11.RemoteProtocolError:
            return b""
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def body(self, head: Answer, limit: int) -> Answer:
        """Read the body, at most `limit` bytes of it."""
        self._connection.allow(wire_limit(limit))
        body = bytearray()
        extent = Extent.BEGINNING
        while len(body) <= limit:
            event = await self._event(in_body=True)
            if isinstance(event, h11.Data):
                body += event.data
                continue
            extent = Extent.FRAGMENTS
            if isinstance(event, h11.EndOfMessage):
                extent = Extent.UNSURE if self._connection.cut_short else Extent.WHOLE
            break
        return Answer(
            status=head.status, headers=head.headers, body=bytes(body[:limit]), extent=extent
        )

    async def _head(self) -> h11.Response:
        for _ in range(HINTS_LIMIT + 1):
            event = await self._event()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise self._malformed("no response came")
        raise self._too_much(f"{HINTS_LIMIT} interim responses")

    async def _event(self, *, in_body: bool = False) -> h11.Event | None:
        """Give the next event; None at the limit of what is read for a body, or for no sense."""
        http, connection = self._http, self._connection
        ended = False
        try:
            while (event := http.next_event()) is h11.NEED_DATA:
                if in_body and connection.exhausted:
                    return None
                if connection.received:
                    # Thousands of tiny chunks take their time; a fast peer would never let the
                    # loop go.
                    await asyncio.sleep(0)
                data = await connection.receive()
                ended = not data
                if ended and not connection.received:
                    raise connection.ended()
                if not connection.heard.startswith(_FIRST[: len(connection.heard)]):
                    # Another protocol often waits for our next line: there is nothing to wait for.
                    raise self._malformed("no status line")
                http.receive_data(data)
        except h11.RemoteProtocolError as error:
            if ended:
                raise connection.ended() from None
            if error.error_status_hint == 431:  # noqa: PLR2004 - Request Header Fields Too Large
                where = "around a chunk" if in_body else "of headers"
                raise self._too_much(f"{HEAD_LIMIT // 1024} KiB {where}") from None
            raise self._malformed(_explained(error)) from None
        return None if event is h11.PAUSED else cast("h11.Event", event)

    def _too_much(self, what: str) -> CheckFailedError:
        text = f"{self._connection.where} sent more than {what}"
        return CheckFailedError(self._connection.layer, Reason.TOO_MUCH_DATA, text)

    def _malformed(self, why: str) -> CheckFailedError:
        where, heard = self._connection.where, self._connection.heard
        if len(heard) > 1 and speaks_tls(heard):
            text = f"{where} speaks TLS, not plain HTTP: the URL should begin with https"
        elif heard.startswith(_FIRST):
            text = f"{where} speaks broken HTTP ({why}); it said {quoted(heard)}"
        else:
            text = f"{where} does not speak HTTP ({why}); it said {quoted(heard)}"
        return CheckFailedError(self._connection.layer, Reason.MALFORMED_REPLY, text)


def _verified(method: str, path: str, headers: tuple[tuple[str, str], ...]) -> h11.Request:
    """Have a request looked at letter by letter, once: monitors ask the same in every tick."""
    # A redirect's path may be long, and another one each time: none of these is kept.
    make = _made if len(path) <= _KEPT_PATH else _made.__wrapped__
    return make(method, path, headers)


# As many as a probe has monitors.
@lru_cache(maxsize=16384)
def _made(method: str, path: str, headers: tuple[tuple[str, str], ...]) -> h11.Request:
    return h11.Request(method=method, target=path, headers=[*headers])


def _explained(error: h11.RemoteProtocolError) -> str:
    """Say what h11 found as people would."""
    said = str(error)
    if "SWITCH" in said:
        return "it switches to another protocol, unasked"
    return printable(re.sub(r"bytearray\(b(.*)\)", r"\1", said), _WHY_LIMIT)
