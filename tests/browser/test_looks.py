"""Every page, at every width, in light and in dark: it fits, and everybody can read it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.browser import worlds
from tests.browser.conftest import Open, Serve
from tests.browser.window import Theme, Window
from tests.unit.local.scenes import NOON, FakeView
from tests.unit.pages import boards
from tests.unit.pages.scenes import Scene
from tocsin_cli.local.view import Snapshot

type Place = Callable[[], AbstractContextManager[str]]


def of(make: Place, query: str = "") -> Place:
    @contextmanager
    def place() -> Iterator[str]:
        with make() as url:
            yield url + query

    return place


def in_a_dashboard() -> AbstractContextManager[str]:
    return worlds.dashboard(worlds.widget(Scene()))


def on_this_machine() -> AbstractContextManager[str]:
    return worlds.local_page(worlds.stack())


PAGES: dict[str, Place] = {
    "widget": in_a_dashboard,
    "widget-monitor": of(in_a_dashboard, "?monitor=shop"),
    "widget-refusal": of(in_a_dashboard, "?monitor=gone"),
    "local": on_this_machine,
    "local-monitor": of(on_this_machine, "?monitor=zone"),
    "local-starting": lambda: worlds.local_page(FakeView(Snapshot(at=NOON, busy_with="Building"))),
    "local-quiet": lambda: worlds.local_page(worlds.calm()),
    "status": lambda: worlds.status_page(boards.TROUBLE),
    "status-calm": lambda: worlds.status_page(boards.CALM),
    "status-new": lambda: worlds.status_page(boards.NEW),
}
WHOLE = ("widget", "widget-monitor", "local", "local-monitor", "status", "status-calm")
"""The pages on which there is much."""


def settled(window: Window) -> Window:
    """Wait until a dashboard has shown its widget."""
    if window.at("#widget").count():
        window.at("#tocsin").wait_for()
    return window


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280, 2560])
@pytest.mark.parametrize("name", PAGES)
def test_it_fits_and_everybody_can_read_it(
    windows: Open,
    serve: Serve,
    picture: Callable[[Window, str], None],
    name: str,
    width: int,
    theme: Theme,
) -> None:
    url = serve(PAGES[name]())
    window = settled(windows(url, width=width, theme=theme))

    picture(window, f"{name}-{width}-{theme}")
    window.see_that_it_fits()
    window.see_that_all_can_read_it()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", WHOLE)
def test_keys_alone_reach_all_of_it_in_order(
    windows: Open, serve: Serve, name: str, width: int
) -> None:
    url = serve(PAGES[name]())
    settled(windows(url, width=width)).see_that_keys_reach_all_of_it()


@pytest.mark.parametrize("name", ["widget", "local", "status"])
def test_in_forced_colours_the_days_are_still_there(
    windows: Open, serve: Serve, picture: Callable[[Window, str], None], name: str
) -> None:
    window = settled(windows(serve(PAGES[name]()), forced_colors="active"))

    picture(window, f"{name}-forced-colours")
    window.see_that_all_can_read_it()
    drawn = window.page.evaluate(
        """() => [...document.querySelectorAll(".t-days path, .days path")].map((path) => {
          const { fill, stroke } = getComputedStyle(path);
          return fill === "none" ? stroke : fill;
        })"""
    )
    assert len({*drawn}) > 1
