"""What commands print with `--json`: the same form of one thing in all of them."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime

from tocsin.domain.control import Said, Silence
from tocsin.domain.incident import Incident
from tocsin.domain.outbox import Owed
from tocsin.domain.quorum import Ballot
from tocsin.domain.suspicion import Doubt
from tocsin.domain.window import Window
from tocsin.messages.voting import degradation
from tocsin_cli.survey import Opening, Sight, Survey


def survey(seen: Survey) -> dict[str, object]:
    """Give everything that is seen."""
    return {
        "at": at(seen.at),
        "version": seen.version,
        "monitors": [monitor(sight, seen.at) for sight in seen.sights],
        "incidents": [incident(each) for each in seen.incidents],
        "owed": [owed.alert.id for owed in seen.owed],
        "locations": [doubt(name, each) for name, each in seen.doubts.items()],
        "silences": [silence(each) for each in seen.silences],
    }


def monitor(sight: Sight, now: datetime) -> dict[str, object]:
    """Give a monitor as it is seen."""
    standing = sight.standing
    verdict = str(standing.verdict) if standing else "unknown"
    cause = degradation(sight.ballots, sight.slow, now) if verdict == "degraded" else ""
    return {
        "monitor": sight.monitor.id,
        "target": str(sight.monitor.target),
        "verdict": verdict,
        "since": None if standing is None else standing.since.isoformat(),
        "need": sight.monitor.need,
        "cause": cause or None,
        "slow": [asdict(much) for much in sight.slow],
        "flapping": standing is not None and standing.flaps(now),
        "paused": said(sight.paused),
        "silences": [each.id for each in sight.silences],
        "windows": [opening(each) for each in sight.windows],
        "behind": list(sight.behind),
        "incidents": [each.id for each in sight.incidents],
        "acknowledged": said(next(acknowledgements(sight.incidents), None)),
        "votes": [_vote(each, now) for each in sight.ballots],
    }


def acknowledgements(incidents: Iterable[Incident]) -> Iterator[Said]:
    """Give who has taken incidents on."""
    return (each.acknowledged for each in incidents if each.acknowledged is not None)


def incident(each: Incident) -> dict[str, object]:
    """Give an incident, without its course."""
    return {
        "incident": each.id,
        "kind": each.kind,
        "opened_at": each.opened_at.isoformat(),
        "ended_at": at(each.ended_at),
        "ending": each.ending,
        "monitors": sorted(each.monitors),
        "locations": [trouble.location for trouble in each.troubles],
        "shared": each.shared or None,
        "routes": list(each.routes),
        "acknowledged": said(each.acknowledged),
        "flapping": each.flapping,
        "reminders": each.reminders,
    }


def course(each: Incident, owed: Iterable[Owed] = ()) -> dict[str, object]:
    """Give an incident with its course, and its ledger: what was sent of it, and what is owed."""
    sent = [
        {
            "alert": delivery.alert,
            "route": delivery.route,
            "queued_at": at(delivery.queued_at),
            "sent_at": at(delivery.sent_at),
            "message": delivery.message,
            "tries": delivery.tries,
        }
        for delivery in each.deliveries
    ]
    waiting = [
        {
            "alert": one.alert.id,
            "route": route,
            "queued_at": at(one.alert.at),
            "sent_at": None,
            "message": None,
            "tries": one.tries,
        }
        for one in owed
        if one.alert.incident == each.id
        for route in one.routes
    ]
    moments = [
        {
            "at": at(moment.at),
            "what": moment.what,
            "failing": {name: list(places) for name, places in moment.votes},
            "by": moment.by or None,
            "note": moment.note or None,
        }
        for moment in each.moments
    ]
    return {**incident(each), "moments": moments, "ledger": [*sent, *waiting]}


def said(each: Said | None) -> dict[str, object] | None:
    """Give who said something, when, and why."""
    return None if each is None else {"by": each.by, "at": at(each.at), "note": each.note or None}


def silence(each: Silence) -> dict[str, object]:
    """Give a silence."""
    about = {"monitors": list(each.monitors), "tags": list(each.tags)}
    return {"silence": each.id, "until": at(each.until), **about, **(said(each.said) or {})}


def window(each: Window) -> dict[str, object]:
    """Give a maintenance window as the file has it."""
    return {
        "begin": at(each.begin),
        "cron": each.cron,
        "timezone": each.timezone,
        "length_s": each.length.total_seconds(),
        "monitors": list(each.monitors),
        "tags": list(each.tags),
    }


def opening(each: Opening) -> dict[str, object]:
    """Give a window that is open, with its end."""
    return {**window(each.window), "until": at(each.until)}


def doubt(location: str, each: Doubt) -> dict[str, object]:
    """Give a location that is silent or not believed."""
    return {
        "location": location,
        "since": at(each.since),
        "text": each.text,
        "well_since": at(each.well_since),
    }


def at(instant: datetime | None) -> str | None:
    """Give an instant in seconds, as ISO 8601 has it."""
    return None if instant is None else instant.isoformat(timespec="seconds")


def _vote(ballot: Ballot, now: datetime) -> dict[str, object]:
    return {
        "location": ballot.location,
        "counted": ballot.counted,
        "vote": ballot.vote,
        "layer": ballot.layer,
        "reason": ballot.reason,
        "evidence": ballot.evidence,
        "address": ballot.address,
        "phases_ms": dict(ballot.phases_ms),
        "attempts": ballot.attempts,
        "checked_at": at(ballot.checked_at),
        "failing_since": at(ballot.failing_since),
        "warning": ballot.warning,
        "certificate": _certificate(ballot, now),
    }


def _certificate(ballot: Ballot, now: datetime) -> dict[str, object] | None:
    if ballot.certificate is None:
        return None
    return {
        "fingerprint": ballot.certificate.fingerprint,
        "issuer": ballot.certificate.issuer,
        "expires_at": ballot.certificate.expires_at.isoformat(),
        "days_left": (ballot.certificate.expires_at - now).days,
    }
