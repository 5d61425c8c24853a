"""Try what the functions must not be able to do, with their own roles, where IAM is enforced.

The table of calls is the security model in short: a probe writes its own location's reports and
reads the configuration; the aggregator keeps the state and what people read, and deletes and scans
nothing; the endpoint of heartbeats keeps what jobs report, and knows nothing else; the notifier
reads where the outlets are, which nobody else can, and neither sees a table nor rings.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tocsin_cli.local.deploy import HOME, Outputs
from tocsin_cli.local.emulator import Emulator

_DENIALS = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call by one role: whether it must be allowed, and what came of it."""

    role: str
    call: str
    allowed: bool
    answer: str

    @property
    def as_it_must_be(self) -> bool:
        """Whether IAM decided as the template means it to."""
        return (self.answer in _DENIALS) is not self.allowed


type Call = Callable[[Callable[[str], Any]], object]


def attempts(emulator: Emulator, outputs: dict[str, Outputs]) -> Iterator[Attempt]:
    """Make every call of the table, in every role; the probe is one that is not at home."""
    home = outputs[HOME.location]
    probe = next(name for name in outputs if name != HOME.location)
    roles = {
        "probe": outputs[probe]["ProbeRoleArn"],
        "aggregator": home["AggregatorRoleArn"],
        "heartbeat": home["HeartbeatRoleArn"],
        "notifier": home["NotifierRoleArn"],
    }
    for role, arn in roles.items():
        client = _as(emulator, arn)
        calls = _of_the_notifier(home) if role == "notifier" else _table(role, home, probe)
        for name, allowed, call in calls:
            yield Attempt(role=role, call=name, allowed=allowed, answer=_answer(call, client))


def _table(role: str, home: Outputs, probe: str) -> list[tuple[str, bool, Call]]:
    reports, state = home["ReportsTableName"], home["StateTableName"]

    def key(pk: str, sk: dict[str, str]) -> dict[str, Any]:
        return {"pk": {"S": pk}, "sk": sk}

    def put(table: str, pk: str, sk: dict[str, str]) -> Call:
        # A condition that never holds: an allowed call changes nothing.
        return lambda client: client("dynamodb").put_item(
            TableName=table, Item=key(pk, sk), ConditionExpression="attribute_exists(nothing)"
        )

    def get(table: str, pk: str, sk: dict[str, str]) -> Call:
        return lambda client: client("dynamodb").get_item(TableName=table, Key=key(pk, sk))

    def query(table: str, pk: str) -> Call:
        return lambda client: client("dynamodb").query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )

    def delete(table: str, pk: str, sk: dict[str, str]) -> Call:
        return lambda client: client("dynamodb").delete_item(TableName=table, Key=key(pk, sk))

    def scan(table: str) -> Call:
        return lambda client: client("dynamodb").scan(TableName=table)

    def publish(topic: str) -> Call:
        return lambda client: client("sns").publish(TopicArn=home[topic], Message="trespass")

    tick, current = {"N": "0"}, {"S": "CURRENT"}
    if role == "probe":
        return [
            ("report for its own location", True, put(reports, f"{probe}#none", tick)),
            ("read the configuration", True, get(state, "CONFIG", current)),
            ("report for another location", False, put(reports, f"{HOME.location}#none", tick)),
            ("read its own location's reports", True, query(reports, f"{probe}#s0")),
            ("read another location's reports", False, query(reports, f"{HOME.location}#s0")),
            ("read the state", False, get(state, "SHARD#s0", {"S": "STATE"})),
            ("list the state", False, query(state, "SHARD#s0")),
            ("write the state", False, put(state, "SHARD#s0", {"S": "STATE"})),
            ("write the configuration", False, put(state, "CONFIG", current)),
            ("scan the reports", False, scan(reports)),
            ("scan the state", False, scan(state)),
            ("delete a report", False, delete(reports, f"{probe}#none", tick)),
            ("delete the state", False, delete(state, "SHARD#s0", {"S": "STATE"})),
            ("publish a page", False, publish("PageTopicArn")),
            ("publish to the chat", False, publish("ChatTopicArn")),
            ("publish a notice", False, publish("NoticeTopicArn")),
            *_beside(partial(put, state), allowed=False),
            ("read the history", False, query(state, "HISTORY#1970-01")),
            ("read how a monitor stands", False, get(state, "MONITOR#none", {"S": "STATUS"})),
            ("read a token", False, get(state, "TOKEN#00000000", {"S": "TOKEN"})),
            ("speak for a job", False, put(state, "HEARTBEAT#none", {"S": "PULSE"})),
            *_about_outlets(home),
            *_about_the_status_page(home, written=False),
        ]
    if role == "heartbeat":
        return [
            ("read a token", True, get(state, "TOKEN#00000000", {"S": "TOKEN"})),
            ("keep what a job reports", True, put(state, "HEARTBEAT#none", {"S": "PULSE"})),
            ("note a canary", True, put(state, "HEARTBEAT", {"S": "ENDPOINT"})),
            ("make a token", False, put(state, "TOKEN#00000000", {"S": "TOKEN"})),
            ("list the tokens", False, query(state, "TOKEN#00000000")),
            ("read the configuration", False, get(state, "CONFIG", current)),
            ("read the state", False, get(state, "SHARD#s0", {"S": "STATE"})),
            ("write the state", False, put(state, "SHARD#s0", {"S": "STATE"})),
            ("report for a location", False, put(reports, f"{probe}#none", tick)),
            ("scan the state", False, scan(state)),
            ("delete what a job reported", False, delete(state, "HEARTBEAT#none", {"S": "PULSE"})),
            ("publish a page", False, publish("PageTopicArn")),
            *_about_the_status_page(home, written=False),
        ]
    return [
        ("read the state", True, get(state, "SHARD#s0", {"S": "STATE"})),
        ("write the state", True, put(state, "SHARD#none", {"S": "STATE"})),
        ("read a location's reports", True, query(reports, f"{probe}#s0")),
        *_beside(partial(put, state), allowed=True),
        ("delete an incident", False, delete(state, "HISTORY#1970-01", {"S": "none"})),
        ("report for a location", False, put(reports, f"{probe}#none", tick)),
        ("delete a report", False, delete(reports, f"{probe}#none", tick)),
        ("delete the state", False, delete(state, "SHARD#s0", {"S": "STATE"})),
        ("scan the reports", False, scan(reports)),
        ("scan the state", False, scan(state)),
        *_about_outlets(home),
        *_about_the_status_page(home, written=True),
    ]


