"""A topic that takes nothing for months: what waits for it is bounded, and the rest goes on."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tests.fakes.make import FAIL, MINUTE, NOON, PASS, THREE, monitor, shard
from tests.fakes.memory import (
    FixedTime,
    InMemoryAlerts,
    InMemoryHistory,
    InMemoryReports,
    InMemoryStates,
    bench,
)
from tests.unit.domain.histories import reported
from tocsin.domain.incident import Incident
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import CLOSED, WAITING
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import layout
from tocsin.domain.state import ShardState
from tocsin.usecases.assess import Assessment, assess
from tocsin.usecases.ports import StorageError

BOTH = (Route.PAGE, Route.NOTICE)
NAMES = ("api", "db", "web")
WATCHED = shard(*(monitor(name, routes=BOTH) for name in NAMES))
DAY = timedelta(days=1)


@dataclass
class Months:
    """A shard that is judged at the moments at which something changes, and ever again."""

    alerts: InMemoryAlerts = field(default_factory=InMemoryAlerts)
    history: InMemoryHistory = field(default_factory=InMemoryHistory)
    states: InMemoryStates = field(default_factory=InMemoryStates)
    now: datetime = NOON

    def wake(self, *down: str, later: timedelta = MINUTE) -> Assessment:
        self.now += later
        reports = InMemoryReports()
        for place in THREE:
            outcomes = {name: FAIL if name in down else PASS for name in NAMES}
            reports.add(reported(place, tick_of(self.now), outcomes))
        at = bench(reports=reports, states=self.states, alerts=self.alerts, history=self.history)
        return assess(WATCHED, layout([WATCHED]), at, FixedTime(self.now))

    def fall(self, *, beside: tuple[str, ...] = ()) -> list[Assessment]:
        """Let db go down for a minute, once a day; what is `beside` it is down all the time."""
        return [self.wake("db", *beside, later=DAY), self.wake(*beside)]

    @property
    def state(self) -> ShardState:
        return self.states.load("s0").state


def test_what_waits_for_a_topic_that_takes_nothing_does_not_grow_with_time() -> None:
    here = Months(alerts=InMemoryAlerts(broken={*BOTH}))
    sizes, given_up = [], 0
    for _ in range(115):
        for done in here.fall():
            given_up += len(done.given_up)
        sizes.append(len(here.state.outbox))

    assert max(sizes) == WAITING + 2 * len(NAMES)
    assert len(here.state.closed) == max(sizes) // 2
    assert given_up == 2 * len(here.history.items) == 2 * (115 - max(sizes) // 2)
    for incident in here.history.items.values():
        assert incident.moments[-1].what == "never taken by page, notice: given up"


def test_what_is_open_and_the_end_of_what_was_told_outlast_everything() -> None:
    here = Months()
    here.wake("api")
    (told,) = (incident.id for incident in here.state.incidents)
    here.alerts.broken = {*BOTH}
    here.wake("web")
    (still,) = (incident.id for incident in here.state.incidents)
    for _ in range(110):
        here.fall(beside=("web",))
    here.alerts.broken = set()

    here.wake("web")

    taken = [alert for alert, route in here.alerts.sent if route is Route.PAGE]
    assert {f"{told}#opened", f"{told}#resolved", f"{still}#opened"} <= {*taken}
    assert here.state.outbox == ()


def test_a_topic_that_takes_nothing_costs_the_other_nothing() -> None:
    here = Months(alerts=InMemoryAlerts(broken={Route.PAGE}))
    for _ in range(110):
        here.fall()

    notices = [alert for alert, route in here.alerts.sent if route is Route.NOTICE]
    assert len(notices) == len({*notices}) == 220
    assert {owed.routes for owed in here.state.outbox} == {(Route.PAGE,)}
    assert len(here.history.items) + len(here.state.closed) == 110


def test_months_of_one_outage_that_nobody_can_be_told_of_owe_one_alert() -> None:
    here = Months(alerts=InMemoryAlerts(broken={*BOTH}))
    for day in range(100):
        here.wake("db", *(["web"] if day % 2 else []), later=DAY)
    of_db = [o.alert.id for o in here.state.outbox if o.alert.incident.startswith("db-")]

    assert [alert.rpartition("#")[2] for alert in of_db] == ["opened"]
    here.alerts.broken = set()
    here.wake("db")
    here.wake("db")
    assert here.state.outbox == ()


class Silent(InMemoryHistory):
    """A history that does not answer."""

    def record(self, incident: Incident) -> None:
        raise StorageError("not now")


@pytest.mark.parametrize("deaf", [{*BOTH}, set()], ids=["a deaf topic", "a topic that takes all"])
def test_a_history_that_does_not_answer_either_is_no_reason_to_grow(deaf: set[Route]) -> None:
    here = Months(alerts=InMemoryAlerts(broken=deaf), history=Silent())
    falls = 210 if deaf else 110
    done = [each for _ in range(falls) for each in here.fall()]
    done.append(here.wake())

    dropped = {name for each in done for name in each.unfiled}
    untold = (WAITING + 2 * len(NAMES)) // 2 if deaf else 0
    assert len(here.state.closed) == CLOSED + len(NAMES) + untold
    assert len(dropped) == falls - len(here.state.closed)
    assert dropped.isdisjoint(each.id for each in here.state.closed)


def test_nothing_misses_the_history_while_it_answers() -> None:
    here = Months(alerts=InMemoryAlerts(broken={*BOTH}))
    ended = set()
    for _ in range(CLOSED + 3):
        here.fall()
        ended |= {incident.id for incident in here.state.closed}
    here.alerts.broken = set()

    done = [here.wake() for _ in range(2)]

    assert here.history.items.keys() == ended
    assert len(ended) == CLOSED + 3
    assert here.state.closed == ()
    assert not any(each.unfiled for each in done)
