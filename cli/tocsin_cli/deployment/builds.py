"""Where the builds of a stack lie: in the bucket that is named, and where the stack itself says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tocsin_cli.deployment.rollout import Site
from tocsin_cli.deployment.stacks import Stack

_ADDRESS: Final = re.compile(r"s3://(?P<bucket>[a-z0-9.-]+)/(?P<key>[\w./-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Builds:
    """Builds of a stack in a bucket that is not the one for them."""

    stack: Stack
    bucket: str
    keys: tuple[str, ...]
    beginning: str
    """What `--bucket` takes to mean this bucket; empty where nothing does."""

    def __str__(self) -> str:
        return f"builds of {self.stack} in the bucket {self.bucket}"

    @property
    def mend(self) -> str:
        """Say what deletes them later on."""
        if self.beginning:
            only = self.stack.environment
            return f"`tocsin destroy --only {only} --bucket {self.beginning}` deletes them"
        region = self.stack.region
        commands = [f"`aws s3 rm s3://{self.bucket}/{k} --region {region}`" for k in self.keys]
        return f"others may use them too; {', '.join(commands)} deletes them"


def elsewhere(site: Site, stacks: Sequence[Stack]) -> list[Builds]:
    """Find what stacks that are there run from, and that is in no bucket that is named."""
    return [found for each in stacks if site.holds(each) for found in _elsewhere(site, each)]


def remove(site: Site, stacks: Sequence[Stack]) -> None:
    """Delete the builds of stacks, and each bucket that has no others."""
    for region in dict.fromkeys(each.region for each in stacks):
        bucket = site.bucket(region)
        if not site.account.has_bucket(bucket, region):
            continue
        for each in stacks:
            if each.region == region:
                site.account.empty_bucket(bucket, f"{each.name}/", region)
        if not site.account.keys(bucket, "", region):
            site.account.delete_bucket(bucket, region)


def _elsewhere(site: Site, stack: Stack) -> list[Builds]:
    found: dict[str, set[str]] = {}
    for address in _ADDRESS.finditer(site.account.template(stack.name, stack.region)):
        found.setdefault(address["bucket"], set()).add(address["key"])
    found.pop(site.bucket(stack.region), None)
    return [
        Builds(
            stack=stack,
            bucket=bucket,
            keys=tuple(sorted(keys)),
            beginning=_beginning(site, stack, bucket, keys),
        )
        for bucket, keys in sorted(found.items())
    ]


def _beginning(site: Site, stack: Stack, bucket: str, keys: set[str]) -> str:
    ours = all(each.startswith(f"{stack.name}/") for each in keys)
    beginning = bucket.removesuffix(site.bucket(stack.region).removeprefix(site.beginning))
    return beginning if ours and beginning != bucket else ""
