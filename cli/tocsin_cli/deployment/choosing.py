"""What a command is about: which stacks, with which parameters, for which monitors."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import typer

from tocsin.config.configuration import Configuration
from tocsin.config.reader import read
from tocsin_cli.deployment import stacks
from tocsin_cli.deployment.stacks import Stack
from tocsin_cli.output import CommandError, complain

REFUSED = 2
_REGION: Final = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")


def text(samconfig: Path) -> str:
    """Read the file of environments; CommandError without it."""
    try:
        return samconfig.read_text(encoding="utf-8")
    except OSError:
        raise CommandError(
            f"{samconfig} is missing: run this in the project's folder, or say --samconfig FILE"
        ) from None


def in_line(text: str, home: str | None, probes: Sequence[str]) -> str:
    """Write the regions that are asked for, if any are."""
    for word in [*([] if home is None else [home]), *probes]:
        if not _REGION.fullmatch(word):
            raise CommandError(
                f"`{word}` is no region: --home (HOME) is one, and --probe is one each time"
                ' (PROBES="us-east-1 ap-southeast-1", with spaces between)'
            )
    if home is None:
        if probes:
            raise CommandError(
                "--probe goes with --home (PROBES with HOME): a probe needs a home to report to"
            )
        return text
    if home in probes:
        raise CommandError(
            f"{home} is home, and has a probe of its own: leave it out of --probe (PROBES)"
        )
    if twice := [each for each, count in Counter(probes).items() if count > 1]:
        raise CommandError(f"{twice[0]} is there twice: say each --probe (PROBES) once")
    return stacks.in_line(text, home, probes)


def pairs(words: Iterable[str]) -> dict[str, str]:
    """Read parameters as they are typed."""
    pairs = [word.partition("=") for word in words]
    if bad := [name for name, sign, _ in pairs if not sign]:
        raise typer.BadParameter(f"--parameter is NAME=VALUE, and {bad[0]} has no =")
    return {name: value for name, _, value in pairs}


def given(found: Sequence[Stack], given: dict[str, str]) -> list[Stack]:
    """Give every stack these parameters too."""
    return [replace(each, parameters={**each.parameters, **given}) for each in found]


def chosen(
    usual: Sequence[Stack], only: Sequence[str] | None, every: Sequence[Stack]
) -> list[Stack]:
    """Choose the stacks that a command is about."""
    if not every:
        raise CommandError("samconfig.toml has no environment: take it from the project's own file")
    if not only:
        return list(usual)
    names = {each.environment for each in every}
    if strange := sorted(set(only) - names):
        raise CommandError(
            f"samconfig.toml has no environment {strange[0]}; it has {', '.join(sorted(names))}"
        )
    return [each for each in every if each.environment in only]


def configuration(monitors: Path) -> Configuration | None:
    """Read the file of monitors, where there is one."""
    if not monitors.exists():
        complain(f"{monitors} is not there: nobody sees whether the locations fit it")
        return None
    reading = read(monitors)
    if reading.configuration is None:
        for fault in reading.errors:
            complain(str(fault))
        complain(f"tocsin: {monitors} has errors; nothing was changed")
        raise typer.Exit(REFUSED)
    return reading.configuration


def architecture(chosen: Sequence[Stack]) -> str:
    """Say which processor the one build is for."""
    wanted = {each.parameters.get("Architecture", "arm64") for each in chosen}
    if len(wanted) > 1:
        raise CommandError("one build is for one Architecture: give all stacks the same")
    return wanted.pop()
