"""Jobs that must report by themselves: when they are due, and since when."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.domain.spans import spoken
from tocsin.domain.target import Kind

ENDPOINT = "heartbeat"
"""The one location of a heartbeat monitor: the endpoint that hears it. No other has this name."""
CANARY = "canary"
"""The path by which probes see whether the endpoint works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatTarget:
    """A job that must report success every `period`, or whenever `cron` says, in its `timezone`.

    It is late when `grace` has passed since then, and takes too long when it has said that it
    began and not within `run_time` that it has ended.
    """

    period: timedelta | None = None
    cron: str | None = None
    timezone: str = "UTC"
    grace: timedelta = timedelta(minutes=5)
    run_time: timedelta | None = None
    kind: Kind = Kind.HEARTBEAT

    def __post_init__(self) -> None:
        if (self.period is None) == (self.cron is None):
            raise ValueError("a job has a period or a cron schedule, not both")
        if self.period is not None and self.period <= timedelta():
            raise ValueError(f"a period is positive, got {self.period}")

    @property
    def schedule(self) -> str:
        """Say when it must report: `every 1 h`, `0 3 * * * (Europe/Berlin)`."""
        if self.period is not None:
            return f"every {spoken(self.period)}"
        return f"{self.cron} ({self.timezone})"

    def __str__(self) -> str:
        return f"heartbeat: {self.schedule}"


class UnknownZoneError(ValueError):
    """There is no time zone of that name here; whoever wrote it has newer tables of them."""


type NextTime = Callable[[HeartbeatTarget, datetime], datetime | None]
"""Gives the next time after an instant at which a job must report; None where there is none.

Raises UnknownZoneError.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A job's schedule as the file has it, and since when: no time before that was ever due."""

    text: str
    since: datetime


def scheduled(
    before: Mapping[str, Schedule], targets: Iterable[tuple[str, HeartbeatTarget]], now: datetime
) -> dict[str, Schedule]:
    """Note since when each job, by its name, has had the schedule that it has."""
    found = {}
    for name, target in targets:
        known = before.get(name)
        if known is None or known.text != target.schedule:
            known = Schedule(text=target.schedule, since=now)
        found[name] = known
    return found
