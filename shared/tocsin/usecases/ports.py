"""What the use cases need of the world. The adapters give it; the tests give fakes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outcome import Outcome
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard

if TYPE_CHECKING:
    # A probe has the ports of reports and secrets only: what is judged it need not load.
    from tocsin.domain.endpoint import Endpoint
    from tocsin.domain.incident import Alert, Incident
    from tocsin.domain.pulse import Beat, Pulse
    from tocsin.domain.state import ShardState


class StorageError(Exception):
    """The tables could not be read or written; trying again may help."""


class ConflictError(StorageError):
    """Somebody else wrote first: read again, and decide again."""


class UnreadableError(StorageError):
    """Stored bytes that are not what they should be; trying again does not help."""


class SpoiltError(UnreadableError):
    """Stored bytes that no version has written: nobody will ever read them."""


class PublishError(Exception):
    """The alert was not accepted; it stays owed."""


class InvalidError(PublishError):
    """The alert was refused for what it says, or cannot be written: the same again will not do."""


class SecretError(Exception):
    """A secret could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A shard's state and the revision under which it was read; 0 where there was none."""

    state: "ShardState"
    revision: int


class Configs(Protocol):
    """The configuration in force, in its newest version."""

    def shards(self) -> tuple[Shard, ...]:
        """Give every shard; none at all before the first `tocsin apply`."""
        ...


class Reports(Protocol):
    """What the locations have reported."""

    def add(self, report: Report) -> bool:
        """Store a report; False, and nothing stored, where this tick has one already."""
        ...

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        """Read a location's newest report on a shard up to a tick, strongly consistent."""
        ...


class States(Protocol):
    """The one document per shard that holds verdicts, incidents and outbox."""

    def load(self, shard: str) -> Stored:
        """Read a shard's state, strongly consistent; an empty one at revision 0 at first.

        SpoiltError where what is stored is no state, UnreadableError where it is a newer one.
        """
        ...

    def save(self, state: "ShardState", *, over: int) -> int:
        """Replace the revision `over` and give the new one; ConflictError if it is not there."""
        ...


class Quarantine(Protocol):
    """Where a state goes that nobody can read, so that its shard can begin anew."""

    def put_aside(self, shard: str, at: datetime) -> str:
        """Copy what stands in the place of a shard's state, let an empty one stand there instead.

        Gives the name of the copy. ConflictError where something else stands there by now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is stored of the token in a job's URL: its hash, whose it is, and its end, if any.

    `post_only` says that nothing counts but a POST: whoever only opens the URL reports nothing.
    """

    hash: str
    monitor: str
    ends_at: datetime | None = None
    post_only: bool = False


class Pulses(Protocol):
    """What jobs have reported, for whoever judges it."""

    def pulses(self, monitors: Iterable[str]) -> "Mapping[str, Pulse | None]":
        """Read the pulses of those jobs that have a URL, strongly consistent; None: unreadable."""
        ...

    def endpoint(self) -> "Endpoint":
        """Read what is known of the endpoint itself."""
        ...


class Heartbeats(Protocol):
    """Where the endpoint keeps what jobs report."""

    def token(self, key: str) -> Token | None:
        """Read the token whose first group this is."""
        ...

    def beat(self, monitor: str, beat: "Beat") -> int:
        """Fold a report into the job's pulse, and give its number."""
        ...

    def keep(self, monitor: str, number: int, beat: "Beat", body: bytes) -> None:
        """Keep a report as it came, for people, in place of an older one."""
        ...

    def sing(self, at: datetime) -> None:
        """Note that a canary reached the endpoint."""
        ...


class History(Protocol):
    """Incidents that are over, for people to read."""

    def record(self, incident: "Incident") -> None:
        """Keep an incident; again and again makes no difference."""
        ...


class Alerts(Protocol):
    """The way out: one topic per route."""

    def publish(self, alert: "Alert", route: Route, *, plain: bool = False) -> str:
        """Hand an alert over, and give its message's id; PublishError if it is not accepted.

        InvalidError where that is for what it says. Said `plain` it is short, without details, and
        holds nothing that we know to be refused.
        """
        ...


class Time(Protocol):
    """The time of a wake-up: what it is, and how much there is of it."""

    def now(self) -> datetime:
        """Give the present instant, in UTC."""
        ...

    def turn(self) -> None:
        """Wait until it is another alert's turn, by the pace that SNS allows."""
        ...

    def enough(self) -> bool:
        """Tell whether there is time for another message, and for striking it off."""
        ...


class Checker(Protocol):
    """The engine that runs checks."""

    async def run(self, monitors: Iterable[Monitor], *, deadline: float) -> Mapping[str, Outcome]:
        """Give an outcome for each before `deadline`, an instant of the event loop's clock."""
        ...


class Secrets(Protocol):
    """Values that no file, log, table or page may hold."""

    def reveal(self, name: str) -> str:
        """Read the secret of that name; SecretError where there is none."""
        ...

    def doubt(self, name: str) -> None:
        """Be told that a target refused it: it is read anew sooner than else. This never waits."""
        ...


class HandoverError(Exception):
    """An outlet did not take an alert; trying again may help. The text holds no secret."""


class Outlets(Protocol):
    """The outlets that the operator has set up beside the topics' own subscribers."""

    def names(self, route: Route) -> tuple[str, ...]:
        """Name the outlets of a route; HandoverError where that cannot be known."""
        ...

    def url(self, name: str) -> str | None:
        """Give where an outlet is, a secret; None where it is no longer there."""
        ...


class Messenger(Protocol):
    """What brings an alert to people."""

    def tell(self, url: str, alert: "Alert") -> None:
        """Bring an alert to whatever a URL stands for; HandoverError where it was not taken."""
        ...


class Events(Protocol):
    """A bus of events, for whatever else is to happen."""

    def put(self, alert: "Alert", text: str) -> None:
        """Put an alert there as the JSON that machines read; HandoverError where refused."""
        ...
