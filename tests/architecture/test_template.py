"""What the template promises, and the local stack does not hold it to.

The emulator takes retries, ages, filters and retention as they come; AWS acts on them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.architecture.cloudformation import Properties, Resources, load_template
from tocsin.adapters.dynamodb import BOUNDS, WORST_SECONDS
from tocsin.domain.schedule import TICK_BUDGET
from tocsin.domain.target import TcpTarget
from tocsin.wiring.probe import CANARIES, canaries

TEMPLATE = load_template()
RESOURCES: Resources = TEMPLATE["Resources"]
LEADING_KEYS = "dynamodb:LeadingKeys"

# What a home stack adds to a probe stack is all but these.
OF_A_PROBE = {
    "SharedLayer",
    "ProbeFunction",
    "ProbeRole",
    "ProbeLogGroup",
    "ProbeSilentAlarm",
    "WatcherTopic",
    "WatcherTopicPolicy",
}


def of_type(kind: str) -> dict[str, Properties]:
    return {
        name: resource["Properties"]
        for name, resource in RESOURCES.items()
        if resource["Type"] == kind
    }


FUNCTIONS = of_type("AWS::Serverless::Function")
# What a function may do; the role of a Slack channel is in test_subscriptions, and that of
# CodeDeploy in test_rollout.
OF_NO_FUNCTION = {"SlackChannelRole", "RolloutRole"}
ROLES = {n: role for n, role in of_type("AWS::IAM::Role").items() if n not in OF_NO_FUNCTION}
# Where alerts go; the topic of alarms about Tocsin itself is in test_watching.
TOPICS = {n: topic for n, topic in of_type("AWS::SNS::Topic").items() if n != "WatcherTopic"}
SCHEDULES = {
    f"{function}.{name}": event["Properties"]
    for function, properties in FUNCTIONS.items()
    for name, event in properties.get("Events", {}).items()
    if event["Type"] == "ScheduleV2"
}
NEWS: Properties = FUNCTIONS["AggregatorFunction"]["Events"]["News"]["Properties"]

each_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
each_role = pytest.mark.parametrize("role", ROLES)
each_topic = pytest.mark.parametrize("topic", TOPICS)
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)


def as_list[T](value: T | list[T]) -> list[T]:
    return value if isinstance(value, list) else [value]


def statements(role: str) -> Iterator[dict[str, Any]]:
    """Give what a role may do in every stack; see `conditional` for the rest."""
    for policy in ROLES[role]["Policies"]:
        if "Fn::If" not in policy:
            yield from policy["PolicyDocument"]["Statement"]


def conditional(role: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give what a role may do besides, and under which condition; nothing otherwise."""
    for policy in ROLES[role]["Policies"]:
        if "Fn::If" in policy:
            condition, then, otherwise = policy["Fn::If"]
            assert otherwise == {"Ref": "AWS::NoValue"}
            yield condition, then["PolicyDocument"]["Statement"]


def actions(role: str) -> set[str]:
    return {action for statement in statements(role) for action in as_list(statement["Action"])}


def statements_on(role: str, parameter: str) -> list[dict[str, Any]]:
    """Find a role's statements on the table that a parameter names."""
    return [s for s in statements(role) if f"${{{parameter}}}" in json.dumps(s["Resource"])]


# Roles


def test_a_probe_can_only_write_its_own_location() -> None:
    (statement,) = statements_on("ProbeRole", "ReportsTableName")

    assert statement["Effect"] == "Allow"
    assert statement["Condition"] == {
        "ForAllValues:StringLike": {LEADING_KEYS: [{"Fn::Sub": "${Location}#*"}]},
        "Null": {LEADING_KEYS: "false"},
    }


def test_a_probe_can_only_read_the_configuration_of_the_state() -> None:
    found = {
        s["Action"]: s["Condition"]
        for s in statements_on("ProbeRole", "StateTableName")
        if ":table/" in str(s["Resource"])
    }

    assert found == {
        action: {
            "ForAllValues:StringLike": {LEADING_KEYS: [keys]},
            "Null": {LEADING_KEYS: "false"},
        }
        for action, keys in (("dynamodb:GetItem", "CONFIG"), ("dynamodb:Query", "CONFIG#*"))
    }


def test_a_probe_is_given_tables_by_these_statements_alone() -> None:
    on_tables = [s for s in statements("ProbeRole") if ":table/" in json.dumps(s["Resource"])]

    assert len(on_tables) == 3
    assert all("HomeRegion" in json.dumps(statement["Resource"]) for statement in on_tables)


