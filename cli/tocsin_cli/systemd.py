"""Tell systemd how a service stands (sd_notify(3)); nothing at all where nobody asked."""

import os
import socket
from typing import Final

from tocsin.domain.outcome import printable

MICROSECONDS: Final = 1_000_000
LONGEST: Final = 1000
"""Characters of a fact that are sent: `systemctl status` is no log."""


def notify(*facts: str) -> None:
    """Send facts such as `READY=1`, each of which stays one, whatever stands in it.

    A supervisor that does not listen is no reason to fail.
    """
    if not (address := os.environ.get("NOTIFY_SOCKET")):
        return
    if address.startswith("@"):  # a name that is in no file system
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.setblocking(False)
            out.sendto("\n".join(map(_inert, facts)).encode(), address)
    except (OSError, ValueError):
        return


def watchdog_seconds() -> float | None:
    """Say how often systemd wants to hear that we live: twice in the time it waits."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        patience = int(os.environ["WATCHDOG_USEC"])
    except (KeyError, ValueError):
        return None
    return patience / MICROSECONDS / 2 if patience > 0 else None


def _inert(fact: str) -> str:
    return printable(fact, LONGEST)
