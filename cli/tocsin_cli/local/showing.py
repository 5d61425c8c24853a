"""How the page puts what is around the console: the state of the stack in a line, times, anchors.

Every state has a word and a shape of its own; colour only repeats what they say.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin.domain.quorum import Verdict
from tocsin.messages import gsm7, words
from tocsin.pages.showing import anchor
from tocsin_cli.local.view import MonitorView, Snapshot

__all__ = ["Said", "anchor", "clock", "overall", "sms_room", "state"]

_WORST_FIRST = (Verdict.DOWN, Verdict.UNKNOWN, Verdict.DEGRADED, Verdict.PAUSED)
_WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A state and its words."""

    state: str
    text: str


def overall(snapshot: Snapshot) -> Said:
    """Sum up in one line: the worst that is going on."""
    if snapshot.busy_with:
        return Said(state=_WAITING, text=snapshot.busy_with)
    states = [state(monitor) for monitor in snapshot.monitors]
    if not states:
        return Said(state=_WAITING, text="No monitors yet")
    for verdict in _WORST_FIRST:
        if number := states.count(verdict):
            verb = "is" if number == 1 else "are"
            total = words.count(len(states), "monitor")
            return Said(state=verdict, text=f"{number} of {total} {verb} {verdict}")
    if waiting := states.count(_WAITING):
        return Said(state=_WAITING, text=f"Waiting for votes on {words.count(waiting, 'monitor')}")
    every = "The monitor is" if len(states) == 1 else f"All {len(states)} monitors are"
    return Said(state=Verdict.UP, text=f"{every} up")


def state(monitor: MonitorView) -> str:
    """Give the verdict, or `waiting` before the first one."""
    return str(monitor.standing.verdict) if monitor.standing else _WAITING


def sms_room(text: str) -> str:
    """Say how much of one SMS a text takes."""
    return f"{gsm7.septets(text)} of {gsm7.LIMIT} characters"


def clock(at: datetime) -> str:
    """Give the time of day in UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"
