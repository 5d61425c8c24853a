"""An open connection, plain or under TLS: bounded reads, exact phases, errors told apart.

No operation has a timeout of its own: the attempt's one deadline governs, and the connection can
say at any moment what it was waiting for.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from typing import Final

from tocsin.checks.attempt import Attempt, spoken
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.sockets import failure
from tocsin.checks.tls import fault
from tocsin.domain.outcome import Layer, Reason

LIMIT: Final = 256 * 1024
"""Bytes that are read from one connection, unless a check asks for another limit."""
CHUNK: Final = 16 * 1024
_HANDSHAKE_LIMIT: Final = 256 * 1024
_TLS_LIMIT: Final = 1024 * 1024
"""Bytes on the wire under TLS, where every tiny chunk may come in a record of its own."""
_HEARD: Final = 256


class Connection:
    """What a check talks through. `layer` is where a failure from now on belongs."""

    def __init__(
        self, sock: socket.socket, attempt: Attempt, *, where: str, layer: Layer, limit: int = LIMIT
    ) -> None:
        self.layer = layer
        self.where = where
        self.heard = b""
        self.received = 0
        self.cut_short = False
        """Whether TLS ended without a word (close_notify), so that more may have been meant."""
        self.certificate_expiry: float | None = None
        """The end of the peer's certificate as a POSIX time; None without TLS."""
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._attempt = attempt
        self._limit = limit
        self._host = where
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._on_wire = 0
        self._answered = False

    @property
    def exhausted(self) -> bool:
        """Whether all that may be read has been read."""
        return self.received >= self._limit

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        self._attempt.enter("send", self._stuck_sending)
        self._answered = False
        try:
            if self._tls is None:
                await self._loop.sock_sendall(self._sock, data)
            else:
                await self._through(partial(self._tls.write, data))
        except ssl.SSLError as error:
            raise fault(error, self._host, self.where) from None
        except OSError as error:
            raise self._broken(error) from None
        self._attempt.leave()

    async def receive(self, size: int = CHUNK) -> bytes:
        """Read what is there, at most `size` bytes; nothing at all means the peer has ended.

        Raises CheckFailedError (TOO_MUCH_DATA) where the limit was reached before.
        """
        if self.exhausted:
            text = f"{self.where} sent more than {self._limit // 1024} KiB"
            raise CheckFailedError(self.layer, Reason.TOO_MUCH_DATA, text)
        if not self._answered:
            self._attempt.enter("first_byte", self.late)
        data = await self._pull(min(size, self._limit - self.received))
        self.received += len(data)
        if len(self.heard) < _HEARD:
            self.heard += data[: _HEARD - len(self.heard)]
        if not self._answered:
            self._attempt.enter("transfer", self.late)
            self._answered = True
        return data

    async def start_tls(self, host: str, context: ssl.SSLContext) -> None:
        """Turn to TLS; `host` is sent (unless an address) and is what the certificate must bear."""
        self._attempt.enter("tls", self._stuck_in_handshake)
        self._host = host
        try:
            tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        except ValueError as error:
            text = f"{host} cannot be named in TLS: {error}"
            raise CheckFailedError(Layer.TLS, Reason.TLS_HANDSHAKE, text) from None
        try:
            await self._through(tls.do_handshake, heavy=True)
        except ssl.SSLEOFError:
            text = f"{self.where} closed the connection during the TLS handshake"
            raise CheckFailedError(Layer.TLS, Reason.CLOSED, text) from None
        except ssl.SSLError as error:
            self._farewell()
            raise fault(error, host, self.where) from None
        except OSError as error:
            self.layer = Layer.TLS
            raise self._broken(error) from None
        self._tls = tls
        self.certificate_expiry = _expiry(tls)
        self._attempt.leave()

    async def endures(self, seconds: float) -> None:
        """Wait a moment, and fail where the peer has dropped the connection by then.

        Costs one timer and one system call: the socket is looked at, not waited for.
        """
        await asyncio.sleep(seconds)
        try:
            if self._sock.recv(1, socket.MSG_PEEK):
                return
        except BlockingIOError:
            return
        except OSError as error:
            raise self._broken(error) from None
        raise self.ended()

    def ended(self) -> CheckFailedError:
        """Say that the peer closed before it had said what it should."""
        return CheckFailedError(self.layer, Reason.CLOSED, f"{self.where} {self._story('closed')}")

    def late(self) -> CheckFailedError:
        """Say that the peer did not answer, or not to the end, in time."""
        if not self.heard:
            text = f"{self.where} accepted the connection, then said nothing within {self._time()}"
            return CheckFailedError(self.layer, Reason.SILENT, text)
        text = f"{self.where} did not finish within {self._time()}; it said {quoted(self.heard)}"
        return CheckFailedError(self.layer, Reason.TIMEOUT, text)

    def close(self) -> None:
        """Close, with a word of goodbye under TLS; never waits."""
        if self._tls is not None:
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._farewell()
        self._sock.close()
        self._attempt.leave()

    async def _pull(self, size: int) -> bytes:
        try:
            if self._tls is None:
                return await self._loop.sock_recv(self._sock, size)
            return await self._through(partial(self._tls.read, size))
        except ssl.SSLEOFError:
            self.cut_short = True
            return b""
        except ssl.SSLError as error:
            raise fault(error, self._host, self.where) from None
        except OSError as error:
            raise self._broken(error) from None

    async def _through[T](self, step: Callable[[], T], *, heavy: bool = False) -> T:
        """Repeat a step of TLS, with bytes carried to and fro, until it is done."""
        while True:
            try:
                async with self._attempt.turn() if heavy else nullcontext():
                    result = step()
            except ssl.SSLWantReadError:
                await self._flush()
            else:
                await self._flush()
                return result
            data = await self._loop.sock_recv(self._sock, CHUNK)
            self._on_wire += len(data)
            limit = _HANDSHAKE_LIMIT if self._tls is None else _TLS_LIMIT
            if self._on_wire > limit:
                text = f"{self.where} sent more than {limit // 1024} KiB of TLS records"
                raise CheckFailedError(Layer.TLS, Reason.TOO_MUCH_DATA, text)
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._sock, self._outgoing.read())

    def _farewell(self) -> None:
        """Send the alert that TLS has prepared, if the socket takes it at once."""
        with suppress(OSError):
            self._sock.send(self._outgoing.read())

    def _broken(self, error: OSError) -> CheckFailedError:
        if isinstance(error, ConnectionResetError):
            text = f"{self.where} {self._story('reset')}"
            return CheckFailedError(self.layer, Reason.RESET, text)
        if isinstance(error, TimeoutError):
            text = f"{self.where} stopped answering in the middle of the connection"
            return CheckFailedError(self.layer, Reason.TIMEOUT, text)
        return failure(error.errno, self.where, self.layer)

    def _story(self, verb: str) -> str:
        if self.heard:
            return f"{verb} the connection after it had said {quoted(self.heard)}"
        return f"accepted the connection, then {verb} it without a word"

    def _stuck_sending(self) -> CheckFailedError:
        text = f"{self.where} did not take what was sent within {self._time()}"
        return CheckFailedError(self.layer, Reason.TIMEOUT, text)

    def _stuck_in_handshake(self) -> CheckFailedError:
        if not self._on_wire:
            text = f"{self.where} accepted the connection, then did not answer the TLS handshake"
            return CheckFailedError(Layer.TLS, Reason.SILENT, f"{text} within {self._time()}")
        text = f"{self.where} did not finish the TLS handshake within {self._time()}"
        return CheckFailedError(Layer.TLS, Reason.TIMEOUT, text)

    def _time(self) -> str:
        return spoken(self._attempt.limit)


def _expiry(tls: ssl.SSLObject) -> float | None:
    shown = tls.getpeercert()
    expiry = shown.get("notAfter") if shown else None
    return float(ssl.cert_time_to_seconds(expiry)) if isinstance(expiry, str) else None
