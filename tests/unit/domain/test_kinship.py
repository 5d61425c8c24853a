"""A shard among others: who falls together is one cause, whichever shard is judged first."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from tests.fakes.make import MINUTE, NOON, TICK, monitor, shard, world
from tocsin.domain.incident import Event
from tocsin.domain.judgement import ALONE, judge
from tocsin.domain.kinship import Kinship
from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Shard, layout
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState

UP = Standing(verdict=Verdict.UP, since=NOON, well=True)
DOWN = Standing(verdict=Verdict.DOWN, since=NOON, held_down=True, failed=True)
SOON = replace(UP, verdict=Verdict.DEGRADED, failed=True)
"""A quorum fails it, only not yet for long enough."""


def child(name: str = "api", *parents: str) -> Monitor:
    return replace(monitor(name), depends_on=parents or ("db",))


@dataclass
class House:
    """A shard with one child, and what is known and found of its parents in others."""

    watched: Shard = field(default_factory=lambda: shard(child()))
    others: tuple[Shard, ...] = (Shard(id="s1", version=1, monitors=(monitor("db"),)),)
    known: dict[str, Standing] = field(default_factory=lambda: {"db": UP})
    anew: dict[str, Standing] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)
    state: ShardState = field(default_factory=lambda: ShardState(shard="s0"))
    tick: int = TICK - 1

    def live(self, *minutes: str, web: str = "ppp") -> "House":
        """Let minutes pass in which the locations vote so on `api`, and on `web` beside it."""
        for votes in minutes:
            self.tick += 1
            reports, beside = (
                world(each, tick=self.tick, name=name)
                for name, each in (("api", votes), ("web", web))
            )
            for place, report in beside.items():
                sightings = {**reports[place].sightings, **report.sightings}
                reports[place] = replace(report, sightings=sightings)
            self._judge(reports)
            before = self.state
            self._judge(reports)
            assert self.state == before, "judging twice is judging once"
            self.told += [owed.alert.event for owed in self.state.outbox]
            self.state = replace(self.state, outbox=())
        return self

    def _judge(self, reports: Mapping[str, Report]) -> None:
        kinship = Kinship(
            among=layout([self.watched, *self.others]), known=self._known, anew=self._anew
        )
        now = instant_of(self.tick)
        self.state = kinship.judge(self.watched, reports, self.state, now, ALONE)

    def _known(self, other: Shard) -> Mapping[str, Standing]:
        return {m.id: self.known[m.id] for m in other.monitors if m.id in self.known}

    def _anew(self, other: Shard) -> Mapping[str, Standing]:
        self.asked.append(other.id)
        return {m.id: self.anew[m.id] for m in other.monitors if m.id in self.anew}


@pytest.mark.parametrize("fallen", [DOWN, SOON], ids=["down", "soon down"])
def test_a_child_that_is_judged_before_the_parent_with_which_it_falls_has_no_alert(
    fallen: Standing,
) -> None:
    house = House(anew={"db": fallen}).live("ppp", "fff", "fff")

    assert house.told == []
    assert house.state.standings["api"].sheltered


def test_a_child_whose_parents_are_well_at_this_moment_pages_at_once() -> None:
    assert House(anew={"db": UP}).live("ppp", "fff").told == [Event.OPENED]


def test_a_parent_of_which_nothing_can_be_found_out_is_as_it_was() -> None:
    assert House().live("ppp", "fff").told == [Event.OPENED]
    assert House(known={"db": DOWN}).live("ppp", "fff").told == []


def test_nobody_is_asked_while_all_is_well() -> None:
    assert House().live("ppp", "ppp").asked == []


def test_nobody_is_asked_for_a_child_that_is_sheltered_by_what_is_known() -> None:
    assert House(known={"db": DOWN}).live("fff", "fff").asked == []


def test_nobody_is_asked_any_more_once_it_is_told() -> None:
    house = House(anew={"db": UP}).live("fff")
    asked = len(house.asked)

    house.live("fff", "fff", "fff")

    assert asked == 1
    assert len(house.asked) == asked


def test_a_warning_is_held_against_the_parents_of_this_moment_too() -> None:
    house = House(anew={"db": DOWN}).live(*["ppf"] * 15)

    assert house.told == []


def test_what_was_down_in_a_warning_asks_again() -> None:
    house = House(anew={"db": UP}).live(*["ppf"] * 12)
    assert house.told == [Event.OPENED]

    house.anew["db"] = DOWN
    house.live("fff", "fff")

    assert house.told == [Event.OPENED]


def test_a_child_that_falls_again_within_an_open_incident_asks_again() -> None:
    """Two were told of in one alert; one recovers, and falls again with its parent."""
    both = replace(child("api"), tags=("blue",)), replace(monitor("web"), tags=("blue",))
    house = House(watched=shard(*both), anew={"db": UP})
    house.live("fff", "ppp", web="fff")

    house.anew["db"] = DOWN
    house.live("fff", "fff", web="fff")
    assert house.told == [Event.OPENED]

    house.anew["db"] = UP
    house.live("fff", "fff", web="fff")
    assert house.told == [Event.OPENED, Event.UPDATED]


def test_only_the_shards_above_a_child_in_trouble_are_asked() -> None:
    far = Shard(id="s2", version=1, monitors=(monitor("dns"),))
    watched = shard(child("api", "db"), child("web", "dns"))
    house = House(watched=watched, known={"db": UP, "dns": UP}, anew={"db": DOWN, "dns": DOWN})
    house.others = (*house.others, far)

    house.live("fff")

    assert {*house.asked} == {"s1"}


@pytest.mark.parametrize("down", ["db", "dns"])
def test_one_parent_that_is_down_is_enough_in_whichever_shard(down: str) -> None:
    far = Shard(id="s2", version=1, monitors=(monitor("dns"),))
    house = House(watched=shard(child("api", "db", "dns")), known={"db": UP, "dns": UP})
    house.others, house.anew = (*house.others, far), {"db": UP, "dns": UP, down: DOWN}

    assert house.live("fff").told == []


def test_a_parent_that_is_in_no_shard_shelters_nobody() -> None:
    assert House(others=()).live("ppp", "fff").told == [Event.OPENED]


def test_what_is_known_of_other_parents_holds_while_some_are_asked() -> None:
    far = Shard(id="s2", version=1, monitors=(monitor("dns"),))
    house = House(watched=shard(child("api", "db"), child("web", "dns")))
    house.others = (*house.others, far)
    house.known, house.anew = {"db": UP, "dns": DOWN}, {"db": UP}

    house.live("fff", web="fff")

    assert house.told == [Event.OPENED]
    assert house.state.standings["web"].sheltered


def test_what_lies_above_its_parents_is_asked_too_in_whichever_shard() -> None:
    middle = Shard(id="s1", version=1, monitors=(child("db", "power"),))
    top = Shard(id="s2", version=1, monitors=(child("power", "db"),))
    house = House(
        others=(middle, top), known={"db": UP, "power": UP}, anew={"db": UP, "power": DOWN}
    )

    house.live("ppp", "fff", "fff")

    assert house.told == []
    assert {*house.asked} == {"s1", "s2"}


def test_a_child_pages_once_its_parent_has_been_well_for_a_while() -> None:
    house = House(anew={"db": DOWN}).live("fff")

    house.anew["db"] = UP
    house.live("fff")
    assert house.told == []
    assert house.state.standings["api"].freed_at == NOON + MINUTE
    house.live("fff")

    assert house.told == [Event.OPENED]


def test_an_older_configuration_judges_nothing_among_others_either() -> None:
    newer = judge(shard(child(), version=7), {}, ShardState(shard="s0"), NOON)

    assert House(state=newer, anew={"db": UP}).live("fff").state == newer
