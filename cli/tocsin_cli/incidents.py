"""`tocsin incidents`: what is open, and what was."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, Region, print_json, say, table

if TYPE_CHECKING:
    from tocsin.domain.incident import Incident
    from tocsin_cli.home import Home
    from tocsin_cli.survey import Known


HEADERS = ("INCIDENT", "KIND", "BEGAN", "LASTED", "STATE", "ABOUT", "TOLD", "NOTES")
_NOTHING = {False: "nothing is open", True: "nothing is open, and nothing was"}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(incidents)


def incidents(
    region: Region = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that are over, of the last 400 days.")
    ] = False,
    month: Annotated[
        str | None,
        typer.Option(help="Those that began in a month, open or over.", metavar="YYYY-MM"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is open, the oldest first. With --json also the course of each, and what was sent.

    Exit: 0 shown, 1 no home stack, 64 the month is none.
    """
    from tocsin_cli import documents  # noqa: PLC0415 - not for --help
    from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3
    from tocsin_cli.survey import read  # noqa: PLC0415

    if everything and month is not None:
        raise typer.BadParameter("--all has every month: leave --month out, or --all")
    began = None if month is None else _month(month)
    now = datetime.now(UTC)
    with connected(place(region)) as home:
        known = read(home)
        found = _found(home, known, now, began, everything=everything)
    if as_json:
        owed = [each for state in known.states for each in state.outbox]
        print_json([documents.course(each, owed) for each in found])
        return
    if not found:
        say(f"nothing began in {month}" if month else _NOTHING[everything])
        return
    table(HEADERS, [row(each, now) for each in found])


def row(incident: "Incident", now: datetime) -> tuple[str, ...]:
    """Give an incident as the table shows it."""
    from tocsin.domain.spans import spoken  # noqa: PLC0415 - not for --help
    from tocsin_cli.remarks import about, taken_on  # noqa: PLC0415

    return (
        incident.id,
        str(incident.kind),
        f"{incident.opened_at:%Y-%m-%d %H:%M}",
        spoken((incident.ended_at or now) - incident.opened_at),
        str(incident.ending or "open"),
        about(incident),
        " ".join(incident.routes),
        "; ".join((*filter(None, [incident.shared]), *taken_on(incident, now))),
    )


def _found(
    home: "Home", known: "Known", now: datetime, began: datetime | None, *, everything: bool
) -> "list[Incident]":
    from tocsin_cli.past import months, over  # noqa: PLC0415 - boto3, not for --help

    found = {each.id: each for state in known.states for each in state.incidents}
    if everything or began is not None:
        wanted = months(now) if began is None else [began]
        past = [*over(home, wanted), *(each for state in known.states for each in state.closed)]
        found = {each.id: each for each in past} | found
    if began is not None:
        found = {n: i for n, i in found.items() if f"{i.opened_at:%Y-%m}" == f"{began:%Y-%m}"}
    return sorted(found.values(), key=lambda incident: incident.opened_at)


def _month(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no month: write it like 2026-11") from None
