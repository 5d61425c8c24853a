"""Who may do what, call by call: the security model in short, to be tried where IAM is enforced.

Each row is a call and the roles that may make it; every other role must be refused. A probe writes
its own location's reports and reads the configuration, and so does an agent; the aggregator keeps
the state and what people read; the endpoint keeps what jobs report; the notifier knows where the
outlets are; the widget shows, and carries orders out; a stand-by sees how far the home has come.
Nobody deletes, scans, or changes what is watched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PROBE = "probe"
AGENT = "agent"
AGGREGATOR = "aggregator"
HEARTBEAT = "heartbeat"
NOTIFIER = "notifier"
WIDGET = "widget"
STANDBY = "stand-by"
ROLES = (PROBE, AGENT, AGGREGATOR, HEARTBEAT, NOTIFIER, WIDGET, STANDBY)

EYES = (PROBE, AGENT)
READERS = (AGGREGATOR, WIDGET)
NOBODY: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of AWS's API, by its name in Python, and the roles that may make it.

    It changes nothing, not even where it is allowed.
    """

    name: str
    may: tuple[str, ...]
    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the calls are about: a home stack, a probe of another region, and an agent."""

    region: str
    location: str
    probe_region: str
    probe: str
    agent: str
    outputs: Mapping[str, str]
    """Of the home stack."""

    @property
    def reports(self) -> str:
        """Name the table of reports."""
        return self.outputs["ReportsTableName"]

    @property
    def state(self) -> str:
        """Name the table of the state."""
        return self.outputs["StateTableName"]


def table(ground: Ground) -> Iterator[Call]:
    """Give every call of the table."""
    for part in (_reports, _configuration, _states, _jobs, _wholesale):
        yield from part(ground)
    for part in (_topics, _queues, _parameters, _page, _beyond):
        yield from part(ground)


def _reports(ground: Ground) -> Iterator[Call]:
    own = {PROBE: ground.probe, AGENT: ground.agent}
    for who, location in own.items():
        pk = f"{location}#none"
        yield _put(ground, f"report for the {who}'s location", (who,), ground.reports, pk, TICK)
        yield _query(
            ground, f"read the {who}'s reports", (who, *READERS), ground.reports, f"{location}#s0"
        )
    theirs = f"{ground.location}#none"
    yield _put(ground, "report for another location", NOBODY, ground.reports, theirs, TICK)
    yield _query(ground, "read another location's reports", READERS, ground.reports, theirs)
    yield _put(
        ground, "report for a longer name", NOBODY, ground.reports, f"{ground.probe}x#s0", TICK
    )


def _configuration(ground: Ground) -> Iterator[Call]:
    watched = (*EYES, *READERS)
    yield _get(ground, "find the configuration", watched, "CONFIG", "CURRENT")
    yield _query(ground, "read the configuration", watched, ground.state, "CONFIG#1")
    yield _put(ground, "put another in force", NOBODY, ground.state, "CONFIG", {"S": "CURRENT"})
    yield _put(ground, "change the configuration", NOBODY, ground.state, "CONFIG#1", {"S": "s0"})


def _states(ground: Ground) -> Iterator[Call]:
    state = ground.state
    yield _get(ground, "read a state", READERS, "SHARD#s0", "STATE")
    yield _query(ground, "list states", NOBODY, state, "SHARD#s0")
    yield _put(ground, "write a state", READERS, state, "SHARD#none", {"S": "STATE"})
    for what, pk in (
        ("put a state aside", "QUARANTINE#none"),
        ("write the history", "HISTORY#1970-01"),
        ("write how a monitor stands", "MONITOR#none"),
        ("write an hour", "ROLLUP#none"),
        ("write a day", "DAYS#none"),
        ("note what page is written", "SITE"),
        ("note how far the home has come", "PROGRESS"),
    ):
        yield _put(ground, what, (AGGREGATOR,), state, pk, {"S": "none"})
    for what, pk in (
        ("read the history", "HISTORY#1970-01"),
        ("read hours", "ROLLUP#none"),
        ("read days", "DAYS#none"),
    ):
        yield _query(ground, what, READERS, state, pk)
    yield _get(ground, "read how a monitor stands", NOBODY, "MONITOR#none", "STATUS")
    yield _get(ground, "see how far the home has come", (STANDBY,), "PROGRESS", "AGGREGATOR")


def _jobs(ground: Ground) -> Iterator[Call]:
    state, token, pulse = ground.state, "TOKEN#00000000", {"S": "PULSE"}
    yield _get(ground, "read a token", (HEARTBEAT,), token, "TOKEN")
    yield _query(ground, "list tokens", NOBODY, state, token)
    yield _put(ground, "make a token", NOBODY, state, token, {"S": "TOKEN"})
    yield _get(ground, "read what a job reported", (HEARTBEAT,), "HEARTBEAT#none", "PULSE")
    yield _put(ground, "speak for a job", (HEARTBEAT,), state, "HEARTBEAT#none", pulse)
    yield _get(ground, "see when a canary came", (HEARTBEAT, *READERS), "HEARTBEAT", "ENDPOINT")
    yield _put(ground, "note a canary", (HEARTBEAT,), state, "HEARTBEAT", {"S": "ENDPOINT"})
    key = {"pk": {"S": "HEARTBEAT#none"}, "sk": pulse}
    yield _call(
        ground,
        "hear jobs",
        READERS,
        "dynamodb.batch_get_item",
        RequestItems={state: {"Keys": [key]}},
    )
    token_key = {"pk": {"S": token}, "sk": {"S": "TOKEN"}}
    both = {state: {"Keys": [key, token_key]}}
    yield _call(
        ground, "hear jobs and a token", NOBODY, "dynamodb.batch_get_item", RequestItems=both
    )


def _wholesale(ground: Ground) -> Iterator[Call]:
    """Try what no function does with a table, not even with its own part of it."""
    for what, name, pk, sk in (
        ("a report", ground.reports, f"{ground.probe}#none", TICK),
        ("a state", ground.state, "SHARD#none", {"S": "STATE"}),
        ("what a job reported", ground.state, "HEARTBEAT#none", {"S": "PULSE"}),
    ):
        key = {"pk": {"S": pk}, "sk": sk}
        yield _call(
            ground, f"delete {what}", NOBODY, "dynamodb.delete_item", TableName=name, Key=key
        )
        yield _call(
            ground,
            f"change {what} in place",
            NOBODY,
            "dynamodb.update_item",
            TableName=name,
            Key=key,
            UpdateExpression="SET trespass = :it",
            ExpressionAttributeValues={":it": {"S": "trespass"}},
        )
        item = {name: [{"PutRequest": {"Item": key}}]}
        yield _call(
            ground, f"write {what} in bulk", NOBODY, "dynamodb.batch_write_item", RequestItems=item
        )
    for name in (ground.reports, ground.state):
        yield _call(ground, f"scan {name}", NOBODY, "dynamodb.scan", TableName=name)
        yield _call(ground, f"delete {name}", NOBODY, "dynamodb.delete_table", TableName=name)


def _topics(ground: Ground) -> Iterator[Call]:
    for topic, may in (
        ("PageTopicArn", (AGGREGATOR,)),
        ("ChatTopicArn", (AGGREGATOR,)),
        ("NoticeTopicArn", (AGGREGATOR,)),
        ("WatcherTopicArn", NOBODY),
    ):
        arn, name = ground.outputs[topic], topic.removesuffix("TopicArn").lower()
        # A structure that SNS refuses, so that nobody is rung.
        yield _call(
            ground,
            f"publish to {name}",
            may,
            "sns.publish",
            TopicArn=arn,
            Message="trespass",
            MessageStructure="json",
        )
        yield _call(
            ground,
            f"listen to {name}",
            NOBODY,
            "sns.subscribe",
            TopicArn=arn,
            Protocol="email",
            Endpoint="trespass@example.com",
        )

        yield _call(
            ground,
            f"count who hears of {name}",
            may,
            "sns.get_topic_attributes",
            TopicArn=arn,
        )
        yield _call(
            ground,
            f"list who hears of {name}",
            NOBODY,
            "sns.list_subscriptions_by_topic",
            TopicArn=arn,
        )


def _queues(ground: Ground) -> Iterator[Call]:
    for queue, sends, takes in (
        ("AlertsQueueUrl", NOBODY, (NOTIFIER,)),
        ("HandoversQueueUrl", (NOTIFIER,), (NOTIFIER,)),
        ("UndeliveredQueueUrl", NOBODY, NOBODY),
        ("LostHandoversQueueUrl", NOBODY, NOBODY),
        ("AggregatorFailuresQueueUrl", (AGGREGATOR,), NOBODY),
    ):
        url, name = ground.outputs[queue], queue.removesuffix("Url")
        # A delay that SQS refuses, so that nothing lies there afterwards.
        yield _call(
            ground,
            f"put on {name}",
            sends,
            "sqs.send_message",
            QueueUrl=url,
            MessageBody="trespass",
            DelaySeconds=901,
        )
        yield _call(
            ground,
            f"take from {name}",
            takes,
            "sqs.receive_message",
            QueueUrl=url,
            VisibilityTimeout=0,
        )
        yield _call(ground, f"empty {name}", NOBODY, "sqs.purge_queue", QueueUrl=url)


def _parameters(ground: Ground) -> Iterator[Call]:
    outlets = ground.outputs["OutletsPath"]
    for what, may, name in (
        ("find the endpoint", EYES, f"/tocsin/{ground.state}/heartbeat-url"),
        ("read a secret in the home region", (AGENT,), "/tocsin/none"),
        ("read where an outlet is", NOBODY, f"{outlets}/page/none"),
        ("read a parameter of others", NOBODY, "/others/none"),
    ):
        yield _call(ground, what, may, "ssm.get_parameter", Name=name, WithDecryption=True)
    yield Call(
        name="read a secret in the probe's region",
        may=(PROBE,),
        service="ssm",
        operation="get_parameter",
        parameters={"Name": "/tocsin/none", "WithDecryption": True},
        region=ground.probe_region,
    )
    for what, may, path in (
        ("list the outlets", (NOTIFIER,), outlets),
        ("list the outlets of all", NOBODY, "/tocsin-notify"),
        ("list secrets", NOBODY, "/tocsin"),
    ):
        yield _call(ground, what, may, "ssm.get_parameters_by_path", Path=path, Recursive=True)
    yield _call(ground, "name parameters", (AGGREGATOR,), "ssm.describe_parameters", MaxResults=1)
    yield _call(
        ground,
        "lead an outlet elsewhere",
        NOBODY,
        "ssm.put_parameter",
        Name=f"{outlets}/page/none",
        Value="trespass",
        Type="SecureString",
    )


def _page(ground: Ground) -> Iterator[Call]:
    """Write what the public sees; what is there nobody reads back or removes."""
    bucket = ground.outputs["StatusPageBucketName"]
    file = {"Bucket": bucket, "Key": "trespass.txt"}
    # A digest that is not the body's, so that S3 refuses it.
    wrong = {"Body": b"trespass", "ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
    yield _call(ground, "write the status page", (AGGREGATOR,), "s3.put_object", **file, **wrong)
    yield _call(ground, "read the status page", NOBODY, "s3.get_object", **file)
    yield _call(ground, "remove the status page", NOBODY, "s3.delete_object", **file)
    yield _call(ground, "list the status page", NOBODY, "s3.list_objects_v2", Bucket=bucket)


def _beyond(ground: Ground) -> Iterator[Call]:
    """Try what would lead out of a function's own rights."""
    for bus, may in (("default", (NOTIFIER,)), ("other", NOBODY)):
        # No such detail: EventBridge refuses the entry, and answers the call.
        entry = {"Source": "trespass", "DetailType": "trespass", "Detail": "", "EventBusName": bus}
        yield _call(ground, f"put on the bus {bus}", may, "events.put_events", Entries=[entry])
    yield _call(ground, "name rules", (AGGREGATOR,), "events.list_rules", Limit=1)
    for function in ("AggregatorFunctionName", "WidgetFunctionName", "NotifierFunctionName"):
        name = ground.outputs[function]
        shown = function.removesuffix("FunctionName").lower()
        yield _call(
            ground,
            f"run the {shown}",
            NOBODY,
            "lambda.invoke",
            FunctionName=name,
            InvocationType="DryRun",
        )
        yield _call(
            ground,
            f"put code into the {shown}",
            NOBODY,
            "lambda.update_function_code",
            FunctionName=name,
            ZipFile=b"trespass",
        )
    yield _call(
        ground,
        "become the aggregator",
        NOBODY,
        "sts.assume_role",
        RoleArn=ground.outputs["AggregatorRoleArn"],
        RoleSessionName="trespass",
    )
    yield _call(
        ground,
        "say that all is well",
        NOBODY,
        "cloudwatch.put_metric_data",
        Namespace="Tocsin/tocsin",
        MetricData=[{"MetricName": "Sweeps", "Value": 1}],
    )
    yield _call(
        ground,
        "silence alarms",
        NOBODY,
        "cloudwatch.disable_alarm_actions",
        AlarmNames=["tocsin-undelivered"],
    )
    yield _call(ground, "make a user", NOBODY, "iam.create_user", UserName="trespass")


# A sort key of the reports.
TICK: Mapping[str, str] = {"N": "0"}


def _put(
    ground: Ground,
    name: str,
    may: tuple[str, ...],
    table: str,
    pk: str,
    sk: Mapping[str, str],
) -> Call:
    # A condition that never holds: an allowed call changes nothing.
    return _call(
        ground,
        name,
        may,
        "dynamodb.put_item",
        TableName=table,
        Item={"pk": {"S": pk}, "sk": sk},
        ConditionExpression="attribute_exists(nothing)",
    )


def _get(ground: Ground, name: str, may: tuple[str, ...], pk: str, sk: str) -> Call:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    return _call(ground, name, may, "dynamodb.get_item", TableName=ground.state, Key=key)


def _query(ground: Ground, name: str, may: tuple[str, ...], table: str, pk: str) -> Call:
    return _call(
        ground,
        name,
        may,
        "dynamodb.query",
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
    )


def _call(ground: Ground, name: str, may: tuple[str, ...], what: str, **parameters: object) -> Call:
    service, _, operation = what.partition(".")
    return Call(
        name=name,
        may=may,
        service=service,
        operation=operation,
        parameters=parameters,
        region=ground.region,
    )
