"""Who hears of alerts, and what did not arrive: what AWS says of the routes, for the operator.

Every question is brief and is asked once; what AWS does not answer, or not to this caller, is a
RefusedError in a few words.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from botocore.config import Config
from pydantic import TypeAdapter, ValidationError

from tocsin.adapters.aws import client
from tocsin.adapters.refusals import RefusedError, refusals
from tocsin.domain.monitor import Route
from tocsin.usecases.rehearse import Sent

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

GLANCE = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1}
)
PATIENT = Config(
    connect_timeout=3, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 1}
)
"""For a test of a route, which takes some seconds and must not be sent twice."""
PAGES = 5
"""Of a hundred subscriptions or alarms each, and no further: somebody waits."""
FIRST_SPEND_LIMIT = 1.0
"""US dollars a month for SMS, where nobody has set anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where alerts go and where those are that did not arrive, as the home stack has noted it."""

    aggregator: str
    topics: Mapping[Route, str]
    watcher: str
    alerts_queue: str
    outlets: str
    undelivered: str
    lost_handovers: str

    def __post_init__(self) -> None:
        if self.topics.keys() != {*Route}:
            raise ValueError(f"a topic for each route is needed, got {sorted(self.topics)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribers:
    """How many subscriptions of each protocol a topic has: those that hear, and those pending."""

    confirmed: Mapping[str, int]
    pending: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """What lies in a dead-letter queue; the age is not always known."""

    number: int
    oldest: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """An alarm about Tocsin itself that rings: what it means, and where it is told what to do."""

    name: str
    since: datetime
    meaning: str
    runbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A subscription once confirmed; `guarded` says that only the account can end it."""

    subscription: str
    protocol: str = ""
    endpoint: str = ""
    guarded: bool | None = None


