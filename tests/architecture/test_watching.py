"""What the template promises of the watching of the watcher, and its runbooks beside it."""

import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from botocore import xform_name
from botocore.session import get_session

from tests.architecture.alarms import STACKS, Row, dollars, rows, table
from tests.architecture.cloudformation import PROJECT, load_template
from tests.architecture.test_template import RESOURCES, of_type
from tocsin.usecases.listen import ZEROS
from tocsin_cli.main import app

TEMPLATE = load_template()
PARAMETERS = TEMPLATE["Parameters"]
ROWS = {row.name: row for row in rows()}
RUNBOOKS = PROJECT / "docs" / "runbooks"
PAGES = {path.stem: path for path in sorted(RUNBOOKS.glob("*.md")) if path.stem != "index"}
WITHOUT_AN_ALARM = {"budget", "home-silent"}
"""What rings is a budget, and the stand-by itself."""
HEADINGS = (
    "What it means",
    "How urgent",
    "What still works",
    "How to look",
    "How to mend",
    "How to know that it is over",
    "So that it comes no more",
)
DESCRIPTION_LIMIT, NAME_LIMIT = 1024, 255
"""Characters, as PutMetricAlarm takes them."""

DEAD_MEN = {"probe-silent", "aggregator-stuck", "standby-asleep"}
"""What must be there each minute."""

OURS = {"Fn::Sub": "Tocsin/${AWS::StackName}"}
"""The namespace of the figures that the stack's own functions emit."""

OF_AWS = {
    ("AWS/Lambda", "Errors"): {"FunctionName", "FunctionName Resource ExecutedVersion"},
    ("AWS/Lambda", "Throttles"): {"FunctionName"},
    ("AWS/Lambda", "IteratorAge"): {"FunctionName"},
    ("AWS/SNS", "NumberOfNotificationsFailed"): {"TopicName"},
    ("AWS/SNS", "SMSMonthToDateSpentUSD"): {""},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {"QueueName"},
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): {"QueueName"},
}
"""What AWS itself emits, and with which dimensions at once:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html (FunctionName: of all
versions and aliases), https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
(read November 2026)."""

each_alarm = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


# The topic


def statements() -> list[dict[str, Any]]:
    (policy,) = (
        each
        for each in of_type("AWS::SNS::TopicPolicy").values()
        if each["Topics"] == [{"Ref": "WatcherTopic"}]
    )
    found: list[dict[str, Any]] = [
        each["Fn::If"][1] if "Fn::If" in each else each
        for each in policy["PolicyDocument"]["Statement"]
    ]
    assert all(statement["Resource"] == {"Ref": "WatcherTopic"} for statement in found)
    return found


def allowed() -> dict[str, dict[str, Any]]:
    return {
        each["Principal"]["Service"]: each for each in statements() if each["Effect"] == "Allow"
    }


def test_only_alarms_and_budgets_of_this_account_speak_by_the_watchers_topic() -> None:
    assert allowed().keys() == {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}
    for service, statement in allowed().items():
        assert statement["Action"] == "sns:Publish", service
        assert statement["Condition"]["StringEquals"] == {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"}
        }


