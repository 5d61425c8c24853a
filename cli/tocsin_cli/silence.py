"""`tocsin silence`: hold alerts for a while, by hand."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.controls import By, Names, Note, Tags, some
from tocsin_cli.output import AsJson, Region, print_json, say, table

if TYPE_CHECKING:
    from tocsin.domain.control import Said, Silence
    from tocsin_cli.desk import Desk

Span = Annotated[
    str | None, typer.Option("--for", metavar="DURATION", help="How long, as in 30m, 2h or 1d.")
]
Listed = Annotated[bool, typer.Option("--list", help="Show the silences in force.")]
End = Annotated[
    str | None, typer.Option("--end", metavar="ID", help="End a silence before its time.")
]

HEADERS = ("SILENCE", "UNTIL", "ABOUT", "BY", "NOTE")


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(silence)


def silence(  # noqa: PLR0913 - each is an option of the command
    names: Names = None,
    tags: Tags = None,
    region: Region = None,
    *,
    span: Span = None,
    note: Note = "",
    by: By = None,
    listed: Listed = False,
    end: End = None,
    as_json: AsJson = False,
) -> None:
    """Hold the alerts of monitors for a while: what is still down at its end is told then.

    They are judged all the same, and what was told before is resolved as always. Asked for again,
    the same silence ends at the new time.

    \b
      tocsin silence web db --for 2h --note "new firewall"
      tocsin silence --tag shop --for 1d
      tocsin silence --list
      tocsin silence --end s-1a2b3c4d

    Exit: 0 done; 1 no such monitor, tag or silence, or no home stack; 64 used wrongly.
    """  # noqa: D301 - the control character tells click to leave the lines as they are
    from tocsin_cli.desk import opened  # noqa: PLC0415 - boto3, not for --help

    one = sum((bool(names or tags or span), listed, end is not None))
    if one != 1:
        raise typer.BadParameter(
            "one at a time: monitors or tags and --for, or --list, or --end ID"
        )
    length = timedelta()
    if not listed and end is None:
        some(names, tags)
        length = _length(span)
    with opened(region) as desk:
        if listed:
            _list(desk, as_json=as_json)
        elif end is not None:
            _end(desk, end, desk.said(by, note), as_json=as_json)
        else:
            _hold(desk, names or [], tags or [], length, desk.said(by, note), as_json=as_json)


def row(each: "Silence", desk: "Desk") -> tuple[str, ...]:
    """Give a silence as the table shows it."""
    from tocsin.messages.words import clock  # noqa: PLC0415 - not for --help
    from tocsin_cli.remarks import scope  # noqa: PLC0415

    until = f"{clock(each.until, desk.now)} UTC"
    return each.id, until, scope(each.monitors, each.tags), each.said.by, each.said.note


def _list(desk: "Desk", *, as_json: bool) -> None:
    from tocsin_cli import documents, survey  # noqa: PLC0415 - not for --help

    current = survey.silences(desk.known, desk.now)
    if as_json:
        print_json([documents.silence(each) for each in current])
        return
    if not current:
        say("no silence is in force")
        return
    table(HEADERS, [row(each, desk) for each in current])


def _end(desk: "Desk", name: str, said: "Said", *, as_json: bool) -> None:
    from tocsin_cli import answers, picking, remarks  # noqa: PLC0415 - not for --help

    each = picking.silence(desk.known, name, desk.now)
    desk.end(each, said)
    answer = answers.Answer(order="end_silence", said=said, changed=(name,), already={})
    lines = [f"{remarks.scope(each.monitors, each.tags)}: alerts are told again"]
    answers.tell(answer, done="ended silence", lines=lines, as_json=as_json)


def _hold(
    desk: "Desk",
    names: list[str],
    tags: list[str],
    length: timedelta,
    said: "Said",
    *,
    as_json: bool,
) -> None:
    from tocsin.domain import control, orders  # noqa: PLC0415 - not for --help
    from tocsin.messages.words import clock  # noqa: PLC0415
    from tocsin_cli import answers, documents, picking, remarks  # noqa: PLC0415

    about = [monitor.id for monitor in picking.picked(desk.known, names, tags)]
    wanted = control.Silence(
        id=orders.silence_id(names, tags),
        said=said,
        until=desk.now + length,
        monitors=tuple(sorted(set(names))),
        tags=tuple(sorted(set(tags))),
    )
    found = [silence for done in desk.silence(wanted) for silence in done.before.silences]
    before = next((each for each in found if each.id == wanted.id and desk.now < each.until), None)
    answer = answers.Answer(
        order="silence",
        said=said,
        changed=(wanted.id,),
        already={},
        more={
            "silence": documents.silence(wanted),
            "about": about,
            "before": None if before is None else documents.silence(before),
        },
    )
    scope = remarks.scope(wanted.monitors, wanted.tags)
    lines = [f"{scope}: silenced until {clock(wanted.until, desk.now)} UTC"]
    if tags:
        lines.append(f"that is {', '.join(about)}")
    if before is not None:
        lines.append(f"before it was {remarks.silence(before, desk.now)}")
    answers.tell(answer, done="made silence", lines=lines, as_json=as_json)


def _length(span: str | None) -> timedelta:
    from tocsin.config.durations import grace  # noqa: PLC0415 - not for --help
    from tocsin.config.fault import MistakeError  # noqa: PLC0415

    if span is None:
        raise typer.BadParameter("say how long: --for 2h")
    try:
        length = grace(span)
    except MistakeError as mistake:
        raise typer.BadParameter(f"{mistake.message}: {mistake.fix}") from None
    if length < timedelta(minutes=1):
        raise typer.BadParameter(f"{span} is under one minute, and alerts are due once a minute")
    return length
