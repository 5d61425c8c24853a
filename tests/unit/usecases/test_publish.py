"""When the status page is written, what of it, and what becomes of what could not be."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import override

import pytest

from tests.fakes.make import NOON, shard
from tests.fakes.memory import InMemoryConfigs, InMemoryStates
from tests.fakes.projections import InMemoryProjections
from tests.fakes.site import InMemoryLedger, InMemorySite
from tests.unit.usecases.test_board import Filed, incident, shown, standing
from tocsin.domain.incident import Incident
from tocsin.domain.quorum import Verdict
from tocsin.domain.state import ShardState
from tocsin.usecases.board import Board
from tocsin.usecases.ports import StorageError, Stored
from tocsin.usecases.publish import EVERY, File, Publication, Publisher

MINUTE = timedelta(minutes=1)


def always() -> bool:
    return True


def times(count: int) -> Callable[[], bool]:
    """Give time for so many questions."""
    left = iter([True] * count)
    return lambda: next(left, False)


def plain(board: Board, ever: Iterable[str]) -> Iterator[File]:
    """Draw a page of a few files, as simply as it can be told apart."""
    yield File(path="index", body=f"{board.at} {board.mood}".encode(), content_type="t", cache="c")
    yield File(path="past", body=f"{board.episodes}".encode(), content_type="t", cache="c")
    for part in board.parts:
        yield File(path=part.slug, body=part.mood.encode(), content_type="t", cache="c")
    for path in sorted({*ever} - {"index", "past", *(part.slug for part in board.parts)}):
        yield File(path=path, body=b"gone", content_type="t", cache="c")


class UnreachableStates(InMemoryStates):
    """A table that does not answer."""

    @override
    def load(self, shard: str) -> Stored:
        raise StorageError("table state: out of reach")


@dataclass
class House:
    """Tables, and the site that shows them."""

    site: InMemorySite = field(default_factory=InMemorySite)
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    states: InMemoryStates = field(default_factory=InMemoryStates)
    configs: InMemoryConfigs = field(default_factory=InMemoryConfigs)
    look: str = "1"

    def __post_init__(self) -> None:
        self.configs.held = (shard(shown("api"), shown("web")),)
        self.stand()

    def stand(self, verdict: Verdict = Verdict.UP, *incidents: Incident) -> None:
        standings = {"api": standing(verdict), "web": standing()}
        state = ShardState(shard="s0", standings=standings, incidents=incidents)
        self.states.items["s0"] = Stored(state=state, revision=1)

    def publish(
        self, at: timedelta = timedelta(), enough: Callable[[], bool] = always
    ) -> Publication:
        publisher = Publisher(
            configs=self.configs,
            states=self.states,
            past=InMemoryProjections(),
            history=Filed(),
            next_start=lambda _cron, _timezone, _after: None,
            draw=plain,
            site=self.site,
            ledger=self.ledger,
            look=self.look,
        )
        self.site.puts.clear()
        return publisher.publish(NOON + at, enough)


def test_all_of_it_is_written_at_first() -> None:
    house = House()

    assert house.publish() == Publication(files=4)
    assert house.site.puts == ["index", "past", "the-api", "the-web"]


def test_nothing_is_written_while_nothing_changes() -> None:
    house = House()
    house.publish()

    assert house.publish(MINUTE) == Publication()


def test_only_what_differs_is_written_when_something_changes() -> None:
    house = House()
    house.publish()
    house.stand(Verdict.DOWN)

    house.publish(MINUTE)

    assert house.site.puts == ["index", "the-api"]
    assert house.site.text("the-api") == "outage"


def test_a_page_is_never_older_than_it_says_it_gets() -> None:
    house = House()
    house.publish()

    assert house.publish(EVERY - MINUTE).files == 0
    assert house.publish(EVERY).files == 1
    assert house.site.puts == ["index"]


def test_all_of_it_is_written_anew_each_day_for_it_may_have_been_removed() -> None:
    house = House()
    house.publish()

    assert house.publish(timedelta(hours=12)).files == 4


def test_a_new_look_is_seen_at_once() -> None:
    house = House()
    house.publish()

    house.look = "2"

    assert house.publish(MINUTE).files == 1


def test_an_episode_that_begins_is_told_at_once() -> None:
    house = House()
    house.publish()
    house.stand(Verdict.UP, incident("api"))

    house.publish(MINUTE)

    assert "past" in house.site.puts


def test_what_is_not_public_any_more_is_drawn_as_that_and_once() -> None:
    house = House()
    house.publish()
    house.configs.held = (shard(shown("web")),)

    house.publish(MINUTE)
    assert house.site.text("the-api") == "gone"

    house.publish(EVERY + MINUTE)
    assert house.site.puts == ["index"]


@pytest.mark.parametrize("broken", ["", "past", "the-web"])
def test_what_the_site_does_not_take_stays_owed_and_is_tried_again(broken: str) -> None:
    house = House(site=InMemorySite(broken=broken))

    first = house.publish()

    assert first.owed
    assert "out of reach" in first.problem
    house.site.broken = None
    second = house.publish(MINUTE)
    assert not second.owed
    assert set(house.site.files) == {"index", "past", "the-api", "the-web"}
    assert house.publish(2 * MINUTE) == Publication()


def test_what_was_written_before_a_failure_is_not_written_again() -> None:
    house = House(site=InMemorySite(broken="the-web"))
    house.publish()
    house.site.broken = None

    house.publish()

    assert house.site.puts == ["the-web"]


def test_time_that_runs_out_leaves_the_rest_to_the_next_minute() -> None:
    house = House()

    first = house.publish(enough=times(4))

    assert (first.owed, house.site.puts) == (True, ["index", "past"])
    house.publish()
    assert house.site.puts == ["the-api", "the-web"]


def test_without_time_nothing_is_begun() -> None:
    house = House()

    assert house.publish(enough=lambda: False) == Publication(owed=True)
    assert house.site.puts == []


@pytest.mark.parametrize("after", [0, 1])
def test_a_ledger_that_does_not_answer_leaves_it_owed(after: int) -> None:
    house = House()
    if after:
        house.publish()
    house.ledger.broken = True

    done = house.publish(MINUTE)

    assert done.owed
    assert "table state" in done.problem
    assert house.site.puts == []


def test_a_state_that_cannot_be_read_shows_nothing_that_was_not_seen() -> None:
    house = House()
    house.publish()

    house.states = UnreachableStates()

    assert house.publish(EVERY) == Publication(owed=True, problem="table state: out of reach")
    assert house.site.puts == []


def test_a_page_that_was_half_written_is_not_taken_for_whole() -> None:
    house = House()
    house.publish(enough=times(4))
    house.stand(Verdict.DOWN)

    house.publish(MINUTE)

    assert house.site.text("the-api") == "outage"


def test_a_state_that_comes_back_is_written_back() -> None:
    """A digest that is not of what is there would leave an old state standing."""
    house = House()
    seen = []
    for number, verdict in enumerate((Verdict.UP, Verdict.DOWN, Verdict.UP)):
        house.stand(verdict)
        house.publish(number * MINUTE)
        seen.append(house.site.text("the-api"))

    assert seen == ["operational", "outage", "operational"]


def test_files_are_told_apart_by_all_that_is_sent() -> None:
    file = File(path="a", body=b"b", content_type="c", cache="d")

    others = [
        replace(file, path="x"),
        replace(file, body=b"x"),
        replace(file, content_type="x"),
        replace(file, cache="x"),
    ]

    assert len({each.digest for each in (file, *others)}) == 5
