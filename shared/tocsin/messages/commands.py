"""What a reader can do about an alert, as commands to copy: take it on, silence it, look closer."""

import shlex
from collections.abc import Iterator

from tocsin.domain.incident import Alert, Ending, Event, Kind
from tocsin.messages import voting
from tocsin.messages.inert import line

NAMES_AT_MOST = 5
"""Monitors that a command names; more are better meant by a tag, or by their incident."""

type Command = tuple[str, str]


def commands(alert: Alert) -> Iterator[Command]:
    """Give each command with what it does."""
    names = [shlex.quote(line(subject.monitor)) for subject in alert.subjects]
    if alert.event is Event.RESOLVED:
        if len(names) == 1 and alert.ending is not Ending.DELETED:
            yield "see its course", f"tocsin show {names[0]}"
        return
    yield "take it on (no more reminders)", f"tocsin ack {shlex.quote(line(alert.incident))}"
    if 1 <= len(names) <= NAMES_AT_MOST:
        yield "silence it for two hours", f"tocsin silence {' '.join(names)} --for 2h"
    yield from _looks(alert, names)


def _looks(alert: Alert, names: list[str]) -> Iterator[Command]:
    if len(names) != 1:
        yield "see all monitors and locations", "tocsin status"
        return
    only = alert.subjects[0]
    yield "see everything about it", f"tocsin show {names[0]}"
    if voting.is_job(only):
        yield "see what it has reported", f"tocsin heartbeat show {names[0]}"
    elif alert.kind is not Kind.UNKNOWN and only.target:
        yield "check it from where you are", f"tocsin check {shlex.quote(line(only.target))}"
