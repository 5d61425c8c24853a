"""What applying a monitors file would change, and the change itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from tocsin.adapters.codec import pack
from tocsin.adapters.configs import MOST_BYTES, Current
from tocsin.config.compile import Diff, compile_shards, diff
from tocsin.config.configuration import Configuration
from tocsin.domain import orders
from tocsin.domain.control import Silence
from tocsin.domain.incident import Incident
from tocsin.domain.monitor import Monitor
from tocsin.domain.shard import Shard, jobs
from tocsin.domain.state import ShardState
from tocsin.usecases.order import carry_out
from tocsin.usecases.ports import StorageError
from tocsin_cli.home import Home
from tocsin_cli.output import CommandError

NAMED = 5
"""Monitors that are named where a shard of them is too large."""


class TooLargeError(CommandError):
    """A shard of the file cannot be stored; the text names its heaviest monitors, and the mend."""


class BehindError(CommandError):
    """A configuration is in force, and something that goes with it has stayed behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A new configuration version, over the one that it replaces.

    `ending` are the open incidents whose monitors are removed: applying resolves them. `moving` are
    the jobs, by their former and their new name, whose URLs go on under the new one. `judged` is
    the version under which some shard was judged last, where that is above the one in force: then
    nothing is judged until a still higher one is.
    """

    over: Current
    shards: tuple[Shard, ...]
    diff: Diff
    ending: tuple[Incident, ...]
    moving: tuple[tuple[str, str], ...]
    judged: int = 0

    @property
    def changes(self) -> bool:
        """Tell whether there is anything to put in force."""
        return bool(self.diff or self.judged)


def plan(home: Home, configuration: Configuration) -> Plan:
    """Compare a file with what is in force; TooLargeError where it could not be stored."""
    over = home.configs.current()
    before = home.configs.shards()
    after = compile_shards(configuration, before, over.version + 1)
    judged = max(home.states.version(shard.id) for shard in after)
    if judged > over.version:
        after = compile_shards(configuration, _unproven(before, judged + 1), judged + 1)
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
        judged=judged if judged > over.version else 0,
    )


def apply(home: Home, planned: Plan, now: datetime) -> Current:
    """Put a plan in force; ConflictError where another version came between.

    Where it is in force already, and only the URLs of renamed jobs or silences by tag have stayed
    behind, they follow.
    """
    current = planned.over
    if planned.changes:
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
    try:
        _hush(home, planned.shards, now)
    except (StorageError, orders.TooManySilencesError) as error:
        raise BehindError(
            f"version {current.version} is in force, but a silence by tag has not reached every"
            f" shard: run `tocsin apply` again ({error})"
        ) from error
    return current


def _unproven(shards: tuple[Shard, ...], version: int) -> tuple[Shard, ...]:
    """Let no vote count that was cast before a version: nobody knows what was checked then."""
    return tuple(
        replace(shard, monitors=tuple(replace(m, changed_in=version) for m in shard.monitors))
        for shard in shards
    )


def _hush(home: Home, shards: tuple[Shard, ...], now: datetime) -> None:
    """Let the silences by tag be in every shard, as if the new ones had been there already."""
    states = [home.states.load(shard.id).state for shard in shards]
    current: dict[str, Silence] = {}
    for each in (each for state in states for each in _by_tag(state, now)):
        if each.id not in current or current[each.id].until < each.until:
            current[each.id] = each
    for state in states:
        known = {each.id for each in _by_tag(state, now)}
        for name in current.keys() - known:
            # The monitors that it names besides are none of this shard.
            order = partial(orders.silenced, silence=replace(current[name], monitors=()))
            carry_out(order, state.shard, home.states)


def _by_tag(state: ShardState, now: datetime) -> Iterator[Silence]:
    yield from (each for each in state.silences if each.tags and now < each.until)


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
