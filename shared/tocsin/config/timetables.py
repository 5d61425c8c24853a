"""Rules on jobs that report by themselves: when they are due, and what has no meaning for them."""

from collections.abc import Iterator
from datetime import timedelta
from types import MappingProxyType

from tocsin.config import crontab
from tocsin.config.document import Path
from tocsin.config.draft import Draft
from tocsin.config.durations import spelt
from tocsin.config.fault import Severity, shown
from tocsin.config.finding import Finding
from tocsin.config.jobs import OF_CHECKS, HeartbeatMonitor, Schedule

_INSTEAD = MappingProxyType(
    {
        "interval": "Remove it: how often the job reports is `period` or `cron` in `heartbeat`",
        "timeout": "Remove it: how long the job may take is `run_time` in `heartbeat`",
        "slow": "Remove it: how long the job may take is `run_time` in `heartbeat`",
        "retries": "Remove it: how late the job may be is `grace` in `heartbeat`",
        "quorum": "Remove it: one place hears the job, the heartbeat endpoint",
        "locations": "Remove it: one place hears the job, the heartbeat endpoint",
    }
)


def nothing_is_checked(draft: Draft) -> Iterator[Finding]:
    """Refuse what says how a check is made: the job reports by itself."""
    for key in OF_CHECKS if isinstance(draft.model, HeartbeatMonitor) else ():
        if draft.own(key):
            yield Finding(
                place=draft.document.key_at(("monitors", draft.name, key)),
                code="no_check",
                message=f"{shown(key)} says how to check, and a job reports by itself",
                fix=_INSTEAD[key],
            )


def one_schedule(draft: Draft) -> Iterator[Finding]:
    """See that a job is due by a period or by a line of cron."""
    due = _schedule(draft)
    if due is None:
        return
    if due.period is None and due.cron is None:
        yield Finding(
            place=draft.at("heartbeat"),
            code="no_schedule",
            message="nothing says when the job must report",
            fix='Add `period: 1d`, or `cron: "0 3 * * *"`',
        )
    elif due.period is not None and due.cron is not None:
        yield Finding(
            place=draft.document.key_at(_path(draft, "cron")),
            code="two_schedules",
            message="a job is due once a `period` or by `cron`, not by both",
            fix="Remove one of the two",
        )
    elif due.cron is None and "timezone" in due.model_fields_set:
        yield Finding(
            place=draft.document.key_at(_path(draft, "timezone")),
            code="no_cron",
            message="a period is as long in every time zone",
            fix="Remove `timezone`, or write `cron` in place of `period`",
        )


def a_missed_run_shows(draft: Draft) -> Iterator[Finding]:
    """Warn where a job is due again before it is late, or may still run then."""
    due = _schedule(draft)
    if due is None or (due.period is None) == (due.cron is None):
        return
    gap = due.period or crontab.shortest_gap(due.cron or "")
    for key, length, message in (
        ("grace", due.grace, "a run that is missed does not show before the next one reports"),
        ("run_time", due.run_time, "a run may go on until after the next one has begun"),
    ):
        if key in due.model_fields_set and length is not None and length >= gap:
            yield _too_long(draft, key, message, gap)


def _too_long(draft: Draft, key: str, message: str, gap: timedelta) -> Finding:
    return Finding(
        place=draft.document.value_at(_path(draft, key)),
        code=f"long_{key}",
        message=f"the job is due again after {spelt(gap)}: {message}",
        fix=f"Write less than {spelt(gap)}",
        severity=Severity.WARNING,
    )


def _schedule(draft: Draft) -> Schedule | None:
    if isinstance(draft.model, HeartbeatMonitor) and draft.sound("heartbeat"):
        return draft.model.heartbeat
    return None


def _path(draft: Draft, key: str) -> Path:
    return ("monitors", draft.name, "heartbeat", key)
