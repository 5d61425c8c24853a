"""Files as tests write them: `»` marks the place where a fault is expected."""

from dataclasses import dataclass

from hypothesis import HealthCheck, settings

from tocsin.config.configuration import Configuration
from tocsin.config.fault import Fault, Place
from tocsin.config.reader import parse
from tocsin.domain.monitor import Monitor

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LOCATIONS = "locations: {eu: {}, us: {}, ap: {}, office: {kind: agent}}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A text without its marks, and their places."""

    text: str
    places: tuple[Place, ...]


def marked(text: str) -> Marked:
    places = []
    for number, line in enumerate(text.split("\n"), start=1):
        parts = line.split("»")
        at = 1
        for part in parts[:-1]:
            at += len(part)
            places.append(Place(number, at))
    return Marked(text=text.replace("»", ""), places=tuple(places))


def watching(monitors: str) -> str:
    """Put monitors, indented by two spaces, under four locations."""
    return f"{LOCATIONS}monitors:\n{monitors}\n"


def faults(text: str, *, allow_private: bool = False) -> tuple[Fault, ...]:
    return parse(text, "monitors.yaml", allow_private=allow_private).faults


def configured(text: str, *, allow_private: bool = False) -> Configuration:
    reading = parse(text, "monitors.yaml", allow_private=allow_private)
    assert reading.configuration is not None, [str(fault) for fault in reading.faults]
    return reading.configuration


def only(monitor: str, *, allow_private: bool = False) -> Monitor:
    """Give the one monitor of a file that has nothing else."""
    (found,) = configured(watching(f"  m: {monitor}"), allow_private=allow_private).monitors
    return found
