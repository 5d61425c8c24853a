"""What is owed to whom, and how an outlet is told."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.fakes.make import NOON, monitor, shard, world
from tocsin.domain.incident import Alert
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Route
from tocsin.domain.state import ShardState
from tocsin.usecases.hand_on import (
    BUS,
    LONGEST_PAUSE,
    TRIES,
    Handover,
    Hands,
    hand_over,
    owed,
    pause,
)
from tocsin.usecases.ports import HandoverError


@dataclass
class InMemoryOutlets:
    urls: dict[str, str]

    def names(self, route: Route) -> tuple[str, ...]:
        return tuple(name for name in self.urls if name.startswith(f"{route}/"))

    def url(self, name: str) -> str | None:
        return self.urls.get(name)


@dataclass
class Told:
    """Tells everybody, and keeps what was said; refuses where it is to."""

    refusing: bool = False
    said: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, url: str, alert: Alert) -> None:
        self._say(url, alert.id)

    def put(self, alert: Alert, text: str) -> None:
        self._say(alert.id, text)

    def _say(self, *what: str) -> None:
        if self.refusing:
            raise HandoverError("no")
        self.said.append((what[0], what[1]))


OUTLETS = InMemoryOutlets(
    {"page/pager": "pager://", "chat/team": "team://", "notice/log": "log://", "page/boss": "boss:"}
)


def alert(*routes: Route) -> Alert:
    judged = judge(shard(monitor(routes=routes)), world("fff"), ShardState(shard="s0"), NOON)
    return judged.outbox[0].alert


def hands(messenger: Told, events: Told) -> Hands:
    return Hands(outlets=OUTLETS, messenger=messenger, events=events)


def outlets(of: Alert, route: Route, *, bus: bool = True) -> list[str]:
    return [each.outlet for each in owed(of, "{}", route, OUTLETS, bus=bus)]


def test_an_alert_is_owed_to_the_outlets_of_the_route_that_it_came_by() -> None:
    assert outlets(alert(Route.PAGE), Route.PAGE, bus=False) == ["page/pager", "page/boss"]
    assert outlets(alert(Route.CHAT), Route.CHAT, bus=False) == ["chat/team"]


def test_an_alert_on_several_routes_is_one_event() -> None:
    everywhere = alert(Route.NOTICE, Route.CHAT, Route.PAGE)

    owing = [name for route in Route for name in outlets(everywhere, route)]

    assert owing.count(BUS) == 1
    assert len(owing) == len(OUTLETS.urls) + 1


def test_without_a_bus_nothing_is_an_event() -> None:
    assert BUS not in outlets(alert(Route.PAGE), Route.PAGE, bus=False)


def test_no_outlet_of_a_route_can_be_taken_for_the_bus() -> None:
    assert "/" not in BUS


def test_what_is_owed_says_of_which_alert_it_is_and_holds_it_as_it_was_published() -> None:
    opened = alert(Route.CHAT)

    (found,) = owed(opened, '{"id": 1}', Route.CHAT, OUTLETS, bus=False)

    assert found == Handover(
        outlet="chat/team", alert=opened.id, incident=opened.incident, text='{"id": 1}'
    )


def handover(outlet: str) -> Handover:
    opened = alert(Route.PAGE)
    return Handover(outlet=outlet, alert=opened.id, incident=opened.incident, text="{}")


def test_an_outlet_is_told_by_its_url_and_the_bus_by_the_json() -> None:
    messenger, events, opened = Told(), Told(), alert(Route.PAGE)

    assert hand_over(handover("page/pager"), opened, hands(messenger, events))
    assert hand_over(handover(BUS), opened, hands(messenger, events))

    assert messenger.said == [("pager://", opened.id)]
    assert events.said == [(opened.id, "{}")]


def test_an_outlet_that_was_removed_is_told_nothing_and_owed_nothing() -> None:
    messenger = Told()

    assert not hand_over(handover("page/gone"), alert(Route.PAGE), hands(messenger, Told()))
    assert messenger.said == []


@pytest.mark.parametrize("outlet", ["page/pager", BUS])
def test_an_outlet_that_refuses_is_still_owed(outlet: str) -> None:
    refusing = Told(refusing=True)

    with pytest.raises(HandoverError):
        hand_over(handover(outlet), alert(Route.PAGE), hands(refusing, refusing))


def test_a_name_that_begins_as_a_route_does_is_not_of_it() -> None:
    odd = replace(OUTLETS, urls={"pager/x": "x://", "page/y": "y://"})

    assert [o.outlet for o in owed(alert(Route.PAGE), "", Route.PAGE, odd, bus=False)] == ["page/y"]


def test_pauses_grow_to_a_quarter_of_an_hour_and_last_for_over_an_hour_in_all() -> None:
    pauses = [pause(tries) for tries in range(1, TRIES)]

    assert pauses[:3] == [timedelta(seconds=15), timedelta(seconds=30), timedelta(minutes=1)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE == timedelta(minutes=15)
    assert timedelta(hours=1) < sum(pauses, timedelta()) < timedelta(hours=2)


@pytest.mark.parametrize("tries", [0, 10**9], ids=["none yet", "more than anybody counts"])
def test_any_number_of_tries_has_a_pause(tries: int) -> None:
    assert timedelta() < pause(tries) <= LONGEST_PAUSE
