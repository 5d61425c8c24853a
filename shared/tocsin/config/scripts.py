"""The steps of a dialogue as the file has them, in a monitor and in the table of services alike."""

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict

from tocsin.config import bytestrings, durations, values
from tocsin.config.address import bracketed
from tocsin.config.fault import MistakeError, listed, nearest, shown
from tocsin.config.shape import InShort, Strict
from tocsin.domain.script import Expect, Send, StartTls, Step, wire

STEPS_LIMIT = 32
LENGTH_LIMIT = 8192
"""Characters of all steps of a script: hundreds of monitors are stored together."""
STARTTLS = "starttls"

_SCALAR = {"type": ["string", "number", "boolean"]}
_TEXT = WithJsonSchema(_SCALAR)
_ONE: JsonDict = {"minProperties": 1, "maxProperties": 1}
_SEND_OR_EXPECT: JsonDict = {"oneOf": [{"required": ["send"]}, {"required": ["expect"]}]}
_DURATION = WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6}(ms|s|m)$"})

type _Payload = Annotated[str | None, PlainValidator(bytestrings.payload), _TEXT]
type _Phrase = Annotated[str | None, PlainValidator(bytestrings.phrase), _TEXT]
type _Hex = Annotated[
    str | None,
    PlainValidator(bytestrings.hexadecimal),
    WithJsonSchema({"type": ["string", "number"], "pattern": "^([0-9A-Fa-f]{2}\\s*)+$"}),
]
type _Expression = Annotated[str | None, PlainValidator(bytestrings.expression), _TEXT]
type _Patience = Annotated[timedelta | None, PlainValidator(durations.timeout), _DURATION]


class Sent(Strict):
    """What is sent."""

    model_config = ConfigDict(json_schema_extra=_ONE)

    text: _Payload = None
    r"""Text with the escapes \r \n \t \0 \\ \xNN; ${host} is the monitor's host or TLS name."""
    hex: _Hex = None
    """Bytes in hexadecimal."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, "send", ("text", "hex"))
        return self

    def step(self, host: str) -> Send:
        """Give the step towards this host."""
        data = self.text or self.hex or ""
        return Send(data=data.replace(bytestrings.HOST, wire(bracketed(host))))


class Expected(Strict):
    """What must come."""

    model_config = ConfigDict(json_schema_extra=_ONE)

    text: _Phrase = None
    r"""Text with the escapes \r \n \t \0 \\ \xNN."""
    hex: _Hex = None
    """Bytes in hexadecimal."""
    regex: _Expression = None
    """A regular expression on bytes; named groups are kept as evidence."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, "expect", ("text", "hex", "regex"))
        return self

    def pattern(self) -> str:
        """Give the regular expression, one character a byte."""
        if self.regex is not None:
            return wire(self.regex)
        return re.escape(self.text or self.hex or "")

    def shown(self) -> str:
        """Give it for people, where that is not the regular expression itself."""
        if self.regex is not None:
            return self.regex if self.regex != wire(self.regex) else ""
        if self.hex is not None:
            return self.hex.encode("latin-1").hex(" ")
        literal = bytestrings.written(self.text or "")
        return literal if literal != self.pattern() else ""


def _sent(value: object) -> Sent:
    return Sent.model_construct(_fields_set={"text"}, text=bytestrings.payload(value))


def _expected(value: object) -> Expected:
    return Expected.model_construct(_fields_set={"text"}, text=bytestrings.phrase(value))


type _Sent = Annotated[Sent | None, InShort(read=_sent, face=_SCALAR)]
type _Expected = Annotated[Expected | None, InShort(read=_expected, face=_SCALAR)]


class StepModel(Strict):
    """A step: one of `send` and `expect`, or the word `starttls` instead of a mapping."""

    model_config = ConfigDict(json_schema_extra=_SEND_OR_EXPECT)

    send: _Sent = None
    """Send these bytes, and nothing else."""
    expect: _Expected = None
    """Read until this has come."""
    timeout: _Patience = None
    """Time for this `expect`; by default all that the attempt has."""
    declines: _Expression = None
    """How the service itself would say that it cannot serve now."""
    wrong: _Expression = None
    """What only something else would say."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(
            self, "a step", ("send", "expect"), ", or the word starttls in place of it all"
        )
        if self.send is not None and (extra := self.model_fields_set - {"send"}):
            message = f"{shown(min(extra))} says how to wait, and `send` waits for nothing"
            raise MistakeError("two_steps", message, "Move it to the `expect` that follows")
        return self

    def step(self, host: str) -> Step:
        """Give the step towards this host."""
        if self.send is not None:
            return self.send.step(host)
        if self.expect is None:
            return StartTls()
        return Expect(
            pattern=self.expect.pattern(),
            declines=self.declines and wire(self.declines),
            wrong=self.wrong and wire(self.wrong),
            timeout=self.timeout,
            shown=self.expect.shown(),
        )


def _word(value: object) -> StepModel:
    if value == STARTTLS:
        return StepModel.model_construct(_fields_set=set())
    guess = nearest(value, (STARTTLS,)) if isinstance(value, str) else None
    fix = f"Write {guess}" if guess else "Write `send: …`, `expect: …` or starttls"
    raise MistakeError("bad_step", f"{values.kind_of(value)} is not a step", fix)


def _bounded(steps: tuple[StepModel, ...]) -> tuple[StepModel, ...]:
    if len(steps) > STEPS_LIMIT:
        message = f"{len(steps)} steps stand here"
        raise MistakeError("too_many", message, f"Keep at most {STEPS_LIMIT}")
    if (length := sum(map(_length, steps))) > LENGTH_LIMIT:
        message = f"the steps hold {length:,} characters in all"
        raise MistakeError("too_long", message, f"Shorten them to at most {LENGTH_LIMIT:,}")
    return steps


def _length(step: StepModel) -> int:
    match step.step(""):
        case Send(data=data):
            return len(data)
        case Expect(pattern=pattern, declines=declines, wrong=wrong):
            return len(pattern) + len(declines or "") + len(wrong or "")
        case StartTls():
            return 0


def _exactly_one(model: Strict, what: str, keys: tuple[str, ...], word: str = "") -> None:
    """See that a mapping says one of these things."""
    said = tuple(key for key in keys if key in model.model_fields_set)
    if not said:
        choice = listed(tuple(f"`{key}`" for key in keys))
        fix = f"Write one of {choice}{word}"
        raise MistakeError("bad_step", f"{what} says nothing", fix)
    if said[1:]:
        both = listed(tuple(f"`{key}`" for key in said), "and")
        raise MistakeError("two_steps", f"{what} is both {both}", "Keep one of them")


type OneStep = Annotated[StepModel, InShort(read=_word, face={"const": STARTTLS})]
type Steps = Annotated[
    tuple[OneStep, ...], BeforeValidator(values.listing), AfterValidator(_bounded)
]
"""A dialogue; an empty one is for its user to refuse."""


def where_tls_starts(steps: tuple[StepModel, ...]) -> tuple[int, ...]:
    """Give the positions of the steps `starttls`."""
    return tuple(at for at, step in enumerate(steps) if isinstance(step.step(""), StartTls))


def dialogue(steps: tuple[StepModel, ...], host: str) -> tuple[Step, ...]:
    """Give the steps as they are taken with this host."""
    return tuple(step.step(host) for step in steps)
