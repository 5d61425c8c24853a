"""The shape of monitors of jobs: what must report by itself, and when."""

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict
from pydantic.json_schema import JsonSchemaValue

from tocsin.config import crontab, durations, fields
from tocsin.config.fault import MistakeError, shown
from tocsin.config.settings import MonitorSettings
from tocsin.config.shape import InShort, Strict
from tocsin.config.values import text
from tocsin.domain.heartbeat import HeartbeatTarget

OF_CHECKS = ("interval", "timeout", "retries", "quorum", "slow", "locations")
"""Keys of other monitors that say how a check is made: here none is made."""


class Schedule(Strict):
    """When a job is due."""

    period: fields.Period = None
    """It reports success at least this often: 1m to 366d."""
    cron: fields.Cron = None
    """It runs at these times: minute, hour, day of the month, month, weekday; or @daily."""
    timezone: fields.TimeZone = "UTC"
    """The time zone of `cron`, as in Europe/Berlin."""
    grace: fields.Grace = timedelta(minutes=5)
    """How late it may be."""
    run_time: fields.RunTime = None
    """How long it may take, where it also reports that it begins."""


def _period_alone(value: object) -> Schedule:
    written = text(value)
    if written.startswith("@") or len(written.split()) == crontab.FIELDS:
        fix = f'Write `{{cron: "{crontab.line(written)}"}}`'
        raise MistakeError("bad_duration", f"{shown(written)} is a line of cron", fix)
    return Schedule.model_construct(_fields_set={"period"}, period=durations.period(value))


type _Schedule = Annotated[Schedule, InShort(read=_period_alone, face=fields.DURATION)]


def _without_checks(schema: JsonSchemaValue) -> None:
    for key in OF_CHECKS:
        schema["properties"].pop(key)


class HeartbeatMonitor(MonitorSettings):
    """A job that must report: it calls a URL, which `tocsin heartbeat url NAME` makes.

    Nothing is checked, so `interval`, `timeout`, `retries`, `quorum`, `slow` and `locations` mean
    nothing here, and those of the defaults do not apply.
    """

    model_config = ConfigDict(json_schema_extra=_without_checks)

    heartbeat: _Schedule
    """How often it reports, or when: 1d, or a mapping."""

    def target(self) -> HeartbeatTarget:
        """Give what is awaited."""
        due = self.heartbeat
        return HeartbeatTarget(
            period=due.period,
            cron=due.cron,
            timezone=due.timezone,
            grace=due.grace,
            run_time=due.run_time,
        )
