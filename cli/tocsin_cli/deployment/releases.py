"""What has been deployed to each stack, so that it can be gone back to.

A build is the code and the template; a release is a build with a stack's parameters. Every release
is noted in the bucket that holds its artefacts, which are named by what is in them and stay:
`<stack>/releases/<time>-<release>.json`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from tocsin.adapters import configs, states
from tocsin_cli.deployment.account import Account
from tocsin_cli.deployment.stacks import Stack

_DIGITS: Final = 16
"""SAM names a version by the first ten of them."""
_OF_A_BUILD: Final = ("template.yaml", "shared", "functions")
_LEFT_OUT: Final = {"__pycache__"}

READS: Final[Mapping[str, int]] = {"shard": configs.READS, "state": states.READS}
"""The newest stored documents that this build can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What was deployed to a stack."""

    release: str
    build: str
    version: str
    """Of the package, for people."""
    at: str
    template: str
    """With the addresses of its artefacts."""
    reads: Mapping[str, int] = field(default_factory=dict)


def build_of(project: Path) -> str:
    """Name a build by all that goes into it."""
    digest = sha256()
    for path in sorted(_files(project)):
        digest.update(f"{path.relative_to(project)}\0".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_DIGITS]


def release_of(build: str, parameters: Mapping[str, str]) -> str:
    """Name a build with parameters; each change of either gives another name."""
    text = json.dumps([build, sorted(parameters.items())])
    return sha256(text.encode()).hexdigest()[:_DIGITS]


def note(account: Account, bucket: str, stack: Stack, release: Release) -> None:
    """Note what a stack was deployed with, if that is news."""
    noted = account.keys(bucket, _prefix(stack), stack.region)
    if noted and noted[-1].endswith(f"-{release.release}.json"):
        return
    key = f"{_prefix(stack)}{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{release.release}.json"
    account.put(bucket, key, json.dumps(asdict(release)).encode(), stack.region)


def history(account: Account, bucket: str, stack: Stack) -> list[Release]:
    """Read every release of a stack, oldest first."""
    keys = account.keys(bucket, _prefix(stack), stack.region)
    return [Release(**json.loads(account.get(bucket, key, stack.region))) for key in keys]


def newest(account: Account, bucket: str, stack: Stack) -> Release | None:
    """Read the newest release of a stack; None where none is noted."""
    keys = account.keys(bucket, _prefix(stack), stack.region)
    return Release(**json.loads(account.get(bucket, keys[-1], stack.region))) if keys else None


def before(releases: Sequence[Release]) -> Release | None:
    """Find the build before the present one: who goes back twice goes back by two."""
    if not releases:
        return None
    present = releases[-1].build
    first = next(n for n, each in enumerate(releases) if each.build == present)
    return releases[first - 1] if first else None


def _prefix(stack: Stack) -> str:
    return f"{stack.name}/releases/"


def _files(project: Path) -> Iterable[Path]:
    for name in _OF_A_BUILD:
        found = project / name
        yield from (
            [found]
            if found.is_file()
            else (
                path
                for path in found.rglob("*")
                if path.is_file() and not _LEFT_OUT & set(path.parts)
            )
        )
