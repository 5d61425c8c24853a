"""The questions of one zone check: few at a time, each with a patience of its own, all counted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from dns.name import Name
from dns.rdatatype import RdataType

from tocsin.checks.attempt import Attempt, spoken
from tocsin.checks.dial import Dialer
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.nameserver import Nameserver
from tocsin.checks.slots import Slots
from tocsin.checks.wire import Answer, question
from tocsin.domain.outcome import Layer, Reason
from tocsin.domain.target import Family

MOST: Final = 240
"""Questions of one attempt, whatever the zone's servers say."""
WIDTH: Final = 4
"""Questions that are under way at once, each with a socket."""
PATIENCE: Final = 1.6
"""Seconds for one server to answer one question, in which it is asked four times."""


class Asking:
    """Asks servers of a zone, all at one port, and the resolver."""

    def __init__(
        self,
        dialer: Dialer,
        attempt: Attempt,
        *,
        resolver: Nameserver | None,
        port: int,
        family: Family,
    ) -> None:
        self.count = 0
        """Questions that were asked, each address of a name counted as the two that it takes."""
        self._dialer = dialer
        self._attempt = attempt
        self._resolver = resolver
        self._port = port
        self._family = family
        self._slots = Slots(WIDTH)

    async def server(
        self,
        address: str,
        name: Name,
        kind: RdataType,
        *,
        dnssec: bool = True,
        whole: bool = False,
        nsid: bool = False,
    ) -> Answer:
        """Ask an authoritative server. Raises CheckFailedError."""
        asked = question(name, kind, recursive=False, dnssec=dnssec, whole=whole, nsid=nsid)
        to = Nameserver(address, self._port)
        async with self._slots, self._attempt.processor.questions:
            self._note(1)
            patience = min(PATIENCE, self._attempt.left() / 2)
            answer, _ = await self._dialer.ask(self._attempt, asked, to, patience=patience)
        return answer

    async def resolver(self, name: Name, kind: RdataType) -> Answer:
        """Ask the resolver, without validation: what is bogus is judged here."""
        async with self._slots, self._attempt.processor.questions:
            self._note(1)
            asked = question(name, kind, unchecked=True)
            async with self._patience(name):
                answer, _ = await self._dialer.ask(self._attempt, asked, self._resolver)
        return answer

    async def addresses(self, name: Name) -> list[str]:
        """Find the addresses of a name, those that may be dialled. Raises CheckFailedError."""
        async with self._slots, self._attempt.processor.questions:
            self._note(2 if self._family is Family.ANY else 1)
            host = name.to_text(omit_final_dot=True)
            servers = None if self._resolver is None else (self._resolver,)
            async with self._patience(name):
                found = await self._dialer.resolve(
                    self._attempt, host, self._family, every=True, servers=servers
                )
        return list(found)

    @asynccontextmanager
    async def _patience(self, name: Name) -> AsyncIterator[None]:
        """Give the resolver half of what is left, so that one dead name does not take it all."""
        seconds = self._attempt.left() / 2
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            text = f"the resolver did not find {name} within {spoken(seconds)}"
            raise CheckFailedError(Layer.DNS, Reason.DNS_TIMEOUT, text) from None

    def _note(self, questions: int) -> None:
        self.count += questions
        if self.count > MOST:
            text = f"the servers of the zone lead to more than {MOST} questions"
            raise CheckFailedError(Layer.DNS, Reason.TOO_MUCH_DATA, text)
