"""Count what the aggregator has done: the figures that alarms and the dashboard are made of.

A wake-up is counted whatever rang; a sweep, which looks at every shard, says besides whether
everything is judged and told, and who has not been heard.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.domain.endpoint import Endpoint
from tocsin.domain.monitor import LEAST_FRESHNESS
from tocsin.domain.outline import outline
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Shard
from tocsin.usecases.assess import Assessment

OVERDUE = timedelta(minutes=5)
"""An alert that is owed for longer is not on its way: its route takes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What a look at every shard has found.

    `unjudged` counts the shards that were not judged as they should be. `silent` are the locations
    whose newest report, of some shard, is too old to count, with its age; None has never been.
    `owed_for` is the age of the oldest alert that was owed, `deaf` says that nothing reaches the
    endpoint for heartbeats.
    """

    unjudged: int = 0
    silent: Mapping[str, timedelta | None] = field(default_factory=dict)
    owed_for: timedelta | None = None
    deaf: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything is judged, and what follows from it is told."""
        return not self.unjudged and (self.owed_for or timedelta()) <= OVERDUE


def reckoned(done: Iterable[Assessment], failed: int) -> dict[str, int]:
    """Count what a wake-up did; of `failed` shards nothing else is known."""
    made = tuple(done)
    counts = {
        "AlertsSent": sum(each.sending.sent for each in made),
        "AlertsUnsent": sum(each.sending.unsent for each in made),
        "FailedAssessments": failed,
        "OutdatedConfig": sum(bool(each.outdated) for each in made),
    }
    lost = {
        "AlertsGivenUp": sum(len(each.given_up) for each in made),
        "PlainAlerts": sum(len(each.sending.plain) for each in made),
        "UnfiledIncidents": sum(len(each.unfiled) for each in made),
        "QuarantinedStates": sum(len(each.quarantined) for each in made),
    }
    uncounted = {
        "IgnoredVotes": sum(each.ignored for each in made),
        "UnreadableReports": sum(len(each.unreadable) for each in made),
        "UnreadableSightings": sum(number for each in made for _, number in each.spoilt),
    }
    # An alarm is on one metric, and costs $0.10 a month: what is mended in one way has one.
    together = {"Losses": sum(lost.values()), "UncountedVotes": sum(uncounted.values())}
    return counts | lost | uncounted | together


def swept(
    shards: Sequence[Shard],
    done: Iterable[Assessment],
    now: datetime,
    *,
    beyond: int = 0,
    outdated: bool = False,
    endpoint: Endpoint | None = None,
) -> Sweep:
    """Say what a sweep has found; `beyond` are shards besides these, of which nothing can be read.

    `outdated` says that these may no longer be what is in force: then none is judged as it should
    be, and where there were none yet there may be one by now. `endpoint` is given where jobs report
    to it.
    """
    made = {each.shard: each for each in done}
    judged = [shard for shard in shards if shard.id in made and not made[shard.id].outdated]
    since = [each.owed_since for each in made.values() if each.owed_since is not None]
    return Sweep(
        unjudged=(max(len(shards), 1) if outdated else len(shards) - len(judged)) + beyond,
        silent=_silent(judged, made, now),
        owed_for=now - min(since) if since else None,
        deaf=endpoint is not None and endpoint.silent(now),
    )


def _silent(
    shards: Iterable[Shard], made: Mapping[str, Assessment], now: datetime
) -> dict[str, timedelta | None]:
    found: dict[str, timedelta | None] = {}
    for shard in shards:
        for place in outline(shard).places:
            tick = made[shard.id].heard.get(place)
            age = None if tick is None else now - instant_of(tick)
            if age is not None and age <= LEAST_FRESHNESS:
                continue
            known = found.get(place, timedelta())
            found[place] = None if age is None or known is None else max(age, known)
    return found
