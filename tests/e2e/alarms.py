"""Every alarm of a running stack, fed by hand what it rings at, and what its topic then says.

MiniStack extracts no metrics from logs, and rings at the sum of what an alarm's metric was given in
its periods: this shows that alarms are there, and are heard with their text.
"""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tocsin_cli.local.deploy import PLACES, Place
from tocsin_cli.local.stack import LocalStack

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef
    from mypy_boto3_sqs import SQSClient

HEARD_WITHIN_S: Final = 60.0
QUEUE: Final = "watcher"


def rung(stack: LocalStack) -> dict[str, dict[str, Any]]:
    """Have all alarms ring; gives by name what was heard of each, or nothing."""
    found: dict[str, dict[str, Any]] = {}
    for place in PLACES:
        found |= _rung(stack, place)
    return found


def _rung(stack: LocalStack, place: Place) -> dict[str, dict[str, Any]]:
    topic = stack.outputs[place.location]["WatcherTopicArn"]
    sqs = stack.emulator.client("sqs", place.location)
    queue = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": _letting(topic, arn)})
    stack.emulator.client("sns", place.location).subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn
    )
    cloudwatch = stack.emulator.client("cloudwatch", place.location)
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    for alarm in alarms:
        cloudwatch.put_metric_data(
            Namespace=alarm["Namespace"],
            MetricData=[
                {
                    "MetricName": alarm["MetricName"],
                    "Dimensions": alarm["Dimensions"],
                    "Value": _enough(alarm),
                }
            ],
        )
    return _heard(sqs, queue, {alarm["AlarmName"] for alarm in alarms})


def _enough(alarm: "MetricAlarmTypeDef") -> float:
    """Give a figure at which an alarm rings."""
    below = alarm["ComparisonOperator"].startswith("LessThan")
    return 0 if below else alarm["Threshold"] + 1


def _heard(sqs: "SQSClient", queue: str, names: set[str]) -> dict[str, dict[str, Any]]:
    """Give what was said of each alarm; nothing of those that nobody heard in time."""
    heard: dict[str, dict[str, Any]] = {name: {} for name in names}
    deadline = time.monotonic() + HEARD_WITHIN_S
    while not all(heard.values()) and time.monotonic() < deadline:
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in got.get("Messages", []):
            said: Mapping[str, Any] = json.loads(json.loads(message["Body"])["Message"])
            if said["NewStateValue"] == "ALARM":
                heard[said["AlarmName"]] = dict(said)
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return heard


def _letting(topic: str, queue: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
