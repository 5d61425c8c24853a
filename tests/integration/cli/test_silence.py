"""Silences and maintenance windows from the line that is typed, over moto's tables."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.integration.cli.stage import Stage, ago, window
from tests.integration.cli.test_commands import Typed
from tocsin.domain.window import Window

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_a_silence_holds_what_would_open(capsys: pytest.CaptureFixture[str], stage: Stage) -> None:
    typed = Typed(capsys, "silence", "db", "desk", "--for", "2h", "--by", "ada", "--note", "moves")
    stage.live(3, "db", "desk")

    assert typed.code == 0
    (mine,), (other,) = stage.state("s0").silences, stage.state("s1").silences
    assert (mine.monitors, other.monitors) == (("db",), ("desk",))
    assert mine.id == other.id
    lines = typed.out.splitlines()
    assert lines[0] == f"made silence {mine.id}"
    assert lines[1].startswith("db, desk: silenced until ")
    assert lines[2:] == ["takes effect within a minute"]
    assert (mine.said.by, mine.said.note) == ("ada", "moves")
    assert stage.alerts.sent == []
    assert stage.state().standings["db"].held_down


def test_a_silence_by_tag_is_in_every_shard(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    told = Typed(capsys, "silence", "--tag", "front", "--for", "1d", "--json").json

    assert told["about"] == ["web"]
    assert [each.tags for each in stage.state("s0").silences] == [("front",)]
    assert [each.tags for each in stage.state("s1").silences] == [("front",)]


def test_the_same_silence_ends_at_the_new_time(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    first = Typed(capsys, "silence", "db", "--for", "3h", "--by", "ada", "--json").json

    second = Typed(capsys, "silence", "db", "--for", "30m", "--by", "bea", "--json").json

    assert first["before"] is None
    assert second["changed"] == first["changed"]
    assert (second["before"]["by"], second["before"]["until"]) == (
        "ada",
        first["silence"]["until"],
    )
    (held,) = stage.state().silences
    assert held.said.by == "bea"
    assert held.until - held.said.at == timedelta(minutes=30)


def test_silences_in_force_are_listed_the_first_to_end_first(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    assert Typed(capsys, "silence", "--list").out == "no silence is in force\n"
    Typed(capsys, "silence", "db", "desk", "--for", "2h", "--by", "ada", "--note", "moves")
    Typed(capsys, "silence", "--tag", "post", "--for", "1h", "--by", "bea")

    listed = Typed(capsys, "silence", "--list").out.splitlines()
    told = Typed(capsys, "silence", "--list", "--json").json

    assert [line.split("\t")[2:] for line in listed] == [
        ["tag post", "bea", ""],
        ["db, desk", "ada", "moves"],
    ]
    assert [each["monitors"] for each in told] == [[], ["db", "desk"]]


def test_a_silence_is_ended_in_every_shard(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    name = Typed(capsys, "silence", "db", "desk", "--for", "2h", "--json").json["changed"][0]

    typed = Typed(capsys, "silence", "--end", name, "--by", "bea")

    assert typed.code == 0
    assert typed.out.splitlines() == [
        f"ended silence {name}",
        "db, desk: alerts are told again",
        "takes effect within a minute",
    ]
    assert stage.state("s0").silences == stage.state("s1").silences == ()


def test_the_end_of_a_silence_stands_in_the_course_of_what_is_open(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    stage.live(3, "db")
    name = Typed(capsys, "silence", "db", "--for", "2h", "--by", "ada", "--json").json["changed"][0]

    Typed(capsys, "silence", "--end", name, "--by", "bea")

    (incident,) = stage.state().incidents
    assert [moment.by for moment in incident.moments] == ["", "ada", "bea"]
    assert incident.moments[-1].what == "silence ended"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param((), 64, "monitors or tags and --for, or --list, or --end ID", id="nothing"),
        pytest.param(("db",), 64, "say how long: --for 2h", id="no time"),
        pytest.param(("--for", "2h"), 64, "say which: monitors by", id="no monitor"),
        pytest.param(("db", "--for", "2"), 64, "Add the unit: 2m or 2h", id="no unit"),
        pytest.param(("db", "--for", "30s"), 64, "30s is under one minute", id="too short"),
        pytest.param(("db", "--for", "400d"), 64, "longer than a year", id="too long"),
        pytest.param(("db", "--for", "1h", "--list"), 64, "one at a time", id="two at a time"),
        pytest.param(("mial", "--for", "1h"), 1, "did you mean mail?", id="a typo"),
        pytest.param(("--tag", "x", "--for", "1h"), 1, "no monitor has the tag x", id="no tag"),
        pytest.param(("--end", "s-1"), 1, "there is no silence s-1: none is in", id="no silence"),
    ],
)
def test_what_makes_no_silence_is_answered_with_a_mend(
    capsys: pytest.CaptureFixture[str], stage: Stage, words: tuple[str, ...], code: int, said: str
) -> None:
    typed = Typed(capsys, "silence", *words)

    assert (typed.code, typed.out) == (code, "")
    assert said in " ".join(typed.err.split())
    assert stage.state().silences == ()


def test_a_wrong_id_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    name = Typed(capsys, "silence", "db", "--for", "2h", "--json").json["changed"][0]

    typed = Typed(capsys, "silence", "--end", name[:-1])

    assert typed.code == 1
    assert f"did you mean {name}?" in typed.err
    assert len(stage.state().silences) == 1


def test_a_full_shard_is_said_with_a_mend(
    capsys: pytest.CaptureFixture[str], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.domain.orders.SILENCES", 1)
    Typed(capsys, "silence", "web", "--for", "2h")

    typed = Typed(capsys, "silence", "db", "--for", "2h")

    assert typed.code == 1
    assert "1 silences are in force in shard s0: see `tocsin silence --list`, and end" in typed.err


def test_maintenance_shows_what_is_open_and_what_is_next(
    capsys: pytest.CaptureFixture[str], operator: "DynamoDBClient"
) -> None:
    begun, ahead, past = ago(30), ago(-60), ago(600)
    Stage(
        operator,
        window(begun, 2, "db"),
        window(ahead, 1),
        window(past, 1, "mail"),
        Window(cron="0 3 * * *", timezone="Europe/Berlin", length=timedelta(hours=1)),
    )
    Typed(capsys, "silence", "--tag", "post", "--for", "1h", "--by", "bea")

    lines = [line.split("\t") for line in Typed(capsys, "maintenance").out.splitlines()]
    told = Typed(capsys, "maintenance", "--json").json

    assert [line[2] for line in lines] == ["db", "all monitors", "mail", "all monitors", "tag post"]
    assert lines[0][3].startswith("open until ")
    assert lines[1][3] == "closed"
    assert lines[2][3:] == ["over", ""]
    assert lines[3][:2] == ["0 3 * * * (Europe/Berlin)", "1 h"]
    once, later, over, nightly = told["windows"]
    assert (once["open_until"], once["next"]) == (_plain(begun + timedelta(hours=2)), None)
    assert (later["open_until"], later["next"]) == (None, _plain(ahead))
    assert (over["open_until"], over["next"]) == (None, None)
    assert datetime.fromisoformat(nightly["next"]).minute == 0
    assert [each["tags"] for each in told["silences"]] == [["post"]]


def test_without_windows_and_silences_it_is_said(
    capsys: pytest.CaptureFixture[str], stage: Stage
) -> None:
    typed = Typed(capsys, "maintenance")

    assert typed.out == "no maintenance window is in force, and no silence\n"


def _plain(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
