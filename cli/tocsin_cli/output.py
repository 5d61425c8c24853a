"""How commands speak: rich on a terminal, plain lines in a pipe, JSON where it is asked for.

What comes from targets, files or tables is inert here: never markup, never a command to a terminal,
never a line of its own.
"""

import json
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from tocsin.domain.outcome import printable

Region = Annotated[
    str | None, typer.Option(help="The home region.", show_default="that of samconfig.toml")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class CommandError(Exception):
    """A command cannot do its work; the text is one line that says what to do."""


def print_json(value: object) -> None:
    """Print one JSON document."""
    print(json.dumps(value, indent=2))


def say(text: str, style: str = "") -> None:
    """Print a line; the style shows on a terminal only."""
    if not sys.stdout.isatty():
        print(_inert(text))
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, and seldom needed
    from rich.text import Text  # noqa: PLC0415

    Console().print(Text(_inert(text), style=style), soft_wrap=True)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, grouped: bool = False) -> None:
    """Print a table: ruled and fitted on a terminal, else one line a row between tabs.

    `grouped` makes headings of what stands in the first column, where a person reads it: there is
    the more room for the others.
    """
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(map(_inert, row)))
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import, and seldom needed
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    skipped = int(grouped)
    ruled = Table(*headers[skipped:], box=None, pad_edge=False, header_style="dim")
    for number, row in enumerate(rows):
        if grouped and (number == 0 or rows[number - 1][0] != row[0]):
            ruled.add_row()
            ruled.add_row(Text(_inert(row[0]), style="bold"))
        ruled.add_row(*(Text(_inert(cell)) for cell in row[skipped:]))
    Console().print(ruled)


def complain(*lines: str) -> None:
    """Print lines to standard error."""
    for line in lines:
        print(_inert(line), file=sys.stderr)


def _inert(text: str) -> str:
    return printable(text, sys.maxsize)
