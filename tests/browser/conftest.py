"""Debian's chromium, started once a worker. Where there is none, that is an error, never a skip."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import chromium
from tests.browser.window import Theme, Window
from tests.integration.adapters.conftest import aws, dynamodb

__all__ = ["aws", "dynamodb"]

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
TALL = 900
PATIENCE_MS = 60_000
"""For a machine that is busy with others: what goes well takes a fraction of a second."""

type Serve = Callable[[AbstractContextManager[str]], str]


class Open(Protocol):
    """Opens a window on a page."""

    def __call__(
        self, url: str, *, width: int = 1280, theme: Theme = "light", **more: Any
    ) -> Window: ...


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Not for the whole session: while it runs, no other test has an event loop of its own.
    with chromium() as browser:
        yield browser


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a page until all windows on it are closed; gives its URL."""
    with ExitStack() as servers:
        yield servers.enter_context


@pytest.fixture
def windows(browser: Browser, serve: Serve) -> Iterator[Open]:
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
            context.set_default_timeout(PATIENCE_MS)
            parts = urlsplit(url)
            window = Window.of(context, f"{parts.scheme}://{parts.netloc}/")
            window.page.goto(url)
            opened.callback(window.see_that_all_is_well)
            return window

        expect.set_options(timeout=PATIENCE_MS)
        yield opening


@pytest.fixture
def picture() -> Callable[[Window, str], None]:
    """Keep a picture of a whole page, for whoever wants to look."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def take(window: Window, name: str) -> None:
        window.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    return take
