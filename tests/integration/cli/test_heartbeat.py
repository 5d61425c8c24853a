"""The URLs of jobs from the line that is typed, over moto's tables and parameters."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.integration.adapters.conftest import REGION
from tests.integration.cli.test_commands import Typed
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.domain.pulse import Beat, Signal
from tocsin.usecases.beat import Call, answered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FILE = """
locations: {lima: {}, mike: {}}
monitors:
  backup: {heartbeat: {cron: "0 3 * * *", timezone: Europe/Berlin, grace: 1h}}
  mirror: {heartbeat: 1h}
  db: {tcp: "db.example.com:5432"}
"""
ENDPOINT = "https://jobs.example.com"
DAY = 86_400


@pytest.fixture(autouse=True)
def _applied(
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "TOCSIN_HOME_REGION": REGION,
        "TOCSIN_STATE_TABLE": "state",
        "TOCSIN_REPORTS_TABLE": "reports",
    }.items():
        monkeypatch.setenv(name, value)
    Path("monitors.yaml").write_text(FILE, "utf-8")
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name="/tocsin/state/heartbeat-url", Value=f"{ENDPOINT}/", Type="String"
    )
    assert Typed(capsys, "apply", "--yes").code == 0


def status_of(
    dynamodb: "DynamoDBClient", url: str, after: float = 0, *, method: str = "GET"
) -> int:
    path = url.removeprefix(ENDPOINT)
    at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + after, UTC)
    heartbeats = DynamoHeartbeats(dynamodb, "state")
    return answered(Call(method=method, path=path), heartbeats=heartbeats, now=lambda: at).status


def test_the_url_is_made_once_and_works(
    capsys: pytest.CaptureFixture[str], dynamodb: "DynamoDBClient"
) -> None:
    made = Typed(capsys, "heartbeat", "url", "backup")
    again = Typed(capsys, "heartbeat", "url", "backup")

    assert made.code == 0
    assert made.out.startswith(f"{ENDPOINT}/")
    assert status_of(dynamodb, made.out.strip()) == 200
    assert again.code == 1
    assert "only a hash of it is kept: `tocsin heartbeat rotate backup` makes another" in again.err
    assert again.out == ""


@pytest.mark.parametrize(
    ("words", "after", "status"),
    [
        pytest.param((), 0, 200, id="by itself it goes on"),
        pytest.param((), 3700, 410, id="for an hour"),
        pytest.param(("--overlap", "2d"), 2 * DAY - 60, 200, id="or for as long as it is said"),
        pytest.param(("--overlap", "2d"), 2 * DAY + 60, 410, id="and no longer"),
        pytest.param(("--overlap", "0"), 1, 410, id="or not at all"),
    ],
)
def test_a_rotated_url_goes_on_for_its_overlap(
    capsys: pytest.CaptureFixture[str],
    dynamodb: "DynamoDBClient",
    words: tuple[str, ...],
    after: float,
    status: int,
) -> None:
    old = Typed(capsys, "heartbeat", "url", "backup", "--json").json["url"]

    new = Typed(capsys, "heartbeat", "rotate", "backup", "--json", *words).json["url"]

    assert status_of(dynamodb, old, after) == status
    assert status_of(dynamodb, new, after) == 200


@pytest.mark.parametrize(
    ("made_with", "rotated_with", "opened"),
    [
        pytest.param((), (), 200, id="by itself any method counts"),
        pytest.param(("--post-only",), (), 405, id="a rotated one is as it was"),
        pytest.param((), ("--post-only",), 405, id="it is said later"),
        pytest.param(("--post-only",), ("--any-method",), 200, id="it is taken back"),
    ],
)
def test_a_url_may_count_post_alone(
    capsys: pytest.CaptureFixture[str],
    dynamodb: "DynamoDBClient",
    made_with: tuple[str, ...],
    rotated_with: tuple[str, ...],
    opened: int,
) -> None:
    first = Typed(capsys, "heartbeat", "url", "backup", "--json", *made_with).json["url"]
    url = Typed(capsys, "heartbeat", "rotate", "backup", "--json", *rotated_with).json["url"]

    assert status_of(dynamodb, first) == (405 if made_with else 200)
    assert status_of(dynamodb, url) == opened
    assert status_of(dynamodb, url, method="POST") == 200


def test_an_overlap_that_is_no_duration_is_a_wrong_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed = Typed(capsys, "heartbeat", "rotate", "backup", "--overlap", "soon")

    assert typed.code == 64
    assert "soon" in typed.err


@pytest.mark.parametrize("command", ["url", "rotate", "show"])
@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param(
            "db",
            "db is checked by probes, and reports to no URL: choose one of backup, mirror",
            id="a monitor of another kind",
        ),
        pytest.param(
            "backups",
            "no heartbeat monitor backups is in force: choose one of backup, mirror,"
            " or run `tocsin apply` if it is new",
            id="no monitor",
        ),
    ],
)
def test_a_name_that_is_no_job_is_answered_with_those_that_are(
    capsys: pytest.CaptureFixture[str], command: str, name: str, says: str
) -> None:
    typed = Typed(capsys, "heartbeat", command, name)

    assert (typed.code, typed.out) == (1, "")
    assert says in typed.err


@pytest.mark.parametrize("command", ["url", "rotate", "show"])
def test_where_no_job_is_in_force_it_says_how_one_is_put_there(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    Path("monitors.yaml").write_text(
        'locations: {lima: {}}\nmonitors: {db: {tcp: "db:1"}}', "utf-8"
    )
    assert Typed(capsys, "apply", "--yes").code == 0

    typed = Typed(capsys, "heartbeat", command, "backup")

    assert typed.code == 1
    assert "no heartbeat monitor is in force: add one and run `tocsin apply`" in typed.err


@pytest.mark.parametrize("command", ["url", "rotate", "show"])
def test_without_a_home_stack_it_says_what_to_deploy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("TOCSIN_STATE_TABLE", "elsewhere")

    typed = Typed(capsys, "heartbeat", command, "backup")

    assert (typed.code, typed.out) == (1, "")
    assert "has no table elsewhere in eu-west-1: deploy the home stack first" in typed.err


def test_where_a_url_was_never_made_rotation_makes_the_first_and_speaks_of_no_other(
    capsys: pytest.CaptureFixture[str], dynamodb: "DynamoDBClient"
) -> None:
    typed = Typed(capsys, "heartbeat", "rotate", "backup")

    assert (typed.code, typed.err) == (0, "")
    assert status_of(dynamodb, typed.out.strip()) == 200


def test_what_rotation_prints_is_the_url_and_the_rest_is_said_beside_it(
    capsys: pytest.CaptureFixture[str], dynamodb: "DynamoDBClient"
) -> None:
    Typed(capsys, "heartbeat", "url", "backup")

    typed = Typed(capsys, "heartbeat", "rotate", "backup")

    assert status_of(dynamodb, typed.out.removesuffix("\n")) == 200
    assert typed.err.startswith("the one before it ends at ")


def test_a_home_stack_without_an_endpoint_makes_no_url(
    capsys: pytest.CaptureFixture[str], dynamodb: "DynamoDBClient"
) -> None:
    boto3.client("ssm", region_name=REGION).delete_parameter(Name="/tocsin/state/heartbeat-url")

    typed = Typed(capsys, "heartbeat", "url", "backup")

    assert typed.code == 1
    assert "deploy the home stack again" in typed.err
    assert DynamoHeartbeats(dynamodb, "state").holder("backup") is None


def test_what_a_job_has_reported_is_shown_and_nothing_in_it_steers_the_terminal(
    capsys: pytest.CaptureFixture[str], dynamodb: "DynamoDBClient"
) -> None:
    table = DynamoHeartbeats(dynamodb, "state")
    table.issue("backup", datetime(2026, 11, 22, tzinfo=UTC), old_ends_at=None)
    begun = Beat(signal=Signal.START, at=datetime(2026, 11, 23, 2, tzinfo=UTC))
    failed = Beat(signal=Signal.FAIL, at=datetime(2026, 11, 23, 2, 30, tzinfo=UTC), status=2)
    for beat, body in ((begun, b""), (failed, b"disk full\n\x1b[2Jgone \xff")):
        table.keep("backup", table.beat("backup", beat), beat, body)

    shown = Typed(capsys, "heartbeat", "show", "backup")
    told: dict[str, Any] = Typed(capsys, "heartbeat", "show", "backup", "--json").json

    assert "2026-11-23 02:30:00 UTC: fail (exit status 2)" in shown.out
    assert "disk full" in shown.out
    assert "\x1b" not in shown.out
    assert "runs\t" not in shown.out, "it has ended"
    assert (told["exit_status"], told["took_s"]) == (2, 1800)
    assert [each["signal"] for each in told["reports"]] == ["fail", "start"]
    assert json.dumps(told).count("\\\\xff") == 1


def test_runs_that_are_under_way_are_shown_by_when_they_began(
    capsys: pytest.CaptureFixture[str], dynamodb: "DynamoDBClient"
) -> None:
    table = DynamoHeartbeats(dynamodb, "state")
    for run, hour in (("a", 2), ("b", 3)):
        at = datetime(2026, 11, 23, hour, tzinfo=UTC)
        table.beat("backup", Beat(signal=Signal.START, at=at, run=run))

    shown = Typed(capsys, "heartbeat", "show", "backup").out

    assert "runs\t2026-11-23T02:00:00+00:00, 2026-11-23T03:00:00+00:00\n" in shown


def test_a_job_without_a_url_has_nothing_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    typed = Typed(capsys, "heartbeat", "show", "backup")

    assert typed.code == 1
    assert "no URL was made for backup yet: run `tocsin heartbeat url backup`" in typed.err


def test_status_shows_how_a_job_stands(
    capsys: pytest.CaptureFixture[str], dynamodb: "DynamoDBClient"
) -> None:
    beat = Beat(signal=Signal.FAIL, at=datetime.now(UTC), status=2)
    DynamoHeartbeats(dynamodb, "state").beat("backup", beat)

    rows = {each["monitor"]: each for each in Typed(capsys, "status", "--json").json["monitors"]}

    assert [vote["reason"] for vote in rows["backup"]["votes"]] == ["job_failed"]
    assert [vote["reason"] for vote in rows["mirror"]["votes"]] == ["no_url"]
