"""What the template promises of the console: who may do what, and what the dashboard shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.cloudformation import Properties, load_template

ROOT = Path(__file__).parents[2]
TEMPLATE = load_template()
RESOURCES = TEMPLATE["Resources"]
WIDGET: Properties = RESOURCES["WidgetFunction"]["Properties"]
LEADING_KEYS = "dynamodb:LeadingKeys"
POLICY = RESOURCES["WidgetRole"]["Properties"]["Policies"][0]
RIGHTS: dict[str, Any] = {s["Sid"]: s for s in POLICY["PolicyDocument"]["Statement"]}

OURS = "Tocsin/${AWS::StackName}"
"""The namespace of what the stack's own functions emit."""

GRID = 24
"""Columns of a dashboard."""


def body() -> dict[str, Any]:
    """Give the dashboard's body, with each reference in it as it is written."""
    text = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    document: dict[str, Any] = json.loads(text)
    return document


WIDGETS: list[dict[str, Any]] = body()["widgets"]


def on(keys: list[str]) -> dict[str, Any]:
    return {
        "ForAllValues:StringLike": {LEADING_KEYS: keys},
        "Null": {LEADING_KEYS: "false"},
    }


def test_the_widget_writes_the_states_of_shards_and_nothing_else() -> None:
    writing = [s for s in RIGHTS.values() if "dynamodb:PutItem" in s["Action"]]

    assert writing == [RIGHTS["CarryOutOrders"]]
    assert RIGHTS["CarryOutOrders"]["Action"] == "dynamodb:PutItem"
    assert RIGHTS["CarryOutOrders"]["Resource"] == {"Fn::GetAtt": "StateTable.Arn"}
    assert RIGHTS["CarryOutOrders"]["Condition"] == on(["SHARD#*"])


def test_the_widget_reads_what_it_shows_and_no_token() -> None:
    assert {
        each["Action"]: each["Condition"]
        for each in RIGHTS.values()
        if each["Resource"] == {"Fn::GetAtt": "StateTable.Arn"}
        and each["Action"] != "dynamodb:PutItem"
    } == {
        "dynamodb:GetItem": on(["CONFIG", "SHARD#*", "HEARTBEAT"]),
        "dynamodb:Query": on(["CONFIG#*", "HISTORY#*", "ROLLUP#*", "DAYS#*"]),
        "dynamodb:BatchGetItem": on(["HEARTBEAT#*"]),
    }
    assert RIGHTS["ReadReports"]["Action"] == "dynamodb:Query"
    assert RIGHTS["ReadReports"]["Resource"] == {"Fn::GetAtt": "ReportsTable.Arn"}


def test_the_widget_has_no_other_right() -> None:
    assert RIGHTS.keys() == {
        "ReadReports",
        "ReadStates",
        "ReadTheConfigurationAndThePast",
        "HearJobs",
        "CarryOutOrders",
        "WriteItsOwnLog",
    }


def test_the_widget_can_be_allowed_to_viewers_by_its_prefix() -> None:
    """AWS advises it, so that a policy can allow lambda:InvokeFunction on `customWidget*`."""
    assert WIDGET["FunctionName"] == {"Fn::Sub": "customWidget-${AWS::StackName}"}


def test_views_take_no_concurrency_from_what_judges_and_are_called_by_nobody_else() -> None:
    assert WIDGET["ReservedConcurrentExecutions"]["Fn::If"][1] == 5
    assert "Events" not in WIDGET
    assert "FunctionUrlConfig" not in WIDGET


def test_the_console_comes_first_and_is_drawn_anew_with_the_dashboard() -> None:
    first = WIDGETS[0]

    assert (first["type"], first["x"], first["y"], first["width"]) == ("custom", 0, 0, GRID)
    assert first["properties"]["endpoint"] == "${WidgetFunction.Arn}:live"
    assert first["properties"]["updateOn"] == {
        "refresh": True,
        "resize": False,
        "timeRange": True,
    }


def test_alerts_lead_to_the_dashboard_by_its_name() -> None:
    name = RESOURCES["Dashboard"]["Properties"]["DashboardName"]

    for function in ("AggregatorFunction", "NotifierFunction"):
        variables = RESOURCES[function]["Properties"]["Environment"]["Variables"]
        assert variables["TOCSIN_DASHBOARD"] == {"Fn::If": ["HasDashboard", name, ""]}


def test_whoever_wants_no_dashboard_has_none_and_the_console_all_the_same() -> None:
    """It can stand on a dashboard that there is anyhow."""
    given = TEMPLATE["Parameters"]["OwnDashboard"]
    under = {
        name
        for part in ("Resources", "Outputs")
        for name, each in TEMPLATE[part].items()
        if each.get("Condition") == "HasDashboard"
    }

    assert (given["AllowedValues"], given["Default"]) == (["true", "false"], "true")
    assert TEMPLATE["Conditions"]["HasDashboard"]["Fn::And"] == [
        {"Condition": "IsHome"},
        {"Fn::Equals": [{"Ref": "OwnDashboard"}, "true"]},
    ]
    assert under == {"Dashboard", "DashboardName"}
    assert RESOURCES["WidgetFunction"]["Condition"] == "IsHome"


