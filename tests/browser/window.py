"""A window of the browser that somebody looks through, and what must hold of all that is in it.

Whatever a test looks at: nothing may complain, ask for something elsewhere, or open a dialog that
was not waited for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    Response,
)

type Theme = Literal["light", "dark"]

RULES: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
_FOCUSABLE: Final = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"
_STOPS: Final = f"""() => {{
  const shown = (e) => e.checkVisibility({{ visibilityProperty: true }});
  const first = (e) => e.type !== "radio" || e.checked;
  const found = [...document.querySelectorAll({_FOCUSABLE!r})].filter((e) => shown(e) && first(e));
  // Kept beside the page: what it changes of itself meanwhile would take a mark of ours away.
  window.stops = found;
  return found.map((e) => e.outerHTML.slice(0, 120));
}}"""
_FOCUS: Final = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  // What is made invisible shows its focus on its label.
  const marked = [e, ...(e.labels ?? [])].some((m) => {
    const style = getComputedStyle(m);
    const box = m.getBoundingClientRect();
    const inside = box.width > 4 && box.height > 4 && box.right > 0 && box.left < innerWidth
      && box.bottom > 0 && box.top < innerHeight;
    return inside && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  return { stop: window.stops.indexOf(e), marked };
}"""
_WIDER: Final = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility())
  .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""
_TEXTS: Final = "button, label, h1, h2, h3, h4, th, td, dt, dd, p, li, .t-scroll:has(.t-grid)"
_CUT: Final = f"""() => [...document.querySelectorAll({_TEXTS!r})]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1
    && getComputedStyle(e).display !== "inline")
  .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""


@dataclass
class Window:
    """A page in a window, and all that happened in it."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    agree: bool = True

    @classmethod
    def of(cls, context: BrowserContext, origin: str) -> Self:
        """Open it, and listen from the beginning."""
        made = cls(page=context.new_page(), origin=origin)
        context.on("request", made._requested)
        context.on("response", made._answered)
        made.page.on("console", made._said)
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("dialog", made._asked)
        return made

    def at(self, selector: str, has_text: str | None = None) -> Locator:
        return self.page.locator(selector, has_text=has_text)

    def named(self, role: Any, name: str) -> Locator:
        """Find it as a reader of the screen does."""
        return self.page.get_by_role(role, name=name, exact=True)

    @contextmanager
    def asked(self, *, agree: bool = True) -> Iterator[list[str]]:
        """Wait for questions, and agree or not; gives them."""
        before, self.agree = len(self.dialogs), agree
        found: list[str] = []
        try:
            yield found
        finally:
            found += self.dialogs[before:]
            self.expected += found

    def see_that_all_is_well(self) -> None:
        assert not self.complaints
        assert not self.strays
        assert self.dialogs == self.expected

    def see_that_it_fits(self) -> None:
        """See that nothing is wider than the window, nor cut off at its own edge."""
        wide = self.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, self.page.evaluate(_WIDER)
        assert self.page.evaluate(_CUT) == []

    def see_that_all_can_read_it(self) -> None:
        """See that axe-core has nothing against it: contrast, names, roles, order, targets."""
        found = Axe().run(self.page, options=RULES)
        assert found.violations_count == 0, found.generate_report()

    def see_that_keys_reach_all_of_it(self) -> None:
        """See that Tab leads through all that can be used, in order, and shows where it is."""
        stops = self.page.evaluate(_STOPS)
        visited = [*self._tabbed(len(stops))]
        missed = [stops[n] for n in range(len(stops)) if n not in [stop for stop, _ in visited]]
        assert not missed
        assert [stop for stop, _ in visited] == list(range(len(stops)))
        assert [stops[stop] for stop, marked in visited if not marked] == []

    def _tabbed(self, most: int) -> Iterator[tuple[int, bool]]:
        for _ in range(most):
            self.page.keyboard.press("Tab")
            focus = self.page.evaluate(_FOCUS)
            if focus is None:
                return
            yield focus["stop"], focus["marked"]

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:")):
            self.strays.append(request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST:
            self.complaints.append(f"{response.status} {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _asked(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        if self.agree and dialog.type == "confirm":
            dialog.accept()
        else:
            dialog.dismiss()
