"""The home region is lost and comes back: the stand-by says so once each time, and what fails.

The very template runs on MiniStack with IAM enforced. While the home is lost, no function anywhere
gets an answer from its tables. Time is not waited for: looks are called by hand, and the newest
sign of the home is made six minutes old.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config

from tocsin.adapters.progress import DynamoProgress
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.watches import DynamoWatches
from tocsin.config.reader import parse
from tocsin.domain.schedule import instant_of, tick_of
from tocsin.domain.standby import IN_A_ROW
from tocsin.usecases.ports import ConflictError
from tocsin_cli.local.deploy import HOME, SECOND
from tocsin_cli.local.emulator import ROOT
from tocsin_cli.local.services import DemoServices
from tocsin_cli.local.stack import SOURCES, LocalStack, running

PROJECT: Final = Path(__file__).parents[2]
LAUNCHER: Final = Path(__file__).with_name("losing_ministack.py")
PATIENCE_S: Final = 200.0
"""For one step on a busy machine; a minute of it may be the wait for a schedule."""
POLL_S: Final = 0.5
EVER: Final = 10**8 - 1
QUEUE: Final = "standby-ear"
ARN: Final = f"arn:aws:sqs:{SECOND.location}:000000000000:{QUEUE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it, when it was over."""

    before: list[dict[str, Any]]
    lost: list[dict[str, Any]]
    back: list[dict[str, Any]]
    woken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """The region where somebody stands by, with an ear at its topic."""

    stack: LocalStack
    switch: Path

    @property
    def outputs(self) -> dict[str, str]:
        return dict(self.stack.outputs[SECOND.location])

    def client(self, service: str) -> Any:
        return self.stack.emulator.client(service, SECOND.location)

    def invoke(self, output: str, event: dict[str, str] | None = None) -> dict[str, Any]:
        """Call a function as its schedule does, and wait for its end: it may wait for the home."""
        client = boto3.client(
            "lambda",
            region_name=SECOND.location,
            endpoint_url=self.stack.emulator.endpoint_url,
            config=Config(read_timeout=PATIENCE_S, retries={"total_max_attempts": 1}),
            aws_access_key_id=ROOT["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT["AWS_SECRET_ACCESS_KEY"],
        )
        answer = client.invoke(
            FunctionName=self.outputs[output], Qualifier="live", Payload=json.dumps(event or {})
        )
        return dict(answer)

    def look(self) -> None:
        answer = self.invoke("StandByFunctionName")
        assert "FunctionError" not in answer, answer["Payload"].read()

    def tick(self, tick: int) -> bool:
        """Run a tick of the probe, and tell whether the home took its reports."""
        answer = self.invoke("ProbeFunctionName", {"time": instant_of(tick).isoformat()})
        return "FunctionError" not in answer

    def watches(self) -> DynamoWatches:
        return DynamoWatches(self.client("dynamodb"), self.outputs["StandByTableName"], _token)

    def age(self) -> None:
        """Make the newest sign of the home six minutes old."""
        while True:
            watch, revision = self.watches().load()
            old = replace(watch, sign_at=datetime.now(UTC) - timedelta(minutes=6))
            try:
                self.watches().save(old, over=revision)
            except ConflictError:  # its schedule has just looked
                continue
            return

    def listen(self) -> None:
        sqs = self.client("sqs")
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": ARN,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        sqs.create_queue(QueueName=QUEUE, Attributes={"Policy": policy})
        self.client("sns").subscribe(
            TopicArn=self.outputs["StandByTopicArn"], Protocol="sqs", Endpoint=ARN
        )

    def heard(self) -> list[dict[str, Any]]:
        """Take what was said since the last time."""
        sqs, found = self.client("sqs"), []
        url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(json.loads(message["Body"])["Message"]))
        return found


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    switch = tmp_path_factory.mktemp("home") / "lost"
    with (
        DemoServices() as services,
        running(
            PROJECT,
            progress=print,
            beside={"StandBy": "true"},
            launcher=(LAUNCHER, switch),
            directory=switch.parent,
        ) as stack,
    ):
        services.services["database"].stop()
        yield _live(Second(stack=stack, switch=switch), services.services["database"].address)


