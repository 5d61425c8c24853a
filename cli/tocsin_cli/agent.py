"""`tocsin agent`: the probe as a process that stays, for private networks and echo requests."""

from typing import Annotated

import typer

from tocsin_cli.output import CommandError, Region


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(agent)


def agent(
    location: Annotated[
        str, typer.Option(help="The name of this location in monitors.yaml (kind: agent).")
    ],
    region: Region = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Run one tick, now, and end.")] = False,
) -> None:
    """Watch from here: check what this location is asked to, every minute, until it is stopped.

    The first SIGTERM or Ctrl-C lets the tick end and sends its reports, the second ends at once.

    Exit: 0 ended, 1 no home region, or with --once no AWS; 130 and 143 a second signal.
    """
    import asyncio  # noqa: PLC0415 - not for --help

    from tocsin.domain.heartbeat import ENDPOINT  # noqa: PLC0415
    from tocsin_cli.home import place  # noqa: PLC0415 - boto3
    from tocsin_cli.residence import reside  # noqa: PLC0415

    if location == ENDPOINT:
        raise CommandError(f"the location {location} is no place: it stands for reports of jobs")
    asyncio.run(reside(location, place(region), once=once))
