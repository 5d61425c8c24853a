"""Deploy a template to several stacks: the home stack first, then the others side by side.

Back it goes the other way round: a probe of before never reports to a home that is older still.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tocsin import __version__
from tocsin_cli.deployment import releases, sam, template
from tocsin_cli.deployment.account import Account, AccountError, Caller
from tocsin_cli.deployment.releases import READS, Release, release_at, release_of
from tocsin_cli.deployment.sam import Deployment, Progress, Running, SamError
from tocsin_cli.deployment.stacks import Part, Stack
from tocsin_cli.output import CommandError

_POLL_S: Final = 0.2
_HIDDEN: Final = "****"
"""What CloudFormation says in place of a value that it does not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Whose account, and from which folders it is deployed to."""

    account: Account
    caller: Caller
    beginning: str
    """Of the names of the buckets."""
    directory: Path
    """For what is built, and for what SAM says."""
    environment: Mapping[str, str]
    progress: Progress
    sam: Path = sam.SAM

    def bucket(self, region: str) -> str:
        """Name the bucket for the artefacts of a region."""
        return f"{self.beginning}-{self.caller.account}-{region}"

    def holds(self, stack: Stack) -> bool:
        """Tell whether a stack is there, and has anything."""
        standing = self.account.standing(stack.name, stack.region)
        return standing is not None and not standing.empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a stack is brought to."""

    stack: Stack
    release: Release
    file: Path
    """The template: built, or as it was deployed before."""
    given: Mapping[str, str]


def step(site: Site, stack: Stack, build: str, built: Path) -> Step:
    """Say what a fresh build is for a stack, with its parameters."""
    given = _given(site, stack, built.read_text(encoding="utf-8"), build)
    release = Release(
        release=given.get("Release", build),
        build=build,
        version=__version__,
        at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        template="",
        reads=READS,
    )
    return Step(stack=stack, release=release, file=built, given=given)


def step_back(site: Site, stack: Stack) -> Step | None:
    """Say what the build before is for a stack; None where nothing is before.

    What stands there and is not noted came after all that is: before it is the newest of them.
    """
    bucket = site.bucket(stack.region)
    found = releases.newest(site.account, bucket, stack)
    if found is not None and _stands(site, stack, found):
        found = releases.earlier(site.account, bucket, stack)
    if found is None:
        return None
    file = site.directory / f"before-{stack.name}-{stack.region}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(found.template, encoding="utf-8")
    given = _given(site, stack, found.template, found.build)
    again = Release(
        release=given.get("Release", found.build),
        build=found.build,
        version=found.version,
        at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        template="",
        reads=found.reads,
    )
    return Step(stack=stack, release=again, file=file, given=given)


def build_there(site: Site, stack: Stack) -> str | None:
    """Name the build that stands there; None where what stands there is not noted."""
    newest = releases.newest(site.account, site.bucket(stack.region), stack)
    return newest.build if newest and _stands(site, stack, newest) else None


def _stands(site: Site, stack: Stack, noted: Release) -> bool:
    """Tell whether a stack is at a release; a template of before there were any tells nothing."""
    standing = site.account.standing(stack.name, stack.region)
    there = standing.parameters if standing else {}
    return there.get("Release", noted.release) == noted.release


def forward(site: Site, steps: Sequence[Step]) -> None:
    """Deploy the home stack, then the others side by side."""
    home = [each for each in steps if each.stack.part == Part.HOME]
    _make_buckets(site, steps)
    _side_by_side(site, home)
    _side_by_side(site, [each for each in steps if each not in home])


def backward(site: Site, steps: Sequence[Step]) -> None:
    """Deploy the others side by side, then the home stack."""
    home = [each for each in steps if each.stack.part == Part.HOME]
    _make_buckets(site, steps)
    _side_by_side(site, [each for each in steps if each not in home])
    _side_by_side(site, home)


def _given(site: Site, stack: Stack, text: str, build: str) -> dict[str, str]:
    """Give the parameters that a template takes, with the release that they make of a build.

    What is not given keeps the value that the stack has, and is part of the release; of a secret
    that is kept nobody can say which it is.
    """
    known = template.parameters(text)
    standing = site.account.standing(stack.name, stack.region)
    stands = standing.parameters if standing else {}
    given = {name: value for name, value in stack.parameters.items() if name in known}
    if "Release" not in known:
        return given
    effective = {
        name: given.get(name, stands.get(name, str(each.get("Default", ""))))
        for name, each in known.items()
        if name != "Release"
    }
    hidden = {name for name, each in known.items() if each.get("NoEcho")}
    seen = {
        name: given.get(name, _HIDDEN) if name in hidden else value
        for name, value in effective.items()
    }
    return {**given, "Release": release_at(release_of(build, seen), standing)}


def _make_buckets(site: Site, steps: Sequence[Step]) -> None:
    """Make them before anything runs: where one is refused, no stack is half-way."""
    for region in dict.fromkeys(each.stack.region for each in steps):
        site.account.create_bucket(site.bucket(region), region, site.caller)


def _side_by_side(site: Site, steps: Sequence[Step]) -> None:
    with _running(site, steps) as running:
        failures = list(_finished(site, running))
    if failures:
        raise CommandError("\n".join(failures))


@contextmanager
def _running(site: Site, steps: Sequence[Step]) -> Iterator[dict[str, tuple[Step, Running]]]:
    running: dict[str, tuple[Step, Running]] = {}
    try:
        for each in steps:
            running[each.stack.environment] = each, _started(site, each)
        yield running
    except SamError as error:
        raise CommandError(str(error)) from error
    finally:
        for _, process in running.values():
            process.end()


def _started(site: Site, each: Step) -> Running:
    stack = each.stack
    deployment = Deployment(
        template=each.file,
        stack=stack.name,
        region=stack.region,
        bucket=site.bucket(stack.region),
        prefix=stack.name,
        parameters=each.given,
        tags=stack.tags,
    )
    return sam.start(deployment, site.directory, site.environment, sam=site.sam)


def _finished(site: Site, running: dict[str, tuple[Step, Running]]) -> Iterable[str]:
    """Tell of each as it ends, and give what went wrong."""
    while running:
        over = [name for name, (_, process) in running.items() if process.over()]
        longest = sam.DEPLOY_WITHIN.total_seconds()
        late = [name for name, (_, process) in running.items() if process.seconds() > longest]
        for name in {*over, *late}:
            each, process = running[name]
            try:
                process.finish(sam.DEPLOY_WITHIN)
                _note(site, each)
            except SamError as error:
                site.progress(f"{each.stack}: failed after {process.seconds():.0f} s")
                yield str(error)
            except AccountError as error:
                site.progress(f"{each.stack}: deployed, and not noted")
                yield f"{each.stack}: is deployed, and could not be noted for going back: {error}"
            else:
                site.progress(
                    f"{each.stack}: release {each.release.release} after {process.seconds():.0f} s"
                )
            process.end()
            del running[name]
        time.sleep(_POLL_S)


def _note(site: Site, each: Step) -> None:
    stack = each.stack
    text = site.account.template(stack.name, stack.region)
    done = Release(
        release=each.release.release,
        build=each.release.build,
        version=each.release.version,
        at=each.release.at,
        template=text,
        reads=each.release.reads,
    )
    releases.note(site.account, site.bucket(stack.region), stack, done)
