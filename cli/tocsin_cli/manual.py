"""The page of commands, made from what they say of themselves: `python -m tocsin_cli.manual`."""

import re
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup

from tocsin_cli.main import app

PAGE = Path("docs/commands.md")
HEAD = """\
<!-- Written by `python -m tocsin_cli.manual`; do not edit. -->

# Commands

`make setup` puts the command into `.venv/bin`. It acts with your own AWS credentials, in the home
region that `samconfig.toml` names, unless `--region` says another. What it shows to you, `--json`
gives to programs.

Every command exits with 64 where it was used wrongly, 70 for a fault of Tocsin's own
(`TOCSIN_DEBUG=1` shows where), 130 where you interrupted it or said no, and 141 where the reader of
its output went away. The other codes stand with each.

| command | what it does |
| --- | --- |
"""
# In the form of a manual: `<str>` is what typer makes of a parameter without a name of its own.
PLACES = {
    "<str>": "TEXT",
    "<path>": "PATH",
    "<int range>": "NUMBER",
    "<list[str]>": "...",
    "|": "/",
}


def page() -> str:
    """Give the whole page."""
    found = list(_commands("tocsin", typer.main.get_command(app)))
    rows = (f"| [`{name}`](#{name.replace(' ', '-')}) | {_brief(each)} |\n" for name, each in found)
    return HEAD + "".join(rows) + "".join(_chapter(name, each) for name, each in found)


def _commands(name: str, command: object) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for word, each in command.commands.items():
            yield from _commands(f"{name} {word}", each)
    elif isinstance(command, TyperCommand):
        yield name, command


def _brief(command: TyperCommand) -> str:
    return (command.help or "").partition("\n\n")[0].replace("\n", " ")


def _chapter(name: str, command: TyperCommand) -> str:
    context = typer.Context(command, info_name=name)
    records = [each.get_help_record(context) for each in command.get_params(context)]
    rows = [_row(*record) for record in records if record is not None]
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    table = f"| option | what it says | by default |\n| --- | --- | --- |\n{''.join(rows)}"
    return f"\n## {name}\n\n```console\n$ {usage}\n```\n\n{_told(command.help or '')}{table}"


def _row(key: str, said: str) -> str:
    """Give a parameter, what it says, and what holds where it is not given."""
    if key == "--help":
        return ""
    what, _, default = said.partition("  [")
    default = default.removesuffix("]").removeprefix("default: ").strip("()")
    return f"| `{_placed(key)}` | {what} | {default} |\n"


def _told(text: str) -> str:
    """Give the paragraphs of a help text; lines that are to stay as they are become a block."""
    return "".join(map(_paragraph, text.split("\n\n")))


def _paragraph(text: str) -> str:
    if text.startswith("\b"):
        lines = text.removeprefix("\b\n").splitlines()
        return f"```text\n{'\n'.join(line.removeprefix('  ') for line in lines)}\n```\n\n"
    return f"{text.replace('Exit: ', '**Exit:** ')}\n\n"


def _placed(key: str) -> str:
    return re.sub("|".join(map(re.escape, PLACES)), lambda place: PLACES[place[0]], key)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
