"""One HTTP/1.1 exchange over an open connection: bounded head, bounded body, nothing drained.

The grammar is llhttp's, the parser of Node.js (decision 7); what is read and kept is bounded here.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Final, Self

from httptools import HttpParserError, HttpResponseParser

from tocsin.checks.connection import CHUNK, LIMIT, Connection
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
_SWITCHES: Final = 101
_FINAL: Final = 200
_LINE: Final = re.compile(r"[A-Z]{1,20} [\x21-\x7e]+")
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")


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

    They raise CheckFailedError. To be left as a context: what was found is then let go.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found = _Found()
        self._unfinished = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._found.forget()

    async def ask(self, request: Request) -> Answer:
        """Send a request and read the head of its answer."""
        await self._connection.send(_written(request))
        found = self._found
        while found.status is None:
            if found.fault is not None:
                raise self._malformed(found.fault)
            if not await self._read():
                raise self._connection.ended()
            self._hold_to_limits()
        if found.status == _SWITCHES:
            raise self._malformed("it switches to another protocol, unasked")
        answer = Answer(status=found.status, headers=tuple(found.headers))
        if (coding := _coding(answer)) not in {b"", b"chunked"}:
            raise self._malformed(f"the transfer coding {quoted(coding, _WHY_LIMIT)}, unasked")
        return answer

    def glimpse(self) -> bytes:
        """Give what of a body came along with the head, without reading on."""
        return bytes(self._found.body)

    async def body(self, head: Answer, limit: int) -> Answer:
        """Read the body, at most `limit` bytes of it."""
        connection, found = self._connection, self._found
        connection.allow(wire_limit(limit))
        extent = Extent.WHOLE
        while not found.whole:
            if len(found.body) > limit:
                break
            if found.fault is not None:
                raise self._malformed(found.fault)
            if connection.exhausted:
                extent = Extent.FRAGMENTS
                break
            if self._unfinished > HEAD_LIMIT:
                raise self._too_much(f"{HEAD_LIMIT // 1024} KiB around a chunk")
            if not await self._read():
                if _framed(head):
                    raise connection.ended()
                extent = Extent.UNSURE if connection.cut_short else Extent.WHOLE
                break
        if len(found.body) > limit:
            extent = Extent.BEGINNING
        return Answer(
            status=head.status,
            headers=head.headers,
            body=bytes(found.body[:limit]),
            extent=extent,
        )

    async def _read(self) -> bool:
        """Read on; False where the peer has ended."""
        connection = self._connection
        if connection.received:
            # Thousands of tiny chunks take their time; a fast peer would never let the loop go.
            await asyncio.sleep(0)
        data = await connection.receive()
        if not data:
            return False
        if not connection.heard.startswith(_FIRST[: len(connection.heard)]):
            # Another protocol often waits for our next line: there is nothing to wait for.
            raise self._malformed("no status line")
        found = self._found
        before = found.hints + len(found.body)
        try:
            found.parser.feed_data(data)
        except HttpParserError as error:
            found.fault = printable(str(error), _WHY_LIMIT)
        self._unfinished = (
            self._unfinished + len(data) if found.hints + len(found.body) == before else 0
        )
        return True

    def _hold_to_limits(self) -> None:
        if self._found.hints > HINTS_LIMIT:
            raise self._too_much(f"{HINTS_LIMIT} interim responses")
        if max(self._found.size, self._unfinished - CHUNK) > HEAD_LIMIT:
            raise self._too_much(f"{HEAD_LIMIT // 1024} KiB of headers")

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


class _Found:
    """What llhttp finds, as it finds it. `status` is the final one's; `size` is its head's."""

    __slots__ = ("body", "fault", "headers", "hints", "parser", "size", "status", "whole")

    def __init__(self) -> None:
        self.parser = HttpResponseParser(self)
        # As common in small devices, and ambiguous to nobody who reads one answer only.
        self.parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_data_after_close=True,
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
        )
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.fault: str | None = None
        self.size = self.hints = 0
        self.whole = False

    def on_message_begin(self) -> None:
        if self.status is None:
            self.headers, self.size = [], 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.status is None:  # a trailer is none of the head's
            self.size += len(name) + len(value) + 3
            self.headers.append((name.lower(), value.strip()))
            if b"\0" in value:
                self.fault = "NUL in a header"

    def on_headers_complete(self) -> None:
        status = self.parser.get_status_code()
        if self.status is None and self.fault is None:
            if status >= _FINAL or status == _SWITCHES:
                self.status = status
            else:
                self.hints += 1

    def on_body(self, data: bytes) -> None:
        if not self.whole:
            self.body += data

    def on_message_complete(self) -> None:
        self.whole = self.status is not None

    def forget(self) -> None:
        """Let go of the parser, which holds on to this: nothing waits for the garbage collector."""
        del self.parser


def _written(request: Request) -> bytes:
    """Write a request. Raises ValueError for what would say something else on the wire."""
    lines = [f"{request.method} {request.path}"]
    if not _LINE.fullmatch(lines[0]):
        raise ValueError("a request line has two words of printable ASCII")
    lines[0] += " HTTP/1.1"
    for name, value in request.headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError("a header is a token and a line of printable ASCII")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + request.body


def _framed(head: Answer) -> bool:
    """Tell whether an answer says itself where it ends (RFC 9112, 6.3)."""
    return bool(_coding(head) or head.values(b"content-length"))


def _coding(head: Answer) -> bytes:
    return b",".join(head.values(b"transfer-encoding")).strip().lower()
