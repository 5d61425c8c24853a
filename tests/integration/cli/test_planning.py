"""Planning and applying against moto's tables: what an operator changes, and what follows."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.fakes.make import NOON, THREE, monitor, world
from tocsin.adapters.states import DynamoStates
from tocsin.config.configuration import Configuration
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Verdict
from tocsin.domain.target import TcpTarget, Tls
from tocsin.usecases.ports import ConflictError
from tocsin_cli.home import Home, Place, home
from tocsin_cli.planning import TooLargeError, apply, plan
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


def test_authorities_that_no_item_holds_are_refused_by_the_plan_with_names_and_the_mend(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    put(tables, monitor("db"))
    before = dynamodb.scan(TableName="state")["Items"]
    noise = Random(3)  # noqa: S311 - bytes that cannot be packed, and the same in every run

    def trusting(name: str, size: int) -> Monitor:
        authority = b64encode(noise.randbytes(size)).decode()
        target = TcpTarget(host="a", port=1, tls=Tls(authority=authority))
        return replace(monitor(name), target=target)

    many = [trusting(f"m{number}", 2_500) for number in range(200)]

    with pytest.raises(TooLargeError) as refused:
        plan(tables, file(*many, trusting("giant", 9_000), monitor("light")))

    said = str(refused.value)
    assert "202 monitors" in said
    assert "390,000" in said
    assert "Most of it is in giant (" in said
    assert "light" not in said
    assert "keep in each `ca` only the certificate" in said
    assert dynamodb.scan(TableName="state")["Items"] == before


def test_authorities_that_just_fit_are_planned_and_applied(tables: Home) -> None:
    noise = Random(3)  # noqa: S311 - as above

    def trusting(number: int) -> Monitor:
        authority = b64encode(noise.randbytes(2_500)).decode()
        target = TcpTarget(host="a", port=1, tls=Tls(authority=authority))
        return replace(monitor(f"m{number}"), target=target)

    put(tables, *map(trusting, range(150)))

    assert sum(len(shard.monitors) for shard in tables.configs.shards()) == 150


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
