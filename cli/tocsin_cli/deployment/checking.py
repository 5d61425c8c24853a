"""Look at an account before anything in it is changed, tell what is in the way, and ask."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from tocsin_cli.deployment.account import Account, regions
from tocsin_cli.deployment.choosing import REFUSED
from tocsin_cli.deployment.inspection import Inspection, unreadable
from tocsin_cli.deployment.obstacles import Obstacle, unknown_regions
from tocsin_cli.deployment.rollout import Site, Step, build_there
from tocsin_cli.deployment.stacks import Part, Stack
from tocsin_cli.home import STATE_TABLE
from tocsin_cli.output import complain, say


def known(chosen: Sequence[Stack]) -> None:
    """Stop where a region is none that AWS has."""
    refuse(unknown_regions(chosen, regions()))


def site(bucket: str, project: Path, chosen: Sequence[Stack]) -> Site:
    """Reach the account, by the caller's own credentials."""
    account = Account()
    return Site(
        account=account,
        caller=account.caller(chosen[0].region),
        beginning=bucket,
        directory=project.absolute() / ".tocsin" / "deploy",
        environment=os.environ,
        progress=say,
    )


def in_the_way(
    site: Site, before: Sequence[Stack], every: Sequence[Stack], chosen: Sequence[Stack]
) -> list[Obstacle]:
    """Find what keeps these stacks from being deployed."""
    inspection = Inspection(site.account, site.caller)
    found = [*inspection.left_behind(before, every)]
    for each in chosen:
        unready = [*inspection.unready(each)]
        found += unready
        if unready:
            continue
        name = site.bucket(each.region)
        found += inspection.bucket(name, each.region)
        found += inspection.missing_rights(each, name)
        found += inspection.crowded(each)
        if each.part == Part.HOME:
            found += inspection.taken(each)
    home = next(each for each in every if each.part == Part.HOME)
    if home not in chosen:
        found += _homeless(site, home, inspection)
    return found


def _homeless(site: Site, home: Stack, inspection: Inspection) -> Iterable[Obstacle]:
    """See that there is a home for what is deployed without it."""
    unready = [*inspection.unready(home)]
    if unready or site.holds(home):
        return unready
    return [
        Obstacle(
            where=str(home),
            what="there is no home stack, and a probe without it has nowhere to report to",
            mend="deploy it first, or with the others: leave --only out",
        )
    ]


def too_old(site: Site, steps: Sequence[Step]) -> list[Obstacle]:
    """See that each stack can be deployed to, and that what is stored can be read after it."""
    inspection = Inspection(site.account, site.caller)
    found = [obstacle for each in steps for obstacle in inspection.unready(each.stack)]
    for each in steps:
        name = each.stack.parameters.get("StateTableName", STATE_TABLE)
        region = each.stack.parameters.get("HomeRegion", each.stack.region)
        if site.account.table(name, region) is not None:
            stored = site.account.schemas(name, region)
            found += unreadable(f"{each.stack}, table {name}", stored, each.release.reads)
    return found


def apart(site: Site, chosen: Sequence[Stack]) -> list[Obstacle]:
    """See that stacks are at one build: back from several each would come to another one."""
    builds = {each.environment: build_there(site, each) for each in chosen}
    if len({*builds.values()} - {None}) < 2:  # noqa: PLR2004 - of one build, or of more
        return []
    there = (f"{name} at {build}" for name, build in builds.items() if build)
    return [
        Obstacle(
            where="samconfig.toml",
            what=f"the stacks are at different builds: {', '.join(there)}",
            mend="say with --only which go back, or deploy first, so that all are at one",
        )
    ]


def refuse(obstacles: Iterable[Obstacle]) -> None:
    """Stop where something is in the way, and tell all of it at once."""
    found = [*obstacles]
    if not found:
        return
    for each in found:
        complain(f"tocsin: {each}")
    complain("tocsin: nothing was changed")
    raise typer.Exit(REFUSED)


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless it was said before; nobody there to ask is a no."""
    if yes:
        return
    try:
        typer.confirm(question, abort=True)
    except typer.Abort:  # also where nobody is there to ask
        complain("tocsin: nothing was changed")
        raise


def show(site: Site, chosen: Sequence[Stack], build: str) -> None:
    """Say what will be done, by whom, to which account."""
    say(f"build {build} to account {site.caller.account} as {site.caller.arn}")
    for each in chosen:
        standing = site.account.standing(each.name, each.region)
        say(f"{each}: {'will be made' if standing is None else 'will be updated'}")
