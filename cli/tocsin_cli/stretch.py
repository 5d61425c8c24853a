"""The options `--from` and `--to`: a stretch of the past that a command is about."""

from datetime import datetime
from typing import Annotated, cast

import typer
from typer.models import OptionInfo

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ"]


def since(usually: str) -> OptionInfo:
    """Make the option `--from`; its help says where the stretch begins without it."""
    option = typer.Option(
        "--from",
        help="In UTC: 2026-11-20 or 2026-11-20T14:30.",
        formats=_FORMATS,
        metavar="TIME",
        show_default=usually,
    )
    return cast("OptionInfo", option)  # typer says Any, so that an option can stand as a default


To = Annotated[
    datetime | None,
    typer.Option("--to", help="In UTC.", formats=_FORMATS, metavar="TIME", show_default="now"),
]