class Receivers:
    """The receiving end of the routes, in the home region."""

    def __init__(self, region: str) -> None:
        self._sns: SNSClient = client("sns", region, GLANCE)
        self._sqs: SQSClient = client("sqs", region, GLANCE)
        self._ssm: SSMClient = client("ssm", region, GLANCE)
        self._cloudwatch: CloudWatchClient = client("cloudwatch", region, GLANCE)
        self._lambda: LambdaClient = client("lambda", region, PATIENT)

    def places(self, state_table: str) -> Places:
        """Find where everything is; RefusedError, by ParameterNotFound where that is not noted."""
        with refusals():
            found = self._ssm.get_parameter(Name=f"/tocsin/{state_table}/routes")
        try:
            return TypeAdapter(Places).validate_json(found["Parameter"]["Value"])
        except ValidationError as error:
            raise RefusedError(
                "what the home stack has noted of its routes is malformed"
            ) from error

    def subscribers(self, topic: str, *, but: str) -> Subscribers:
        """Count who has subscribed, but for one endpoint of ours."""
        confirmed: Counter[str] = Counter()
        pending: Counter[str] = Counter()
        with refusals():
            pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            for each in (s for page in islice(pages, PAGES) for s in page["Subscriptions"]):
                if each["SubscriptionArn"] == "PendingConfirmation":
                    pending[each["Protocol"]] += 1
                elif each["SubscriptionArn"].startswith("arn:") and each["Endpoint"] != but:
                    confirmed[each["Protocol"]] += 1
        return Subscribers(confirmed=confirmed, pending=pending)

    def outlets(self, root: str) -> Mapping[str, int]:
        """Count the outlets of each route; their URLs stay encrypted."""
        with refusals():
            pages = self._ssm.get_paginator("get_parameters_by_path").paginate(
                Path=root, Recursive=True, WithDecryption=False
            )
            names = [each["Name"] for page in islice(pages, PAGES) for each in page["Parameters"]]
        return Counter(name.removeprefix(f"{root}/").partition("/")[0] for name in names)

    def letters(self, queue: str, now: datetime) -> Letters:
        """Count what lies in a dead-letter queue; where there is something, ask how old it is."""
        with refusals():
            told = self._sqs.get_queue_attributes(
                QueueUrl=queue,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )["Attributes"]
        number = sum(map(int, told.values()))
        if not number:
            return Letters(number=0)
        try:
            return Letters(number=number, oldest=self._age(queue.rpartition("/")[2], now))
        except RefusedError:
            return Letters(number=number)

    def ringing(self, topic: str) -> tuple[Ringing, ...]:
        """Give the alarms of a topic that ring, the oldest first."""
        with refusals():
            pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
                StateValue="ALARM", AlarmTypes=["MetricAlarm"]
            )
            found = [each for page in islice(pages, PAGES) for each in page["MetricAlarms"]]
        ours = (_ringing(each) for each in found if topic in each.get("AlarmActions", ()))
        return tuple(sorted(ours, key=lambda each: (each.since, each.name)))

    def spend_limit(self) -> float:
        """Give how many US dollars SMS may cost in a month."""
        with refusals():
            told = self._sns.get_sms_attributes(attributes=["MonthlySpendLimit"])
        return float(told.get("attributes", {}).get("MonthlySpendLimit") or FIRST_SPEND_LIMIT)

    def spent(self, now: datetime) -> float:
        """Give how many US dollars SMS have cost this month; no figure is none sent."""
        with refusals():
            points = self._cloudwatch.get_metric_statistics(
                Namespace="AWS/SNS",
                MetricName="SMSMonthToDateSpentUSD",
                StartTime=now.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
                EndTime=now + timedelta(minutes=1),
                Period=86400,
                Statistics=["Maximum"],
            )["Datapoints"]
        return max((point["Maximum"] for point in points), default=0.0)

    def sandboxed(self) -> bool:
        """Tell whether only verified numbers get SMS."""
        with refusals():
            return bool(self._sns.get_sms_sandbox_account_status()["IsInSandbox"])

    def confirm(self, topic: str, token: str) -> Confirmed:
        """Confirm a subscription so that only this account can end it."""
        with refusals():
            arn = self._sns.confirm_subscription(
                TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true"
            )["SubscriptionArn"]
        try:
            with refusals():
                told = self._sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        except RefusedError:  # it is confirmed all the same
            return Confirmed(subscription=arn)
        return Confirmed(
            subscription=arn,
            protocol=told.get("Protocol", ""),
            endpoint=told.get("Endpoint", ""),
            guarded=told.get("ConfirmationWasAuthenticated") == "true",
        )

    def rehearse(self, aggregator: str, route: Route) -> tuple[Sent, ...]:
        """Have the aggregator send a test through a route, and give what the topic answered."""
        with refusals():
            answer = self._lambda.invoke(
                FunctionName=aggregator, Payload=json.dumps({"test_alert": route}).encode()
            )
            said = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RefusedError(f"it failed: {said.get('errorMessage', said)}", "FunctionError")
        if "sent" not in said:
            raise RefusedError("it is of a version that knows no tests", "OldVersion")
        return TypeAdapter(tuple[Sent, ...]).validate_python(said["sent"])

    def _age(self, queue: str, now: datetime) -> timedelta | None:
        with refusals():
            points = self._cloudwatch.get_metric_statistics(
                Namespace="AWS/SQS",
                MetricName="ApproximateAgeOfOldestMessage",
                Dimensions=[{"Name": "QueueName", "Value": queue}],
                StartTime=now - timedelta(hours=1),
                EndTime=now,
                Period=300,
                Statistics=["Maximum"],
            )["Datapoints"]
        newest = max(points, key=lambda point: point["Timestamp"], default=None)
        return None if newest is None else timedelta(seconds=newest["Maximum"])


def _ringing(alarm: "MetricAlarmTypeDef") -> Ringing:
    """Read an alarm as the template writes them: three lines, and the page of its runbook."""
    meaning, *more = alarm.get("AlarmDescription", "").split("\n") or [""]
    pages = [line for line in more if line.endswith(".md")]
    return Ringing(
        name=alarm["AlarmName"],
        since=alarm["StateUpdatedTimestamp"].astimezone(UTC),
        meaning=meaning,
        runbook=pages[-1] if pages else "",
    )
