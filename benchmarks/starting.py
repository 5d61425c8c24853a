"""The cold start of every function, in the built artefact, with three tenths of a processor.

    python -m benchmarks.starting 5 [WORD …]   # the quickest of five

It is timed from the start of the interpreter to the end of the first event, tables and topics
answering on loopback; what they take for it is in the figure. `sam build` makes what is measured:
a function's own folder and the layer, from which nothing can be written, as Lambda unpacks them.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, override

import botocore
from benchmarks.limited import limited
from benchmarks.programs import HERE
from tests.fakes.tables import make_table, make_tables

from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.adapters.reports import DynamoReports
from tocsin.domain.incident import Alert, Event, Kind, Subject, incident_id
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.quorum import Ballot
from tocsin.domain.report import Report, Sighting
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard
from tocsin.domain.target import HttpTarget, TcpTarget
from tocsin.messages.bundle import render
from tocsin.messages.links import Links
from tocsin_cli.deployment import sam
from tocsin_cli.local.deploy import architecture
from tocsin_cli.local.emulator import ROOT as CREDENTIALS
from tocsin_cli.local.emulator import Emulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARE: Final = 0.3
ROOT: Final = Path(__file__).parent.parent
REGION: Final = "eu-west-1"
PLACES: Final = ("eu-west-1", "us-east-1", "ap-southeast-1")
LINKS: Final = Links(account="123456789012", region=REGION, dashboard="tocsin", status_page="")
MONITORS: Final = 50
_START: Final = Path(__file__).with_name("start.py")
_RUNTIME: Final = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
"""What Lambda's own runtime has beside the standard library, and its bytecode with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A function's first event: its folder in the artefact, and what the template tells it."""

    what: str
    function: str
    service: str
    event: Mapping[str, Any]
    told: Mapping[str, str]
    before: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long a start took under the limit, and of the processor: importing, and in all."""

    wall_s: float
    import_cpu_ms: float
    cpu_ms: float


def build(folder: Path) -> Path:
    """Build the functions and the layer as they are deployed; gives the folder of the artefact."""
    environment = {**os.environ, "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}
    into = folder / "build"
    return sam.build(ROOT, into, architecture(), environment, progress=_in_silence).parent


def _in_silence(_: str) -> None:
    pass


def runtime(folder: Path) -> Path:
    """Lay beside each other what Lambda's runtime brings."""
    libraries = Path(botocore.__file__).parent.parent
    made = folder / "runtime"
    made.mkdir(exist_ok=True)
    for name in _RUNTIME:
        if not (made / name).exists():
            (made / name).symlink_to(libraries / name)
    return made


@contextmanager
def world(folder: Path) -> Iterator[tuple[Start, ...]]:
    """Give the first event of every function, and what it is about, until the end of the block."""
    with Emulator(folder) as emulator, _outlet() as outlet:
        yield tuple(_starts(emulator, outlet))


def measure(start: Start, artefact: Path, runtime_folder: Path) -> Took:
    """Start a function cold, once, with SHARE of a processor."""
    start.before()
    folders = [artefact / start.function, artefact / "SharedLayer" / "python", runtime_folder]
    command = [
        sys.executable, "-I", str(_START),
        json.dumps([*map(str, folders)]), json.dumps(start.event),
    ]  # fmt: skip
    with limited(SHARE) as (join, hold):
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=dict(start.told),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=join,  # noqa: PLW1509 - nothing here holds a lock that it would want
        )
        hold(process.pid)
        output, errors = process.communicate()
        wall_s = time.perf_counter() - begun
    if process.returncode:
        raise AssertionError(f"{start.what} did not start:\n{errors}")
    imported, ended = map(float, output.splitlines()[-1].split())
    return Took(wall_s=wall_s, import_cpu_ms=imported * 1000, cpu_ms=ended * 1000)


