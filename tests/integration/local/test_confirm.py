"""A subscription that waits, in the local AWS: it is confirmed by its link and then heard."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.integration.cli.test_commands import Typed
from tocsin.adapters import aws
from tocsin.domain.monitor import Route
from tocsin_cli.local.deploy import HOME
from tocsin_cli.local.emulator import Emulator

REGION = HOME.location
LONG = 30


@contextmanager
def endpoint() -> Iterator[tuple[str, "Queue[dict[str, Any]]"]]:
    """Take what SNS posts, at a URL on loopback."""
    posted: Queue[dict[str, Any]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", posted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, dict[str, str]]]:
    """Have the topics of a home stack in a local AWS, and the operator beside them."""
    with Emulator(tmp_path) as emulator:
        for name, value in emulator.environment(REGION).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TOCSIN_HOME_REGION", REGION)
        aws._session.cache_clear()
        sns = emulator.client("sns", REGION)
        topics = {name: sns.create_topic(Name=name)["TopicArn"] for name in (*Route, "watcher")}
        queue = emulator.client("sqs", REGION).create_queue(QueueName="dead")["QueueUrl"]
        noted = {
            "aggregator": "aggregator",
            "topics": {route: topics[route] for route in Route},
            "watcher": topics["watcher"],
            "alerts_queue": f"arn:aws:sqs:{REGION}:000000000000:alerts",
            "outlets": "/tocsin-notify/tocsin-state",
            "undelivered": queue,
            "lost_handovers": queue,
        }
        emulator.client("ssm", REGION).put_parameter(
            Name="/tocsin/tocsin-state/routes", Type="String", Value=json.dumps(noted)
        )
        yield sns, topics
    aws._session.cache_clear()


def waits(sns: Any, topic: str) -> str:
    """Tell whether the one subscription of a topic waits: here its list does not say so."""
    (one,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    told = sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])
    said: str = told["Attributes"]["PendingConfirmation"]
    return said


def test_a_link_of_the_local_aws_confirms_what_waits_and_does_so_once(
    home: tuple[Any, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    sns, topics = home
    page = topics["page"]
    with endpoint() as (url, posted):
        sns.subscribe(TopicArn=page, Protocol="http", Endpoint=url)
        asked = posted.get(timeout=LONG)
        link = (
            f"https://sns.{REGION}.amazonaws.com/?Action=ConfirmSubscription"
            f"&TopicArn={asked['TopicArn']}&Token={asked['Token']}"
        )
        before = waits(sns, page)

        typed, again = Typed(capsys, "confirm", link), Typed(capsys, "confirm", link)

        sns.publish(TopicArn=page, Message="it rings")
        heard = posted.get(timeout=LONG)

    assert (before, waits(sns, page)) == ("true", "false")
    assert typed.out.startswith(f"confirmed: http {url} hears of the route page\n")
    assert heard["Message"] == "it rings"
    assert again.code == 1
    assert "the link was used or is over two days old" in again.err
