"""`tocsin replay` on moto tables and on files: what it says, and how it exits."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.cli.stage import Stage
from tests.simulation.recorded.week import MONITORS, RECORDED
from tocsin_cli.main import main


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_two_files_are_replayed_without_any_account(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(
        *("replay", "--reports", RECORDED, "--monitors", MONITORS),
        *("--from", "2026-11-11T09:00", "--to", "2026-11-11T12:00"),
    )

    out = capsys.readouterr().out.splitlines()
    assert code == 0
    assert out[0].split("\t")[:3] == ["2026-11-11 10:00", "37 min", "down"]
    assert out[-1].startswith("2026-11-11 09:00 to 2026-11-11 12:01 UTC: ")
    assert "on page" in out[-1]


def test_the_table_is_replayed_and_held_against_what_was(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.live(5, ago=20).live(10, "mail", ago=10).live(10)

    assert run("replay", "--json") == 0
    found = json.loads(capsys.readouterr().out)

    (incident,) = found["incidents"]
    assert found["compared"]
    assert incident["replayed"]["about"] == incident["was"]["about"] == ["mail"]
    # The stage judges at the start of a minute, and the replay half a minute into it.
    assert incident["later_s"] == 30
    assert [alert["event"] for alert in found["alerts"]] == ["opened", "resolved"]


def test_what_a_stricter_file_would_not_have_said_is_said(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.live(5, ago=20).live(3, "mail", ago=17).live(17)
    stricter = tmp_path / "stricter.yaml"
    stricter.write_text(
        "locations: {lima: {}, mike: {}, november: {}}\n"
        'monitors: {mail: {tcp: "mail.example.com:5432", for: 10m, locations: [lima, mike]}}\n'
    )

    assert run("replay", "--monitors", stricter) == 0
    out = capsys.readouterr().out.splitlines()

    assert out[0].startswith("never\t\tdown\tmail\t\tannounced at ")
    assert out[-1].endswith("nothing would have been announced")


@pytest.mark.parametrize("name", ["reports.jsonl", "reports.z"])
def test_an_export_can_be_replayed(
    stage: Stage, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.live(5, ago=20).live(10, "mail", ago=10).live(10)
    file = tmp_path / name

    assert run("replay", "--export", file) == 0
    assert capsys.readouterr().out == f"wrote {file}\n"
    assert file.read_bytes().startswith(b"{") is (name == "reports.jsonl")
    assert run("replay", "--json") == 0
    live = json.loads(capsys.readouterr().out)
    assert run("replay", "--reports", file, "--json") == 0
    assert json.loads(capsys.readouterr().out) == live


def test_without_reports_it_says_so(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.live(2)
    long_ago = datetime.now(UTC) - timedelta(days=9)

    assert run("replay", "--from", f"{long_ago:%Y-%m-%d}", "--to", f"{long_ago:%Y-%m-%d}") == 1
    assert "kept for 14 days" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        pytest.param(None, 1, "No such file", id="no file"),
        pytest.param("monitors", 1, "line 1 of the recorded reports", id="no reports"),
    ],
)
def test_a_file_that_holds_no_reports_is_one_line(
    tmp_path: Path,
    text: str | None,
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "reports"
    if text is not None:
        file.write_text(text)

    assert run("replay", "--reports", file, "--monitors", MONITORS) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_file_of_monitors_with_errors_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "monitors.yaml"
    file.write_text("monitors: {db: {tcp: 7}}\n")

    assert run("replay", "--reports", RECORDED, "--monitors", file) == 2
    assert "nothing was replayed" in capsys.readouterr().err
