"""From what a topic publishes to the outlets, on moto's queues and by real servers on loopback."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest

from tests.integration.adapters.conftest import REGION
from tests.integration.adapters.listener import Listener, listening
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tests.unit.messages.cases import DOWN, PLACES, fails, recovered, subject
from tocsin.adapters import eventbridge
from tocsin.domain.incident import Alert
from tocsin.domain.monitor import Route
from tocsin.messages import email
from tocsin.messages.bundle import render
from tocsin.usecases.hand_on import TRIES
from tocsin.usecases.ports import HandoverError
from tocsin.wiring import notifier

NOTIFIER = handler("notifier")
ROOT = "/tocsin-notify/state"
ALERTS, HANDOVERS = "alerts", "handovers.fifo"

PAGED = replace(DOWN, routes=(Route.PAGE,))


@dataclass
class Stack:
    """The topics, the queues and the outlets, and Lambda between them."""

    listener: Listener
    sns: Any = field(default_factory=lambda: boto3.client("sns", region_name=REGION))
    sqs: Any = field(default_factory=lambda: boto3.client("sqs", region_name=REGION))
    ssm: Any = field(default_factory=lambda: boto3.client("ssm", region_name=REGION))
    urls: dict[str, str] = field(default_factory=dict)
    topics: dict[Route, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        size = {"MaximumMessageSize": str(1024 * 1024)}
        for name, kind in ((ALERTS, {}), (HANDOVERS, {"FifoQueue": "true"})):
            made = self.sqs.create_queue(QueueName=name, Attributes=size | kind)
            self.urls[name] = made["QueueUrl"]
        for route in Route:
            arn = self.topics[route] = self.sns.create_topic(Name=route)["TopicArn"]
            queue = f"arn:aws:sqs:{REGION}:123456789012:{ALERTS}"
            self.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)

    def outlet(self, name: str, url: str | None = None) -> None:
        self.ssm.put_parameter(
            Name=f"{ROOT}/{name}",
            Value=self.listener.url(name) if url is None else url,
            Type="SecureString",
            Overwrite=True,
        )

    def publish(self, alert: Alert, *routes: Route) -> None:
        for route in routes or alert.routes:
            self.sns.publish(
                TopicArn=self.topics[route],
                Subject=email.subject(alert),
                Message=render(alert, route).body,
                MessageStructure="json",
                MessageAttributes={
                    "route": {"DataType": "String", "StringValue": str(route)},
                    "tags": {"DataType": "String.Array", "StringValue": '["a"]'},
                },
            )

    def run(self) -> list[dict[str, Any]]:
        """Do as Lambda does until no message can be seen; give those that were given back."""
        given_back = []
        while records := [record for name in self.urls for record in self._received(name)]:
            for record in records:
                answer = NOTIFIER.lambda_handler({"Records": [record]}, Context())
                if answer["batchItemFailures"]:
                    assert answer == {
                        "batchItemFailures": [{"itemIdentifier": record["messageId"]}]
                    }
                    given_back.append(record)
                else:
                    self.sqs.delete_message(
                        QueueUrl=self._of(record), ReceiptHandle=record["receiptHandle"]
                    )
        return given_back

    def see_again(self, *records: dict[str, Any]) -> None:
        """Let the pause of a message be over."""
        for record in records:
            self.sqs.change_message_visibility(
                QueueUrl=self._of(record),
                ReceiptHandle=record["receiptHandle"],
                VisibilityTimeout=0,
            )

    def owed_to_one_that_answers(self, status: int) -> dict[str, Any]:
        """Give what is owed to an outlet, which has not been tried yet."""
        self.outlet("page/pager")
        self.listener.answers["page/pager"] = [status]
        self.publish(PAGED)
        NOTIFIER.lambda_handler({"Records": self._received(ALERTS)}, Context())
        (owed,) = self._received(HANDOVERS)
        return owed

    def left(self, name: str) -> int:
        counts = self.sqs.get_queue_attributes(
            QueueUrl=self.urls[name],
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return sum(map(int, counts.values()))

    def _received(self, name: str) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.urls[name], MaxNumberOfMessages=1, AttributeNames=["All"]
        )
        return [
            record(
                name,
                message["Body"],
                id_=message["MessageId"],
                receipt=message["ReceiptHandle"],
                attributes=message["Attributes"],
            )
            for message in answer.get("Messages", [])
        ]

    def _of(self, record: dict[str, Any]) -> str:
        return self.urls[record["eventSourceARN"].rpartition(":")[2]]


def record(
    queue: str,
    body: str,
    *,
    id_: str = "m",
    receipt: str = "r",
    attributes: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Make a record as Lambda hands it over."""
    return {
        "messageId": id_,
        "receiptHandle": receipt,
        "body": body,
        "attributes": attributes or {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{queue}",
        "awsRegion": REGION,
    }


@pytest.fixture
def stack(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with listening() as listener:
        stack = Stack(listener)
        tell(
            monkeypatch,
            POWERTOOLS_SERVICE_NAME="notifier",
            TOCSIN_ALERTS_QUEUE=stack.urls[ALERTS],
            TOCSIN_HANDOVERS_QUEUE=stack.urls[HANDOVERS],
            TOCSIN_OUTLETS=ROOT,
            TOCSIN_EVENT_BUS="",
            TOCSIN_TOPIC_PAGE=stack.topics[Route.PAGE],
            TOCSIN_DASHBOARD="tocsin",
        )
        yield stack
        forget()


@pytest.fixture
def bus(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put alerts on a bus whose rule sends to a queue, and give a way to see them."""
    monkeypatch.setenv("TOCSIN_EVENT_BUS", "default")
    queue = stack.sqs.create_queue(QueueName="rule")["QueueUrl"]
    events = boto3.client("events", region_name=REGION)
    events.put_rule(Name="alerts", EventPattern='{"source": ["tocsin"]}')
    arn = f"arn:aws:sqs:{REGION}:123456789012:rule"
    events.put_targets(Rule="alerts", Targets=[{"Id": "q", "Arn": arn}])

    def arrived() -> list[dict[str, Any]]:
        found = stack.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    return arrived


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    ours = (each for each in caplog.records if each.pathname == NOTIFIER.__file__)
    return [vars(each) for each in ours]


def test_each_outlet_of_the_route_is_told_once_and_no_other(stack: Stack) -> None:
    for name in ("page/pager", "page/boss", "chat/team"):
        stack.outlet(name)

    stack.publish(PAGED)

    assert stack.run() == []
    assert [each["title"] for each in stack.listener.of("page/pager")] == [email.subject(DOWN)]
    assert "#dashboards/dashboard/tocsin" in stack.listener.of("page/boss")[0]["message"]
    assert stack.listener.of("chat/team") == []
    assert (stack.left(ALERTS), stack.left(HANDOVERS)) == (0, 0)


def test_an_outlet_that_fails_is_tried_again_alone_and_is_told_once_it_is_back(
    stack: Stack,
) -> None:
    for name in ("page/a", "page/b", "page/c"):
        stack.outlet(name)
    stack.listener.answers["page/b"] = [503, 401, 200]
    stack.publish(PAGED)

    rounds = []
    for _ in range(3):
        rounds.append(given_back := stack.run())
        stack.see_again(*given_back)

    assert [[json.loads(r["body"])["outlet"] for r in given_back] for given_back in rounds] == [
        ["page/b"],
        ["page/b"],
        [],
    ]
    assert [len(stack.listener.of(f"page/{n}")) for n in "abc"] == [1, 3, 1]
    assert stack.left(HANDOVERS) == 0


def test_an_end_does_not_overtake_its_beginning_at_an_outlet_that_fails(stack: Stack) -> None:
    stack.outlet("page/pager")
    stack.outlet("page/log")
    stack.listener.answers["page/pager"] = [500, 200]
    stack.publish(PAGED)
    given_back = stack.run()
    stack.publish(recovered(PAGED))

    assert stack.run() == []
    meanwhile = [each["type"] for each in stack.listener.of("page/pager")]
    stack.see_again(*given_back)
    stack.run()

    assert meanwhile == ["failure"], "the first try, which failed"
    told = [each["type"] for each in stack.listener.of("page/pager")]
    assert told == ["failure", "failure", "success"]
    assert [each["type"] for each in stack.listener.of("page/log")] == ["failure", "success"]


def test_the_largest_alert_goes_all_the_way(stack: Stack, bus: Any) -> None:
    stack.outlet("page/pager")
    crowd = tuple(subject(*(fails(p) for p in PLACES), name=f"db{n:03}") for n in range(500))
    large = replace(PAGED, subjects=crowd)

    stack.publish(large)

    assert stack.run() == []
    (said,) = stack.listener.of("page/pager")
    (event,) = bus()
    assert len(event["detail"]["monitors"]) == 500
    assert event["detail"]["shortened"] is True
    assert "500 monitors" in said["title"]
    assert len(said["title"]) + len(said["message"]) <= 32_768


def test_a_topic_that_delivers_twice_is_handed_on_once(stack: Stack) -> None:
    stack.outlet("page/pager")

    stack.publish(PAGED)
    stack.publish(PAGED)
    stack.run()

    assert len(stack.listener.of("page/pager")) == 1


AGAIN = "an alert was not handed over and will be tried again"


@pytest.mark.parametrize(
    ("tries", "level", "said"),
    [
        (1, "WARNING", AGAIN),
        (TRIES - 1, "WARNING", AGAIN),
        (TRIES, "ERROR", "an alert was given up and is among the dead letters"),
    ],
    ids=["the first time", "the last but one", "the last time"],
)
def test_an_alert_is_tried_again_until_it_is_given_up(
    stack: Stack, caplog: pytest.LogCaptureFixture, tries: int, level: str, said: str
) -> None:
    owed = stack.owed_to_one_that_answers(404)
    owed["attributes"]["ApproximateReceiveCount"] = str(tries)

    NOTIFIER.lambda_handler({"Records": [owed]}, Context())

    (line,) = lines(caplog)
    assert (line["levelname"], line["msg"]) == (level, said)
    assert line["why"] == "it answered with HTTP status 404"
    assert (line["outlet"], line["alert"], line["tries"]) == ("page/pager", PAGED.id, tries)
    # Given up, it is seen at once, and SQS puts it with the dead letters.
    seen = stack.sqs.receive_message(QueueUrl=stack.urls[HANDOVERS]).get("Messages", [])
    assert len(seen) == int(tries == TRIES)


def counted(capsys: pytest.CaptureFixture[str]) -> list[tuple[float, float]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    a, b = "FailedHandovers", "LostHandovers"
    return [(line.get(a, [0])[0], line.get(b, [0])[0]) for line in lines if "_aws" in line]


@pytest.mark.parametrize(("tries", "lost"), [(TRIES - 1, 0.0), (TRIES, 1.0)])
def test_what_failed_and_what_was_lost_is_counted(
    stack: Stack, capsys: pytest.CaptureFixture[str], tries: int, lost: float
) -> None:
    owed = stack.owed_to_one_that_answers(500)
    owed["attributes"]["ApproximateReceiveCount"] = str(tries)
    capsys.readouterr()

    NOTIFIER.lambda_handler({"Records": [owed]}, Context())

    assert counted(capsys) == [(1.0, lost)]


def test_a_hand_over_is_no_figure_of_ours(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.outlet("page/pager")
    stack.publish(PAGED)

    stack.run()

    assert stack.listener.of("page/pager"), "it was handed over"
    assert counted(capsys) == []


def test_what_was_given_back_is_seen_again_when_its_pause_is_over(stack: Stack) -> None:
    stack.outlet("page/pager", "nonsense://hunter2")
    stack.publish(PAGED)

    (owed,) = stack.run()

    assert stack.left(HANDOVERS) == 1
    stack.see_again(owed)
    (again,) = stack.run()
    assert again["messageId"] == owed["messageId"]
    assert again["attributes"]["ApproximateReceiveCount"] == "2"


def test_a_hand_over_is_one_line_by_name_and_never_by_url(
    stack: Stack, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="apprise")
    caplog.set_level(logging.DEBUG, logger="urllib3")
    port = stack.listener.port
    stack.outlet("page/good", f"json://u:hunter2@127.0.0.1:{port}/hunter2")
    stack.outlet("page/revoked", f"json://u:hunter2@127.0.0.1:{port}/hunter2/revoked")
    stack.outlet("page/malformed", "slack://hunter2")
    stack.listener.answers["hunter2/revoked"] = [401]
    stack.publish(PAGED)

    stack.run()

    said = {line["outlet"]: (line["msg"], line.get("why")) for line in lines(caplog)}
    assert said == {
        "page/good": ("an alert was handed over", None),
        "page/revoked": (AGAIN, "it answered with HTTP status 401"),
        "page/malformed": (AGAIN, "its URL is none that Apprise can read"),
    }
    captured = capfd.readouterr()
    everything = [str(vars(each)) for each in caplog.records]
    assert "hunter2" not in "".join([caplog.text, captured.out, captured.err, *everything])


def test_an_outlet_that_was_removed_meanwhile_is_let_go(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    stack.outlet("page/pager")
    stack.publish(PAGED)
    spread = stack._received(ALERTS)[0]
    NOTIFIER.lambda_handler({"Records": [spread]}, Context())
    stack.ssm.delete_parameter(Name=f"{ROOT}/page/pager")
    forget()

    assert stack.run() == []

    assert stack.listener.heard == []
    assert [line["msg"] for line in lines(caplog)] == ["an outlet is no longer there"]


def test_a_store_that_is_down_loses_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stack.outlet("page/pager")
    stack.publish(PAGED)
    with monkeypatch.context() as down:
        down.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1")
        forget()
        given_back = stack.run()
    forget()
    stack.see_again(*given_back)

    assert [each["body"] for each in given_back] != []
    assert "the outlets cannot be read" in lines(caplog)[0]["why"]
    assert stack.run() == []
    assert len(stack.listener.of("page/pager")) == 1


POISON = [
    "",
    "hunter2",
    "[]",
    '{"Message": "hunter2", "MessageAttributes": {}}',
    '{"Message": "hunter2", "MessageAttributes": {"route": {"Value": "page"}}}',
    '{"Message": "{}", "MessageAttributes": {"route": {"Value": "hunter2"}}}',
    '{"outlet": "page/pager", "alert": "a", "incident": "i", "text": "hunter2"}',
]


@pytest.mark.parametrize("queue", [ALERTS, HANDOVERS])
def test_messages_that_nobody_can_read_are_given_back_and_quoted_nowhere(
    stack: Stack,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    queue: str,
) -> None:
    stack.outlet("page/pager")
    records = [record(queue, body, id_=f"m{n}") for n, body in enumerate(POISON)]

    answer = NOTIFIER.lambda_handler({"Records": records}, Context())

    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == [
        f"m{n}" for n in range(len(POISON))
    ]
    assert [line["msg"] for line in lines(caplog)].count(AGAIN) == len(POISON)
    captured = capfd.readouterr()
    everything = [str(vars(each)) for each in caplog.records]
    assert "hunter2" not in "".join([captured.out, captured.err, *everything])
    assert stack.listener.heard == []


def test_one_message_that_fails_keeps_no_other_of_its_batch_back(stack: Stack) -> None:
    stack.outlet("page/pager")
    stack.publish(PAGED)
    good = stack._received(ALERTS)[0]

    answer = NOTIFIER.lambda_handler({"Records": [record(ALERTS, "{}"), good]}, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert stack.left(HANDOVERS) == 1


def test_every_alert_is_one_event_by_whichever_routes_it_goes(stack: Stack, bus: Any) -> None:
    stack.outlet("page/pager")
    everywhere = replace(DOWN, routes=(Route.CHAT, Route.PAGE, Route.NOTICE))

    stack.publish(everywhere)
    stack.publish(recovered(everywhere))
    stack.run()

    events = bus()
    assert sorted(each["detail-type"] for each in events) == [
        "Tocsin alert opened",
        "Tocsin alert resolved",
    ]
    assert {each["detail"]["incident"] for each in events} == {DOWN.incident}
    assert len(stack.listener.of("page/pager")) == 2


def test_a_bus_that_refuses_is_tried_again_and_keeps_no_outlet_waiting(
    stack: Stack, bus: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Full:
        def put_events(self, **_: object) -> dict[str, Any]:
            entry = {"ErrorCode": "InternalFailure", "ErrorMessage": "busy"}
            return {"FailedEntryCount": 1, "Entries": [entry]}

    stack.outlet("page/pager")
    stack.publish(PAGED)
    with monkeypatch.context() as down:
        down.setattr(eventbridge, "connect", lambda _region: Full())
        forget()
        given_back = stack.run()
    forget()
    stack.see_again(*given_back)

    assert len(stack.listener.of("page/pager")) == 1
    assert "InternalFailure: busy" in [line.get("why", "") for line in lines(caplog)][-1]
    assert stack.run() == []
    assert [each["detail-type"] for each in bus()] == ["Tocsin alert opened"]


def test_without_outlets_and_a_bus_an_alert_is_owed_to_nobody(stack: Stack) -> None:
    stack.publish(PAGED)

    assert stack.run() == []
    assert (stack.left(ALERTS), stack.left(HANDOVERS)) == (0, 0)


def test_a_queue_that_takes_nothing_gives_the_alert_back(stack: Stack) -> None:
    stack.outlet("page/pager")
    stack.publish(PAGED)
    spread = stack._received(ALERTS)[0]
    stack.sqs.delete_queue(QueueUrl=stack.urls[HANDOVERS])

    with pytest.raises(HandoverError):
        notifier.handovers().put(NOTIFIER.sqs.handover(HANDOVER))
    answer = NOTIFIER.lambda_handler({"Records": [spread]}, Context())

    assert answer["batchItemFailures"] == [{"itemIdentifier": spread["messageId"]}]


HANDOVER = '{"outlet": "page/pager", "alert": "a", "incident": "i", "text": "{}"}'
