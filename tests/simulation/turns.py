"""One run of the aggregator, which may end between any two effects; two of them take turns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle
from threading import Semaphore, Thread

from tests.simulation.steps import Fate
from tocsin.domain.shard import Layout, Shard
from tocsin.usecases.ports import StorageError


class CrashError(BaseException):
    """The process ends here, between two effects."""


@dataclass
class Process:
    """A run: when by its own clock, under which configuration, and how it fares.

    It has `balked` once a table or topic did not answer.
    """

    shard: Shard
    among: Layout
    now: datetime
    fate: Fate | None = None
    points: int = 0
    published: int = 0
    balked: bool = False
    wait: Callable[[], None] = lambda: None

    def point(self) -> None:
        """Be between two effects: another may have its turn here, or this one may end."""
        self.wait()
        self.points += 1
        if self.fate is not None and self.points == self.fate.point:
            if self.fate.how == "crash":
                raise CrashError
            self.balked = True
            raise StorageError("no answer")

    @property
    def leads(self) -> frozenset[str]:
        """The locations whose own troubles its shard announces."""
        return self.among.leads[self.shard.id]

    def enough(self) -> bool:
        """Tell whether there is time for another message."""
        return self.fate is None or self.fate.budget is None or self.published < self.fate.budget


@dataclass
class _Player:
    thread: Thread
    turn: Semaphore
    over: bool = False


@dataclass
class Turns:
    """Run jobs in threads of which exactly one runs at a time, as `order` says (`abba…`)."""

    order: str
    back: Semaphore = field(default_factory=lambda: Semaphore(0))
    players: list[_Player] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    def add(self, process: Process, job: Callable[[], None]) -> None:
        """Give a process its seat."""
        turn = Semaphore(0)

        def wait() -> None:
            self.back.release()
            turn.acquire()

        def play() -> None:
            turn.acquire()
            try:
                job()
            except BaseException as fault:  # noqa: BLE001 - it is raised again where all is over
                self.faults.append(fault)
            player.over = True
            self.back.release()

        player = _Player(Thread(target=play, daemon=True), turn)
        process.wait = wait
        self.players.append(player)

    def run(self) -> None:
        """Let all of them play to their end, and raise what went wrong first."""
        for player in self.players:
            player.thread.start()
        for seat in self._seats():
            if all(player.over for player in self.players):
                break
            player = self.players[seat]
            if not player.over:
                player.turn.release()
                self.back.acquire()
        for player in self.players:
            player.thread.join()
        if self.faults:
            raise self.faults[0]

    def _seats(self) -> Iterator[int]:
        # Each letter once more at the end: whoever is left alone must come to its end too.
        return cycle("ab".index(letter) for letter in f"{self.order}ab")
