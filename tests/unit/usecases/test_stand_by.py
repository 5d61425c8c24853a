"""A look at the home: what is decided is stored first, and what is owed is sent until taken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

import pytest

from tests.fakes.make import MINUTE, NOON, TICK
from tocsin.domain.outlook import Failing, View
from tocsin.domain.standby import HomeAlert, Progress, Watch
from tocsin.usecases.ports import ConflictError, PublishError, StorageError
from tocsin.usecases.stand_by import Post, Seen, stand_by


@dataclass
class Region:
    """The home, which may be out; all of it is as it was at noon."""

    out: bool = True

    def progress(self) -> Progress | None:
        if self.out:
            raise StorageError("table state: out")
        return Progress(at=NOON, judged=1, failed=0)


@dataclass
class InMemoryWatches:
    """The watch; `before_save` may play a crash, or another writer who comes first."""

    watch: Watch = field(default_factory=Watch)
    revision: int = 0
    before_save: Callable[[], None] = lambda: None

    def load(self) -> tuple[Watch, int]:
        return self.watch, self.revision

    def save(self, watch: Watch, *, over: int) -> int:
        self.before_save()
        if over != self.revision:
            raise ConflictError("gone")
        self.watch, self.revision = watch, over + 1
        return self.revision


@dataclass
class Bell:
    """The topic; it may refuse."""

    rung: list[HomeAlert] = field(default_factory=list)
    refuses: bool = False

    def ring(self, alert: HomeAlert) -> str:
        if self.refuses:
            raise PublishError("throttled")
        self.rung.append(alert)
        return "m-1"


@dataclass
class Views:
    """What the probe sees."""

    seen: tuple[View, ...] = ()
    out: bool = False

    def views(self) -> Iterator[View]:
        if self.out:
            raise StorageError("table standby: too slow")
        yield from self.seen


@dataclass
class Place:
    """A stand-by that looks once a minute."""

    region: Region = field(default_factory=Region)
    watches: InMemoryWatches = field(default_factory=InMemoryWatches)
    views: Views = field(default_factory=Views)
    bell: Bell = field(default_factory=Bell)
    blind: str = ""
    minutes: Iterator[int] = field(default_factory=count)

    def look(self) -> Seen:
        post = Post(
            home="eu-west-1",
            region=self.region,
            views=self.views,
            watches=self.watches,
            bell=self.bell,
            blind=lambda: self.blind,
        )
        at = self.at()
        return stand_by(post, lambda: at)

    def at(self) -> datetime:
        return NOON + next(self.minutes) * MINUTE

    def looks(self, number: int) -> list[Seen]:
        return [self.look() for _ in range(number)]

    @property
    def rung(self) -> list[str]:
        return [str(each.event) for each in self.bell.rung]


class Death(BaseException):
    """The end of a process, which nothing catches."""


def test_a_silent_home_rings_once_and_the_log_says_why() -> None:
    here = Place()

    seen = here.looks(10)

    assert here.rung == ["opened"]
    assert seen[0].trouble == "its state table does not answer: table state: out"
    assert [each.lost for each in seen] == [False] * 5 + [True] * 5
    assert [len(each.sent) for each in seen] == [0] * 5 + [1] + [0] * 4


def test_its_own_network_is_asked_only_where_the_home_does_not_answer() -> None:
    here = Place(region=Region(out=False), blind="2 of our 3 canaries fail")

    assert here.look().blind == ""
    here.region.out = True
    assert [each.blind for each in here.looks(9)] == ["2 of our 3 canaries fail"] * 9
    assert here.rung == []


def test_what_rings_says_what_its_own_probe_sees() -> None:
    failing = Failing(monitor="db", since=TICK, text="refused")
    view = View(shard="s0", tick=TICK + 5, monitors=4, failing=(failing,))
    here = Place(views=Views((view,)))

    here.looks(6)

    outlook = here.bell.rung[0].outlook
    assert outlook is not None
    assert (outlook.monitors, outlook.failing) == (4, (failing,))


def test_what_the_topic_refuses_stays_owed_and_is_sent_under_the_same_id() -> None:
    here = Place(bell=Bell(refuses=True))

    seen = here.looks(8)
    owed = here.watches.watch.owed
    here.bell.refuses = False
    here.look()

    assert (seen[-1].problem, seen[-1].sent) == ("throttled", ())
    assert [each.id for each in here.bell.rung] == [each.id for each in owed]
    assert here.watches.watch.owed == ()


def test_a_death_before_the_decision_is_stored_rings_nobody_and_loses_nothing() -> None:
    here = Place()
    here.looks(5)

    def die() -> None:
        raise Death

    here.watches.before_save = die
    with pytest.raises(Death):
        here.look()
    assert here.rung == []
    here.watches.before_save = lambda: None
    here.look()

    assert here.rung == ["opened"]


def test_a_death_before_an_alert_is_struck_off_sends_it_again_under_the_same_id() -> None:
    here = Place()
    here.looks(5)
    saves = count()

    def die() -> None:
        if next(saves):
            raise Death

    here.watches.before_save = die
    with pytest.raises(Death):
        here.look()
    here.watches.before_save = lambda: None
    here.look()

    assert len(here.bell.rung) == 2
    assert len({each.id for each in here.bell.rung}) == 1


def test_a_lost_home_is_told_where_what_fails_cannot_be_read() -> None:
    here = Place(views=Views(out=True))

    here.looks(6)

    assert here.rung == ["opened"]
    assert here.bell.rung[0].outlook is None


@pytest.mark.parametrize("fault", [StorageError("out"), ConflictError("gone")], ids=str)
def test_a_look_that_cannot_strike_off_what_it_sent_says_so_and_sends_it_again(
    fault: StorageError,
) -> None:
    here = Place()
    here.looks(5)
    saves = count()

    def fail() -> None:
        if next(saves):
            raise fault

    here.watches.before_save = fail
    seen = here.look()
    here.watches.before_save = lambda: None
    here.look()

    assert len(seen.sent) == 1
    assert str(fault) in seen.problem
    assert [each.id for each in here.bell.rung] == [*seen.sent] * 2
    assert here.watches.watch.owed == ()


def test_of_two_looks_at_one_time_the_one_that_stores_its_decision_rings() -> None:
    here = Place()
    here.looks(5)
    before = replace(here.watches.watch)

    def another() -> None:
        here.watches.revision += 1

    here.watches.before_save = another
    seen = here.look()

    assert (here.rung, seen.sent) == ([], ())
    assert here.watches.watch == before


def test_where_its_own_table_is_out_it_fails_and_is_missed() -> None:
    here = Place()

    def out() -> None:
        raise StorageError("table standby: out")

    here.watches.before_save = out

    with pytest.raises(StorageError, match="standby"):
        here.look()
