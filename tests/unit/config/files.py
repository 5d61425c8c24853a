"""Files as tests write them: `»` marks the place where a fault is expected."""

from dataclasses import dataclass

from tocsin.config.certificates import Fetch, nowhere
from tocsin.config.configuration import Configuration
from tocsin.config.fault import Fault, Place
from tocsin.config.reader import parse
from tocsin.domain.monitor import Monitor
from tocsin.domain.target import TcpTarget

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


def faults(text: str, *, allow_private: bool = False, fetch: Fetch = nowhere) -> tuple[Fault, ...]:
    return parse(text, "monitors.yaml", allow_private=allow_private, fetch=fetch).faults


def configured(text: str, *, allow_private: bool = False, fetch: Fetch = nowhere) -> Configuration:
    reading = parse(text, "monitors.yaml", allow_private=allow_private, fetch=fetch)
    assert reading.configuration is not None, [str(fault) for fault in reading.faults]
    return reading.configuration


def only(monitor: str, *, allow_private: bool = False, fetch: Fetch = nowhere) -> Monitor:
    """Give the one monitor of a file that has nothing else."""
    file = watching(f"  m: {monitor}")
    (found,) = configured(file, allow_private=allow_private, fetch=fetch).monitors
    return found


def tcp(monitor: str, *, fetch: Fetch = nowhere) -> TcpTarget:
    """Give what the one monitor of a file looks at."""
    target = only(monitor, fetch=fetch).target
    assert isinstance(target, TcpTarget)
    return target


def assert_refused(monitor: str, code: str, mend: str, *, fetch: Fetch = nowhere) -> Fault:
    """See that a monitor has one fault, where the mark is, with this code and this mend."""
    file = marked(watching(f"  m: {monitor}"))
    found = parse(file.text, "monitors.yaml", fetch=fetch).errors
    assert [(e.code, Place(e.line, e.column)) for e in found] == [(code, *file.places)]
    assert mend in found[0].fix
    assert found[0].file == "monitors.yaml"
    return found[0]
