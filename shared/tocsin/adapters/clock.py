"""AWS's time, for a machine whose own clock may be anything.

Each answer of AWS says when it was made, to the second. What that leaves open shrinks with every
answer, and between two of them the time goes on by a clock that nobody can set and that counts
while the machine sleeps.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol

import botocore.auth

DRIFT: Final = 2e-4
"""Seconds that a machine's clock may gain or lose in a second: ten times what is usual."""
_ASKED: Final = "tocsin_asked_at"


class Client(Protocol):
    """A client of botocore."""

    @property
    def meta(self) -> Any:  # noqa: ANN401 - botocore's own
        """Where its events are."""
        ...


def steady() -> float:
    """Give seconds that no clock setting touches, with those in which the machine slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class AwsClock:
    """The time as AWS has it: never early, late by less than a second and an answer's way."""

    def __init__(self, seconds: Callable[[], float] = steady) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        # What must be added to our seconds, at least and at most, and when that was found out.
        self._known: tuple[float, float, float] | None = None

    def now(self) -> datetime | None:
        """Give AWS's time; None before it was heard."""
        known = self._known
        return None if known is None else _instant(self._seconds() + known[0])

    def present(self) -> datetime:
        """Give AWS's time, or before it was heard what this machine takes for the time."""
        return self.now() or datetime.now(UTC)

    def listen(self, client: Client) -> None:
        """Learn from every answer that this client gets, refusals too."""
        client.meta.events.register("before-call", self._asked)
        client.meta.events.register("after-call", self._answered)

    def learn(self, said: datetime, asked: float, heard: float) -> None:
        """Take in that AWS's time was within the second `said` at some moment of these two."""
        least, most = said.timestamp() - heard, said.timestamp() + 1 - asked
        with self._lock:
            if self._known is not None:
                drift = max(0.0, heard - self._known[2]) * DRIFT
                low, high = self._known[0] - drift, self._known[1] + drift
                # Where both cannot be true our seconds have jumped: only the newest is.
                if low <= most and least <= high:
                    least, most = max(least, low), min(most, high)
            self._known = least, most, heard

    def _asked(self, context: dict[str, Any], **_more: object) -> None:
        context[_ASKED] = self._seconds()

    def _answered(
        self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_more: object
    ) -> None:
        heard = self._seconds()
        try:
            said = parsedate_to_datetime(parsed["ResponseMetadata"]["HTTPHeaders"]["date"])
            self.learn(said, context[_ASKED], heard)
        except (KeyError, TypeError, ValueError):
            return  # an answer that does not say when it was made


def sign_by(clock: AwsClock) -> None:
    """Have this process sign its requests with AWS's time, once that is known.

    AWS refuses what is signed over five minutes from its own time; botocore asks the machine.
    """
    signing: Any = botocore.auth  # its types do not know this function
    local: Callable[[bool], datetime] = signing.get_current_datetime

    def now(remove_tzinfo: bool = True) -> datetime:  # noqa: FBT001, FBT002 - botocore's own
        if (found := clock.now()) is None:
            return local(remove_tzinfo)
        return found.replace(tzinfo=None) if remove_tzinfo else found

    signing.get_current_datetime = now


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
