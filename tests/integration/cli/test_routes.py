"""What `tocsin status` says of the routes, and that nothing keeps it from saying the rest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.fakes.make import monitor
from tests.integration.adapters.conftest import REGION
from tests.integration.cli.stage import WHERE, Stage
from tests.integration.cli.test_commands import Typed
from tests.integration.cli.wire import ALERTS_QUEUE, PAGE, TOPICS, WATCHER, Wire
from tocsin.adapters.receivers import Letters, Receivers
from tocsin.domain.incident import Alert, Event, Kind, Subject
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import Owed
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState

EMAIL = ("PendingConfirmation", "email", "ops@example.com")
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
OURS = (f"{PAGE}:0", "sqs", ALERTS_QUEUE)


@pytest.fixture
def watched(wire: Wire, stage: Stage) -> Wire:
    """Watch what alerts by page, where the notifier has subscribed, and somebody until lately."""
    paged = tuple(replace(monitor(name), routes=(Route.PAGE,)) for name in ("db", "web"))
    configs = stage.home.configs
    shard = Shard(id="s0", version=2, monitors=paged)
    configs.replace((shard,), over=configs.current(), at="now")
    wire.subscriptions[PAGE] = [OURS, ("Deleted", "email", "former@example.com")]
    return wire


def delivery(capsys: pytest.CaptureFixture[str]) -> Any:
    return Typed(capsys, "status", "--json").json["delivery"]


def route(capsys: pytest.CaptureFixture[str], name: str = "page") -> Any:
    (found,) = (each for each in delivery(capsys)["routes"] if each["route"] == name)
    return found


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return Typed(capsys, "status").out.splitlines()


def test_a_route_that_nobody_hears_is_named_with_what_alerts_by_it(
    capsys: pytest.CaptureFixture[str], watched: Wire
) -> None:
    shown = said(capsys)

    assert "page: nobody; 2 monitors alert by it" in shown
    assert "page: nobody hears of db, web: subscribe somebody, as docs/routes.md tells" in shown
    assert "chat: nobody; no monitor alerts by it" in shown
    assert "alarms about Tocsin itself: nobody hears of them: deploy with WatcherEmail" in shown


def test_who_has_not_confirmed_does_not_hear(
    capsys: pytest.CaptureFixture[str], watched: Wire
) -> None:
    watched.subscriptions[PAGE].append(EMAIL)

    shown = said(capsys)

    assert "page: 1 email (1 not confirmed); 2 monitors alert by it" in shown
    assert "page: nobody hears of db, web: have it confirmed" in shown


def test_subscribers_are_counted_by_protocol_and_outlets_beside_them(
    capsys: pytest.CaptureFixture[str], watched: Wire
) -> None:
    ssm = boto3.client("ssm", region_name=REGION)
    for name in ("page/team", "page/boss", "chat/team"):
        ssm.put_parameter(
            Name=f"/tocsin-notify/state/{name}", Type="SecureString", Value="json://example.com"
        )
    watched.subscriptions[PAGE] += [
        EMAIL,
        (f"{PAGE}:1", "email", "a@example.com"),
        (f"{PAGE}:2", "https", "https://example.com"),
    ]
    watched.subscriptions[WATCHER] = [(f"{WATCHER}:1", "email", "a@example.com")]

    page = route(capsys)

    assert page["subscribers"] == {"email": 1, "https": 1}
    assert page["not_confirmed"] == {"email": 1}
    assert page["outlets"] == 2
    assert page["monitors"] == ["db", "web"]
    assert route(capsys, "chat")["outlets"] == 1
    assert delivery(capsys)["watcher"]["subscribers"] == {"email": 1}
    assert "json://" not in "\n".join(said(capsys))


def test_an_outlet_is_somebody_who_hears(capsys: pytest.CaptureFixture[str], watched: Wire) -> None:
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name="/tocsin-notify/state/page/team", Type="SecureString", Value="json://example.com"
    )

    assert "page: 1 outlet; 2 monitors alert by it" in said(capsys)


def test_what_did_not_arrive_is_counted_with_its_age(
    capsys: pytest.CaptureFixture[str], watched: Wire
) -> None:
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.get_queue_url(QueueName="lost_handovers")["QueueUrl"]
    for _ in range(2):
        sqs.send_message(QueueUrl=queue, MessageBody="{}")
    boto3.client("cloudwatch", region_name=REGION).put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": "lost_handovers"}],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=5),
                "Value": 7200,
            }
        ],
    )

    dead = delivery(capsys)["dead_letters"]
    shown = said(capsys)

    assert dead == {
        "undelivered": {"messages": 0, "oldest_s": None},
        "lost_handovers": {"messages": 2, "oldest_s": 7200.0},
    }
    assert any(line.startswith("lost handovers: 2 alerts, the oldest for 2 h: ") for line in shown)
    assert "dead letters: none" not in shown


def test_dead_letters_whose_age_may_not_be_read_are_still_counted(
    watched: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.get_queue_url(QueueName="undelivered")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:9")

    assert Receivers(WHERE.region).letters(queue, datetime.now(UTC)) == Letters(number=1)


def test_alarms_of_the_watcher_that_ring_are_shown_with_their_runbooks(
    capsys: pytest.CaptureFixture[str], watched: Wire
) -> None:
    cloudwatch = boto3.client("cloudwatch", region_name=REGION)
    for name, topic in (("stuck", WATCHER), ("behind", WATCHER), ("other", PAGE)):
        cloudwatch.put_metric_alarm(
            AlarmName=f"tocsin-{name}",
            AlarmDescription="It means this.\nLook there.\nDo that.\n/runbooks/x.md",
            Namespace="Tocsin/tocsin",
            MetricName=name,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[topic],
        )
    for name in ("stuck", "other"):
        cloudwatch.set_alarm_state(
            AlarmName=f"tocsin-{name}", StateValue="ALARM", StateReason="of this test"
        )

    (alarm,) = delivery(capsys)["alarms"]
    shown = [line for line in said(capsys) if line.startswith("alarm ")]

    assert (alarm["name"], alarm["meaning"]) == ("tocsin-stuck", "It means this.")
    assert alarm["runbook"] == "/runbooks/x.md"
    assert len(shown) == 1
    assert shown[0].startswith("alarm tocsin-stuck for ")


def test_alarms_that_may_not_be_read_keep_nothing_else_from_being_shown(
    capsys: pytest.CaptureFixture[str], watched: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:9")

    shown = said(capsys)

    assert "not shown: which alarms ring: no answer (EndpointConnectionError)" in shown
    assert "dead letters: none" in shown


def test_what_sms_have_cost_stands_against_what_they_may(
    capsys: pytest.CaptureFixture[str], watched: Wire
) -> None:
    watched.subscriptions[PAGE].append((f"{PAGE}:3", "sms", "+4915112345678"))
    watched.spend_limit, watched.sandboxed = "5", True

    assert delivery(capsys)["sms"] == {"limit_usd": 5.0, "spent_usd": 0.0, "sandboxed": True}
    assert "SMS: $0.00 of $5.00 spent this month" in said(capsys)


def test_what_was_spent_begins_anew_with_the_month(watched: Wire) -> None:
    days = ((datetime(2026, 2, 28, 23, 50, tzinfo=UTC), 5.0), (MARCH + timedelta(days=3), 3.0))
    boto3.client("cloudwatch", region_name=REGION).put_metric_data(
        Namespace="AWS/SNS",
        MetricData=[
            {"MetricName": "SMSMonthToDateSpentUSD", "Timestamp": at, "Value": value}
            for at, value in (*days, (MARCH + timedelta(days=12), 4.2))
        ],
    )

    receivers = Receivers(WHERE.region)

    assert receivers.spent(MARCH + timedelta(days=14, hours=7)) == 4.2
    assert receivers.spent(MARCH + timedelta(hours=1)) == 0


@pytest.mark.parametrize(
    ("tries", "refused"),
    [((1, 1), 0), ((2, 1), 1), ((5, 3), 2)],
    ids=["on their way", "one was sent back", "both were"],
)
def test_what_a_route_has_sent_back_is_counted(
    capsys: pytest.CaptureFixture[str],
    watched: Wire,
    stage: Stage,
    tries: tuple[int, ...],
    refused: int,
) -> None:
    owed = tuple(
        Owed(alert=alert(f"i{number}", minutes_ago=9 - number), routes=(Route.PAGE,), tries=each)
        for number, each in enumerate(tries)
    )
    stage.home.states.save(ShardState(shard="s0", outbox=owed), over=0)

    page = route(capsys)

    assert page["refused"] == refused
    assert page["refused_since"] == (owed[0].alert.at.isoformat() if refused else None)
    assert route(capsys, "chat")["refused"] == 0


def alert(incident: str, *, minutes_ago: int) -> Alert:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes_ago)
    return Alert(
        incident=incident,
        event=Event.OPENED,
        kind=Kind.DOWN,
        at=at,
        opened_at=at,
        routes=(Route.PAGE,),
        subjects=(Subject(monitor="db", target="", need=1, ballots=()),),
    )


def test_where_nobody_gets_sms_nothing_is_asked_of_them(
    capsys: pytest.CaptureFixture[str], watched: Wire
) -> None:
    assert delivery(capsys)["sms"] is None
    assert watched.calls("GetSMSAttributes") == []


def test_what_may_not_be_read_is_named_in_a_line_and_the_rest_is_shown(
    capsys: pytest.CaptureFixture[str], watched: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.subscriptions[TOPICS["notice"]] = [(f"{PAGE}:3", "sms", "+4915112345678")]
    watched.refusing["GetSMSAttributes"] = ("AuthorizationError", "not you")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")

    typed = Typed(capsys, "status")

    shown = typed.out.splitlines()
    assert typed.code == 0
    assert "not shown: the spend limit of SMS: this identity may not call GetSMSAttributes" in shown
    assert "not shown: dead letters (undelivered): no answer (EndpointConnectionError)" in shown
    assert "SMS: $0.00 of unknown spent this month" in shown
    assert "page: nobody; 2 monitors alert by it" in shown


def test_where_subscribers_may_not_be_read_it_is_not_said_that_nobody_hears(
    capsys: pytest.CaptureFixture[str], watched: Wire
) -> None:
    watched.refusing["ListSubscriptionsByTopic"] = ("AuthorizationError", "not you")

    shown = said(capsys)

    assert "page: its subscribers are not known; 2 monitors alert by it" in shown
    assert not [line for line in shown if "nobody" in line]


@pytest.mark.parametrize(
    ("noted", "why"),
    [
        (None, "there is no parameter /tocsin/state/routes in eu-west-1: deploy the home stack"),
        ("{}", "what the home stack has noted of its routes is malformed"),
        ("[", "what the home stack has noted of its routes is malformed"),
    ],
    ids=["a stack of before", "too little", "no JSON"],
)
def test_monitors_are_shown_also_where_nothing_is_known_of_routes(
    capsys: pytest.CaptureFixture[str], watched: Wire, noted: str | None, why: str
) -> None:
    ssm = boto3.client("ssm", region_name=REGION)
    if noted is None:
        ssm.delete_parameter(Name="/tocsin/state/routes")
    else:
        ssm.put_parameter(Name="/tocsin/state/routes", Value=noted, Overwrite=True)

    typed = Typed(capsys, "status")

    assert typed.code == 0
    assert typed.out.startswith("db\t")
    assert why in typed.out.splitlines()[-1]
    (unseen,) = delivery(capsys)["unseen"]
    assert why in unseen


def test_routes_are_shown_before_anything_is_watched(
    capsys: pytest.CaptureFixture[str], wire: Wire
) -> None:
    shown = said(capsys)

    assert shown[0] == "nothing is watched yet: write monitors.yaml and run `tocsin apply`"
    assert "page: nobody; no monitor alerts by it" in shown
