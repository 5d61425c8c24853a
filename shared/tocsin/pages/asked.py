"""What a page is asked for: a view, a filter, an order. It comes from outside, and may be anything.

Unknown words are passed over, as dashboards add their own. What makes no sense is an AskError,
whose text says the mend and is shown to whoever asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from tocsin.domain.outcome import printable
from tocsin.usecases.act import Deed, Wanted
from tocsin.usecases.overview import STATES, TROUBLED, Wish

FRESH: Final = timedelta(minutes=30)
"""How long a button can be pressed: one that a dashboard presses again by itself does nothing."""
SPANS: Final = {"1h": 1, "4h": 4, "1d": 24, "7d": 7 * 24}
"""Hours of a silence, by their name."""
LONGEST: Final = 256
"""Characters of a name or a tag."""
_MOST_PAGES: Final = 10_000


class AskError(ValueError):
    """The page cannot do what it is asked for; the text says why, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to show: one monitor where it is named, else everything; and what to do before that."""

    wish: Wish = field(default_factory=Wish)
    monitor: str = ""
    order: Wanted | None = None


def asked(
    words: Mapping[str, object], typed: Mapping[str, object], now: datetime, wish: Wish
) -> Asked:
    """Read what is asked for.

    `words` come with the click, or with the dashboard; `typed` is what stands in the fields of the
    page. `wish` has what is shown where neither says otherwise.
    """
    chosen = typed if words.get("filter") else words
    state, tag = _text(chosen, "state"), _text(chosen, "tag")
    if state and state not in {*STATES, TROUBLED}:
        raise AskError(f"there is no state {state}: it is one of {', '.join((TROUBLED, *STATES))}")
    return Asked(
        wish=Wish(state=state, tag=tag, page=_page(words), span=wish.span, until=wish.until),
        monitor=_text(words, "monitor"),
        order=_order(words, typed, now),
    )


def stamped(now: datetime) -> int:
    """Say in a button when it was made."""
    return int(now.timestamp())


def _order(
    words: Mapping[str, object], typed: Mapping[str, object], now: datetime
) -> Wanted | None:
    deed = _text(words, "do")
    if not deed:
        return None
    if deed not in set(Deed):
        raise AskError(f"there is nothing called {deed} to do: it is one of {', '.join(Deed)}")
    _see_that_it_is_fresh(words, now)
    length = _text(typed, "length") or next(iter(SPANS))
    if length not in SPANS:
        raise AskError(f"no silence lasts {length}: it is one of {', '.join(SPANS)}")
    return Wanted(
        deed=Deed(deed),
        monitor=_text(words, "monitor"),
        incident=_text(words, "incident"),
        by=_text(typed, "by").strip(),
        note=_text(typed, "note").strip(),
        length=timedelta(hours=SPANS[length]),
    )


def _see_that_it_is_fresh(words: Mapping[str, object], now: datetime) -> None:
    made = words.get("at")
    try:
        age = now - datetime.fromtimestamp(int(str(made)), UTC)
    except (ValueError, OverflowError, OSError):
        raise AskError("the button does not say when it was made: load the page again") from None
    if not -FRESH < age < FRESH:
        raise AskError(
            f"the button is older than {FRESH // timedelta(minutes=1)} minutes, and much may have "
            "changed: nothing was done, press it again on this page"
        )


def _page(words: Mapping[str, object]) -> int:
    text = _text(words, "page") or "1"
    if not (text.isascii() and text.isdecimal() and len(text) < len(str(_MOST_PAGES))):
        raise AskError(f"there is no page {text}: pages are counted from 1")
    return int(text)


def _text(words: Mapping[str, object], name: str) -> str:
    value = words.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise AskError(f"{name} is a text")
    return printable(str(value), LONGEST)
