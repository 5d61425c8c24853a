"""The processor that all attempts on an event loop share: taken in turns, and missed when short.

With it come the timers and the watch over sockets that they share.

What a busy location does late is no fault of a target, so `lost` says for how long the loop stood
still: every attempt takes that from its own clock.
"""

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

from tocsin.checks.slots import Slots
from tocsin.checks.waiting import Timers, Watch

BEAT: Final = 0.02
"""Seconds between two looks at how late the loop is."""
ROUND: Final = 0.002
"""Seconds for which quick steps may follow each other before the loop looks after the others."""
QUESTIONS: Final = 80
"""Questions to the servers of zones at once: with the attempts' own, they fit Lambda's 1,024."""
TOLERANCE: Final = 0.01
"""Seconds by which every timer may be late."""


class Processor:
    """The processor as one event loop has it; `turns` are for steps of more than a millisecond."""

    def __init__(self) -> None:
        self.turns = Slots(1)
        self.questions = Slots(QUESTIONS)
        """For what has more than one socket at a time, beside the one that every attempt has."""
        self.timers = Timers()
        self._watch: Watch | None = None
        self._lost = 0.0
        self._users = 0
        self._due = 0.0
        self._rounded = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def lost(self) -> float:
        """How many seconds the loop has stood still, in all, while it was in use."""
        return self._lost + self._overdue()

    @property
    def watch(self) -> Watch:
        """What waits for sockets. Raises OSError where there is no descriptor left for it."""
        if self._watch is None:
            self._watch = Watch(self.timers)
        return self._watch

    def enter(self) -> None:
        """Begin to use it: it measures for as long as anyone does."""
        self._users += 1
        if self._timer is None:
            self._wait()

    def leave(self) -> None:
        """End what `enter` began; nobody waits for a socket afterwards."""
        self._users -= 1
        if not self._users:
            self._end()

    async def go_round(self) -> None:
        """Let the loop look after all others, where it has not for a while."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._rounded > ROUND:
            await asyncio.sleep(0)
            self._rounded = loop.time()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _overdue(self) -> float:
        if self._timer is None:
            return 0.0
        late = asyncio.get_running_loop().time() - self._due
        return late if late > TOLERANCE else 0.0

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = loop.time() + BEAT
        self._timer = loop.call_at(self._due, self._beat)

    def _beat(self) -> None:
        self._lost += self._overdue()
        self._wait()


_shared: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Processor]] = WeakKeyDictionary()


def shared() -> Processor:
    """Give the processor of the running loop."""
    loop = asyncio.get_running_loop()
    if (processor := _shared.get(loop)) is None:
        processor = _shared[loop] = Processor()
    return processor
