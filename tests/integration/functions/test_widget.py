"""The console as a dashboard calls it, against moto's tables."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.cli.stage import Stage
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tests.unit.pages.reading import Page
from tocsin.adapters.configs import DynamoConfigs
from tocsin.pages.asked import stamped

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WIDGET = handler("widget")
ARN = Context().invoked_function_arn


@pytest.fixture
def stage(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Watch two shards for three minutes, in which `db` has gone down."""
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="widget")
    yield Stage(dynamodb).live(3, "db")
    forget()


def around(**more: Any) -> dict[str, Any]:
    """Give what CloudWatch adds to every call; it is from its documentation."""
    now = stamped(datetime.now(UTC)) * 1000
    return {
        "widgetContext": {
            "dashboardName": "tocsin",
            "widgetId": "widget-16",
            "accountId": "123456789012",
            "locale": "en",
            "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0},
            "period": 300,
            "isAutoPeriod": True,
            "timeRange": {
                "mode": "relative",
                "start": now - 86_400_000,
                "end": now,
                "relativeStart": 86_400_000,
            },
            "theme": "light",
            "linkCharts": True,
            "title": "Tocsin",
            "forms": {"all": {}},
            "params": {},
            "width": 588,
            "height": 369,
            **more,
        }
    }


def call(context: dict[str, Any] | None = None, **words: Any) -> str:
    answer = WIDGET.lambda_handler({**words, **(context or around())}, Context())
    assert isinstance(answer, str)
    return answer


def now() -> int:
    return stamped(datetime.now(UTC))


def forms(**typed: str) -> dict[str, Any]:
    return around(forms={"all": typed})


def test_it_describes_itself_in_markdown_with_its_parameters() -> None:
    described = WIDGET.lambda_handler({"describe": True}, Context())

    assert described.startswith("## ")
    assert re.search(r"```yaml\nstate: \w+\ntag: \w+\n```", described)


def test_it_shows_everything_and_leads_to_itself(stage: Stage) -> None:
    page = Page(call())

    assert page.by_id("t-overall").text == "1 of 5 monitors is down"
    assert {each.attributes["endpoint"] for each in page.all("cwdb-action")} == {ARN}
    assert page.by_id("t-grid").children[1].children[0].text.startswith("db")


def test_a_click_shows_a_monitor_close_up(stage: Stage) -> None:
    page = Page(call(monitor="web"))

    assert page.by_id("t-overall").text.startswith("web is up")
    assert {"monitor": "db"} in [json.loads(each.text) for each in page.all("cwdb-action")]


def test_a_filter_is_what_stands_in_the_fields(stage: Stage) -> None:
    page = Page(call(forms(state="up", tag="shop"), filter=1))

    rows = page.by_id("t-grid").children[1].children
    assert [row.children[0].before is None for row in rows] == [True] * 3
    assert [row.children[0].children[0].text for row in rows] == ["desk", "till", "web"]


def test_the_parameters_of_a_dashboard_are_a_filter_too(stage: Stage) -> None:
    words = {"tag": "post", "unknown": {"x": 1}}
    page = Page(call(around(params=words), **words))

    assert len(page.by_id("t-grid").children[1].children) == 1


def test_an_incident_is_acknowledged_in_the_name_that_was_typed(stage: Stage) -> None:
    incident = stage.incident()

    page = Page(call(forms(by="eve", note="on it"), do="acknowledge", incident=incident, at=now()))

    (acknowledged,) = (each.acknowledged for each in stage.state().incidents)
    assert acknowledged is not None
    assert (acknowledged.by, acknowledged.note) == ("eve (console)", "on it")
    assert page.by_id("t-told").text.startswith(f"{incident} is acknowledged by eve (console).")


def test_a_monitor_is_paused_resumed_and_silenced(stage: Stage) -> None:
    call(forms(by="eve"), do="pause", monitor="mail", at=now())
    assert stage.state("s1").paused["mail"].by == "eve (console)"

    call(forms(by="eve"), do="resume", monitor="mail", at=now())
    assert not stage.state("s1").paused

    told = Page(call(forms(length="7d"), do="silence", monitor="mail", at=now())).by_id("t-told")
    (silence,) = stage.state("s1").silences
    assert silence.monitors == ("mail",)
    assert silence.until - datetime.now(UTC) > timedelta(days=6, hours=23)
    assert told.text.startswith("mail is silenced until 20")
    assert stage.state("s0").silences == ()


