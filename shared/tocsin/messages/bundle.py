"""All that is handed to SNS for one alert: a subject, a text for each protocol, and attributes.

Mail, SMS and JSON are the same on every route; what an HTTPS endpoint gets is the route's own, and
where it has none the JSON. The subject is one for all protocols of a topic.

SNS takes 262,144 bytes in all (Publish API) and refuses the whole message above that, so a large
alert says less of each monitor. No monitor's name is ever left out.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tocsin.domain.incident import Alert
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import printable
from tocsin.messages import alarm, chat, email, payload, sms
from tocsin.messages.links import NOWHERE, Links
from tocsin.messages.payload import Detail

LIMIT = 250_000
"""Bytes of subject, body and attributes: SNS's limit, less room for what the adapter adds."""

ATTRIBUTE_LIMIT = 40_000
"""Bytes of one list: more than the names of 500 monitors. A longer one, of tags, is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An alert as SNS takes it; `body` is the document for `MessageStructure=json`.

    Of the attributes, a text is a `String` and a tuple a `String.Array`.
    """

    subject: str
    body: str
    attributes: Mapping[str, str | tuple[str, ...]]

    @property
    def size(self) -> int:
        """Bytes, as SNS counts them."""
        attributes = sum(
            len(key) + len(json.dumps(value)) for key, value in self.attributes.items()
        )
        return len(self.subject) + len(self.body.encode()) + attributes


def render(alert: Alert, route: Route, links: Links = NOWHERE) -> Message:
    """Write an alert for all readers of a route, in as much detail as fits."""
    subject = alarm.subject(alert) if route is Route.PAGE else email.subject(alert)
    attributes = _attributes(alert)
    posted = _posted(alert, route, links)
    for mail in (alert, _names_alone(alert)):
        texts = {"email": email.body(mail, links), "sms": sms.text(alert), **posted}
        for detail in sorted(Detail, reverse=True):
            body = {"default": payload.dump(alert, detail), **texts}
            message = Message(
                subject=subject,
                body=json.dumps(body, ensure_ascii=False),
                attributes=attributes,
            )
            if message.size <= LIMIT:
                return message
    return message


def _posted(alert: Alert, route: Route, links: Links) -> dict[str, str]:
    """Write what HTTP and HTTPS endpoints get."""
    match route:
        case Route.PAGE:
            text = alarm.text(alert, links)
        case Route.CHAT:
            text = chat.text(alert, links)
        case _:
            return {}
    return {"http": text, "https": text}


def _names_alone(alert: Alert) -> Alert:
    bare = (replace(s, target="", ballots=(), runbook=None, tags=()) for s in alert.subjects)
    return replace(alert, subjects=tuple(bare))


def _attributes(alert: Alert) -> dict[str, str | tuple[str, ...]]:
    teams = payload.teams(alert)
    lists: dict[str, Iterable[str]] = {
        "monitor": dict.fromkeys(printable(s.monitor) for s in alert.subjects),
        "location": dict.fromkeys(printable(each.location) for each in alert.troubles),
        "tags": dict.fromkeys(printable(tag) for s in alert.subjects for tag in s.tags if tag),
        "team": teams if len(teams) > 1 else (),
    }
    return {
        "event": str(alert.event),
        "kind": str(alert.kind),
        "severity": payload.severity(alert.kind),
        **({"team": teams[0]} if len(teams) == 1 else {}),
        **{
            name: tuple(values)
            for name, values in lists.items()
            if values and len(json.dumps([*values])) <= ATTRIBUTE_LIMIT
        },
    }
