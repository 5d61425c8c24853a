"""A dialogue with a service as it was recorded, or as the protocol's document has it."""

from asyncio import StreamReader
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tocsin.config.security import Mode
from tocsin.domain.outcome import Reason

HEALTHY = "healthy"

type Reading = Callable[[StreamReader], Awaitable[None]]
"""Reads one message of the client's, as a server would; AssertionError where it is none."""


@dataclass(frozen=True, slots=True)
class Says:
    """The server says these bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Hears:
    """The server reads a message, and holds it to its protocol."""

    reads: Reading


@dataclass(frozen=True, slots=True)
class Secures:
    """The server turns to TLS."""


type Turn = Says | Hears | Secures


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What happens on one connection, and what a check must make of it.

    `source` says where the server's bytes are from. `shows` are phrases of the evidence. `reason`
    is why it fails, None where it passes. `open_ended` is a text with no end that could be waited
    for: who hears it byte by byte shows its beginning only.
    """

    service: str
    turns: tuple[Turn, ...]
    source: str
    modes: tuple[Mode, ...] = (Mode.PLAIN,)
    label: str = HEALTHY
    shows: tuple[str, ...] = ()
    reason: Reason | None = None
    open_ended: bool = False


def said(turns: tuple[Turn, ...]) -> tuple[bytes, ...]:
    """Give what the server says, in order."""
    return tuple(turn.data for turn in turns if isinstance(turn, Says))


def declining(
    service: str,
    label: str,
    *turns: Turn,
    source: str,
    modes: tuple[Mode, ...] = (Mode.PLAIN,),
    reason: Reason = Reason.DECLINED,
    shows: tuple[str, ...] = (),
    open_ended: bool = False,
) -> Exchange:
    """Make an exchange in which the service says that it cannot serve."""
    return Exchange(
        service=service,
        modes=modes,
        label=label,
        turns=turns,
        source=source,
        shows=shows,
        reason=reason,
        open_ended=open_ended,
    )
