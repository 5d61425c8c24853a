"""The table of calls that `make e2e` tries on a whole stack, judged by the template alone."""

import pytest

from tests.architecture import policies
from tests.architecture.asking import requests_of
from tests.architecture.policies import ACCOUNT, REGION, Stack, allows
from tocsin_cli.local.rights import (
    AGENT,
    AGGREGATOR,
    HEARTBEAT,
    NOTIFIER,
    PROBE,
    ROLES,
    STANDBY,
    WIDGET,
    Call,
    Ground,
    table,
)

ELSEWHERE = "us-east-1"
HOME = Stack()
PROBES = Stack(parameters={**policies.ELSEWHERE, "Location": "mike"}, region=ELSEWHERE)
AGENTS = Stack(parameters={**HOME.parameters, "Part": "agent", "Location": "office"})
HOLDERS = {
    PROBE: (PROBES, "ProbeRole"),
    AGENT: (AGENTS, "AgentPolicy"),
    AGGREGATOR: (HOME, "AggregatorRole"),
    HEARTBEAT: (HOME, "HeartbeatRole"),
    NOTIFIER: (HOME, "NotifierRole"),
    WIDGET: (HOME, "WidgetRole"),
    STANDBY: (PROBES, "StandByRole"),
}
GROUND = Ground(
    region=REGION,
    location="lima",
    probe_region=ELSEWHERE,
    probe="mike",
    agent="office",
    outputs={
        **{
            f"{name}TopicArn": HOME.arn(f"{name}Topic")
            for name in ("Page", "Chat", "Notice", "Watcher")
        },
        **{
            f"{name}Url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
            for name in HOME.of_type("AWS::SQS::Queue")
        },
        **{f"{name}FunctionName": name for name in ("Aggregator", "Widget", "Notifier")},
        "ReportsTableName": "reports",
        "StateTableName": "state",
        "OutletsPath": "/tocsin-notify/state",
        "StatusPageBucketName": "StatusBucket",
        "AggregatorRoleArn": HOME.arn("AggregatorRole"),
    },
)
CALLS = [*table(GROUND)]


def may(role: str, call: Call) -> bool:
    stack, holder = HOLDERS[role]
    operation = "".join(part.title() for part in call.operation.split("_"))
    requests = requests_of(call.service, operation, call.parameters, call.region)
    return all(allows(stack.documents(holder), request) for request in requests)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_make_the_calls_of_the_table_that_name_it_and_no_other(role: str) -> None:
    let = {call.name for call in CALLS if may(role, call)}

    assert let == {call.name for call in CALLS if role in call.may}


def test_calls_have_names_of_their_own() -> None:
    names = [call.name for call in CALLS]

    assert len({*names}) == len(names)
