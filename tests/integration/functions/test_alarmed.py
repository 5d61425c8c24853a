"""Each alarm on a figure of ours is on one that the functions emit, dimension for dimension.

The emitting code runs here: what is extracted from its lines, by CloudWatch's rules, is compared
with what the template's alarms name.
"""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.architecture.test_template import RESOURCES, of_type
from tests.fakes.make import PASS, THREE, monitor, report, shard
from tests.integration.adapters.conftest import REGION
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tests.integration.functions.test_standby import Post, post
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.states import SCHEMA
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard
from tocsin.usecases.announce import Sending
from tocsin.usecases.assess import Assessment
from tocsin.usecases.listen import MINUTES
from tocsin.usecases.ports import StorageError
from tocsin.usecases.reckon import Sweep
from tocsin.wiring import home

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["post"]  # a fixture

type Figure = tuple[str, str, frozenset[tuple[str, str]]]
"""A metric: its namespace, its name and its dimensions."""

LOCATION = "lima"
OURS = {"Fn::Sub": "Tocsin/${AWS::StackName}"}
NAMESPACE = "Tocsin/tocsin"
"""Of ours in a stack of that name."""
STANDS_BY = ("service", "standby")
ALARMS = {
    name: each
    for name, each in of_type("AWS::CloudWatch::Alarm").items()
    if each["Namespace"] == OURS
}
BAD = Assessment(
    shard="s0",
    changed=True,
    sending=Sending(sent=1, unsent=1, plain=("too long",)),
    ignored=1,
    unreadable=("lima",),
    outdated=1,
    spoilt=(("mike", 1),),
    quarantined=("SHARD#s0",),
    given_up=("i1 by page",),
    unfiled=("i2",),
)


def extracted(text: str) -> set[Figure]:
    """Give the metrics that CloudWatch makes of lines in its embedded format."""
    found: set[Figure] = set()
    for line in map(json.loads, text.splitlines()):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, line[name]) for name in names)
                for metric in directive["Metrics"]:
                    found.add((directive["Namespace"], metric["Name"], dimensions))
    return found


def watched(alarm: dict[str, Any], version: str) -> Figure:
    """Give the metric that an alarm is on, in a stack at this location and version."""
    values = {
        json.dumps({"Ref": "Location"}): LOCATION,
        json.dumps({"Fn::GetAtt": "AggregatorFunction.Version.Version"}): version,
    }
    dimensions = frozenset(
        (each["Name"], values.get(json.dumps(each["Value"]), each["Value"]))
        for each in alarm["Dimensions"]
    )
    return NAMESPACE, alarm["MetricName"], dimensions


