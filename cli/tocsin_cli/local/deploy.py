"""Build the template and deploy it to every region of the local stack, with the real SAM CLI."""

import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tocsin_cli.local.emulator import Emulator, LocalStackError

type Progress = Callable[[str], None]
type Outputs = Mapping[str, str]

NOBODY: Mapping[str, str] = {}

# Beside the Python that runs this, where `make setup` puts it.
SAM = Path(sys.executable).with_name("sam")

_BUILD_WITHIN = timedelta(minutes=4)
_DEPLOY_WITHIN = timedelta(minutes=3)
_TAIL_LINES = 20
_LAUNCHER = Path(__file__).with_name("tethered.py")


class DeploymentError(LocalStackError):
    """SAM refused; the text has the end of its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A region of the local stack. Probes there connect from an address that is theirs alone."""

    location: str
    source_address: str


HOME = Place(location="eu-west-1", source_address="127.0.0.11")
PLACES = (
    HOME,
    Place(location="us-east-1", source_address="127.0.0.12"),
    Place(location="ap-southeast-1", source_address="127.0.0.13"),
)


def stack_name(place: Place) -> str:
    """Name a stack after its place: MiniStack names roles by stack, for all regions alike."""
    return f"tocsin-{place.location}"


def build(
    emulator: Emulator,
    project: Path,
    directory: Path,
    *,
    sam: Path = SAM,
    progress: Progress = print,
) -> Path:
    """Build the functions and the layer for this machine; gives the built template."""
    project, directory = project.absolute(), directory.absolute()
    log = directory / "build.log"
    command: list[Path | str] = [
        sam, "build",
        "--template", project / "template.yaml",
        "--build-dir", directory / "build",
        "--cache-dir", directory / "cache",
        "--cached", "--parallel",
        "--parameter-overrides", f"Architecture={architecture()}",
    ]  # fmt: skip
    started = time.monotonic()
    process = _start(command, log, _environment(emulator, HOME, directory), cwd=project)
    try:
        _finish(process, log, "sam build", _BUILD_WITHIN)
    finally:
        _end(process)
    progress(f"built the functions and their layer in {time.monotonic() - started:.0f} s")
    return directory / "build" / "template.yaml"


def deploy(
    emulator: Emulator,
    template: Path,
    directory: Path,
    *,
    sam: Path = SAM,
    progress: Progress = print,
    readers: Mapping[str, str] = NOBODY,
) -> dict[str, Outputs]:
    """Deploy the built template to every place side by side; gives each stack's outputs.

    A probe stack knows the home tables by name alone, so it need not wait for them. `readers` are
    the home stack's parameters that say who hears of alerts.
    """
    directory = directory.absolute()
    started = time.monotonic()
    running: dict[Place, subprocess.Popen[bytes]] = {}
    try:
        for place in PLACES:
            given = {**_parameters(emulator, place), **(readers if place == HOME else NOBODY)}
            running[place] = _start_deployment(emulator, template, directory, place, given, sam)
        for place, process in running.items():
            _finish(
                process, _log(directory, place), f"sam deploy to {place.location}", _DEPLOY_WITHIN
            )
            progress(f"deployed {place.location} after {time.monotonic() - started:.0f} s")
    finally:
        for process in running.values():
            _end(process)
    return {place.location: _outputs(emulator, place) for place in PLACES}


def parameters(place: Place, canary: str) -> dict[str, str]:
    """Give the template's parameters at a place of the local stack; `canary` is what is well."""
    return {
        "Part": "home" if place == HOME else "probe",
        "Location": place.location,
        "HomeRegion": HOME.location,
        "Egress": "loopback",
        "SourceAddress": place.source_address,
        "Canaries": canary,
        "Architecture": architecture(),
        "DeletionProtection": "false",
        "LogRetentionDays": "1",
        # The emulator serves no distribution: the page reads what lies in the bucket.
        "StatusPage": "bucket",
    }


def _parameters(emulator: Emulator, place: Place) -> dict[str, str]:
    return parameters(place, emulator.endpoint_url.replace("http://", "tcp://"))


def architecture() -> str:
    """Name this machine's processor as Lambda does, since functions run right on it."""
    return "arm64" if platform.machine().lower() in {"aarch64", "arm64"} else "x86_64"


def _start_deployment(
    emulator: Emulator,
    template: Path,
    directory: Path,
    place: Place,
    given: Mapping[str, str],
    sam: Path,
) -> subprocess.Popen[bytes]:
    bucket = f"{stack_name(place)}-artifacts"
    _create_bucket(emulator, bucket, place.location)
    command: list[Path | str] = [
        sam, "deploy",
        "--template-file", template,
        "--stack-name", stack_name(place),
        "--region", place.location,
        "--s3-bucket", bucket,
        "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset", "--no-progressbar",
        "--parameter-overrides", *(f"{name}={value}" for name, value in given.items()),
    ]  # fmt: skip
    return _start(command, _log(directory, place), _environment(emulator, place, directory))


def _create_bucket(emulator: Emulator, bucket: str, region: str) -> None:
    # S3 has no location constraint for its oldest region, and insists on one for the others.
    constraint = {"LocationConstraint": region}
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": constraint}
    emulator.client("s3", region).create_bucket(Bucket=bucket, **where)


def _outputs(emulator: Emulator, place: Place) -> Outputs:
    stacks = emulator.client("cloudformation", place.location).describe_stacks(
        StackName=stack_name(place)
    )["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


def _log(directory: Path, place: Place) -> Path:
    return directory / f"deploy-{place.location}.log"


def _environment(emulator: Emulator, place: Place, directory: Path) -> dict[str, str]:
    environment = emulator.environment(place.location)
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
    environment: dict[str, str],
    *,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    if not Path(command[0]).exists():
        raise DeploymentError(f"{command[0]} is missing: run `make setup`")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-P", _LAUNCHER, *command],
            # Never written to: its end tells the child that we are gone.
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=cwd,
            # Ctrl-C is ours to handle, and the group is what `_end` ends.
            start_new_session=True,
        )


def _finish(process: subprocess.Popen[bytes], log: Path, what: str, within: timedelta) -> None:
    seconds = within.total_seconds()
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise DeploymentError(f"{what} took over {seconds:.0f} s:\n{_tail(log)}") from error
    if status:
        raise DeploymentError(f"{what} failed; its output is in {log} and ends with\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it has started; where all went well, nothing is left to end."""
    with suppress(ProcessLookupError, PermissionError):  # macOS may not signal what has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()