@pytest.mark.parametrize(
    ("service", "source"),
    [
        ("cloudwatch.amazonaws.com", ":${AWS::AccountId}:alarm:${AWS::StackName}-*"),
        ("budgets.amazonaws.com", ":budgets::${AWS::AccountId}:*"),
    ],
    ids=["alarms of this stack", "budgets"],
)
def test_each_of_them_speaks_for_itself_alone(service: str, source: str) -> None:
    given = allowed()[service]["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]

    assert given.endswith(source)


def test_nobody_speaks_by_it_in_the_clear_and_it_is_signed_with_sha256() -> None:
    denied = {each["Action"]: each for each in statements() if each["Effect"] == "Deny"}

    assert {each["Principal"] for each in denied.values()} == {"*"}
    assert denied["sns:Publish"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert RESOURCES["WatcherTopic"]["Properties"]["SignatureVersion"] == "2"


def test_no_alert_goes_by_it_so_a_broken_route_breaks_no_alarm() -> None:
    roles = json.dumps(of_type("AWS::IAM::Role"))
    functions = json.dumps(of_type("AWS::Serverless::Function"))

    assert "WatcherTopic" not in roles
    assert "WatcherTopic" not in functions


def test_every_region_with_a_probe_speaks_for_itself() -> None:
    """The home region may be the one that is silent."""
    for name in ("WatcherTopic", "WatcherTopicPolicy"):
        assert RESOURCES[name]["Condition"] == "HasProbe"
    assert TEMPLATE["Conditions"]["HasWatcherEmail"]["Fn::And"][0] == {"Condition": "HasProbe"}
    assert RESOURCES["WatcherEmailSubscription"] == {
        "Type": "AWS::SNS::Subscription",
        "Condition": "HasWatcherEmail",
        "Properties": {
            "TopicArn": {"Ref": "WatcherTopic"},
            "Protocol": "email",
            "Endpoint": {"Ref": "WatcherEmail"},
        },
    }


@pytest.mark.parametrize(
    ("address", "fits"),
    [("", True), ("ops@example.com", True), ("ops", False), ("a@example.com,b@example.com", False)],
)
def test_the_watcher_is_one_mail_address_or_nobody(address: str, *, fits: bool) -> None:
    assert bool(re.fullmatch(PARAMETERS["WatcherEmail"]["AllowedPattern"], address)) is fits


# Every alarm


FOR_CODEDEPLOY = {"rollout-errors", "rollout-failures"}
"""Which reads them itself. They ring at one bad minute, and for as long as a version is in force:
whom a topic told would be told of what other alarms are more patient with."""


@each_alarm
def test_an_alarm_and_its_end_are_told_by_the_watchers_topic_alone(row: Row) -> None:
    told = [] if row.name in FOR_CODEDEPLOY else [{"Ref": "WatcherTopic"}]

    assert row.alarm.get("AlarmActions", []) == told
    assert row.alarm.get("OKActions", []) == told
    assert row.condition in STACKS, "a stack that has the topic"


@each_alarm
def test_an_alarm_says_in_three_lines_what_is_wrong_where_to_look_and_what_to_do(row: Row) -> None:
    *lines, page = row.lines

    assert len("\n".join(row.lines)) <= DESCRIPTION_LIMIT - 300, "its names take some"
    assert len(lines) == 3
    assert all(line == line.strip() and line[-1] in ".:`" for line in lines)
    assert re.fullmatch(r"\$\{Runbooks\}/[a-z-]+\.md", page)


@each_alarm
def test_what_an_alarm_names_is_there(row: Row) -> None:
    text = "\n".join(row.lines[:-1])
    filled = re.findall(r"\$\{([^}]+)\}", text)
    ours = re.findall(r"(?<!::)\b(?:[A-Z][a-z]+){2,}\b", text)
    metrics = {each["MetricName"] for each in of_type("AWS::CloudWatch::Alarm").values()}

    assert {*ours} <= RESOURCES.keys() | PARAMETERS.keys() | metrics | OTHER_WORDS
    assert {*filled} <= {"AWS::StackName", "AWS::Region"}
    for command in re.findall(r"`((?:tocsin|aws|make) [^`]+)`", text):
        assert complaint(command) == ""


OTHER_WORDS = {"ConcurrentExecutions", "CodeDeploy"}
"""Names of AWS's own."""


@each_alarm
def test_two_stacks_in_one_region_do_not_fight_over_an_alarm(row: Row) -> None:
    name = row.alarm["AlarmName"]["Fn::Sub"]

    assert name.startswith("${AWS::StackName}-")
    assert len(name) < NAME_LIMIT - 128


def test_alarms_have_names_of_their_own() -> None:
    assert len(ROWS) == len(of_type("AWS::CloudWatch::Alarm"))


@each_alarm
def test_an_alarm_is_on_one_metric_and_no_formula(row: Row) -> None:
    """Of a formula each metric is paid for, and the local stack refuses it."""
    assert "Metrics" not in row.alarm


@each_alarm
def test_an_alarm_on_a_figure_of_aws_is_on_one_that_aws_emits(row: Row) -> None:
    """Of our own figures tests/integration/functions/test_alarmed.py sees to it."""
    figure = (str(row.alarm["Namespace"]), row.alarm["MetricName"])
    dimensions = " ".join(each["Name"] for each in row.alarm.get("Dimensions", ()))

    assert row.alarm["Namespace"] == OURS or dimensions in OF_AWS[figure]


def test_no_other_stack_of_the_region_emits_what_this_ones_alarms_are_on() -> None:
    """Two installations in one region would hide by their figures that one of them is dead."""
    told = [each["Environment"]["Variables"] for each in FUNCTIONS.values()]
    namespaces = [row.alarm["Namespace"] for row in ROWS.values()]

    assert all(each["POWERTOOLS_METRICS_NAMESPACE"] == OURS for each in told)
    assert {each for each in namespaces if isinstance(each, str)} == {name for name, _ in OF_AWS}
    assert all(each == OURS for each in namespaces if not isinstance(each, str))


@each_alarm
def test_silence_is_an_alarm_of_what_must_be_there_each_minute_and_of_nothing_else(
    row: Row,
) -> None:
    """What is counted only where something is wrong has no figure while all is well."""
    missing = "notBreaching"
    if row.name in DEAD_MEN:
        missing = "breaching"
    if row.name == "sms-spend":
        missing = "ignore"  # what was spent stays spent

    assert row.alarm["TreatMissingData"] == missing


@each_alarm
def test_an_alarm_can_ring(row: Row) -> None:
    """CloudWatch evaluates at most a day, and a period of whole minutes."""
    alarm = row.alarm
    points = alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])

    assert 1 <= points <= alarm["EvaluationPeriods"]
    assert alarm["Period"] % 60 == 0
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 86_400
    assert alarm["Statistic"] in {"Sum", "Maximum", "SampleCount"}


