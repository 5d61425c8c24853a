"""Write the report of the endpoint: what each job that must report looks like from there.

No probe sees a job, so this location's report is made when it is judged, from what is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.endpoint import Endpoint
from tocsin.domain.heartbeat import ENDPOINT, NextTime, Schedule, UnknownZoneError, scheduled
from tocsin.domain.lateness import Look, looked
from tocsin.domain.outcome import Outcome, Reason, Vote, printable
from tocsin.domain.pulse import Pulse
from tocsin.domain.report import Report, Sighting
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard, jobs
from tocsin.usecases.ports import Pulses


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """What it takes to hear jobs: what they have reported, and when they are due."""

    pulses: Pulses
    next_time: NextTime

    def report(self, shard: Shard, schedules: Mapping[str, Schedule], now: datetime) -> Report:
        """Give the endpoint's report on the jobs of a shard; StorageError where it cannot read."""
        names = [name for name, _ in jobs(shard)]
        # In this order: whatever was stored before the endpoint's sign of life is then seen.
        endpoint = self.pulses.endpoint()
        pulses = self.pulses.pulses(names)
        return told(
            shard, scheduled(schedules, jobs(shard), now), pulses, endpoint, self.next_time, now
        )


def told(
    shard: Shard,
    schedules: Mapping[str, Schedule],
    pulses: Mapping[str, Pulse | None],
    endpoint: Endpoint,
    next_time: NextTime,
    now: datetime,
) -> Report:
    """Judge each job by its pulse; nothing is said of one whose pulse cannot be read."""
    tick = tick_of(now)
    endpoint = _alive(endpoint, pulses)
    sightings = {}
    for name, target in jobs(shard):
        pulse = pulses.get(name)
        if pulse is None and name in pulses:
            continue
        look = Look(
            target=target,
            endpoint=endpoint,
            since=schedules[name].since,
            next_time=next_time,
            now=now,
        )
        outcome, failing = _looked(look, pulse)
        begun = None if failing is None else min(tick, tick_of(failing))
        sightings[name] = Sighting(outcome=outcome, checked_at=tick, failing_since=begun)
    return Report(
        location=ENDPOINT,
        shard=shard.id,
        tick=tick,
        config_version=shard.version,
        sightings=sightings,
    )


def _looked(look: Look, pulse: Pulse | None) -> tuple[Outcome, datetime | None]:
    """Judge a job; of one whose schedule is none here nobody knows whether it is late."""
    try:
        return looked(look, pulse)
    except UnknownZoneError as error:
        text = printable(f"{error}: deploy the present version, which may know it")
        return Outcome(vote=Vote.ABSTAIN, reason=Reason.NOT_CAPABLE, evidence=text), None


def _alive(endpoint: Endpoint, pulses: Mapping[str, Pulse | None]) -> Endpoint:
    """Count a report of any job as a sign of the endpoint's life."""
    heard = [p.heard_at for p in pulses.values() if p is not None and p.heard_at is not None]
    return endpoint.sung(max(heard)) if heard else endpoint