def _starts(emulator: Emulator, outlet: str) -> Iterator[Start]:
    endpoint = emulator.endpoint_url
    client = partial(emulator.client, region=REGION)
    tables: DynamoDBClient = client("dynamodb")
    _tables(tables)
    port = int(endpoint.rpartition(":")[2])
    token = _seed(tables, port)
    sns, sqs, ssm = client("sns"), client("sqs"), client("ssm")
    topics = {route: sns.create_topic(Name=route)["TopicArn"] for route in Route}
    alerts = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    fifo = {"FifoQueue": "true", "MaximumMessageSize": "1048576"}
    handovers = sqs.create_queue(QueueName="handovers.fifo", Attributes=fifo)["QueueUrl"]
    ssm.put_parameter(Name="/tocsin-notify/state/page/team", Value=outlet, Type="SecureString")
    ssm.put_parameter(Name="/tocsin/state/heartbeat-url", Value=endpoint, Type="String")
    common = {
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": "tocsin",
        "TOCSIN_HOME_REGION": REGION,
        "TOCSIN_REPORTS_TABLE": "reports",
        "TOCSIN_STATE_TABLE": "state",
        "TOCSIN_HEARTBEAT_URL_PARAMETER": "/tocsin/state/heartbeat-url",
        "TOCSIN_DASHBOARD": "tocsin",
        **{f"TOCSIN_TOPIC_{route.upper()}": arn for route, arn in topics.items()},
        "POWERTOOLS_METRICS_NAMESPACE": "Tocsin",
    }

    def start(what: str, function: str, event: Mapping[str, Any], **told: str) -> Start:
        service = function.removesuffix("Function").lower()
        return Start(
            what=what,
            function=function,
            service=service,
            event=event,
            told={**common, "POWERTOOLS_SERVICE_NAME": service, **told},
            before=partial(
                tables.delete_item,
                TableName="state",
                Key={"pk": {"S": "SHARD#s0"}, "sk": {"S": "STATE"}},
            ),
        )

    now = datetime.now(UTC).isoformat()
    yield start(
        "the probe: a tick",
        "ProbeFunction",
        {"time": now},
        TOCSIN_LOCATION=PLACES[0],
        TOCSIN_EGRESS="loopback",
        TOCSIN_CANARIES=f"tcp://{HERE}:{port}",
    )
    yield start(
        "the aggregator: a sweep that opens an incident", "AggregatorFunction", {"time": now}
    )
    yield start("the heartbeat endpoint: a job reports", "HeartbeatFunction", _call(f"/{token}"))
    standby = {
        "TOCSIN_LOCATION": PLACES[1],
        "TOCSIN_EGRESS": "loopback",
        "TOCSIN_CANARIES": f"tcp://{HERE}:{port}",
        "TOCSIN_STANDBY_TABLE": "standby",
        "TOCSIN_STANDBY_TOPIC": topics[Route.PAGE],
    }
    yield start("the stand-by: a look at the home", "StandByFunction", {"time": now}, **standby)
    yield start("the widget: the console", "WidgetFunction", {"widgetContext": {"theme": "dark"}})
    queues = {
        "TOCSIN_ALERTS_QUEUE": alerts,
        "TOCSIN_HANDOVERS_QUEUE": handovers,
        "TOCSIN_OUTLETS": "/tocsin-notify/state",
        "TOCSIN_EVENT_BUS": "default",
    }
    text = json.loads(render(_ALERT, Route.PAGE, links=LINKS).body)["default"]
    envelope = {
        "Message": text,
        "MessageAttributes": {"route": {"Type": "String", "Value": "page"}},
    }
    owed = {"alert": _ALERT.id, "incident": _ALERT.incident, "text": text}
    for what, queue, body in (
        ("the notifier: an alert, for each outlet", alerts, envelope),
        ("the notifier: an alert for the bus of events", handovers, owed | {"outlet": "events"}),
        ("the notifier: an alert for a URL of Apprise", handovers, owed | {"outlet": "page/team"}),
    ):
        yield start(what, "NotifierFunction", _record(queue, json.dumps(body)), **queues)


def _tables(client: "DynamoDBClient") -> None:
    make_tables(client)
    make_table(client, "standby")


