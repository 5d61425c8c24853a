"""What is down because something else is: no alert of its own, and its own again in time."""

from dataclasses import replace

import pytest

from tests.fakes.make import MINUTE, NOON, monitor
from tests.unit.domain.history import ME, Life
from tocsin.domain.dependence import sheltered
from tocsin.domain.incident import Event
from tocsin.domain.judgement import Surroundings
from tocsin.domain.monitor import Monitor
from tocsin.domain.orders import paused
from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import Standing

DB = monitor("db")
DOWN = Standing(verdict=Verdict.DOWN, since=NOON, held_down=True)
UP = Standing(verdict=Verdict.UP, since=NOON)


def child(name: str, *parents: str, minutes: int = 0) -> Monitor:
    return replace(monitor(name, fail_for=minutes * MINUTE), depends_on=parents)


API = child("api", "db")


def test_a_child_of_what_is_down_has_no_alert_and_is_named_in_its_parents() -> None:
    life = Life.of(DB, API).live().live(10, down={"db", "api"})

    assert life.told() == ["db"]
    assert life.alerts[0].subjects[0].hangs == ("api",)
    assert life.alerts[0].subjects[0].fallen == ("api",)
    assert life.verdict("api") is Verdict.DOWN


def test_a_child_that_recovers_with_its_parent_is_never_told_of() -> None:
    life = Life.of(DB, API).live(5, down={"db", "api"}).live(5)

    assert life.told() == ["db", "db"]


def test_a_child_that_stays_down_pages_once_its_parent_has_been_well_for_long_enough() -> None:
    life = Life.of(DB, child("api", "db", minutes=2)).live(5, down={"db", "api"})

    life.live(2, down={"api"})
    assert life.told(Event.OPENED) == ["db"]
    life.live(1, down={"api"})
    assert life.told(Event.OPENED) == ["db", "api"]


def test_a_child_without_a_parent_in_trouble_pages_at_once() -> None:
    assert Life.of(DB, API).live().live(down={"api"}).told() == ["api"]


def test_a_grandchild_is_sheltered_too() -> None:
    life = Life.of(DB, API, child("shop", "api")).live(3, down={"db", "shop"})

    assert life.told() == ["db"]


def test_a_parent_that_is_not_yet_down_for_long_enough_shelters_already() -> None:
    slow = monitor("db", fail_for=5 * MINUTE)

    life = Life.of(slow, API).live().live(8, down={"db", "api"})

    assert life.told() == ["db"]


def test_a_parent_in_another_shard_shelters() -> None:
    life = Life.of(API, around=Surroundings(elsewhere={"db": DOWN}))

    assert life.live(5, down={"api"}).told() == []
    life.around = Surroundings(elsewhere={"db": UP})
    assert life.live(2, down={"api"}).told() == ["api"]


@pytest.mark.parametrize("between", [UP, Standing(verdict=Verdict.PAUSED, since=NOON)])
def test_what_lies_above_a_parent_in_another_shard_shelters(between: Standing) -> None:
    chain = Surroundings(
        parents={"db": ("router",), "router": ("power",), "power": ("router",)},
        elsewhere={"db": between, "router": between, "power": DOWN},
    )
    life = Life.of(API, around=chain)

    assert life.live(3, down={"api"}).told() == []
    assert life.state.standings["api"].sheltered
    life.around = replace(chain, elsewhere={**chain.elsewhere, "power": UP})
    assert life.live(2, down={"api"}).told() == ["api"]


def test_a_chain_may_lead_through_another_shard_and_back() -> None:
    chain = Surroundings(parents={"web": ("db",)}, elsewhere={"web": UP})

    life = Life.of(DB, child("api", "web"), around=chain).live().live(3, down={"db", "api"})

    assert life.told() == ["db"]


def test_a_parent_that_goes_up_and_down_shelters_while_it_is_up_too() -> None:
    life = Life.of(DB, API).live()
    for _ in range(4):
        life.live(down={"db"}).live()
    opened = life.told(Event.OPENED)

    life.live(3, down={"api"})

    assert life.told(Event.OPENED) == opened == ["db", "db", "db"]


def test_a_paused_parent_shelters_nobody() -> None:
    life = Life.of(DB, API).live()
    life.state = paused(life.state, ["db"], ME)

    assert life.live(2, down={"db", "api"}).told() == ["api"]


@pytest.mark.parametrize(
    ("children", "under"),
    [
        pytest.param((child("api", "db"),), {"api"}, id="a child"),
        pytest.param((child("api", "gone"),), set(), id="a parent that nobody knows"),
        pytest.param((child("a", "b"), child("b", "a")), set(), id="a circle"),
        pytest.param((child("a", "a", "db"),), {"a"}, id="itself and another"),
        pytest.param((child("a", "b"), child("b", "db")), {"a", "b"}, id="a chain"),
        pytest.param((child("db", "db"),), set(), id="itself alone"),
    ],
)
def test_shelter_follows_the_parents(children: tuple[Monitor, ...], under: set[str]) -> None:
    standings = {each.id: UP for each in children} | {"db": DOWN}
    parents = {each.id: each.depends_on for each in children}

    assert sheltered(parents, parents, standings, NOON) == under
