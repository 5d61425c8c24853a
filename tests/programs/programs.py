"""Run the programs that people watch: real ones, each on a free port, with a folder of its own.

They run as `nobody` where the tests run as root (PostgreSQL insists on it; Postfix and ocserv
insist on root), and end with the tests even if those are killed.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

HERE: Final = "127.0.0.1"
PATIENCE_S: Final = 60.0
"""How long a program may take to answer, or to end; on a busy machine RabbitMQ takes half of it."""
NOBODY: Final = 65534
# Below the ports that Linux gives to outgoing connections: a stopped program's port stays free.
_PORTS: Final = range(15_000, 32_000)
_TRIES: Final = 50
_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_LISTENING: Final = "0A"
"""A socket's state in /proc/net/tcp."""
_KEEPER: Final = """
"$@" & child=$!
trap 'kill "$child"' TERM
wait "$child"
wait "$child"
"""

type Answers = Callable[[int], bool]


class MissingProgramError(Exception):
    """A program that the tests are held against is not installed."""


class ProgramError(Exception):
    """A program is installed, but did not come up or did not end."""


class Program:
    """A program in the foreground; it keeps its ports while it is stopped.

    `port` and `address` are of the first one. `host` is the address that all its ports are of.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        ports: Mapping[str, int],
        host: str = HERE,
        answers: Answers | None = None,
        stop_with: signal.Signals = signal.SIGTERM,
        as_root: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.ports = ports
        self.port = next(iter(ports.values()))
        self.host = host
        self.address = f"{host}:{self.port}"
        self._command = as_the_tests(command) if as_root else humbly(command)
        self._environment = {**os.environ, **(environment or {})}
        self._folder = folder
        self._log = folder / "output.log"
        self._answers = answers or listens
        self._stop_with = stop_with
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        """Tell whether it was started and not stopped."""
        return self._process is not None

    @property
    def family(self) -> list[int]:
        """Give its processes, parents first, while it runs."""
        assert self._process is not None
        return list(_with_children(self._process.pid))

    def start(self) -> None:
        """Start it, and wait until it answers. Raises ProgramError with what it printed."""
        with self._log.open("ab") as log:
            # A session of its own: what it leaves behind can be ended together.
            self._process = subprocess.Popen(  # noqa: S603 - our own list of arguments
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            if all(map(self._answers, self.ports.values())):
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
        if process.returncode is None:
            self._end(process)
        until = time.monotonic() + PATIENCE_S
        while not all(is_free(port, self.host) for port in self.ports.values()):
            if time.monotonic() > until:
                raise ProgramError(f"{self.address} is still taken after its program has ended")
            time.sleep(0.02)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        os.kill(process.pid, self._stop_with)
        until = time.monotonic() + PATIENCE_S
        # Not waited for yet, so that nothing else can be given its number.
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            if time.monotonic() > until:
                break
            time.sleep(0.01)
        # Also a child that was just forked for a connection, and would hold the port.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)

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
        frozen = []
        try:
            # Each before its children are looked for: it has no more of them once it stands still.
            for process in _with_children(self._process.pid):
                _tell(process, signal.SIGSTOP)
                frozen.append(process)
                _see_it_stand_still(process)
            yield
        finally:
            # Children first: one that was ending is a zombie, which its parent reaps as it goes on.
            for process in reversed(frozen):
                _tell(process, signal.SIGCONT)

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Stop it, put a listener in its place, and start it again afterwards."""
        with self.stopped(), self.impersonated():
            yield

    @contextmanager
    def impersonated(self) -> Iterator[None]:
        """While it is stopped, take everything at its ports, on TCP and UDP, and say nothing."""
        with ExitStack() as sockets:
            for port in self.ports.values():
                sockets.enter_context(socket.create_server((self.host, port)))
                deaf = sockets.enter_context(socket.socket(type=socket.SOCK_DGRAM))
                deaf.bind((self.host, port))
            yield


def found(name: str, package: str, folders: Sequence[str] = ()) -> str:
    """Give the path of a program. Raises MissingProgramError, which says what to install."""
    path = os.pathsep.join([*folders, *os.get_exec_path(), *_FOLDERS])
    if (program := shutil.which(name, path=path)) is not None:
        return program
    text = f"{name} is not on this machine. Install Debian's package: apt-get install {package}"
    raise MissingProgramError(text)


def prepare(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Run a program that makes what another one needs. Raises ProgramError with what it printed."""
    done = subprocess.run(  # noqa: S603 - our own list of arguments
        humbly(command),
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=4 * PATIENCE_S,
    )
    if done.returncode:
        printed = done.stdout.decode("utf-8", "replace")[-2000:]
        raise ProgramError(f"{' '.join(command)} failed. It printed:\n{printed}")


def humbly(command: Sequence[str]) -> list[str]:
    """Have it run without root's rights, and end when the test process ends."""
    ids = ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    return _ending_with_the_tests(command, ids if os.geteuid() == 0 else [])


def as_the_tests(command: Sequence[str]) -> list[str]:
    """Have it run as root, and end when the test process ends. Raises ProgramError."""
    if os.geteuid() != 0:
        raise ProgramError(f"{command[0]} insists on root: run these tests as root")
    # Linux forgets what should come at its parent's end when a program changes its rights, as such
    # ones do; so a shell stays between.
    return _ending_with_the_tests([found("sh", "dash"), "-c", _KEEPER, "keeper", *command], [])


def _ending_with_the_tests(command: Sequence[str], ids: Sequence[str]) -> list[str]:
    return [found("setpriv", "util-linux"), "--pdeathsig", "TERM", *ids, "--", *command]


def _with_children(process: int) -> Iterator[int]:
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, _read(children).split()):
            yield from _with_children(child)


def _see_it_stand_still(process: int) -> None:
    """Wait for the state that the kernel calls T: on a busy machine a signal is not at once."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        # The name before it may hold spaces and parentheses. Of one that has gone there is none.
        if _read(Path(f"/proc/{process}/stat")).rpartition(") ")[2][:1] in "TZX":
            return
        time.sleep(0.005)
    raise ProgramError(f"process {process} runs on though it was stopped")


def _tell(process: int, what: signal.Signals) -> None:
    """Send a signal; one that was ending may have gone, which is no harm."""
    with suppress(ProcessLookupError):
        os.kill(process, what)


def _read(of_a_process: Path) -> str:
    """Give what the kernel tells of a process: nothing, where it has gone."""
    try:
        return of_a_process.read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def listens(port: int) -> bool:
    """Tell whether anything takes connections there, without making one that it would notice."""
    here = f"{int.from_bytes(socket.inet_aton(HERE), 'little'):08X}:{port:04X}"
    rows = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    return any(row.split()[1:4:2] == [here, _LISTENING] for row in rows)


def is_free(port: int, host: str = HERE) -> bool:
    """Tell whether one can listen there, on TCP and UDP alike."""
    try:
        with socket.create_server((host, port)), socket.socket(type=socket.SOCK_DGRAM) as deaf:
            deaf.bind((host, port))
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