def _seed(tables: "DynamoDBClient", port: int) -> str:
    """Watch some services, one of them down at every place; gives a job's token."""
    monitors = tuple(
        Monitor(
            id=f"service-{number}",
            target=TcpTarget(host=HERE, port=port)
            if number % 2
            else HttpTarget(url=f"http://{HERE}:{port}/_ministack/ready", status=((200, 200),)),
            locations=PLACES,
            need=2,
            routes=(Route.PAGE,),
        )
        for number in range(MONITORS)
    )
    shard = Shard(id="s0", version=1, monitors=monitors)
    configs = DynamoConfigs(tables, "state")
    configs.replace((shard,), over=configs.current(), at="now")
    tick = tick_of(datetime.now(UTC))
    for place in PLACES[1:]:
        sightings = {
            m.id: Sighting(
                outcome=_DOWN if m is monitors[0] else _UP,
                checked_at=tick,
                failing_since=tick - 1 if m is monitors[0] else None,
            )
            for m in monitors
        }
        DynamoReports(tables, "reports").add(
            Report(location=place, shard="s0", tick=tick, config_version=1, sightings=sightings)
        )
    heartbeats = DynamoHeartbeats(tables, "state")
    return heartbeats.issue("backup", datetime.now(UTC) - timedelta(days=1), old_ends_at=None)


_UP: Final = Outcome(vote=Vote.PASS, address="192.0.2.7", phases_ms={"dns": 1.25, "connect": 10.5})
_DOWN: Final = Outcome(
    vote=Vote.FAIL,
    layer=Layer.CONNECT,
    reason=Reason.REFUSED,
    evidence="connection refused",
    address="192.0.2.7",
    attempts=3,
)
_NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
_BALLOTS: Final = tuple(
    Ballot(
        location=place,
        counted=True,
        vote=Vote.FAIL,
        layer=Layer.CONNECT,
        reason=Reason.REFUSED,
        evidence="connection refused",
        attempts=3,
        checked_at=_NOON,
    )
    for place in PLACES
)
_ALERT: Final = Alert(
    incident=incident_id(Kind.DOWN, "service-0", _NOON),
    event=Event.OPENED,
    kind=Kind.DOWN,
    at=_NOON,
    opened_at=_NOON,
    routes=(Route.PAGE,),
    subjects=(
        Subject(monitor="service-0", target="tcp://db.example.com:5432", need=2, ballots=_BALLOTS),
    ),
)


def _call(path: str) -> dict[str, Any]:
    """Make a call as a Function URL hands it over (payload format 2.0)."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "requestContext": {"http": {"method": "GET", "path": path}},
        "isBase64Encoded": False,
    }


def _record(queue: str, body: str) -> dict[str, Any]:
    """Make a message as Lambda hands it over."""
    return {
        "Records": [
            {
                "messageId": "m",
                "receiptHandle": "r",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{queue.rpartition('/')[2]}",
            }
        ]
    }


@contextmanager
def _outlet() -> Iterator[str]:
    """Take whatever is posted, on loopback; gives it as a URL of Apprise."""

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer((HERE, 0), Taker) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"json://{HERE}:{server.server_port}/team"
        server.shutdown()


def main() -> None:
    """Print how long each start takes, the quickest of some."""
    with TemporaryDirectory(prefix="tocsin-start-") as name:
        folder = Path(name)
        artefact, libraries = build(folder), runtime(folder)
        with world(folder) as starts:
            for start in starts:
                if not all(word in start.what for word in sys.argv[2:]):
                    continue
                rounds = [measure(start, artefact, libraries) for _ in range(int(sys.argv[1]))]
                wall = min(took.wall_s for took in rounds)
                cpu = min(took.cpu_ms for took in rounds)
                imports = min(took.import_cpu_ms for took in rounds)
                print(f"{start.what}: {wall:.2f} s, {cpu:.0f} ms of CPU, {imports:.0f} importing")


if __name__ == "__main__":
    main()
