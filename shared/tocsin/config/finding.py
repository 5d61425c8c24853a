"""What a rule found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tocsin.config.draft import Draft
from tocsin.config.fault import Place, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A mistake and its place; the file's name is added by the reader."""

    place: Place
    code: str
    message: str
    fix: str
    severity: Severity = Severity.ERROR


type Rule = Callable[[Draft], Iterator[Finding]]
