"""The way to one DNS server for the questions of an attempt, whatever it is asked over."""

import math
from types import TracebackType
from typing import Final, Self

import dns.entropy
from dns.rcode import Rcode

from tocsin import __version__
from tocsin.checks.attempt import Attempt
from tocsin.checks.connection import Connection
from tocsin.checks.dial import Dialer
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.message import Answer as HttpAnswer
from tocsin.checks.message import Exchange, Extent, Request
from tocsin.checks.nameserver import PORTS, Nameserver, Transport, framed
from tocsin.checks.sockets import endpoint
from tocsin.checks.wire import Answer, Question, WireError, read
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.target import Tls

_MOST: Final = 0xFFFF
"""Bytes of a DNS message (RFC 1035, 4.2.2)."""
_LENGTH: Final = 2
"""Bytes before each message that say how long it is."""
_MEDIA_TYPE: Final = "application/dns-message"
_ALPN: Final = {Transport.TLS: "dot", Transport.HTTPS: "http/1.1"}


class Channel:
    """Asks one server, or the system's where that is None; a context, at whose end it hangs up.

    A plain server has `patience` seconds for a question, all others what is left of the attempt. A
    connection is kept from one question to the next, but for HTTP.
    """

    def __init__(
        self,
        dialer: Dialer,
        attempt: Attempt,
        server: Nameserver | None,
        *,
        tls: Tls | None = None,
        patience: float = math.inf,
    ) -> None:
        self.server = "the system's resolver" if server is None else str(server)
        """Who answered last, or is asked first."""
        self._dialer = dialer
        self._attempt = attempt
        self._to = server
        self._patience = patience
        self._connection: Connection | None = None
        # Before a connection is open: the first context of a process reads all authorities.
        self._trust = (
            dialer.trust(tls, _ALPN[server.transport])
            if server is not None and server.transport in _ALPN
            else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hang_up()

    async def ask(self, question: Question) -> Answer:
        """Put a question. Raises CheckFailedError."""
        server = self._to
        if server is None or server.transport is Transport.UDP:
            answer, answered = await self._dialer.ask(
                self._attempt, question, server, patience=self._patience
            )
            self.server = str(answered)
            return answer
        answer = await self._heard(server, question)
        if answer.rcode is Rcode.FORMERR:
            # A server from before RFC 6891 (1999) does not know the option.
            answer = await self._heard(server, question, edns=False)
        if answer.truncated:
            raise self._malformed("its answer is cut short though it did not have to be")
        return answer

    async def _heard(self, server: Nameserver, question: Question, *, edns: bool = True) -> Answer:
        # Zero over HTTP, so that what stores answers can tell the same question (RFC 8484, 4.1).
        over_http = server.transport is Transport.HTTPS
        number = 0 if over_http else dns.entropy.random_16()
        carried = self._over_http if over_http else self._over_stream
        data = await carried(server, question.wire(number, edns=edns))
        try:
            return read(data, number, question)
        except WireError as error:
            raise self._malformed(str(error)) from None

    async def _over_stream(self, server: Nameserver, message: bytes) -> bytes:
        kept = self._connection is not None
        try:
            return await self._exchanged(await self._connected(server), message)
        except CheckFailedError as failure:
            # It may end an idle connection whenever it likes (RFC 7766, 6.2.3).
            if not kept or failure.reason not in {Reason.CLOSED, Reason.RESET}:
                raise
        self._hang_up()
        return await self._exchanged(await self._connected(server), message)

    async def _exchanged(self, connection: Connection, message: bytes) -> bytes:
        # Each answer may be as long as any, and is spoken of alone, however many came before.
        connection.allow(connection.received + _LENGTH + _MOST)
        connection.heard = b""
        await connection.send(framed(message))
        data = bytearray()
        while len(data) < _LENGTH or len(data) < _LENGTH + int.from_bytes(data[:_LENGTH]):
            part = await connection.receive()
            if not part:
                raise connection.ended()
            data += part
        if len(data) > _LENGTH + int.from_bytes(data[:_LENGTH]):
            raise self._malformed("its answer cannot be read (something follows it)")
        return bytes(data[_LENGTH:])

    async def _over_http(self, server: Nameserver, message: bytes) -> bytes:
        said = {
            "host": _authority(server),
            "user-agent": f"tocsin/{__version__}",
            "accept": _MEDIA_TYPE,
            "accept-encoding": "identity",
            "content-type": _MEDIA_TYPE,
            "content-length": str(len(message)),
            "connection": "close",
        }
        request = Request(
            method="POST", path=server.path or "/", headers=tuple(said.items()), body=message
        )
        connection = await self._connected(server)
        with Exchange(connection) as exchange:
            answer = await exchange.ask(request)
            self._hold_to_http(answer)
            answer = await exchange.body(answer, _MOST)
        self._hang_up()
        if answer.extent is not Extent.WHOLE:
            raise self._malformed("its answer is longer than any of DNS, or was cut")
        return answer.body

    def _hold_to_http(self, answer: HttpAnswer) -> None:
        if answer.status != 200:  # noqa: PLR2004 - OK
            text = f"{self.server} answered with status {answer.status}, expected 200"
            raise CheckFailedError(Layer.HTTP, Reason.STATUS_NOT_EXPECTED, text)
        kind = b", ".join(answer.values(b"content-type"))
        if kind.partition(b";")[0].strip().lower() != _MEDIA_TYPE.encode():
            text = f"{self.server} answered with {quoted(kind)}, expected {_MEDIA_TYPE}"
            raise CheckFailedError(Layer.HTTP, Reason.CONTENT_NOT_EXPECTED, text)

    async def _connected(self, server: Nameserver) -> Connection:
        if self._connection is None:
            layer = Layer.HTTP if server.transport is Transport.HTTPS else Layer.DNS
            connection = await self._dialer.dial(
                self._attempt, server.address, server.port, layer=layer
            )
            self._connection = connection
            if self._trust is not None:
                await connection.start_tls(server.address, self._trust)
        return self._connection

    def _malformed(self, why: str) -> CheckFailedError:
        text = f"DNS server {self.server}: {why}"
        return CheckFailedError(Layer.DNS, Reason.DNS_MALFORMED, text)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _authority(server: Nameserver) -> str:
    where = endpoint(server.address, server.port)
    return where.removesuffix(f":{PORTS[server.transport]}")
