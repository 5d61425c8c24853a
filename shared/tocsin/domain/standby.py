"""Decide, in another region, whether the home is lost: nobody there could say so.

The home notes each minute how far it has come. A note that is fresh and tells of no trouble is a
sign of it. The home is lost when the newest sign is five minutes old and three looks in a row found
none, from a region whose own network is well; it is back after three looks in a row that found one.
As with the home's own incidents, a decision and the alert that it owes are one value, and are
stored at once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.domain.incident import Event
from tocsin.domain.outlook import Outlook

KIND: Final = "home"
"""Beside the kinds of incidents: of this one the home itself never tells."""

FRESH = timedelta(seconds=150)
"""How old a sign may be: a sweep may take its whole minute, and one may be missed."""

LOST_AFTER = timedelta(minutes=5)

OVERDUE = timedelta(minutes=5)
"""How long an alert may be owed: by then the largest storm is sent, at the pace of mail."""

IN_A_ROW = 3
"""Looks that agree before anything is decided."""

NEWS_AFTER = timedelta(minutes=15)
"""Between two alerts on what fails, for as long as the home is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the home noted at the end of a sweep.

    It judged so many shards and `failed` to judge others; `owed_since` is when the oldest alert was
    decided of those that its topics have yet to take.
    """

    at: datetime
    judged: int
    failed: int
    owed_since: datetime | None = None

    def trouble(self) -> str:
        """Say what keeps people from hearing of their monitors, if anything does."""
        if self.failed and not self.judged:
            return f"its aggregator runs, and can judge none of its {self.failed} shards"
        if self.owed_since is not None and self.at - self.owed_since > OVERDUE:
            return (
                "it judges, and its topics have not taken what it owes them since"
                f" {self.owed_since:%H:%M} UTC"
            )
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the home found: a note, or what was in the way.

    `blind` says why that tells nothing: our own network is broken.
    """

    progress: Progress | None = None
    problem: str = ""
    blind: str = ""

    def trouble(self, now: datetime) -> str:
        """Say why this is no sign of the home; nothing where it is one."""
        if self.problem:
            return self.problem
        if self.progress is None:
            return (
                "its tables answer, and hold no note of its progress: an older version of Tocsin"
                " is deployed there, or its aggregator has never run"
            )
        if abs(now - self.progress.at) > FRESH:  # a note of the future tells nothing either
            return (
                "its tables answer, and its aggregator has noted no progress since"
                f" {self.progress.at:%H:%M} UTC"
            )
        return self.progress.trouble()


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAlert:
    """One message that the stand-by owes; its id is the same at every attempt.

    `silent_since` is the newest sign before the loss. `number` tells updates apart.
    """

    loss: str
    event: Event
    at: datetime
    silent_since: datetime
    trouble: str = ""
    outlook: Outlook | None = None
    number: int = 0

    @property
    def id(self) -> str:
        """Identify this alert among all that were ever sent."""
        number = f"-{self.number}" if self.number else ""
        return f"{self.loss}#{self.event}{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A time without a home, announced and not over.

    `told` is the mark of what people were told to fail, and `told_at` is when.
    """

    id: str
    silent_since: datetime
    told: str
    told_at: datetime
    updates: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the stand-by knows from one look to the next, and the alerts that it still owes."""

    sign_at: datetime | None = None
    misses: int = 0
    signs: int = 0
    loss: Loss | None = None
    owed: tuple[HomeAlert, ...] = ()


def attend(watch: Watch, look: Look, outlook: Outlook | None, now: datetime, *, home: str) -> Watch:
    """Draw what follows from one more look at the home region."""
    watch = _counted(watch, look, now)
    trouble = look.trouble(now)
    if watch.loss is None:
        silent_since = watch.sign_at or now
        lost = watch.misses >= IN_A_ROW and now - silent_since >= LOST_AFTER
        return _opened(watch, silent_since, trouble, outlook, now, home) if lost else watch
    if watch.signs >= IN_A_ROW:
        return _resolved(watch, watch.loss, now)
    return _updated(watch, watch.loss, trouble, outlook, now)


def _counted(watch: Watch, look: Look, now: datetime) -> Watch:
    if look.blind:
        return replace(watch, misses=0, signs=0)
    if look.trouble(now) or look.progress is None:
        # Before the first sign, silence counts from the first look.
        since = watch.sign_at or now
        return replace(watch, sign_at=since, misses=min(watch.misses + 1, IN_A_ROW), signs=0)
    signs = min(watch.signs + 1, IN_A_ROW)
    return replace(watch, sign_at=look.progress.at, misses=0, signs=signs)


def _opened(
    watch: Watch,
    silent_since: datetime,
    trouble: str,
    outlook: Outlook | None,
    now: datetime,
    home: str,
) -> Watch:
    loss = Loss(
        id=f"home-{home}-{now:%Y%m%dT%H%M%SZ}",
        silent_since=silent_since,
        told=outlook.mark if outlook else "",
        told_at=now,
    )
    alert = HomeAlert(
        loss=loss.id,
        event=Event.OPENED,
        at=now,
        silent_since=silent_since,
        trouble=trouble,
        outlook=outlook,
    )
    return replace(watch, loss=loss, owed=(*watch.owed, alert))


def _updated(
    watch: Watch, loss: Loss, trouble: str, outlook: Outlook | None, now: datetime
) -> Watch:
    """Tell that other monitors fail than people know of; never while they have yet to be told."""
    known = outlook is not None and not outlook.suspect
    if outlook is None or not known or watch.owed or now - loss.told_at < NEWS_AFTER:
        return watch
    if outlook.mark == loss.told:
        return watch
    loss = replace(loss, told=outlook.mark, told_at=now, updates=loss.updates + 1)
    alert = HomeAlert(
        loss=loss.id,
        event=Event.UPDATED,
        at=now,
        silent_since=loss.silent_since,
        trouble=trouble,
        outlook=outlook,
        number=loss.updates,
    )
    return replace(watch, loss=loss, owed=(alert,))


def _resolved(watch: Watch, loss: Loss, now: datetime) -> Watch:
    alert = HomeAlert(loss=loss.id, event=Event.RESOLVED, at=now, silent_since=loss.silent_since)
    return replace(watch, loss=None, owed=(*watch.owed, alert))
