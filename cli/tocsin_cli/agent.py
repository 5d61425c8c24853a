"""`tocsin agent`: the probe as a process that stays, for private networks and echo requests."""

from typing import Annotated

import typer

from tocsin_cli.output import Region


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(agent)


def agent(
    location: Annotated[
        str,
        typer.Option(
            envvar="TOCSIN_LOCATION",
            help="The name of this location in monitors.yaml (kind: agent).",
        ),
    ],
    region: Region = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Run one tick, now, and end.")] = False,
) -> None:
    """Watch from here: check what this location is asked to, every minute, until it is stopped.

    The first SIGTERM, SIGHUP or Ctrl-C lets the tick end and sends its reports, the second ends at
    once.

    Exit: 0 ended, 1 no home region, or with --once no AWS; 143, 129 and 130 a second signal.
    """
    import asyncio  # noqa: PLC0415 - not for --help

    from tocsin.config import values  # noqa: PLC0415
    from tocsin.config.fault import MistakeError  # noqa: PLC0415
    from tocsin_cli.home import place  # noqa: PLC0415 - boto3
    from tocsin_cli.residence import reside  # noqa: PLC0415

    try:
        name = values.location(location)
    except MistakeError as mistake:
        raise typer.BadParameter(f"{mistake.message}. {mistake.fix}.") from None
    asyncio.run(reside(name, place(region), once=once))
