"""What is asked is done, then shown, and whatever stands in the way is said on the page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from tests.fakes.make import NOON
from tests.unit.pages.reading import Page
from tests.unit.pages.scenes import ENDPOINT_ARN, Scene
from tocsin.domain.incident import Incident
from tocsin.domain.orders import SILENCES
from tocsin.domain.state import ShardState
from tocsin.pages.asked import stamped
from tocsin.pages.console import Answer, Console, Question
from tocsin.pages.manner import CloudWatch
from tocsin.usecases.overview import Wish
from tocsin.usecases.ports import ConflictError, StorageError


@dataclass
class Shelf:
    """A history; one that is `broken` does not answer."""

    broken: bool = False

    def of_month(self, _at: datetime) -> Iterator[Incident]:
        if self.broken:
            raise StorageError("table state: out of reach")
        yield from ()


def ask(scene: Scene, *, broken: bool = False, **words: str) -> Answer:
    console = Console(
        eyes=scene.eyes, past=scene.past, reports=scene.reports, history=Shelf(broken=broken)
    )
    question = Question(
        words={"at": stamped(NOON), **words}, typed={"by": "eve", "length": "4h"}, wish=Wish()
    )
    return console.answer(question, CloudWatch(endpoint=ENDPOINT_ARN), NOON)


def told(answer: Answer) -> str:
    return Page(answer.html).by_id("t-told").text


def full() -> Scene:
    """Make a house that is silent in every way already."""
    scene = Scene()
    stored = scene.states.load("s0")
    one, *_ = stored.state.silences
    silences = tuple(replace(one, id=f"s{n}") for n in range(SILENCES))
    scene.states.items["s0"] = replace(stored, state=replace(stored.state, silences=silences))
    return scene


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            {"do": "silence", "monitor": "db"},
            "db is silenced until 16:00 UTC by eve (console). It takes effect within a minute.",
        ),
        ({"do": "pause", "monitor": "vpn"}, "vpn was paused before: nothing is changed."),
        (
            {"do": "resume", "monitor": "vpn"},
            "vpn is resumed by eve (console). It takes effect within a minute.",
        ),
    ],
)
def test_what_became_of_an_order_stands_on_the_page_of_its_monitor(
    words: dict[str, str], said: str
) -> None:
    answer = ask(Scene(), broken=False, **words)

    assert told(answer) == said
    assert f"{words['monitor']} is" in Page(answer.html).by_id("t-overall").text
    assert answer.done is not None


def test_what_cannot_be_done_is_said_and_the_rest_is_shown() -> None:
    answer = ask(full(), do="silence", monitor="db")

    assert told(answer).startswith("Nothing was done: 100 silences are in force in shard s0.")
    assert Page(answer.html).by_id("t-h-votes")
    assert answer.done is None


def test_an_order_that_was_done_is_told_though_nothing_can_be_shown_after_it() -> None:
    answer = ask(Scene(), broken=True, do="pause", monitor="cart")

    assert told(answer) == (
        "cart is paused by eve (console). It takes effect within a minute. The tables do not "
        "answer: table state: out of reach. Try again in a moment."
    )
    assert answer.done is not None
    assert answer.problem


def test_an_order_that_lost_every_race_is_not_said_to_be_done() -> None:
    scene = Scene()

    def other(_state: ShardState) -> None:
        raise ConflictError("shard s0: revision 1 is gone")

    scene.states.before_save = other

    answer = ask(scene, do="pause", monitor="cart")

    assert told(answer).startswith("The tables do not answer: shard s0: lost 10 races in a row")
    assert answer.done is None
