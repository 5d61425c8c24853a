"""The way to a target: resolve, refuse what this location may not reach, connect to exactly that.

An address is judged after resolving and dialled as it was judged, so no DNS answer, however it
changes between two looks, leads anywhere else. Each redirect passes here again.
"""

import asyncio
import math
import socket
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from dns.name import Name
from dns.rdatatype import RdataType

from tocsin.checks import resolve
from tocsin.checks.attempt import Attempt, spoken
from tocsin.checks.connection import Connection
from tocsin.checks.failure import ABSTAINING, CheckFailedError
from tocsin.checks.lastgood import LastGood
from tocsin.checks.nameserver import Inquiry, Nameserver, from_resolv_conf
from tocsin.checks.sockets import canonical, connect, endpoint, handshake_ms, opened
from tocsin.checks.tls import Trust, trust
from tocsin.checks.wire import Answer, Question
from tocsin.domain.egress import Egress, refusal
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.target import Family, Tls

RESOLV_CONF: Final = Path("/etc/resolv.conf")
type Failures = list[tuple[str, CheckFailedError]]


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
        self.last_good = LastGood()
        self.suspects: dict[ZoneTarget, frozenset[tuple[Name, RdataType]]] = {}
        """Of each zone the records that differed when they were compared last."""

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

        async def connect(address: str, sharers: int) -> Connection:
            return await self.connect(attempt, address, port, layer=layer, sharers=sharers)

        return await in_turn(attempt, await self.resolve(attempt, host, family), connect, [])

    async def connect(
        self,
        attempt: Attempt,
        address: str,
        port: int,
        *,
        layer: Layer = Layer.PROTOCOL,
        sharers: int = 1,
    ) -> Connection:
        """Connect to an address that `resolve` gave; the connection is the caller's to close.

        The time that is left is for so many `sharers`: a dead address leaves the next one some.
        """
        attempt.address = address
        where = endpoint(address, port)
        attempt.enter("connect", partial(_gave_up, attempt, where))
        sock = opened(socket.SOCK_STREAM, address, self._source)
        share, until = 0.0, None
        if sharers > 1:
            share = attempt.left() / sharers
            until = asyncio.get_running_loop().time() + share
        connected = False
        try:
            connected = await connect(sock, address, port, attempt.processor, until)
        finally:
            if not connected:
                sock.close()
        if not connected:
            raise _no_answer(where, share)
        attempt.leave(handshake_ms(sock))
        return Connection(sock, attempt, where=where, layer=layer)

    async def resolve(
        self,
        attempt: Attempt,
        host: str,
        family: Family,
        *,
        every: bool = False,
        servers: Sequence[Nameserver] | None = None,
    ) -> tuple[str, ...]:
        """Give the addresses of a host, those that are allowed here; ask `servers` if not our own.

        Raises CheckFailedError.

        What the file itself says and this location may not dial is no fault of the target; what the
        target's own name says is.
        """
        if (literal := canonical(host)) is not None:
            self._permit(attempt, literal, "")
            return (literal,)
        if local := resolve.loopback(host, family):
            self._permit(attempt, local[0], f"{host} leads to ")
            return local
        inquiry = Inquiry(attempt, servers or self._servers())
        found = await resolve.addresses(inquiry, host, family, every=every)
        attempt.leave()
        refused = {address: why for address in found if (why := refusal(address, self._egress))}
        if len(refused) == len(found):
            text = f"{host} leads only to what a {self._egress} location does not dial: "
            raise CheckFailedError(Layer.DNS, Reason.NO_ADDRESS, text + ", ".join(refused.values()))
        return tuple(address for address in found if address not in refused)

    async def ask(
        self,
        attempt: Attempt,
        question: Question,
        server: Nameserver | None,
        *,
        patience: float = math.inf,
    ) -> tuple[Answer, Nameserver]:
        """Put one question to a named server, or to the system's; tell who answered.

        A named one has `patience` seconds. Raises CheckFailedError.
        """
        if server is not None:
            self._permit(attempt, server.address, "")
            attempt.address = server.address
            # The system's servers belong to the machine, a named one is what is being watched.
            inquiry = Inquiry(attempt, (server,), self._source, patience=patience)
        else:
            inquiry = Inquiry(attempt, self._servers())
        (answer,) = await inquiry.ask(question)
        attempt.leave()
        if answer is None or inquiry.answered is None:
            raise inquiry.unanswered()
        return answer, inquiry.answered

    def trust(self, rules: Tls | None, *alpn: str) -> Trust:
        """Say whom to trust by these rules, or by the default ones.

        Made before dialling, since the first of a process reads all authorities. Raises
        CheckFailedError where the authority in the rules cannot be read.
        """
        return trust(rules or Tls(), self._ca_file, alpn)

    @property
    def source(self) -> str | None:
        """The local address that is dialled from, where one was given."""
        return self._source

    def permits(self, address: str) -> bool:
        """Tell whether an address may be dialled from here."""
        return refusal(address, self._egress) is None

    def _servers(self) -> tuple[Nameserver, ...]:
        return self._nameservers or from_resolv_conf(self._resolv_conf)

    def _permit(self, attempt: Attempt, address: str, via: str) -> None:
        if (why := refusal(address, self._egress)) is None:
            return
        attempt.address = address
        text = f"{via}{why}, which a {self._egress} location does not dial"
        raise CheckFailedError(Layer.CONNECT, Reason.FORBIDDEN_ADDRESS, text)


async def in_turn[T](
    attempt: Attempt,
    addresses: Sequence[str],
    go: Callable[[str, int], Awaitable[T]],
    failures: Failures,
) -> T:
    """Give what `go` makes of the first address that it does not fail at; note the others.

    `go` is told how many addresses share the time that is left. Raises CheckFailedError, which
    tells of every address when several fail.
    """
    for position, address in enumerate(addresses):
        try:
            return await go(address, len(addresses) - position)
        except CheckFailedError as failure:
            failures.append((address, failure.kept()))
        except asyncio.CancelledError:
            # Should this be the deadline, what failed before is told as well.
            failures.append((address, attempt.stuck()))
            attempt.stuck = partial(summary, attempt, failures)
            raise
    raise summary(attempt, failures)


def _gave_up(attempt: Attempt, where: str) -> CheckFailedError:
    return _no_answer(where, attempt.patience)


def _no_answer(where: str, waited: timedelta | float) -> CheckFailedError:
    text = f"{where} did not answer within {spoken(waited)}"
    return CheckFailedError(Layer.CONNECT, Reason.CONNECT_TIMEOUT, text)


def summary(attempt: Attempt, failures: Failures) -> CheckFailedError:
    """Make one failure of those of all addresses: the first that speaks of the target leads."""
    if len(failures) == 1:
        return failures[0][1]
    leading = next((f for f in failures if f[1].reason not in ABSTAINING), failures[0])
    attempt.address, main = leading
    others = [f.evidence for address, f in failures if address != leading[0]]
    return CheckFailedError(main.layer, main.reason, "; ".join([main.evidence, *others]))
