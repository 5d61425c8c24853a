"""What a reader makes of a message by itself: which event of which incident it is about.

Each function reads one form and gives the event and the incident; ValueError where a real reader
would make nothing of it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.e2e.acceptance import OPENED, RESOLVED
from tests.unit.messages.test_alarm import FIELDS, TRIGGER
from tests.unit.messages.test_chat import SCHEMA as CARD
from tocsin.domain.incident import Alert
from tocsin.messages import sms

SMS_LIMIT: Final = 160
_PAYLOAD: Final = Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "docs" / "alert.schema.json").read_text())
)
_STATES: Final = {"ALARM": OPENED, "OK": RESOLVED}
_SUBJECTS: Final = {"ALARM: ": OPENED, "[DOWN] ": OPENED, "OK: ": RESOLVED, "[RESOLVED] ": RESOLVED}
_KINDS: Final = {"failure": OPENED, "success": RESOLVED}

type Understood = tuple[str, str]
type Document = Mapping[str, Any]


def alarm(envelope: Document) -> Understood:
    """Read an alarm as PagerDuty does: a new state, by the name of the alarm.

    It drops what is not as CloudWatch sends it, or under a subject of another state.
    """
    message = json.loads(envelope["Message"])
    state, name = message["NewStateValue"], message["AlarmName"]
    if not envelope["Subject"].startswith(f"{state}: "):
        raise ValueError(f"subject {envelope['Subject']!r} of an alarm that is {state}")
    if not message.keys() >= FIELDS or message["Trigger"].keys() != TRIGGER:
        raise ValueError("not what CloudWatch sends")
    return _STATES[state], _found(r"\((\S+)\)$", name)


def card(envelope: Document) -> Understood:
    """Read a card as Amazon Q does: it goes into the thread that it names."""
    message = json.loads(envelope["Message"])
    _hold(CARD, message)
    return message["metadata"]["eventType"].rpartition(".")[2], message["metadata"]["threadId"]


def payload(text: str) -> Understood:
    """Read the versioned JSON by its schema."""
    document = json.loads(text)
    _hold(_PAYLOAD, document)
    return document["event"], document["incident"]


def event(document: Document) -> Understood:
    """Read an event of EventBridge, of which rules see the source and the type first."""
    read, incident = payload(json.dumps(document["detail"]))
    if (document["source"], document["detail-type"]) != ("tocsin", f"Tocsin alert {read}"):
        raise ValueError(f"{document['source']} {document['detail-type']!r} with a detail {read}")
    return read, incident


def mail(said: Document) -> Understood:
    """Read a mail as a person does, by its subject; its last lines name the incident."""
    begin = (what for lead, what in _SUBJECTS.items() if said["subject"].startswith(lead))
    return next(begin, said["subject"]), _found(r"^Incident (\S+)$", said["text"])


def notification(said: Document) -> Understood:
    """Read what Apprise posts as JSON: a type, a title and a text."""
    read, incident = mail({"subject": said["title"], "text": said["message"]})
    if _KINDS.get(said["type"]) != read:
        raise ValueError(f"a {said['type']} under the title {said['title']!r}")
    return read, incident


def short(text: str, alerts: Sequence[Alert]) -> Understood:
    """Read an SMS, which has no room for the incident: it is of the alert that it is written of."""
    if len(text) > SMS_LIMIT:
        raise ValueError(f"{len(text)} characters")
    for alert in alerts:
        if sms.text(alert) == text:
            return str(alert.event), alert.incident
    raise ValueError(f"{text!r} is of no alert")


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise ValueError(f"no incident in {text!r}")
    return found[1]


def _hold(schema: Draft202012Validator, document: object) -> None:
    try:
        schema.validate(document)
    except ValidationError as error:
        raise ValueError(error.message) from error
