"""Take an installation away, and say what stays: nothing but what the template keeps."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from tocsin_cli.deployment import template
from tocsin_cli.deployment.obstacles import Obstacle
from tocsin_cli.deployment.rollout import Site
from tocsin_cli.deployment.stacks import Part, Stack

TABLE: Final = "AWS::DynamoDB::Table"
BUCKET: Final = "AWS::S3::Bucket"
_GOES_WITH_ITS_FUNCTION: Final = "AWS::Lambda::Version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Something that stays when its stack is gone."""

    region: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} in {self.region}"


def kept(site: Site, stack: Stack) -> list[Kept]:
    """Say what would stay of a stack that is there."""
    if site.account.standing(stack.name, stack.region) is None:
        return _orphans(site, stack)
    named = template.kept(site.account.template(stack.name, stack.region))
    return [
        Kept(region=stack.region, kind=each.kind, name=each.name)
        for each in site.account.resources(stack.name, stack.region)
        if each.logical in named and each.kind != _GOES_WITH_ITS_FUNCTION and each.name
    ]


def protected(site: Site, stacks: Sequence[Stack], staying: Sequence[Kept]) -> list[Obstacle]:
    """Find what refuses to be deleted; `staying` is what is to be deleted too, if anything."""
    found = []
    for stack in stacks:
        standing = site.account.standing(stack.name, stack.region)
        if standing is not None and standing.protected:
            found.append(
                Obstacle(
                    where=str(stack),
                    what="the stack has termination protection",
                    mend="aws cloudformation update-termination-protection"
                    f" --no-enable-termination-protection --stack-name {stack.name}"
                    f" --region {stack.region}",
                )
            )
    for each in staying:
        if each.kind != TABLE:
            continue
        table = site.account.table(each.name, each.region)
        if table is not None and table.get("DeletionProtectionEnabled"):
            found.append(
                Obstacle(
                    where=each.region,
                    what=f"the table {each.name} is protected from deletion",
                    mend=f"aws dynamodb update-table --table-name {each.name}"
                    f" --no-deletion-protection-enabled --region {each.region}",
                )
            )
    return found


def take_down(site: Site, stacks: Sequence[Stack]) -> None:
    """Delete the probes side by side, then the home stack; each with its artefacts."""
    others = [each for each in stacks if each.part != Part.HOME]
    with ThreadPoolExecutor(max_workers=max(1, len(others))) as pool:
        for done in [pool.submit(_take_down, site, each) for each in others]:
            done.result()
    for home in (each for each in stacks if each.part == Part.HOME):
        _take_down(site, home)


def delete(site: Site, each: Kept) -> None:
    """Delete something that stayed, with all that is in it."""
    if each.kind == TABLE:
        site.account.delete_table(each.name, each.region)
    elif each.kind == BUCKET:
        site.account.empty_bucket(each.name, "", each.region)
        site.account.delete_bucket(each.name, each.region)
    site.progress(f"{each}: deleted")


def mend(kept: Kept) -> str:
    """Say what deletes later on what was kept: of a bucket no file has the name."""
    if kept.kind == BUCKET:
        return f"`aws s3 rb --force s3://{kept.name} --region {kept.region}`"
    return "`tocsin destroy --data`"


def _take_down(site: Site, stack: Stack) -> None:
    if site.account.standing(stack.name, stack.region) is not None:
        site.account.delete_stack(stack.name, stack.region)
        site.progress(f"{stack}: deleted")
    bucket = site.bucket(stack.region)
    if site.account.has_bucket(bucket, stack.region):
        site.account.empty_bucket(bucket, f"{stack.name}/", stack.region)
        if not site.account.keys(bucket, "", stack.region):
            site.account.delete_bucket(bucket, stack.region)


def _orphans(site: Site, stack: Stack) -> list[Kept]:
    """Find tables that stayed when the home stack went, by their names in the file."""
    if stack.part != Part.HOME:
        return []
    names = (stack.parameters.get(n, "") for n in ("ReportsTableName", "StateTableName"))
    return [
        Kept(region=stack.region, kind=TABLE, name=name)
        for name in names
        if name
        and site.account.table(name, stack.region) is not None
        and site.account.owner(name, stack.region) is None
    ]
