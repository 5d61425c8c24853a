"""Build the template and deploy it to every region of the local stack, with the real SAM CLI."""

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tocsin_cli.deployment import sam as real_sam
from tocsin_cli.deployment.sam import SAM, Deployment, Progress, SamError
from tocsin_cli.local.emulator import Emulator, LocalStackError

type Outputs = Mapping[str, str]

_BUILD_WITHIN = real_sam.BUILD_WITHIN
_DEPLOY_WITHIN = timedelta(minutes=3)


class DeploymentError(LocalStackError):
    """SAM refused; the text has the end of its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A region of the local stack. Probes there connect from an address that is theirs alone."""

    location: str
    source_address: str


HOME = Place(location="eu-west-1", source_address="127.0.0.11")
SECOND = Place(location="us-east-1", source_address="127.0.0.12")
PLACES = (
    HOME,
    SECOND,
    Place(location="ap-southeast-1", source_address="127.0.0.13"),
)


NOTHING: Mapping[Place, Mapping[str, str]] = {}


def stack_name(place: Place) -> str:
    """Name a stack after its place: MiniStack names roles by stack, for all regions alike."""
    return f"tocsin-{place.location}"


def build(
    emulator: Emulator,
    project: Path,
    into: Path,
    *,
    sam: Path = SAM,
    progress: Progress = print,
) -> Path:
    """Build the functions and the layer for this machine; gives the built template in `into`."""
    try:
        return real_sam.build(
            project,
            into,
            architecture(),
            emulator.environment(HOME.location),
            sam=sam,
            within=_BUILD_WITHIN,
            progress=progress,
        )
    except SamError as error:
        raise DeploymentError(str(error)) from error


def deploy(
    emulator: Emulator,
    template: Path,
    directory: Path,
    *,
    sam: Path = SAM,
    progress: Progress = print,
    more: Mapping[Place, Mapping[str, str]] = NOTHING,
) -> dict[str, Outputs]:
    """Deploy the built template to every place side by side; gives each stack's outputs.

    A probe stack knows the home tables by name alone, so it need not wait for them. `more` are
    parameters of single places beside those that all have here.
    """
    started = time.monotonic()
    running: dict[Place, real_sam.Running] = {}
    try:
        for place in PLACES:
            given = {**_parameters(emulator, place), **more.get(place, {})}
            running[place] = real_sam.start(
                Deployment(
                    template=template,
                    stack=stack_name(place),
                    region=place.location,
                    bucket=_bucket(emulator, place),
                    prefix=stack_name(place),
                    parameters=given,
                ),
                directory,
                emulator.environment(place.location),
                sam=sam,
            )
        for place, process in running.items():
            process.finish(_DEPLOY_WITHIN)
            progress(f"deployed {place.location} after {time.monotonic() - started:.0f} s")
    except SamError as error:
        raise DeploymentError(str(error)) from error
    finally:
        for process in running.values():
            process.end()
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
        # The emulator has no CodeDeploy.
        "Rollout": "all-at-once",
        "LogRetentionDays": "1",
        # The emulator serves no distribution: the page reads what lies in the bucket.
        "StatusPage": "bucket",
    }


def _parameters(emulator: Emulator, place: Place) -> dict[str, str]:
    return parameters(place, emulator.endpoint_url.replace("http://", "tcp://"))


def architecture() -> str:
    """Name this machine's processor as Lambda does, since functions run right on it."""
    return "arm64" if platform.machine().lower() in {"aarch64", "arm64"} else "x86_64"


def _bucket(emulator: Emulator, place: Place) -> str:
    """Make the bucket that takes what is deployed there."""
    bucket = f"{stack_name(place)}-artifacts"
    # S3 has no location constraint for its oldest region, and insists on one for the others.
    constraint = {"LocationConstraint": place.location}
    where = {"CreateBucketConfiguration": constraint} if place.location != "us-east-1" else {}
    emulator.client("s3", place.location).create_bucket(Bucket=bucket, **where)
    return bucket


def _outputs(emulator: Emulator, place: Place) -> Outputs:
    stacks = emulator.client("cloudformation", place.location).describe_stacks(
        StackName=stack_name(place)
    )["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
