"""How a page asks for more: by the actions of CloudWatch's dashboards, or by links and forms.

In a dashboard nothing but `<cwdb-action>` can call the function again: it acts when the element
before it is clicked, and brings along all that stands in the fields of the widget.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
"""

import json
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

from markupsafe import Markup

FORM: Final = "tocsin-orders"
"""The form with a person's name and words, to which all buttons belong."""

type Words = dict[str, str | int]


class Manner(Protocol):
    """Ways to write what can be clicked; `whose` says beside its field what a name is good for."""

    @property
    def styled(self) -> bool:
        """Tell whether the style sheet comes along."""
        ...

    @property
    def whose(self) -> str:
        """Say what becomes of the name that is given."""
        ...

    def link(self, text: str, words: Words, css: str = "", **more: str) -> Markup:
        """Lead to another view."""
        ...

    def button(self, text: str, words: Words, confirmation: str) -> Markup:
        """Ask for something to be done, once it was confirmed."""
        ...

    def apply(self, text: str) -> Markup:
        """Take over what was chosen in the form of the filter."""
        ...

    def form(self, name: str) -> Markup:
        """Begin a form of fields: the filter's or that of the orders."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudWatch:
    """The widget in a dashboard; `endpoint` is the ARN of the function that answers it."""

    endpoint: str

    @property
    def styled(self) -> bool:
        """Tell whether the style sheet comes along: a widget has no other."""
        return True

    @property
    def whose(self) -> str:
        """Say what becomes of the name that is given."""
        return (
            "AWS does not tell a dashboard's function who presses a button. What is typed here "
            "stands in the course of the incident, and CloudTrail knows the caller."
        )

    def link(self, text: str, words: Words, css: str = "", **more: str) -> Markup:
        """Lead to another view, in place of this one."""
        return Markup('<button type="button" class="t-link{}"{}>{}</button>{}').format(
            f" {css}" if css else "", _attributes(more), text, self._call(words)
        )

    def button(self, text: str, words: Words, confirmation: str) -> Markup:
        """Ask for something to be done, once CloudWatch has had it confirmed."""
        asking = Markup(' confirmation="{}"').format(confirmation)
        return Markup('<button type="button" class="t-button">{}</button>{}').format(
            text, self._call(words, asking)
        )

    def apply(self, text: str) -> Markup:
        """Take over what was chosen in the form of the filter."""
        return Markup('<button type="button" class="t-button">{}</button>{}').format(
            text, self._call({"filter": 1})
        )

    def form(self, name: str) -> Markup:
        """Begin a form; nothing is ever sent from it, as CloudWatch reads the fields."""
        return Markup('<form id="{}">').format(name)

    def _call(self, words: Words, more: Markup = Markup()) -> Markup:  # noqa: B008 - a constant
        inside = json.dumps(words, separators=(",", ":"))
        return Markup('<cwdb-action action="call" endpoint="{}"{}>{}</cwdb-action>').format(
            self.endpoint, more, _json(inside)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A page of its own at `path`, with links, and a form to `orders`.

    It is not `styled` where the page has the style sheet apart.
    """

    path: str = "/"
    orders: str = "/orders"
    styled: bool = True

    @property
    def whose(self) -> str:
        """Say what becomes of the name that is given."""
        return "What is typed here stands in the course of the incident."

    def link(self, text: str, words: Words, css: str = "", **more: str) -> Markup:
        """Lead to another view."""
        query = f"?{urlencode(words)}" if words else ""
        style = Markup(' class="{}"').format(css) if css else Markup()
        return Markup('<a href="{}{}"{}{}>{}</a>').format(
            self.path, query, style, _attributes(more), text
        )

    def button(self, text: str, words: Words, confirmation: str) -> Markup:
        """Ask for something to be done; whoever has a script may have it confirmed."""
        return Markup(
            '<button class="t-button" form="{}" name="words" value="{}" data-confirm="{}">'
            "{}</button>"
        ).format(FORM, json.dumps(words), confirmation, text)

    def apply(self, text: str) -> Markup:
        """Take over what was chosen in the form of the filter."""
        return Markup(
            '<input type="hidden" name="filter" value="1"><button class="t-button">{}</button>'
        ).format(text)

    def form(self, name: str) -> Markup:
        """Begin a form: the filter's is a query, orders are posted."""
        if name == FORM:
            return Markup('<form id="{}" method="post" action="{}">').format(name, self.orders)
        return Markup('<form id="{}" method="get" action="{}">').format(name, self.path)


def _attributes(more: dict[str, str]) -> Markup:
    return Markup().join(
        Markup(' {}="{}"').format(name.replace("_", "-"), value) for name, value in more.items()
    )


def _json(text: str) -> Markup:
    """Put JSON into an element: it reads the same whether it is taken as text or as HTML."""
    for character in "<>&'":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing is left in it that means anything to HTML
