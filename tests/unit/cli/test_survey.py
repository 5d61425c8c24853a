"""Everything at one moment, as the tables have it."""

from typing import TYPE_CHECKING, cast

from tests.fakes.make import MINUTE, NOON, monitor, shard, world
from tests.fakes.memory import InMemoryConfigs, InMemoryReports, InMemoryStates
from tocsin.domain.quorum import Delay
from tocsin_cli.survey import survey

if TYPE_CHECKING:
    from tocsin_cli.home import Home


class Tables:
    """The home tables in memory."""

    def __init__(self) -> None:
        lazy = monitor(slow_phases=(("connect", MINUTE / 60_000),))
        self.configs = InMemoryConfigs((shard(lazy),))
        self.reports = InMemoryReports()
        self.states = InMemoryStates()


def test_what_is_slow_is_seen_beside_the_votes() -> None:
    tables = Tables()
    for report in world("wp-").values():
        tables.reports.add(report)

    (sight,) = survey(cast("Home", tables), NOON).sights

    assert sight.slow == (Delay(phase="connect", ms=1.5, limit_ms=1),)
    assert [ballot.counted for ballot in sight.ballots] == [True, True, False]
    assert [ballot.warning is not None for ballot in sight.ballots] == [True, False, False]
