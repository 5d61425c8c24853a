"""`tocsin status-page`: the public page as files, to be looked at before or without publishing."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tocsin_cli.output import CommandError, Region, say


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(status_page)


def status_page(
    out: Annotated[Path, typer.Option(help="The folder that it is written to.")] = Path(
        "status-page"
    ),
    title: Annotated[str, typer.Option(help="What the page is called.")] = "Status",
    url: Annotated[
        str, typer.Option(help="Where it will be; without that it has no feed.", metavar="URL")
    ] = "",
    region: Region = None,
) -> None:
    """Write the public status page to a folder, as it would be published at this moment.

    It shows the monitors with `public` in monitors.yaml. Publishing is the aggregator's: give the
    home stack StatusPage=cloudfront.

    Exit: 0 written, 1 no home stack.
    """
    from tocsin.adapters.calendar import next_start  # noqa: PLC0415 - not for --help
    from tocsin.pages.publication import Face, draw  # noqa: PLC0415
    from tocsin.usecases.board import present, remembering  # noqa: PLC0415
    from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3
    from tocsin_cli.survey import read  # noqa: PLC0415

    if url and not url.startswith(("https://", "http://")):
        raise typer.BadParameter("--url is a URL: write it like https://status.example.com/")
    now = datetime.now(UTC)
    with connected(place(region)) as home:
        known = read(home)
        board = remembering(present(known, next_start, now), known, home.projections, home.history)
    face = Face(title=title, url=url and f"{url.rstrip('/')}/")
    files = [*draw(face, board)]
    try:
        for file in files:
            path = out / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.body)
    except OSError as error:
        raise CommandError(f"{out}: {error.strerror or error}; choose another with --out") from None
    if not board.parts:
        say("no monitor is public yet: add `public: true` to some, and run `tocsin apply`")
    say(f"wrote {len(files)} files: open {out / 'index.html'}")
