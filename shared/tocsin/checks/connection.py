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
from tocsin.checks.certificate import Shown, read
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.handshake import (
    DAY,
    broken,
    counted,
    expires_soon,
    failed,
    refused,
    speaks_tls,
)
from tocsin.checks.sockets import failure, readable, received
from tocsin.checks.tls import Trust
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.target import Tls

LIMIT: Final = 256 * 1024
"""Bytes that are read from one connection, unless a check asks for another limit."""
CHUNK: Final = 16 * 1024
_HANDSHAKE_LIMIT: Final = 256 * 1024
_TLS_FACTOR: Final = 4
"""Bytes on the wire for one that is read: every tiny chunk may come in a record of its own."""
_HEARD: Final = 256
_VERSIONS: Final = {
    "TLSv1": "TLS 1.0",
    "TLSv1.1": "TLS 1.1",
    "TLSv1.2": "TLS 1.2",
    "TLSv1.3": "TLS 1.3",
}


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
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._attempt = attempt
        self._limit = limit
        self._shown: Shown | None = None
        self._hello = b""
        self._version = ""
        self._tls: ssl.SSLObject | None = None
        self._incoming: ssl.MemoryBIO
        self._outgoing: ssl.MemoryBIO
        self._on_wire = 0
        self._answered = False
        self._sent = False

    @property
    def exhausted(self) -> bool:
        """Whether all that may be read has been read."""
        return self.received >= self._limit

    def allow(self, size: int) -> None:
        """Let so many bytes be read in all, where that is more than before."""
        self._limit = max(self._limit, size)

    @property
    def secured(self) -> str | None:
        """Say in what way TLS protects it and for how long; None without TLS."""
        if self._tls is None:
            return None
        text = _VERSIONS.get(self._version, self._version)
        if self._shown is None:
            return text
        left = self._shown.certificate.expires_at - self._attempt.clock()
        return f"{text}, certificate valid for {counted(left, 'more ')}"

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        if self._sent:
            self._hurry()
        self._sent = True
        self._attempt.enter("send", self._stuck_sending)
        self._answered = False
        try:
            if self._tls is None:
                await self._loop.sock_sendall(self._sock, data)
            else:
                await self._through(partial(self._tls.write, data))
        except ssl.SSLError as error:
            raise broken(error, self.where) from None
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
        if data and not self._answered:
            self._attempt.enter("transfer", self.late)
            self._answered = True
        return data

    async def quiet(self, seconds: float) -> bool:
        """Tell whether the peer says nothing for so long; what it says is left to `receive`."""
        if self._tls is not None and self._tls.pending():
            return False
        return not await readable(self._sock, self._loop.time() + seconds)

    def part(self, data: bytes) -> None:
        """Send a last word, as much of it as goes at once: nobody waits for its answer."""
        with suppress(OSError):  # ssl.SSLError is one
            if self._tls is None:
                self._sock.send(data)
            else:
                self._tls.write(data)
                self._farewell()

    async def start_tls(self, host: str, trust: Trust, *, unread: bytes = b"") -> None:
        """Turn to TLS, at the start or after words in clear, and verify the certificate.

        `host`, or the name in the rules, is sent (unless an address) and must be the certificate's.
        `unread` is what came in clear and was not looked at before the peer agreed to TLS: anybody
        may have put it there, and who takes it for the first words under TLS is deceived (CVE-2011-
        0411), so any of it is a failure; what comes in clear later is found here. The attempt
        notes the certificate, a refused one too. Raises CheckFailedError.
        """
        self._attempt.enter("tls", self._stuck_in_handshake)
        if unread:
            raise self._spoke_on(unread)
        name = trust.name(host)
        self._hurry()
        try:
            self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = trust.context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        except ValueError as error:
            text = f"{name} cannot be named in TLS: {error}"
            raise CheckFailedError(Layer.TLS, Reason.TLS_HANDSHAKE, text) from None
        await self._shake_hands(tls, trust, name)
        self._tls = tls
        self._version = tls.version() or ""
        self._answered = False
        self._attempt.leave()
        if self._shown is not None:
            self._accept(self._shown, trust.rules)

    async def _shake_hands(self, tls: ssl.SSLObject, trust: Trust, name: str) -> None:
        try:
            await self._through(tls.do_handshake, heavy=True)
            self._shown = _seen(tls)
            if trust.judge is not None:
                async with self._attempt.turn():
                    trust.verify(tls, name, self._shown)
        except ssl.SSLEOFError:
            text = f"{self.where} closed the connection during the TLS handshake"
            raise CheckFailedError(Layer.TLS, Reason.CLOSED, text) from None
        except ssl.SSLCertVerificationError as error:
            self._farewell()
            shown = _seen(tls)
            self._attempt.refused = shown.certificate if shown else None
            now = self._attempt.clock()
            raise refused(error, self.where, name, shown, now) from None
        except ssl.SSLError as error:
            self._farewell()
            raise failed(error, self.where, self._hello, trust.rules.minimum) from None
        except ConnectionResetError:
            text = f"{self.where} reset the connection during the TLS handshake"
            raise CheckFailedError(Layer.TLS, Reason.RESET, text) from None
        except OSError as error:
            self.layer = Layer.TLS
            raise self._broken(error) from None

    def _accept(self, shown: Shown, rules: Tls) -> None:
        """Note a good certificate, and hold it to the days that it should have left."""
        left = shown.certificate.expires_at - self._attempt.clock()
        if rules.fail_days is not None and left < rules.fail_days * DAY:
            self._attempt.refused = shown.certificate
            raise expires_soon(self.where, shown, left, rules.fail_days)
        if rules.warn_days is not None and left < rules.warn_days * DAY:
            self._attempt.warning = Reason.CERTIFICATE_EXPIRES_SOON
        # Of several hops or addresses, the one that needs somebody first.
        noted = self._attempt.certificate
        if noted is None or shown.certificate.expires_at < noted.expires_at:
            self._attempt.certificate = shown.certificate

    async def endures(self, seconds: float) -> None:
        """Wait a moment, and fail where the peer has dropped the connection by then.

        Costs one timer and one system call: the socket is looked at, not waited for.
        """
        await self._attempt.pause(seconds)
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
                return await received(self._sock, size)
            return await self._through(partial(self._tls.read, size))
        except ssl.SSLEOFError:
            self.cut_short = True
            return b""
        except ssl.SSLError as error:
            raise broken(error, self.where) from None
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
            data = await received(self._sock, CHUNK)
            if self._tls is None and not self._on_wire:
                self._greeted(data)
            self._on_wire += len(data)
            limit = _HANDSHAKE_LIMIT if self._tls is None else _TLS_FACTOR * self._limit
            if self._on_wire > limit:
                text = f"{self.where} sent more than {limit // 1024} KiB of TLS records"
                raise CheckFailedError(Layer.TLS, Reason.TOO_MUCH_DATA, text)
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    def _greeted(self, data: bytes) -> None:
        """Look at the peer's first bytes; where it has talked in clear, it may go on so."""
        self._hello = data[:_HEARD]
        if self.received and not speaks_tls(data):
            raise self._spoke_on(data)

    def _spoke_on(self, data: bytes) -> CheckFailedError:
        text = f"{self.where} sent more in clear after it had agreed to TLS: {quoted(data)}"
        return CheckFailedError(Layer.TLS, Reason.UNEXPECTED_REPLY, text)

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

    def _hurry(self) -> None:
        """Have small pieces sent at once.

        Else one waits until that before it is acknowledged, which its peer may put off (RFC 896
        against RFC 1122, 4.2.3.2): 40 ms that are nobody's fault.
        """
        with suppress(OSError):
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _stuck_sending(self) -> CheckFailedError:
        text = f"{self.where} did not take what was sent within {self._time()}"
        return CheckFailedError(self.layer, Reason.TIMEOUT, text)

    def _stuck_in_handshake(self) -> CheckFailedError:
        if not self._on_wire:
            agreed = "agreed to TLS" if self.received else "accepted the connection"
            text = f"{self.where} {agreed}, then did not answer the TLS handshake"
            return CheckFailedError(Layer.TLS, Reason.SILENT, f"{text} within {self._time()}")
        text = f"{self.where} did not finish the TLS handshake within {self._time()}"
        return CheckFailedError(Layer.TLS, Reason.TIMEOUT, text)

    def _time(self) -> str:
        return spoken(self._attempt.patience)


def _seen(tls: ssl.SSLObject) -> Shown | None:
    """Read the certificate of the peer, also after its refusal."""
    sent = tls.get_unverified_chain()
    try:
        return read(sent[0]) if sent else None
    except ValueError:
        return None
