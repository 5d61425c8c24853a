"""What the page of the local stack shows and can ask for: its port to the real thing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self

from pydantic import ValidationError

from tocsin.domain.control import Said
from tocsin.domain.incident import Incident
from tocsin.domain.monitor import Route
from tocsin.domain.outcome import printable
from tocsin.domain.quorum import Ballot, Delay
from tocsin.domain.standing import Standing
from tocsin.domain.suspicion import Doubt
from tocsin.messages import email, payload, sms
from tocsin.pages.console import Answer, Question
from tocsin.pages.manner import Manner
from tocsin.usecases.publish import File


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorView:
    """A monitor with where it stands (None before the first judgement) and each location's vote.

    `slow` is what takes too long in the median of these votes. It is `paused` by somebody, or waits
    `behind` what it depends on and is down.
    """

    id: str
    target: str
    standing: Standing | None = None
    ballots: tuple[Ballot, ...] = ()
    slow: tuple[Delay, ...] = ()
    paused: Said | None = None
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A demo service; `cut_off` are the locations that it does not hear.

    A job is `looked_at` by no location, and so cannot be cut off from one.
    """

    name: str
    title: str
    address: str
    running: bool
    cut_off: tuple[str, ...] = ()
    looked_at: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An alert as it arrived on a route, and as each reader would get it.

    `event` is what it says of its incident, in a word; empty where it is no alert.
    """

    id: str
    route: Route
    received_at: datetime
    subject: str
    mail: str
    sms: str
    json: str
    event: str = ""

    @classmethod
    def of(cls, text: str, *, route: Route, received_at: datetime) -> Self:
        """Open what came out of a topic: the text of the `default` protocol.

        What is no alert of ours is shown as it is.
        """
        try:
            alert = payload.parse(text)
        except ValidationError:
            shown = printable(text, _UNREADABLE_LIMIT)
            return cls(
                id=f"{route}-{received_at.isoformat()}",
                route=route,
                received_at=received_at,
                subject="A message that is no alert",
                mail=shown,
                sms="",
                json=shown,
            )
        return cls(
            id=f"{route}-{alert.id}",
            route=route,
            received_at=received_at,
            subject=email.subject(alert),
            mail=email.body(alert),
            sms=sms.text(alert),
            json=json.dumps(json.loads(text), indent=2, ensure_ascii=False),
            event=str(alert.event),
        )


_UNREADABLE_LIMIT = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """Something that the stack did; `source` is who did it, in a word."""

    at: datetime
    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that the page shows at one moment; `inbox` and `log` are newest first.

    `busy_with` is what the stack is doing while it is not yet ready. `doubts` tells which
    locations are silent or not believed.
    """

    at: datetime
    busy_with: str | None = None
    locations: tuple[str, ...] = ()
    monitors: tuple[MonitorView, ...] = ()
    incidents: tuple[Incident, ...] = ()
    inbox: tuple[Letter, ...] = ()
    services: tuple[ServiceView, ...] = ()
    log: tuple[LogLine, ...] = ()
    doubts: Mapping[str, Doubt] = field(default_factory=dict)


class View(Protocol):
    """The running stack as the page sees it.

    `snapshot` is asked for every second by every open page, so it answers from memory. The console
    and actions may take their time: they are called in threads. Actions have names from the newest
    snapshot only, and do nothing where it is already so.
    """

    def snapshot(self) -> Snapshot:
        """Give the present state."""
        ...

    def console(self, question: Question, manner: Manner) -> Answer | None:
        """Do what is asked of the console, and show it; None before there is one."""
        ...

    def published(self, path: str) -> File | None:
        """Give a file of the public status page; None where there is none, or none yet."""
        ...

    def stop(self, service: str) -> None:
        """Close the service's port."""
        ...

    def heal(self, service: str) -> None:
        """Open the port, for all locations."""
        ...

    def isolate(self, service: str, location: str) -> None:
        """Make the service fail from one location only."""
        ...
