"""The pictures in docs/images, drawn again: `make pictures`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from tests.browser import worlds
from tests.browser.chromium import chromium
from tests.browser.window import Theme
from tests.unit.pages.boards import CALM, TROUBLE
from tests.unit.pages.scenes import Scene

FOLDER = Path(__file__).parents[2] / "docs" / "images"

type Picture = tuple[str, AbstractContextManager[str], str, Theme, tuple[int, int]]


def pictures() -> Iterator[Picture]:
    """Give each with its name, page, query, theme, and greatest size."""
    yield "console", worlds.dashboard(worlds.widget(Scene())), "", "light", (1280, 1100)
    yield "monitor", worlds.dashboard(worlds.widget(Scene())), "?monitor=shop", "dark", (1280, 1300)
    yield "status-page", worlds.status_page(TROUBLE), "", "light", (1000, 1240)
    yield "status-page-dark", worlds.status_page(CALM), "", "dark", (1000, 1240)


def main() -> None:
    with chromium() as browser:
        for name, place, query, theme, (width, height) in pictures():
            with place as url:
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=theme
                )
                page.goto(url + query)
                # A dashboard's own heading is not ours.
                shown = page.locator("#widget, body:not(:has(#widget))")
                shown.locator("#tocsin, #overall").wait_for()
                box = shown.bounding_box()
                assert box is not None
                page.screenshot(
                    path=FOLDER / f"{name}.png",
                    clip={
                        "x": 0,
                        "y": box["y"],
                        "width": width,
                        "height": min(box["height"], height - box["y"]),
                    },
                )


if __name__ == "__main__":
    main()
