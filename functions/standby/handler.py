"""A look at the home region from another one: woken by EventBridge Scheduler every minute.

Where the home is silent this is all that speaks, so it needs nothing of the home but one item, and
nothing of the probe beside it but what that leaves in this region's table.
"""

import gc

gc.disable()  # what is imported stays: looking for garbage in it is an eighth of a cold start

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin.usecases.stand_by import Seen, stand_by
from tocsin.wiring import home, standby

gc.freeze()
gc.enable()

logger = Logger()


def lambda_handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Look once, and send what is owed."""
    seen = stand_by(standby.post(), lambda: datetime.now(UTC))
    _tell(seen)
    # That `Looks` is there at all says that somebody stands by.
    home.emit(
        {
            "Looks": 1,
            "HomeUnheard": int(bool(seen.trouble)),
            "BlindLooks": int(bool(seen.blind)),
            "AlertsSent": len(seen.sent),
            "AlertsUnsent": int(bool(seen.problem)),
        },
        always=("Looks",),
    )
    return {"lost": seen.lost, "sent": [*seen.sent]}


def _tell(seen: Seen) -> None:
    if seen.blind:
        logger.warning("nothing is said of the home: our own network fails", problem=seen.blind)
    elif seen.trouble:
        logger.warning("the home gave no sign", problem=seen.trouble)
    for alert in seen.sent:
        logger.info("an alert was sent", alert=alert)
    if seen.problem:
        logger.error("an alert stays owed", problem=seen.problem)
