"""Hold a dialogue as a script has it: send, wait for what must come, turn to TLS.

What the peer says is bounded in bytes and time. Each way to fail is told apart: nothing at all,
nothing to what was sent, the wrong thing, only drops of it, a refusal in the service's own words.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import pairwise
from typing import Final

from tocsin.checks.attempt import Attempt, spoken
from tocsin.checks.connection import CHUNK, Connection
from tocsin.checks.failure import CheckFailedError, quoted
from tocsin.checks.handshake import speaks_tls
from tocsin.checks.pattern import Pattern, TooSlowError
from tocsin.domain.outcome import Layer, Reason, printable
from tocsin.domain.script import Expect, Send, StartTls, Step

LIMIT: Final = 64 * 1024
"""Bytes that a peer may say in one dialogue."""
IDLE: Final = 0.02
"""Seconds without a word after which what came is searched, however little it is."""
SCANS: Final = 2 * LIMIT
"""Characters that are searched for one expectation before it waits for the peer to pause."""
_VALUE: Final = 60
_EXPECTATION: Final = 60
_PLAIN: Final = re.compile(r"[\w.:+/@-]+")

type Secure = Callable[[bytes], Awaitable[None]]
"""Turns the connection to TLS, given what came in clear and was not looked at."""


async def converse(
    connection: Connection,
    attempt: Attempt,
    script: Sequence[Step],
    secure: Secure,
    *,
    service: str | None = None,
) -> Mapping[str, str]:
    """Go through the script; give the named groups that matched, as printable text.

    What is sent after the last expectation is a farewell: nobody waits for its answer. `service` is
    whose script it is, where people know it by that name and not by its expressions. Raises
    CheckFailedError.
    """
    dialogue = _Dialogue(connection, attempt, service)
    last = max((n for n, step in enumerate(script) if not isinstance(step, Send)), default=-1)
    for step, following in pairwise([*script[: last + 1], None]):
        match step:
            case Send():
                await dialogue.send(step.data.encode("latin-1"))
            case Expect():
                await dialogue.expect(step, before_tls=isinstance(following, StartTls))
            case StartTls():
                await secure(dialogue.unread())
    for step in script[last + 1 :]:
        if isinstance(step, Send):
            connection.part(step.data.encode("latin-1"))
    return dialogue.facts


class _Dialogue:
    """What has been said so far, and how much of it no expectation has matched yet."""

    def __init__(self, connection: Connection, attempt: Attempt, service: str | None) -> None:
        self.facts: dict[str, str] = {}
        self._connection = connection
        self._attempt = attempt
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._unmatched = bytearray()
        self._inside_line = False
        self._unanswered = b""
        self._before_tls = False

    async def send(self, data: bytes) -> None:
        await self._connection.send(data)
        self._unanswered = data

    async def expect(self, step: Expect, *, before_tls: bool) -> None:
        """Read until it comes. Where TLS is to follow, another reply says that there is none."""
        self._before_tls = before_tls
        patience = step.timeout and step.timeout.total_seconds()
        waiting = _Waiting(self._loop.time())
        with self._attempt.within(patience) if patience else nullcontext():
            try:
                await self._wait_for(_Expectation(step), waiting)
            except asyncio.CancelledError:
                late = self._late(step, waiting)
                self._attempt.stuck = lambda: late
                raise

    def unread(self) -> bytes:
        """Give, and forget, what came after the last reply, whose line belongs to it to the end."""
        rest = bytes(self._unmatched)
        self._unmatched.clear()
        self._unanswered = b""
        if not self._inside_line:
            return rest
        return rest.partition(b"\n")[2] if b"\n" in rest else rest.strip(b"\r")

    async def _wait_for(self, expectation: "_Expectation", waiting: "_Waiting") -> None:
        over: Callable[[], CheckFailedError] | None = None
        while not (self._unmatched and await self._comes(expectation)):
            if over is not None:
                raise over()
            waiting.searched(len(self._unmatched))
            over = await self._hear(expectation.step, waiting)
            # Else each byte would have all that came before it searched again.
            while over is None and waiting.defers(len(self._unmatched)):
                if await self._connection.quiet(IDLE):
                    break
                over = await self._hear(expectation.step, waiting)

    async def _hear(
        self, step: Expect, waiting: "_Waiting"
    ) -> Callable[[], CheckFailedError] | None:
        """Read on; where there is no more to come, give what that means."""
        connection = self._connection
        if connection.received >= LIMIT:
            return partial(self._too_much, step)
        part = await connection.receive(min(CHUNK, LIMIT - connection.received))
        if not part:
            return partial(self._mismatch, step) if self._unmatched else connection.ended
        waiting.heard(self._loop.time())
        self._unmatched += part
        return None

    async def _comes(self, expectation: "_Expectation") -> bool:
        """Look for it in what is not matched yet, and take it from there."""
        if self._inside_line and self._unmatched.startswith(b"\r\n"):
            # The end of a line that was matched up to here is no beginning of the next reply.
            del self._unmatched[:2]
        text = self._unmatched.decode("latin-1")
        try:
            async with self._attempt.turn():
                if (found := expectation.pattern.search(text)) is not None:
                    self._take(found)
                    return True
                declined = expectation.declines and expectation.declines.search(text)
                wrong = expectation.wrong and expectation.wrong.search(text)
        except TooSlowError:
            said = quoted(bytes(self._unmatched))
            shown = f"the pattern {_shown(expectation.step)} takes too long on {said}; simplify it"
            raise self._failure(Reason.UNEXPECTED_REPLY, shown) from None
        if declined:
            raise self._declined(declined)
        if wrong:
            raise self._mismatch(expectation.step)
        return False

    def _take(self, found: re.Match[str]) -> None:
        for name, value in found.groupdict().items():
            if value:
                self.facts[name] = _value(value.encode("latin-1"))
        self._inside_line = not found[0].endswith("\n")
        self._unanswered = b""
        del self._unmatched[: found.end()]

    def _late(self, step: Expect, waiting: "_Waiting") -> CheckFailedError:
        """Say how the time went by: in silence, after a wrong reply, or byte by byte."""
        connection = self._connection
        if self._unmatched:
            whole = b"\n" in self._unmatched or not waiting.trickles(self._loop.time())
            return self._mismatch(step) if whole else connection.late()
        if not self._unanswered:
            return connection.late()
        asked, time = quoted(self._unanswered, _EXPECTATION), spoken(self._attempt.patience)
        if not connection.heard:
            text = f"{connection.where} accepted the connection, then said nothing to {asked}"
            return self._failure(Reason.SILENT, f"{text} within {time}")
        text = f"{connection.where} said nothing to {asked} within {time}"
        before = quoted(connection.heard, _EXPECTATION)
        return self._failure(Reason.TIMEOUT, f"{text}; before, it had said {before}")

    def _too_much(self, step: Expect) -> CheckFailedError:
        connection = self._connection
        missing = _shown(step) if self._service is None else f"what {self._service} says"
        text = f"{connection.where} said {LIMIT // 1024} KiB without a match of {missing}"
        began = quoted(connection.heard, _EXPECTATION)
        return self._failure(Reason.TOO_MUCH_DATA, f"{text}; it began with {began}")

    def _declined(self, found: re.Match[str]) -> CheckFailedError:
        where, said = self._connection.where, quoted(bytes(self._unmatched))
        if self._before_tls:
            return _no_starttls(f"{where} does not turn to TLS{_why(found)}: it said {said}")
        return self._failure(Reason.DECLINED, f"{where} declines to serve{_why(found)}: {said}")

    def _mismatch(self, step: Expect) -> CheckFailedError:
        where, said = self._connection.where, quoted(bytes(self._unmatched))
        unmet = f"{said}, which {self._unlike(step)}"
        if speaks := _another_protocol(self._connection.heard):
            return self._failure(Reason.UNEXPECTED_REPLY, f"{where} {speaks}: it said {unmet}")
        if self._before_tls:
            return _no_starttls(f"{where} does not turn to TLS: it said {unmet}")
        return self._failure(Reason.UNEXPECTED_REPLY, f"{where} said {unmet}")

    def _unlike(self, step: Expect) -> str:
        if self._service is None:
            return f"does not match {_shown(step)}"
        return f"is not what {self._service} says"

    def _failure(self, reason: Reason, text: str) -> CheckFailedError:
        return CheckFailedError(self._connection.layer, reason, text)


class _Expectation:
    """A step's expressions, each with its own budget."""

    def __init__(self, step: Expect) -> None:
        self.step = step
        self.pattern = Pattern(step.pattern)
        self.declines = Pattern(step.declines) if step.declines is not None else None
        self.wrong = Pattern(step.wrong) if step.wrong is not None else None


