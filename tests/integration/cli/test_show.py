"""What an operator is shown of one monitor: everything."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.cli.stage import Stage, ago, over, window
from tests.integration.cli.test_commands import Typed
from tocsin.domain.monitor import Route
from tocsin_cli.closeup import LAST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def shown(capsys: pytest.CaptureFixture[str], name: str) -> Any:
    return Typed(capsys, "show", name, "--json").json


def test_where_it_stands_and_how_each_location_votes(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    stage.live(3, ago=3).live(3, "db", alone="mike")

    told = shown(capsys, "db")

    assert (told["monitor"], told["verdict"], told["need"]) == ("db", "degraded", 2)
    assert (told["runbook"], told["tags"]) == ("https://wiki.example.com/db", ["shop"])
    votes = {vote["location"]: vote for vote in told["votes"]}
    assert votes["mike"]["evidence"] == "connection refused"
    assert votes["mike"]["failing_since"] is not None
    assert votes["lima"]["phases_ms"] == {"connect": 1.5}
    assert votes["lima"]["certificate"]["issuer"] == "CN=R11"


def test_its_open_incident_has_its_course_and_its_ledger(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    incident = stage.live(3, "db").incident()
    Typed(capsys, "ack", "db", "--by", "ada", "--note", "on it")

    (told,) = shown(capsys, "db")["incidents"]

    assert told["incident"] == incident
    assert told["acknowledged"]["by"] == "ada"
    assert [(m["what"], m["by"], m["note"]) for m in told["moments"]] == [
        ("opened", None, None),
        ("acknowledged", "ada", "on it"),
    ]
    assert told["moments"][0]["failing"] == {"db": ["lima", "mike", "november"]}
    (sent,) = told["ledger"]
    assert (sent["alert"], sent["route"]) == (f"{incident}#opened", "page")
    assert (sent["message"], sent["tries"]) == ("message-1", 1)
    assert sent["sent_at"] is not None


def test_what_could_not_be_sent_is_in_the_ledger_of_its_own_incident(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    stage.alerts.broken.add(Route.PAGE)
    first = stage.live(2, "db", ago=4).incident()
    stage.live(1, ago=3).live(2, "db")

    told = shown(capsys, "db")
    plain = [line.split("\t") for line in Typed(capsys, "show", "db").out.splitlines()]

    (sent,) = told["incidents"][0]["ledger"]
    assert (sent["alert"], sent["route"]) == (f"{stage.incident()}#opened", "page")
    assert (sent["sent_at"], sent["message"], sent["tries"]) == (None, None, 2)
    assert [each["alert"] for each in told["past"][0]["ledger"]] == [
        f"{first}#opened",
        f"{first}#resolved",
    ]
    assert [row[0] for row in plain if "#" in row[0]] == ["#opened"]
    assert [row[3:] for row in plain if row[0] == "#opened"] == [["not yet", "", "2"]]


def test_what_it_depends_on_and_what_hangs_on_it_in_every_shard(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    stage.live(3, "db", "web")

    assert shown(capsys, "web")["depends_on"] == [{"monitor": "db", "verdict": "down"}]
    assert shown(capsys, "web")["behind"] == ["db"]
    assert shown(capsys, "db")["hangs"] == [
        {"monitor": "mail", "verdict": "up"},
        {"monitor": "web", "verdict": "down"},
    ]
    rows = [line.split("\t") for line in Typed(capsys, "show", "db").out.splitlines()]
    assert [row[3] for row in rows if row[0] in {"mail", "web"}] == [
        "",
        "waits behind what it depends on",
    ]


def test_all_that_holds_its_alerts(
    capsys: pytest.CaptureFixture[str], operator: "DynamoDBClient"
) -> None:
    now, later, others = window(ago(30), 2, "db"), window(ago(-30), 2), window(ago(30), 2, "web")
    Stage(operator, now, later, others).live(1)
    Typed(capsys, "silence", "--tag", "shop", "--for", "1h", "--by", "ada")
    Typed(capsys, "pause", "db", "--by", "bea", "--note", "moves")

    told = shown(capsys, "db")
    (notes,) = [
        line for line in Typed(capsys, "show", "db").out.splitlines() if line.startswith("notes")
    ]

    assert (told["paused"]["by"], told["paused"]["note"]) == ("bea", "moves")
    assert [(each["by"], each["tags"]) for each in told["silences"]] == [("ada", ["shop"])]
    assert [each["monitors"] for each in told["windows"]] == [["db"]]
    assert "paused by bea" in notes
    assert "takes effect within a minute; silenced until " in notes
    assert "in maintenance until " in notes


def test_its_last_incidents_and_nobody_elses(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    begun = [ago(0) - timedelta(days=40 * number) for number in range(1, LAST + 2)]
    for at in begun:
        stage.home.history.record(over("db", at))
        stage.home.history.record(over("web", at))
    incident = stage.live(2, "db", ago=2).incident()
    stage.live(1)

    told = shown(capsys, "db")["past"]

    assert [each["incident"] for each in told] == [
        incident,
        *(over("db", at).id for at in begun[: LAST - 1]),
    ]
    assert told[0]["ending"] == "recovered"


def test_what_the_history_has_already_is_not_shown_twice(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    incident = stage.live(2, "db", ago=2).incident()
    stage.live(1)
    (closed,) = stage.state().closed

    before = [each["incident"] for each in shown(capsys, "db")["past"]]
    stage.home.history.record(closed)
    after = [each["incident"] for each in shown(capsys, "db")["past"]]

    assert before == after == [incident]


def test_a_monitor_that_was_never_judged_is_shown(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    typed = Typed(capsys, "show", "db")

    assert typed.code == 0
    assert typed.out.splitlines()[0] == "db is unknown"
    assert typed.out.splitlines()[-1] == "no incident of it is over"


def test_a_wrong_name_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    typed = Typed(capsys, "show", "mial")

    assert (typed.code, typed.out) == (1, "")
    assert "no monitor mial is in force: did you mean mail?" in typed.err
