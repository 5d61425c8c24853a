"""What applying a monitors file would change, and the change itself."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.adapters.configs import Current
from tocsin.config.compile import Diff, compile_shards, diff
from tocsin.config.configuration import Configuration
from tocsin.domain.incident import Incident
from tocsin.domain.shard import Shard
from tocsin_cli.home import Home


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
    """Compare a file with what is in force."""
    over = home.configs.current()
    before = home.configs.shards()
    after = compile_shards(configuration, before, over.version + 1)
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
