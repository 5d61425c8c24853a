"""The operator's command. Each module of a command registers itself.

What goes wrong is one line, and exits with a code that no command uses for what it found: 64 for a
wrong call, 70 for a fault of ours, 130 for Ctrl-C, 141 for a reader that went away.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tocsin import __version__
from tocsin.usecases.ports import StorageError
from tocsin_cli import (
    agent,
    check,
    confirm,
    controls,
    heartbeat,
    incidents,
    maintenance,
    plan,
    rebuild,
    rehearsal,
    replay,
    services,
    show,
    silence,
    status,
    status_page,
    validate,
)
from tocsin_cli.cost import commands as cost
from tocsin_cli.deployment import commands as deployment
from tocsin_cli.local import commands as local
from tocsin_cli.output import CommandError, complain

COMMANDS = (
    check,
    services,
    validate,
    plan,
    cost,
    status,
    status_page,
    incidents,
    show,
    controls,
    silence,
    maintenance,
    replay,
    rebuild,
    heartbeat,
    rehearsal,
    confirm,
    agent,
    deployment,
    local,
)
"""Modules with a function `register(app)`; what they need beyond typer they import when run."""

EX_USAGE = 64
"""Of sysexits.h: 2 is what typer says, and what a target that is down says."""
EX_SOFTWARE = 70
INTERRUPTED, PIPE_CLOSED = 130, 141
"""What a shell says of a program that SIGINT or SIGPIPE ended."""
_TYPERS_USAGE_ERROR = 2

app = typer.Typer(
    help="Watch network services from several places, and ring only when a quorum agrees.",
    epilog="A command that is used wrongly exits with 64.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(__version__)
    elif context.invoked_subcommand is None:
        print(context.get_help())


for module in COMMANDS:
    module.register(app)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit."""
    # Python has no stream where the caller closed one (`>&-`), and the exit still says it all.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - open to the end
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115 - as above
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        code = PIPE_CLOSED
        # What is still buffered would fail again when the interpreter ends.
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        return int(app(arguments, prog_name="tocsin", standalone_mode=False) or 0)
    except typer.TyperException as error:
        complain(f"tocsin: {error.format_message()}")
        return EX_USAGE if error.exit_code == _TYPERS_USAGE_ERROR else error.exit_code
    except (CommandError, StorageError) as error:
        complain(f"tocsin: {error}")
        return 1
    except typer.Abort:
        return INTERRUPTED
    except SystemExit as end:  # so typer answers a closed pipe, with the code of "degraded"
        raise BrokenPipeError from end
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - a traceback would exit with 1, as "degraded" does
        if os.environ.get("TOCSIN_DEBUG") == "1":
            traceback.print_exc()
        said = f"{type(error).__name__}: {error}"
        complain(f"tocsin: a fault of tocsin's own, {said} (TOCSIN_DEBUG=1 shows where)")
        return EX_SOFTWARE
