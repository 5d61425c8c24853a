"""`tocsin validate`: say everything that is wrong with a file, and how to mend it."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, print_json, say

if TYPE_CHECKING:
    from tocsin.config.fault import Fault
    from tocsin.config.reader import Reading

ERRORS = 2


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(validate)


def validate(
    file: Annotated[Path, typer.Argument(help="The file to check.")] = Path("monitors.yaml"),
    *,
    local: Annotated[
        bool, typer.Option("--local", help="It is for `tocsin local up`: private targets are fine.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a file of monitors: exit 0 if it can be applied, 2 if it has errors.

    Warnings are shown and do not fail. --json prints a list of file, line, column, code, message,
    fix and severity.
    """
    from tocsin.config.reader import read  # noqa: PLC0415 - pydantic and YAML, not for --help

    reading = read(file, allow_private=local, now=datetime.now(UTC))
    if as_json:
        print_json([asdict(fault) for fault in reading.faults])
    else:
        for fault in reading.faults:
            show(fault)
        say(_summary(file, reading), "bold")
    raise typer.Exit(ERRORS if reading.errors else 0)


def show(fault: "Fault") -> None:
    """Print one fault on a line."""
    say(str(fault), "red" if fault.severity == "error" else "yellow")


def _summary(file: Path, reading: "Reading") -> str:
    counts = Counter(fault.severity for fault in reading.faults)
    faults = ", ".join(_counted(number, word) for word, number in sorted(counts.items()))
    if reading.configuration is None:
        return f"{file}: {faults}"
    monitors, locations = reading.configuration.monitors, reading.configuration.locations
    found = f"{_counted(len(monitors), 'monitor')} at {_counted(len(locations), 'location')}"
    return f"{file}: {found}, {faults or 'nothing to mend'}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number > 1)}"
