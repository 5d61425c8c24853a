"""What keeps a stack from being removed, found before any is."""

from collections.abc import Iterator, Sequence
from typing import Final

from tocsin_cli.deployment.account import Holder, Standing
from tocsin_cli.deployment.inspection import Inspection, Purpose, is_tocsins
from tocsin_cli.deployment.obstacles import Obstacle
from tocsin_cli.deployment.rollout import Site
from tocsin_cli.deployment.stacks import Stack
from tocsin_cli.deployment.teardown import GONE, TABLE, Kept

_POLICY: Final = "AWS::IAM::ManagedPolicy"
_DELETED_AGAIN: Final = "DELETE_IN_PROGRESS"
"""Of all that is in progress, what is no hindrance."""


def held(site: Site, stacks: Sequence[Stack], staying: Sequence[Kept]) -> list[Obstacle]:
    """Find what refuses to be deleted; `staying` is what is to be deleted too, if anything."""
    inspection = Inspection(site.account, site.caller)
    found: list[Obstacle] = []
    for region in dict.fromkeys(each.region for each in stacks):
        found += inspection.bucket(site.bucket(region), region)
    for stack in stacks:
        standing = site.account.standing(stack.name, stack.region)
        if standing is not None and not standing.empty:
            found += _standing(stack, standing)
            found += _attached(site, stack)
            bucket = site.bucket(stack.region)
            found += inspection.missing_rights(stack, bucket, Purpose.REMOVE)
    for each in staying:
        found += _table(site, each)
    return found


def _standing(stack: Stack, standing: Standing) -> Iterator[Obstacle]:
    if not is_tocsins(standing):
        yield Obstacle(
            where=str(stack),
            what="a stack of that name is there, and is none of Tocsin's",
            mend="it stays: write the stack_name of ours in samconfig.toml, or leave it out with"
            " --only",
        )
    elif standing.status.endswith("_IN_PROGRESS") and standing.status != _DELETED_AGAIN:
        yield Obstacle(
            where=str(stack),
            what=f"the stack is {standing.status}",
            mend="wait until that is over",
        )
    if standing.protected:
        yield Obstacle(
            where=str(stack),
            what="the stack has termination protection",
            mend="aws cloudformation update-termination-protection"
            f" --no-enable-termination-protection --stack-name {stack.name}"
            f" --region {stack.region}",
        )


def _attached(site: Site, stack: Stack) -> Iterator[Obstacle]:
    """See that nobody has a policy of it: AWS deletes none that is attached."""
    for each in site.account.resources(stack.name, stack.region):
        if each.kind != _POLICY or not each.name or each.status == GONE:
            continue
        holders = site.account.holders(each.name, stack.region)
        if holders:
            yield Obstacle(
                where=str(stack),
                what="its policy is attached to"
                f" {', '.join(f'the {one.kind} {one.name}' for one in holders)}",
                mend=f"detach it: {', '.join(_detach(one, each.name) for one in holders)}",
            )


def _detach(holder: Holder, policy: str) -> str:
    kind = holder.kind
    return f"`aws iam detach-{kind}-policy --{kind}-name {holder.name} --policy-arn {policy}`"


def _table(site: Site, each: Kept) -> Iterator[Obstacle]:
    table = site.account.table(each.name, each.region) if each.kind == TABLE else None
    if table is not None and table.get("DeletionProtectionEnabled"):
        yield Obstacle(
            where=each.region,
            what=f"the table {each.name} is protected from deletion",
            mend=f"aws dynamodb update-table --table-name {each.name}"
            f" --no-deletion-protection-enabled --region {each.region}",
        )
