"""The operator's commands from the line that is typed to the exit code, over moto's tables."""

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.make import world
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.states import DynamoStates
from tocsin.domain.state import ShardState
from tocsin_cli.main import main

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FILE = """
locations: {lima: {}, mike: {}, november: {}}
monitors:
  db: {tcp: "db.example.com:5432", alert: [page]}
  web: {http: "https://www.example.com/"}
"""


@pytest.fixture(autouse=True)
def _home(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "TOCSIN_HOME_REGION": "eu-west-1",
        "TOCSIN_STATE_TABLE": "state",
        "TOCSIN_REPORTS_TABLE": "reports",
    }.items():
        monkeypatch.setenv(name, value)
    Path("monitors.yaml").write_text(FILE)


class Typed:
    """What a command printed, and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str) -> None:
        with pytest.raises(SystemExit) as exit_:
            main(words)
        self.code = exit_.value.code
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def test_plan_shows_what_apply_then_does(capsys: pytest.CaptureFixture[str]) -> None:
    planned = Typed(capsys, "plan")
    applied = Typed(capsys, "apply", "--yes")
    again = Typed(capsys, "plan")

    assert (planned.code, planned.out) == (0, "+ db\n+ web\n")
    assert applied.code == 0
    assert "version 1 is in force" in applied.out
    assert again.out == "version 1 is in force and says the same: nothing to change\n"


def test_plan_and_apply_print_json(capsys: pytest.CaptureFixture[str]) -> None:
    empty: dict[str, object] = {
        "over": 0,
        "judged": None,
        "added": ["db", "web"],
        "removed": [],
        "renamed": {},
        "changed": {},
        "resolves": [],
        "maintenance": {"removed": [], "added": []},
    }

    assert Typed(capsys, "plan", "--json").json == empty
    assert Typed(capsys, "apply", "--yes", "--json").json == {**empty, "version": 1}


def test_plan_says_that_a_lost_configuration_goes_on_above_what_was_judged(
    capsys: pytest.CaptureFixture[str],
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Typed(capsys, "apply", "--yes")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    states = DynamoStates(dynamodb, "state", lambda: "aggregator")
    states.save(ShardState(shard="s0", config_version=57), over=0)

    planned = Typed(capsys, "plan")
    refused = Typed(capsys, "apply")
    applied = Typed(capsys, "apply", "--yes")
    again = Typed(capsys, "plan", "--json").json

    said = "! shards were judged under version 57 and not since: applying goes on with version 58"
    assert planned.out.splitlines() == [said]
    assert (refused.code, "not applied" in refused.err) == (130, True)
    assert applied.out.splitlines()[0] == said
    assert "version 58 is in force" in applied.out
    assert (again["over"], again["judged"]) == (58, None)


def test_plan_shows_what_is_renamed_and_which_windows_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    window = "maintenance:\n  - {weekly: sunday 02:00, for: 2h, monitors: [web]}\n"
    job = "  backup: {heartbeat: 1d}\n"
    Path("monitors.yaml").write_text(f"{FILE}{job}{window}")
    Typed(capsys, "apply", "--yes")
    Path("monitors.yaml").write_text(
        FILE.replace("db: {", "database: {was: db, ")
        + "  nightly: {heartbeat: 1d, was: backup}\n"
        + window.replace("2h, monitors: [web]", "4h, all: true")
        + "  - {from: 2099-12-01 22:00, for: 90m, timezone: Europe/Berlin, monitors: [database]}\n"
    )

    planned = Typed(capsys, "plan")
    document = Typed(capsys, "plan", "--json").json

    assert planned.out == (
        "~ db -> database: history and incident are kept\n"
        "~ backup -> nightly: history, incident and URL are kept\n"
        "~ maintenance\n"
        "    - 0 2 * * 0 (UTC), for 2 h: web\n"
        "    + 0 2 * * 0 (UTC), for 4 h: all monitors\n"
        "    + once, 2099-12-01 21:00 UTC, for 1 h 30 min: database\n"
    )
    assert document["renamed"] == {"nightly": "backup", "database": "db"}
    assert [each["monitors"] for each in document["maintenance"]["removed"]] == [["web"]]
    assert [each["length_s"] for each in document["maintenance"]["added"]] == [14400, 5400]
    assert document["added"] == document["removed"] == []


def test_a_window_that_is_over_is_told_when_the_file_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    window = "{from: 2020-12-01 22:00, for: 1h, all: true}"
    Path("monitors.yaml").write_text(f"{FILE}maintenance: [{window}]")

    assert "was over at 2020-12-01 23:00 UTC" in Typed(capsys, "validate").out
    assert "was over at 2020-12-01 23:00 UTC" in Typed(capsys, "plan").err


def test_plan_shows_what_changes_of_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    Typed(capsys, "apply", "--yes")
    scripted = '{tcp: "db.example.com:5432", alert: [page], script: [{expect: hello}], slow: 1s}'
    Path("monitors.yaml").write_text(
        FILE.replace('{tcp: "db.example.com:5432", alert: [page]}', scripted)
    )

    planned = Typed(capsys, "plan")

    assert planned.out == "~ db: target, slow\n    + expect hello\n"
    assert Typed(capsys, "plan", "--json").json["changed"] == {"db": ["target", "slow"]}


@pytest.mark.parametrize("answer", ["n\n", ""], ids=["no", "nobody is there"])
@pytest.mark.parametrize("words", [(), ("--json",)], ids=["in words", "as JSON"])
def test_nothing_is_applied_unasked(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    refused = Typed(capsys, "apply", *words)

    assert refused.code == 130
    assert refused.err.endswith("tocsin: not applied\n")
    assert Typed(capsys, "plan", "--json").json["over"] == 0


def test_a_file_with_mistakes_is_named_line_by_line_and_nothing_is_applied(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("monitors.yaml").write_text(FILE.replace("5432", "99999").replace("tcp:", "tpc:"))
    refused = Typed(capsys, "apply", "--yes")
    Path("monitors.yaml").write_text(FILE)

    assert refused.code == 2
    assert "monitors.yaml:4:8: error:" in refused.err
    assert "nothing was applied" in refused.err
    assert Typed(capsys, "plan", "--json").json["over"] == 0


def test_a_file_that_is_too_large_to_be_stored_is_refused_before_anything_is_written(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    dynamodb: "DynamoDBClient",
) -> None:
    monkeypatch.setattr("tocsin_cli.planning.MOST_BYTES", 10)

    planned, applied = Typed(capsys, "plan"), Typed(capsys, "apply", "--yes")

    assert planned.code == applied.code == 2
    assert planned.err == applied.err
    assert "2 monitors are stored together" in applied.err
    assert applied.err.endswith("tocsin: nothing was applied\n")
    assert dynamodb.scan(TableName="state")["Items"] == []


def test_before_the_first_apply_status_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert "run `tocsin apply`" in Typed(capsys, "status").out
    assert Typed(capsys, "incidents").out == "nothing is open\n"


def test_a_missing_reports_table_is_named_with_what_to_do(
    capsys: pytest.CaptureFixture[str], dynamodb: "DynamoDBClient"
) -> None:
    Typed(capsys, "apply", "--yes")
    dynamodb.delete_table(TableName="reports")

    refused = Typed(capsys, "status")

    assert refused.code == 1
    assert "account 123456789012 has no table reports in eu-west-1: deploy" in refused.err
    assert len(refused.err.splitlines()) == 1


def test_status_lists_every_monitor_and_vote(
    capsys: pytest.CaptureFixture[str], dynamodb: "DynamoDBClient"
) -> None:
    Typed(capsys, "apply", "--yes")
    for report in world("ppf").values():
        DynamoReports(dynamodb, "reports").add(report)

    plain, document = Typed(capsys, "status"), Typed(capsys, "status", "--json").json

    assert plain.out.splitlines()[0].startswith("db\tunknown\t")
    assert "version 1: 2 unknown; 0 open, 0 owed" in plain.out
    first = document["monitors"][0]
    assert (first["monitor"], first["target"]) == ("db", "tcp://db.example.com:5432")
    assert [vote["vote"] for vote in first["votes"]] == ["pass", "pass", "fail"]
    assert first["votes"][2]["evidence"] == "connection refused"
