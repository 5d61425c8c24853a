"""What was decided, what was accepted, and what may be repeated: kept apart from every state."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.simulation.turns import Process
from tocsin.domain.incident import Alert, Event, Incident
from tocsin.domain.monitor import Route
from tocsin.domain.state import ShardState


class ViolationError(BaseException):
    """An invariant does not hold: which one, and how one sees it.

    No `Exception`, since the code under trial outlives those.
    """

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant
        self.step: int | None = None


def hold(claim: object, invariant: str, text: object) -> None:
    """Hold an invariant."""
    if not claim:
        raise ViolationError(invariant, str(text))


@dataclass
class Sent:
    """A message that SNS accepted; `lost` where its sender cannot know or did not live to note."""

    process: Process
    lost: bool = False
    struck: bool = False


@dataclass
class Ledger:
    """The log of decisions, and the messages on the wire by alert and route, in order."""

    decided: dict[str, Alert] = field(default_factory=dict)
    sent: dict[tuple[str, Route], list[Sent]] = field(default_factory=dict)
    struck: set[tuple[str, Route]] = field(default_factory=set)

    def saved(self, before: ShardState, after: ShardState) -> list[Alert]:
        """Hold one write against what is known; give the alerts that it decides."""
        was, now = _owed(before), _owed(after)
        fresh = [owed.alert for owed in after.outbox if owed.alert.id not in _ids(before)]
        for alert in fresh:
            hold(alert.id not in self.decided, "3 alternation", f"{alert.id} is decided twice")
            self.decided[alert.id] = alert
        for key in was - now:
            hold(key in self.sent, "6 no alert is lost", f"{key} is struck off unsent")
            self.struck.add(key)
            for each in self.sent[key]:
                each.struck = True
        ids = {alert.id for alert in fresh}
        _one_write(before, after, ids)
        return fresh

    def accepted(self, process: Process, alert: Alert, route: Route) -> None:
        """Take what SNS accepted."""
        key = (alert.id, route)
        hold(alert.id in self.decided, "6 nothing is invented", key)
        hold(self.decided[alert.id] == alert, "6 a repeat is the same", key)
        earlier = self.sent.setdefault(key, [])
        for each in earlier:
            hold(each.lost and not each.struck, "6 nothing is repeated", f"{key} goes out again")
        self._in_order(alert, route)
        earlier.append(Sent(process=process))

    def unanswered(self, alert: Alert, route: Route) -> None:
        """Note that the sender of the last one heard nothing."""
        self.sent[alert.id, route][-1].lost = True

    def ended(self, process: Process) -> None:
        """Note that a process did not come to its end: what it sent may go out once more."""
        for each in (s for all_of_it in self.sent.values() for s in all_of_it):
            if each.process is process and not each.struck:
                each.lost = True

    def all_told(self) -> None:
        """Hold that every decision was accepted by each of its routes."""
        owed = {(a.id, route) for a in self.decided.values() for route in a.routes}
        hold(owed == self.sent.keys(), "6 no alert is lost", owed ^ self.sent.keys())

    def _in_order(self, alert: Alert, route: Route) -> None:
        if alert.event is Event.RESOLVED:
            begun = (f"{alert.incident}#{Event.OPENED}", route) in self.sent
            hold(begun, "3 an end follows its beginning", f"{alert.id} to {route} goes out first")


def _owed(state: ShardState) -> set[tuple[str, Route]]:
    return {(owed.alert.id, route) for owed in state.outbox for route in owed.routes}


def _ids(state: ShardState) -> set[str]:
    return {owed.alert.id for owed in state.outbox}


def _one_write(before: ShardState, after: ShardState, fresh: set[str]) -> None:
    """Hold that an incident opens and ends in the write that owes its alert."""
    was, now = _incidents(before.incidents), _incidents(after.incidents)
    for name in now.keys() - was.keys():
        hold(f"{name}#{Event.OPENED}" in fresh, "6 no alert is lost", f"{name} opens unannounced")
    for name in was.keys() - now.keys():
        hold(f"{name}#{Event.RESOLVED}" in fresh, "3 an end is told", f"{name} ends unannounced")


def _incidents(found: tuple[Incident, ...]) -> Mapping[str, Incident]:
    return {incident.id: incident for incident in found}
