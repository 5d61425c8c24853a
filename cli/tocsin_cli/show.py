"""`tocsin show`: everything about one monitor."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.incidents import HEADERS, row
from tocsin_cli.output import AsJson, Region, print_json, say, table
from tocsin_cli.status import verdict, vote

if TYPE_CHECKING:
    from tocsin.domain.incident import Incident
    from tocsin.domain.outbox import Owed
    from tocsin.domain.quorum import Ballot
    from tocsin.domain.standing import Standing
    from tocsin_cli.closeup import Closeup, Relative


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(show)


def show(
    name: Annotated[str, typer.Argument(metavar="MONITOR", help="The monitor's name.")],
    region: Region = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show everything about one monitor.

    Where it stands and since when, how each location votes and why, its open incident with its
    course and all that was sent of it, what it depends on and what depends on it, what holds its
    alerts, and its last incidents.

    Exit: 0 shown, 1 no such monitor, or no home stack.
    """
    from tocsin_cli import picking  # noqa: PLC0415 - not for --help
    from tocsin_cli.closeup import closeup  # noqa: PLC0415 - boto3
    from tocsin_cli.desk import opened  # noqa: PLC0415

    with opened(region) as desk:
        picking.named(desk.known, name)
        seen = closeup(desk.home, desk.known, name, desk.now)
    if as_json:
        print_json(document(seen))
        return
    _head(seen)
    _votes(seen)
    for incident in seen.sight.incidents:
        _incident(incident, seen)
    _relatives("depends on", seen.above, seen.at)
    _relatives("what depends on it", seen.below, seen.at)
    _past(seen)


def document(seen: "Closeup") -> dict[str, object]:
    """Give a monitor as `--json` prints it."""
    from tocsin_cli import documents  # noqa: PLC0415 - not for --help

    monitor = seen.sight.monitor
    return {
        **documents.monitor(seen.sight, seen.at),
        "at": documents.at(seen.at),
        "interval_s": monitor.interval.total_seconds(),
        "routes": list(monitor.routes),
        "runbook": monitor.runbook,
        "tags": list(monitor.tags),
        "silences": [documents.silence(each) for each in seen.sight.silences],
        "incidents": [documents.course(each, seen.owed) for each in seen.sight.incidents],
        "depends_on": [_plain(*each) for each in seen.above],
        "hangs": [_plain(*each) for each in seen.below],
        "past": [documents.course(each, seen.owed) for each in seen.past],
    }


def _plain(name: str, standing: "Standing | None") -> dict[str, object]:
    return {"monitor": name, "verdict": standing and standing.verdict}


def _head(seen: "Closeup") -> None:
    from tocsin.domain.spans import spoken  # noqa: PLC0415 - not for --help
    from tocsin_cli.remarks import beside  # noqa: PLC0415

    sight, monitor = seen.sight, seen.sight.monitor
    standing = sight.standing
    since = (
        f" for {spoken(seen.at - standing.since)}, since {_time(standing.since)} UTC"
        if standing
        else ""
    )
    say(f"{monitor.id} is {verdict(sight)}{since}", "bold")
    places = len(monitor.locations)
    rows = [
        ("target", str(monitor.target)),
        (
            "looked at",
            f"every {spoken(monitor.interval)}, down when {monitor.need} of {places} say so",
        ),
        ("told", " ".join(monitor.routes)),
        ("notes", beside(sight, seen.at)),
        ("runbook", monitor.runbook or ""),
        ("tags", " ".join(monitor.tags)),
        ("once called", monitor.was or ""),
    ]
    table(("FACT", "VALUE"), [row for row in rows if row[1]])


def _votes(seen: "Closeup") -> None:
    from tocsin.messages.words import clock, end  # noqa: PLC0415 - not for --help

    say("votes", "bold")
    ballots, now = seen.sight.ballots, seen.at
    table(
        ("LOCATION", "VOTE", "CHECKED", "FAILS SINCE", "ADDRESS", "PHASES", "EVIDENCE"),
        [
            (
                ballot.location,
                vote(ballot),
                clock(ballot.checked_at, now) if ballot.checked_at else "never",
                clock(ballot.failing_since, now) if ballot.failing_since else "",
                ballot.address or "",
                _phases(ballot),
                ballot.evidence,
            )
            for ballot in ballots
        ],
    )
    for certificate in dict.fromkeys(each.certificate for each in ballots):
        if certificate is not None:
            seen_at = [each.location for each in ballots if each.certificate == certificate]
            say(
                f"certificate {end(certificate, now)}, issuer {certificate.issuer},"
                f" {certificate.fingerprint}, seen from {', '.join(seen_at)}"
            )


def _incident(incident: "Incident", seen: "Closeup") -> None:
    identity, kind, _, lasted, _, about, told, notes = row(incident, seen.at)
    say(f"incident {identity}", "bold")
    said = f"{kind} for {lasted}, about {about}, told {told}"
    say(f"{said}; {notes}" if notes else said)
    table(
        ("AT (UTC)", "WHAT", "BY", "NOTE", "FAILS"),
        [
            (_time(m.at), m.what, m.by, m.note, " ".join(_failing(m.votes)))
            for m in incident.moments
        ],
    )
    table(
        ("ALERT", "ROUTE", "QUEUED (UTC)", "SENT", "MESSAGE", "TRIES"),
        [*_ledger(incident, seen.owed)],
    )


def _ledger(incident: "Incident", owed: "tuple[Owed, ...]") -> Iterator[tuple[str, ...]]:
    for sent in incident.deliveries:
        yield (
            sent.alert.removeprefix(incident.id),
            sent.route,
            _time(sent.queued_at),
            _time(sent.sent_at),
            sent.message,
            str(sent.tries),
        )
    for waiting in owed:
        for route in waiting.routes if waiting.alert.incident == incident.id else ():
            alert = waiting.alert
            name = alert.id.removeprefix(incident.id)
            yield name, route, _time(alert.at), "not yet", "", str(waiting.tries)


def _failing(votes: tuple[tuple[str, tuple[str, ...]], ...]) -> Iterator[str]:
    for monitor, places in votes:
        yield f"{monitor}:{','.join(places) or 'nowhere'}"


def _relatives(heading: str, relatives: "tuple[Relative, ...]", now: datetime) -> None:
    if relatives:
        say(heading, "bold")
        table(
            ("MONITOR", "VERDICT", "SINCE", "NOTES"), [_relative(*each, now) for each in relatives]
        )


def _relative(name: str, standing: "Standing | None", now: datetime) -> tuple[str, ...]:
    from tocsin.domain.spans import spoken  # noqa: PLC0415 - not for --help

    if standing is None:
        return name, "unknown", "", ""
    waits = standing.sheltered and standing.verdict != "up"
    note = "waits behind what it depends on" if waits else ""
    return name, str(standing.verdict), spoken(now - standing.since), note


def _past(seen: "Closeup") -> None:
    if not seen.past:
        say("no incident of it is over")
        return
    say("last incidents", "bold")
    table(HEADERS, [row(each, seen.at) for each in seen.past])


def _phases(ballot: "Ballot") -> str:
    return " ".join(f"{phase}:{ms:.1f}ms" for phase, ms in ballot.phases_ms)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
