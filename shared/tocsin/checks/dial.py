"""The way to a target: resolve, refuse what this location may not reach, connect to exactly that.

An address is judged after resolving and dialled as it was judged, so no DNS answer, however it
changes between two looks, leads anywhere else. Each redirect passes here again.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from dns.message import Message

from tocsin.checks import resolve
from tocsin.checks.attempt import Attempt, spoken
from tocsin.checks.connection import Connection
from tocsin.checks.failure import ABSTAINING, CheckFailedError
from tocsin.checks.nameserver import Inquiry, Nameserver, from_resolv_conf
from tocsin.checks.sockets import canonical, connect, endpoint, handshake_ms, opened
from tocsin.checks.tls import client_context
from tocsin.domain.egress import Egress, refusal
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.target import Family

RESOLV_CONF: Final = Path("/etc/resolv.conf")
type _Failures = list[tuple[str, CheckFailedError]]


class Dialer:
    """The only maker of connections; bound to no event loop, so one serves many ticks.

    `source` is the local address to dial from. `nameservers` replace those of `resolv_conf`, which
    is read anew at each look-up. `ca_file` replaces the authorities of certifi.
    """

    def __init__(
        self,
        *,
        egress: Egress,
        source: str | None = None,
        nameservers: Sequence[Nameserver] | None = None,
        resolv_conf: Path = RESOLV_CONF,
        ca_file: str | None = None,
    ) -> None:
        self._egress = egress
        self._source = source
        self._nameservers = tuple(nameservers) if nameservers is not None else None
        self._resolv_conf = resolv_conf
        self._ca_file = ca_file

    async def dial(
        self,
        attempt: Attempt,
        host: str,
        port: int,
        *,
        family: Family = Family.ANY,
        layer: Layer = Layer.PROTOCOL,
    ) -> Connection:
        """Connect to the first address that accepts; the connection is the caller's to close.

        Raises CheckFailedError, which tells of every address when several fail.
        """
        addresses = await self.resolve(attempt, host, family)
        failures: _Failures = []
        for position, address in enumerate(addresses):
            try:
                sock = await self._connect(attempt, address, port, failures, addresses[position:])
            except CheckFailedError as failure:
                failures.append((address, failure))
            else:
                where = endpoint(address, port)
                return Connection(sock, attempt, where=where, layer=layer)
        raise _summary(attempt, failures)

    async def resolve(self, attempt: Attempt, host: str, family: Family) -> tuple[str, ...]:
        """Give the addresses of a host, those that are allowed here. Raises CheckFailedError.

        What the file itself says and this location may not dial is no fault of the target; what the
        target's own name says is.
        """
        if (literal := canonical(host)) is not None:
            self._permit(attempt, literal, "")
            return (literal,)
        if local := resolve.loopback(host, family):
            self._permit(attempt, local[0], f"{host} leads to ")
            return local
        inquiry = Inquiry(attempt, self._servers())
        found = await resolve.addresses(inquiry, host, family)
        attempt.leave()
        refused = {address: why for address in found if (why := refusal(address, self._egress))}
        if len(refused) == len(found):
            text = f"{host} leads only to what a {self._egress} location does not dial: "
            raise CheckFailedError(Layer.DNS, Reason.NO_ADDRESS, text + ", ".join(refused.values()))
        return tuple(address for address in found if address not in refused)

    async def ask(self, attempt: Attempt, query: Message, server: Nameserver | None) -> Message:
        """Put one question to a named server, or to the system's. Raises CheckFailedError."""
        if server is not None:
            self._permit(attempt, server.address, "")
            attempt.address = server.address
            # The system's servers belong to the machine, a named one is what is being watched.
            inquiry = Inquiry(attempt, (server,), self._source)
        else:
            inquiry = Inquiry(attempt, self._servers())
        (answer,) = await inquiry.ask(query)
        attempt.leave()
        if answer is None:
            raise inquiry.unanswered()
        return answer

    def tls_context(self, *alpn: str) -> ssl.SSLContext:
        """Give the context that verifies against this dialer's authorities."""
        return client_context(self._ca_file, alpn)

    def _servers(self) -> tuple[Nameserver, ...]:
        return self._nameservers or from_resolv_conf(self._resolv_conf)

    def _permit(self, attempt: Attempt, address: str, via: str) -> None:
        if (why := refusal(address, self._egress)) is None:
            return
        attempt.address = address
        text = f"{via}{why}, which a {self._egress} location does not dial"
        raise CheckFailedError(Layer.CONNECT, Reason.FORBIDDEN_ADDRESS, text)

    async def _connect(
        self,
        attempt: Attempt,
        address: str,
        port: int,
        failures: _Failures,
        untried: Sequence[str],
    ) -> socket.socket:
        attempt.address = address
        attempt.enter("connect", partial(_gave_up, attempt, failures, address, port))
        sock = opened(socket.SOCK_STREAM, address, self._source)
        # Each gets its share of the time that is left: a dead one leaves the next some.
        share = attempt.left() / len(untried)
        until = asyncio.get_running_loop().time() + share if len(untried) > 1 else None
        connected = False
        try:
            connected = await connect(sock, address, port, until)
        finally:
            if not connected:
                sock.close()
        if not connected:
            raise _no_answer(address, port, share)
        attempt.leave(handshake_ms(sock))
        return sock


def _gave_up(attempt: Attempt, failures: _Failures, address: str, port: int) -> CheckFailedError:
    waited = attempt.limit.total_seconds()
    return _summary(attempt, [*failures, (address, _no_answer(address, port, waited))])


def _no_answer(address: str, port: int, waited: float) -> CheckFailedError:
    text = f"{endpoint(address, port)} did not answer within {spoken(waited)}"
    return CheckFailedError(Layer.CONNECT, Reason.CONNECT_TIMEOUT, text)


def _summary(attempt: Attempt, failures: _Failures) -> CheckFailedError:
    """Make one failure of all: the first that speaks of the target leads."""
    leading = next((f for f in failures if f[1].reason not in ABSTAINING), failures[0])
    attempt.address, main = leading
    others = [f.evidence for address, f in failures if address != leading[0]]
    return CheckFailedError(main.layer, main.reason, "; ".join([main.evidence, *others]))
