"""The programs that the figures are held against: found, built and run on loopback only."""

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

HERE: Final = "127.0.0.1"
BLACKBOX: Final = "prometheus-blackbox-exporter"
PACKAGES: Final = {"gcc": "gcc libc6-dev", "nginx": "nginx", "knotd": "knot", BLACKBOX: BLACKBOX}
"""Debian's package of each program."""
PATIENCE_S: Final = 10.0
# Below the ports that Linux gives to outgoing connections, of which there will be many.
_PORTS: Final = range(15_000, 32_000)
_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_SOURCES: Final = Path(__file__).parent


class ProgramError(Exception):
    """A program is missing, or did not come up."""


def path_of(name: str) -> str:
    """Give the path of a program that `require` has found."""
    path = os.pathsep.join([*os.get_exec_path(), *_FOLDERS])
    return shutil.which(name, path=path) or ""


def require() -> None:
    """Raise ProgramError, with the line that mends it, where any program is missing."""
    missing = [name for name in PACKAGES if not path_of(name)]
    if missing:
        packages = " ".join(PACKAGES[name] for name in missing)
        names = ", ".join(missing)
        raise ProgramError(f"not on this machine: {names}. Install: apt-get install {packages}")


def built(name: str, folder: Path) -> str:
    """Compile one of the programs in C beside this file, and give its path."""
    program = folder / name
    flags = ["-O2", "-Wall", "-Wextra", "-Werror"]
    source = _SOURCES / f"{name}.c"
    subprocess.run([path_of("gcc"), *flags, "-o", str(program), str(source)], check=True)
    return str(program)


@contextmanager
def running(command: Sequence[str], port: int, log: Path) -> Iterator[int]:
    """Run a program until the end of the block, from when it accepts connections; gives its id."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as it:
        try:
            if not _within_patience(lambda: it.poll() is not None or _accepts(port)) or it.poll():
                raise ProgramError(f"{command[0]} did not come up:\n{log.read_text()[-2000:]}")
            yield it.pid
        finally:
            it.terminate()
            it.wait(PATIENCE_S)


def free_port() -> int:
    """Give a port that is free on TCP and UDP alike, for a program that cannot choose its own."""
    for port in random.sample(_PORTS, len(_PORTS)):
        with (
            socket.socket() as tcp,
            socket.socket(type=socket.SOCK_DGRAM) as udp,
            suppress(OSError),
        ):
            tcp.bind((HERE, port))
            udp.bind((HERE, port))
            return port
    raise ProgramError("no port is free")


def _accepts(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex((HERE, port)) == 0


def _within_patience(done: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
