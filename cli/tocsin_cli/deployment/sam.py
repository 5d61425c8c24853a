"""Run the SAM CLI, so that nothing of it outlives us: to AWS and to the local stack alike."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tocsin_cli.deployment.bytecode import compiled

type Progress = Callable[[str], None]

# Beside the Python that runs this, where `make setup` puts it.
SAM = Path(sys.executable).with_name("sam")

BUILD_WITHIN = timedelta(minutes=10)
"""A first build fetches every library."""
DEPLOY_WITHIN = timedelta(minutes=60)
"""CloudFormation itself gives up long before; a distribution takes it a quarter of an hour."""

_TAIL_LINES = 20
_LAUNCHER = Path(__file__).with_name("tethered.py")


class SamError(Exception):
    """SAM refused, or took too long; the text has the end of its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is deployed where."""

    template: Path
    """Built, or packaged before."""
    stack: str
    region: str
    bucket: str
    """Of that region; it takes the artefacts."""
    prefix: str
    """Of their names in it."""
    parameters: Mapping[str, str]
    tags: Sequence[str] = ()


class Running:
    """A run of SAM that goes on beside others."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, what: str) -> None:
        self._process = process
        self._log = log
        self._what = what
        self._began = time.monotonic()

    def over(self) -> bool:
        """Tell whether it has ended, well or not."""
        return self._process.poll() is not None

    def seconds(self) -> float:
        """Say for how long it has run."""
        return time.monotonic() - self._began

    def finish(self, within: timedelta) -> None:
        """Wait for its end, so long after its beginning; SamError where that is not a good one."""
        seconds = within.total_seconds()
        try:
            status = self._process.wait(max(0.0, seconds - self.seconds()))
        except subprocess.TimeoutExpired as error:
            raise SamError(
                f"{self._what} took over {seconds:.0f} s:\n{_tail(self._log)}"
            ) from error
        if status:
            raise SamError(
                f"{self._what} failed; its output is in {self._log} and ends with\n"
                f"{_tail(self._log)}"
            )

    def end(self) -> None:
        """End it with all that it has started; where all went well, nothing is left to end."""
        with suppress(ProcessLookupError, PermissionError):  # macOS may not signal what has ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def build(  # noqa: PLR0913 - where, for what, by what
    project: Path,
    into: Path,
    architecture: str,
    environment: Mapping[str, str],
    *,
    sam: Path = SAM,
    within: timedelta = BUILD_WITHIN,
    progress: Progress = print,
) -> Path:
    """Build the functions and the layer for a processor; gives the built template in `into`.

    SAM's output, and what it keeps for the next build, are in the project's `.tocsin`.
    """
    project, into = project.absolute(), into.absolute()
    workshop = project / ".tocsin"
    command: list[Path | str] = [
        sam, "build",
        "--template", project / "template.yaml",
        "--build-dir", workshop / "build",
        "--cache-dir", workshop / "cache",
        "--cached", "--parallel",
        "--parameter-overrides", f"Architecture={architecture}",
    ]  # fmt: skip
    with _alone(workshop, progress):
        running = _start(
            command, workshop / "build.log", _settings(environment, workshop), "sam build", project
        )
        try:
            running.finish(within)
        finally:
            running.end()
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(workshop / "build", into)
    compiled(into)
    progress(f"built the functions and their layer in {running.seconds():.0f} s")
    return into / "template.yaml"


@contextmanager
def _alone(workshop: Path, progress: Progress) -> Iterator[None]:
    """Let one build of a project follow the other: SAM keeps in it what it has fetched."""
    workshop.mkdir(parents=True, exist_ok=True)
    with (workshop / "build.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting until another build of this folder has ended")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(
    deployment: Deployment, directory: Path, environment: Mapping[str, str], *, sam: Path = SAM
) -> Running:
    """Begin to deploy; its output is in `directory`."""
    directory = directory.absolute()
    given = [override(name, value) for name, value in deployment.parameters.items()]
    command: list[Path | str] = [
        sam, "deploy",
        "--template-file", deployment.template,
        "--stack-name", deployment.stack,
        "--region", deployment.region,
        "--s3-bucket", deployment.bucket,
        "--s3-prefix", deployment.prefix,
        "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
        "--parameter-overrides", *given,
        *(["--tags", *deployment.tags] if deployment.tags else []),
    ]  # fmt: skip
    return _start(
        command,
        directory / f"deploy-{deployment.stack}-{deployment.region}.log",
        _settings(environment, directory),
        f"sam deploy to {deployment.region}",
    )


def override(name: str, value: str) -> str:
    """Say a parameter in SAM's way, which cuts a bare value at a space and takes no empty one."""
    quoted = value.replace('"', '\\"')
    return f'{name}="{quoted}"'


def _settings(environment: Mapping[str, str], directory: Path) -> dict[str, str]:
    # The layer is built by the first Python 3.13 with pip on the path: let it be this one.
    ours = str(Path(sys.executable).parent)
    return {
        **environment,
        "PATH": os.pathsep.join([ours, environment.get("PATH", os.defpath)]),
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(directory / "sam"),
    }


def _start(
    command: Sequence[Path | str],
    log: Path,
    environment: Mapping[str, str],
    what: str,
    cwd: Path | None = None,
) -> Running:
    if not Path(command[0]).exists():
        raise SamError(f"{command[0]} is missing: run `make setup`")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", _LAUNCHER, *command],
            # Never written to: its end tells the child that we are gone.
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=cwd,
            # Ctrl-C is ours to handle, and the group is what `end` ends.
            start_new_session=True,
        )
    return Running(process, log, what)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
