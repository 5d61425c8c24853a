"""The watcher behind the page: whatever it meets, it goes on looking."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast, override

import pytest

from tests.fakes.make import NOON, monitor
from tests.unit.pages.scenes import Scene
from tocsin.domain.control import Said
from tocsin.domain.incident import Incident
from tocsin.domain.quorum import Delay
from tocsin.domain.suspicion import Doubt
from tocsin.pages.asked import stamped
from tocsin.pages.console import Question
from tocsin.pages.manner import Site
from tocsin.usecases.overview import Wish
from tocsin.usecases.ports import StorageError
from tocsin_cli.local.inbox import Delivery
from tocsin_cli.local.live import LiveView
from tocsin_cli.local.stack import LocalStack
from tocsin_cli.survey import Sight, Survey

SAID = Said(by="ann", at=NOON)
DOUBT = Doubt(since=NOON, text="has never reported")
SLOW = Delay(phase="connect", ms=310, limit_ms=200)


class Rounds(threading.Event):
    """Ends after so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._left = looks

    def wait(self, timeout: float | None = None) -> bool:
        self._left -= 1
        return self._left < 0


class BrokenStack:
    """Counts how often it is looked at, and answers with an error."""

    def __init__(self, error: Exception) -> None:
        self.looks = 0
        self.inbox = self
        self._error = error

    def survey(self) -> None:
        self.looks += 1

    def collect(self) -> list[Delivery]:
        raise self._error


@pytest.mark.parametrize("error", [StorageError("silent"), KeyError("Subject")])
def test_the_watcher_outlives_every_error_and_writes_it_down(error: Exception) -> None:
    told: list[str] = []
    stack = BrokenStack(error)

    LiveView(told.append)._watch(cast("LocalStack", stack), Rounds(3))

    assert stack.looks == 3
    assert len(told) == 3
    assert f"{type(error).__name__}: {error}" in told[0]


class QuietStack:
    """Is seen with one slow monitor, and delivers nothing."""

    def __init__(self) -> None:
        self.inbox = self

    def survey(self) -> Survey:
        sight = Sight(
            monitor=monitor(),
            standing=None,
            ballots=(),
            slow=(SLOW,),
            paused=SAID,
            behind=("router",),
        )
        return Survey(
            at=NOON, version=1, sights=(sight,), incidents=(), owed=(), doubts={"lima": DOUBT}
        )

    def collect(self) -> list[Delivery]:
        return []


def test_the_page_is_told_all_that_is_said_of_monitors_and_locations() -> None:
    view = LiveView(lambda _: None)
    view.progress("Looking")

    view._watch(cast("LocalStack", QuietStack()), Rounds(1))

    assert view.snapshot().busy_with is None
    (shown,) = view.snapshot().monitors
    assert (shown.id, shown.slow) == ("db", (SLOW,))
    assert (shown.paused, shown.behind) == (SAID, ("router",))
    assert view.snapshot().doubts == {"lima": DOUBT}


class Home:
    """The home tables in memory, with their history empty."""

    def __init__(self) -> None:
        scene = Scene()
        self.configs = scene.eyes.configs
        self.states = scene.states
        self.reports = scene.reports
        self.projections = scene.past
        self.heartbeats = scene.eyes.ear.pulses
        self.history = self

    def of_month(self, _at: datetime) -> Iterator[Incident]:
        yield from ()


class WholeStack(QuietStack):
    """Has tables besides."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Home()


class UnseenStack(WholeStack):
    """Cannot be seen yet."""

    @override
    def survey(self) -> Survey:
        raise StorageError("silent")


def test_nothing_is_said_of_the_monitors_before_the_first_look() -> None:
    view = LiveView(lambda _: None)

    with view.watching(cast("LocalStack", UnseenStack())):
        assert view.snapshot().busy_with == "Looking for the first time"


def test_the_console_is_there_while_the_stack_runs_and_what_it_does_is_written_down() -> None:
    told: list[str] = []
    view, stack = LiveView(told.append), WholeStack()
    words = {"do": "pause", "monitor": "cart", "at": stamped(datetime.now(UTC))}
    question = Question(words=words, typed={"by": "eve"}, wish=Wish())

    view.progress("Building")
    assert view.console(question, Site()) is None
    with view.watching(cast("LocalStack", stack)):
        answer = view.console(question, Site())
    assert view.console(question, Site()) is None
    assert view.snapshot().busy_with == "The stack ends"

    assert answer is not None
    assert "cart is paused by eve (console)." in answer.html
    assert stack.home.states.load("s0").state.paused["cart"].by == "eve (console)"
    assert told == ["stack: Building", "you: pause cart"]
