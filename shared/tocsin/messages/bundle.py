"""All that is handed to SNS for one alert: a subject, a text for each protocol, and attributes.

SNS takes 262,144 bytes in all (Publish API) and refuses the whole message above that, so a large
alert says less of each monitor. No monitor's name is ever left out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tocsin.domain.incident import Alert
from tocsin.domain.outcome import printable
from tocsin.messages import email, payload, sms
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


def render(alert: Alert) -> Message:
    """Write an alert for all of its readers, in as much detail as fits."""
    for mail in (alert, _names_alone(alert)):
        for detail in sorted(Detail, reverse=True):
            message = _message(alert, mail=mail, detail=detail)
            if message.size <= LIMIT:
                return message
    return message


def _message(alert: Alert, *, mail: Alert, detail: Detail) -> Message:
    texts = {
        "default": payload.dump(alert, detail),
        "email": email.body(mail),
        "sms": sms.text(alert),
    }
    return Message(
        subject=email.subject(alert),
        body=json.dumps(texts, ensure_ascii=False),
        attributes=_attributes(alert),
    )


def _names_alone(alert: Alert) -> Alert:
    bare = (replace(s, target="", ballots=(), runbook=None, tags=()) for s in alert.subjects)
    return replace(alert, subjects=tuple(bare))


def _attributes(alert: Alert) -> dict[str, str | tuple[str, ...]]:
    lists = {
        "monitor": dict.fromkeys(printable(s.monitor) for s in alert.subjects),
        "location": dict.fromkeys(printable(each.location) for each in alert.troubles),
        "tags": dict.fromkeys(printable(tag) for s in alert.subjects for tag in s.tags if tag),
    }
    return {
        "event": str(alert.event),
        "kind": str(alert.kind),
        "severity": payload.severity(alert.kind),
        **{
            name: tuple(values)
            for name, values in lists.items()
            if values and len(json.dumps(list(values))) <= ATTRIBUTE_LIMIT
        },
    }
