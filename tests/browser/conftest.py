"""Debian's chromium, started once a worker. Where there is none, that is an error, never a skip."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.window import Theme, Window
from tests.integration.adapters.conftest import aws, dynamodb
from tests.programs.programs import found

__all__ = ["aws", "dynamodb"]

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
TALL = 900
APART = (
    # Nothing leaves this machine: no name is looked up, and any address but loopback is asked of a
    # proxy that is not there.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--proxy-server=http://127.0.0.1:9",
)


class Open(Protocol):
    """Opens a window on a page."""

    def __call__(
        self, url: str, *, width: int = 1280, theme: Theme = "light", **more: Any
    ) -> Window: ...


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=found("chromium", "chromium"), args=[*APART]
        )
        yield browser
        browser.close()


@pytest.fixture
def windows(browser: Browser) -> Iterator[Open]:
    """Open windows; whatever was looked at through them, all must be well in the end."""
    with ExitStack() as opened:

        def opening(url: str, *, width: int = 1280, theme: Theme = "light", **more: Any) -> Window:
            context = opened.enter_context(
                browser.new_context(
                    viewport={"width": width, "height": TALL},
                    color_scheme=theme,
                    reduced_motion="reduce",
                    **more,
                )
            )
            parts = urlsplit(url)
            window = Window.of(context, f"{parts.scheme}://{parts.netloc}/")
            window.page.goto(url)
            opened.callback(window.see_that_all_is_well)
            return window

        yield opening


@pytest.fixture
def picture() -> Callable[[Window, str], None]:
    """Keep a picture of a whole page, for whoever wants to look."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def take(window: Window, name: str) -> None:
        window.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    return take
