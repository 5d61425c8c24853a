"""`tocsin ack`, `pause` and `resume`: what people say of incidents and monitors."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, CommandError, Region

if TYPE_CHECKING:
    from tocsin.domain.control import Said
    from tocsin.domain.state import ShardState
    from tocsin_cli.survey import Known

Names = Annotated[
    list[str] | None, typer.Argument(metavar="MONITOR", help="Monitors, by their names.")
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", help="All monitors with a tag; may be repeated."),
]
Note = Annotated[str, typer.Option(help="Why, for whoever reads it later.", show_default=False)]
By = Annotated[
    str | None, typer.Option(help="Who says so.", show_default="your AWS identity, or login name")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(ack)
    app.command()(pause)
    app.command()(resume)


def some(names: list[str] | None, tags: list[str] | None) -> None:
    """See that anything is meant at all."""
    if not names and not tags:
        raise typer.BadParameter("say which: monitors by their names, or --tag TAG")


def ack(
    what: Annotated[
        str,
        typer.Argument(
            metavar="INCIDENT|MONITOR", help="An open incident, or the monitor or location of one."
        ),
    ],
    region: Region = None,
    *,
    note: Note = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Take an incident on: nobody is reminded of it any more, and its end is told as always.

    Exit: 0 acknowledged, now or before; 1 no such incident is open, or no home stack.
    """
    from tocsin_cli import answers, picking  # noqa: PLC0415 - not for --help
    from tocsin_cli.desk import opened  # noqa: PLC0415 - boto3

    with opened(region) as desk:
        meant = picking.taken(desk.known, what, desk.now)
        said = desk.said(by, note)
        found = {each.id: _taker(desk.acknowledge(each, said).after, each.id) for each in meant}
    answer = answers.sorted_out("ack", said, found)
    answers.tell(answer, done="acknowledged", was="acknowledged already", as_json=as_json)


def pause(
    names: Names = None,
    tags: Tags = None,
    region: Region = None,
    *,
    note: Note = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Stop judging monitors: an open incident of theirs ends as paused, and none opens.

    What depends on a paused monitor has alerts of its own.

    Exit: 0 paused, now or before; 1 no such monitor or tag, or no home stack; 64 none was named.
    """
    from tocsin_cli import answers, picking  # noqa: PLC0415 - not for --help
    from tocsin_cli.desk import opened  # noqa: PLC0415 - boto3

    some(names, tags)
    with opened(region) as desk:
        monitors = picking.picked(desk.known, names or (), tags or ())
        said = desk.said(by, note)
        states = [done.after for done in desk.pause(monitors, said)]
    sayers = {name: each for state in states for name, each in state.paused.items()}
    found = {monitor.id: sayers[monitor.id] for monitor in monitors}
    ending = [incident for state in states for incident in _ending(state, found)]
    left = [*_left(desk.known, found)]
    answer = answers.sorted_out("pause", said, found, ending=ending, on_their_own=left)
    lines = [f"{incident} ends as paused" for incident in ending]
    if left:
        lines.append(f"what depends on it has alerts of its own: {', '.join(left)}")
    answers.tell(answer, done="paused", was="paused already", lines=lines, as_json=as_json)


def resume(
    names: Names = None,
    tags: Tags = None,
    region: Region = None,
    *,
    note: Note = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Judge monitors again, as if for the first time.

    Exit: 0 judged again, or never paused; 1 no such monitor or tag, or no home stack; 64 none was
    named.
    """
    from tocsin_cli import answers, picking  # noqa: PLC0415 - not for --help
    from tocsin_cli.desk import opened  # noqa: PLC0415 - boto3

    some(names, tags)
    with opened(region) as desk:
        monitors = picking.picked(desk.known, names or (), tags or ())
        said = desk.said(by, note)
        done = desk.resume(monitors, said)
    before = {name for each in done for name in each.before.paused}
    resumed = tuple(monitor.id for monitor in monitors if monitor.id in before)
    never = {monitor.id: None for monitor in monitors if monitor.id not in before}
    answer = answers.Answer(order="resume", said=said, changed=resumed, already=never)
    answers.tell(answer, done="resumed", was="not paused", as_json=as_json)


def _taker(state: "ShardState", incident: str) -> "Said":
    """Give who has taken it on; an incident may have ended meanwhile."""
    for each in state.incidents:
        if each.id == incident and each.acknowledged is not None:
            return each.acknowledged
    raise CommandError(f"{incident} has just ended: there is nothing left to acknowledge")


def _ending(state: "ShardState", paused: Collection[str]) -> Iterator[str]:
    """Name the incidents that end because all that they are about is paused."""
    for incident in state.incidents:
        if not incident.monitors.isdisjoint(paused) and incident.monitors <= state.paused.keys():
            yield incident.id


def _left(known: "Known", paused: Collection[str]) -> Iterator[str]:
    """Name what waits behind a paused monitor, and does so no longer."""
    for name, monitor in sorted(known.monitors.items()):
        if not set(paused).isdisjoint(monitor.depends_on) and name not in paused:
            yield name
