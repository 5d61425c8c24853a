"""The incidents that are open, and those that were; and what `tocsin status` says beside them."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.integration.cli.stage import Stage, ago, over
from tests.integration.cli.test_commands import Typed
from tocsin.adapters.history import KEPT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAY = over("db", datetime(2025, 5, 31, 23, 59, tzinfo=UTC))
JUNE = over("web", datetime(2025, 6, 1, tzinfo=UTC))


def ids(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    return [each["incident"] for each in Typed(capsys, "incidents", "--json", *words).json]


def test_by_itself_it_shows_what_is_open(capsys: pytest.CaptureFixture[str], stage: Stage) -> None:
    stage.home.history.record(over("web", ago(60)))
    incident = stage.live(3, "db").incident()

    (row,) = [line.split("\t") for line in Typed(capsys, "incidents").out.splitlines()]

    assert (row[0], row[1], row[4:]) == (incident, "down", ["open", "db", "page", ""])


def test_with_all_it_shows_the_whole_history_too(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    oldest, newer = over("db", ago(0) - KEPT + timedelta(days=1)), over("web", ago(60 * 24 * 40))
    for each in (newer, oldest):
        stage.home.history.record(each)
    filed = stage.live(2, "db", ago=20).incident()
    stage.live(3, ago=15)
    waiting = stage.live(2, "db", ago=10).incident()
    incident = stage.live(2, "desk", "db", ago=5).incident("s1")
    stage.live(1, "desk")
    assert [each.id for each in stage.state().closed] == [waiting]

    assert ids(capsys, "--all") == [oldest.id, newer.id, filed, waiting, incident]
    assert ids(capsys) == [incident]


def test_of_a_month_it_shows_what_began_in_it(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    stage.home.history.record(MAY)
    stage.home.history.record(JUNE)
    incident = stage.live(3, "db").incident()
    began = stage.state().incidents[0].opened_at

    assert ids(capsys, "--month", "2025-05") == [MAY.id]
    assert ids(capsys, "--month", "2025-06") == [JUNE.id]
    assert ids(capsys, "--month", f"{began:%Y-%m}") == [incident]
    assert Typed(capsys, "incidents", "--month", "2025-07").out == "nothing began in 2025-07\n"


@pytest.mark.parametrize("month", ["2025", "2025-13", "June", "2025-05-01"])
def test_a_month_that_is_none_is_a_wrong_call(
    capsys: pytest.CaptureFixture[str], stage: Stage, month: str
) -> None:
    typed = Typed(capsys, "incidents", "--month", month)

    assert typed.code == 64
    assert "is no month: write it like 2026-11" in typed.err


def test_one_month_of_all_is_a_wrong_call(capsys: pytest.CaptureFixture[str], stage: Stage) -> None:
    assert Typed(capsys, "incidents", "--all", "--month", "2025-05").code == 64


def test_what_cannot_be_read_is_said_and_keeps_nothing_else_back(
    capsys: pytest.CaptureFixture[str], stage: Stage, operator: "DynamoDBClient"
) -> None:
    stage.home.history.record(MAY)
    operator.put_item(
        TableName="state",
        Item={
            "pk": {"S": "HISTORY#2025-05"},
            "sk": {"S": "2025-05-01T00:00:00+00:00#a"},
            "document": {"B": b"spoilt"},
        },
    )

    typed = Typed(capsys, "incidents", "--month", "2025-05")

    assert typed.code == 0
    assert typed.out.startswith(MAY.id)
    assert "1 of the incidents of 2025-05 cannot be read" in typed.err


def test_an_incident_of_a_location_names_it(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    stage.live(1, ago=10).live(8, dark="mike")

    (row,) = [line.split("\t") for line in Typed(capsys, "incidents").out.splitlines()]
    status = Typed(capsys, "status").out.splitlines()
    told = Typed(capsys, "status", "--json").json["locations"]
    taken = Typed(capsys, "ack", "mike", "--by", "ada")

    assert (row[1], row[5]) == ("location", "location mike")
    assert any(line.startswith("location mike, for ") and "silent" in line for line in status)
    assert [each["location"] for each in told] == ["mike"]
    assert taken.out.startswith(f"acknowledged {row[0]}")


def test_status_says_beside_each_monitor_what_people_said(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    stage.live(3, "db", "web")
    Typed(capsys, "pause", "desk", "--by", "ada")
    Typed(capsys, "ack", "db", "--by", "bea", "--note", "on it")
    Typed(capsys, "silence", "mail", "--for", "1h", "--by", "carla")
    stage.judge()

    rows = [line.split("\t") for line in Typed(capsys, "status").out.splitlines()]
    notes = {row[0]: row[-1] for row in rows}
    told = {each["monitor"]: each for each in Typed(capsys, "status", "--json").json["monitors"]}

    assert dict(row[:2] for row in rows[:5])["desk"] == "paused"
    assert notes["desk"].startswith("paused by ada ")
    assert notes["db"].startswith("acknowledged by bea ")
    assert notes["db"].endswith("(on it)")
    assert "silenced until " in notes["mail"]
    assert notes["web"] == "waits behind db"
    assert told["db"]["acknowledged"]["note"] == "on it"
    assert told["desk"]["paused"]["by"] == "ada"
    assert len(told["mail"]["silences"]) == 1


def test_status_does_not_believe_whom_the_aggregator_does_not_believe(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    stage.live(3, "db", "web", "mail", "desk", "till", alone="mike", suspect="mike")

    rows = [line.split("\t") for line in Typed(capsys, "status").out.splitlines()]
    (vote,) = [
        vote
        for vote in Typed(capsys, "status", "--json").json["monitors"][0]["votes"]
        if vote["location"] == "mike"
    ]

    assert all("mike:not_believed" in row[3] for row in rows[:5])
    assert (vote["counted"], vote["reason"]) == (False, "suspect")
    assert vote["evidence"] == "its canaries fail"


def test_status_says_what_flaps(capsys: pytest.CaptureFixture[str], stage: Stage) -> None:
    for minute in range(12):
        stage.live(1, *(("desk",) if minute % 2 else ()), ago=12 - minute)

    rows = [line.split("\t") for line in Typed(capsys, "status").out.splitlines()]
    told = {each["monitor"]: each for each in Typed(capsys, "status", "--json").json["monitors"]}

    assert "flapping" in {row[0]: row[-1] for row in rows}["desk"].split("; ")
    assert [name for name, each in told.items() if each["flapping"]] == ["desk"]
