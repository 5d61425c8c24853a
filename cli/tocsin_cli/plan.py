"""`tocsin plan` and `tocsin apply`: what a file would change, and the change."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, CommandError, Region, complain, print_json, say

if TYPE_CHECKING:
    from tocsin.config.configuration import Configuration
    from tocsin.domain.window import Window
    from tocsin_cli.cost.difference import Difference
    from tocsin_cli.home import Home
    from tocsin_cli.planning import Plan

REFUSED = 2
MONITORS = Path("monitors.yaml")

File = Annotated[Path, typer.Argument(help="The file of monitors.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(plan)
    app.command()(apply)


def plan(file: File = MONITORS, region: Region = None, *, as_json: AsJson = False) -> None:
    """Show what applying a file would change.

    Exit: 0 shown, 1 the home tables cannot be reached, 2 the file has errors
    or is too large to be stored.
    """
    from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3, not for --help

    configuration = _read(file)
    with connected(place(region)) as home:
        planned = _planned(home, configuration)
        costs = _costs(home, configuration)
    if as_json:
        print_json({**document(planned), **_cost(costs)})
    else:
        show(planned)
        _show_costs(planned, costs)


def apply(
    file: File = MONITORS,
    region: Region = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a file in force: probes take it up within a minute.

    A monitor that says `was:` goes on under its new name, with its history, its open incident and,
    where it is a job, its URL.

    Exit: 0 in force (or nothing to change), 1 the home tables cannot be reached or another version
    came between, 2 the file has errors or is too large to be stored, 130 you did not say yes.
    Nothing is applied unless it exits with 0, or says that only the URL of a renamed job has stayed
    behind.
    """
    from tocsin_cli import planning  # noqa: PLC0415 - boto3, not for --help
    from tocsin_cli.home import connected, place  # noqa: PLC0415

    configuration = _read(file)
    with connected(place(region)) as home:
        planned = _planned(home, configuration)
        if not as_json:
            show(planned)
            _show_costs(planned, _costs(home, configuration))
        if planned.changes and not yes:
            _ask(err=as_json)
        version = planning.apply(home, planned, datetime.now(UTC)).version
    if as_json:
        print_json({**document(planned), "version": version})
    elif planned.changes:
        say(f"version {version} is in force; probes take it up within a minute", "bold")


def document(planned: "Plan") -> dict[str, object]:
    """Give a plan as `--json` prints it."""
    from tocsin_cli.documents import window  # noqa: PLC0415 - not for --help

    return {
        "over": planned.over.version,
        "judged": planned.judged or None,
        "added": list(planned.diff.added),
        "removed": list(planned.diff.removed),
        "renamed": {name: former for former, name in planned.diff.renamed},
        "changed": {change.monitor: list(change.fields) for change in planned.diff.changed},
        "maintenance": {
            "removed": [window(each) for each in planned.diff.ended],
            "added": [window(each) for each in planned.diff.begun],
        },
        "resolves": [incident.id for incident in planned.ending],
    }


def show(planned: "Plan") -> None:
    """Print a plan, a line each; where what is checked changes, with its old and new lines."""
    from tocsin_cli.dialogue import changes  # noqa: PLC0415 - not for --help

    for name in planned.diff.added:
        say(f"+ {name}", "green")
    for name in planned.diff.removed:
        say(f"- {name}", "red")
    for former, name in planned.diff.renamed:
        moves = (former, name) in planned.moving
        kept = "history, incident and URL" if moves else "history and incident"
        say(f"~ {former} -> {name}: {kept} are kept", "yellow")
    for change in planned.diff.changed:
        say(f"~ {change.monitor}: {', '.join(change.fields)}", "yellow")
        for line in changes(*change.targets) if change.targets else ():
            say(f"    {line}", {"-": "red", "+": "green"}[line[0]])
    _show_windows(planned)
    for incident in planned.ending:
        say(f"! resolves {incident.id}: its monitor is removed", "yellow")
    if planned.judged:
        say(
            f"! shards were judged under version {planned.judged} and not since:"
            f" applying goes on with version {planned.judged + 1}",
            "yellow",
        )
    if not planned.changes:
        say(f"version {planned.over.version} is in force and says the same: nothing to change")


def _show_windows(planned: "Plan") -> None:
    if planned.diff.begun or planned.diff.ended:
        say("~ maintenance", "yellow")
    for window in planned.diff.ended:
        say(f"    - {_worded(window)}", "red")
    for window in planned.diff.begun:
        say(f"    + {_worded(window)}", "green")


def _worded(window: "Window") -> str:
    """Say a window in a line: when, for how long, about what."""
    from tocsin.domain.spans import spoken  # noqa: PLC0415 - not for --help
    from tocsin_cli.maintenance import when  # noqa: PLC0415
    from tocsin_cli.remarks import scope  # noqa: PLC0415

    about = scope(window.monitors, window.tags)
    return f"{when(window)}, for {spoken(window.length)}: {about}"


def _costs(home: "Home", configuration: "Configuration") -> "Difference | None":
    """Reckon what the change costs; None where there is no template to reckon by."""
    from tocsin_cli.cost.blueprint import TEMPLATE  # noqa: PLC0415 - YAML, not for --help
    from tocsin_cli.cost.difference import difference  # noqa: PLC0415

    try:
        return difference(home.configs.shards(), configuration, TEMPLATE)
    except CommandError:
        return None  # `tocsin cost` says why


def _show_costs(planned: "Plan", costs: "Difference | None") -> None:
    if costs is not None and planned.changes:
        say(f"{costs} (`tocsin cost` has the bill)")


def _cost(costs: "Difference | None") -> dict[str, object]:
    if costs is None:
        return {}
    return {"cost": {"before": round(costs.before, 4), "after": round(costs.after, 4)}}


def _planned(home: "Home", configuration: "Configuration") -> "Plan":
    from tocsin_cli import planning  # noqa: PLC0415 - boto3, not for --help

    try:
        return planning.plan(home, configuration)
    except planning.TooLargeError as error:
        complain(f"tocsin: {error}", "tocsin: nothing was applied")
        raise typer.Exit(REFUSED) from None


def _ask(*, err: bool) -> None:
    try:
        typer.confirm("Apply?", abort=True, err=err)
    except typer.Abort:  # also where nobody is there to ask
        complain("tocsin: not applied")
        raise


def _read(file: Path) -> "Configuration":
    from tocsin.config.reader import read  # noqa: PLC0415 - pydantic and YAML, not for --help

    reading = read(file, now=datetime.now(UTC))
    for fault in reading.faults:
        complain(str(fault))
    if reading.configuration is None:
        complain(f"tocsin: {file} has errors; nothing was applied")
        raise typer.Exit(REFUSED)
    return reading.configuration
