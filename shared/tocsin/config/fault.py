"""What is wrong with a configuration, where, and how to mend it."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from tocsin.domain.outcome import printable

SHOWN_CHARACTERS = 80
SENTENCE_CHARACTERS = 500
_LOGIN = re.compile(r"\S*:\S*@")
"""Before a host: `user:password@`, with the scheme that stands before it."""


class Severity(StrEnum):
    """Whether a fault stops the configuration from being applied."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line and a column of a file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One mistake: `message` says what is wrong, `fix` how to mend it, `code` is for programs."""

    file: str
    line: int
    column: int
    code: str
    message: str
    fix: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.severity}: {self.message}. {self.fix}. [{self.code}]"


class MistakeError(ValueError):
    """A value that means nothing, before it is known where it stands."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


def sentence(text: str) -> str:
    """Make what is said of a file inert, whatever of the file is in it: one bounded line."""
    return printable(text, SENTENCE_CHARACTERS)


def shown(value: str) -> str:
    """Quote a value of the file as inert, bounded text, without the password of a URL."""
    return f"`{printable(_LOGIN.sub('…@', value), SHOWN_CHARACTERS)}`"


def listed(values: tuple[str, ...], last: str = "or") -> str:
    """Join words as a sentence does: `a, b or c`."""
    return f" {last} ".join((", ".join(values[:-1]), values[-1])) if values[1:] else "".join(values)


def nearest(value: str, known: tuple[str, ...]) -> str | None:
    """Guess which of the known words was meant."""
    matches = get_close_matches(value.lower(), known, n=1, cutoff=0.7)
    return matches[0] if matches else None
