"""Write what people see as HTML: no script in it, and nothing from elsewhere.

All text is escaped by the templates, and that of strangers is made inert before. The same text
serves as a custom widget in CloudWatch, which takes script, frames and `<use>` out of it, and as a
part of a page.
"""

from functools import cache
from importlib.resources import files
from typing import Final, Literal

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from tocsin.domain.spans import spoken
from tocsin.messages import words
from tocsin.pages import drawing, showing
from tocsin.pages.asked import SPANS, stamped
from tocsin.pages.manner import FORM, Manner, Words
from tocsin.usecases.closeup import Charts, Closeup
from tocsin.usecases.overview import STATES, TROUBLED, Overview, Wish

type Theme = Literal["light", "dark", "auto"]

MOST: Final = 50
"""Open incidents that are shown."""
_TEMPLATES: Final = files("tocsin.pages") / "templates"


def overview(seen: Overview, manner: Manner, theme: Theme = "auto", told: str = "") -> str:
    """Write everything at one moment; `told` is what has become of an order."""
    return _written(
        "overview.html",
        seen=seen,
        wish=seen.wish,
        manner=manner,
        theme=theme,
        told=told,
        at=seen.at,
    )


def closeup(
    seen: Closeup,
    drawn: Charts,
    manner: Manner,
    *,
    wish: Wish,
    theme: Theme = "auto",
    told: str = "",
) -> str:
    """Write one monitor; `wish` is what leads back."""
    return _written(
        "closeup.html",
        seen=seen,
        sight=seen.sight,
        monitor=seen.sight.monitor,
        drawn=drawn,
        wish=wish,
        manner=manner,
        theme=theme,
        told=told,
        at=seen.at,
    )


def refusal(text: str, manner: Manner, theme: Theme = "auto") -> str:
    """Write why nothing is shown, and lead back."""
    return _written("refusal.html", text=text, manner=manner, theme=theme, told="", wish=Wish())


def style() -> str:
    """Give the style sheet, for a page that has it apart."""
    return _source("console.css")


def back(wish: Wish, **more: str | int) -> Words:
    """Say in a link what is wished for, as far as it is not what everybody sees."""
    said: Words = {"state": wish.state, "tag": wish.tag}
    said |= {"page": wish.page, **more}
    return {name: value for name, value in said.items() if value and (name, value) != ("page", 1)}


def _written(template: str, **given: object) -> str:
    return _environment().get_template(template).render(given)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"inert": showing.inert, "spoken": spoken, "ms": words.milliseconds}
    environment.globals |= {
        "show": showing,
        "draw": drawing,
        "words": words,
        "back": back,
        "stamped": stamped,
        "FORM": FORM,
        "MOST": MOST,
        "STATES": STATES,
        "TROUBLED": TROUBLED,
        "SPANS": SPANS,
        "css": Markup(style()),  # noqa: S704 - our own
    }
    return environment


def _source(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")