# Which alarms there are


def on(metric: str, **dimensions: Any) -> Row:
    (found,) = (
        row
        for row in ROWS.values()
        if row.alarm["MetricName"] == metric
        and {each["Name"]: each["Value"] for each in row.alarm.get("Dimensions", ())} == dimensions
    )
    return found


@pytest.mark.parametrize("name", sorted(DEAD_MEN))
def test_one_run_that_is_lost_rings_for_nobody_and_three_do(name: str) -> None:
    """Of five a period, one may be lost and another be late when CloudWatch counts."""
    alarm = ROWS[name].alarm
    runs = alarm["Period"] // 60

    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 1)
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert runs - 3 < alarm["Threshold"] <= runs - 2


def test_a_tick_is_counted_by_its_figure_whatever_the_figure_is() -> None:
    """Where nothing is to be checked none is counted, and a tick has ended all the same."""
    assert on("Checks", location={"Ref": "Location"}, service="probe").alarm["Statistic"] == (
        "SampleCount"
    )


FUNCTIONS = of_type("AWS::Serverless::Function")
ON_A_CLOCK = {
    "ProbeFunction": "probe-silent",
    "AggregatorFunction": "aggregator-stuck",
    "StandByFunction": "standby-asleep",
}
"""Each run of these is counted at its end: an error or a throttle is a run that is missed."""


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_a_function_that_fails_or_is_not_let_run_is_heard_of(function: str, metric: str) -> None:
    watched = {
        (row.alarm["MetricName"], each["Value"]["Ref"])
        for row in ROWS.values()
        for each in row.alarm.get("Dimensions", ())
        if each["Name"] == "FunctionName" and len(row.alarm["Dimensions"]) == 1
    }

    assert (metric, function) in watched or ON_A_CLOCK[function] in ROWS


def test_every_function_on_a_clock_and_no_other_is_missed_when_it_is_not_run() -> None:
    clocked = {
        name
        for name, each in FUNCTIONS.items()
        if any(e["Type"] == "ScheduleV2" for e in each.get("Events", {}).values())
    }

    assert clocked == ON_A_CLOCK.keys()


def test_one_dead_letter_of_any_queue_is_told_for_as_long_as_it_lies_there() -> None:
    dead = set(
        re.findall(
            r'"(?:deadLetterTargetArn|Destination)": \{"Fn::GetAtt": "(\w+)\.Arn"',
            json.dumps(RESOURCES),
        )
    )

    assert dead
    for queue in dead:
        name = {"Fn::GetAtt": f"{queue}.QueueName"}
        alarm = on("ApproximateNumberOfMessagesVisible", QueueName=name).alarm
        assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
            "Maximum",
            "GreaterThanThreshold",
            0,
        )


def test_what_waits_in_a_queue_that_nobody_empties_is_told_before_it_is_gone() -> None:
    queues = {
        name: each
        for name, each in of_type("AWS::SQS::Queue").items()
        if "RedrivePolicy" in each  # the others are for dead letters
    }

    assert queues
    for queue, each in queues.items():
        name = {"Fn::GetAtt": f"{queue}.QueueName"}
        alarm = on("ApproximateAgeOfOldestMessage", QueueName=name).alarm
        assert alarm["Threshold"] <= each["MessageRetentionPeriod"] / 4


def test_the_zeros_after_an_unheard_route_are_more_than_its_alarm_has_periods() -> None:
    alarm = on("UnheardRoutes", service="aggregator").alarm

    assert alarm["Period"] == 3600, "it is asked once an hour"
    assert alarm["EvaluationPeriods"] < ZEROS


