"""`tocsin test-alert` from the line that is typed, through the aggregator, to what SNS says."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import boto3
import pytest

from tests.integration.adapters.conftest import REGION
from tests.integration.cli.test_commands import Typed
from tests.integration.cli.wire import ALERTS_QUEUE, PAGE, TOKEN, TOPICS, Wire
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tocsin.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

AGGREGATOR = handler("aggregator")
LINK = (
    "https://sns.eu-west-1.amazonaws.com/confirmation.html"
    f"?{urlencode({'TopicArn': PAGE, 'Token': TOKEN})}"
)
QUEUE = ALERTS_QUEUE.replace("alerts", "inbox")


@pytest.fixture
def topics(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator["SNSClient"]:
    """Put the very aggregator behind the port, and topics of moto behind the aggregator."""
    url = "https://sns.eu-west-1.amazonaws.com"
    made = boto3.client("sns", region_name=REGION, endpoint_url=url)
    for route, topic in TOPICS.items():
        assert made.create_topic(Name=route)["TopicArn"] == topic
        monkeypatch.setenv(f"TOCSIN_TOPIC_{route.upper()}", topic)
    boto3.client("sqs", region_name=REGION).create_queue(QueueName="inbox")
    made.subscribe(TopicArn=PAGE, Protocol="sqs", Endpoint=QUEUE)
    monkeypatch.setattr(AGGREGATOR, "TEST_LASTS_SECONDS", 0)
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="aggregator")
    # What is on the wire is asked by the command; the aggregator's own client goes to moto.
    monkeypatch.setattr("tocsin.adapters.sns.connect", lambda _region: made)
    wire.function = lambda event: AGGREGATOR.lambda_handler(event, Context())
    wire.subscriptions[PAGE] = [(f"{PAGE}:1", "sqs", QUEUE), (f"{PAGE}:2", "sqs", ALERTS_QUEUE)]
    yield made
    forget()


def inbox() -> list[str]:
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    told = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in told]


def test_a_beginning_and_an_end_arrive_and_their_numbers_are_told(
    capsys: pytest.CaptureFixture[str], wire: Wire, topics: "SNSClient"
) -> None:
    typed = Typed(capsys, "test-alert", "page")

    arrived = inbox()
    assert typed.code == 0
    opened, resolved, hearing = (line for line in typed.out.splitlines() if line[0] != "{")
    assert hearing == "page: 1 sqs"
    for line, what, text in zip((opened, resolved), ("opened", "resolved"), arrived, strict=True):
        assert line == f"{what}: accepted by SNS as {json.loads(text)['MessageId']}"
    assert all("a test of the route page" in text for text in arrived)
    (invoked,) = wire.calls("Invoke")
    assert invoked["Path"] == "/2015-03-31/functions/tocsin-aggregator/invocations"


def test_json_has_what_became_of_each_and_who_hears(
    capsys: pytest.CaptureFixture[str], wire: Wire, topics: "SNSClient"
) -> None:
    wire.subscriptions[PAGE] += [("PendingConfirmation", "email", "ops@example.com")]
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name="/tocsin-notify/state/page/team", Type="SecureString", Value="json://example.com"
    )

    typed = Typed(capsys, "test-alert", "page", "--json")
    document = document_in(typed.out)

    assert [each["alert"].rpartition("#")[2] for each in document["sent"]] == ["opened", "resolved"]
    assert all(each["message"] and not each["problem"] for each in document["sent"])
    assert document["subscribers"] == {"sqs": 1}
    assert document["not_confirmed"] == {"email": 1}
    assert document["outlets"] == 1
    assert document["unseen"] == []


def test_a_topic_that_is_gone_is_told_with_what_to_do(
    capsys: pytest.CaptureFixture[str], topics: "SNSClient"
) -> None:
    topics.delete_topic(TopicArn=PAGE)

    typed = Typed(capsys, "test-alert", "page")

    assert typed.code == 1
    assert "opened: not accepted: " in typed.out
    assert "opened: the topic was deleted: deploy again" in typed.out
    assert "resolved" not in typed.out


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        ("AuthorizationError", "the topic's policy or the aggregator's role was changed"),
        ("KMSAccessDenied", "the key of the topic does not let the aggregator use it"),
        ("Throttled", "SNS takes no more for now: try again in a minute"),
        ("InternalError", "the aggregator's log has more of it"),
    ],
)
def test_what_sns_does_not_take_is_told_with_what_to_do(
    capsys: pytest.CaptureFixture[str], wire: Wire, code: str, mend: str
) -> None:
    wire.subscriptions[PAGE] = [(f"{PAGE}:1", "sqs", QUEUE)]
    answers = [
        {"alert": "tocsin-test-1#opened", "message": "m1", "problem": None},
        {"alert": "tocsin-test-1#resolved", "message": None, "problem": f"({code}) no"},
    ]
    wire.function = lambda _: {"test_alert": "page", "sent": answers}

    typed = Typed(capsys, "test-alert", "page")
    document = Typed(capsys, "test-alert", "page", "--json").json

    assert typed.code == 1
    assert f"resolved: not accepted: ({code}) no\nresolved: {mend}" in typed.out
    assert "what was opened by it stays open: close it by hand" in typed.out
    assert document["sent"][0]["mend"] is None
    assert document["sent"][1]["mend"].startswith(mend)


def test_a_route_that_nobody_hears_fails_its_test(
    capsys: pytest.CaptureFixture[str], wire: Wire, topics: "SNSClient"
) -> None:
    typed = Typed(capsys, "test-alert", "chat")

    assert typed.code == 1
    assert "chat: nobody\nso nobody has heard it: subscribe somebody" in typed.out


def test_who_hears_may_stay_unknown(
    capsys: pytest.CaptureFixture[str], wire: Wire, topics: "SNSClient"
) -> None:
    wire.refusing["ListSubscriptionsByTopic"] = ("AuthorizationError", "no")

    typed = Typed(capsys, "test-alert", "chat")

    assert typed.code == 0
    assert "not shown: subscribers of chat: this identity may not call" in typed.out


def fails(_event: dict[str, Any]) -> dict[str, Any]:
    raise ValueError("no environment")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        pytest.param(fails, "it failed: no environment: its log has more of it", id="a fault"),
        pytest.param(
            lambda _: {"judged": 2},
            "it is of a version that knows no tests: deploy the home stack again",
            id="an old version, which judges instead",
        ),
    ],
)
def test_an_aggregator_that_cannot_do_it_is_told(
    capsys: pytest.CaptureFixture[str], wire: Wire, function: Any, said: str
) -> None:
    wire.function = function

    typed = Typed(capsys, "test-alert", "page")

    assert typed.code == 1
    assert said in typed.err
    assert len(typed.err.splitlines()) == 1


def test_who_may_not_have_it_sent_is_told_what_is_missing(
    capsys: pytest.CaptureFixture[str], wire: Wire
) -> None:
    wire.refusing["Invoke"] = ("AccessDeniedException", "not you")

    typed = Typed(capsys, "test-alert", "page")

    assert typed.code == 1
    assert "this identity may not call Invoke: use a role that may invoke it" in typed.err


def test_an_unknown_route_is_a_wrong_call(capsys: pytest.CaptureFixture[str], wire: Wire) -> None:
    typed = Typed(capsys, "test-alert", "pager")

    assert typed.code == 64
    assert "there is no route pager: choose page, chat, notice" in typed.err
    assert wire.asked == []


def test_a_home_stack_of_before_says_to_be_deployed_again(
    capsys: pytest.CaptureFixture[str], wire: Wire
) -> None:
    boto3.client("ssm", region_name=REGION).delete_parameter(Name="/tocsin/state/routes")

    typed = Typed(capsys, "test-alert", "page")

    assert typed.code == 1
    assert (
        "no parameter /tocsin/state/routes in eu-west-1: deploy the home stack again" in typed.err
    )


@pytest.mark.parametrize("command", [("test-alert", "page"), ("confirm", LINK)], ids=lambda c: c[0])
@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("AWS_PROFILE", "set AWS_PROFILE to one that `aws configure list-profiles` shows"),
        ("AWS_ENDPOINT_URL_SSM", "region eu-west-1 does not answer: check its name"),
    ],
)
def test_who_cannot_speak_to_aws_is_told_so_as_everywhere(
    capsys: pytest.CaptureFixture[str],
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, str],
    variable: str,
    said: str,
) -> None:
    aws._session.cache_clear()
    monkeypatch.setenv(variable, "http://127.0.0.1:9")

    typed = Typed(capsys, *command)
    aws._session.cache_clear()

    assert typed.code == 1
    assert said in typed.err
    assert len(typed.err.splitlines()) == 1


def document_in(out: str) -> Any:
    """Read what the command printed, after what the aggregator in this process has logged."""
    return json.loads(out[out.index("{\n") :])
