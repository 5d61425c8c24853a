"""Take an installation away, and say what stays: nothing but what the template keeps."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final

from tocsin_cli.deployment import builds, template
from tocsin_cli.deployment.account import AccountError
from tocsin_cli.deployment.rollout import Site
from tocsin_cli.deployment.stacks import Part, Stack
from tocsin_cli.home import REPORTS_TABLE, STATE_TABLE
from tocsin_cli.output import CommandError

TABLE: Final = "AWS::DynamoDB::Table"
BUCKET: Final = "AWS::S3::Bucket"
_GOES_WITH_ITS_FUNCTION: Final = "AWS::Lambda::Version"
GONE: Final = "DELETE_COMPLETE"
"""Of what a stack had, and that was removed where it was rolled back."""
_TABLES: Final = {"ReportsTableName": REPORTS_TABLE, "StateTableName": STATE_TABLE}
"""The parameters that name them, with the template's defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Something that stays when its stack is gone."""

    region: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} in {self.region}"


def kept(site: Site, stack: Stack) -> list[Kept]:
    """Say what would stay of a stack that is there, or stayed of one that was."""
    if not site.holds(stack):
        return [*_orphans(site, stack)]
    named = template.kept(site.account.template(stack.name, stack.region))
    return [
        Kept(region=stack.region, kind=each.kind, name=each.name)
        for each in site.account.resources(stack.name, stack.region)
        if each.logical in named
        and each.kind != _GOES_WITH_ITS_FUNCTION
        and each.name
        and each.status != GONE
    ]


def take_down(site: Site, stacks: Sequence[Stack]) -> None:
    """Delete the probes side by side, then the home stack, then the builds of all."""
    _delete_all(site, [each for each in stacks if each.part != Part.HOME])
    _delete_all(site, [each for each in stacks if each.part == Part.HOME])
    # Not side by side: two stacks of a region would delete one bucket at once.
    builds.remove(site, stacks)


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


def _delete_all(site: Site, stacks: Sequence[Stack]) -> None:
    """Delete stacks side by side; it is told from here alone, or two lines would run together."""
    failures = []
    with ThreadPoolExecutor(max_workers=max(1, len(stacks))) as pool:
        running = {pool.submit(_delete, site, each): each for each in stacks}
        for done in as_completed(running):
            try:
                if done.result():
                    site.progress(f"{running[done]}: deleted")
            except AccountError as error:
                failures.append(str(error))
    if failures:
        raise CommandError("\n".join(sorted(failures)))


def _delete(site: Site, stack: Stack) -> bool:
    """Delete a stack; tells whether it was there."""
    if site.account.standing(stack.name, stack.region) is None:
        return False
    site.account.delete_stack(stack.name, stack.region)
    return True


def _orphans(site: Site, stack: Stack) -> Iterator[Kept]:
    """Find tables that stayed when the home stack went, by their names in the file."""
    if stack.part != Part.HOME:
        return
    for parameter, default in _TABLES.items():
        name = stack.parameters.get(parameter, default)
        if (
            site.account.table(name, stack.region) is not None
            and site.account.owner(name, stack.region) is None
        ):
            yield Kept(region=stack.region, kind=TABLE, name=name)
