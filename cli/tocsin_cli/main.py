"""The operator's command. Each module of a command registers itself; usage errors exit with 64."""

import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from tocsin.usecases.ports import StorageError
from tocsin_cli import check, plan, status, validate
from tocsin_cli.local import commands as local
from tocsin_cli.output import CommandError, complain

COMMANDS = (check, validate, plan, status, local)
"""Modules with a function `register(app)`; what they need beyond typer they import when run."""

EX_USAGE = 64
"""Of sysexits.h: 2 is what typer says, and what a target that is down says."""
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
        from importlib.metadata import version as installed  # noqa: PLC0415 - slow, seldom needed

        print(installed("tocsin"))
    elif context.invoked_subcommand is None:
        print(context.get_help())


for module in COMMANDS:
    module.register(app)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit."""
    try:
        code = app(arguments, prog_name="tocsin", standalone_mode=False)
    except typer.TyperException as error:
        complain(f"tocsin: {error.format_message()}")
        sys.exit(EX_USAGE if error.exit_code == _TYPERS_USAGE_ERROR else error.exit_code)
    except (CommandError, StorageError) as error:
        complain(f"tocsin: {error}")
        sys.exit(1)
    except typer.Abort:
        sys.exit(130)
    sys.exit(code or 0)
