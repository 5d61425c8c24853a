"""The options `--from` and `--to`: a stretch of the past that a command is about."""

from datetime import datetime
from typing import Annotated, Any

import typer

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ"]


def since(usually: str) -> Any:
    """Make the option `--from`; its help says where the stretch begins without it."""
    return typer.Option(
        "--from",
        help="In UTC: 2026-11-20 or 2026-11-20T14:30.",
        formats=_FORMATS,
        metavar="TIME",
        show_default=usually,
    )


To = Annotated[
    datetime | None,
    typer.Option("--to", help="In UTC.", formats=_FORMATS, metavar="TIME", show_default="now"),
]
