"""The functions as they are, on the local stack's AWS: an event goes in, what it took comes out."""

import io
import json
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Self, override

import trustme
from benchmarks.meter import PLACES, Meter, Metered
from benchmarks.programs import HERE
from tests.fakes.tables import make_tables

from tocsin.adapters import aws
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.adapters.reports import DynamoReports
from tocsin.domain.monitor import Route
from tocsin.domain.report import Report
from tocsin.domain.schedule import instant_of, tick_of
from tocsin.domain.shard import Shard
from tocsin.wiring import aggregator, heartbeat, home, links, notifier, probe
from tocsin_cli.local.emulator import ROOT as CREDENTIALS
from tocsin_cli.local.emulator import Emulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT: Final = Path(__file__).parent.parent
REGION: Final = "eu-west-1"
FUNCTIONS: Final = ("probe", "aggregator", "heartbeat", "notifier")
ROUND_TRIP_MS: Final = 50
_EVENT_BYTES: Final = 26
"""That CloudWatch Logs counts for each line beside its text."""
_REQUEST: Final = "c0ffee00-0000-4000-8000-000000000000"
_PLATFORM: Final = (
    f"START RequestId: {_REQUEST} Version: 123\n",
    f"END RequestId: {_REQUEST}\n",
    "\t".join(
        (
            f"REPORT RequestId: {_REQUEST}",
            "Duration: 1234.56 ms",
            "Billed Duration: 1235 ms",
            "Memory Size: 1024 MB",
            "Max Memory Used: 100 MB\n",
        )
    ),
)
"""What Lambda logs of each invocation by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What one invocation took."""

    cpu_ms: float
    wall_ms: float
    log_bytes: int
    metrics: frozenset[str]
    metered: Metered


@dataclass
class _Context:
    """As much of Lambda's context as a handler may use."""

    function_version: str = "123"
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:tocsin:live"
    aws_request_id: str = _REQUEST

    def get_remaining_time_in_millis(self) -> int:
        return 58_000


class _Clock(datetime):
    """A handler's clock, which stands where it is put."""

    stands: datetime

    @classmethod
    @override
    def now(cls, tz: tzinfo | None = None) -> Self:
        stood = cls.stands.astimezone(tz or UTC)
        return cls(
            stood.year, stood.month, stood.day, stood.hour, stood.minute, stood.second,
            tzinfo=stood.tzinfo,
        )  # fmt: skip


class Installation:
    """The tables, the functions and what they watch, for as long as the block lasts.

    One location's probe runs; the others report the same, so that what is judged is whole.
    """

    def __init__(self, emulator: Emulator, ports: Mapping[str, int], meter: Meter) -> None:
        self._tables: DynamoDBClient = emulator.client("dynamodb", REGION)
        self.meter = meter
        self.ports = ports
        self.authority = ""
        self.checked: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self._output = io.StringIO()
        # Their loggers write to what is standard output while they are loaded.
        with redirect_stdout(self._output):
            self.functions = {name: _handler(name) for name in FUNCTIONS}
        self._now = datetime.now(UTC).replace(second=5, microsecond=0)

    def settle(self, *shards: Shard) -> None:
        """Put new tables in place of those that were, and watch these."""
        for table in self._tables.list_tables()["TableNames"]:
            self._tables.delete_table(TableName=table)
        make_tables(self._tables)
        configs = DynamoConfigs(self._tables, "state")
        configs.replace(shards, over=configs.current(), at="now")
        _forget()

    def tick(self, number: int) -> Invocation:
        """Let the probe run a tick, and the other locations report the same."""
        self._at(number)
        invocation = self.invoke("probe", {"time": self.now.isoformat()})
        for shard in home.configs().shards():
            seen = home.reports().newest(PLACES[0], shard.id, until=tick_of(self.now))
            assert seen is not None  # noqa: S101 - the probe has just reported
            for place in PLACES[1:]:
                DynamoReports(self._tables, "reports").add(replace(seen, location=place))
        self.meter.take()
        return invocation

    def sweep(self) -> Invocation:
        """Wake the aggregator by its clock."""
        return self.invoke("aggregator", {"time": self.now.isoformat()})

    def ring(self, *shards: str) -> Invocation:
        """Wake the aggregator by the stream: a location has reported on these shards."""
        return self.invoke(
            "aggregator",
            {
                "Records": [
                    {
                        "eventName": "INSERT",
                        "dynamodb": {
                            "Keys": {"pk": {"S": f"{PLACES[0]}#{name}"}},
                            "SequenceNumber": str(number),
                        },
                    }
                    for number, name in enumerate(shards)
                ]
            },
        )

    def keep(self, report: Report) -> None:
        """Store a report that nobody pays for."""
        DynamoReports(self._tables, "reports").add(report)

    def issue(self, job: str) -> str:
        """Give a job its URL."""
        return DynamoHeartbeats(self._tables, "state").issue(job, self.now, old_ends_at=None)

    def put(self, number: int) -> None:
        """Let it be another minute."""
        self._at(number)

    @property
    def now(self) -> datetime:
        """The instant at which the functions believe to be."""
        return self._now

    def _at(self, number: int) -> None:
        _Clock.stands = self._now = instant_of(number) + timedelta(seconds=5)

    def invoke(self, function: str, event: Mapping[str, Any]) -> Invocation:
        """Hand an event to a function."""
        self.meter.take()
        os.environ["POWERTOOLS_SERVICE_NAME"] = function
        self._output.seek(0)
        self._output.truncate()
        home.metrics.cache_clear()
        with redirect_stdout(self._output):
            wall, cpu = time.perf_counter(), time.process_time()
            self.functions[function].lambda_handler(dict(event), _Context())
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        lines = [*self._output.getvalue().splitlines(keepends=True), *_PLATFORM]
        return Invocation(
            cpu_ms=cpu * 1000,
            wall_ms=wall * 1000,
            log_bytes=sum(len(line.encode()) + _EVENT_BYTES for line in lines),
            metrics=frozenset(_metrics(lines)),
            metered=self.meter.take(),
        )


