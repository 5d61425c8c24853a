"""What applying a monitors file would change, and the change itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.adapters.codec import pack
from tocsin.adapters.configs import MOST_BYTES, Current
from tocsin.config.compile import Diff, compile_shards, diff
from tocsin.config.configuration import Configuration
from tocsin.domain.incident import Incident
from tocsin.domain.monitor import Monitor
from tocsin.domain.shard import Shard
from tocsin_cli.home import Home
from tocsin_cli.output import CommandError

NAMED = 5
"""Monitors that are named where a shard of them is too large."""


class TooLargeError(CommandError):
    """A shard of the file cannot be stored; the text names its heaviest monitors, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A new configuration version, over the one that it replaces.

    `ending` are the open incidents whose monitors are removed: applying resolves them.
    """

    over: Current
    shards: tuple[Shard, ...]
    diff: Diff
    ending: tuple[Incident, ...]


def plan(home: Home, configuration: Configuration) -> Plan:
    """Compare a file with what is in force; TooLargeError where it could not be stored."""
    over = home.configs.current()
    before = home.configs.shards()
    after = compile_shards(configuration, before, over.version + 1)
    if refusals := [*_too_large(after)]:
        raise TooLargeError(". ".join(refusals))
    change = diff(before, after)
    incidents = (i for shard in before for i in home.states.load(shard.id).state.incidents)
    return Plan(
        over=over,
        shards=after,
        diff=change,
        ending=tuple(i for i in incidents if i.monitors <= frozenset(change.removed)),
    )


def apply(home: Home, planned: Plan, now: datetime) -> Current:
    """Put a plan in force; ConflictError where another version came between."""
    at = now.isoformat(timespec="seconds")
    return home.configs.replace(planned.shards, over=planned.over, at=at)


def _too_large(shards: tuple[Shard, ...]) -> Iterator[str]:
    for shard in shards:
        if (size := len(pack(Shard, shard))) <= MOST_BYTES:
            continue
        weights = {monitor.id: _weight(shard, monitor) for monitor in shard.monitors}
        heaviest = sorted(weights, key=lambda name: (-weights[name], name))[:NAMED]
        named = ", ".join(f"{name} ({weights[name]:,})" for name in heaviest)
        yield (
            f"{len(weights)} monitors are stored together, take {size:,} bytes and may take"
            f" {MOST_BYTES:,}. Most of it is in {named}: keep in each `ca` only the certificate"
            " that the chain ends at, let monitors share one file of them, and shorten scripts"
        )


def _weight(shard: Shard, monitor: Monitor) -> int:
    """Say how many bytes a monitor takes by itself: less than that where others have the same."""
    return len(pack(Shard, replace(shard, monitors=(monitor,))))
