"""A server on loopback that plays its part of an exchange, and minds what the client says."""

import asyncio
import ssl
from collections.abc import Sequence

from tests.integration.checks.servers import secured
from tests.services.exchange import Hears, Says, Secures, Turn

PATIENCE = 5.0


class Peer:
    """Plays the turns on each connection; `complaint` is what the last client got wrong.

    `dripping` says every byte by itself, `leaving` closes when all is said.
    """

    def __init__(
        self,
        turns: Sequence[Turn],
        *,
        tls: ssl.SSLContext | None = None,
        dripping: bool = False,
        leaving: bool = False,
    ) -> None:
        self.complaint: str | None = None
        self._leaving = leaving
        self._turns = turns
        self._tls = tls
        self._dripping = dripping
        self._over = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.complaint = "left before the end"
        try:
            for turn in self._turns:
                await self._take(turn, reader, writer)
            rest = b"" if self._leaving else await reader.read()
            self.complaint = f"said more than was asked for: {rest!r}" if rest else None
        except AssertionError as error:
            self.complaint = f"said what makes no sense: {error}"
        finally:
            self._over.set()

    async def over(self) -> str | None:
        """Wait for the end of the exchange, and give what was wrong with it."""
        await asyncio.wait_for(self._over.wait(), PATIENCE)
        return self.complaint

    async def _take(
        self, turn: Turn, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match turn:
            case Says(data):
                await self._say(data, writer)
            case Hears(reads):
                await reads(reader)
            case Secures():
                assert self._tls is not None
                await secured(reader, writer, self._tls)

    async def _say(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        pieces = [data[at : at + 1] for at in range(len(data))] if self._dripping else [data]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            # The client, in the same loop, reads before the next one is written.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
