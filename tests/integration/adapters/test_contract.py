"""One contract for the ports: the fakes of the unit tests and the real adapters keep it alike."""

from typing import TYPE_CHECKING

import pytest

from tests.fakes.make import FAIL, NOON, PASS, TICK, monitor, report, shard, world
from tests.fakes.memory import InMemoryReports, InMemoryStates
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.states import DynamoStates
from tocsin.domain.judgement import judge
from tocsin.domain.state import ShardState
from tocsin.usecases.ports import ConflictError, Reports, States

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(params=["in memory", "DynamoDB"])
def reports(request: pytest.FixtureRequest, dynamodb: "DynamoDBClient") -> Reports:
    return DynamoReports(dynamodb, "reports") if request.param != "in memory" else InMemoryReports()


@pytest.fixture(params=["in memory", "DynamoDB"])
def states(request: pytest.FixtureRequest, dynamodb: "DynamoDBClient") -> States:
    if request.param == "in memory":
        return InMemoryStates()
    tokens = iter(f"token {n}" for n in range(100))
    return DynamoStates(dynamodb, "state", lambda: next(tokens))


def test_the_newest_report_is_the_one_of_the_latest_tick(reports: Reports) -> None:
    for tick in (TICK, TICK + 2, TICK + 1):
        assert reports.add(report("lima", tick=tick, db=PASS))

    newest = reports.newest("lima", "s0", until=10**8)

    assert newest == report("lima", tick=TICK + 2, db=PASS)


def test_a_tick_is_reported_once_and_the_first_word_stands(reports: Reports) -> None:
    assert reports.add(report("lima", db=FAIL))
    assert not reports.add(report("lima", db=PASS))

    assert reports.newest("lima", "s0", until=10**8) == report("lima", db=FAIL)


def test_locations_and_shards_do_not_mix(reports: Reports) -> None:
    reports.add(report("lima", db=PASS))

    assert reports.newest("mike", "s0", until=10**8) is None
    assert reports.newest("lima", "s1", until=10**8) is None


def test_a_shard_begins_empty(states: States) -> None:
    stored = states.load("s0")

    assert (stored.state, stored.revision) == (ShardState(shard="s0"), 0)


def test_what_was_saved_is_what_is_loaded(states: States) -> None:
    state = judge(shard(monitor()), world("fff"), ShardState(shard="s0"), NOON)

    revision = states.save(state, over=0)

    assert states.load("s0").state == state
    assert states.load("s0").revision == revision


def test_the_second_of_two_writers_over_one_revision_is_told(states: States) -> None:
    mine = ShardState(shard="s0", config_version=1)
    revision = states.save(mine, over=0)

    with pytest.raises(ConflictError, match="s0"):
        states.save(ShardState(shard="s0", config_version=2), over=0)
    assert states.load("s0").state == mine
    assert states.save(mine, over=revision) != revision


def test_a_revision_that_never_was_cannot_be_replaced(states: States) -> None:
    with pytest.raises(ConflictError):
        states.save(ShardState(shard="s0"), over=3)
