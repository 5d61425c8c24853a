"""From when on a target is slow: in all, or in one phase of a check."""

from datetime import timedelta
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from tocsin.config import durations
from tocsin.config.shape import InShort, Strict

_DURATION = {"type": "string", "pattern": "^[0-9]{1,6}(ms|s|m|h|d)$"}

type _Threshold = Annotated[
    timedelta | None, PlainValidator(durations.threshold), WithJsonSchema(_DURATION)
]


class Slowness(Strict):
    """Times above which a monitor is degraded; a monitor's own stand in place of the defaults'."""

    total: _Threshold = None
    """For the whole attempt."""
    dns: _Threshold = None
    """Until the name is resolved."""
    connect: _Threshold = None
    """Until the port accepts: a round trip."""
    tls: _Threshold = None
    """The handshake."""
    send: _Threshold = None
    """Until all is sent."""
    first_byte: _Threshold = None
    """From then until the first byte comes."""
    transfer: _Threshold = None
    """From then until all has come."""

    @property
    def phases(self) -> tuple[tuple[str, timedelta], ...]:
        """Give the phases with a time of their own, in their order."""
        times = ((name, getattr(self, name)) for name in type(self).model_fields if name != "total")
        return tuple((name, time) for name, time in times if time is not None)


def _total(value: object) -> Slowness:
    return Slowness.model_construct(_fields_set={"total"}, total=durations.threshold(value))


type AnySlowness = Annotated[Slowness, InShort(read=_total, face=_DURATION)]
