"""A fixed number of places, handed from one to the next in the order of asking.

`asyncio.Semaphore` looks through those it has woken already at every release, which with thousands
waiting costs more than a check does.
"""

import asyncio
from collections import deque


class Slots:
    """An asynchronous context manager that at most `count` are inside of."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it had just been given its place
                self._leave()
            raise

    async def __aexit__(self, *_error: object) -> None:
        self._leave()

    def _leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