def test_while_the_home_judges_nothing_is_said_of_it(outcome: Outcome) -> None:
    assert outcome.before == []


def test_the_loss_is_told_once_with_what_fails_from_there(outcome: Outcome) -> None:
    (said,) = outcome.lost

    assert (said["event"], said["home"], said["seen_from"]) == (
        "opened",
        HOME.location,
        SECOND.location,
    )
    assert "its state table does not answer" in said["summary"]
    assert [each["monitor"] for each in said["failing"]] == ["database"]


def test_the_end_is_told_once_and_of_the_same_loss(outcome: Outcome) -> None:
    (said,) = outcome.back

    assert said["event"] == "resolved"
    assert said["incident"] == outcome.lost[0]["incident"]


def test_its_schedule_wakes_the_stand_by(outcome: Outcome) -> None:
    assert outcome.woken


def _live(second: Second, address: str) -> Outcome:
    second.listen()
    # Its ticks are run by hand, so that one process has seen them all.
    name = f"tocsin-{SECOND.location}-probe"
    second.client("scheduler").delete_schedule(Name=name)
    _watch(second.stack, address)
    reports = DynamoReports(
        second.stack.emulator.client("dynamodb", HOME.location),
        second.stack.outputs[HOME.location]["ReportsTableName"],
    )
    (shard,) = second.stack.home.configs.shards()
    place = SECOND.location

    def seen() -> bool:
        """Run the tick before this one, which counts unless the minute ends meanwhile."""
        second.tick(tick_of(datetime.now(UTC)) - 1)
        return reports.newest(place, shard.id, until=EVER) is not None

    assert _until(seen, second), "the probe does not report"
    _sweep(second)
    second.look()
    before = second.heard()

    now = tick_of(datetime.now(UTC))
    assert second.tick(now)
    second.switch.touch()
    assert not second.tick(now + 1), "a home that is lost has taken a report"
    second.age()
    for _ in range(IN_A_ROW + 1):
        second.look()
    lost = second.heard()

    second.switch.unlink()
    _sweep(second)
    for _ in range(IN_A_ROW + 1):
        second.look()
    back = second.heard()
    # A beginning and an end were struck off, and the newest sign was made old.
    ours = 1 + 2 * (IN_A_ROW + 1) + 3
    woken = _until(lambda: second.watches().load()[1] > ours, second)
    return Outcome(before=before, lost=lost, back=back, woken=woken)


def _watch(stack: LocalStack, address: str) -> None:
    text = (
        f"locations: {{{', '.join(f'{name}: {{}}' for name in SOURCES)}}}\n"
        "defaults: {interval: 1m, timeout: 5s, retries: 0}\n"
        "monitors:\n"
        f'  database: {{tcp: "{address}", alert: [page]}}\n'
    )
    reading = parse(text, "e2e", allow_private=True)
    assert reading.configuration is not None, reading.errors
    stack.apply(reading.configuration)


def _sweep(second: Second) -> None:
    """Let the home judge, as its schedule does, and wait for its note of that."""
    emulator, home = second.stack.emulator, second.stack.outputs[HOME.location]
    notes = DynamoProgress(emulator.client("dynamodb", HOME.location), home["StateTableName"])
    begin = datetime.now(UTC)

    def noted() -> bool:
        progress = notes.progress()
        return progress is not None and progress.at > begin

    emulator.client("lambda", HOME.location).invoke(
        FunctionName=home["AggregatorFunctionName"],
        Qualifier="live",
        InvocationType="Event",
        Payload="{}",
    )
    assert _until(noted, second), "the aggregator notes no progress"


def _until(holds: Callable[[], bool], second: Second) -> bool:
    """Wait until something holds; False if it never does."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            return False
        second.stack.emulator.ensure_running()
        time.sleep(POLL_S)
    return True


def _token() -> str:
    return "a test"
