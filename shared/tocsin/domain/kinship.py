"""Judge a shard of which some monitors depend on others in other shards.

How those stand is known from their own judgement, which may be a minute old. Where that could make
the difference between an alert and none, they are looked at anew first: who falls together is one
cause, whichever shard is judged before the other.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.domain.dependence import above
from tocsin.domain.incident import Kind
from tocsin.domain.judgement import Surroundings, judge
from tocsin.domain.outline import outline
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.shard import Layout, Shard
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState

type Standings = Mapping[str, Standing]
type Look = Callable[[Shard], Standings]
"""Gives the standings of a shard: as they are known, or as they are at this moment."""

_KINDS = {Verdict.DOWN: Kind.DOWN, Verdict.DEGRADED: Kind.DEGRADED}
"""The incidents that shelter keeps from opening, by the verdict that calls for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinship:
    """The shards in force, and the two ways to find out how those in another one stand."""

    among: Layout
    known: Look
    anew: Look

    def judge(
        self,
        shard: Shard,
        reports: Mapping[str, Report],
        state: ShardState,
        now: datetime,
        around: Surroundings,
    ) -> ShardState:
        """Judge a shard among the others, of which it changes none.

        `state` bears the names that its monitors have now. `anew` is asked only of what a monitor
        depends on that has trouble of which nobody was told, and that nothing shelters for all
        that is `known`.
        """
        hanging = outline(shard).hanging
        elsewhere = _standings(hanging, shard, self.among, self.known)
        around = replace(around, parents=self.among.parents, elsewhere=elsewhere)
        judged = judge(shard, reports, state, now, around)
        fresh = _standings(_untold(hanging, state, judged), shard, self.among, self.anew)
        if not fresh:
            return judged
        around = replace(around, elsewhere={**elsewhere, **fresh})
        return judge(shard, reports, state, now, around)


def _standings(
    names: Iterable[str], shard: Shard, among: Layout, look: Look
) -> dict[str, Standing]:
    """Look at all in other shards that these monitors of a shard depend on, however remotely."""
    abroad: dict[str, set[str]] = {}
    for name in above(names, among.parents):
        home = among.homes.get(name, shard.id)
        if home != shard.id:
            abroad.setdefault(home, set()).add(name)
    found: dict[str, Standing] = {}
    for home, wanted in sorted(abroad.items()):
        standings = look(among.shards[home])
        found |= {name: standings[name] for name in wanted & standings.keys()}
    return found


def _untold(names: Iterable[str], before: ShardState, judged: ShardState) -> set[str]:
    """Name those with trouble of which nobody was told before, and that nothing shelters."""
    told = {
        (kind, name)
        for kind in _KINDS.values()
        for incident in before.incidents
        if incident.kind is kind
        for name in incident.monitors.difference(incident.back)
    }
    return {
        name
        for name in names
        if (standing := judged.standings.get(name)) is not None
        and not standing.sheltered
        and standing.verdict in _KINDS
        and (_KINDS[standing.verdict], name) not in told
    }
