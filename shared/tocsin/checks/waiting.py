"""What the checks of one event loop wait for: sockets and moments, hundreds at once, for little.

asyncio watches a socket with two system calls and keeps a timer in a heap, and each of these runs
through a dozen functions of Python. Here a wait is one system call, and moments are rounded up so
that all within a GRAIN share one timer.
"""

import asyncio
import select
import socket
from collections.abc import Callable
from functools import partial
from typing import Final

GRAIN: Final = 0.005
"""Seconds by which a moment may be rounded up."""
READABLE: Final = select.EPOLLIN
WRITABLE: Final = select.EPOLLOUT

type Ring = Callable[[], None]
type Due = dict[Ring, None]
"""What rings at the same moment, in order; who is taken out of it does not."""


class Timers:
    """Coarse timers: never early, at most a GRAIN late where the loop is not."""

    def __init__(self) -> None:
        self._due: dict[int, Due] = {}

    def at(self, when: float, ring: Ring) -> Due:
        """Have `ring` called when the loop's clock shows `when`; pop it from the result to stop."""
        grains = int(when / GRAIN) + 1
        due = self._due.get(grains)
        if due is None:
            due = self._due[grains] = {}
            asyncio.get_running_loop().call_at(grains * GRAIN, self._ring, grains)
        due[ring] = None
        return due

    async def sleep(self, seconds: float) -> None:
        """Sleep so many seconds."""
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[bool] = loop.create_future()
        self.at(loop.time() + seconds, partial(_wake, woken, True))
        await woken

    def _ring(self, grains: int) -> None:
        for ring in list(self._due.pop(grains)):
            ring()


class Watch:
    """An epoll of its own, which the loop watches as if it were one socket.

    A socket is watched for one event at a time; closing it while nobody waits needs no call here.
    """

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._epoll = select.epoll()
        self._waiting: dict[int, asyncio.Future[bool]] = {}
        asyncio.get_running_loop().add_reader(self._epoll, self._look)

    def close(self) -> None:
        """Stop; nobody waits any longer."""
        asyncio.get_running_loop().remove_reader(self._epoll)
        self._epoll.close()

    async def ready(self, sock: socket.socket, event: int, until: float | None = None) -> bool:
        """Wait until the socket is ready; False once the loop's clock shows `until`.

        What has come by the time at which we look counts, however late we look. Raises OSError
        where it cannot be watched.
        """
        number = sock.fileno()
        woken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._arm(number, event | select.EPOLLONESHOT)
        self._waiting[number] = woken
        due = ring = None
        if until is not None:
            ring = partial(_wake, woken, False)
            due = self._timers.at(until, ring)
        try:
            return await woken
        finally:
            if due is not None and ring is not None:
                due.pop(ring, None)
            if self._waiting.pop(number, None) is not None:
                # It did not come: it shall not come later either, to the next with this number.
                self._epoll.unregister(number)

    def _arm(self, number: int, event: int) -> None:
        try:
            self._epoll.register(number, event)
        except FileExistsError:  # it was waited for before
            self._epoll.modify(number, event)

    def _look(self) -> None:
        for number, _ in self._epoll.poll(0):
            if (woken := self._waiting.pop(number, None)) is not None:
                _wake(woken, True)


def _wake(future: asyncio.Future[bool], result: bool) -> None:  # noqa: FBT001 - the future's result
    if not future.done():
        future.set_result(result)
