"""That a role allows nothing that its function never asks for.

Each function lives through all that it may meet; that nothing else is asked for, `conftest` sees in
every test here.
"""

import socket
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.architecture.asking import of_keys, of_lambda
from tests.architecture.policies import Request, idle
from tests.fakes.make import FAIL, PASS, THREE, monitor, report, shard
from tests.fakes.tables import make_table
from tests.integration.adapters.conftest import REGION
from tests.integration.adapters.test_hearers import confirmed
from tests.integration.cli.stage import Stage
from tests.integration.functions.conftest import Asked, functions, stack_in
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tests.integration.functions.test_heartbeat import event as ping
from tests.integration.functions.test_notifier import PAGED, Stack, bus, stack
from tests.integration.functions.test_widget import around, call, now
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.watches import DynamoWatches
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.publicity import Public
from tocsin.domain.rollup import HOUR
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard
from tocsin.domain.standby import IN_A_ROW, Watch
from tocsin.domain.target import HttpTarget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["bus", "stack"]

ELSEWHERE = "us-east-1"
JOB = Monitor(
    id="backup",
    target=HeartbeatTarget(period=timedelta(days=1)),
    locations=(ENDPOINT,),
    need=1,
)
# SSM does not say which of the two it asks for, and one that is missing is seen on AWS alone.
OUTLETS = f"arn:aws:ssm:{REGION}:123456789012:parameter/tocsin-notify/state"
UNPROVED = {f"ReadTheOutlets: ssm:GetParametersByPath on {OUTLETS}/*"}


def unasked(name: str, asked: Asked, *, region: str = REGION) -> set[str]:
    """Name what the role of a function allows though nobody has asked for it."""
    stack, function = stack_in(region), functions(region)[name]
    requests: list[Request] = [request for who, request in asked if who == name]
    requests += of_lambda(stack, function)
    requests += of_keys(requests)
    return {*idle(stack.documents(stack.role_of(function)), requests)} - UNPROVED


def configure(client: "DynamoDBClient", *shards: Shard) -> None:
    configs = DynamoConfigs(client, "state")
    configs.replace(shards, over=configs.current(), at="now")


