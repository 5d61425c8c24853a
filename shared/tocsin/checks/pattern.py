r"""Regular expressions on what a target sent, with a bound on the time that they may take.

Python's `re` backtracks: a pattern such as `(a+)+$` takes years on forty hostile bytes, and the
event loop with all other checks would stand still for as long. So a match has little text and a
budget of processor time; a signal of the kernel's timer ends it.

`re` looks for signals only after some thousand steps of one attempt to match, and a step of `\w+`
may walk through the whole text. So in a long text each position is tried by a call of its own,
between which Python looks: on 64 KiB the worst patterns overran their budget by 0.15 s at most.
"""

import re
import signal
import threading
from contextvars import ContextVar
from types import FrameType
from typing import ClassVar, Final

BUDGET: Final = 0.1
"""Seconds of processor time for all matches of one attempt: a clean miss in 64 KiB takes 0.02."""
SHORT: Final = 4096
"""Characters that are searched in one call, which is many times faster."""
_LEAST: Final = 0.001

_given_up: Final[ContextVar[set[str] | None]] = ContextVar("given_up", default=None)


class TooSlowError(Exception):
    """The pattern used up its budget on this text."""


def forgive() -> None:
    """Begin a monitor: a pattern that runs out of budget is not tried again in this task.

    Another monitor's is: what one target sends is no other's fault.
    """
    _given_up.set(set())


class Pattern:
    """A regular expression and what is left of its budget; one per attempt."""

    def __init__(self, expression: str) -> None:
        self._compiled = re.compile(expression)
        self._left = BUDGET

    def search(self, text: str) -> re.Match[str] | None:
        """Find the first match. Raises TooSlowError."""
        if threading.current_thread() is not threading.main_thread():
            # Signals reach the main thread alone. Checks run there (in Lambda, in agents, in the
            # command); elsewhere the text's length is the only bound.
            return self._compiled.search(text)
        given_up = _given_up.get()
        if given_up and self._compiled.pattern in given_up:
            raise TooSlowError
        try:
            return self._within_budget(text)
        except TooSlowError:
            if given_up is not None:
                given_up.add(self._compiled.pattern)
            raise

    def _within_budget(self, text: str) -> re.Match[str] | None:
        if self._left < _LEAST:
            raise TooSlowError
        _Alarm.set(self._left)
        try:
            return self._compiled.search(text) if len(text) <= SHORT else self._walk(text)
        finally:
            self._left = _Alarm.clear()

    def _walk(self, text: str) -> re.Match[str] | None:
        """Do what `search` does, position by position."""
        match = self._compiled.match
        for position in range(len(text) + 1):
            if (found := match(text, position)) is not None:
                return found
        return None


class _Alarm:
    """A signal after so much processor time, which a busy machine does not bring nearer."""

    armed: ClassVar[bool] = False
    _installed: ClassVar[bool] = False

    @classmethod
    def set(cls, seconds: float) -> None:
        if not cls._installed:
            # It is left in place: by default a belated signal would end the process.
            signal.signal(signal.SIGVTALRM, cls._ring)
            cls._installed = True
        cls.armed = True
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)

    @classmethod
    def clear(cls) -> float:
        """Give the seconds that are left."""
        cls.armed = False
        return signal.setitimer(signal.ITIMER_VIRTUAL, 0)[0]

    @classmethod
    def _ring(cls, _number: int, _frame: FrameType | None) -> None:
        if cls.armed:
            raise TooSlowError
