"""`tocsin status`: how everything stands."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from tocsin.domain.outcome import Reason
from tocsin_cli.output import AsJson, Region, print_json, say, table

if TYPE_CHECKING:
    from tocsin.domain.quorum import Ballot
    from tocsin_cli.home import Place
    from tocsin_cli.routes import Routes
    from tocsin_cli.survey import Sight, Survey


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(status)


def status(region: Region = None, *, as_json: AsJson = False) -> None:
    """Show every monitor's verdict, since when, and the vote of each location; then the routes.

    The notes say why it is degraded, who has acknowledged its incident, and what holds its alerts.
    Of each route it is shown who hears of it, and what did not arrive; of Tocsin itself, which
    alarms ring in the home region, with their runbooks. All of it as far as your rights go.

    Exit: 0 shown, 1 no home stack.
    """
    from tocsin_cli import documents, route_remarks  # noqa: PLC0415 - not for --help
    from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3
    from tocsin_cli.survey import survey  # noqa: PLC0415

    where = place(region)
    with connected(where) as home:
        seen = survey(home, datetime.now(UTC))
    routes = _routes(where, seen)
    if as_json:
        shown = {"unseen": [routes]} if isinstance(routes, str) else route_remarks.document(routes)
        print_json({**documents.survey(seen), "delivery": shown})
        return
    if seen.sights:
        _show(seen)
    else:
        say("nothing is watched yet: write monitors.yaml and run `tocsin apply`")
    if isinstance(routes, str):
        say(f"routes: not shown: {routes}")
        return
    for line, style in route_remarks.lines(routes, seen.at):
        say(line, style)


def _show(seen: "Survey") -> None:
    from tocsin_cli import remarks  # noqa: PLC0415 - not for --help

    headers = ("MONITOR", "VERDICT", "SINCE", "VOTES", "TARGET", "NOTES")
    table(headers, [row(sight, seen.at) for sight in seen.sights])
    for location, each in seen.doubts.items():
        say(remarks.doubt(location, each, seen.at), "yellow")
    counts = Counter(verdict(sight) for sight in seen.sights)
    summary = ", ".join(f"{number} {word}" for word, number in sorted(counts.items()))
    say(f"version {seen.version}: {summary}; {len(seen.incidents)} open, {len(seen.owed)} owed")


def _routes(where: "Place", seen: "Survey") -> "Routes | str":
    """See the routes; where that is not possible at all, say why."""
    from tocsin_cli.home import HomeError  # noqa: PLC0415 - not for --help
    from tocsin_cli.landmarks import landmarks  # noqa: PLC0415
    from tocsin_cli.routes import look  # noqa: PLC0415

    try:
        receivers, places = landmarks(where)
    except HomeError as error:
        return str(error)
    monitors = (sight.monitor for sight in seen.sights)
    return look(receivers, places, monitors, seen.owed, seen.at)


def row(sight: "Sight", now: datetime) -> tuple[str, ...]:
    """Give a monitor as the table shows it."""
    from tocsin.domain.spans import spoken  # noqa: PLC0415 - not for --help
    from tocsin_cli.remarks import beside  # noqa: PLC0415

    since = sight.standing.since if sight.standing else None
    return (
        sight.monitor.id,
        verdict(sight),
        "" if since is None else spoken(now - since),
        " ".join(f"{ballot.location}:{vote(ballot)}" for ballot in sight.ballots),
        str(sight.monitor.target),
        beside(sight, now),
    )


def verdict(sight: "Sight") -> str:
    """Give a monitor's verdict; nothing is known of one that was never judged."""
    return str(sight.standing.verdict) if sight.standing else "unknown"


def vote(ballot: "Ballot") -> str:
    """Put a vote into one word."""
    if not ballot.counted:
        if ballot.reason is Reason.SUSPECT:
            return "not_believed"
        return "abstains" if ballot.reason else "silent"
    if ballot.reason is not None:
        return str(ballot.reason)
    if not ballot.phases_ms:
        return "in_time"  # a job that has reported
    return f"{sum(ms for _, ms in ballot.phases_ms):.1f}ms"
