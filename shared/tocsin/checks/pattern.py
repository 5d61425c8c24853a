"""Regular expressions on what a target sent, with a bound on the time that they may take.

Python's `re` backtracks: a pattern such as `(a+)+$` takes years on forty hostile bytes, and the
event loop with all other checks would stand still for as long. So a match has little text and a
budget of processor time; a signal of the kernel's timer ends it (`re` looks for signals as it
runs).
"""

import re
import signal
import threading
from types import FrameType
from typing import ClassVar, Final

BUDGET: Final = 0.05
"""Seconds of processor time for all matches of one attempt."""
_LEAST: Final = 0.001


class TooSlowError(Exception):
    """The pattern used up its budget on this text."""


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
        if self._left < _LEAST:
            raise TooSlowError
        _Alarm.set(self._left)
        try:
            return self._compiled.search(text)
        finally:
            self._left = _Alarm.clear()


class _Alarm:
    """A signal after so much processor time, which a busy machine does not bring nearer."""

    armed: ClassVar[bool] = False

    @classmethod
    def set(cls, seconds: float) -> None:
        # The handler is left in place: by default a belated signal would end the process.
        signal.signal(signal.SIGVTALRM, cls._ring)
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
