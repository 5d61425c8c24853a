"""The console as a custom widget of a CloudWatch dashboard.

A dashboard calls it with the rights of whoever looks, and tells nobody who that is. So it shows
what the tables hold, and does what a button asks for; a dashboard itself cannot press one.
"""

import gc

gc.disable()  # what is imported stays: looking for garbage in it is an eighth of a cold start

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from tocsin.pages.console import Answer, Question
from tocsin.pages.manner import CloudWatch
from tocsin.pages.render import Theme
from tocsin.usecases.overview import Wish
from tocsin.wiring import home, widget

gc.freeze()
gc.enable()

DESCRIPTION = """\
## Tocsin
Every monitor with the vote of each location, what is open, and how the past days were.
A click on a monitor shows it close up. Buttons acknowledge, pause and silence.

Both parameters may be left out. `state` is one of troubled, down, unknown, degraded, waiting,
paused, up; `tag` is a tag of monitors.

```yaml
state: troubled
tag: shop
```
"""
CURRENT = timedelta(minutes=5)
"""A shown time that ended no longer ago than this ends now."""
ORDER = "do"
"""The word by which a button asks for something to be done."""

logger = Logger()


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> str:
    """Answer a dashboard with HTML, or with how the widget is used."""
    if event.get("describe"):
        return DESCRIPTION
    now = datetime.now(UTC)
    around = _mapping(event.get("widgetContext"))
    answer = widget.console().answer(
        Question(
            words=_words(event, around),
            typed=_mapping(_mapping(around.get("forms")).get("all")),
            wish=_wish(around, now),
            theme=_theme(around),
        ),
        CloudWatch(endpoint=context.invoked_function_arn),
        now,
    )
    _tell(answer, context)
    return answer.html


def _words(event: Mapping[str, Any], around: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the words of a click; a dashboard that was made to press a button has none."""
    words = {name: value for name, value in event.items() if name != "widgetContext"}
    if ORDER in _mapping(around.get("params")):
        logger.warning("a dashboard asks for something to be done by itself: passed over")
        return {name: value for name, value in words.items() if name != ORDER}
    return words


def _wish(around: Mapping[str, Any], now: datetime) -> Wish:
    """Read the time that the dashboard shows; a day where it shows none that makes sense."""
    shown = _mapping(around.get("timeRange"))
    shown = _mapping(shown.get("zoom")) or shown
    try:
        begin, end = (datetime.fromtimestamp(shown[n] / 1000, UTC) for n in ("start", "end"))
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return Wish()
    if not begin < end:
        return Wish()
    return Wish(span=end - begin, until=None if now - end < CURRENT else end)


def _theme(around: Mapping[str, Any]) -> Theme:
    return "dark" if around.get("theme") == "dark" else "light"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tell(answer: Answer, context: LambdaContext) -> None:
    """Log what was done: where CloudTrail keeps data events, the request says who did it."""
    if answer.done is not None:
        logger.info(
            "an order was carried out",
            order=answer.done.wanted.deed,
            about=answer.done.about,
            by=answer.done.said.by,
            request=context.aws_request_id,
        )
    if answer.problem:
        logger.warning("a page was refused", reason=answer.problem)
    home.emit(
        {
            "Views": 1,
            "RefusedViews": int(bool(answer.problem)),
            "Orders": int(answer.done is not None),
        }
    )
