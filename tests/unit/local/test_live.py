"""The watcher behind the page: whatever it meets, it goes on looking."""

import threading
from typing import cast

import pytest

from tests.fakes.make import NOON, monitor
from tocsin.domain.control import Said
from tocsin.domain.quorum import Delay
from tocsin.domain.suspicion import Doubt
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

    view._watch(cast("LocalStack", QuietStack()), Rounds(1))

    (shown,) = view.snapshot().monitors
    assert (shown.id, shown.slow) == ("db", (SLOW,))
    assert (shown.paused, shown.behind) == (SAID, ("router",))
    assert view.snapshot().doubts == {"lima": DOUBT}
