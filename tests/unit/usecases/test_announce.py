"""A route that takes nothing takes no time from the others either."""

from dataclasses import replace

from tests.fakes.make import NOON, monitor, shard, world
from tests.fakes.memory import FixedTime, InMemoryAlerts, InMemoryStates
from tocsin.domain.incident import Alert
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import Owed
from tocsin.domain.state import ShardState
from tocsin.usecases.announce import REFUSALS, Sending, announce


class Counted(InMemoryAlerts):
    """Topics that count what they are asked."""

    asked = 0

    def publish(self, alert: Alert, route: Route) -> str:
        self.asked += 1
        return super().publish(alert, route)


def owing(number: int, *routes: Route) -> ShardState:
    opened = judge(shard(monitor()), world("fff"), ShardState(shard="s0"), NOON).outbox[0].alert
    alerts = (replace(opened, incident=f"i{n}", routes=routes) for n in range(number))
    return ShardState(shard="s0", outbox=tuple(Owed(alert=each, routes=routes) for each in alerts))


def told(state: ShardState, alerts: Counted) -> tuple[Sending, FixedTime, InMemoryStates]:
    states, time = InMemoryStates(), FixedTime(NOON)
    states.save(state, over=0)
    sending = announce("s0", state.outbox, alerts=alerts, states=states, time=time)
    return sending, time, states


def test_a_route_that_refuses_everything_is_let_alone_for_the_rest_of_a_wake_up() -> None:
    alerts = Counted(broken={Route.PAGE})

    sending, time, states = told(owing(50, Route.PAGE), alerts)

    assert alerts.asked == time.turns == REFUSALS
    assert sending.unsent == len(states.load("s0").state.outbox) == 50


def test_the_other_routes_still_get_all_that_they_are_owed() -> None:
    alerts = Counted(broken={Route.PAGE})

    told(owing(50, Route.PAGE, Route.NOTICE), alerts)

    assert len(alerts.sent) == 50
