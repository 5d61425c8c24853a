"""What a monitor says of TLS: from where on, whom to trust, how many days must be left."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import PlainValidator, WithJsonSchema, model_validator
from pydantic.config import JsonDict

from tocsin.config import address, values
from tocsin.config.certificates import authority
from tocsin.config.fault import MistakeError
from tocsin.config.shape import InShort, Strict
from tocsin.domain.target import Tls, TlsVersion

DAYS_LIMIT = 3650


class Mode(StrEnum):
    """From where on a connection is under TLS."""

    PLAIN = "plain"
    STARTTLS = "starttls"
    DIRECT = "direct"


def mode(value: object) -> Mode:
    """Read a mode."""
    return Mode(values.word(value, tuple(Mode), "bad_tls_mode", "a mode of TLS"))


def _version(value: object) -> TlsVersion:
    return TlsVersion(values.word(value, tuple(TlsVersion), "bad_tls_version", "a version of TLS"))


def _days(value: object) -> int:
    return values.whole(value, least=1, most=DAYS_LIMIT)


_NUMBER: JsonDict = {
    "type": ["integer", "string"],
    "minimum": 1,
    "maximum": DAYS_LIMIT,
    "pattern": "^[0-9]{1,4}$",
}
_DAYS = WithJsonSchema(_NUMBER)
_VERSIONS = WithJsonSchema({"enum": [*map(str, TlsVersion), *(float(v) for v in TlsVersion)]})

type _Name = Annotated[
    str | None,
    PlainValidator(lambda value: address.host(values.text(value))),
    WithJsonSchema({"type": "string"}),
]
type _Authority = Annotated[
    str | None, PlainValidator(authority), WithJsonSchema({"type": "string"})
]
type _Flag = Annotated[bool, PlainValidator(values.flag), WithJsonSchema({"type": "boolean"})]
type _Version = Annotated[TlsVersion, PlainValidator(_version), _VERSIONS]
type _Days = Annotated[int | None, PlainValidator(_days), _DAYS]
type _Mode = Annotated[
    Mode | None, PlainValidator(mode), WithJsonSchema({"enum": [str(m) for m in Mode]})
]


class DaysLeft(Strict):
    """How many days a certificate must still be valid."""

    warn: _Days = None
    """With less than this the monitor is degraded."""
    fail: _Days = None
    """With less than this it fails."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn is None and self.fail is None:
            fix = "Write `{warn: 30, fail: 7}`, or a number of days"
            raise MistakeError("bad_days", "there is no number of days", fix)
        if self.warn is not None and self.fail is not None and self.warn <= self.fail:
            message = f"it would fail at {self.fail} days, before it warns at {self.warn}"
            raise MistakeError("bad_days", message, "Write more days for `warn` than for `fail`")
        return self


def _fail_alone(value: object) -> DaysLeft:
    return DaysLeft.model_construct(_fields_set={"fail"}, fail=_days(value))


type Days = Annotated[
    DaysLeft | None,
    InShort(read=_fail_alone, face=_NUMBER),
]


class Trust(Strict):
    """Which certificate is right, and which TLS is good enough."""

    name: _Name = None
    """The name that is asked for and must be the certificate's, where it is not the host."""
    ca: _Authority = None
    """The authority in place of the public ones: a PEM file beside this one, or PEM itself."""
    self_signed: _Flag = False
    """Let a certificate pass that has signed itself; its name and dates still count."""
    minimum: _Version = TlsVersion.V1_2
    """The oldest version of TLS that passes."""

    def rules(self, days: DaysLeft | None) -> Tls:
        """Give what must be true of the connection."""
        return Tls(
            name=self.name,
            authority=self.ca,
            self_signed=self.self_signed,
            minimum=self.minimum,
            warn_days=days.warn if days else None,
            fail_days=days.fail if days else None,
        )


class Security(Trust):
    """Which certificate is right, which TLS is good enough, and from where on there is TLS."""

    mode: _Mode = None
    """plain, starttls or direct."""

    @property
    def says(self) -> frozenset[str]:
        """What is said beside the mode."""
        return frozenset(self.model_fields_set - {"mode"})


def _mode_alone(value: object) -> Security:
    return Security.model_construct(_fields_set={"mode"}, mode=mode(value))


type AnySecurity = Annotated[
    Security, InShort(read=_mode_alone, face={"enum": [str(mode) for mode in Mode]})
]
