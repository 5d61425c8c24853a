"""The endpoint that jobs report to: a Function URL, open to the world.

The token in the path is all that a caller must have, so it is in no log line and no error: only the
job's own name is. Whatever is sent, the answer is a status and a sentence. Lambda counts the calls
itself, by status and at no price, so there are no figures of ours: strangers could run up theirs.
"""

import gc

gc.disable()  # what is imported stays: looking for garbage in it is an eighth of a cold start

import base64
import binascii
from datetime import UTC, datetime
from traceback import extract_tb
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin.usecases.beat import BODY, Call, Reply, answered
from tocsin.wiring import heartbeat

gc.freeze()
gc.enable()

BASE64 = 4 * (BODY // 3 + 1)
"""Characters in which all of a body comes that is kept."""

HEADERS = {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "access-control-allow-origin": "*",
    "ping-body-limit": str(BODY),
}
MORE = {503: {"retry-after": "5"}}

logger = Logger()


def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take one call of the Function URL (payload format 2.0)."""
    call = Call(method="", path="")
    try:
        call = _call(event)
        now = datetime.now(UTC)
        reply = answered(call, heartbeats=heartbeat.heartbeats(), now=lambda: now)
    except Exception as error:  # noqa: BLE001 - one call of many
        reply = _broken(error)
    _log(reply)
    return {
        "statusCode": reply.status,
        "headers": HEADERS | MORE.get(reply.status, {}) | _allowed(reply),
        "body": "" if call.method == "HEAD" else reply.text,
    }


def _allowed(reply: Reply) -> dict[str, str]:
    return {"allow": reply.allow} if reply.allow else {}


def _call(event: dict[str, Any]) -> Call:
    """Read a call; what is not there is empty."""
    http = (event.get("requestContext") or {}).get("http") or {}
    return Call(
        method=str(http.get("method") or ""),
        path=str(event.get("rawPath") or ""),
        query=str(event.get("rawQueryString") or ""),
        body=_body(str(event.get("body") or ""), encoded=bool(event.get("isBase64Encoded"))),
    )


def _body(text: str, *, encoded: bool) -> bytes:
    """Read as much of the body as is kept; it may be what it likes."""
    raw = text[:BASE64].encode("utf-8", "backslashreplace")
    if not encoded:
        return raw
    try:
        return base64.b64decode(raw)
    except binascii.Error:
        return raw


def _broken(error: Exception) -> Reply:
    """Log where it broke, not what it says: an error may quote what was sent."""
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)]
    logger.error("a call broke us", error=type(error).__name__, frames=frames)
    return Reply(status=500, text="a fault of ours: the report did not count")


def _log(reply: Reply) -> None:
    if reply.problem:
        logger.error("the table did not answer", problem=reply.problem, monitor=reply.monitor)
    if reply.refused:
        logger.warning(
            "a report was refused", status=reply.status, reason=reply.text, monitor=reply.monitor
        )
    elif reply.monitor:
        logger.info("a job has reported", monitor=reply.monitor)
