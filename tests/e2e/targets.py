"""Services on loopback that can be stopped, each at an address of its own.

Faults at one address are one fault, as far as anybody can tell.
"""

import socket
from types import TracebackType
from typing import Final, Self

QUEUE: Final = 1024
"""Connections that wait to be accepted, which none ever is: that it can be reached is all."""


class Target:
    """A TCP port that takes connections; stopped, it refuses, and nobody else gets the port."""

    def __init__(self, number: int) -> None:
        self._host = f"127.0.7.{number}"
        self._holder = self._bound(0)
        self._socket: socket.socket | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        self._holder.close()

    @property
    def address(self) -> str:
        """Where it is, as `host:port`."""
        return f"{self._host}:{self._port}"

    def start(self) -> None:
        """Take connections; nothing happens where it does."""
        if self._socket is None:
            self._socket = self._bound(self._port)
            self._socket.listen(QUEUE)

    def stop(self) -> None:
        """Refuse from now on; nothing happens where it does."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @property
    def _port(self) -> int:
        port: int = self._holder.getsockname()[1]
        return port

    def _bound(self, port: int) -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self._host, port))
        return bound