class _Waiting:
    """How what came for one expectation came, and how much of it was searched how often."""

    def __init__(self, now: float) -> None:
        self._size = self._scanned = self._pieces = 0
        self._first = self._last = now

    def heard(self, now: float) -> None:
        self._pieces += 1
        self._last = now
        if self._pieces == 1:
            self._first = now

    def searched(self, size: int) -> None:
        self._size = size
        self._scanned += size

    def defers(self, size: int) -> bool:
        """Tell whether so much is better searched when it has doubled, or the peer has paused."""
        return self._scanned + size > SCANS and size < 2 * self._size

    def trickles(self, now: float) -> bool:
        """Tell whether more was still coming: the pause is shorter than what was said took."""
        return self._pieces > 1 and now - self._last < self._last - self._first


def _no_starttls(text: str) -> CheckFailedError:
    return CheckFailedError(Layer.TLS, Reason.NO_STARTTLS, text)


def _another_protocol(heard: bytes) -> str | None:
    """Recognise what most often stands where something else was expected."""
    if len(heard) > 1 and speaks_tls(heard):
        return "speaks TLS"
    return "answers HTTP" if heard.startswith(b"HTTP/1.") else None


def _why(declined: re.Match[str]) -> str:
    """Give the named groups that matched; one that matched nothing says it all by its name."""
    named = {name: value for name, value in declined.groupdict().items() if value is not None}
    parts = (
        " ".join(filter(None, (name.replace("_", " "), value and _value(value.encode("latin-1")))))
        for name, value in named.items()
    )
    return f" ({', '.join(parts)})" if named else ""


def _shown(step: Expect) -> str:
    return quoted(str(step).encode(), _EXPECTATION)


def _value(raw: bytes) -> str:
    """Show what a group matched; in quotes, lest it be taken for words of ours."""
    text = printable(raw, _VALUE)
    return text if _PLAIN.fullmatch(text) else quoted(raw, _VALUE)
