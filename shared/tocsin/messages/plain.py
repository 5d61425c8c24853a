"""An alert in plain words: what goes out where its full text cannot be written or is refused.

It is short and of one shape, printable ASCII on the wire, and looks at nothing that a stranger has
said, so that whatever spoilt the full text is not in it. Id, event, kind, severity and the lists
that subscriptions filter by are those of the full text, so a pager opens and closes by it.
"""

import json
import shlex
from datetime import UTC, datetime
from itertools import accumulate

from tocsin.domain.incident import Alert, Event, Kind
from tocsin.domain.monitor import Route
from tocsin.messages import alarm, chat
from tocsin.messages.bundle import Message
from tocsin.messages.links import NOWHERE, Links
from tocsin.messages.payload import SUMMARY_LIMIT, severity, teams

NAMED = 100
"""Monitors that are named; a line names the first few of them."""
SHOWN = 5

SUBJECT_LIMIT = 99
SMS_LIMIT = 120
"""Characters of the line in an SMS: what stands beside it fits too."""

LIST_LIMIT = 10_000
"""Bytes of one list to filter by; what is over is left out of it."""
NAME_LIMIT = 128
"""Characters of a name: more than the file allows any."""

SORRY = "Its details could not be sent"

WORDS = {Kind.DOWN: "DOWN", Kind.DEGRADED: "DEGRADED"}
"""What leads the text; of the other kinds nobody sees enough."""


def plain(alert: Alert, route: Route, links: Links = NOWHERE) -> Message:
    """Write an alert for a route with nothing in it that can be refused."""
    state = f"{alarm.state_of(alert)}: " if route is Route.PAGE else ""
    texts = {
        "default": json.dumps(_document(alert)),
        "email": _mail(alert),
        "sms": f"{_line(alert, SMS_LIMIT)}. No details: see tocsin incidents",
        **_posted(alert, route, links),
    }
    return Message(
        subject=f"{state}{_line(alert, SUBJECT_LIMIT - len(state))}",
        body=json.dumps(texts),
        attributes=_attributes(alert),
    )


def _posted(alert: Alert, route: Route, links: Links) -> dict[str, str]:
    """Write what HTTP and HTTPS endpoints get."""
    said, sorry = _line(alert, SUMMARY_LIMIT // 2), f"{SORRY}: {_command(alert)} shows them."
    match route:
        case Route.PAGE:
            text = alarm.framed(alert, links, description=sorry, reason=said)
        case Route.CHAT:
            text = chat.framed(alert, {"title": said, "description": sorry}, summary=said)
        case _:
            return {}
    return {"http": text, "https": text}


def _line(alert: Alert, limit: int) -> str:
    """Say what it is and of whom, in whole names, as many as fit."""
    names, lead = _names(alert), _lead(alert)
    for shown in range(min(SHOWN, len(names)), 0, -1):
        more = f" and {len(names) - shown} more" if len(names) > shown else ""
        text = f"{lead} {', '.join(names[:shown])}{more}"
        if len(text) <= limit:
            return text
    return f"{lead} {len(names)} in all"


def _lead(alert: Alert) -> str:
    word = WORDS.get(alert.kind, "BLIND")
    match alert.event:
        case Event.RESOLVED:
            return f"[RESOLVED] {alert.ending}:"
        case Event.REMINDER:
            return f"[STILL {word}]"
        case Event.UPDATED:
            return f"[{word}] update:"
        case _:
            return f"[{word}]"


def _names(alert: Alert) -> list[str]:
    if alert.kind is Kind.LOCATION:
        return [_ascii(trouble.location) for trouble in alert.troubles]
    return [_ascii(subject.monitor) for subject in alert.subjects]


def _ascii(text: str) -> str:
    return "".join(c if " " <= c <= "~" else "?" for c in text[:NAME_LIMIT])


def _mail(alert: Alert) -> str:
    names = _names(alert)
    rows = [f"* {name}" for name in names[:NAMED]]
    if len(names) > NAMED:
        rows.append(f"* and {len(names) - NAMED} more")
    sections = (
        _line(alert, SUBJECT_LIMIT),
        f"Since {alert.opened_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC.",
        "\n".join(rows),
        f"{SORRY}. See them with:\n\n    {_command(alert)}",
        f"Incident {_ascii(alert.incident)}",
        "Sent by Tocsin.",
    )
    return "\n\n".join(sections) + "\n"


def _command(alert: Alert) -> str:
    if alert.kind is Kind.LOCATION or not alert.subjects:
        return "tocsin incidents"
    return f"tocsin show {shlex.quote(_names(alert)[0])}"


def _document(alert: Alert) -> dict[str, object]:
    """Give version 1 of the payload, shortened, with the fields that it must have."""
    about = [] if alert.kind is Kind.LOCATION else alert.subjects[:NAMED]
    blind = alert.troubles[:NAMED] if alert.kind is Kind.LOCATION else ()
    return {
        "version": "1",
        "id": alert.id,
        "incident": alert.incident,
        "event": str(alert.event),
        "kind": str(alert.kind),
        "severity": severity(alert.kind),
        "summary": f"{_line(alert, SUMMARY_LIMIT // 2)}. {SORRY}.",
        "at": _instant(alert.at),
        "opened_at": _instant(alert.opened_at),
        "duration_s": max(0, int((alert.at - alert.opened_at).total_seconds())),
        "ending": str(alert.ending) if alert.ending is not None else None,
        "routes": [str(route) for route in alert.routes],
        "monitors": [
            {
                "monitor": _ascii(subject.monitor),
                "target": "",
                "summary": "",
                "need": subject.need,
                "locations": [],
                "runbook": None,
                "tags": [],
                "slow": [],
                "hangs": [],
                "fallen": [],
            }
            for subject in about
        ],
        "shortened": True,
        "number": alert.number,
        "shared": "",
        "flapping": alert.flapping,
        "note": "",
        "locations": [
            {"location": _ascii(each.location), "since": _instant(each.since), "text": ""}
            for each in blind
        ],
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _attributes(alert: Alert) -> dict[str, str | tuple[str, ...]]:
    lists = {
        "monitor": (subject.monitor for subject in alert.subjects),
        "location": (trouble.location for trouble in alert.troubles),
        "tags": (tag for subject in alert.subjects for tag in subject.tags),
        "team": teams(alert),
    }
    kept = {name: _listed(dict.fromkeys(values)) for name, values in lists.items()}
    team = kept["team"]
    return {
        "event": str(alert.event),
        "kind": str(alert.kind),
        "severity": severity(alert.kind),
        **{name: values for name, values in kept.items() if values},
        **({"team": team[0]} if len(team) == 1 else {}),
    }


def _listed(values: dict[str, None]) -> tuple[str, ...]:
    """Leave out what may be refused, and what is too much; a filter by it finds nothing."""
    sound = [v for v in values if v and len(v) <= NAME_LIMIT and v.isprintable()]
    sizes = accumulate(len(json.dumps(value)) + 2 for value in sound)
    return tuple(v for v, size in zip(sound, sizes, strict=True) if size <= LIST_LIMIT)
