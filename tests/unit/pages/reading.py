"""Read a page as a browser would, as far as it matters here."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import override

VOID = frozenset({"meta", "link", "input", "br", "img"})


@dataclass
class Element:
    """An element with its attributes, the text in it, and what stood right before it."""

    tag: str
    attributes: dict[str, str]
    before: "Element | None" = None
    text: str = ""
    children: list["Element"] = field(default_factory=list)


class Page(HTMLParser):
    """The elements of a page, which must be well formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self.root = Element("", {})
        self._open: list[Element] = [self.root]
        self.feed(text)
        self.close()
        assert self._open == [self.root], "an element is not closed"

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)
        if tag in VOID:
            self._open.pop()

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)
        self._open.pop()

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, f"</{tag}> closes something else"

    @override
    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str) -> list[Element]:
        return [each for each in self.found if each.tag == tag]

    def by_id(self, name: str) -> Element:
        (element,) = (each for each in self.found if each.attributes.get("id") == name)
        return element

    def _begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        siblings = self._open[-1].children
        element = Element(
            tag,
            {name: value or "" for name, value in attrs},
            before=siblings[-1] if siblings else None,
        )
        siblings.append(element)
        self.found.append(element)
        self._open.append(element)
