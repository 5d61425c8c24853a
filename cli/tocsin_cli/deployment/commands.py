"""`tocsin deploy`, `outputs`, `rollback` and `destroy`: an installation in an AWS account."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from tocsin_cli.output import AsJson, CommandError, complain, print_json, say, table

BEGINNING = "tocsin-builds"

Samconfig = Annotated[
    Path, typer.Option("--samconfig", help="The file of environments.", metavar="FILE")
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", help="Of these environments alone; more than once.", metavar="NAME"),
]
Bucket = Annotated[
    str,
    typer.Option(
        "--bucket",
        help="How the names of buckets for builds begin; account and region follow.",
        metavar="NAME",
    ),
]
Project = Annotated[
    Path, typer.Option("--project", help="The folder of the template.", metavar="FOLDER")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
SAMCONFIG = Path("samconfig.toml")
HERE = Path()


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(deploy)
    app.command()(outputs)
    app.command()(rollback)
    app.command()(destroy)


def deploy(  # noqa: PLR0913 - the options of a command
    home: Annotated[
        str | None, typer.Option(help="The home region, if it is to be written to the file.")
    ] = None,
    probe: Annotated[
        list[str] | None,
        typer.Option(help="A further region, with --home; more than once.", metavar="REGION"),
    ] = None,
    only: Only = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(help="For every stack; more than once.", metavar="NAME=VALUE"),
    ] = None,
    *,
    monitors: Annotated[Path, typer.Option(help="The file of monitors.")] = Path("monitors.yaml"),
    samconfig: Samconfig = SAMCONFIG,
    bucket: Bucket = BEGINNING,
    project: Project = HERE,
    yes: Yes = False,
) -> None:
    """Build once and deploy: the home stack first, then the probes side by side.

    What is in the way is found before anything is changed. An update reaches each function in one
    step; a new aggregator judges a tenth of the time at first, and goes back by itself where it
    fails. The regions are those of samconfig.toml; with --home and --probe they are written there.

    Exit: 0 deployed, 1 not all of it, 2 something is in the way, 130 declined.
    """
    from tocsin_cli.deployment import (  # noqa: PLC0415 - boto3, not for --help
        checking,
        choosing,
        obstacles,
        releases,
        rollout,
        sam,
        stacks,
    )
    from tocsin_cli.deployment.template import parameters, text_of  # noqa: PLC0415

    before = choosing.text(samconfig)
    after = choosing.in_line(before, home, probe or [])
    every = choosing.given(stacks.read(after), choosing.pairs(parameter or []))
    chosen = choosing.chosen([e for e in every if e.part != stacks.Part.AGENT], only, every)
    known = parameters(text_of(project))
    checking.known(chosen)
    configuration = choosing.configuration(monitors)
    checking.refuse(
        [
            *obstacles.unfit(every, known),
            *(obstacles.unwatched(chosen, configuration) if configuration else ()),
        ]
    )
    site = checking.site(bucket, project, chosen)
    checking.refuse(checking.in_the_way(site, stacks.read(before), every, chosen))
    if configuration is not None:
        for name in obstacles.silent(every, configuration):
            complain(f"{monitors} expects {name}, and no stack is there: it would be silent")
    build = releases.build_of(project)
    checking.show(site, chosen, build)
    checking.confirm("Deploy?", yes=yes)
    if after != before:
        samconfig.write_text(after, encoding="utf-8")
        say(f"wrote the regions to {samconfig}")
    site.directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="build-", dir=site.directory) as folder:
        try:
            built = sam.build(
                project,
                Path(folder) / "build",
                choosing.architecture(chosen),
                site.environment,
                progress=say,
            )
        except sam.SamError as error:
            raise CommandError(str(error)) from error
        rollout.forward(site, [rollout.step(site, each, build, built) for each in chosen])
    say("deployed; `tocsin apply` puts monitors.yaml in force", "bold")


def outputs(
    samconfig: Samconfig = SAMCONFIG, only: Only = None, *, as_json: AsJson = False
) -> None:
    """Show what each stack is and has: topics, queues, tables, URLs, its release.

    Exit: 0 shown, 1 no stack is there.
    """
    from tocsin_cli.deployment import choosing, stacks  # noqa: PLC0415 - boto3, not for --help
    from tocsin_cli.deployment.account import Account  # noqa: PLC0415

    every = stacks.read(choosing.text(samconfig))
    account = Account()
    found = [
        (each, standing)
        for each in choosing.chosen(every, only, every)
        if (standing := account.standing(each.name, each.region)) is not None
    ]
    if not found:
        raise CommandError("none of these stacks is there: `tocsin deploy` makes them")
    if as_json:
        print_json(
            {
                stack.environment: {
                    "stack": stack.name,
                    "region": stack.region,
                    "status": standing.status,
                    "outputs": dict(standing.outputs),
                }
                for stack, standing in found
            }
        )
        return
    rows = [
        (str(stack), name, value)
        for stack, standing in found
        for name, value in [("status", standing.status), *sorted(standing.outputs.items())]
    ]
    table(("stack", "output", "value"), rows, grouped=True)


def rollback(
    samconfig: Samconfig = SAMCONFIG,
    only: Only = None,
    bucket: Bucket = BEGINNING,
    *,
    yes: Yes = False,
) -> None:
    """Go back to the build before: the probes side by side, then the home stack.

    It deploys the template and the code that were there before, in the way of any update.
    Parameters stay as they are, and so does what is stored: nothing that was judged or is owed is
    undone. Twice goes back by two. Stacks at different builds, as after a deployment that reached
    some alone, go back where --only says which.

    Exit: 0 done, 1 not all of it, 2 something is in the way, 130 declined.
    """
    from tocsin_cli.deployment import checking, choosing, rollout, stacks  # noqa: PLC0415 - boto3

    every = stacks.read(choosing.text(samconfig))
    chosen = choosing.chosen([e for e in every if e.part != stacks.Part.AGENT], only, every)
    checking.known(chosen)
    site = checking.site(bucket, HERE, chosen)
    if not only:
        checking.refuse(checking.apart(site, chosen))
    steps = [found for each in chosen if (found := rollout.step_back(site, each)) is not None]
    if not steps:
        raise CommandError(
            f"no stack has a build before the present one in its bucket {bucket}-ACCOUNT-REGION:"
            " if it was deployed with another BUCKET, say that (--bucket)"
        )
    checking.refuse(checking.too_old(site, steps))
    for each in steps:
        say(f"{each.stack}: back to build {each.release.build} ({each.release.version})")
    for stack in chosen:
        if stack.environment not in {each.stack.environment for each in steps}:
            say(f"{stack}: has no build before the present one, and stays")
    checking.confirm("Go back?", yes=yes)
    rollout.backward(site, steps)


def destroy(
    samconfig: Samconfig = SAMCONFIG,
    only: Only = None,
    bucket: Bucket = BEGINNING,
    *,
    data: Annotated[
        bool, typer.Option("--data", help="Delete what is kept as well: all that is stored.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Remove the stacks and their builds: the probes first, then the home stack.

    The state table and the bucket of the status page are kept, and told; --data deletes them too.

    Exit: 0 removed, 1 not all of it, 2 something is in the way, 130 declined.
    """
    from tocsin_cli.deployment import (  # noqa: PLC0415 - boto3, not for --help
        builds,
        checking,
        choosing,
        holding,
        stacks,
        teardown,
    )

    every = stacks.read(choosing.text(samconfig))
    chosen = choosing.chosen(every, only, every)
    checking.known(chosen)
    site = checking.site(bucket, HERE, chosen)
    staying = [kept for each in chosen for kept in teardown.kept(site, each)]
    checking.refuse(holding.held(site, chosen, staying if data else []))
    elsewhere = builds.elsewhere(site, chosen)
    for each in chosen:
        there = site.account.standing(each.name, each.region) is not None
        say(f"{each}: {'will be deleted' if there else 'is not there'}")
    for kept in staying:
        say(f"{kept}: {'will be deleted with all that is in it' if data else 'will stay'}")
    for others in elsewhere:
        say(f"{others}: will stay")
    checking.confirm("Remove?", yes=yes)
    teardown.take_down(site, chosen)
    if data:
        for kept in staying:
            teardown.delete(site, kept)
    else:
        for kept in staying:
            say(f"{kept}: stays; {teardown.mend(kept)} deletes it")
    for others in elsewhere:
        say(f"{others}: stay; {others.mend}")