@pytest.mark.parametrize("name", ["*", "us-east-1#0", "us-?ast-1", "", "-a", "US-EAST-1"])
def test_a_location_cannot_be_named_so_as_to_widen_the_role(name: str) -> None:
    assert not re.fullmatch(TEMPLATE["Parameters"]["Location"]["AllowedPattern"], name)


@pytest.mark.parametrize("name", ["us-east-1", "eu-west-1", "office", "a1"])
def test_a_plain_name_is_a_location(name: str) -> None:
    assert re.fullmatch(TEMPLATE["Parameters"]["Location"]["AllowedPattern"], name)


def test_a_probe_can_do_no_more_than_it_needs() -> None:
    assert actions("ProbeRole") == {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "ssm:GetParameter",
    }


def test_a_probe_finds_the_endpoint_in_the_home_region_and_nothing_else_there() -> None:
    reads = [s for s in statements("ProbeRole") if s["Action"] == "ssm:GetParameter"]

    (elsewhere,) = (s for s in reads if "${HomeRegion}" in s["Resource"]["Fn::Sub"])
    assert elsewhere["Resource"]["Fn::Sub"].endswith(
        ":parameter/tocsin/${StateTableName}/heartbeat-url"
    )
    parameter = RESOURCES["HeartbeatUrlParameter"]["Properties"]
    assert parameter["Name"] == {"Fn::Sub": "/tocsin/${StateTableName}/heartbeat-url"}
    assert (
        FUNCTIONS["ProbeFunction"]["Environment"]["Variables"]["TOCSIN_HEARTBEAT_URL_PARAMETER"]
        == parameter["Name"]
    )


def test_a_probe_may_touch_interfaces_only_in_a_network_and_nothing_else_there() -> None:
    allowed, _ = dict(conditional("ProbeRole"))["IsInVpc"]

    assert (allowed["Effect"], allowed["Resource"]) == ("Allow", "*")
    # Of AWSLambdaVPCAccessExecutionRole, without the logs.
    assert set(allowed["Action"]) == {
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    }


