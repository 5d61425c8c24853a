"""A scheduled job of the demo: it reports with curl, as jobs do, until it is stopped."""

import subprocess
import threading
from typing import Final

EVERY_S: Final = 15.0
"""Between two runs: often enough for a period of one minute."""
_PATIENCE: Final = ("--max-time", "10", "--retry", "2", "--retry-max-time", "9")
_CURL: Final = ("curl", "-fsS", *_PATIENCE, "--output", "/dev/null")
_PARTING_S: Final = 40.0
"""Two reports, each of which begins no further attempt after nine seconds."""


class Job:
    """A job that runs again and again while it is started and knows its URL."""

    def __init__(self, name: str, title: str) -> None:
        self.name = name
        self.title = title
        self.address = "reports with curl"
        self.trouble = ""
        """What curl said last, where a report did not arrive."""
        self._url: str | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it runs now and then."""
        return self._thread is not None

    def report_to(self, url: str) -> None:
        """Tell it the URL, and start it."""
        self._url = url
        self.start()

    def start(self) -> None:
        """Run it from now on; nothing happens where it runs, or knows no URL."""
        if self._thread is None and self._url is not None:
            self._over.clear()
            self._thread = threading.Thread(target=self._live, args=(self._url,), name=self.name)
            self._thread.start()

    def stop(self) -> None:
        """Run it no more."""
        self._over.set()
        if (thread := self._thread) is not None:
            thread.join(_PARTING_S)
            self._thread = None

    def _live(self, url: str) -> None:
        while True:
            self._report(f"{url}/start")
            self._report(url)
            if self._over.wait(EVERY_S):
                return

    def _report(self, url: str) -> None:
        done = subprocess.run([*_CURL, url], capture_output=True, text=True, check=False)
        self.trouble = done.stderr.strip()
