"""What has been deployed to each stack, so that it can be gone back to.

A build is the code and the template; a release is a build with a stack's parameters. Every release
is noted in the bucket that holds its artefacts, which are named by what is in them and stay:
`<stack>/releases/<time>-<build>-<release>.json`; at first it was without the build.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from tocsin.adapters import configs, states
from tocsin_cli.deployment.account import Account, Standing
from tocsin_cli.deployment.stacks import Stack

_DIGITS: Final = 16
"""SAM names a version by the first ten of them."""
_OF_A_BUILD: Final = ("template.yaml", "shared", "functions")
_WENT_BACK: Final = "UPDATE_ROLLBACK_COMPLETE"
_LEFT_OUT: Final = {"__pycache__"}
_OF_THE_ATTEMPT: Final = 4
"""Digits, of the second: two within 18 hours have names of their own. The others are the plain."""

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


def release_at(plain: str, standing: Standing | None) -> str:
    """Name what a stack is brought to, which has a plain name of its own.

    What stands there already keeps the name that it has. After an update that went back it is
    another one: Lambda keeps the version that failed, and refuses to make one that is the same.
    """
    if standing is None:
        return plain
    there, rest = standing.parameters.get("Release", ""), plain[_OF_THE_ATTEMPT:]
    if there[_OF_THE_ATTEMPT:] == rest:
        return there
    if standing.status == _WENT_BACK and standing.updated is not None:
        return f"{int(standing.updated.timestamp()):016x}"[-_OF_THE_ATTEMPT:] + rest
    return plain


def note(account: Account, bucket: str, stack: Stack, release: Release) -> None:
    """Note what a stack was deployed with, if that is news."""
    noted = account.keys(bucket, _prefix(stack), stack.region)
    if noted and noted[-1].endswith(f"-{release.release}.json"):
        return
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{release.build}-{release.release}"
    body = json.dumps(asdict(release)).encode()
    account.put(bucket, f"{_prefix(stack)}{name}.json", body, stack.region)


def newest(account: Account, bucket: str, stack: Stack) -> Release | None:
    """Read the newest release of a stack; None where none is noted."""
    keys = account.keys(bucket, _prefix(stack), stack.region)
    return _read(account, bucket, keys[-1], stack) if keys else None


def earlier(account: Account, bucket: str, stack: Stack) -> Release | None:
    """Read the build before the newest; their names say which, and templates are large."""
    keys = account.keys(bucket, _prefix(stack), stack.region)
    found = before([_build_of(account, bucket, each, stack) for each in keys])
    return None if found is None else _read(account, bucket, keys[found], stack)


def before(builds: Sequence[str]) -> int | None:
    """Find the build before the present one: who goes back twice goes back by two."""
    first = builds.index(builds[-1]) if builds else 0
    return first - 1 if first else None


def _build_of(account: Account, bucket: str, key: str, stack: Stack) -> str:
    _, *build, _ = key.removeprefix(_prefix(stack)).split("-")
    return build[0] if build else _read(account, bucket, key, stack).build


def _read(account: Account, bucket: str, key: str, stack: Stack) -> Release:
    return Release(**json.loads(account.get(bucket, key, stack.region)))


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
