"""`tocsin status` and `tocsin incidents`: how everything stands, and what is open."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from tocsin_cli.output import AsJson, Region, print_json, say, table

if TYPE_CHECKING:
    from tocsin.domain.incident import Incident
    from tocsin.domain.quorum import Ballot
    from tocsin_cli.survey import Sight, Survey


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(status)
    app.command()(incidents)


def status(region: Region = None, *, as_json: AsJson = False) -> None:
    """Show every monitor's verdict, since when, and the vote of each location."""
    seen = _survey(region)
    if as_json:
        print_json(document(seen))
        return
    if not seen.sights:
        say("nothing is watched yet: write monitors.yaml and run `tocsin apply`")
        return
    headers = ("MONITOR", "VERDICT", "SINCE", "VOTES", "TARGET", "NOTES")
    table(headers, [row(sight, seen.at) for sight in seen.sights])
    counts = Counter(_verdict(sight) for sight in seen.sights)
    summary = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items()))
    say(f"version {seen.version}: {summary}; {len(seen.incidents)} open, {len(seen.owed)} owed")


def incidents(region: Region = None, *, as_json: AsJson = False) -> None:
    """Show what is open, the oldest first."""
    from tocsin.domain.spans import spoken  # noqa: PLC0415 - not for --help

    seen = _survey(region)
    if as_json:
        print_json([_incident(each) for each in seen.incidents])
        return
    if not seen.incidents:
        say("nothing is open")
        return
    table(
        ("INCIDENT", "KIND", "OPEN FOR", "MONITORS", "TOLD"),
        [
            (
                each.id,
                each.kind,
                spoken(seen.at - each.opened_at),
                " ".join(sorted(each.monitors)),
                " ".join(each.routes),
            )
            for each in seen.incidents
        ],
    )


def document(seen: "Survey") -> dict[str, object]:
    """Give a survey as `--json` prints it."""
    return {
        "at": seen.at.isoformat(timespec="seconds"),
        "version": seen.version,
        "monitors": [_monitor(sight, seen.at) for sight in seen.sights],
        "incidents": [_incident(each) for each in seen.incidents],
        "owed": [owed.alert.id for owed in seen.owed],
    }


def row(sight: "Sight", now: datetime) -> tuple[str, ...]:
    """Give a monitor as the table shows it."""
    from tocsin.domain.spans import spoken  # noqa: PLC0415
    from tocsin.messages.voting import notes  # noqa: PLC0415 - not for --help

    since = sight.standing.since if sight.standing else None
    return (
        sight.monitor.id,
        _verdict(sight),
        "" if since is None else spoken(now - since),
        " ".join(f"{ballot.location}:{_vote(ballot)}" for ballot in sight.ballots),
        str(sight.monitor.target),
        notes(_verdict(sight), sight.ballots, sight.slow, now),
    )


def _survey(region: str | None) -> "Survey":
    from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3, not for --help
    from tocsin_cli.survey import survey  # noqa: PLC0415

    with connected(place(region)) as home:
        return survey(home, datetime.now(UTC))


def _cause(sight: "Sight", now: datetime) -> str:
    from tocsin.messages.voting import degradation  # noqa: PLC0415 - not for --help

    if _verdict(sight) != "degraded":
        return ""
    return degradation(sight.ballots, sight.slow, now)


def _vote(ballot: "Ballot") -> str:
    if not ballot.counted:
        return "abstains" if ballot.reason else "silent"
    if ballot.reason is not None:
        return str(ballot.reason)
    if not ballot.phases_ms:
        return "in_time"  # a job that has reported
    return f"{sum(ms for _, ms in ballot.phases_ms):.1f}ms"


def _verdict(sight: "Sight") -> str:
    return str(sight.standing.verdict) if sight.standing else "unknown"


def _monitor(sight: "Sight", now: datetime) -> dict[str, object]:
    standing = sight.standing
    return {
        "monitor": sight.monitor.id,
        "target": str(sight.monitor.target),
        "verdict": _verdict(sight),
        "since": standing.since.isoformat() if standing else None,
        "need": sight.monitor.need,
        "cause": _cause(sight, now) or None,
        "slow": [asdict(much) for much in sight.slow],
        "votes": [
            {
                "location": ballot.location,
                "counted": ballot.counted,
                "vote": ballot.vote,
                "layer": ballot.layer,
                "reason": ballot.reason,
                "evidence": ballot.evidence,
                "address": ballot.address,
                "phases_ms": dict(ballot.phases_ms),
                "checked_at": ballot.checked_at.isoformat() if ballot.checked_at else None,
                "warning": ballot.warning,
                "certificate": _certificate(ballot, now),
            }
            for ballot in sight.ballots
        ],
    }


def _certificate(ballot: "Ballot", now: datetime) -> dict[str, object] | None:
    if ballot.certificate is None:
        return None
    return {
        "fingerprint": ballot.certificate.fingerprint,
        "issuer": ballot.certificate.issuer,
        "expires_at": ballot.certificate.expires_at.isoformat(),
        "days_left": (ballot.certificate.expires_at - now).days,
    }


def _incident(incident: "Incident") -> dict[str, object]:
    return {
        "incident": incident.id,
        "kind": incident.kind,
        "opened_at": incident.opened_at.isoformat(),
        "monitors": sorted(incident.monitors),
        "routes": list(incident.routes),
    }
