"""Which stacks an installation has: the environments of samconfig.toml, read and brought in line.

The file stays the one place that says it, for `sam` and `tocsin` alike: who names regions on the
command line has them written there, and his comments are left alone.
"""

import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from tocsin_cli.output import CommandError

HOME = "home"
"""The environment of the home stack."""

_ARN_OR = r"arn:[^\s\"',]+|{region}"
"""What is elsewhere does not move with a home."""
_QUOTED = re.compile(r"(?P<sign>[\"'])(?P<value>.*)(?P=sign)", re.DOTALL)
_SECTION = re.compile(r"^\[(?P<name>[^\].]+)[^\]]*\]\s*$")
_PROBE = """
[{region}.validate.parameters]
lint = true

[{region}.build.parameters]
cached = true
parallel = true
parameter_overrides = ["Architecture={architecture}"]

[{region}.deploy.parameters]
stack_name = "{stack}"
region = "{region}"
resolve_s3 = true
capabilities = "CAPABILITY_IAM"
confirm_changeset = true
fail_on_empty_changeset = false
tags = ["application=tocsin", "part=probe"]
parameter_overrides = [
    "Part=probe",
    "Location={region}",
    "HomeRegion={home}",
    "ReportsTableName={reports}",
    "StateTableName={state}",{key}
    "Architecture={architecture}",
]
"""


class Part(StrEnum):
    """What a stack is for."""

    HOME = "home"
    PROBE = "probe"
    AGENT = "agent"


class SamconfigError(CommandError):
    """samconfig.toml says nothing that can be deployed; the text says what is to be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack, as its environment says."""

    environment: str
    name: str
    region: str
    parameters: Mapping[str, str]
    tags: tuple[str, ...] = ()

    @property
    def part(self) -> str:
        """What it is for, as it is written."""
        return self.parameters.get("Part", "")

    @property
    def location(self) -> str:
        """Where it watches from."""
        return self.parameters.get("Location", self.region)

    @property
    def stands_by(self) -> bool:
        """Whether it says so when the home region is silent; the home cannot for itself."""
        return self.part == Part.PROBE and self.parameters.get("StandBy") == "true"

    def __str__(self) -> str:
        return f"{self.environment} ({self.name} in {self.region})"


def read(text: str) -> tuple[Stack, ...]:
    """Read every environment that can be deployed, the home stack's first."""
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SamconfigError(f"samconfig.toml cannot be read: {error}: mend it") from error
    found = [
        _stack(name, each["deploy"]["parameters"])
        for name, each in parsed.items()
        if isinstance(each, dict) and "deploy" in each
    ]
    return tuple(sorted(found, key=lambda each: each.part != Part.HOME))


def overrides(value: object) -> dict[str, str]:
    """Read parameters as SAM does: of a list, or of one text of words as a shell has them.

    Raises ValueError or TypeError where they are neither.
    """
    words = [word.split("=", 1) for word in _texts(value)]
    if isinstance(value, str):  # the quotes are off already
        return dict(words)
    return {name: _unquoted(text) for name, text in words}


def in_line(text: str, home: str, probes: Sequence[str]) -> str:
    """Give the file with the home stack and a probe in just these regions.

    What stands in other stacks of it, agents and probes in networks of their own, stays; so does
    what the home stack is told beside its region.
    """
    stacks = read(text)
    before = next((each for each in stacks if each.part == Part.HOME), None)
    if before is None:
        raise SamconfigError(
            "samconfig.toml has no environment `home`: take it from the project's own file"
        )
    plain = {e.environment for e in stacks if e.part == Part.PROBE and e.location == e.region}
    leaving = plain - set(probes)
    chapters = [(name, lines) for name, lines in _chapters(text) if name not in leaving]
    moved = [
        _moved(lines, before.region, home)
        if name == before.environment
        else _following(lines, before.region, home)
        for name, lines in chapters
    ]
    key = before.parameters.get("KmsKeyArn", "")
    new = [
        _PROBE.format(
            region=region,
            home=home,
            stack=before.name.replace(before.region, region),
            reports=before.parameters.get("ReportsTableName", "tocsin-reports"),
            state=before.parameters.get("StateTableName", "tocsin-state"),
            key=f'\n    "KmsKeyArn={key}",' if key else "",
            architecture=before.parameters.get("Architecture", "arm64"),
        )
        for region in probes
        if region not in plain
    ]
    return _checked("".join([*("".join(each) for each in moved), *new]), home, probes)


def _stack(name: str, parameters: Mapping[str, object]) -> Stack:
    try:
        return Stack(
            environment=name,
            name=str(parameters["stack_name"]),
            region=str(parameters["region"]),
            parameters=overrides(parameters.get("parameter_overrides", [])),
            tags=tuple(_texts(parameters.get("tags", []))),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise SamconfigError(
            f"samconfig.toml, [{name}.deploy.parameters]: it needs stack_name, region and"
            f' parameter_overrides = ["Name=Value", …] ({error})'
        ) from error


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return shlex.split(value)
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return map(str, value)


def _unquoted(value: str) -> str:
    """Take off the quotes in which SAM needs a value with spaces."""
    if found := _QUOTED.fullmatch(value):
        return found["value"].replace('\\"', '"').replace("\\'", "'")
    return value


def _chapters(text: str) -> list[tuple[str, list[str]]]:
    """Split the file by environments; the comments before a section are of that section."""
    chapters: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines(keepends=True):
        if found := _SECTION.match(line):
            name = found["name"].strip("\"'")
            if name != chapters[-1][0]:
                chapters.append((name, _taken_back(chapters[-1][1])))
        chapters[-1][1].append(line)
    return chapters


def _taken_back(lines: list[str]) -> list[str]:
    """Take the comments and blank lines from the end of what was read before."""
    count = sum(1 for _ in takewhile(_says_nothing, reversed(lines)))
    taken = lines[len(lines) - count :]
    del lines[len(lines) - count :]
    return taken


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _moved(lines: Sequence[str], before: str, now: str) -> list[str]:
    """Write another region wherever this environment names its own, but in no ARN."""
    found = re.compile(_ARN_OR.format(region=re.escape(before)))

    def moved(line: str) -> str:
        return found.sub(lambda each: now if each[0] == before else each[0], line)

    return [line if _says_nothing(line) else moved(line) for line in lines]


def _following(lines: Sequence[str], before: str, now: str) -> list[str]:
    return [line.replace(f"HomeRegion={before}", f"HomeRegion={now}") for line in lines]


def _checked(text: str, home: str, probes: Sequence[str]) -> str:
    """See that the file says now what was asked for."""
    stacks = read(text)
    homes = [each.region for each in stacks if each.part == Part.HOME]
    plain = [e.region for e in stacks if e.part == Part.PROBE and e.location == e.region]
    agree = {each.parameters.get("HomeRegion") for each in stacks} == {home}
    if homes != [home] or sorted(plain) != sorted(probes) or not agree:
        raise SamconfigError(
            "samconfig.toml is written in a way that is not understood: write the regions there by"
            " hand, as its own comments say, and run this without HOME and PROBES"
        )
    return text