def test_lambda_touches_them_and_the_code_of_a_probe_does_not() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html has this refusal."""
    _, refused = dict(conditional("ProbeRole"))["IsInVpc"]

    assert (refused["Effect"], refused["Action"], refused["Resource"]) == ("Deny", "ec2:*", "*")
    assert refused["Condition"] == {
        "ArnLike": {
            "lambda:SourceFunctionArn": {
                "Fn::Sub": "arn:${AWS::Partition}:lambda:*:${AWS::AccountId}:function:*"
            }
        }
    }


def test_a_probe_stands_in_the_network_that_it_is_given_or_in_none() -> None:
    assert FUNCTIONS["ProbeFunction"]["VpcConfig"] == {
        "Fn::If": [
            "IsInVpc",
            {
                "SubnetIds": {"Fn::Split": [",", {"Ref": "SubnetIds"}]},
                "SecurityGroupIds": {"Fn::Split": [",", {"Ref": "SecurityGroupIds"}]},
            },
            {"Ref": "AWS::NoValue"},
        ]
    }
    assert [name for name, each in FUNCTIONS.items() if "VpcConfig" in each] == ["ProbeFunction"]


def test_a_probe_asks_the_canaries_of_its_stack_and_none_where_a_network_may_hide_them() -> None:
    variables = FUNCTIONS["ProbeFunction"]["Environment"]["Variables"]

    assert variables["TOCSIN_CANARIES"] == {"Fn::If": ["IsInVpc", "", {"Ref": "Canaries"}]}


@pytest.mark.parametrize("region", ["us-west-2", "eu-central-1", "us-east-2", "eu-west-1"])
def test_in_every_region_three_canaries_of_others_are_left(region: str) -> None:
    text = TEMPLATE["Parameters"]["Canaries"]["Default"]

    left = canaries(text, region)

    hosts = [each.target.host for each in left if isinstance(each.target, TcpTarget)]
    assert len({*hosts}) == CANARIES
    assert all(re.fullmatch(r"sts\.[a-z0-9-]+\.amazonaws\.com", host) for host in hosts)
    assert f"sts.{region}.amazonaws.com" not in hosts


def test_half_a_network_is_not_taken_for_none() -> None:
    """Lambda refuses subnets without security groups, and the other way round."""
    assert TEMPLATE["Conditions"]["IsInVpc"] == {
        "Fn::Or": [
            {"Fn::Not": [{"Fn::Equals": [{"Ref": given}, ""]}]}
            for given in ("SubnetIds", "SecurityGroupIds")
        ]
    }


@pytest.mark.parametrize(
    ("parameter", "value", "fits"),
    [
        ("SubnetIds", "", True),
        ("SubnetIds", "subnet-0a1b2c3d", True),
        ("SubnetIds", "subnet-0a1b,subnet-2c3d", True),
        ("SubnetIds", "subnet-0a1b, subnet-2c3d", False),
        ("SubnetIds", "subnet-0a1b,", False),
        ("SubnetIds", "sg-0a1b", False),
        ("SecurityGroupIds", "", True),
        ("SecurityGroupIds", "sg-0a1b,sg-2c3d", True),
        ("SecurityGroupIds", "subnet-0a1b", False),
    ],
)
def test_a_network_is_named_by_ids_with_commas_between(
    parameter: str, value: str, *, fits: bool
) -> None:
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, value)) is fits


def test_no_other_role_may_do_more_under_a_condition() -> None:
    """What the aggregator may do where there is a status page is in test_status_page.

    What a key of the operator's takes is in test_keys, and what a stand-by does in test_stand_by.
    """
    keys = {"HasKey", "HasRegionKey", "HasStandByKey", "IsStandBy"}
    found = {role: {name for name, _ in conditional(role)} - keys for role in ROLES}

    assert {role: names for role, names in found.items() if names} == {
        "ProbeRole": {"IsInVpc"},
        "AggregatorRole": {"HasStatusPage"},
    }


def test_an_agent_may_do_what_a_probe_may_for_its_own_location_alone() -> None:
    policy = RESOURCES["AgentPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    of_a_probe = {s["Sid"]: s for s in statements("ProbeRole")}

    for statement in policy[:3]:
        assert statement == of_a_probe[statement["Sid"]]
    assert policy[3:4] == [
        {
            "Sid": "ReadSecretsOfChecks",
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": {
                "Fn::Sub": of_a_probe["ReadSecretsOfChecks"]["Resource"]["Fn::Sub"].replace(
                    "AWS::Region", "HomeRegion"
                )
            },
        }
    ]


def test_an_agent_stack_holds_its_rights_and_nothing_else() -> None:
    of_an_agent = {name for name, each in RESOURCES.items() if each.get("Condition") == "IsAgent"}

    assert of_an_agent == {"AgentPolicy"}
    assert all("Condition" in each for each in RESOURCES.values())


def test_the_endpoint_reads_tokens_and_keeps_what_jobs_report_and_no_more() -> None:
    rights = {s["Sid"]: s for s in statements("HeartbeatRole")}

    assert rights.keys() == {"ReadTokens", "KeepReportsOfJobs", "WriteItsOwnLog"}
    assert rights["ReadTokens"]["Action"] == "dynamodb:GetItem"
    assert rights["KeepReportsOfJobs"]["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem"]
    for sid, keys in (
        ("ReadTokens", ["TOKEN#*"]),
        ("KeepReportsOfJobs", ["HEARTBEAT", "HEARTBEAT#*"]),
    ):
        assert rights[sid]["Resource"] == {"Fn::GetAtt": "StateTable.Arn"}
        assert rights[sid]["Condition"] == {
            "ForAllValues:StringLike": {LEADING_KEYS: keys},
            "Null": {LEADING_KEYS: "false"},
        }


def test_the_endpoint_is_open_to_all_and_bounded() -> None:
    endpoint = FUNCTIONS["HeartbeatFunction"]

    assert endpoint["FunctionUrlConfig"] == {"AuthType": "NONE", "InvokeMode": "BUFFERED"}
    assert endpoint["ReservedConcurrentExecutions"] == {
        "Fn::If": ["HasReservedConcurrency", 10, {"Ref": "AWS::NoValue"}]
    }


def test_the_aggregator_can_do_no_more_than_it_needs() -> None:
    assert actions("AggregatorRole") == {
        "dynamodb:BatchGetItem",
        "dynamodb:DescribeStream",
        "dynamodb:GetItem",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "events:ListRules",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sns:GetTopicAttributes",
        "sns:Publish",
        "sqs:SendMessage",
        "ssm:DescribeParameters",
    }


def test_the_aggregator_writes_the_state_and_only_reads_the_reports() -> None:
    writing = [s for s in statements("AggregatorRole") if "dynamodb:PutItem" in s["Action"]]

    assert [s["Resource"] for s in writing] == [{"Fn::GetAtt": "StateTable.Arn"}]


LISTS = {"events:ListRules", "ssm:DescribeParameters"}
"""Which say what there is and no more, and know no narrower resource."""


@each_role
def test_no_role_may_do_everything_or_touch_everything(role: str) -> None:
    for statement in statements(role):
        assert not any("*" in action for action in as_list(statement["Action"]))
        assert "*" not in as_list(statement["Resource"]) or {*as_list(statement["Action"])} <= LISTS
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()


@each_role
def test_a_role_is_for_functions_and_has_no_policy_from_elsewhere(role: str) -> None:
    (trust,) = ROLES[role]["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert "ManagedPolicyArns" not in ROLES[role]


@each_function
def test_no_function_shares_a_role_or_lets_sam_make_one(function: Properties) -> None:
    others = [each["Role"] for each in FUNCTIONS.values() if each is not function]

    assert function["Role"] not in others
    assert "Policies" not in function


# Time


@each_function
def test_a_tick_that_failed_is_not_run_again_later(function: Properties) -> None:
    assert function["EventInvokeConfig"] == {
        "MaximumEventAgeInSeconds": 60,
        "MaximumRetryAttempts": 0,
    }


@each_schedule
def test_a_schedule_is_due_at_each_full_minute_of_utc(schedule: Properties) -> None:
    """Which second a rate keeps is not documented, and each stack's would be another."""
    assert schedule["ScheduleExpression"] == "cron(* * * * ? *)"
    assert "ScheduleExpressionTimezone" not in schedule
    assert "FlexibleTimeWindow" not in schedule, "SAM's own is OFF"


