"""What is sent, in which order, and what comes of what a route does not take."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import MINUTE, NOON, monitor, shard, world
from tests.fakes.memory import FixedTime, InMemoryAlerts, InMemoryStates
from tocsin.domain.incident import Alert, Ending, Event, Incident, Kind, announced
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import Owed, claim
from tocsin.domain.state import ShardState
from tocsin.usecases.announce import BATCH, REFUSALS, Sending, announce
from tocsin.usecases.ports import InvalidError, PublishError

OPENED = judge(shard(monitor()), world("fff"), ShardState(shard="s0"), NOON).outbox[0].alert
INCIDENT = Incident(
    id="db-1",
    kind=Kind.DOWN,
    opened_at=NOON,
    routes=(Route.PAGE,),
    subjects=OPENED.subjects,
    ending=Ending.RECOVERED,
)
BOTH = (Route.PAGE, Route.NOTICE)
BEFORE = 1
"""Writes of a test itself."""


class Counted(InMemoryAlerts):
    """Topics that count what they are asked."""

    asked = 0

    def publish(self, alert: Alert, route: Route, *, plain: bool = False) -> str:
        self.asked += 1
        return super().publish(alert, route, plain=plain)


def owing(number: int, *routes: Route) -> ShardState:
    alerts = (replace(OPENED, incident=f"i{n}", routes=routes) for n in range(number))
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


def test_a_wake_up_in_which_nothing_is_taken_writes_once() -> None:
    alerts = Counted(broken={Route.PAGE})

    sending, _, states = told(owing(50, Route.PAGE), alerts)

    assert states.writes == 1 + BEFORE
    assert {owed.claimed_until for owed in states.load("s0").state.outbox} == {None}
    # What was not even tried is no problem of its own.
    assert len(sending.problems) == REFUSALS
    assert sending.problems[0] == "i0#opened to page: out of order"


def test_what_was_taken_is_struck_off_every_few_alerts_and_the_rest_released() -> None:
    state = owing(2 * BATCH + 1, Route.PAGE)

    sending, _, states = told(state, Counted())

    assert states.writes == 3 + BEFORE
    assert sending == Sending(sent=2 * BATCH + 1)
    assert told(owing(0), Counted())[2].writes == BEFORE


def test_each_try_begins_with_another_route() -> None:
    three = (Route.PAGE, Route.CHAT, Route.NOTICE)
    state = owing(1, *three)
    first = []
    for tries in range(5):
        alerts = Counted()
        tried = replace(state, outbox=tuple(replace(o, tries=tries) for o in state.outbox))
        told(tried, alerts)
        assert {route for _, route in alerts.sent} == {*three}
        first.append(alerts.sent[0][1])

    assert first == [Route.PAGE, Route.PAGE, Route.CHAT, Route.NOTICE, Route.PAGE]


def course(*events: Event, routes: tuple[Route, ...] = (Route.PAGE,)) -> ShardState:
    """Owe alerts of one incident, which is open."""
    incident = replace(INCIDENT, routes=routes)
    alerts = [announced(incident, event, NOON, number=n) for n, event in enumerate(events)]
    outbox = tuple(Owed(alert=alert, routes=routes, tries=1) for alert in alerts)
    return ShardState(shard="s0", incidents=(incident,), outbox=outbox)


def test_what_is_refused_for_what_it_says_goes_out_in_plain_words() -> None:
    state = course(Event.OPENED, Event.REMINDER)
    alerts = Counted(invalid={"db-1#opened"})

    sending, _, states = told(state, alerts)

    assert alerts.plainly == ["db-1#opened"]
    assert alerts.sent == [("db-1#opened", Route.PAGE), ("db-1#reminder-1", Route.PAGE)]
    assert sending == Sending(sent=2, plain=("db-1#opened to page: too long",))
    (incident,) = states.load("s0").state.incidents
    assert [moment.what for moment in incident.moments] == [
        "opened sent to page without its details"
    ]
    assert states.load("s0").state.outbox == ()


def test_what_is_refused_in_plain_words_too_hides_nothing_of_how_it_went_on() -> None:
    state = course(Event.OPENED, Event.REMINDER, Event.UPDATED, routes=BOTH)
    alerts = Counted(cursed={"db-1#opened"}, broken={Route.NOTICE})

    sending, _, states = told(state, alerts)

    assert alerts.sent == [("db-1#reminder-1", Route.PAGE), ("db-1#updated-2", Route.PAGE)]
    assert sending.given_up == ("db-1#opened to page: a later one was taken",)
    assert (sending.sent, sending.unsent) == (2, 3)
    after = states.load("s0").state
    assert [(o.alert.id, o.routes) for o in after.outbox] == [
        ("db-1#opened", (Route.NOTICE,)),
        ("db-1#reminder-1", (Route.NOTICE,)),
        ("db-1#updated-2", (Route.NOTICE,)),
    ]
    assert [m.what for m in after.incidents[0].moments] == ["opened never taken by page: given up"]


def test_a_route_that_takes_nothing_whatever_it_says_keeps_all_of_it_owed() -> None:
    state = course(*[Event.REMINDER] * 20)
    alerts = Counted(cursed={owed.alert.id for owed in state.outbox})

    sending, _, states = told(state, alerts)

    assert alerts.asked == 2 * REFUSALS
    assert (sending.sent, sending.unsent, sending.given_up) == (0, 20, ())
    assert len(states.load("s0").state.outbox) == 20


def test_what_is_not_taken_for_another_reason_still_holds_back_what_follows() -> None:
    class Once(Counted):
        """Topics that are out of order for one call."""

        def publish(self, alert: Alert, route: Route, *, plain: bool = False) -> str:
            self.broken = {Route.PAGE} if not self.asked else set()
            return super().publish(alert, route, plain=plain)

    sending, _, states = told(course(Event.OPENED, Event.REMINDER), alerts := Once())

    assert (alerts.asked, alerts.sent) == (1, [])
    assert (sending.unsent, len(sending.problems)) == (2, 1)
    assert len(states.load("s0").state.outbox) == 2


def test_without_time_for_plain_words_it_waits_for_the_next_wake_up() -> None:
    alerts = Counted(invalid={"db-1#opened"})
    states = InMemoryStates()
    state = course(Event.OPENED, Event.REMINDER)
    states.save(state, over=0)
    time = FixedTime(NOON, enough=lambda: alerts.asked == 0)

    sending = announce("s0", state.outbox, alerts=alerts, states=states, time=time)

    assert alerts.asked == 1
    assert sending.problems == (
        "db-1#opened to page: no time left to say it in plain words (too long)",
    )
    assert states.load("s0").state == state


class Fickle(InMemoryAlerts):
    """Topics of which each call is answered as was drawn, and taken when nothing is left of that.

    `mute` takes an alert and does not say so, `invalid` and `cursed` refuse it for what it says.
    """

    answers: Iterator[str] = iter(())

    def publish(self, alert: Alert, route: Route, *, plain: bool = False) -> str:
        answer = next(self.answers, "")
        if answer == "down":
            raise PublishError("out of order")
        if answer == "cursed" or (answer == "invalid" and not plain):
            raise InvalidError("too long")
        message = super().publish(alert, route, plain=plain)
        if answer == "mute":
            raise PublishError("no answer")
        return message


def _fewer(alerts: InMemoryAlerts, number: int) -> bool:
    return len(alerts.sent) < number


ANSWERS = st.lists(st.sampled_from(["", "down", "mute", "invalid", "cursed"]), max_size=60)


@given(ANSWERS, st.integers(1, 5), st.integers(1, 20))
def test_whatever_a_route_answers_an_incident_is_told_in_order_to_its_end(
    answers: list[str], length: int, budget: int
) -> None:
    events = [Event.OPENED, *[Event.REMINDER] * (length - 1), Event.RESOLVED]
    state = course(*events, routes=BOTH)
    other = tuple(replace(o, alert=replace(o.alert, incident="web-1")) for o in state.outbox)
    states, alerts = InMemoryStates(), Fickle()
    states.save(replace(state, outbox=(*state.outbox, *other)), over=0)
    alerts.answers = iter(answers)
    for wake_up in range(80):
        stored = states.load("s0")
        if not stored.state.outbox:
            break
        now = NOON + wake_up * MINUTE
        mine = claim(stored.state.outbox, now)
        states.save(replace(stored.state, outbox=mine), over=stored.revision)
        last = len(alerts.sent) + budget
        time = FixedTime(now, enough=partial(_fewer, alerts, last))
        announce("s0", mine, alerts=alerts, states=states, time=time)

    assert states.load("s0").state.outbox == ()
    order = [owed.alert.id for owed in (*state.outbox, *other)]
    for name in ("db-1", "web-1"):
        for route in BOTH:
            mine_of_it = [a for a, to in alerts.sent if to is route and a.startswith(name)]
            told = [order.index(alert) for alert in dict.fromkeys(mine_of_it)]
            # Who hears nothing of an end that was taken cannot know that its beginning is too late.
            assert told == sorted(told) or {"cursed", "mute"} <= {*answers}
            assert mine_of_it[-1] == f"{name}#resolved-{length}"
            if "cursed" not in answers:
                assert len(told) == length + 1
