"""What can still be taken out of a report in which something is spoilt.

Nothing here is believed: it is only taken apart, so that each piece can be checked on its own. A
part of which nothing is left counts as one piece.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from tocsin.adapters.codec import read_json
from tocsin.domain.report import Sighting

type Row = dict[str, Any]
type Place = tuple[int, int] | None

_BY_NAME: Final = ("ages", "attempts", "evidence", "addresses")
"""Columns that have a value for each monitor, or are left out; also `shapes` and `shown`."""


def loosely(text: bytes) -> object:
    """Read whatever JSON there is; None where there is none."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found


def sound(sightings: object) -> tuple[dict[str, Sighting], int]:
    """Give the sightings that are whole, and the number of the others."""
    if not isinstance(sightings, dict):
        return {}, 1
    found: dict[str, Sighting] = {}
    for name, each in sightings.items():
        try:
            found |= read_json(dict[str, Sighting], json.dumps({name: each}).encode())
        except (ValueError, RecursionError):
            continue
    return found, len(sightings) - len(found)


def rows(columns: object) -> Iterator[tuple[str, Row | None]]:
    """Give each monitor's own row of the columns; None where it cannot be told which that is."""
    if not isinstance(columns, dict) or not isinstance(names := columns.get("names"), list):
        yield "", None
        return
    try:
        places = _places(columns, len(names))
    except (LookupError, TypeError, ValueError):
        places = [None] * len(names)
    for number, name in enumerate(names):
        yield str(name), _row(columns, number, places[number])


def _places(columns: Row, size: int) -> list[Place]:
    """Say where the times of each monitor begin and end.

    One that does not say how many it has hides where those of its neighbours are, but for the ones
    before the first such and after the last.
    """
    kinds, ms = columns["kinds"], columns["ms"]
    sizes = [_size(kinds, _cell(columns, "shapes", n, size, 0)) for n in range(size)]
    places: list[Place] = [None] * size
    begin, end = 0, len(ms)
    for number, length in enumerate(sizes):
        if length is None:
            break
        places[number] = begin, begin + length
        begin += length
    else:
        return places if begin == end else [None] * size
    for number in reversed(range(size)):
        length = sizes[number]
        if length is None:
            break
        places[number] = end - length, end
        end -= length
    return places if begin <= end else [None] * size


def _size(kinds: list[Any], shape: object) -> int | None:
    if type(shape) is not int or not 0 <= shape < len(kinds) or not isinstance(kinds[shape], list):
        return None
    return len(kinds[shape])


def _row(columns: Row, number: int, place: Place) -> Row | None:
    """Write columns in which this monitor is the only one."""
    if place is None:
        return None
    size = len(columns["names"])
    try:
        shape = _cell(columns, "shapes", number, size, 0)
        row = {
            "names": [columns["names"][number]],
            "kinds": [columns["kinds"][shape]],
            "ms": columns["ms"][slice(*place)],
        }
        for name in _BY_NAME:
            if name in columns:
                row[name] = [_cell(columns, name, number, size, None)]
        shown = _cell(columns, "shown", number, size, -1)
        return row if shown == -1 else {**row, "shown": [0], **_certificate(columns, shown)}
    except (LookupError, TypeError, ValueError):
        return None


def _certificate(columns: Row, shown: object) -> Row:
    marks, issuers, ends = (columns[name] for name in ("marks", "issuers", "ends"))
    if type(shown) is not int or shown < 0 or not len(marks) == len(issuers) == len(ends):
        raise ValueError("it cannot be told which certificate that is")
    return {"marks": [marks[shown]], "issuers": [issuers[shown]], "ends": [ends[shown]]}


def _cell(columns: Row, name: str, number: int, size: int, usual: object) -> Any:  # noqa: ANN401
    """Give a monitor's value in a column, or the usual one where the column was left out."""
    column = columns.get(name)
    if column is None:
        return usual
    if not isinstance(column, list) or len(column) != size:
        raise ValueError(f"it cannot be told whose value of {name} is whose")
    return column[number]