def test_a_probe_may_do_what_a_tick_elsewhere_asks_for_and_no_more(
    dynamodb: "DynamoDBClient", asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "/tocsin/state/heartbeat-url"
    tell(
        monkeypatch,
        POWERTOOLS_SERVICE_NAME="probe",
        AWS_REGION=ELSEWHERE,
        TOCSIN_LOCATION="lima",
        TOCSIN_EGRESS="loopback",
        TOCSIN_HEARTBEAT_URL_PARAMETER=url,
        TOCSIN_STANDBY_TABLE="standby",
    )
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        host, port = server.getsockname()
        boto3.client("ssm", region_name=REGION).put_parameter(
            Name=url, Value=f"http://{host}:{port}", Type="String"
        )
        target = HttpTarget(url=f"http://{host}:{port}/", basic=("me", "${ssm:/tocsin/word}"))
        configure(
            dynamodb, shard(Monitor(id="db", target=target, locations=("lima",), need=1), JOB)
        )
        handler("probe").lambda_handler({}, Context())
    forget()

    assert unasked("probe", asked, region=ELSEWHERE) == set()


def test_the_aggregator_may_do_what_all_that_it_judges_asks_for_and_no_more(
    dynamodb: "DynamoDBClient", asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    sns = boto3.client("sns", region_name=REGION)
    topics = {f"TOCSIN_TOPIC_{r.upper()}": sns.create_topic(Name=r)["TopicArn"] for r in Route}
    where: Any = {"LocationConstraint": REGION}
    boto3.client("s3", region_name=REGION).create_bucket(
        Bucket="site", CreateBucketConfiguration=where
    )
    outlets = {"TOCSIN_OUTLETS": "/tocsin-notify/state", "TOCSIN_EVENT_BUS": "default"}
    told = topics | outlets | {"TOCSIN_SITE_BUCKET": "site"}
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="aggregator", **told)
    confirmed(topics["TOCSIN_TOPIC_PAGE"], 1)  # the notifier's: it is up to outlets and rules
    db = replace(monitor(routes=tuple(Route)), public=Public(name="Web shop"))
    configure(dynamodb, shard(db, JOB), Shard(id="s1", version=1, monitors=(monitor("web"),)))
    spoilt: Any = {"pk": {"S": "SHARD#s1"}, "sk": {"S": "STATE"}, "document": {"B": b"spoilt"}}
    dynamodb.put_item(TableName="state", Item=spoilt)
    reports, tick = DynamoReports(dynamodb, "reports"), tick_of(datetime.now(UTC))
    aggregator = handler("aggregator")

    for ago, outcome in ((2 * HOUR, PASS), (HOUR, PASS), (1, FAIL), (0, PASS)):
        for location in THREE:
            reports.add(report(location, tick=tick - ago, db=outcome))
        aggregator.lambda_handler({"time": "2026-01-01T12:00:00Z"}, Context())
    aggregator.lambda_handler({"time": "2026-01-01T12:40:00Z"}, Context())  # what is over is past
    forget()

    assert unasked("aggregator", asked) == set()


def test_the_endpoint_may_do_what_a_job_and_a_canary_ask_for_and_no_more(
    dynamodb: "DynamoDBClient", asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="heartbeat")
    token = DynamoHeartbeats(dynamodb, "state").issue("backup", datetime.now(UTC), old_ends_at=None)
    endpoint = handler("heartbeat")

    for path in (f"/{token}", "/canary"):
        endpoint.lambda_handler(ping(path), Context())
    forget()

    assert unasked("heartbeat", asked) == set()


def test_the_notifier_may_do_what_an_alert_and_a_dead_outlet_ask_for_and_no_more(
    stack: Stack, bus: Any, asked: Asked
) -> None:
    stack.outlet("page/dead")
    stack.listener.answers["page/dead"] = [503]
    stack.publish(PAGED)
    stack.run()
    published = {"eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:alerts", "body": "no alert"}
    record = {
        "messageId": "m",
        "receiptHandle": "r",
        "attributes": {"ApproximateReceiveCount": "1"},
    }
    handler("notifier").lambda_handler({"Records": [published | record]}, Context())

    assert unasked("notifier", asked) == set()


def test_the_widget_may_do_what_looking_and_ordering_ask_for_and_no_more(
    dynamodb: "DynamoDBClient", asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="widget")
    seen = Stage(dynamodb).live(3, "db")
    jobs = Shard(id="s2", version=1, monitors=(JOB,))
    configure(dynamodb, *seen.shards, jobs)

    call()
    for name in ("db", "backup"):
        call(monitor=name)
    week = {"start": (now() - 7 * 86_400) * 1000, "end": now() * 1000}
    call(around(timeRange=week), monitor="db")
    call(around(forms={"all": {"by": "eve"}}), do="pause", monitor="mail", at=now())
    forget()

    assert unasked("widget", asked) == set()


def test_a_stand_by_may_do_what_a_silent_home_asks_for_and_no_more(
    dynamodb: "DynamoDBClient", asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = boto3.client("sns", region_name=ELSEWHERE).create_topic(Name="standby")["TopicArn"]
    tell(
        monkeypatch,
        POWERTOOLS_SERVICE_NAME="standby",
        AWS_REGION=ELSEWHERE,
        TOCSIN_LOCATION="lima",
        TOCSIN_STANDBY_TABLE="standby",
        TOCSIN_STANDBY_TOPIC=topic,
    )
    made: Any = boto3.client("dynamodb", region_name=ELSEWHERE)
    make_table(made, "standby")
    long_ago = Watch(sign_at=datetime.now(UTC) - timedelta(hours=1), misses=IN_A_ROW)
    DynamoWatches(made, "standby", lambda: "a writer").save(long_ago, over=0)
    handler("standby").lambda_handler({}, Context())
    forget()

    assert unasked("standby", asked, region=ELSEWHERE) == set()


def test_each_function_of_the_template_has_its_claim_here() -> None:
    claims = {
        "probe": test_a_probe_may_do_what_a_tick_elsewhere_asks_for_and_no_more,
        "aggregator": test_the_aggregator_may_do_what_all_that_it_judges_asks_for_and_no_more,
        "heartbeat": test_the_endpoint_may_do_what_a_job_and_a_canary_ask_for_and_no_more,
        "notifier": test_the_notifier_may_do_what_an_alert_and_a_dead_outlet_ask_for_and_no_more,
        "widget": test_the_widget_may_do_what_looking_and_ordering_ask_for_and_no_more,
        "standby": test_a_stand_by_may_do_what_a_silent_home_asks_for_and_no_more,
    }

    assert claims.keys() == functions(REGION).keys() | functions(ELSEWHERE).keys()
