"""Validate the shape of a file, and keep what is sound so that the rules can judge the rest too.

One mistake must not hide another: what pydantic refuses is cut out and the rest validated again.
"""

from copy import deepcopy
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tocsin.config.certificates import Fetch
from tocsin.config.document import Data, Path
from tocsin.config.models import File

SECTIONS = ("locations", "monitors")
_WINDOW = ("maintenance", 0)
"""The path of a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What pydantic has against a value; `label` is the kind of the monitor that it is in."""

    path: Path
    label: str | None
    details: ErrorDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvage:
    """The sound part of a file, what was refused, and the paths that were cut out of it."""

    file: File
    refusals: tuple[Refusal, ...]
    damaged: frozenset[Path]


def salvage(raw: dict[str, Data], fetch: Fetch) -> Salvage:
    """Validate; every round cuts at least one value out, so it ends."""
    rest = deepcopy(raw)
    refusals: tuple[Refusal, ...] = ()
    damaged: set[Path] = set()
    while True:
        try:
            file = File.model_validate(rest, context=fetch)
        except ValidationError as error:
            found = tuple(_refusal(details) for details in error.errors(include_url=False))
            refusals = refusals or found  # what later rounds find are traces of the cuts
            cuts = {_cut(refusal) for refusal in found}
            damaged |= cuts
            for cut in cuts:
                _remove(rest, cut)
        else:
            return Salvage(file=file, refusals=refusals, damaged=frozenset(damaged))


def _refusal(details: ErrorDetails) -> Refusal:
    steps = details["loc"]
    if details["type"] == "value_error" and steps[-1:] == ("[key]",):
        steps = steps[:-1]  # so pydantic marks that a key is meant, not its value
    if steps[:1] == ("monitors",) and len(steps) > 2:  # noqa: PLR2004 - monitors, name, kind, …
        return Refusal(path=steps[:2] + steps[3:], label=str(steps[2]), details=details)
    return Refusal(path=steps, label=None, details=details)


def _cut(refusal: Refusal) -> Path:
    """Tell what goes: the value itself, the whole list around it, or what lacks a key.

    Windows stand in a list, and one of them is cut as a monitor is.
    """
    path = refusal.path[:-1] if refusal.details["type"] == "missing" else refusal.path
    path = refusal.path if len(path) == 0 else path
    begin = len(_WINDOW) if path[:1] == _WINDOW[:1] else 0
    steps = enumerate(path[begin:], start=begin)
    end = next((at for at, step in steps if isinstance(step, int)), len(path))
    return path[:end]


def _remove(rest: dict[str, Data], cut: Path) -> None:
    around: Data = rest
    for step in cut[:-1]:
        match around:
            case dict():
                around = around.get(str(step))
            case list() if isinstance(step, int):
                around = around[step]
    last = cut[-1]
    match around:
        case list() if isinstance(last, int):
            around[last] = {}  # the others keep their places
        case dict():
            around.pop(str(last), None)
            if len(cut) == 1 and last in SECTIONS:
                around[str(last)] = {}
