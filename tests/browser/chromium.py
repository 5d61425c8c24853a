"""Debian's chromium, shut off from everything but this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tests.programs.programs import found

APART: Final = (
    # No name is looked up, and any address but loopback is asked of a proxy that is not there.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--proxy-server=http://127.0.0.1:9",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it. Raises MissingProgramError, which says what to install."""
    program = found("chromium", "chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=[*APART])
        yield browser
        browser.close()