@pytest.mark.parametrize(
    "metric", ["UnjudgedShards", "SilentLocations", "EndpointOut"], ids=lambda name: name
)
def test_one_bad_minute_of_judging_rings_for_nobody(metric: str) -> None:
    alarm = on(metric, service="aggregator").alarm

    assert (alarm["Period"], alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (60, 3, 5)
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Maximum", "GreaterThanThreshold")
    assert alarm["Threshold"] == 0


def test_an_alert_that_is_owed_rings_once_it_is_overdue() -> None:
    """As late as the watchdog outside is told no more that all is well."""
    from tocsin.usecases.reckon import OVERDUE  # noqa: PLC0415 - of this claim alone

    alarm = on("OutboxAge", service="aggregator").alarm

    assert alarm["Threshold"] == OVERDUE.total_seconds()
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Maximum", "GreaterThanThreshold")


def test_the_stream_rings_where_the_sweep_is_faster() -> None:
    alarm = on("IteratorAge", FunctionName={"Ref": "AggregatorFunction"}).alarm

    assert alarm["Threshold"] == 60_000, "milliseconds of the minute that a sweep takes to come"
    assert alarm["Statistic"] == "Maximum"


# The budget


def test_a_budget_is_made_where_somebody_wants_one_and_tells_the_watcher() -> None:
    budget = RESOURCES["Budget"]
    told = budget["Properties"]["NotificationsWithSubscribers"]

    assert budget["Condition"] == "HasBudget"
    assert TEMPLATE["Conditions"]["HasBudget"]["Fn::And"] == [
        {"Condition": "IsHome"},
        {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, "0"]}]},
    ]
    assert PARAMETERS["MonthlyBudget"]["Default"] == 0
    assert budget["Properties"]["Budget"]["BudgetLimit"]["Amount"] == {"Ref": "MonthlyBudget"}
    assert [each["Notification"]["NotificationType"] for each in told] == ["ACTUAL", "FORECASTED"]
    for each in told:
        assert each["Subscribers"] == [
            {"SubscriptionType": "SNS", "Address": {"Ref": "WatcherTopic"}}
        ]
    assert budget["DependsOn"] == "WatcherTopicPolicy", "or the topic refuses it"


@pytest.mark.parametrize(
    ("tag", "fits"),
    [("", True), ("application$tocsin", True), ("application", False), ("a:b$c", False)],
)
def test_a_budget_is_of_one_tag_or_of_everything(tag: str, *, fits: bool) -> None:
    filters = RESOURCES["Budget"]["Properties"]["Budget"]["CostFilters"]["Fn::If"]

    assert bool(re.fullmatch(PARAMETERS["BudgetTag"]["AllowedPattern"], tag)) is fits
    assert filters == [
        "HasBudgetTag",
        {"TagKeyValue": [{"Fn::Sub": "user:${BudgetTag}"}]},
        {"Ref": "AWS::NoValue"},
    ]


# The watchdog outside of AWS


def test_the_watchdogs_url_is_hidden_and_known_to_the_aggregator_alone() -> None:
    knowing = {name for name, each in RESOURCES.items() if "WatchdogUrl" in json.dumps(each)}

    assert PARAMETERS["WatchdogUrl"]["NoEcho"] is True
    assert PARAMETERS["WatchdogUrl"]["Default"] == ""
    assert knowing == {"AggregatorFunction"}


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("", True),
        ("https://hc-ping.com/8f6f0b2e", True),
        ("http://hc-ping.com/8f6f0b2e", False),
        ("https://hc-ping.com/a b", False),
    ],
)
def test_the_watchdog_is_called_by_https_or_not_at_all(url: str, *, fits: bool) -> None:
    assert bool(re.fullmatch(PARAMETERS["WatchdogUrl"]["AllowedPattern"], url)) is fits


# Runbooks


def test_each_alarm_has_its_page_and_each_page_its_alarm() -> None:
    assert {row.page for row in ROWS.values()} == PAGES.keys() - WITHOUT_AN_ALARM


@each_page
def test_a_page_is_headed_by_its_alarms(page: Path) -> None:
    title = page.read_text().partition("\n")[0]
    alarms = [row.name for row in ROWS.values() if row.page == page.stem]

    assert title.startswith("# ")
    if {*title.removeprefix("# ").split(", ")} != {*alarms}:
        assert all(f"`{name}`" in page.read_text() for name in alarms)


@each_page
def test_a_page_answers_what_is_asked_at_night(page: Path) -> None:
    text = page.read_text()
    found = re.findall(r"^## (.+)$", text, re.MULTILINE)
    parts = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]

    assert tuple(found) == HEADINGS
    assert all(part.strip() for part in parts)


@each_page
def test_commands_of_a_page_are_there(page: Path) -> None:
    problems = {command: complaint(command) for command in commands(page.read_text())}

    assert problems
    assert {command: why for command, why in problems.items() if why} == {}


