"""A tick from the event to the stored report: real sockets on loopback, moto's tables."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.make import NOON, TICK, monitor, shard
from tests.integration.functions.environment import Context, forget, tell
from tests.integration.functions.load import handler
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.reports import DynamoReports
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome, Reason, Vote
from tocsin.domain.script import greeting
from tocsin.domain.target import TcpTarget
from tocsin.wiring.probe import log_crash

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROBE = handler("probe")


@pytest.fixture
def location(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    tell(
        monkeypatch,
        POWERTOOLS_SERVICE_NAME="probe",
        TOCSIN_LOCATION="lima",
        TOCSIN_EGRESS="loopback",
        TOCSIN_SOURCE_ADDRESS="127.0.0.1",
    )
    yield "lima"
    forget()


def at(port: int) -> Monitor:
    target = TcpTarget(host="127.0.0.1", port=port)
    return Monitor(id="db", target=target, locations=("lima",), need=1, retries=0)


def ring(client: "DynamoDBClient", watched: Monitor, event: dict[str, Any]) -> Any:
    configs = DynamoConfigs(client, "state")
    configs.replace((shard(watched),), over=configs.current(), at="now")
    return PROBE.lambda_handler(event, Context())


def seen(client: "DynamoDBClient") -> Outcome:
    report = DynamoReports(client, "reports").newest("lima", "s0", until=10**8)
    assert report is not None
    return report.sightings["db"].outcome


def now() -> dict[str, str]:
    return {"time": datetime.now(UTC).isoformat()}


def test_a_tick_ends_in_a_report_of_what_was_seen(
    dynamodb: "DynamoDBClient", location: str
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        answer = ring(dynamodb, at(port), now())

    assert answer["checked"] == 1
    assert seen(dynamodb).vote is Vote.PASS
    assert seen(dynamodb).address == "127.0.0.1"


def test_a_closed_port_is_reported_as_refused(dynamodb: "DynamoDBClient", location: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    ring(dynamodb, at(port), now())

    assert seen(dynamodb).reason is Reason.REFUSED


@pytest.mark.parametrize(
    "away", [timedelta(minutes=-3), timedelta(minutes=3)], ids=["late", "from the future"]
)
def test_a_tick_of_another_time_checks_nothing_and_reports_nothing(
    dynamodb: "DynamoDBClient", location: str, away: timedelta
) -> None:
    event = {"time": (datetime.now(UTC) + away).isoformat()}

    assert ring(dynamodb, at(1), event)["checked"] == 0
    assert DynamoReports(dynamodb, "reports").newest("lima", "s0", until=10**8 - 1) is None


def test_metrics_are_one_json_line_in_cloudwatchs_format(
    dynamodb: "DynamoDBClient", location: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ring(dynamodb, at(1), now())

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert metrics["location"] == "lima"
    assert (metrics["Checks"], metrics["Failures"]) == ([1.0], [1.0])


def test_a_target_that_says_a_line_of_metrics_makes_none_and_no_line_of_the_log(
    dynamodb: "DynamoDBClient", location: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with greeting_with(b'\r\n{"_aws":{"CloudWatchMetrics":[]},"Forged":1}\r\n') as port:
        target = TcpTarget(host="127.0.0.1", port=port, script=greeting("^SSH-"))
        ring(dynamodb, replace(at(port), target=target), now())

    assert '"Forged"' in seen(dynamodb).evidence
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["service"] for line in lines if "_aws" in line] == ["probe"]
    assert not any("Forged" in line for line in lines)


@contextmanager
def greeting_with(data: bytes) -> Iterator[int]:
    """Say so to whoever connects first."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                connection.sendall(data)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def test_a_check_that_broke_is_logged_by_place_and_never_by_what_it_held(
    location: str, caplog: pytest.LogCaptureFixture
) -> None:
    def break_() -> None:
        raise ValueError("illegal header value b'Bearer hunter2'")

    try:
        break_()
    except ValueError as error:
        log_crash(monitor("api"), error)

    said = {name: str(value) for name, value in vars(caplog.records[-1]).items()}
    assert (said["monitor"], said["error"]) == ("api", "ValueError")
    assert "test_probe.py" in said["frames"]
    assert "hunter2" not in str(said)


@pytest.mark.parametrize(
    ("event", "tick"),
    [
        pytest.param({"time": "2026-01-01T12:00:59Z"}, TICK, id="the scheduler's time"),
        pytest.param({"time": "2026-01-01T13:00:00+01:00"}, TICK, id="in another zone"),
        pytest.param({"time": "<aws.scheduler.scheduled-time>"}, TICK + 5, id="not filled in"),
        pytest.param({}, TICK + 5, id="none"),
        pytest.param({"time": None}, TICK + 5, id="nothing"),
    ],
)
def test_the_tick_is_the_events_own_time(event: dict[str, Any], tick: int) -> None:
    assert PROBE.scheduled(event, NOON + timedelta(minutes=5)) == tick