def _metrics(lines: list[str]) -> Iterator[str]:
    """Name the metrics in lines of log, with their dimensions: each is one that is paid for."""
    for line in lines:
        said = json.loads(line) if line.startswith("{") else {}
        for each in said.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in each["Dimensions"]:
                values = ",".join(f"{name}={said[name]}" for name in sorted(names))
                yield from (f"{metric['Name']}[{values}]" for metric in each["Metrics"])


def _handler(function: str) -> ModuleType:
    os.environ["POWERTOOLS_SERVICE_NAME"] = function
    # Else it is the logger of an earlier installation, and writes to that one's output.
    logging.Logger.manager.loggerDict.pop(function, None)
    path = ROOT / "functions" / function / "handler.py"
    spec = spec_from_file_location(f"metered_{function}", path)
    assert spec is not None  # noqa: S101 - it is there
    assert spec.loader is not None  # noqa: S101 - and is code
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__dict__["datetime"] = _Clock
    return module


def _forget() -> None:
    """Drop what the wiring keeps for the life of a process: a new environment has begun."""
    for place in (home, probe, aggregator, links, heartbeat, notifier):
        for kept in vars(place).values():
            if hasattr(kept, "cache_clear") and kept.__module__ == place.__name__:
                kept.cache_clear()


@contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """Run all that it takes until the end of the block."""
    authority = trustme.CA()
    authority.issue_cert(HERE).private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    command = [sys.executable, "-m", "benchmarks.answering", str(folder), str(ROUND_TRIP_MS)]
    before = dict(os.environ)
    with (
        Emulator(folder) as emulator,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as servers,
    ):
        assert servers.stdout is not None  # noqa: S101 - it was asked for
        ports = json.loads(servers.stdout.readline())
        os.environ.update(_told(emulator))
        meter = Meter()
        aws._session.cache_clear()  # noqa: SLF001 - its clients are heard from the first
        meter.listen(aws._session())  # noqa: SLF001
        made = Installation(emulator, ports, meter)
        made.authority = authority.cert_pem.bytes().decode()
        try:
            yield made
            output, _ = servers.communicate("")
            made.received.update(json.loads(output))
        finally:
            os.environ.clear()
            os.environ.update(before)
            _forget()
            aws._session.cache_clear()  # noqa: SLF001


def _told(emulator: Emulator) -> dict[str, str]:
    """Make what the template makes besides tables; gives what it tells the functions."""
    sns, sqs = emulator.client("sns", REGION), emulator.client("sqs", REGION)
    fifo = {"FifoQueue": "true", "MaximumMessageSize": "1048576"}
    queues = {
        "TOCSIN_ALERTS_QUEUE": sqs.create_queue(QueueName="alerts")["QueueUrl"],
        "TOCSIN_HANDOVERS_QUEUE": sqs.create_queue(QueueName="handovers.fifo", Attributes=fifo)[
            "QueueUrl"
        ],
    }
    topics = {f"TOCSIN_TOPIC_{r.upper()}": sns.create_topic(Name=r)["TopicArn"] for r in Route}
    return {
        **CREDENTIALS,
        **queues,
        **topics,
        "AWS_ENDPOINT_URL": emulator.endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "TOCSIN_HOME_REGION": REGION,
        "TOCSIN_LOCATION": PLACES[0],
        "TOCSIN_REPORTS_TABLE": "reports",
        "TOCSIN_STATE_TABLE": "state",
        "TOCSIN_EGRESS": "loopback",
        "TOCSIN_CANARIES": emulator.endpoint_url.replace("http://", "tcp://"),
        "TOCSIN_DASHBOARD": "tocsin",
        "TOCSIN_OUTLETS": "/tocsin-notify/state",
        "TOCSIN_EVENT_BUS": "default",
        "POWERTOOLS_METRICS_NAMESPACE": "Tocsin/tocsin",
    }
