"""Run the programs that people watch: real ones, each on a free port, with a folder of its own.

They run as `nobody` where the tests run as root (PostgreSQL insists on it), and end with the tests
even if those are killed.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

HERE: Final = "127.0.0.1"
PATIENCE_S: Final = 20.0
"""How long a program may take to answer, or to end."""
NOBODY: Final = 65534
# Below the ports that Linux gives to outgoing connections: a stopped program's port stays free.
_PORTS: Final = range(15_000, 32_000)
_TRIES: Final = 50
_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")

type Answers = Callable[[int], bool]


class MissingProgramError(Exception):
    """A program that the tests are held against is not installed."""


class ProgramError(Exception):
    """A program is installed, but did not come up or did not end."""


class Program:
    """A program in the foreground; it keeps its port while it is stopped."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        port: int,
        *,
        answers: Answers | None = None,
        stop_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.port = port
        self.address = f"{HERE}:{port}"
        self._command = humbly(command)
        self._folder = folder
        self._log = folder / "output.log"
        self._answers = answers or accepts
        self._stop_with = stop_with
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers. Raises ProgramError with what it printed."""
        with self._log.open("ab") as log:
            # A session of its own: it can be frozen and ended together with its children.
            self._process = subprocess.Popen(  # noqa: S603 - our own list of arguments
                self._command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            if self._answers(self.port):
                return
            time.sleep(0.02)
        self.stop()
        printed = self._log.read_text("utf-8", "replace")[-2000:]
        raise ProgramError(f"{' '.join(self._command)} did not come up. It printed:\n{printed}")

    def stop(self) -> None:
        """End it and wait for its end; nothing happens where it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self._stop_with)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_S)
        # A child that was just forked for a connection may hold the port a moment longer.
        until = time.monotonic() + PATIENCE_S
        while not is_free(self.port):
            if time.monotonic() > until:
                raise ProgramError(f"{self.address} is still taken after its program has ended")
            time.sleep(0.02)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it, and start it again afterwards."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze it: the kernel still accepts connections for it, but it does not say a word."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Put a listener in its place that takes everything, on TCP and UDP, and says nothing."""
        with self.stopped(), ExitStack() as sockets:
            sockets.enter_context(socket.create_server((HERE, self.port)))
            deaf = sockets.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            deaf.bind((HERE, self.port))
            yield


def found(name: str, package: str, folders: Sequence[str] = ()) -> str:
    """Give the path of a program. Raises MissingProgramError, which says what to install."""
    path = os.pathsep.join([*folders, *os.get_exec_path(), *_FOLDERS])
    if (program := shutil.which(name, path=path)) is not None:
        return program
    text = f"{name} is not on this machine. Install Debian's package: apt-get install {package}"
    raise MissingProgramError(text)


def prepare(command: Sequence[str], folder: Path) -> None:
    """Run a program that makes what another one needs: a key, a database."""
    subprocess.run(  # noqa: S603 - our own list of arguments
        humbly(command),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=4 * PATIENCE_S,
    )


def humbly(command: Sequence[str]) -> list[str]:
    """Have it run without root's rights, and end when the test process ends."""
    setpriv = [found("setpriv", "util-linux"), "--pdeathsig", "TERM"]
    if os.geteuid() == 0:
        setpriv += ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    return [*setpriv, "--", *command]


def accepts(port: int) -> bool:
    """Tell whether anything accepts connections there."""
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex((HERE, port)) == 0


def is_free(port: int) -> bool:
    """Tell whether one can listen there, on TCP and UDP alike."""
    try:
        with socket.create_server((HERE, port)), socket.socket(type=socket.SOCK_DGRAM) as deaf:
            deaf.bind((HERE, port))
    except OSError:
        return False
    return True


def free_port() -> int:
    """Give a port that is free. Raises ProgramError."""
    for _ in range(_TRIES):
        # Not `random`: pytest-randomly seeds it alike in every worker.
        if is_free(port := secrets.choice(_PORTS)):
            return port
    raise ProgramError(f"no free port after {_TRIES} tries")