@pytest.fixture
def emitted(
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> set[Figure]:
    """Let every function that has an alarm meet all that one is about, and read what it emits."""
    _aggregator(dynamodb, monkeypatch)
    _probe(dynamodb, monkeypatch)
    _notifier(monkeypatch)
    forget()
    return extracted(capsys.readouterr().out)


def _aggregator(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    topics = {
        f"TOCSIN_TOPIC_{route}": f"arn:aws:sns:{REGION}:123456789012:{route.lower()}"
        for route in ("PAGE", "CHAT", "NOTICE")
    }
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="aggregator", **topics)
    aggregator = handler("aggregator")
    _watch(dynamodb, Shard(id="s1", version=1, monitors=(monitor(),)))
    _break(dynamodb, "s1")
    with suppress(aggregator.SweepError):
        aggregator.lambda_handler({}, Context())
    aggregator._emit([BAD], 1)
    found = Sweep(
        unjudged=1, silent={"lima": timedelta(hours=1)}, owed_for=timedelta(hours=1), deaf=True
    )
    aggregator._report(found)
    monkeypatch.setenv("TOCSIN_OUTLETS", "/tocsin-notify/state")
    # Of topics that are gone.
    aggregator._listen([shard(monitor())], aggregator.WakeUp(Context()), MINUTES[0])
    monkeypatch.setenv("TOCSIN_SITE_BUCKET", "")  # a page without a bucket cannot be written
    aggregator._publish(aggregator.WakeUp(Context()))


def _probe(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> None:
    tell(
        monkeypatch,
        POWERTOOLS_SERVICE_NAME="probe",
        TOCSIN_LOCATION=LOCATION,
        TOCSIN_EGRESS="loopback",
        TOCSIN_SOURCE_ADDRESS="127.0.0.1",
    )
    configs = DynamoConfigs(dynamodb, "state")
    configs.replace((), over=configs.current(), at="now")
    handler("probe").lambda_handler({}, Context())


def _notifier(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="notifier")
    notifier = handler("notifier")
    failed = notifier.Message(id="m", queue="q", body="", receipt="r", tries=1)
    monkeypatch.setenv("TOCSIN_ALERTS_QUEUE", "alerts")
    notifier._emit([failed])


def _watch(dynamodb: "DynamoDBClient", *shards: Shard) -> None:
    configs = DynamoConfigs(dynamodb, "state")
    configs.replace(shards, over=configs.current(), at="now")


def _break(dynamodb: "DynamoDBClient", name: str) -> None:
    dynamodb.put_item(
        TableName="state",
        Item={
            "pk": {"S": f"SHARD#{name}"},
            "sk": {"S": "STATE"},
            "schema": {"N": str(SCHEMA + 1)},
            "revision": {"N": "1"},
            "document": {"B": b"of a newer version"},
        },
    )


def test_every_alarm_on_a_figure_of_ours_is_on_one_that_is_emitted(emitted: set[Figure]) -> None:
    version = Context().function_version

    wanted = {name: watched(each, version) for name, each in ALARMS.items()}
    wanted = {name: figure for name, figure in wanted.items() if STANDS_BY not in figure[2]}

    assert wanted
    assert {name: figure for name, figure in wanted.items() if figure not in emitted} == {}


def test_so_is_every_alarm_on_a_figure_of_the_stand_by(
    post: Post, capsys: pytest.CaptureFixture[str]
) -> None:
    post.look()
    emitted = extracted(capsys.readouterr().out)
    wanted = {watched(each, "") for each in ALARMS.values()}

    assert {each for each in wanted if STANDS_BY in each[2]} == {
        each for each in emitted if each[1] == "Looks"
    }


def test_what_is_emitted_bears_the_name_of_its_function_in_the_template(
    emitted: set[Figure],
) -> None:
    services = {dict(dimensions)["service"] for _, _, dimensions in emitted}
    named = {
        each["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for each in RESOURCES.values()
        if each["Type"] == "AWS::Serverless::Function"
    }

    assert services == {"aggregator", "probe", "notifier"}
    assert services <= named
    assert {namespace for namespace, _, _ in emitted} == {NAMESPACE}


# What is there all the time is paid for all the time, and its silence is an alarm.


def test_of_an_installation_that_is_well_a_location_costs_one_metric_and_home_one_more(
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _probe(dynamodb, monkeypatch)
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="aggregator", TOCSIN_TOPIC_PAGE="a:b:c:d:e:page")
    _topics(monkeypatch)
    aggregator = handler("aggregator")
    _watch(dynamodb, shard(replace(monitor(), changed_in=0)))
    for location in THREE:
        now = tick_of(datetime.now(UTC))
        DynamoReports(dynamodb, "reports").add(report(location, tick=now, db=PASS))
    aggregator.lambda_handler({}, Context())
    first = extracted(capsys.readouterr().out)
    aggregator.lambda_handler({}, Context())
    forget()

    assert {name for _, name, _ in first} == {"Checks", "Sweeps"}
    assert {name for _, name, _ in extracted(capsys.readouterr().out)} == {"Sweeps"}


def _topics(monkeypatch: pytest.MonkeyPatch) -> None:
    for route in ("PAGE", "CHAT", "NOTICE"):
        monkeypatch.setenv(
            f"TOCSIN_TOPIC_{route}", f"arn:aws:sns:{REGION}:123456789012:{route.lower()}"
        )


def test_a_tick_that_cannot_store_its_reports_is_not_counted(
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """So a probe that cannot write is heard of in its own region, by a count that is too low."""
    _probe(dynamodb, monkeypatch)
    watching = replace(monitor(locations=(LOCATION,)), need=1)
    _watch(dynamodb, shard(watching))
    dynamodb.delete_table(TableName="reports")
    capsys.readouterr()

    with pytest.raises(StorageError):
        handler("probe").lambda_handler({}, Context())
    forget()

    assert extracted(capsys.readouterr().out) == set()


def test_a_tick_that_came_too_late_is_not_counted_as_one(
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _probe(dynamodb, monkeypatch)
    capsys.readouterr()

    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    handler("probe").lambda_handler({"time": long_ago.isoformat()}, Context())
    forget()

    assert {name for _, name, _ in extracted(capsys.readouterr().out)} == {"DroppedTicks"}


def test_a_sweep_that_cannot_read_what_is_in_force_is_not_counted(
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="aggregator")
    _topics(monkeypatch)
    dynamodb.delete_table(TableName="state")

    with pytest.raises(StorageError):
        handler("aggregator").lambda_handler({}, Context())
    forget()

    assert extracted(capsys.readouterr().out) == set()


@pytest.mark.parametrize(
    ("figures", "always", "told"),
    [
        ({"Failures": 0, "Checks": 0}, (), set()),
        ({"Failures": 2, "Checks": 0}, (), {"Failures"}),
        ({"Failures": 0, "Checks": 0}, ("Checks",), {"Checks"}),
    ],
    ids=["all is zero", "one is not", "one is told always"],
)
def test_what_is_zero_is_not_emitted(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    figures: dict[str, float],
    always: tuple[str, ...],
    told: set[str],
) -> None:
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="probe")

    home.emit(figures, always=always, location=LOCATION)
    home.emit({"Other": 1})
    forget()

    dimensions = frozenset({("location", LOCATION), ("service", "probe")})
    alone = frozenset({("service", "probe")})
    assert extracted(capsys.readouterr().out) == {
        *((NAMESPACE, name, dimensions) for name in told),
        (NAMESPACE, "Other", alone),
    }