@each_schedule
def test_a_schedule_delivers_within_its_minute_or_not_at_all(schedule: Properties) -> None:
    assert schedule["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}


@each_schedule
def test_a_schedule_says_which_minute_it_means(schedule: Properties) -> None:
    assert json.loads(schedule["Input"]) == {"time": "<aws.scheduler.scheduled-time>"}


def test_two_stacks_in_one_region_do_not_fight_over_a_schedule() -> None:
    names = [schedule["Name"]["Fn::Sub"] for schedule in SCHEDULES.values()]

    assert len(set(names)) == len(names)
    assert all(name.startswith("${AWS::StackName}-") for name in names)


def test_every_function_is_woken_on_the_minute() -> None:
    woken = {name.partition(".")[0] for name in SCHEDULES}

    assert FUNCTIONS.keys() - woken == {
        "HeartbeatFunction",
        "NotifierFunction",
        "WidgetFunction",
    }, "jobs call the one, queues the other, and people the last"


@each_function
def test_a_function_ends_before_the_next_tick_has(function: Properties) -> None:
    assert function["Timeout"] <= 60


def test_the_checks_and_the_writing_of_a_tick_fit_in_the_probes_time() -> None:
    total = TICK_BUDGET.total_seconds() + WORST_SECONDS

    assert total <= FUNCTIONS["ProbeFunction"]["Timeout"]


def test_no_call_of_a_table_takes_longer_than_is_kept_for_it() -> None:
    bounds: Any = BOUNDS
    attempts = bounds.retries["total_max_attempts"]
    each = bounds.connect_timeout + bounds.read_timeout
    pauses = sum(2**n for n in range(attempts - 1))  # botocore's standard mode, at most

    assert attempts * each + pauses <= WORST_SECONDS


def test_a_runaway_probe_takes_two_executions_at_most() -> None:
    assert FUNCTIONS["ProbeFunction"]["ReservedConcurrentExecutions"] == {
        "Fn::If": ["HasReservedConcurrency", 2, {"Ref": "AWS::NoValue"}]
    }
    assert TEMPLATE["Parameters"]["ReserveConcurrency"]["Default"] == "true"


def test_what_judges_has_room_of_its_own_for_the_stream_and_for_the_minute() -> None:
    condition, room, _ = FUNCTIONS["AggregatorFunction"]["ReservedConcurrentExecutions"]["Fn::If"]

    assert condition == "HasReservedConcurrency"
    assert room >= 2


# The stream


def test_reports_that_expire_wake_nobody() -> None:
    filters = [json.loads(each["Pattern"]) for each in NEWS["FilterCriteria"]["Filters"]]

    assert filters == [{"eventName": ["INSERT", "MODIFY"]}]


def test_the_stream_is_followed_from_its_beginning() -> None:
    assert NEWS["StartingPosition"] == "TRIM_HORIZON"


def test_one_bad_record_does_not_hold_up_the_others() -> None:
    assert NEWS["BisectBatchOnFunctionError"] is True
    assert NEWS["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_record_that_cannot_be_handled_is_given_up_and_put_aside() -> None:
    assert NEWS["MaximumRetryAttempts"] == 5
    assert NEWS["MaximumRecordAgeInSeconds"] == 300
    assert NEWS["DestinationConfig"]["OnFailure"] == {
        "Type": "SQS",
        "Destination": {"Fn::GetAtt": "AggregatorFailuresQueue.Arn"},
    }


def test_news_is_batched_for_a_second_at_most() -> None:
    assert NEWS["BatchSize"] == 100
    assert NEWS["MaximumBatchingWindowInSeconds"] == 1


def test_the_stream_has_one_reader_of_the_two_that_it_bears() -> None:
    readers = [
        f"{function}.{name}"
        for function, properties in FUNCTIONS.items()
        for name, event in properties.get("Events", {}).items()
        if event["Type"] == "DynamoDB"
    ]

    assert readers == ["AggregatorFunction.News"]
    assert "AWS::Lambda::EventSourceMapping" not in {r["Type"] for r in RESOURCES.values()}


def test_what_was_put_aside_is_kept_for_two_weeks() -> None:
    queue = RESOURCES["AggregatorFailuresQueue"]["Properties"]

    assert queue["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


# Storage


def test_the_reports_stream_carries_keys_only() -> None:
    reports = RESOURCES["ReportsTable"]["Properties"]

    assert reports["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}
    assert reports["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_a_table_is_in_one_region_so_no_last_writer_wins() -> None:
    """A conditional write decides in its own region alone; a global table merges by time."""
    kinds = {r["Type"] for r in RESOURCES.values() if r["Type"].startswith("AWS::DynamoDB")}

    assert kinds == {"AWS::DynamoDB::Table"}


def test_writing_state_wakes_nobody() -> None:
    """A stream on the state would be a loop that AWS does not detect."""
    assert "StreamSpecification" not in RESOURCES["StateTable"]["Properties"]


def test_the_state_can_be_restored_and_is_not_deleted_by_accident() -> None:
    table = RESOURCES["StateTable"]

    assert table["Properties"]["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True
    }
    assert table["Properties"]["DeletionProtectionEnabled"] == {
        "Fn::If": ["IsProtected", True, False]
    }
    assert TEMPLATE["Parameters"]["DeletionProtection"]["Default"] == "true"
    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("table", ["ReportsTable", "StateTable"])
def test_what_is_kept_for_a_time_says_so_in_the_attribute_that_the_table_looks_at(
    table: str,
) -> None:
    assert RESOURCES[table]["Properties"]["TimeToLiveSpecification"] == {
        "AttributeName": "expires_at",
        "Enabled": True,
    }


@pytest.mark.parametrize(("table", "sort"), [("ReportsTable", "N"), ("StateTable", "S")])
def test_a_table_is_billed_by_use_and_has_the_keys_of_the_adapters(table: str, sort: str) -> None:
    properties = RESOURCES[table]["Properties"]

    types = {
        each["AttributeName"]: each["AttributeType"] for each in properties["AttributeDefinitions"]
    }
    keys = [(each["AttributeName"], each["KeyType"]) for each in properties["KeySchema"]]

    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert types == {"pk": "S", "sk": sort}
    assert keys == [("pk", "HASH"), ("sk", "RANGE")]


# Topics


def topic_statements(topic: str) -> list[dict[str, Any]]:
    (policy,) = (
        each
        for each in of_type("AWS::SNS::TopicPolicy").values()
        if each["Topics"] == [{"Ref": topic}]
    )
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    assert all(statement["Resource"] == {"Ref": topic} for statement in found)
    return found


@each_topic
def test_only_one_function_may_ring(topic: str) -> None:
    """The aggregator for its routes, and in another region the stand-by for its own topic."""
    (allowed,) = (each for each in topic_statements(topic) if each["Effect"] == "Allow")
    ringer = "StandByRole" if topic == "StandByTopic" else "AggregatorRole"

    assert allowed["Principal"] == {"AWS": {"Fn::GetAtt": f"{ringer}.Arn"}}
    assert allowed["Action"] == "sns:Publish"


@each_topic
def test_nobody_rings_in_the_clear(topic: str) -> None:
    _, rings, told = (each for each in topic_statements(topic) if each["Effect"] == "Deny")

    assert rings["Principal"] == told["Principal"] == "*"
    assert rings["Action"] == "sns:Publish"
    assert rings["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert told["Action"] == "sns:Subscribe"
    assert told["Condition"] == {"StringEquals": {"sns:Protocol": "http"}}


@each_topic
def test_what_a_topic_sends_is_signed_with_sha256(topic: str) -> None:
    assert TOPICS[topic]["SignatureVersion"] == "2"


def test_there_is_a_topic_for_each_route() -> None:
    variables = FUNCTIONS["AggregatorFunction"]["Environment"]["Variables"]

    assert {name: value for name, value in variables.items() if "TOPIC" in name} == {
        "TOCSIN_TOPIC_PAGE": {"Ref": "PageTopic"},
        "TOCSIN_TOPIC_CHAT": {"Ref": "ChatTopic"},
        "TOCSIN_TOPIC_NOTICE": {"Ref": "NoticeTopic"},
    }


# What is left behind


@each_function
def test_a_functions_log_is_its_own_and_ends(function: Properties) -> None:
    group = RESOURCES[function["LoggingConfig"]["LogGroup"]["Ref"]]
    others = [each["LoggingConfig"] for each in FUNCTIONS.values() if each is not function]

    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert function["LoggingConfig"] not in others


@pytest.mark.parametrize(
    ("function", "role"),
    [
        ("ProbeFunction", "ProbeRole"),
        ("AggregatorFunction", "AggregatorRole"),
        ("HeartbeatFunction", "HeartbeatRole"),
        ("NotifierFunction", "NotifierRole"),
        ("WidgetFunction", "WidgetRole"),
    ],
)
def test_a_function_writes_to_no_log_but_its_own(function: str, role: str) -> None:
    (log,) = (s for s in statements(role) if "logs:PutLogEvents" in s["Action"])

    group = FUNCTIONS[function]["LoggingConfig"]["LogGroup"]["Ref"]

    assert log["Resource"] == {"Fn::GetAtt": f"{group}.Arn"}


def test_layers_do_not_pile_up() -> None:
    assert RESOURCES["SharedLayer"]["Properties"]["RetentionPolicy"] == "Delete"


def test_libraries_are_built_for_the_processor_that_runs_them() -> None:
    layer = RESOURCES["SharedLayer"]

    assert layer["Metadata"]["BuildArchitecture"] == {"Ref": "Architecture"}
    assert layer["Properties"]["CompatibleArchitectures"] == [{"Ref": "Architecture"}]
    assert all(each["Architectures"] == [{"Ref": "Architecture"}] for each in FUNCTIONS.values())


# One template for both parts


def test_a_probe_stack_holds_a_probe_and_who_says_that_it_is_silent() -> None:
    of_a_probe = {name for name, each in RESOURCES.items() if each.get("Condition") == "HasProbe"}

    assert of_a_probe == OF_A_PROBE


def test_what_a_probe_stack_holds_refers_to_nothing_of_home() -> None:
    beside = {name for name, each in RESOURCES.items() if each.get("Condition") == "IsStandBy"}
    held = OF_A_PROBE | beside
    text = json.dumps([RESOURCES[name] for name in sorted(held)])

    assert not [name for name in RESOURCES.keys() - held if re.search(rf'["{{]{name}[".}}]', text)]


def test_conditions_compare_parameters_only() -> None:
    """The local stack resolves nothing else there, and would take another branch than AWS."""
    functions = set(re.findall(r"Fn::\w+", json.dumps(TEMPLATE["Conditions"])))
    compared = set(re.findall(r'"Ref": "([^"]+)"', json.dumps(TEMPLATE["Conditions"])))

    assert functions <= {"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"}
    assert compared <= TEMPLATE["Parameters"].keys()


def test_probes_reach_public_targets_only_unless_told_otherwise() -> None:
    assert TEMPLATE["Parameters"]["Egress"]["Default"] == "public"


def test_no_output_of_a_probe_stack_is_about_home() -> None:
    of_a_probe = {
        name for name, each in TEMPLATE["Outputs"].items() if each.get("Condition") == "HasProbe"
    }

    assert of_a_probe == {"ProbeFunctionName", "ProbeRoleArn", "WatcherTopicArn"}
