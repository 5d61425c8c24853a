"""An alert as plain text for any service there is: a mail where there is room, else less of it.

No service calls a whole channel for a stranger's text: what would mention somebody only looks so.
"""

import re
from collections.abc import Sequence
from typing import Final

from tocsin.domain.incident import Alert
from tocsin.messages import email, sms
from tocsin.messages.links import NOWHERE, Links

SHORT: Final = 500
"""Characters in which a service sends what telephones show."""

_LIKENESS: Final = str.maketrans(
    {
        "@": "\N{FULLWIDTH COMMERCIAL AT}",
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
    }
)
_MENTION: Final = re.compile(r"@(?=(?:everyone|here|channel|all)\b)|<(?=[@!#&])", re.IGNORECASE)


def write(alert: Alert, room: int, links: Links = NOWHERE) -> tuple[str, str]:
    """Write a title and a text of at most `room` characters together, where that can be."""
    if room < SHORT:
        return "", _inert(sms.text(alert))
    title = _inert(email.subject(alert))
    paragraphs = _inert(email.body(alert, links)).rstrip("\n").split("\n\n")
    return title, _fitted(paragraphs, room - len(title) - len("\n\n"))


def _fitted(paragraphs: Sequence[str], room: int) -> str:
    """Join as many whole paragraphs from the beginning as there is room for, at least one."""
    text = paragraphs[0]
    for paragraph in paragraphs[1:]:
        longer = f"{text}\n\n{paragraph}"
        if len(longer) > room:
            break
        text = longer
    return text


def _inert(text: str) -> str:
    return _MENTION.sub(lambda found: found[0].translate(_LIKENESS), text)