@each_page
def test_a_command_of_a_page_names_its_region(page: Path) -> None:
    """Who is woken has the region of something else in his shell."""
    to_aws = [each for each in commands(page.read_text()) if each.startswith("aws ")]

    assert [
        each for each in to_aws if "--region" not in each and not each.startswith("aws ce")
    ] == []


LEFT_OPEN = {"APPLICATION", "ARN", "BUCKET", "NAME", "URL", "UUID"}
NOT_OF_OUTPUTS = {"APPLICATION", "UUID"}


@each_page
def test_a_page_says_what_stands_for_what_it_leaves_open(page: Path) -> None:
    text = page.read_text()
    words = {w for each in commands(text) for w in re.split(r"[ =,]", each)} & LEFT_OPEN
    of_outputs = words - NOT_OF_OUTPUTS if "tocsin outputs" in text else set()

    unsaid = [w for w in words - of_outputs if not re.search(rf"\b{w} (is|are)\b", text)]
    assert unsaid == []


@each_page
def test_a_page_is_known_to_the_index(page: Path) -> None:
    assert f"({page.name})" in (RUNBOOKS / "index.md").read_text()


def test_the_table_of_all_alarms_is_that_of_the_template() -> None:
    """`python -m tests.architecture.alarms` prints it anew."""
    lines = (PROJECT / "docs" / "watching.md").read_text().splitlines()
    begin = lines.index(next(table()))
    written = lines[begin : begin + len(ROWS) + 2]

    assert written == [*table()]


def test_the_page_says_what_alarms_cost() -> None:
    text = (PROJECT / "docs" / "watching.md").read_text()

    assert f"${dollars('IsHome', 'HasProbe', 'HasCanary'):.2f} a month in the home stack" in text
    assert f"${dollars('HasProbe'):.2f} in each further region" in text


def test_whoever_knows_no_repository_finds_the_pages_in_the_project() -> None:
    assert PARAMETERS["Runbooks"]["Default"] == "docs/runbooks"
    assert (PROJECT / PARAMETERS["Runbooks"]["Default"]).is_dir()


# Commands, as far as they can be known without being run


def commands(text: str) -> list[str]:
    """Give the commands of a page: in blocks after `$`, and between backticks."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    shown = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    inline = re.findall(r"`((?:tocsin|aws|make) [^`]+)`", text)
    return [re.sub(r"\s+#.*$", "", each) for each in (*shown, *inline)]


def complaint(command: str) -> str:
    """Say what is wrong with a command, as far as the programs themselves know."""
    program, *words = shlex.split(command)
    match program:
        case "tocsin":
            return _of_tocsin(words)
        case "aws":
            return _of_aws(words)
        case "make":
            targets = re.findall(
                r"^([a-z0-9-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE
            )
            return "" if words[0] in targets else f"no target {words[0]}"
        case "curl" | "journalctl":
            return ""
    return f"nobody knows {program}"


def _of_tocsin(words: list[str]) -> str:
    found: Any = typer.main.get_command(app)
    while words and hasattr(found, "commands"):
        name, *words = words
        if name not in found.commands:
            return f"no command {name}"
        found = found.commands[name]
    options = {option for each in found.params for option in each.opts}
    strange = [word for word in words if word.startswith("--") and word not in options]
    return f"no option {strange}" if strange else ""


GLOBAL = {"region", "output", "query"}
BY_HAND = {("logs", "tail"): {"since", "filter-pattern", "follow"}}
"""Of the AWS CLI itself, and in no model of a service."""


def _of_aws(words: list[str]) -> str:
    service, operation, *rest = words
    given = {word[2:] for word in rest if word.startswith("--")}
    if (service, operation) in BY_HAND:
        strange = given - BY_HAND[service, operation] - GLOBAL
    else:
        known = _options(service)
        if operation not in known:
            return f"aws {service} has no {operation}"
        strange = given - known[operation] - GLOBAL
    return f"no option {sorted(strange)}" if strange else ""


ELSEWHERE = {"s3api": "s3", "deploy": "codedeploy"}
"""Services that the AWS CLI calls by another name than their models."""


@cache
def _options(service: str) -> dict[str, set[str]]:
    """Give the options of each operation of a service; a flag may be turned by `no-`."""
    model = get_session().get_service_model(ELSEWHERE.get(service, service))
    found = {}
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        members = [] if shape is None else [*shape.members]
        options = {xform_name(member, "-") for member in members}
        found[xform_name(name, "-")] = options | {f"no-{option}" for option in options}
    return found
