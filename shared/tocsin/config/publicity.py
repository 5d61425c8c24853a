"""What a monitor says of its place on the public status page."""

from typing import Annotated, override

from pydantic import PlainValidator, WithJsonSchema

from tocsin.config.fault import MistakeError, shown
from tocsin.config.shape import InShort, Strict
from tocsin.config.values import flag, text
from tocsin.domain.publicity import Public

LONGEST = 80
"""Characters of a name that the public reads."""


def title(value: object) -> str:
    """Read a name for the public: a line with something on it."""
    written = text(value, LONGEST).strip()
    if not written or not written.isprintable():
        message = f"{shown(written)} is no name that people can read"
        raise MistakeError("bad_public_name", message, "Write a few words on one line")
    return written


type _Title = Annotated[str | None, PlainValidator(title), WithJsonSchema({"type": "string"})]


class Publicity(Strict):
    """The status page shows these monitors alone, and of them nothing but this and how they do.

    It never shows hosts, evidence, locations, tags or runbooks. A monitor that becomes public does
    so with its past.
    """

    name: _Title = None
    """What the public calls it, each by its own; by default its name in this file."""
    group: _Title = None
    """The heading under which it stands, if any."""

    def of(self, monitor: str) -> Public | None:
        """Say what the public may know of a monitor; None where that is nothing."""
        return Public(name=self.name or monitor, group=self.group or "")


class Private(Publicity):
    """Shown to nobody."""

    @override
    def of(self, monitor: str) -> Public | None:
        return None


def _either(value: object) -> Publicity:
    return Publicity() if flag(value) else Private()


type AnyPublicity = Annotated[Publicity, InShort(read=_either, face={"type": "boolean"})]
