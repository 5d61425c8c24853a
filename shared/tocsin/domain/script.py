"""A dialogue with a TCP service, as data: what is sent, what must come back, where TLS begins.

Bytes are held as Latin-1 text, one character a byte, so that a script can be stored and a regular
expression can match what is no text at all.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send these bytes, and nothing else: a line has no end but the one that is written."""

    data: str
    step: Literal["send"] = "send"

    def __post_init__(self) -> None:
        _bytes_only(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """Read until `pattern` is found in what came since the last match.

    Named groups are kept as evidence. Two expressions may end the wait early: `declines` is how the
    service itself says that it cannot serve now, `wrong` is what only something else would say.
    `timeout` is this step's own; None leaves it all the time of the attempt. `shown` is the
    expectation as people wrote it, where that was no expression.
    """

    pattern: str
    declines: str | None = None
    wrong: str | None = None
    timeout: timedelta | None = None
    shown: str = ""
    step: Literal["expect"] = "expect"

    def __post_init__(self) -> None:
        if self.timeout is not None and self.timeout <= timedelta():
            raise ValueError(f"a step takes time, got {self.timeout}")
        for expression in filter(None, (self.pattern, self.declines, self.wrong)):
            _bytes_only(expression)

    def __str__(self) -> str:
        return self.shown or self.pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTls:
    """Turn to TLS: the peer has just agreed to it."""

    step: Literal["starttls"] = "starttls"


type Step = Send | Expect | StartTls


def greeting(expression: str) -> tuple[Expect]:
    """Make the script of a service that must speak first; the expression's own text is UTF-8."""
    return (Expect(pattern=wire(expression), shown=expression),)


def wire(text: str) -> str:
    """Give text as it goes over the wire: its UTF-8, one character a byte."""
    return text.encode().decode("latin-1")


def _bytes_only(text: str) -> None:
    if any(ord(character) > 0xFF for character in text):  # noqa: PLR2004 - the last byte
        raise ValueError(f"one character is one byte here, got {text!r}")
