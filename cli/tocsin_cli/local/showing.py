"""How the page puts what is around the console: the state of the stack in a line, times, anchors.

Every state has a word and a shape of its own; colour only repeats what they say.
"""

from collections import Counter
from datetime import UTC, datetime

from tocsin.messages import gsm7
from tocsin.pages import showing
from tocsin.pages.showing import Word, anchor
from tocsin.usecases.overview import WAITING
from tocsin_cli.local.view import MonitorView, Snapshot

__all__ = ["anchor", "clock", "overall", "sms_room", "state"]


def overall(snapshot: Snapshot) -> Word:
    """Sum up in one line, in the words of the console: what the stack is at, or the worst."""
    if snapshot.busy_with:
        return Word(state=WAITING, text=snapshot.busy_with)
    return showing.overall(Counter(map(state, snapshot.monitors)))


def state(monitor: MonitorView) -> str:
    """Give the verdict, or `waiting` before the first one."""
    return str(monitor.standing.verdict) if monitor.standing else WAITING


def sms_room(text: str) -> str:
    """Say how much of one SMS a text takes."""
    return f"{gsm7.septets(text)} of {gsm7.LIMIT} characters"


def clock(at: datetime) -> str:
    """Give the time of day in UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"
