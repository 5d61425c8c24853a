"""The real `tocsin agent`, as a process: its ticks, its signals, and what systemd hears."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

import boto3
import pytest

from tests.fakes.make import shard
from tests.integration.adapters.conftest import REGION
from tests.integration.cli.standin import LONG, StandIn, greet, put, standing_in, watch
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.reports import DynamoReports
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Vote
from tocsin.domain.report import Report
from tocsin.domain.schedule import tick_of
from tocsin.domain.target import IcmpTarget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(dynamodb: "DynamoDBClient") -> Iterator[StandIn]:
    """Give an AWS in which a minute has just begun."""
    with standing_in() as server:
        server.ahead = timedelta(seconds=-server.now.second % 60)
        yield server


@pytest.fixture
def target() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(LONG)
        yield listening


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """Listen as systemd does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(LONG)
        yield listening


@contextmanager
def agent(
    home: StandIn,
    *arguments: str,
    location: str | None = "office",
    region: str = REGION,
    before: Sequence[str] = (),
    out: int | IO[str] = subprocess.PIPE,
    **more: str,
) -> Iterator[subprocess.Popen[str]]:
    """Start the command; it is gone after the block."""
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": home.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": os.pathsep.join((str(ROOT / "shared"), str(ROOT / "cli"))),
        "TOCSIN_EGRESS": "loopback",
        "TOCSIN_REPORTS_TABLE": "reports",
        "TOCSIN_STATE_TABLE": "state",
        **more,
    }
    command = (sys.executable, "-c", "from tocsin_cli.main import main; main()", "agent")
    named = () if location is None else ("--location", location)
    with subprocess.Popen(  # noqa: S603 - our own command
        [*before, *command, *named, "--region", region, *arguments],
        env=environment,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str], str]:
    """Give the exit code, what it said without its times, and what it complained of."""
    out, err = process.communicate(timeout=LONG)
    said = [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d UTC: ", "", line) for line in out.splitlines()]
    return process.returncode, said, err


def heard(systemd: socket.socket, fact: str) -> None:
    """Wait until systemd has been told a fact."""
    while fact not in systemd.recv(4096).decode().splitlines():
        pass


def reported(dynamodb: "DynamoDBClient", home: StandIn) -> Report | None:
    return DynamoReports(dynamodb, "reports").newest("office", "s0", until=tick_of(home.now))


@pytest.mark.parametrize(
    "wrong", [timedelta(), timedelta(hours=-10), timedelta(days=30)], ids=["right", "ahead", "late"]
)
def test_once_reports_the_minute_that_aws_has_whatever_the_clock_here(
    dynamodb: "DynamoDBClient", home: StandIn, target: socket.socket, wrong: timedelta
) -> None:
    watch(dynamodb, target)
    home.ahead += wrong
    with agent(home, "--once") as process:
        greet(target)
        code, said, complaints = ended(process)

    assert (code, complaints) == (0, "")
    assert said == ["version 1: 1 monitor at office", "1 checked, 0 failed, 0 abstained"]
    report = reported(dynamodb, home)
    assert report is not None
    assert report.sightings["gw"].outcome.vote is Vote.PASS
    assert tick_of(home.now) - report.tick <= 1
    assert home.skewed == (1 if wrong else 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_a_tick_lets_it_end_and_its_report_be_sent(
    dynamodb: "DynamoDBClient",
    home: StandIn,
    target: socket.socket,
    systemd: socket.socket,
    number: signal.Signals,
) -> None:
    watch(dynamodb, target)
    with agent(home, NOTIFY_SOCKET=systemd.getsockname()) as process:
        connection, _ = target.accept()
        process.send_signal(number)
        heard(systemd, "STOPPING=1")
        with connection:
            connection.sendall(b"hello\r\n")
        code, said, complaints = ended(process)

    assert (code, complaints) == (0, "")
    assert said[-2:] == ["1 checked, 0 failed, 0 abstained", "ends"]
    report = reported(dynamodb, home)
    assert report is not None
    assert report.sightings["gw"].outcome.vote is Vote.PASS


def test_a_terminal_that_closes_is_nothing_to_an_agent_under_nohup(
    dynamodb: "DynamoDBClient", home: StandIn, target: socket.socket, systemd: socket.socket
) -> None:
    watch(dynamodb, target)
    with agent(home, NOTIFY_SOCKET=systemd.getsockname(), before=["nohup"]) as process:
        connection, _ = target.accept()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        heard(systemd, "STOPPING=1")
        with connection:
            connection.sendall(b"hello\r\n")
        code, said, _ = ended(process)

    assert (code, said[-1]) == (0, "ends")


def test_a_full_disk_under_its_log_does_not_keep_it_from_watching(
    dynamodb: "DynamoDBClient", home: StandIn, target: socket.socket, systemd: socket.socket
) -> None:
    watch(dynamodb, target)
    with (
        Path("/dev/full").open("w") as full,
        agent(home, NOTIFY_SOCKET=systemd.getsockname(), out=full) as process,
    ):
        connection, _ = target.accept()
        process.send_signal(signal.SIGTERM)
        heard(systemd, "STOPPING=1")
        with connection:
            connection.sendall(b"hello\r\n")
        assert process.wait(LONG) == 0

    assert reported(dynamodb, home) is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(
    dynamodb: "DynamoDBClient",
    home: StandIn,
    target: socket.socket,
    systemd: socket.socket,
    number: signal.Signals,
) -> None:
    watch(dynamodb, target)
    with agent(home, NOTIFY_SOCKET=systemd.getsockname()) as process:
        connection, _ = target.accept()
        process.send_signal(number)
        heard(systemd, "STOPPING=1")
        process.send_signal(number)
        code, _, _ = ended(process)
        connection.close()

    assert code == 128 + number
    assert reported(dynamodb, home) is None


def test_a_report_that_aws_does_not_take_any_more_is_told_in_the_end(
    dynamodb: "DynamoDBClient", home: StandIn, target: socket.socket, systemd: socket.socket
) -> None:
    watch(dynamodb, target)
    with agent(home, NOTIFY_SOCKET=systemd.getsockname(), AWS_MAX_ATTEMPTS="1") as process:
        connection, _ = target.accept()
        home.out.set()
        process.send_signal(signal.SIGTERM)
        heard(systemd, "STOPPING=1")
        with connection:
            connection.sendall(b"hello\r\n")
        code, said, _ = ended(process)

    assert code == 0
    assert "1 report waits for AWS: table reports: " in said[-2]
    assert said[-2].endswith(": check the network, and the name of the home region")
    assert said[-1] == "ends; 1 report never reached AWS"


def test_systemd_hears_that_it_is_ready_and_lives_before_aws_answers(
    home: StandIn, systemd: socket.socket
) -> None:
    home.out.set()
    with agent(home, NOTIFY_SOCKET=systemd.getsockname(), WATCHDOG_USEC="200000") as process:
        heard(systemd, "READY=1")
        heard(systemd, "STATUS=waits for AWS")
        heard(systemd, "WATCHDOG=1")
        heard(systemd, "WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        code, said, complaints = ended(process)

    assert (code, complaints) == (0, "")
    assert said[0].startswith("waits for AWS: table state: ")


def test_an_aws_that_never_answers_is_not_waited_for_in_the_end(
    home: StandIn, systemd: socket.socket
) -> None:
    home.silent.set()
    with agent(home, NOTIFY_SOCKET=systemd.getsockname()) as process:
        heard(systemd, "STATUS=waits for AWS")
        process.send_signal(signal.SIGTERM)
        code, said, complaints = ended(process)

    assert (code, complaints) == (0, "")
    assert said == ["waits for AWS: AWS has not answered yet", "ends"]


def test_credentials_that_are_not_taken_are_told_with_the_mend_until_they_are(
    dynamodb: "DynamoDBClient", home: StandIn, target: socket.socket, systemd: socket.socket
) -> None:
    watch(dynamodb, target)
    home.refusing = "ExpiredTokenException"
    with agent(home, NOTIFY_SOCKET=systemd.getsockname()) as process:
        heard(systemd, "STATUS=waits for AWS")
        process.send_signal(signal.SIGTERM)
        code, said, _ = ended(process)

    assert code == 0
    assert re.fullmatch(
        r"waits for AWS: table state: .*\(ExpiredTokenException\).*: renew the agent's credentials",
        said[0],
    )
    assert said[1] == "ends"


def test_a_location_that_no_monitor_uses_is_told(
    dynamodb: "DynamoDBClient", home: StandIn, target: socket.socket
) -> None:
    watch(dynamodb, target)
    with agent(home, "--once", location="offcie") as process:
        code, said, _ = ended(process)

    assert code == 0
    assert said[0] == (
        "no monitor of version 1 uses the location offcie, only office: "
        "start this agent as one of these, or name it in `locations` of a monitor"
    )


def test_where_jobs_report_it_calls_too(
    dynamodb: "DynamoDBClient", home: StandIn, target: socket.socket
) -> None:
    job = Monitor(
        id="backup",
        target=HeartbeatTarget(period=timedelta(days=1)),
        locations=(ENDPOINT,),
        need=1,
    )
    configs = DynamoConfigs(dynamodb, "state")
    configs.replace((shard(job),), over=configs.current(), at="now")
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name="/tocsin/state/heartbeat-url",
        Value=f"http://127.0.0.1:{target.getsockname()[1]}",
        Type="String",
    )
    with agent(home, "--once") as process:
        connection, _ = target.accept()
        with connection:
            request = connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
        code, said, _ = ended(process)

    assert code == 0
    assert request.startswith(b"POST /canary ")
    assert said[0].startswith("no monitor of version 1 uses the location office, only none at all")


def test_once_without_aws_is_one_line_and_a_code(home: StandIn) -> None:
    home.out.set()
    with agent(home, "--once") as process:
        code, said, complaints = ended(process)

    assert (code, said) == (1, [])
    assert complaints.startswith("tocsin: table state: ")
    assert complaints.count("\n") == 1


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("heartbeat", "`heartbeat` is where jobs report, and no other location has this name."),
        ("", "`` cannot name a location. Write at most 31 lower-case letters, digits or hyphens."),
    ],
    ids=["where jobs report", "an empty name"],
)
def test_what_names_no_location_is_refused(home: StandIn, location: str, said: str) -> None:
    with agent(home, "--once", location=location) as process:
        code, _, complaints = ended(process)

    assert code == 64
    assert said in complaints


