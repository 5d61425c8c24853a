"""What monitors.yaml means: locations, the monitors that they watch, and maintenance windows."""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.domain.monitor import Monitor
from tocsin.domain.window import Window


class LocationKind(StrEnum):
    """What runs at a location: a function on the public internet or in a network, or a process."""

    LAMBDA = "lambda"
    AGENT = "agent"
    VPC = "vpc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place from which monitors are checked."""

    name: str
    kind: LocationKind = LocationKind.LAMBDA


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A whole file without a fault, in its order; `changed_in` of its monitors is not known yet."""

    locations: tuple[Location, ...]
    monitors: tuple[Monitor, ...]
    windows: tuple[Window, ...] = ()
