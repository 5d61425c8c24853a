"""The aggregator's two bells, against moto's tables and topics."""

import json
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import boto3
import pytest

from tests.fakes.make import FAIL, NOON, PASS, THREE, monitor, report, shard
from tests.integration.adapters.conftest import REGION
from tests.integration.adapters.test_hearers import confirmed
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.states import SCHEMA, DynamoStates
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.incident import Alert, Event, Kind, Subject
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outbox import Owed
from tocsin.domain.pulse import Beat, Signal
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.messages.links import Links
from tocsin.usecases.listen import ZEROS
from tocsin.wiring.links import links

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AGGREGATOR = handler("aggregator")


@pytest.fixture
def inbox(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Subscribe a queue to every topic, and give a way to empty it."""
    sns = boto3.client("sns", region_name=REGION)
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    for route in Route:
        arn = sns.create_topic(Name=route)["TopicArn"]
        sns.subscribe(
            TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:inbox"
        )
        monkeypatch.setenv(f"TOCSIN_TOPIC_{route.upper()}", arn)
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="aggregator")

    def arrived() -> list[dict[str, Any]]:
        found = []
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    yield arrived
    forget()


def watch(client: "DynamoDBClient", *shards: Shard) -> None:
    configs = DynamoConfigs(client, "state")
    configs.replace(shards, over=configs.current(), at="now")


def outage(client: "DynamoDBClient") -> None:
    tick = tick_of(datetime.now(UTC))
    for location in THREE:
        DynamoReports(client, "reports").add(report(location, tick=tick, db=FAIL))


def records(*keys: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "dynamodb": {"SequenceNumber": str(n), "Keys": {"pk": {"S": key}}},
            }
            for n, key in enumerate(keys)
        ]
    }


def test_news_of_a_shard_has_it_judged_and_announced(
    dynamodb: "DynamoDBClient", inbox: Any
) -> None:
    watch(dynamodb, shard(monitor(routes=(Route.PAGE, Route.NOTICE))))
    outage(dynamodb)

    answer = AGGREGATOR.lambda_handler(records("lima#s0", "mike#s0"), Context())

    arrived = inbox()
    assert answer == {"batchItemFailures": []}
    assert sorted(each["MessageAttributes"]["route"]["Value"] for each in arrived) == [
        "notice",
        "page",
    ]
    assert all("db" in each["Subject"] for each in arrived)
    attributes = arrived[0]["MessageAttributes"]
    assert attributes["alert_id"]["Value"].endswith("#opened")
    assert attributes["monitor"] == {"Type": "String.Array", "Value": '["db"]'}
    assert json.loads(arrived[0]["Message"])["id"] == attributes["alert_id"]["Value"]


def test_the_minute_finds_what_no_record_told(dynamodb: "DynamoDBClient", inbox: Any) -> None:
    watch(dynamodb, shard(monitor()))
    outage(dynamodb)

    answer = AGGREGATOR.lambda_handler({"time": "2026-01-01T12:00:00Z"}, Context())

    assert answer == {"judged": 1}
    assert len(inbox()) == 1


def emitted(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """Give what was emitted without a location, by name."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {
        metric["Name"]: line[metric["Name"]][0]
        for line in lines
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ())
        if directive["Dimensions"] == [["service"]]
        for metric in directive["Metrics"]
    }


