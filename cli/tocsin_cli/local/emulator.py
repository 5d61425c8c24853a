"""AWS on this machine: MiniStack as one child, fresh at every start, with nothing left at the end.

It enforces IAM: callers here are the account's root, functions have their role's credentials.
"""

import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import boto3
from botocore.config import Config

LOOPBACK = "127.0.0.1"
ROOT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

_READY_WITHIN = timedelta(seconds=30)
_STOP_WITHIN = timedelta(seconds=10)
_BOUNDS = Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 2})
_POLL = timedelta(milliseconds=100)
# Another program may take the port between our finding it free and MiniStack's binding it.
_ATTEMPTS = 3
LAUNCHER = (Path(__file__).with_name("strict_ministack.py"),)
"""The script that runs it, and what that is told."""


class LocalStackError(Exception):
    """The local stack could not be brought up; the text says what and where to look."""


class Emulator:
    """MiniStack on a free port of the loopback interface, for as long as the `with` block lasts.

    `directory` receives its log, and its scratch files while it runs.
    """

    def __init__(
        self,
        directory: Path,
        *,
        home_region: str = "eu-west-1",
        launcher: Sequence[Path] = LAUNCHER,
    ) -> None:
        self._directory = directory
        self._launcher = launcher
        self._home_region = home_region
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Path | None = None
        self._claim: int | None = None
        self._port = 0

    @property
    def log_file(self) -> Path:
        """Where MiniStack's own log is, also when it is gone."""
        return self._directory / "ministack.log"

    @property
    def scratch(self) -> Path:
        """A folder of its own, which goes when it ends."""
        assert self._scratch is not None  # noqa: S101 - it has begun
        return self._scratch

    @property
    def endpoint_url(self) -> str:
        """Where every region and service of it answers."""
        return f"http://{LOOPBACK}:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers; raises LocalStackError."""
        for attempt in range(1, _ATTEMPTS + 1):
            self._spawn()
            try:
                self._wait_until_ready()
            except BaseException as error:
                self.stop()
                if isinstance(error, LocalStackError) and attempt < _ATTEMPTS and self._lost_port():
                    continue
                raise
            return

    def stop(self) -> None:
        """End it and all of its function workers, and remove what they left."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_WITHIN.total_seconds())
            # Workers are of its process group; one that outlived it ends here.
            with suppress(ProcessLookupError, PermissionError):  # macOS: what has ended
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdin:
                process.stdin.close()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
        claim, self._claim = self._claim, None
        if claim is not None:
            os.close(claim)

    def ensure_running(self) -> None:
        """Raise LocalStackError where it has ended by itself."""
        if self._process is None or self._process.poll() is not None:
            raise LocalStackError(f"MiniStack has ended; {self.log_file} says why")

    def client(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3 types by literals
        """Give a boto3 client of the root user."""
        create = cast("Callable[..., Any]", boto3.session.Session().client)
        return create(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            config=_BOUNDS,
            aws_access_key_id=ROOT["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT["AWS_SECRET_ACCESS_KEY"],
        )

    def environment(self, region: str) -> dict[str, str]:
        """Give the environment in which an AWS tool reaches this account and can reach no other."""
        return {
            **_without_aws(os.environ),
            **ROOT,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TMPDIR": str(self._scratch),
        }

    def _spawn(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._scratch, self._claim = _claimed_scratch(self._directory.absolute())
        self._port = _free_port()
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                # -P: the folder of the launcher is no place to import from.
                [sys.executable, "-P", *self._launcher],
                # Never written to: its end tells the child that we are gone.
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._settings(self._scratch),
                # Ctrl-C is ours to handle, and the group is what `stop` ends.
                start_new_session=True,
                # As long as it lives, nobody takes its scratch files for leftovers.
                pass_fds=(self._claim,),
            )

    def _settings(self, scratch: Path) -> dict[str, str]:
        """Give the environment of MiniStack, which every function inherits."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "STATE_DIR": str(scratch),
            "AUTH": "true",
            "BIND_HOST": LOOPBACK,
            "MINISTACK_HOST": LOOPBACK,
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_REGION": self._home_region,
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN.total_seconds()
        while time.monotonic() < deadline:
            self.ensure_running()
            if self._answers():
                return
            time.sleep(_POLL.total_seconds())
        raise LocalStackError(
            f"MiniStack did not answer on {self.endpoint_url} within "
            f"{_READY_WITHIN.total_seconds():.0f} s; its log is {self.log_file}"
        )

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=1)
        try:
            connection.request("GET", "/_ministack/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _lost_port(self) -> bool:
        return b"already in use" in self.log_file.read_bytes()


def _claimed_scratch(directory: Path) -> tuple[Path, int]:
    """Make a folder with a lock on it; remove those whose locks went with the processes."""
    with _locked(directory, fcntl.LOCK_EX):
        for old in directory.glob("scratch-*"):
            with suppress(OSError), _locked(old, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(old, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=directory))
        claim = os.open(scratch, os.O_RDONLY)
        fcntl.flock(claim, fcntl.LOCK_EX)
        return scratch, claim


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out the user's own AWS account: nothing here may ever reach it."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}
