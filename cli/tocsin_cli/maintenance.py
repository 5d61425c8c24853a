"""`tocsin maintenance`: when alerts are held, by windows of the configuration and by silences."""

from datetime import datetime
from typing import TYPE_CHECKING

import typer

from tocsin_cli import silence
from tocsin_cli.output import AsJson, Region, print_json, say, table

if TYPE_CHECKING:
    from tocsin.domain.window import Window
    from tocsin_cli.survey import Known


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(maintenance)


def maintenance(region: Region = None, *, as_json: AsJson = False) -> None:
    """Show the maintenance windows in force, which are open or when they are next, and silences.

    Windows stand in the monitors file; silences are made with `tocsin silence`.

    Exit: 0 shown, 1 no home stack.
    """
    from tocsin_cli import documents, survey  # noqa: PLC0415 - not for --help
    from tocsin_cli.desk import opened  # noqa: PLC0415 - boto3

    with opened(region) as desk:
        known, now = desk.known, desk.now
    windows = _windows(known)
    current = survey.silences(known, now)
    if as_json:
        print_json(
            {
                "windows": [{**documents.window(each), **_times(each, now)} for each in windows],
                "silences": [documents.silence(each) for each in current],
            }
        )
        return
    if not windows and not current:
        say("no maintenance window is in force, and no silence")
    if windows:
        headers = ("WINDOW", "LENGTH", "ABOUT", "STATE", "NEXT")
        table(headers, [row(each, now) for each in windows])
    if current:
        table(silence.HEADERS, [silence.row(each, desk) for each in current])


def row(window: "Window", now: datetime) -> tuple[str, ...]:
    """Give a window as the table shows it."""
    from tocsin.domain.spans import spoken  # noqa: PLC0415 - not for --help
    from tocsin.messages.words import clock  # noqa: PLC0415
    from tocsin_cli.remarks import scope  # noqa: PLC0415

    until, following = _until(window, now), _next(window, now)
    over = until is None and following is None
    closed = "over" if over else "closed"
    return (
        when(window),
        spoken(window.length),
        scope(window.monitors, window.tags),
        closed if until is None else f"open until {clock(until, now)} UTC",
        "" if following is None else f"{clock(following, now)} UTC",
    )


def _windows(known: "Known") -> "list[Window]":
    """Give the windows of the whole configuration, each once: several shards may have one."""
    return [
        *dict.fromkeys(window for shard, _ in known.shards.values() for window in shard.windows)
    ]


def when(window: "Window") -> str:
    """Say when a window begins."""
    if window.begin is not None:
        return f"once, {window.begin:%Y-%m-%d %H:%M} UTC"
    return f"{window.cron} ({window.timezone})"


def _times(window: "Window", now: datetime) -> dict[str, object]:
    from tocsin_cli.documents import at  # noqa: PLC0415 - not for --help

    return {"open_until": at(_until(window, now)), "next": at(_next(window, now))}


def _until(window: "Window", now: datetime) -> datetime | None:
    from tocsin.adapters.calendar import next_start  # noqa: PLC0415 - not for --help

    return window.open_until(now, next_start)


def _next(window: "Window", now: datetime) -> datetime | None:
    """Say when it opens next; never again where it was once."""
    from tocsin.adapters.calendar import next_start  # noqa: PLC0415 - not for --help

    if window.cron is not None:
        return next_start(window.cron, window.timezone, now)
    return window.begin if window.begin is not None and now < window.begin else None
