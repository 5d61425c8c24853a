"""Everything at one moment, as the tables have it."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from tests.fakes.make import FAIL, MINUTE, NOON, PASS, THREE, monitor, report, shard, world
from tests.fakes.memory import InMemoryConfigs, InMemoryReports, InMemoryStates, deaf
from tests.unit.domain.history import Life
from tocsin.domain.control import Said, Silence
from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Delay
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.domain.suspicion import Doubt
from tocsin.usecases.ports import Stored
from tocsin_cli.survey import Sight, Survey, survey

if TYPE_CHECKING:
    from tocsin_cli.home import Home

ADA = Said(by="ada", at=NOON)
TWO = tuple(Shard(id=f"s{n}", version=1, monitors=(monitor("ab"[n]),)) for n in range(2))


class Tables:
    """The home tables in memory."""

    def __init__(self, *shards: Shard) -> None:
        self.configs = InMemoryConfigs(shards)
        self.reports = InMemoryReports()
        self.states = InMemoryStates()
        self.heartbeats = deaf().pulses

    def put(self, state: ShardState) -> None:
        self.states.items[state.shard] = Stored(state=state, revision=1)

    def seen(self) -> Survey:
        return survey(cast("Home", self), NOON)

    def sights(self) -> dict[str, Sight]:
        return {sight.monitor.id: sight for sight in self.seen().sights}


def test_what_is_slow_is_seen_beside_the_votes() -> None:
    tables = Tables(shard(monitor(slow_phases=(("connect", MINUTE / 60_000),))))
    for each in world("wp-").values():
        tables.reports.add(each)

    (sight,) = tables.seen().sights

    assert sight.slow == (Delay(phase="connect", ms=1.5, limit_ms=1),)
    assert [ballot.counted for ballot in sight.ballots] == [True, True, False]
    assert [ballot.warning is not None for ballot in sight.ballots] == [True, False, False]


def test_whoever_fails_alone_what_all_others_see_passing_is_not_counted() -> None:
    tables = Tables(shard(*map(monitor, ("cart", "db", "web"))))
    for place, outcome in zip(THREE, (FAIL, PASS, PASS), strict=True):
        tables.reports.add(report(place, cart=outcome, db=outcome, web=outcome))

    votes = [[ballot.counted for ballot in sight.ballots] for sight in tables.seen().sights]

    assert votes == [[False, True, True]] * 3


def silence(shard_monitors: tuple[str, ...], minutes: int = 60, name: str = "s-1") -> Silence:
    return Silence(id=name, said=ADA, until=NOON + minutes * MINUTE, monitors=shard_monitors)


def test_the_parts_of_a_silence_in_several_shards_are_one() -> None:
    tables = Tables(*TWO)
    tables.put(ShardState(shard="s0", silences=(silence(("a",)), silence(("a",), 5, "s-2"))))
    tables.put(ShardState(shard="s1", silences=(silence(("b",)), silence(("b",), 0, "s-3"))))

    seen = tables.seen()

    assert [(each.id, each.monitors) for each in seen.silences] == [
        ("s-2", ("a",)),
        ("s-1", ("a", "b")),
    ]
    assert [[each.id for each in sight.silences] for sight in seen.sights] == [
        ["s-1", "s-2"],
        ["s-1"],
    ]


def chain() -> tuple[Monitor, ...]:
    return (
        monitor("net"),
        replace(monitor("core"), depends_on=("net",)),
        replace(monitor("app"), depends_on=("core",)),
    )


def test_what_a_monitor_waits_behind_is_all_that_is_down_above_it() -> None:
    life = Life.of(*chain()).live(2, down={"net", "core", "app"})
    tables = Tables(life.shard)
    tables.put(life.state)

    behind = {name: sight.behind for name, sight in tables.sights().items()}

    assert behind == {"net": (), "core": ("net",), "app": ("core", "net")}


def test_what_is_well_above_a_monitor_is_not_what_it_waits_behind() -> None:
    life = Life.of(*chain()).live(2, down={"net", "app"})
    tables = Tables(life.shard)
    tables.put(life.state)

    assert tables.sights()["app"].behind == ("net",)


def test_what_is_above_a_monitor_in_two_ways_is_named_once() -> None:
    ways = [replace(monitor(name), depends_on=("net",)) for name in ("left", "right")]
    app = replace(monitor("app"), depends_on=("left", "right"))
    life = Life.of(monitor("net"), *ways, app).live(2, down={"net", "left", "right", "app"})
    tables = Tables(life.shard)
    tables.put(life.state)

    assert tables.sights()["app"].behind == ("left", "right", "net")


def test_monitors_that_depend_on_each_other_wait_behind_each_other() -> None:
    ring = (replace(monitor("a"), depends_on=("b",)), replace(monitor("b"), depends_on=("a",)))
    life = Life.of(*ring).live(2, down={"a", "b"})
    tables = Tables(life.shard)
    tables.put(life.state)

    assert {n: s.behind for n, s in tables.sights().items()} == {"a": ("b",), "b": ("a",)}


def test_of_a_location_the_doubt_that_came_first_is_shown() -> None:
    early = Doubt(since=NOON - MINUTE, text="its canaries fail")
    late = Doubt(since=NOON, text="has been silent")
    tables = Tables(*TWO)
    tables.put(ShardState(shard="s0", doubts={"mike": late, "lima": early}))
    tables.put(ShardState(shard="s1", doubts={"mike": early, "lima": late}))

    assert tables.seen().doubts == {"lima": early, "mike": early}


def test_each_monitor_is_seen_with_its_own_incidents() -> None:
    life = Life.of(monitor("db"), monitor("web"), monitor("cart")).live(2, down={"db", "web"})
    tables = Tables(life.shard)
    tables.put(life.state)

    seen = {n: [i.monitors for i in s.incidents] for n, s in tables.sights().items()}

    assert seen == {"cart": [], "db": [{"db"}], "web": [{"web"}]}
