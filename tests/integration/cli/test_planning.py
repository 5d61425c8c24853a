"""Planning and applying against moto's tables: what an operator changes, and what follows."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.fakes.make import NOON, THREE, monitor, world
from tocsin.adapters.states import DynamoStates
from tocsin.config.configuration import Configuration
from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Verdict
from tocsin.domain.shard import judge
from tocsin.usecases.ports import ConflictError
from tocsin_cli.home import Home, Place, home
from tocsin_cli.planning import apply, plan
from tocsin_cli.survey import survey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WHERE = Place(region="eu-west-1", reports_table="reports", state_table="state")


@pytest.fixture
def tables(dynamodb: "DynamoDBClient") -> Home:
    return home(dynamodb, WHERE)


def file(*monitors: Monitor) -> Configuration:
    return Configuration(locations=(), monitors=monitors)


def put(tables: Home, *monitors: Monitor) -> None:
    apply(tables, plan(tables, file(*monitors)), NOON)


def outage(client: "DynamoDBClient", tables: Home) -> None:
    """Let all three locations fail on `db`, and the aggregator judge it."""
    (shard,) = tables.configs.shards()
    for report in world("fff").values():
        tables.reports.add(report)
    states = DynamoStates(client, "state", lambda: "aggregator")
    stored = states.load(shard.id)
    states.save(judge(shard, world("fff"), stored.state, NOON), over=stored.revision)


def test_the_first_plan_adds_everything(tables: Home) -> None:
    planned = plan(tables, file(monitor("db"), monitor("web")))

    assert planned.diff.added == ("db", "web")
    assert apply(tables, planned, NOON).version == 1
    assert [m.id for shard in tables.configs.shards() for m in shard.monitors] == ["db", "web"]


def test_a_plan_says_what_changed_in_the_words_of_the_file(tables: Home) -> None:
    put(tables, monitor("db"), monitor("web"))

    planned = plan(tables, file(monitor("db", fail_for=timedelta(minutes=2)), monitor("new")))

    assert planned.diff.added == ("new",)
    assert planned.diff.removed == ("web",)
    assert [(c.monitor, c.fields) for c in planned.diff.changed] == [("db", ("for",))]


def test_the_same_file_changes_nothing(tables: Home) -> None:
    put(tables, monitor("db"))

    assert not plan(tables, file(monitor("db"))).diff


def test_a_plan_that_was_overtaken_is_not_applied(tables: Home) -> None:
    late = plan(tables, file(monitor("db")))
    put(tables, monitor("web"))

    with pytest.raises(ConflictError, match="plan again"):
        apply(tables, late, NOON)


def test_removing_what_is_down_is_said_to_end_its_incident(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    put(tables, monitor("db"), monitor("web"))
    outage(dynamodb, tables)

    planned = plan(tables, file(monitor("web")))

    assert [incident.kind for incident in planned.ending] == [Verdict.DOWN]
    assert planned.ending[0].monitors == {"db"}


def test_a_survey_shows_every_monitor_with_its_votes_and_what_is_open(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    put(tables, monitor("db"), monitor("web"))
    outage(dynamodb, tables)

    seen = survey(tables, NOON)

    down, unseen = seen.sights
    assert down.standing is not None
    assert down.standing.verdict is Verdict.DOWN
    assert [ballot.location for ballot in down.ballots if ballot.counted] == list(THREE)
    assert unseen.standing is not None
    assert unseen.standing.verdict is Verdict.UNKNOWN
    assert [incident.monitors for incident in seen.incidents] == [{"db"}]
    assert (seen.version, len(seen.owed)) == (1, 1)