def test_the_minute_tells_which_locations_are_silent_and_for_how_long(
    dynamodb: "DynamoDBClient", inbox: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    watch(dynamodb, shard(monitor()), Shard(id="s1", version=1, monitors=(monitor("web"),)))
    tick = tick_of(datetime.now(UTC))
    for location, name, ago in (("lima", "s0", 0), ("lima", "s1", 3), ("mike", "s0", 0)):
        each = replace(report(location, tick=tick - ago, db=FAIL), shard=name)
        DynamoReports(dynamodb, "reports").add(each)

    AGGREGATOR.lambda_handler({"time": "2026-01-01T12:00:00Z"}, Context())
    AGGREGATOR.lambda_handler(records("lima#s0"), Context())

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = (line for line in lines if "ReportAge" in line)
    (swept,) = (line for line in lines if "SilentLocations" in line)
    assert (told["location"], told["service"]) == ("lima", "aggregator")
    assert 180 <= told["ReportAge"][0] <= 300
    assert told["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["location", "service"]]
    assert (swept["SilentLocations"], swept["Sweeps"]) == ([3.0], [1.0])


def test_a_sweep_of_a_shard_that_is_well_emits_that_it_was_and_nothing_else(
    dynamodb: "DynamoDBClient", inbox: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is zero while all is well costs nothing."""
    watch(dynamodb, shard(monitor()))
    for location in THREE:
        now = tick_of(datetime.now(UTC))
        DynamoReports(dynamodb, "reports").add(report(location, tick=now, db=PASS))
    AGGREGATOR.lambda_handler({}, Context())
    capsys.readouterr()

    AGGREGATOR.lambda_handler({}, Context())

    assert emitted(capsys) == {"Sweeps": 1.0}


LISTENING = {"time": "2026-01-01T12:40:00Z"}
"""The minute in which it is asked who hears."""


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_OUTLETS", "/tocsin-notify/state")
    monkeypatch.setenv("TOCSIN_EVENT_BUS", "default")


@pytest.mark.parametrize(
    ("minute", "told"),
    [("12:39", False), ("12:40", True), ("12:54", True), ("12:55", False), ("13:40", True)],
)
@pytest.mark.usefixtures("inbox", "bus")
def test_once_an_hour_it_is_said_of_which_route_nobody_hears(
    dynamodb: "DynamoDBClient",
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    minute: str,
    *,
    told: bool,
) -> None:
    watch(dynamodb, shard(monitor(routes=(Route.PAGE, Route.NOTICE))))
    confirmed(topic_of(Route.NOTICE), 2)

    AGGREGATOR.lambda_handler({"time": f"2026-01-01T{minute}:00Z"}, Context())

    errors = [vars(each)["routes"] for each in caplog.records if each.levelname == "ERROR"]
    assert emitted(capsys).get("UnheardRoutes") == (1 if told else None)
    assert errors == ([(Route.PAGE,)] if told else [])


def test_after_a_mend_it_is_told_for_some_hours_that_there_is_no_such_route_and_no_longer(
    dynamodb: "DynamoDBClient", inbox: Any, bus: None, capsys: pytest.CaptureFixture[str]
) -> None:
    watch(dynamodb, shard(monitor(routes=(Route.PAGE,))))
    told = []

    for hour in range(12, 18):
        for minute in (39, 40, 41):
            AGGREGATOR.lambda_handler({"time": f"2026-01-01T{hour}:{minute}:00Z"}, Context())
            told.append(emitted(capsys).get("UnheardRoutes"))
        confirmed(topic_of(Route.PAGE), 2)

    assert told[1::3] == [1, *[0] * ZEROS, None, None]
    assert {*told[::3], *told[2::3]} == {None}


def test_a_sweep_without_time_to_ask_leaves_it_to_the_next(
    dynamodb: "DynamoDBClient",
    inbox: Any,
    bus: None,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch(dynamodb, shard(monitor()))

    AGGREGATOR.lambda_handler(LISTENING, Context(remaining_ms=29_000))
    warned = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    AGGREGATOR.lambda_handler({"time": "2026-01-01T12:41:00Z"}, Context())

    assert "no time left to ask who hears of alerts" in warned
    assert emitted(capsys)["UnheardRoutes"] == 1


def test_what_is_certain_is_told_although_somebody_did_not_answer(
    dynamodb: "DynamoDBClient",
    inbox: Any,
    bus: None,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch(dynamodb, shard(monitor(routes=(Route.PAGE, Route.NOTICE))))
    monkeypatch.setenv("TOCSIN_OUTLETS", "/aws/none")
    confirmed(topic_of(Route.NOTICE), 1)

    AGGREGATOR.lambda_handler(LISTENING, Context())

    errors = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
    assert errors == [
        "who hears of alerts was not answered",
        "nobody hears of what monitors alert by",
    ]
    assert emitted(capsys)["UnheardRoutes"] == 1


def test_where_every_route_is_heard_nothing_is_said(
    dynamodb: "DynamoDBClient", inbox: Any, bus: None, capsys: pytest.CaptureFixture[str]
) -> None:
    watch(dynamodb, shard(monitor(routes=(Route.PAGE,))))
    confirmed(topic_of(Route.PAGE), 2)

    AGGREGATOR.lambda_handler(LISTENING, Context())

    assert "UnheardRoutes" not in emitted(capsys)


@pytest.mark.parametrize(
    ("missing", "remaining_ms", "logged"),
    [
        pytest.param("TOCSIN_OUTLETS", 58_000, True, id="something is wrong with asking"),
        pytest.param("", 29_000, False, id="there is no time to ask"),
    ],
)
@pytest.mark.usefixtures("inbox", "bus")
def test_a_sweep_that_cannot_ask_who_hears_has_judged_all_the_same(
    dynamodb: "DynamoDBClient",
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
    remaining_ms: int,
    *,
    logged: bool,
) -> None:
    watch(dynamodb, shard(monitor()))
    monkeypatch.delenv(missing, raising=False)

    answer = AGGREGATOR.lambda_handler(LISTENING, Context(remaining_ms=remaining_ms))

    said = [each.getMessage() for each in caplog.records]
    assert answer == {"judged": 1}
    assert ("who hears of alerts was not answered" in said) is logged
    assert "nobody hears of what monitors alert by" not in said


def topic_of(route: Route) -> str:
    sns = boto3.client("sns", region_name=REGION)
    arn: str = sns.create_topic(Name=route)["TopicArn"]
    return arn


def test_an_alert_that_a_topic_refuses_ages_until_it_is_taken(
    dynamodb: "DynamoDBClient", inbox: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sns = boto3.client("sns", region_name=REGION)
    topic = sns.create_topic(Name=Route.PAGE)["TopicArn"]
    watch(dynamodb, shard(monitor()))
    outage(dynamodb)
    sns.delete_topic(TopicArn=topic)
    AGGREGATOR.lambda_handler({}, Context())
    capsys.readouterr()
    time.sleep(0.1)  # an age is told in tenths of a second, and none of 0.0 is

    AGGREGATOR.lambda_handler({}, Context())
    refused = emitted(capsys)
    sns.create_topic(Name=Route.PAGE)
    for _ in range(2):
        AGGREGATOR.lambda_handler({}, Context())

    assert refused["AlertsUnsent"] == 1
    assert refused["OutboxAge"] > 0
    lines = capsys.readouterr().out.splitlines()
    assert ["OutboxAge" in line for line in lines if "Sweeps" not in line] == [False, True]


@pytest.mark.parametrize(
    ("event", "remaining_ms", "calls"),
    [
        pytest.param({}, 58_000, 1, id="a sweep that has judged everything"),
        pytest.param(records("lima#s0"), 58_000, 0, id="news of one shard"),
        pytest.param({}, 19_000, 0, id="a sweep without time to judge"),
    ],
)
def test_the_watchdog_is_told_where_everything_is_judged(
    dynamodb: "DynamoDBClient",
    inbox: Any,
    monkeypatch: pytest.MonkeyPatch,
    event: dict[str, Any],
    remaining_ms: int,
    calls: int,
) -> None:
    watch(dynamodb, shard(monitor()))
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        monkeypatch.setenv("TOCSIN_WATCHDOG_URL", f"https://127.0.0.1:{port}/token")
        forget()
        with HangUp(server) as told, suppress(AGGREGATOR.SweepError):
            AGGREGATOR.lambda_handler(event, Context(remaining_ms=remaining_ms))
        assert told.calls == calls


class HangUp:
    """Hang up on whoever calls, and count them."""

    def __init__(self, server: socket.socket) -> None:
        self.calls = 0
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                connection, _ = self._server.accept()
                self.calls += 1
                connection.close()


def test_a_watchdog_that_hangs_up_is_logged_without_its_url_and_hurts_nothing(
    dynamodb: "DynamoDBClient",
    inbox: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch(dynamodb, shard(monitor()))
    outage(dynamodb)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("TOCSIN_WATCHDOG_URL", f"https://127.0.0.1:{port}/hunter2")
    forget()

    assert AGGREGATOR.lambda_handler({}, Context()) == {"judged": 1}

    assert len(inbox()) == 1
    (told,) = (vars(each) for each in caplog.records if "watchdog" in each.getMessage())
    assert told["problem"] == "ConnectionRefusedError"
    assert "hunter2" not in str([vars(each) for each in caplog.records])


def test_the_watchdog_is_not_told_while_nobody_is_told_of_what_is_owed(
    dynamodb: "DynamoDBClient", inbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then SNS may be silent altogether, alarms included: only who is outside of AWS can ring."""
    watch(dynamodb, shard(monitor()))
    states = DynamoStates(dynamodb, "state", lambda: "aggregator")
    at = datetime.now(UTC) - timedelta(minutes=6)
    alert = Alert(
        incident="i1",
        event=Event.OPENED,
        kind=Kind.DOWN,
        at=at,
        opened_at=at,
        routes=(Route.PAGE,),
        subjects=(Subject(monitor="db", target="", need=1, ballots=()),),
    )
    states.save(ShardState(shard="s0", outbox=(Owed(alert=alert, routes=(Route.PAGE,)),)), over=0)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        monkeypatch.setenv("TOCSIN_WATCHDOG_URL", f"https://127.0.0.1:{port}/token")
        forget()
        with HangUp(server) as overdue:
            AGGREGATOR.lambda_handler({}, Context())
        with HangUp(server) as sent:
            AGGREGATOR.lambda_handler({}, Context())

    assert (overdue.calls, sent.calls) == (0, 1)


def test_jobs_that_cannot_report_are_told(
    dynamodb: "DynamoDBClient", inbox: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    target = HeartbeatTarget(cron="0 3 * * *", timezone="Europe/Berlin")
    watch(dynamodb, shard(Monitor(id="backup", target=target, locations=(ENDPOINT,), need=1)))

    AGGREGATOR.lambda_handler({}, Context())
    never = emitted(capsys)
    DynamoHeartbeats(dynamodb, "state").sing(datetime.now(UTC))
    AGGREGATOR.lambda_handler({}, Context())

    assert never["EndpointOut"] == 1
    assert "EndpointOut" not in emitted(capsys)


def test_news_of_a_shard_that_is_not_in_force_is_passed_over(
    dynamodb: "DynamoDBClient", inbox: Any
) -> None:
    watch(dynamodb, shard(monitor()))

    assert AGGREGATOR.lambda_handler(records("lima#s9"), Context()) == {"batchItemFailures": []}


def test_a_shard_that_cannot_be_judged_gives_its_records_back_and_keeps_no_other(
    dynamodb: "DynamoDBClient", inbox: Any
) -> None:
    watch(dynamodb, shard(monitor()), Shard(id="s1", version=1, monitors=(monitor("web"),)))
    outage(dynamodb)
    dynamodb.put_item(
        TableName="state",
        Item={
            "pk": {"S": "SHARD#s1"},
            "sk": {"S": "STATE"},
            "schema": {"N": str(SCHEMA + 1)},
            "revision": {"N": "1"},
            "document": {"B": b"of a newer version"},
        },
    )

    answer = AGGREGATOR.lambda_handler(records("lima#s1", "lima#s0", "mike#s1"), Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "2"}]}
    assert len(inbox()) == 1
    with pytest.raises(AGGREGATOR.SweepError, match="s1"):
        AGGREGATOR.lambda_handler({}, Context())


def test_what_cannot_be_read_keeps_nothing_from_being_judged_and_is_told(
    dynamodb: "DynamoDBClient",
    inbox: Any,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch(dynamodb, shard(monitor(), monitor("web")))
    tick = tick_of(datetime.now(UTC))
    reports = DynamoReports(dynamodb, "reports")
    for location in ("lima", "mike"):
        reports.add(report(location, tick=tick, db=FAIL, web=FAIL))
    (item,) = (i for i in dynamodb.scan(TableName="reports")["Items"] if "lima" in i["pk"]["S"])
    text = zlib.decompress(item["document"]["B"]).replace(b'"web":{"outcome"', b'"web":{"spoilt"')
    dynamodb.put_item(TableName="reports", Item={**item, "document": {"B": zlib.compress(text)}})
    dynamodb.put_item(
        TableName="reports",
        Item={"pk": {"S": "november#s0"}, "sk": {"N": str(tick)}, "document": {"B": b"spoilt"}},
    )
    dynamodb.put_item(
        TableName="state",
        Item={"pk": {"S": "SHARD#s0"}, "sk": {"S": "STATE"}, "document": {"B": b"spoilt"}},
    )

    answer = AGGREGATOR.lambda_handler(records("lima#s0"), Context())

    assert answer == {"batchItemFailures": []}
    assert [json.loads(each["Message"])["monitors"][0]["monitor"] for each in inbox()] == ["db"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = (line for line in lines if "_aws" in line)
    assert metrics["UnreadableReports"] == [1.0]
    assert metrics["UnreadableSightings"] == [1.0]
    assert metrics["QuarantinedStates"] == [1.0]
    told = {record.getMessage(): vars(record) for record in caplog.records}
    assert told["sightings in a report could not be read"]["reported_by"] == "lima"
    assert told["reports could not be read"]["reported_by"] == ("november",)
    anew = told["a state could not be read: the shard begins anew"]
    pk, _, sk = anew["kept_as"].rpartition("/")
    kept = dynamodb.get_item(TableName="state", Key={"pk": {"S": pk}, "sk": {"S": sk}})["Item"]
    assert (anew["levelname"], kept["document"]) == ("ERROR", {"B": b"spoilt"})


def test_a_configuration_that_was_lost_and_made_anew_is_told_with_the_mend(
    dynamodb: "DynamoDBClient",
    inbox: Any,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch(dynamodb, shard(monitor()))
    outage(dynamodb)
    states = DynamoStates(dynamodb, "state", lambda: "aggregator")
    states.save(ShardState(shard="s0", config_version=57), over=0)

    AGGREGATOR.lambda_handler({}, Context())

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = (line for line in lines if "OutdatedConfig" in line)
    assert metrics["OutdatedConfig"] == [1.0]
    (error,) = (vars(each) for each in caplog.records if each.levelname == "ERROR")
    assert (error["shard"], error["versions_behind"]) == ("s0", 56)
    assert "tocsin apply" in error["mend"]
    assert inbox() == []


SHARDS = [Shard(id=f"s{number}", version=1, monitors=()) for number in range(10)]


@pytest.mark.parametrize(
    ("timely", "patience"), [(1, 13), (3, 5), (5, 3)], ids=["one of ten", "three", "half of them"]
)
def test_with_time_for_few_shards_a_minute_each_has_its_turn_soon(
    timely: int, patience: int
) -> None:
    judged = {each.id: [0] for each in SHARDS}
    for minute in range(500):
        for each in AGGREGATOR.in_turn(SHARDS, MINUTES + minute)[:timely]:
            judged[each.id].append(minute)

    gaps = [b - a for turns in judged.values() for a, b in pairwise([*turns, 500])]
    assert max(gaps) <= patience


MINUTES = tick_of(NOON)


def test_every_minute_has_all_shards_and_the_same_minute_the_same_order() -> None:
    for minute in range(MINUTES, MINUTES + 50):
        turn = AGGREGATOR.in_turn(SHARDS, minute)
        assert sorted(each.id for each in turn) == [each.id for each in SHARDS]
        assert turn == AGGREGATOR.in_turn(SHARDS, minute)
    assert AGGREGATOR.in_turn([], MINUTES) == []


def test_a_wake_up_without_time_gives_its_records_back(
    dynamodb: "DynamoDBClient", inbox: Any
) -> None:
    watch(dynamodb, shard(monitor()))
    outage(dynamodb)

    answer = AGGREGATOR.lambda_handler(records("lima#s0"), Context(remaining_ms=10_000))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert inbox() == []


def test_a_wake_up_with_little_time_decides_and_leaves_the_sending_to_the_next(
    dynamodb: "DynamoDBClient", inbox: Any
) -> None:
    watch(dynamodb, shard(monitor()))
    outage(dynamodb)

    AGGREGATOR.lambda_handler(records("lima#s0"), Context(remaining_ms=30_000))
    at_first = inbox()
    AGGREGATOR.lambda_handler({}, Context())

    assert at_first == []
    assert len(inbox()) == 1


def test_a_job_that_reported_failure_is_announced_on_the_minute(
    dynamodb: "DynamoDBClient", inbox: Any
) -> None:
    target = HeartbeatTarget(cron="0 3 * * *", timezone="Europe/Berlin")
    job = Monitor(id="backup", target=target, locations=(ENDPOINT,), need=1)
    watch(dynamodb, shard(job))
    beat = Beat(signal=Signal.FAIL, at=datetime.now(UTC), status=2, said="disk full")
    DynamoHeartbeats(dynamodb, "state").beat("backup", beat)

    answer = AGGREGATOR.lambda_handler({}, Context())

    assert answer == {"judged": 1}
    (arrived,) = inbox()
    assert "backup" in arrived["Subject"]
    assert "exit status 2" in arrived["Message"]


def test_before_the_first_configuration_there_is_nothing_to_judge(
    dynamodb: "DynamoDBClient", inbox: Any
) -> None:
    assert AGGREGATOR.lambda_handler({}, Context()) == {"judged": 0}


@pytest.mark.parametrize(
    ("told", "dashboard", "status_page"),
    [
        ({}, "", ""),
        (
            {
                "TOCSIN_DASHBOARD": "Tocsin",
                "TOCSIN_SITE_URL": "https://status.example.com/",
            },
            "Tocsin",
            "https://status.example.com/",
        ),
    ],
    ids=["a stack without", "a stack with both"],
)
def test_messages_point_at_the_stack_that_sends_them(
    inbox: Any,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, str],
    dashboard: str,
    status_page: str,
) -> None:
    tell(monkeypatch, **told)

    assert links() == Links(
        partition="aws",
        account="123456789012",
        region=REGION,
        dashboard=dashboard,
        status_page=status_page,
    )
