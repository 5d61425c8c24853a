"""Reports as they are stored: what passes in columns, all else in full, both as zlib over JSON.

Nearly all that is ever written passes, and nearly nothing of it is ever looked at. In columns a
pass costs few bytes, and is checked without being built: what validates here can be built later,
one by one, when somebody asks for it. Where something in a report is spoilt, the rest is read. So
are reports of before there were columns.

Each column is a block of its own to the compressor, which so has a code for digits, one for names
and one for fingerprints: a tenth less is stored than with one for all of them. To a reader it is
zlib as ever.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from pydantic_core import from_json

from tocsin.adapters.codec import MOST, inflated, read_json, write_json
from tocsin.adapters.salvage import loosely, rows, sound
from tocsin.domain.outcome import MOST_MS, Certificate, Outcome, Vote
from tocsin.domain.report import Folded, Report, Sighting
from tocsin.usecases.ports import UnreadableError

FORM: Final = 2
"""Of the head; a reader refuses what is newer than itself. Form 1 had neither head nor columns."""

_BREAK: Final = b"\n"
"""Between head, columns and the rest; JSON as it is written here holds none."""
_REST: Final = dict[str, Sighting]
_SINGLE: Final = 1
_MANY_BYTES: Final = 4000
"""Of text, from some fifty monitors on: below, the codes take more room than they save."""
_LAST_SECOND: Final = 253_402_300_799
"""Of the year 9999, where dates end."""


def pack_report(report: Report) -> bytes:
    """Pack a report."""
    passes = {name: each for name, each in report.sightings.items() if _plain(each)}
    rest = {name: each for name, each in report.sightings.items() if name not in passes}
    head = {
        "form": FORM,
        "location": report.location,
        "shard": report.shard,
        "tick": report.tick,
        "config_version": report.config_version,
        "suspect": report.suspect,
    }
    columns = _columns(passes, report.tick)
    pieces = [_json(head) + _BREAK + b"{"]
    pieces += [_json(name) + b":" + _json(column) + b"," for name, column in columns.items()]
    pieces[-1] = pieces[-1].removesuffix(b",") + b"}" + _BREAK
    return _pressed([*pieces, write_json(_REST, rest)])


def _pressed(pieces: Sequence[bytes]) -> bytes:
    """Compress these as one text: each as a block of its own where there is much of it."""
    if sum(map(len, pieces)) < _MANY_BYTES:
        return zlib.compress(b"".join(pieces), 6)
    press = zlib.compressobj(6, strategy=zlib.Z_FILTERED)
    blocks = (press.compress(piece) + press.flush(zlib.Z_BLOCK) for piece in pieces)
    return b"".join((*blocks, press.flush()))


_SPOILT: Final = (ValueError, LookupError, TypeError, OverflowError, RecursionError)


def unpack_report(packed: bytes) -> Report:
    """Read a report back; UnreadableError where the bytes do not hold one.

    A sighting that cannot be read is left out, and counted in the report: one that is spoilt makes
    no other silent.
    """
    text = inflated(packed, "report")
    head, *parts = text.split(_BREAK, 2)
    try:
        return _report(head, *parts) if parts else _former(text)
    except _SPOILT as error:
        raise UnreadableError(f"a stored report cannot be read: {error}") from error


def _report(head: bytes, columns: bytes, rest: bytes = b"") -> Report:
    said = _loads(head)
    if said["form"] != FORM:
        raise UnreadableError("a report is stored in a newer form: deploy the newer version")
    _demand([said["location"], said["shard"], said["suspect"]], {str})
    _demand([said["tick"], said["config_version"]], {int})
    _within([said["tick"], said["config_version"]], 0, MOST)
    try:
        return _headed(said, _folded(columns, rest, said["tick"]))
    except _SPOILT:
        sightings, spoilt = _saved(columns, rest, said["tick"])
        return _headed(said, sightings, spoilt)


def _headed(said: dict[str, Any], sightings: Mapping[str, Sighting], spoilt: int = 0) -> Report:
    return Report(
        location=said["location"],
        shard=said["shard"],
        tick=said["tick"],
        config_version=said["config_version"],
        sightings=sightings,
        suspect=said["suspect"],
        spoilt=spoilt,
    )


def _folded(columns: bytes, rest: bytes, tick: int) -> Folded:
    passes = _Passes(_loads(columns), tick)
    others: dict[str, Sighting] = read_json(_REST, rest)
    if not others.keys().isdisjoint(passes.places):
        raise ValueError("a monitor is seen twice in one report")
    return Folded(passes.calm(), passes.make, others)


def _former(text: bytes) -> Report:
    """Read a report of before there were columns."""
    try:
        report: Report = read_json(Report, text)
    except ValueError:
        said = _loads(text)
        found, spoilt = sound(said.pop("sightings"))
        head: Report = read_json(Report, _json({**said, "sightings": {}}))
        kept = {name: each for name, each in found.items() if each.checked_at <= head.tick}
        return replace(head, sightings=kept, spoilt=spoilt + len(found) - len(kept))
    return replace(report, spoilt=0)


def _saved(columns: bytes, rest: bytes, tick: int) -> tuple[dict[str, Sighting], int]:
    """Read one by one what can be read of a report in which something is spoilt.

    Who is seen twice is seen in neither way.
    """
    others, spoilt = sound(loosely(rest))
    passes: dict[str, Sighting] = {}
    twice: set[str] = set()
    for name, row in rows(loosely(columns)):
        seen = _row(name, row, tick)
        if seen is None:
            spoilt += 1
        elif name in passes or name in others:
            twice.add(name)
        else:
            passes[name] = seen
    found = {**passes, **others}
    kept = {n: each for n, each in found.items() if n not in twice and each.checked_at <= tick}
    return kept, spoilt + len(found) - len(kept)


def _row(name: str, row: dict[str, Any] | None, tick: int) -> Sighting | None:
    """Build what one row of the columns says; None where that is nothing."""
    try:
        return None if row is None else _Passes(_loads(_json(row)), tick).make(name)
    except _SPOILT:
        return None


class _Passes:
    """The columns, checked as a whole; `make` builds one pass."""

    def __init__(self, columns: dict[str, Any], tick: int) -> None:
        names = columns["names"]
        _demand(names, {str})
        self.places = {name: place for place, name in enumerate(names)}
        if len(self.places) != len(names):
            raise ValueError("a monitor is seen twice in one report")
        self._tick = tick
        self._ages = _column(columns, "ages", names, {int}, 0, tick)
        self._attempts = _column(columns, "attempts", names, {int}, _SINGLE, MOST)
        self._evidence = _column(columns, "evidence", names, {str})
        self._addresses = _column(columns, "addresses", names, {str, type(None)})
        self._times(columns, names)
        self._show(columns, names)

    def calm(self) -> dict[int, frozenset[str]]:
        """Group the monitors by the tick in which they were checked."""
        if self._ages is None:
            return {self._tick: frozenset(self.places)} if self.places else {}
        groups: dict[int, list[str]] = {}
        for name, age in zip(self.places, self._ages, strict=True):
            groups.setdefault(self._tick - age, []).append(name)
        return {tick: frozenset(names) for tick, names in groups.items()}

    def make(self, name: str) -> Sighting:
        """Build the sighting of one monitor; KeyError where it is not among these."""
        place = self.places[name]
        phases = self._kinds[self._shapes[place]]
        begin = self._begins[place]
        outcome = Outcome(
            vote=Vote.PASS,
            evidence=self._evidence[place] if self._evidence else "",
            address=self._addresses[place] if self._addresses else None,
            phases_ms=dict(zip(phases, map(float, self._ms[begin:]), strict=False)),
            attempts=self._attempts[place] if self._attempts else _SINGLE,
            certificate=self._certificate(place),
        )
        age = self._ages[place] if self._ages else 0
        return Sighting(outcome=outcome, checked_at=self._tick - age)

    def _times(self, columns: dict[str, Any], names: Sequence[str]) -> None:
        self._kinds: list[list[str]] = columns["kinds"]
        for kind in self._kinds:
            _demand(kind, {str})
            if len(set(kind)) != len(kind):
                raise ValueError("a pass has two times of one phase")
        shapes = _column(columns, "shapes", names, {int}, 0, len(self._kinds) - 1)
        self._shapes: Sequence[int] = shapes if shapes is not None else [0] * len(names)
        if names and not self._kinds:
            raise ValueError("passes without phases say so")
        sizes = [len(kind) for kind in self._kinds]
        self._begins = [0, *accumulate(sizes[shape] for shape in self._shapes)]
        self._ms: list[float] = columns["ms"]
        _demand(self._ms, {int, float})
        if len(self._ms) != self._begins[-1]:
            raise ValueError(f"{self._begins[-1]} times are said, and {len(self._ms)} given")
        if self._ms and not (min(self._ms) >= 0 and max(self._ms) < MOST_MS):
            raise ValueError("a time is out of bounds")

    def _show(self, columns: dict[str, Any], names: Sequence[str]) -> None:
        """Take in which pass showed which certificate; -1 is none."""
        marks, self._issuers = columns.get("marks", []), columns.get("issuers", [])
        self._ends: list[int] = columns.get("ends", [])
        _demand(marks, {str})
        _demand(self._issuers, {str})
        _demand(self._ends, {int})
        if not len(marks) == len(self._issuers) == len(self._ends):
            raise ValueError("the columns of certificates are not of one length")
        _within(self._ends, 0, _LAST_SECOND)
        self._marks: list[str] = marks
        self._shown = _column(columns, "shown", names, {int}, -1, len(marks) - 1)

    def _certificate(self, place: int) -> Certificate | None:
        if self._shown is None or (number := self._shown[place]) < 0:
            return None
        return Certificate(
            fingerprint=self._marks[number],
            issuer=self._issuers[number],
            expires_at=datetime.fromtimestamp(self._ends[number], UTC),
        )


def _plain(sighting: Sighting) -> bool:
    """Tell whether the columns hold all that there is of a sighting."""
    outcome = sighting.outcome
    return (
        outcome.vote is Vote.PASS
        and outcome.warning is None
        and outcome.layer is None
        and outcome.exchange is None
        and not outcome.serials
        and (outcome.certificate is None or _whole(outcome.certificate.expires_at))
    )


def _whole(instant: datetime) -> bool:
    # Of another zone the same instant would be read back, and another text be shown.
    if instant.utcoffset() != timedelta() or instant.microsecond:
        return False
    return instant.timestamp() >= 0


def _columns(passes: dict[str, Sighting], tick: int) -> dict[str, Any]:
    outcomes = [each.outcome for each in passes.values()]
    kinds = list(dict.fromkeys(tuple(outcome.phases_ms) for outcome in outcomes))
    numbers = {kind: number for number, kind in enumerate(kinds)}
    shown = list(dict.fromkeys(o.certificate for o in outcomes if o.certificate is not None))
    places = {certificate: place for place, certificate in enumerate(shown)}
    columns: dict[str, Any] = {
        "names": list(passes),
        "kinds": kinds,
        "ages": [tick - each.checked_at for each in passes.values()],
        "attempts": [outcome.attempts for outcome in outcomes],
        "evidence": [outcome.evidence for outcome in outcomes],
        "addresses": [outcome.address for outcome in outcomes],
        "shapes": [numbers[tuple(outcome.phases_ms)] for outcome in outcomes],
        "ms": [_short(ms) for outcome in outcomes for ms in outcome.phases_ms.values()],
        "shown": [-1 if o.certificate is None else places[o.certificate] for o in outcomes],
        "marks": [certificate.fingerprint for certificate in shown],
        "issuers": [certificate.issuer for certificate in shown],
        "ends": [int(certificate.expires_at.timestamp()) for certificate in shown],
    }
    return {name: column for name, column in columns.items() if not _says_nothing(name, column)}


def _short(ms: float) -> float:
    """Write whole milliseconds without a fraction: they are read back as equal."""
    return int(ms) if ms == int(ms) else ms


_USUAL: Final[dict[str, object]] = {
    "ages": 0,
    "attempts": _SINGLE,
    "evidence": "",
    "addresses": None,
    "shapes": 0,
    "shown": -1,
}
"""A column that holds nothing else is left out."""


def _says_nothing(name: str, column: Sequence[object]) -> bool:
    return name in _USUAL and all(value == _USUAL[name] for value in column)


def _column(
    columns: dict[str, Any],
    name: str,
    names: Sequence[str],
    kinds: set[type],
    *bounds: int | None,
) -> Any:  # noqa: ANN401 - of one of these kinds, which is checked here
    """Give a column, which has a value for each name; None where it was left out."""
    column = columns.get(name)
    if column is None:
        return None
    _demand(column, kinds)
    if len(column) != len(names):
        raise ValueError(f"the column {name} has {len(column)} values for {len(names)} monitors")
    _within(column, *bounds)
    return column


def _demand(column: object, kinds: set[type]) -> None:
    if not isinstance(column, list) or not set(map(type, column)) <= kinds:
        raise TypeError("a column holds what it must not")


def _within(values: Sequence[int], least: int | None = None, most: int | None = None) -> None:
    if not values:
        return
    if (least is not None and min(values) < least) or (most is not None and max(values) > most):
        raise ValueError(f"a value is not between {least} and {most}")


def _loads(text: bytes) -> dict[str, Any]:
    """Read what must be an object, without the numbers that JSON does not have."""
    value = from_json(text, allow_inf_nan=False)
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
