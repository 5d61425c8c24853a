"""Look at the home region from another one, and say so where nobody there can.

The decision and the duty to tell it are one conditional write. What a crash leaves unsent the next
look finds and sends, under the same id.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from tocsin.domain.outlook import Outlook, View, outlook
from tocsin.domain.schedule import tick_of
from tocsin.domain.standby import HomeAlert, Look, Progress, Watch, attend
from tocsin.usecases.ports import ConflictError, PublishError, StorageError


class Home(Protocol):
    """What the home region says of itself."""

    def progress(self) -> Progress | None:
        """Read the home's last note of its progress; None where there is none."""
        ...


class Views(Protocol):
    """What this region's probe sees failing."""

    def views(self) -> Iterable[View]:
        """Read the newest view of each shard."""
        ...


class Watches(Protocol):
    """Where the stand-by keeps what it knows."""

    def load(self) -> tuple[Watch, int]:
        """Read the watch and its revision; an empty one at revision 0 at first."""
        ...

    def save(self, watch: Watch, *, over: int) -> int:
        """Replace the revision `over` and give the new one; ConflictError if it is not there."""
        ...


class Bell(Protocol):
    """The way out of this region."""

    def ring(self, alert: HomeAlert) -> str:
        """Hand an alert over, and give its message's id; PublishError if it is not accepted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A stand-by's place: the region that it looks at, and what it looks with.

    `blind` is asked only where the home does not answer: why our own network is not to be trusted,
    or nothing.
    """

    home: str
    region: Home
    views: Views
    watches: Watches
    bell: Bell
    blind: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look came to, for the log: `trouble` is why the home gave no sign, if it gave none."""

    trouble: str
    blind: str
    lost: bool
    sent: tuple[str, ...] = ()
    problem: str = ""


def stand_by(post: Post, now: Callable[[], datetime]) -> Seen:
    """Take a look at the home, and send what is owed.

    StorageError where our own table does not answer; then the next look finds the same.
    """
    look = _look(post)
    at = now()
    watch, revision = post.watches.load()
    watch = attend(watch, look, _outlook(post, at), at, home=post.home)
    try:
        revision = post.watches.save(watch, over=revision)
    except ConflictError:
        # Another look of the same minute decided, and sends.
        return Seen(trouble=look.trouble(at), blind=look.blind, lost=watch.loss is not None)
    sent: list[str] = []
    problem = ""
    for alert in watch.owed:
        try:
            post.bell.ring(alert)
        except PublishError as error:
            problem = str(error)
            break
        sent.append(alert.id)
        watch = replace(watch, owed=watch.owed[1:])
        try:
            revision = post.watches.save(watch, over=revision)
        except StorageError as error:
            # The next look sends it again, under the same id.
            problem = f"it was sent, and could not be struck off: {error}"
            break
    return Seen(
        trouble=look.trouble(at),
        blind=look.blind,
        lost=watch.loss is not None,
        sent=tuple(sent),
        problem=problem,
    )


def _outlook(post: Post, at: datetime) -> Outlook | None:
    """Gather what this region sees failing; that the home is lost is told without it too."""
    try:
        return outlook(post.views.views(), tick_of(at))
    except StorageError:
        return None


def _look(post: Post) -> Look:
    try:
        return Look(progress=post.region.progress())
    except StorageError as error:
        return Look(problem=f"its state table does not answer: {error}", blind=post.blind())