def test_an_agent_pings(dynamodb: "DynamoDBClient", home: StandIn) -> None:
    put(dynamodb, IcmpTarget(host="127.0.0.1", count=1))
    with agent(home, "--once") as process:
        code, said, _ = ended(process)

    assert (code, said[1]) == (0, "1 checked, 0 failed, 0 abstained")


def test_an_agent_reaches_its_networks_and_not_its_own_machine(
    dynamodb: "DynamoDBClient", home: StandIn, target: socket.socket
) -> None:
    watch(dynamodb, target)
    with agent(home, "--once", TOCSIN_EGRESS="") as process:
        code, said, _ = ended(process)

    assert code == 0
    assert said[1].startswith(
        "1 checked, 0 failed, 1 abstained; abstaining gw (127.0.0.1 is a loopback address"
    )


def test_the_location_may_stand_in_the_environment(
    dynamodb: "DynamoDBClient", home: StandIn, target: socket.socket
) -> None:
    watch(dynamodb, target)
    with agent(home, "--once", location=None, TOCSIN_LOCATION="office") as process:
        greet(target)
        code, said, _ = ended(process)

    assert (code, said[0]) == (0, "version 1: 1 monitor at office")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"TOCSIN_EGRESS": "all"},
            "tocsin: TOCSIN_EGRESS is all, and can be one of public, private, loopback\n",
        ),
        (
            {"region": "eu west"},
            "tocsin: Provided region_name 'eu west' doesn't match a supported format.\n",
        ),
    ],
    ids=["an egress that is none", "a region that is none"],
)
def test_settings_that_make_no_sense_are_one_line(
    home: StandIn, more: dict[str, str], said: str
) -> None:
    with agent(home, **more) as process:  # type: ignore[arg-type]  # of several kinds
        code, _, complaints = ended(process)

    assert (code, complaints) == (1, said)
