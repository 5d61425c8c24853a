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
from tocsin.domain.shard import Shard, jobs
from tocsin.usecases.ports import StorageError
from tocsin_cli.home import Home
from tocsin_cli.output import CommandError

NAMED = 5
"""Monitors that are named where a shard of them is too large."""


class TooLargeError(CommandError):
    """A shard of the file cannot be stored; the text names its heaviest monitors, and the mend."""


class BehindError(CommandError):
    """A configuration is in force, and a renamed job has not got its URL yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A new configuration version, over the one that it replaces.

    `ending` are the open incidents whose monitors are removed: applying resolves them. `moving` are
    the jobs, by their former and their new name, whose URLs go on under the new one.
    """

    over: Current
    shards: tuple[Shard, ...]
    diff: Diff
    ending: tuple[Incident, ...]
    moving: tuple[tuple[str, str], ...]


def plan(home: Home, configuration: Configuration) -> Plan:
    """Compare a file with what is in force; TooLargeError where it could not be stored."""
    over = home.configs.current()
    before = home.configs.shards()
    after = compile_shards(configuration, before, over.version + 1)
    if refusals := [*_too_large(after)]:
        raise TooLargeError(". ".join(refusals))
    change = diff(before, after)
    incidents = (i for shard in before for i in home.states.load(shard.id).state.incidents)
    removed = frozenset(change.removed)
    return Plan(
        over=over,
        shards=after,
        diff=change,
        # Troubles of locations are of no monitor.
        ending=tuple(i for i in incidents if i.monitors and i.monitors <= removed),
        moving=tuple(_moving(after)),
    )


def apply(home: Home, planned: Plan, now: datetime) -> Current:
    """Put a plan in force; ConflictError where another version came between.

    Where it is in force already, and only the URLs of renamed jobs have stayed behind, they follow.
    """
    current = planned.over
    if planned.diff:
        at = now.isoformat(timespec="seconds")
        current = home.configs.replace(planned.shards, over=planned.over, at=at)
    # In this order: while they lack their URLs the renamed are not known to be well, for a moment;
    # before it, a plan that is not put in force after all would take them from those in force.
    try:
        for former, name in planned.moving:
            moved = home.heartbeats.rename(former, name)
            renamed = (former, name) in planned.diff.renamed
            if renamed and not moved and home.heartbeats.holder(former) is not None:
                raise BehindError(
                    f"version {current.version} is in force, but {name} has a URL already, of an"
                    f" earlier job of that name, and not that of {former}: make another with"
                    f" `tocsin heartbeat rotate {name}`, and put it into the job"
                )
    except StorageError as error:
        raise BehindError(
            f"version {current.version} is in force, but the URL of {name} is still that of"
            f" {former}: run `tocsin apply` again ({error})"
        ) from error
    return current


def _moving(shards: tuple[Shard, ...]) -> Iterator[tuple[str, str]]:
    """Pair the former with the present name of every job that was ever renamed.

    Also long ago: an apply that broke off half way is then completed by the next one.
    """
    for shard in shards:
        named = {name for name, _ in jobs(shard)}
        yield from ((m.was, m.id) for m in shard.monitors if m.was is not None and m.id in named)


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
