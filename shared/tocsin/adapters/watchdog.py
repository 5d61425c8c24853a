"""Tell a watchdog outside of AWS that all is well: it rings once it is told so no more.

It is one request a minute that says nothing but its URL, which is a secret and in no error. However
the other end behaves, nobody waits for it for longer than a few seconds, and nothing of what it
answers is read but the status.
"""

from contextlib import suppress
from http.client import HTTPException, HTTPSConnection
from threading import Thread
from urllib.parse import urlsplit

WAIT_SECONDS = 5.0
"""For everything: the name, the connection, the handshake and the head of the answer."""

_BOTH_WAYS = 2
_OK = range(200, 300)


class Watchdog:
    """Something like Healthchecks.io, at a URL of https://."""

    def __init__(self, url: str, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._url = url
        self._wait_seconds = wait_seconds
        self._caller: Thread | None = None
        self._connection: HTTPSConnection | None = None
        self._problem = ""

    def call(self) -> str:
        """Say that all is well; gives what went wrong, or nothing. Never raises."""
        if self._caller is not None and self._caller.is_alive():
            return "the call before it has not ended yet"
        self._problem = f"no answer within {self._wait_seconds:g} s"
        # A socket's timeout begins anew with each byte, and looking up a name has none: a thread
        # can be left behind, and its connection cut.
        self._caller = Thread(target=self._say, daemon=True)
        try:
            self._caller.start()
            self._caller.join(self._wait_seconds)
        except RuntimeError:
            return "no thread could be started"
        said = self._problem
        if self._caller.is_alive():
            self._cut()
        return said

    def _say(self) -> None:
        try:
            status = self._asked()
        except (OSError, HTTPException, ValueError) as error:
            self._problem = type(error).__name__  # its text may have the URL in it
        else:
            self._problem = "" if status in _OK else f"it answered with HTTP status {status}"
        finally:
            if self._connection is not None:
                self._connection.close()

    def _asked(self) -> int:
        """Ask, and give the status; ValueError of a URL that is none."""
        parts = urlsplit(self._url)
        if not parts.hostname:
            raise ValueError("a URL without a host")
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        self._connection = HTTPSConnection(parts.hostname, parts.port, timeout=self._wait_seconds)
        self._connection.request("GET", path, headers={"User-Agent": "tocsin"})
        return self._connection.getresponse().status

    def _cut(self) -> None:
        if self._connection is not None and (open_one := self._connection.sock) is not None:
            with suppress(OSError):
                open_one.shutdown(_BOTH_WAYS)
