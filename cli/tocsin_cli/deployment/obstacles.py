"""What stands in the files and cannot be deployed: each obstacle says where, what, and the mend."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tocsin.config.configuration import Configuration, LocationKind
from tocsin_cli.deployment.stacks import Part, Stack

_KEY: Final = re.compile(r"arn:[^:]+:kms:(?P<region>[^:]+):")

type Parameters = Mapping[str, Mapping[str, Any]]
"""As the template has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What keeps a deployment from being begun."""

    where: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.mend}"


def unfit(stacks: Sequence[Stack], parameters: Parameters) -> Iterator[Obstacle]:
    """Find what stands in the file and cannot work, without asking AWS."""
    homes = [each for each in stacks if each.part == Part.HOME]
    if len(homes) != 1:
        yield Obstacle(
            where="samconfig.toml",
            what=f"there are {len(homes)} environments with Part=home",
            mend="an installation has one: a probe without it has nowhere to report to",
        )
    for region, count in Counter((each.name, each.region) for each in stacks).items():
        if count > 1:
            yield Obstacle(
                where=region[1],
                what=f"{count} environments are the stack {region[0]} there",
                mend="give each region once, and each further stack in one a stack_name of its own",
            )
    for location, count in Counter(e.location for e in stacks if e.part != "").items():
        if count > 1:
            yield Obstacle(
                where=location,
                what=f"{count} stacks report as this location",
                mend="give each a Location of its own",
            )
    for stack in stacks:
        yield from _misfits(stack, parameters)
        yield from _disagreeing(stack, homes, parameters)


def _misfits(stack: Stack, parameters: Parameters) -> Iterator[Obstacle]:
    for name in sorted({n for n, each in parameters.items() if "Default" not in each}):
        if name not in stack.parameters:
            yield Obstacle(
                where=str(stack), what=f"{name} is not given", mend="add it to parameter_overrides"
            )
    for name, value in stack.parameters.items():
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, n=1)
            yield Obstacle(
                where=str(stack),
                what=f"the template has no parameter {name}",
                mend=f"write {near[0]}" if near else "remove it",
            )
            continue
        said = parameters[name]
        shown = "****" if said.get("NoEcho") else value
        allowed = [str(each) for each in said.get("AllowedValues", [value])]
        if value not in allowed:
            yield Obstacle(
                where=str(stack), what=f"{name}={shown}", mend=f"it is one of {', '.join(allowed)}"
            )
        elif not re.fullmatch(said.get("AllowedPattern", "(?s:.*)"), value):
            yield Obstacle(
                where=str(stack),
                what=f"{name}={shown} does not fit",
                mend=f"it is {said.get('ConstraintDescription', said.get('AllowedPattern'))}",
            )


def _disagreeing(
    stack: Stack, homes: Sequence[Stack], parameters: Parameters
) -> Iterator[Obstacle]:
    """See that a stack and its home speak of the same tables, in the same place."""
    for home in homes[:1]:
        if stack.parameters.get("HomeRegion") != home.region:
            yield Obstacle(
                where=str(stack),
                what=f"HomeRegion={stack.parameters.get('HomeRegion')}",
                mend=f"the home stack is in {home.region}: write that",
            )
        for name in ("ReportsTableName", "StateTableName", "KmsKeyArn"):
            default = str(parameters.get(name, {}).get("Default", ""))
            wanted = home.parameters.get(name, default)
            if stack.parameters.get(name, default) != wanted:
                yield Obstacle(
                    where=str(stack),
                    what=f"{name} is not as in the home stack",
                    mend=f"write {name}={wanted}" if wanted else "remove it",
                )
        yield from _far_keys(stack, home)
        if stack.stands_by and stack.region == home.region:
            yield Obstacle(
                where=str(stack),
                what="a stand-by belongs in another region than the home",
                mend="remove StandBy=true here, and add it to a probe elsewhere",
            )


def _far_keys(stack: Stack, home: Stack) -> Iterator[Obstacle]:
    """See that a key is where it is used: KMS has none for another region."""
    own = home if stack.part == Part.AGENT else stack  # it reads Parameter Store at home
    for name, where in {"KmsKeyArn": home.region, "RegionKmsKeyArn": own.region}.items():
        found = _KEY.match(stack.parameters.get(name, ""))
        if found and found["region"] != where:
            yield Obstacle(
                where=str(stack),
                what=f"{name} is a key in {found['region']}, and what it encrypts is in {where}",
                mend=f"write the ARN of a key in {where}",
            )


def unknown_regions(stacks: Sequence[Stack], known: set[str]) -> Iterator[Obstacle]:
    """Find regions that AWS does not have."""
    for region in sorted({each.region for each in stacks} - known):
        near = difflib.get_close_matches(region, sorted(known), n=3)
        near = [each for each in near if sorted(each) == sorted(region)] or near  # letters changed
        yield Obstacle(
            where=region,
            what="AWS has no such region, as far as is known here",
            mend=f"write {' or '.join(near)}"
            if near
            else "`aws account list-regions` has those there are",
        )


def unwatched(stacks: Sequence[Stack], configuration: Configuration) -> Iterator[Obstacle]:
    """Find locations of probes that the file of monitors does not know, or knows as agents."""
    kinds = {each.name: each.kind for each in configuration.locations}
    for stack in stacks:
        if stack.part not in {Part.HOME, Part.PROBE}:
            continue
        if stack.location not in kinds:
            yield Obstacle(
                where=str(stack),
                what=f"no monitor is watched from {stack.location}: monitors.yaml does not have it",
                mend=f"add `{stack.location}: {{}}` to its locations, or leave this stack out",
            )
        elif kinds[stack.location] is LocationKind.AGENT:
            yield Obstacle(
                where=str(stack),
                what=f"monitors.yaml has {stack.location} as an agent, and this is a function",
                mend="it cannot do what only agents can, such as icmp: give it another Location",
            )


def silent(stacks: Sequence[Stack], configuration: Configuration) -> list[str]:
    """Name the locations that the file of monitors expects a probe at, and that have none."""
    there = {each.location for each in stacks}
    return sorted(
        each.name
        for each in configuration.locations
        if each.kind is not LocationKind.AGENT and each.name not in there
    )
