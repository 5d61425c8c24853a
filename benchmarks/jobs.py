"""A thousand jobs that must report, each with a line of cron of its own, judged at one moment."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from tocsin.adapters import calendar
from tocsin.domain.endpoint import Endpoint
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget, scheduled
from tocsin.domain.monitor import Monitor
from tocsin.domain.pulse import Pulse
from tocsin.domain.shard import Shard, jobs
from tocsin.usecases.hear import told

NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
_ZONES: Final = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe")
_SHAPES: Final = (
    "{minute} * * * *",
    "{minute} {hour} * * *",
    "{minute} {hour} * * *",
    "{minute} {hour} * * *",
    "{minute} {hour} * * 1-5",
    "{minute} {hour} {day} * *",
    "*/15 {hour}-23 * * *",
)


class Crowd:
    """So many jobs, no two with the same line and time zone; most are well, and some are late."""

    def __init__(self, size: int) -> None:
        monitors = tuple(
            Monitor(id=f"job {n}", target=_target(n), locations=(ENDPOINT,), need=1)
            for n in range(size)
        )
        self._shard = Shard(id="s0", version=1, monitors=monitors)
        self._schedules = scheduled({}, jobs(self._shard), NOW - timedelta(days=30))
        self._pulses = {
            name: _pulse(target, number) for number, (name, target) in enumerate(jobs(self._shard))
        }

    def judge(self, *, cold: bool) -> float:
        """Judge all of them; milliseconds of processor time. `cold` forgets what was due when."""
        if cold:
            calendar.forget()
        begun = time.process_time()
        told(
            self._shard,
            self._schedules,
            self._pulses,
            Endpoint(heard_at=NOW),
            calendar.next_time,
            NOW,
        )
        return (time.process_time() - begun) * 1000

    def look_up(self) -> float:
        """Have CronSim alone say when each is due next; milliseconds of processor time."""
        begun = time.process_time()
        for name, target in jobs(self._shard):
            after = self._pulses[name].success_at or NOW
            next(CronSim(target.cron or "", after.astimezone(ZoneInfo(target.timezone))))
        return (time.process_time() - begun) * 1000


def _target(number: int) -> HeartbeatTarget:
    shape = _SHAPES[number % len(_SHAPES)]
    line = shape.format(minute=number % 60, hour=number // 60 % 24, day=number % 28 + 1)
    zone = _ZONES[number % len(_ZONES)]
    return HeartbeatTarget(cron=line, timezone=zone, grace=timedelta(minutes=30))


def _pulse(target: HeartbeatTarget, number: int) -> Pulse:
    """Let most have reported as late as they had to, and each tenth not for a month."""
    ago = timedelta(days=31) if number % 10 == 0 else timedelta(minutes=1 + number % 50)
    if number % 10 and target.cron and not target.cron.endswith("* * * *"):
        ago += timedelta(hours=number % 20)
    at = NOW - ago
    return Pulse(created_at=NOW - timedelta(days=90), heard_at=at, success_at=at, settled_at=at)
