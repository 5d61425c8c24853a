"""`tocsin heartbeat`: the URLs that jobs report to, and what they have reported."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, CommandError, Region, complain, print_json, say, table

if TYPE_CHECKING:
    from tocsin.adapters.heartbeats import Kept
    from tocsin_cli.home import Home, Place

_LINE = 500
"""Characters of a line of a body that are shown."""

Name = Annotated[str, typer.Argument(help="The monitor's name.", metavar="NAME")]

PostOnly = Annotated[
    bool | None,
    typer.Option(
        "--post-only/--any-method",
        help="Whether nothing counts but a POST; else it is as before, and at first any method.",
        show_default=False,
    ),
]

app = typer.Typer(help="The URLs that jobs report to.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add these commands."""
    root.add_typer(app, name="heartbeat")


@app.command()
def url(
    name: Name, region: Region = None, *, post_only: PostOnly = None, as_json: AsJson = False
) -> None:
    """Make the URL that a job reports to, and show it: once, since only a hash of it is kept.

    The job calls it when it has succeeded: `curl -fsS --retry 3 URL`. Behind it `/start`, `/fail`,
    `/log` or an exit status say more, as with Healthchecks.io. Whatever opens the URL reports a
    success too, such as a scanner of links in a mail, unless it is made with `--post-only`.

    Exit: 0 made, 1 there is one already (see `rotate`), no such monitor, or no home stack.
    """
    from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3, not for --help

    where = place(region)
    with connected(where) as home:
        _known(home, name)
        if (held := home.heartbeats.holder(name)) is not None:
            raise CommandError(
                f"the URL of {name} was made at {held[1]:%Y-%m-%d %H:%M} UTC, and only a hash of it"
                f" is kept: `tocsin heartbeat rotate {name}` makes another"
            )
        _show(_made(home, where, name, None, post_only=post_only), None, as_json=as_json)


@app.command()
def rotate(
    name: Name,
    region: Region = None,
    *,
    overlap: Annotated[
        str, typer.Option(help="How long the old one goes on; 0 ends it at once.")
    ] = "1h",
    post_only: PostOnly = None,
    as_json: AsJson = False,
) -> None:
    """Make another URL for a job, and show it. The old one goes on for an hour.

    Exit: 0 made, 1 no such monitor, or no home stack, 64 the overlap is no duration.
    """
    from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3, not for --help

    span = _overlap(overlap)
    where = place(region)
    with connected(where) as home:
        _known(home, name)
        held = home.heartbeats.holder(name)
        ends = None if held is None else datetime.now(UTC) + span
        _show(_made(home, where, name, ends, post_only=post_only), ends, as_json=as_json)


@app.command()
def show(name: Name, region: Region = None, *, as_json: AsJson = False) -> None:
    """Show what a job has reported, and its last reports as they came.

    Exit: 0 shown, 1 no such monitor, or no home stack.
    """
    from tocsin.domain.outcome import printable  # noqa: PLC0415 - not for --help
    from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3

    with connected(place(region)) as home:
        _known(home, name)
        pulse = home.heartbeats.pulses([name]).get(name)
        kept = home.heartbeats.kept(name)
    if pulse is None:
        raise CommandError(f"no URL was made for {name} yet: run `tocsin heartbeat url {name}`")
    facts = {
        "created_at": pulse.created_at,
        "heard_at": pulse.heard_at,
        "success_at": pulse.success_at,
        "failed_at": pulse.failure and pulse.failure.at,
        "exit_status": pulse.failure and pulse.failure.status,
        "took_s": None if pulse.took is None else pulse.took.total_seconds(),
        "runs": [run.began_at for run in pulse.runs if run.left_at is None],
    }
    if as_json:
        plain = {key: _plain(each) for key, each in facts.items()}
        print_json({"monitor": name, **plain, "reports": [_report(each) for each in kept]})
        return
    rows = [[key.replace("_", " "), _worded(each)] for key, each in facts.items() if each]
    table(["fact", "value"], rows)
    for each in kept:
        status = "" if each.beat.status is None else f" (exit status {each.beat.status})"
        say(f"{each.beat.at:%Y-%m-%d %H:%M:%S} UTC: {each.beat.signal}{status}", "bold")
        for line in _text(each).splitlines():
            say(f"  {printable(line, _LINE)}")


def _known(home: "Home", name: str) -> None:
    """See that the configuration in force has such a job."""
    from tocsin.domain.shard import jobs  # noqa: PLC0415 - not for --help

    shards = home.configs.shards()
    names = sorted(job for shard in shards for job, _ in jobs(shard))
    if name in names:
        return
    if not names:
        raise CommandError("no heartbeat monitor is in force: add one and run `tocsin apply`")
    choice = f"choose one of {', '.join(names)}"
    if any(monitor.id == name for shard in shards for monitor in shard.monitors):
        raise CommandError(f"{name} is checked by probes, and reports to no URL: {choice}")
    raise CommandError(
        f"no heartbeat monitor {name} is in force: {choice}, or run `tocsin apply` if it is new"
    )


def _made(
    home: "Home",
    where: "Place",
    name: str,
    old_ends_at: datetime | None,
    *,
    post_only: bool | None,
) -> str:
    base = home.endpoint(where).rstrip("/")
    token = home.heartbeats.issue(
        name, datetime.now(UTC), old_ends_at=old_ends_at, post_only=post_only
    )
    return f"{base}/{token}"


def _show(made: str, old_ends_at: datetime | None, *, as_json: bool) -> None:
    if as_json:
        ends = None if old_ends_at is None else old_ends_at.isoformat()
        print_json({"url": made, "old_ends_at": ends})
        return
    say(made)
    if old_ends_at is not None:  # not among what a script reads
        complain(f"the one before it ends at {old_ends_at:%Y-%m-%d %H:%M} UTC")


def _overlap(text: str) -> timedelta:
    from tocsin.config.durations import grace  # noqa: PLC0415 - not for --help
    from tocsin.config.fault import MistakeError  # noqa: PLC0415

    if text == "0":
        return timedelta()
    try:
        return grace(text)
    except MistakeError as mistake:
        raise typer.BadParameter(f"{mistake.message}: {mistake.fix}") from None


def _report(kept: "Kept") -> dict[str, object]:
    return {
        "at": _plain(kept.beat.at),
        "signal": kept.beat.signal,
        "run": kept.beat.run or None,
        "exit_status": kept.beat.status,
        "body": _text(kept),
    }


def _text(kept: "Kept") -> str:
    return kept.body.decode("utf-8", "backslashreplace")


def _worded(fact: object) -> str:
    plain = _plain(fact)
    return ", ".join(map(str, plain)) if isinstance(plain, list) else str(plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
