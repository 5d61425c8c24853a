"""Take a job's report: over HTTP, in the words of the Healthchecks.io ping API.

`<url>/<uuid>` reports success; `/start`, `/fail`, `/log` and an exit status behind it say more, and
`?rid=` tells runs of the same job apart (https://healthchecks.io/docs/http_api/). Whatever comes,
the answer is a status and a sentence. A report counts though its body is too long or no text: only
the beginning of it is kept.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from tocsin.domain.heartbeat import CANARY
from tocsin.domain.pulse import SAID, Beat, Signal
from tocsin.usecases.ports import Heartbeats, StorageError, Token

BODY: Final = 10_000
"""Bytes of a report's body that are kept."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
_TOKEN: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_STATUS: Final = re.compile(r"[0-9]{1,3}", re.ASCII)
_MOST_STATUS: Final = 255
_WORDS: Final = {"start": Signal.START, "fail": Signal.FAIL, "log": Signal.LOG}
_RUN: Final = re.compile(r"(?:^|&)rid=([^&]*)")
_KEY: Final = 8
_FIRST_LINE: Final = 4 * SAID + 8
"""Bytes that hold a first line as long as it is kept, whatever its characters."""
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to the endpoint."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer, whose call it was, and what went wrong on our side, for the log.

    `allow` names the methods that may be used, where it was another.
    """

    status: int
    text: str
    monitor: str | None = None
    problem: str = ""
    allow: str = ""

    @property
    def refused(self) -> bool:
        """Tell whether the report did not count."""
        return self.status != _OK


def hashed(token: str) -> str:
    """Give what is stored of a token."""
    return sha256(token.lower().encode()).hexdigest()


def key_of(token: str) -> str:
    """Give the part of a token under which it is found."""
    return token[:_KEY].lower()


def answered(call: Call, *, heartbeats: Heartbeats, now: Callable[[], datetime]) -> Reply:
    """Take a call, whatever it is."""
    if call.method not in _METHODS:
        return Reply(status=405, text="use GET, HEAD or POST", allow="GET, HEAD, POST")
    parts = [part for part in call.path.split("/") if part]
    if not parts:
        return Reply(status=404, text="not found: the path begins with the job's token")
    try:
        if parts == [CANARY]:
            heartbeats.sing(now())
            return Reply(status=_OK, text="OK")
        return _reported(parts, call, heartbeats, now())
    except StorageError as error:
        return Reply(status=503, text="not stored: try again", problem=str(error))


def _reported(parts: list[str], call: Call, heartbeats: Heartbeats, at: datetime) -> Reply:
    token, *rest = parts
    if not _TOKEN.fullmatch(token):
        return Reply(status=400, text="not a token: it is a UUID")
    found = _signal(rest)
    if isinstance(found, str):
        return Reply(status=400, text=found)
    run = _run(call.query)
    if run is None:
        return Reply(status=400, text="rid must be a UUID")
    known = heartbeats.token(key_of(token))
    # Compared though there is none, so that the time tells nothing.
    right = hmac.compare_digest(known.hash if known else "0" * 64, hashed(token))
    if known is None or not right:
        return Reply(status=404, text="not found: no job has this token")
    if (refusal := _refused(known, call.method, at)) is not None:
        return refusal
    signal, status = found
    said = _first_line(call.body)
    beat = Beat(signal=signal, at=at, run=run, status=status, said=said)
    number = heartbeats.beat(known.monitor, beat)
    problem = ""
    try:
        heartbeats.keep(known.monitor, number, beat, call.body[:BODY])
    except StorageError as error:
        problem = str(error)  # it counts all the same: to refuse it now would have it told again
    return Reply(status=_OK, text="OK", monitor=known.monitor, problem=problem)


def _refused(known: Token, method: str, at: datetime) -> Reply | None:
    """Say why a call with a right token does not count; None where it does."""
    if known.ends_at is not None and at >= known.ends_at:
        text = "gone: this token was replaced; `tocsin heartbeat rotate` made a new one"
        return Reply(status=410, text=text, monitor=known.monitor)
    if known.post_only and method != "POST":
        text = "use POST: whoever only opens this URL reports nothing"
        return Reply(status=405, text=text, monitor=known.monitor, allow="POST")
    return None


def _signal(rest: list[str]) -> tuple[Signal, int | None] | str:
    """Read what is reported from the end of the path; a sentence where it means nothing."""
    match rest:
        case []:
            return Signal.SUCCESS, None
        case [word] if word in _WORDS:
            return _WORDS[word], None
        case [number] if _STATUS.fullmatch(number) and int(number) <= _MOST_STATUS:
            status = int(number)
            return (Signal.FAIL if status else Signal.SUCCESS), status
        case _:
            return "behind the token: start, fail, log, or an exit status from 0 to 255"


def _run(query: str) -> str | None:
    """Read the id of a run; None where it is no UUID."""
    *_, run = ["", *_RUN.findall(query)]
    return run.lower() if not run or _TOKEN.fullmatch(run) else None


def _first_line(body: bytes) -> str:
    text = body[:_FIRST_LINE].decode("utf-8", "backslashreplace").strip()
    return text.splitlines()[0] if text else ""