def test_a_dashboard_cannot_press_a_button_by_itself(stage: Stage) -> None:
    words = {"do": "pause", "monitor": "mail", "at": now()}

    page = Page(call(around(params=words), **words))

    assert not stage.state("s1").paused
    assert page.by_id("t-overall").text.startswith("mail is up")


def test_a_button_of_yesterday_does_nothing_and_says_so(stage: Stage) -> None:
    page = Page(call(do="pause", monitor="mail", at=now() - 86_400))

    assert not stage.state("s1").paused
    assert "older than 30 minutes" in page.by_id("t-told").text


def test_an_order_whose_incident_is_over_is_told_beside_what_is_there(stage: Stage) -> None:
    page = Page(call(do="acknowledge", incident="gone-1", at=now()))

    assert page.by_id("t-told").text == (
        "Nothing was done: the incident gone-1 is not open any more."
    )
    assert page.by_id("t-grid")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"state": "broken"}, "There is no state broken: it is one of troubled"),
        ({"monitor": "<script>"}, "There is no monitor called <script>: it may have been renamed"),
        ({"monitor": 7.5}, "Monitor is a text."),
        ({"do": "delete"}, "There is nothing called delete to do"),
    ],
)
def test_what_makes_no_sense_is_answered_with_a_page(
    stage: Stage, words: dict[str, Any], said: str
) -> None:
    page = Page(call(**words))

    assert page.by_id("t-told").text.startswith(said)
    assert page.by_id("t-told").attributes["role"] == "alert"
    assert not page.all("script")


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({}, id="none at all"),
        pytest.param({"widgetContext": None}, id="nothing"),
        pytest.param({"widgetContext": []}, id="a list"),
        pytest.param(around(timeRange={"start": "x", "end": None}), id="a time in words"),
        pytest.param(around(timeRange={"start": 9e99, "end": 1}), id="a time far off"),
        pytest.param(around(timeRange={"start": 5, "end": 5}), id="no time"),
        pytest.param(around(forms=None, params=None, theme=None), id="nothing in it"),
    ],
)
def test_whatever_the_context_is_there_is_a_page(stage: Stage, context: dict[str, Any]) -> None:
    page = Page(WIDGET.lambda_handler(context, Context()))

    assert page.by_id("t-overall").text == "1 of 5 monitors is down"


def test_the_theme_and_the_zoomed_time_are_the_dashboards(stage: Stage) -> None:
    end = datetime.now(UTC) - timedelta(days=2)
    zoom = {
        "start": (end - timedelta(hours=12)).timestamp() * 1000,
        "end": end.timestamp() * 1000,
    }

    text = call(around(theme="dark", timeRange={"start": 0, "end": 1, "zoom": zoom}))

    assert 't-theme-dark" id="tocsin"' in text
    assert "Latency, 12 h" in text


def test_tables_that_do_not_answer_are_said_to(stage: Stage, dynamodb: "DynamoDBClient") -> None:
    call()
    dynamodb.delete_table(TableName="state")

    page = Page(call())

    assert page.by_id("t-told").text.startswith("The tables do not answer: table state:")


def test_before_the_first_apply_it_says_what_to_do(
    dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, POWERTOOLS_SERVICE_NAME="widget")
    assert DynamoConfigs(dynamodb, "state").current().version == 0

    assert "tocsin apply" in Page(call()).found[0].text
    forget()


def test_what_it_did_is_logged_with_the_request_that_cloudtrail_knows(
    stage: Stage, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    call(forms(by="eve"), do="pause", monitor="mail", at=now())

    (logged,) = caplog.records
    (counted,) = map(json.loads, capsys.readouterr().out.splitlines())
    said = {name: vars(logged)[name] for name in ("order", "about", "by", "request")}
    assert said == {
        "order": "pause",
        "about": "mail",
        "by": "eve (console)",
        "request": Context().aws_request_id,
    }
    assert (counted["Views"], counted["Orders"]) == ([1], [1])
    assert "RefusedViews" not in counted
    assert counted["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
