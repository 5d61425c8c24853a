"""What locations, defaults and monitors of every kind have."""

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field

from tocsin.config import fields
from tocsin.config.configuration import LocationKind
from tocsin.config.publicity import AnyPublicity, Private
from tocsin.config.shape import Strict
from tocsin.config.slowness import AnySlowness, Slowness
from tocsin.domain.monitor import MINUTE, Route


class LocationModel(Strict):
    """A place from which monitors are checked.

    Lambda functions send no echo requests, and those outside of your networks reach neither port 25
    nor private addresses: for these there are agents, processes of your own.
    """

    model_config = ConfigDict(json_schema_extra={"type": ["object", "null"]})

    kind: fields.OneLocationKind = LocationKind.LAMBDA
    """lambda (a function in that region), agent (a process) or vpc (a function in a network)."""


class Settings(Strict):
    """What a monitor has, and what `defaults` may give it."""

    interval: fields.Interval = MINUTE
    """Time between two checks: whole minutes, 1m to 1d."""
    timeout: fields.Timeout = timedelta(seconds=5)
    """Time for one attempt."""
    retries: fields.Retries = 2
    """Further attempts before a check counts as failed."""
    quorum: fields.Quorum = "majority"
    """How many locations must agree: majority, all, any or a number."""
    fail_for: fields.Hold = Field(default=timedelta(), alias="for")
    """How long enough locations must fail before the monitor is down."""
    recover_for: fields.Hold = timedelta()
    """How long enough locations must pass before it is up again."""
    slow: AnySlowness = Slowness()
    """Time above which the monitor is degraded, in all or by phase: {connect: 200ms}."""
    alert: fields.Routes = (Route.NOTICE,)
    """Where alerts go: page, chat, notice."""
    locations: Annotated[fields.LocationNames | None, fields.SOMETHING] = None
    """From where it is checked; by default from every location of kind lambda (icmp: agent)."""


class MonitorSettings(Settings):
    """What monitors of every kind have.

    While one that it `depends_on` is down, however remotely, a monitor has no alert of its own: the
    other's names it. It has one if it is still down a while after the others are up.

    A monitor that is renamed says what it `was`: `tocsin plan` then shows `old -> new`, and nothing
    ends. The key may stay: by it `tocsin show` finds the incidents of before.
    """

    runbook: fields.Link = None
    """A page that says what to do, linked in alerts."""
    tags: fields.Tags = ()
    """Words to filter and group by."""
    depends_on: fields.Names = ()
    """Monitors without which it is down: while one of them is, it has no alert of its own."""
    was: fields.FormerName = None
    """Its name before it was renamed: history, open incident and a job's URL go on."""
    public: AnyPublicity = Private()
    """Whether the status page shows it: true, or {name: Customer API, group: APIs}."""
