"""Judge a shard from what is stored now, and send what is owed.

The decision and the duty to announce it are one conditional write. What a crash leaves unsent is
found and sent by any later wake-up, under the same alert ids.
"""

from dataclasses import dataclass, replace

from tocsin.domain.heartbeat import ENDPOINT
from tocsin.domain.incident import CLAIM, claim
from tocsin.domain.judgement import ignored, judge
from tocsin.domain.report import Report
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard, jobs
from tocsin.usecases.announce import Sending, announce
from tocsin.usecases.hear import Ear
from tocsin.usecases.ports import (
    Alerts,
    ConflictError,
    Reports,
    States,
    Time,
    UnreadableError,
)

ATTEMPTS = 5
"""How often a lost race for the document is run again before the wake-up is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a wake-up did, for the metrics.

    `ignored` counts votes of unknown monitors or older definitions, `unreadable` the reports that
    did not validate and were judged as silence.
    """

    shard: str
    changed: bool
    sending: Sending
    ignored: int
    unreadable: int


def assess(
    shard: Shard,
    *,
    reports: Reports,
    ear: Ear,
    states: States,
    alerts: Alerts,
    time: Time,
) -> Assessment:
    """Bring a shard's state up to date and send what it owes.

    Raises ConflictError where others won every race, StorageError where a table does not answer.
    """
    for _ in range(ATTEMPTS):
        # The state first: a decision on newer reports than ours then makes our write fail.
        stored = states.load(shard.id)
        newest, unreadable = _newest(shard, reports, until=tick_of(time.now()) + 1)
        now = time.now()
        if any(jobs(shard)):
            newest[ENDPOINT] = ear.report(shard, stored.state.schedules, now)
        judged = judge(shard, newest, stored.state, now)
        after = replace(judged, outbox=claim(judged.outbox, now))
        changed = after != stored.state
        if changed:
            try:
                states.save(after, over=stored.revision)
            except ConflictError:
                continue
        mine = tuple(
            owed
            for owed in after.outbox
            if owed.claimed_until == now + CLAIM and owed not in stored.state.outbox
        )
        sending = announce(shard.id, mine, alerts=alerts, states=states, time=time)
        return Assessment(
            shard=shard.id,
            changed=changed,
            sending=sending,
            ignored=ignored(shard, newest.values()),
            unreadable=unreadable,
        )
    raise ConflictError(f"shard {shard.id}: lost {ATTEMPTS} races in a row")


def _newest(shard: Shard, reports: Reports, *, until: int) -> tuple[dict[str, Report], int]:
    """Read the newest report of each location; one that cannot be read is a silent location."""
    found, unreadable = {}, 0
    for location in sorted({name for m in shard.monitors for name in m.locations} - {ENDPOINT}):
        try:
            report = reports.newest(location, shard.id, until=until)
        except UnreadableError:
            unreadable += 1
        else:
            if report is not None:
                found[location] = report
    return found, unreadable