def test_the_dashboard_presses_no_button() -> None:
    assert WIDGETS[0]["properties"]["params"] == {}


def test_widgets_lie_within_the_dashboard_and_on_no_other() -> None:
    taken: set[tuple[int, int]] = set()
    for each in WIDGETS:
        cells = {
            (x, y)
            for x in range(each["x"], each["x"] + each["width"])
            for y in range(each["y"], each["y"] + each["height"])
        }
        assert all(x < GRID for x, _ in cells)
        assert taken.isdisjoint(cells)
        taken |= cells


def metrics() -> list[tuple[str, list[Any]]]:
    return [
        (each["properties"]["title"], metric)
        for each in WIDGETS
        if each["type"] == "metric"
        for metric in each["properties"]["metrics"]
    ]


def test_no_figure_is_of_a_single_monitor() -> None:
    """A custom metric costs $0.30 a month, and a thousand monitors would be $300."""
    dimensions = {
        name
        for _, (first, *rest) in metrics()
        if isinstance(first, str)
        for name in rest[1 : len(rest) - isinstance(rest[-1], dict) : 2]
    }

    assert dimensions == {"location", "service", "FunctionName", "QueueName", "TableName"}


def emitted(function: str) -> set[str]:
    """Name the metrics that a function emits, as they stand in what it is made of."""
    paths = [ROOT / "functions" / function / "handler.py"]
    if function == "aggregator":
        paths.append(ROOT / "shared" / "tocsin" / "usecases" / "reckon.py")
    text = "".join(path.read_text() for path in paths)
    return {*re.findall(r'"([A-Z][A-Za-z]+)": ', text)}


def test_every_figure_of_ours_is_one_that_a_function_emits() -> None:
    ours = {
        (rest[rest.index("service") + 1], rest[0])
        for _, (first, *rest) in metrics()
        if first == OURS
    }

    assert {(service, name) for service, name in ours if name not in emitted(service)} == set()
    assert {"Checks", "AlertsSent", "AlertsUnsent"} <= {name for _, name in ours}


def test_a_tick_is_a_sample_of_its_checks() -> None:
    """A metric of its own would be $0.30 a month for each location."""
    (ticks,) = (m for _, m in metrics() if m[-1] == {"stat": "SampleCount", "label": "ticks"})

    assert ticks[:2] == [OURS, "Checks"]


def test_the_age_of_reports_is_of_every_location_that_is_late() -> None:
    (search,) = (m[0]["expression"] for _, m in metrics() if isinstance(m[0], dict))

    assert f'{{"{OURS}",location,service}}' in search, "quoted, for the signs in it"
    assert 'MetricName="ReportAge"' in search
    assert "ReportAge" in emitted("aggregator")


def test_the_dashboard_shows_every_alarm_that_each_home_stack_has() -> None:
    (shown,) = (w["properties"]["alarms"] for w in WIDGETS if w["type"] == "alarm")
    alarms = [
        name
        for name, each in RESOURCES.items()
        if each["Type"] == "AWS::CloudWatch::Alarm" and each["Condition"] in {"IsHome", "HasProbe"}
    ]

    assert shown == [f"${{{name}.Arn}}" for name in alarms]
    assert len(shown) <= 100, "as many as the widget takes"


def test_every_queue_of_dead_letters_is_shown() -> None:
    dead = {
        target.partition(".")[0]
        for each in RESOURCES.values()
        for target in re.findall(
            r'"(?:deadLetterTargetArn|Destination)": \{"Fn::GetAtt": "([^"]+)"',
            json.dumps(each),
        )
    }
    shown = {
        rest[2].removeprefix("${").partition(".")[0]
        for _, (first, *rest) in metrics()
        if first == "AWS/SQS"
    }

    assert shown == dead
    assert dead


def test_every_function_shows_its_errors() -> None:
    functions = {
        name
        for name, each in RESOURCES.items()
        if each["Type"] == "AWS::Serverless::Function" and each["Condition"] != "IsStandBy"
    }
    shown = {
        rest[2][2:-1]
        for _, (first, *rest) in metrics()
        if first == "AWS/Lambda" and rest[0] == "Errors"
    }

    assert shown == functions


@pytest.mark.parametrize("name", re.findall(r"\$\{([\w:]+)", json.dumps(body())))
def test_what_the_dashboard_refers_to_is_in_the_template(name: str) -> None:
    assert name in {*RESOURCES, *TEMPLATE["Parameters"], "AWS::Region", "AWS::StackName"}
