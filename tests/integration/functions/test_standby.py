"""The stand-by, against moto: what it sees, what it says, and what it leaves alone."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.fakes.make import FAIL, report
from tests.fakes.tables import make_table
from tests.integration.adapters.conftest import REGION
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tocsin.adapters.progress import DynamoProgress
from tocsin.adapters.views import DynamoViews
from tocsin.adapters.watches import DynamoWatches
from tocsin.domain.outlook import view
from tocsin.domain.schedule import tick_of
from tocsin.domain.standby import IN_A_ROW, Progress
from tocsin.domain.target import TcpTarget
from tocsin.wiring.probe import canaries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STANDBY = handler("standby")
HERE = "us-east-1"
HOME = REGION
TABLE = "standby"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A stand-by in its region, and a queue that hears what it says."""

    near: "DynamoDBClient"
    home: "DynamoDBClient"
    sqs: Any
    queue: str

    def look(self) -> dict[str, Any]:
        answer: dict[str, Any] = STANDBY.lambda_handler({}, Context())
        return answer

    def looks(self, number: int) -> None:
        for _ in range(number):
            self.look()

    def note(self, age: timedelta = timedelta(), **told: Any) -> None:
        """Let the home note its progress, so long ago."""
        progress = Progress(at=datetime.now(UTC) - age, judged=1, failed=0)
        DynamoProgress(self.home, "state").note(replace(progress, **told))

    def age(self, by: timedelta) -> None:
        """Let the newest sign be older."""
        watches = DynamoWatches(self.near, TABLE, lambda: "test")
        watch, revision = watches.load()
        assert watch.sign_at is not None
        watches.save(replace(watch, sign_at=watch.sign_at - by), over=revision)

    def heard(self) -> list[dict[str, Any]]:
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(json.loads(message["Body"])["Message"]))
        return found


@pytest.fixture
def post(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    near = boto3.client("dynamodb", region_name=HERE)
    make_table(near, TABLE)
    sns = boto3.client("sns", region_name=HERE)
    sqs = boto3.client("sqs", region_name=HERE)
    topic = sns.create_topic(Name="standby")["TopicArn"]
    queue = sqs.create_queue(QueueName="ear")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{HERE}:123456789012:ear")
    tell(
        monkeypatch,
        AWS_REGION=HERE,
        TOCSIN_HOME_REGION=HOME,
        TOCSIN_LOCATION=HERE,
        TOCSIN_EGRESS="loopback",
        TOCSIN_STANDBY_TABLE=TABLE,
        TOCSIN_STANDBY_TOPIC=topic,
        POWERTOOLS_SERVICE_NAME="standby",
    )
    yield Post(near=near, home=dynamodb, sqs=sqs, queue=queue)
    forget()


def lose(post: Post) -> None:
    """Let the home's table be gone, and its newest sign six minutes old."""
    post.note()
    post.look()
    post.age(timedelta(minutes=6))
    post.home.delete_table(TableName="state")
    post.looks(IN_A_ROW)


def test_a_home_that_judges_is_let_alone(post: Post) -> None:
    post.note()

    assert post.look() == {"lost": False, "sent": []}
    assert post.heard() == []


def test_a_home_whose_table_is_gone_is_told_once(post: Post) -> None:
    lose(post)

    post.looks(3)

    (said,) = post.heard()
    assert (said["event"], said["home"], said["seen_from"]) == ("opened", HOME, HERE)
    assert "table state" in said["summary"]


def test_a_home_that_has_stopped_judging_is_told_though_its_tables_answer(post: Post) -> None:
    post.note()
    post.look()
    post.age(timedelta(minutes=6))
    post.note(age=timedelta(minutes=6))

    post.looks(IN_A_ROW)

    (said,) = post.heard()
    assert "has noted no progress since" in said["summary"]


def test_a_home_whose_topics_take_nothing_is_told(post: Post) -> None:
    owed_since = datetime.now(UTC) - timedelta(minutes=9)
    post.note()
    post.look()
    post.age(timedelta(minutes=6))
    post.note(owed_since=owed_since)

    post.looks(IN_A_ROW)

    (said,) = post.heard()
    assert "its topics have not taken what it owes them" in said["summary"]


def test_what_its_probe_sees_failing_is_said(post: Post) -> None:
    tick = tick_of(datetime.now(UTC))
    seen = view(report(HERE, tick=tick, since=tick - 9, db=FAIL))
    DynamoViews(post.near, TABLE).show(seen)

    lose(post)

    (said,) = post.heard()
    assert (said["failed"], said["monitors"]) == (1, 1)
    assert said["failing"][0]["monitor"] == "db"


def test_the_end_is_told_once_and_of_the_same_loss(post: Post, dynamodb: "DynamoDBClient") -> None:
    lose(post)
    (beginning,) = post.heard()
    make_table(dynamodb, "state")
    post.note()

    post.looks(IN_A_ROW + 3)

    (end,) = post.heard()
    assert end["event"] == "resolved"
    assert end["incident"] == beginning["incident"]


def test_a_stand_by_whose_own_network_fails_says_nothing_of_the_home(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        nobody = server.getsockname()[1]
    monkeypatch.setenv("TOCSIN_CANARIES", f"tcp://127.0.0.1:{nobody}")
    forget()

    lose(post)

    assert post.heard() == []


def test_a_stand_by_whose_canaries_are_well_believes_what_it_sees(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        monkeypatch.setenv("TOCSIN_CANARIES", f"tcp://127.0.0.1:{server.getsockname()[1]}")
        forget()

        lose(post)

    assert [said["event"] for said in post.heard()] == ["opened"]


def test_what_is_in_the_home_region_is_no_canary() -> None:
    """It would be out with the home, and a stand-by that asks it take itself for cut off."""
    written = " ".join(
        f"tls://sts.{region}.amazonaws.com:443" for region in (HOME, HERE, "eu-central-1")
    )

    targets = [each.target for each in canaries(written, HERE, HOME)]

    assert [each.host for each in targets if isinstance(each, TcpTarget)] == [
        "sts.eu-central-1.amazonaws.com"
    ]


def test_each_look_is_counted_and_what_it_missed_is_too(
    post: Post, capsys: pytest.CaptureFixture[str]
) -> None:
    post.note()
    post.look()
    post.note(age=timedelta(minutes=6))
    post.look()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    first, second = (line for line in lines if "_aws" in line)
    assert (first["Looks"], "HomeUnheard" in first) == ([1.0], False)
    assert (second["Looks"], second["HomeUnheard"]) == ([1.0], [1.0])