def _of_the_notifier(home: Outputs) -> list[tuple[str, bool, Call]]:
    key = {"pk": {"S": "CONFIG"}, "sk": {"S": "CURRENT"}}
    return [
        ("list the outlets", True, _list(home["OutletsPath"])),
        ("put an event on its bus", True, _event("default")),
        ("put an event on another bus", False, _event("other")),
        ("list the secrets of checks", False, _list("/tocsin")),
        ("queue an alert", False, _send(home["AlertsQueueUrl"])),
        ("add to the dead letters", False, _send(home["UndeliveredQueueUrl"])),
        (
            "read the configuration",
            False,
            lambda client: client("dynamodb").get_item(TableName=home["StateTableName"], Key=key),
        ),
        (
            "publish a page",
            False,
            lambda client: client("sns").publish(TopicArn=home["PageTopicArn"], Message="trespass"),
        ),
        *_about_the_status_page(home, written=False),
    ]


def _about_outlets(home: Outputs) -> Iterator[tuple[str, bool, Call]]:
    """Try what only the notifier may."""
    outlet = f"{home['OutletsPath']}/page/none"
    yield "list the outlets", False, _list(home["OutletsPath"])
    yield (
        "read where an outlet is",
        False,
        lambda client: client("ssm").get_parameter(Name=outlet, WithDecryption=True),
    )
    yield "have an outlet told", False, _send(home["HandoversQueueUrl"])


def _about_the_status_page(home: Outputs, *, written: bool) -> Iterator[tuple[str, bool, Call]]:
    """Write what the public sees; what is there nobody reads or removes."""
    file = {"Bucket": home["StatusPageBucketName"], "Key": "trespass.txt"}
    yield (
        "write the status page",
        written,
        lambda client: client("s3").put_object(**file, Body=b"trespass"),
    )
    yield "read the status page", False, lambda client: client("s3").get_object(**file)
    yield "remove the status page", False, lambda client: client("s3").delete_object(**file)


def _list(path: str) -> Call:
    return lambda client: client("ssm").get_parameters_by_path(Path=path, Recursive=True)


def _send(queue: str) -> Call:
    return lambda client: client("sqs").send_message(QueueUrl=queue, MessageBody="trespass")


def _event(bus: str) -> Call:
    entry = {"Source": "trespass", "DetailType": "trespass", "Detail": "{}", "EventBusName": bus}
    return lambda client: client("events").put_events(Entries=[entry])


def _beside(
    put: Callable[[str, dict[str, str]], Call], *, allowed: bool
) -> Iterator[tuple[str, bool, Call]]:
    """Write what the aggregator keeps beside its states: for people, and for inquests."""
    for what, pk, sk in (
        ("the history", "HISTORY#1970-01", "none"),
        ("a status", "MONITOR#none", "STATUS"),
        ("an hour", "ROLLUP#none", "1970-01-01T00"),
        ("a state that is put aside", "QUARANTINE#none", "0"),
    ):
        yield f"write {what}", allowed, put(pk, {"S": sk})


def _as(emulator: Emulator, role: str) -> Callable[[str], Any]:
    """Give clients of the home region that hold this role's credentials."""
    granted = emulator.client("sts", HOME.location).assume_role(
        RoleArn=role, RoleSessionName="trespass"
    )["Credentials"]
    session = boto3.session.Session(
        aws_access_key_id=granted["AccessKeyId"],
        aws_secret_access_key=granted["SecretAccessKey"],
        aws_session_token=granted["SessionToken"],
        region_name=HOME.location,
    )
    make: Any = session.client
    return lambda service: make(service, endpoint_url=emulator.endpoint_url)


def _answer(call: Call, client: Callable[[str], Any]) -> str:
    """Say what IAM and the service answered: a failed condition was allowed to be tried."""
    try:
        call(client)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"
