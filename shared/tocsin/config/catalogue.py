"""The table of well-known services: where they listen, what is said to them, what a reply proves.

It is data (`services.yaml`), in the form of a monitor's own `script:` and read by the same readers.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainValidator,
    TypeAdapter,
    ValidationError,
)

from tocsin.config import requests, values
from tocsin.config.composer import compose
from tocsin.config.document import Document, data
from tocsin.config.fault import MistakeError, nearest, shown
from tocsin.config.scripts import StepModel, Steps, dialogue, where_tls_starts
from tocsin.config.security import Mode, mode
from tocsin.config.shape import Strict
from tocsin.domain.script import Expect, Step
from tocsin.domain.target import Kind

TABLE = "services.yaml"
RESERVED = frozenset({"https", *map(str, Kind)})
"""What `tocsin check` takes for something else in front of `://`."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def _name(value: object) -> str:
    written = values.text(value)
    if not _NAME.fullmatch(written) or written in RESERVED:
        fix = "Write lower-case letters, digits and hyphens, and no scheme of other targets"
        raise MistakeError("bad_service", f"{shown(written)} cannot name a service", fix)
    return written


def _port(value: object) -> int:
    return values.whole(value, least=1, most=65535)


def _dialogues(modes: dict[Mode, tuple[StepModel, ...]]) -> dict[Mode, tuple[StepModel, ...]]:
    for how, steps in values.some(tuple(modes.items())):
        starts = where_tls_starts(steps)
        if len(starts) != (how is Mode.STARTTLS):
            message = f"{len(starts)} steps `starttls` stand in mode {how}"
            raise MistakeError("bad_dialogue", message, "Write one in mode starttls, else none")
        steps_that_wait = [step for step in dialogue(steps, "") if isinstance(step, Expect)]
        # An empty list is a service that never speaks to strangers: only its port is looked at.
        if how is Mode.PLAIN and steps and not steps_that_wait:
            message = "nothing is expected without TLS, so a dead port would pass"
            raise MistakeError("bad_dialogue", message, "Add an `expect`")
    return modes


type _Line = Annotated[str, PlainValidator(values.text)]
type _Name = Annotated[str, PlainValidator(_name)]


class Service(Strict):
    """A well-known service; the first of its modes is the one that is meant unless another is said.

    `proves` is what a reply says of the service, `note` what it does not, `source` where the
    protocol is defined.
    """

    title: _Line
    group: _Line
    port: Annotated[int, PlainValidator(_port)]
    proves: _Line
    source: Annotated[str, PlainValidator(requests.url)]
    note: _Line | None = None
    aliases: Annotated[tuple[_Name, ...], BeforeValidator(values.listing)] = ()
    modes: Annotated[dict[Annotated[Mode, PlainValidator(mode)], Steps], AfterValidator(_dialogues)]

    @property
    def usual(self) -> Mode:
        """The mode that is meant unless another is said."""
        return next(iter(self.modes))

    def script(self, how: Mode, host: str) -> tuple[Step, ...]:
        """Give the dialogue in this mode with this host."""
        return dialogue(self.modes[how], host)


@cache
def services() -> Mapping[str, Service]:
    """Give all services by name, in the order of the table."""
    return load((files("tocsin.config") / TABLE).read_text(encoding="utf-8"))


def names() -> tuple[str, ...]:
    """Give all that services go by, their own names first."""
    known = services()
    return (*known, *_aliases(known))


def find(name: str) -> tuple[str, Service] | None:
    """Find a service by its name or another that it goes by; its own name comes with it."""
    known = services()
    own = name if name in known else _aliases(known).get(name)
    return None if own is None else (own, known[own])


def service_name(value: object) -> str:
    """Read the name of a service, or another that it goes by; give its own."""
    written = values.text(value)
    if (found := find(written)) is not None:
        return found[0]
    guess = nearest(written, names())
    fix = f"Write {guess}" if guess else "Write one that `tocsin services` lists"
    if written in RESERVED:
        kind = "http" if written == "https" else written
        fix = f"Write `{kind}:` with what it watches, in place of `service` and `host`"
    raise MistakeError("unknown_service", f"{shown(written)} is not a service that is known", fix)


def load(text: str) -> Mapping[str, Service]:
    """Read a table. Raises ValueError with the place of each mistake."""
    document = compose(text)
    mistakes = [f"{place.line}: {mistake.message}" for place, mistake in document.mistakes]
    raw = {} if document.root is None else data(document.root)
    try:
        found = _TABLE.validate_python(raw)
    except ValidationError as error:
        mistakes += _explained(error, document)
        found = {}
    given = Counter([*found, *(alias for service in found.values() for alias in service.aliases)])
    mistakes += [f"1: {name} is named twice" for name, times in given.items() if times > 1]
    if mistakes:
        raise ValueError("\n".join(f"{TABLE}:{mistake}" for mistake in mistakes))
    return found


def _aliases(known: Mapping[str, Service]) -> Mapping[str, str]:
    return {alias: name for name, service in known.items() for alias in service.aliases}


def _explained(error: ValidationError, document: Document) -> Iterator[str]:
    for details in error.errors(include_url=False):
        place = document.value_at(tuple(s for s in details["loc"] if s != "[key]"))
        mistake = details.get("ctx", {}).get("error")
        said = f"{mistake}. {mistake.fix}" if isinstance(mistake, MistakeError) else details["msg"]
        yield f"{place.line}: {'.'.join(map(str, details['loc']))}: {said}"


_TABLE = TypeAdapter(dict[_Name, Service])
