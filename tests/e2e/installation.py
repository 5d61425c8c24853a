"""An installation in four regions, made and unmade by `tocsin` as an operator calls it."""

import json
import re
import shlex
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tests.architecture.cloudformation import PROJECT
from tocsin.config.reader import parse
from tocsin.domain.schedule import tick_of
from tocsin_cli import planning
from tocsin_cli.deployment.template import text_of
from tocsin_cli.home import Home, Place, home
from tocsin_cli.local.deploy import HOME, architecture
from tocsin_cli.local.emulator import Emulator

PROBES: Final = ("us-east-1", "ap-southeast-1", "sa-east-1")
REGIONS: Final = (HOME.location, *PROBES)
DEPLOYED: Final = ("template.yaml", "shared", "functions")
_START: Final = """version = 0.1

[home.deploy.parameters]
stack_name = "tocsin-eu-west-1"
region = "eu-west-1"
tags = ["application=tocsin"]
parameter_overrides = [
    "Part=home",
    "Location=eu-west-1",
    "HomeRegion=eu-west-1",
    "ReportsTableName=tocsin-reports",
    "StateTableName=tocsin-state",
    "Architecture={architecture}",
]
"""
"""Of stacks that have other names in each region: MiniStack names roles by stacks alone."""


STANDSTILL_S: Final = 5.0
"""A function tries a call three times, for two seconds each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


class Operator:
    """Somebody at a terminal, with an account that is on this machine."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator = emulator
        self._folder = folder
        self.samconfig = folder / "samconfig.toml"
        self.samconfig.write_text(_START.format(architecture=architecture()))
        self._monitors = folder / "monitors.yaml"
        self._monitors.write_text(_monitors("db.example.com:5432"))

    def deploy(self, project: Path, **parameters: str) -> Said:
        """Deploy a project to all four regions."""
        probes = [word for region in PROBES for word in ("--probe", region)]
        return self.tocsin(
            "deploy", "--home", HOME.location, *probes, *self._given(parameters),
            "--project", str(project), "--yes",
        )  # fmt: skip

    def make_deploy(self, **parameters: str) -> Said:
        """Deploy the present project to all four regions, as the README says."""
        regions = (f"HOME={HOME.location}", f"PROBES={' '.join(PROBES)}")
        return self.make("deploy", *self._given(parameters), variables=regions)

    def _given(self, parameters: Mapping[str, str]) -> list[str]:
        given = {
            "Egress": "loopback",
            "Canaries": self._emulator.endpoint_url.replace("http://", "tcp://"),
            "DeletionProtection": "false",
            "LogRetentionDays": "1",
            **parameters,
        }
        words = [w for pair in given.items() for w in ("--parameter", "=".join(pair))]
        return [*words, "--monitors", str(self._monitors)]

    def outputs(self) -> dict[str, dict[str, str]]:
        """Read what each region's stack has."""
        found: dict[str, Any] = json.loads(self.tocsin("outputs", "--json").out)
        return {each["region"]: each["outputs"] for each in found.values()}

    def tocsin(self, *words: str) -> Said:
        """Run a command to its end."""
        tocsin = Path(sys.executable).with_name("tocsin")
        return self._run([tocsin, *words, "--samconfig", self.samconfig], self._folder)

    def make(self, target: str, *words: str, variables: Sequence[str] = ()) -> Said:
        """Run a target of the Makefile to its end; the words go to the command behind it."""
        behind = shlex.join([*words, "--samconfig", str(self.samconfig)])
        return self._run(["make", target, *variables, "YES=1", f"ARGS={behind}"], PROJECT)

    def _run(self, command: Sequence[Path | str], folder: Path) -> Said:
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            cwd=folder,
            env={**self._emulator.environment(HOME.location), "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        print(done.stdout, done.stderr)  # noqa: T201 - seen where a test fails
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def _monitors(target: str) -> str:
    return (
        f"locations: {{{', '.join(f'{name}: {{}}' for name in REGIONS)}}}\n"
        "defaults: {interval: 1m, timeout: 5s, retries: 1}\n"
        "monitors:\n"
        f'  database: {{tcp: "{target}", quorum: all, alert: [page, chat, notice]}}\n'
    )


def tables(emulator: Emulator) -> Home:
    """Reach the home tables."""
    where = Place(region=HOME.location)
    return home(emulator.client("dynamodb", HOME.location), where)


def watch(emulator: Emulator, target: str, outputs: Mapping[str, Mapping[str, str]]) -> None:
    """Put a monitor in force, and let every probe look at once."""
    reading = parse(_monitors(target), "e2e", allow_private=True)
    assert reading.configuration is not None, reading.errors
    there, now = tables(emulator), datetime.now(UTC)
    planning.apply(there, planning.plan(there, reading.configuration), now)
    for region in REGIONS:
        emulator.client("lambda", region).invoke(
            FunctionName=outputs[region]["ProbeFunctionName"],
            InvocationType="Event",
            Payload=json.dumps({"time": now.replace(second=0, microsecond=0).isoformat()}),
        )


def woken(emulator: Emulator, function: str) -> set[int]:
    """Read in which minutes a schedule has woken a function."""
    log = emulator.log_file.read_text()
    found = re.findall(rf"^due at (\S+): \S+:function:{function}(?::live)?$", log, re.MULTILINE)
    return {tick_of(datetime.fromisoformat(each)) for each in found}


def ticks(emulator: Emulator, region: str) -> list[int]:
    """Read which minutes a location has reported."""
    found = emulator.client("dynamodb", HOME.location).query(
        TableName="tocsin-reports",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"{region}#s0"}},
        ProjectionExpression="sk",
    )
    return sorted(int(item["sk"]["N"]) for item in found["Items"])


@contextmanager
def standstills(emulator: Emulator) -> Iterator[set[int]]:
    """Note the minutes in which the local AWS stands still for longer than a function waits.

    It reads templates in the process that also answers for the tables; AWS does not.
    """
    found: set[int] = set()
    over = threading.Event()
    client = emulator.client("dynamodb", HOME.location)

    def look() -> None:
        while not over.wait(0.25):
            began = datetime.now(UTC)
            with suppress(BotoCoreError, ClientError):
                client.list_tables(Limit=1)
            ended = datetime.now(UTC)
            if (ended - began).total_seconds() > STANDSTILL_S:
                found.update(range(tick_of(began), tick_of(ended) + 1))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()


def versions(emulator: Emulator, outputs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Read which version of its probe each region's schedule wakes."""
    found = {}
    for region in REGIONS:
        client = emulator.client("lambda", region)
        alias = client.get_alias(FunctionName=outputs[region]["ProbeFunctionName"], Name="live")
        found[region] = str(alias["FunctionVersion"])
    return found


def leftovers(emulator: Emulator, ours: Sequence[str] = ()) -> list[str]:
    """Name what is in the account, but for what a test has put there.

    MiniStack makes a log group anew for whoever ends after it is gone; our functions may not.
    """
    found = []
    for region in REGIONS:
        for service, operation, key, name in (
            ("lambda", "list_functions", "Functions", "FunctionName"),
            ("lambda", "list_layers", "Layers", "LayerName"),
            ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
            ("dynamodb", "list_tables", "TableNames", ""),
            ("sns", "list_topics", "Topics", "TopicArn"),
            ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
            ("sqs", "list_queues", "QueueUrls", ""),
            ("scheduler", "list_schedules", "Schedules", "Name"),
            ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
            ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
            ("ssm", "describe_parameters", "Parameters", "Name"),
            ("s3", "list_buckets", "Buckets", "Name"),
            ("iam", "list_roles", "Roles", "RoleName"),
        ):
            answer = getattr(emulator.client(service, region), operation)()
            names = (each[name] if name else each for each in answer.get(key, ()))
            found += [
                f"{region} {service} {each}"
                for each in names
                if not any(mine in each for mine in ours)
            ]
    return sorted(set(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An earlier state of the project, or none."""

    project: Path
    commit: str
    """Empty where the history is not here, and the project is what it is now."""

    @property
    def template(self) -> str:
        """What is deployed of it."""
        return text_of(self.project)


def earlier(folder: Path) -> Earlier:
    """Take the last commit whose stack was another one out of the history.

    What has been changed and not committed is newer than the last commit; what is committed is
    newer than the one before. A shallow clone has no history: then there is nothing earlier.
    """
    commit = _git("rev-parse", "--verify", "--quiet", "HEAD").decode().strip()
    if not _git("status", "--porcelain", "--", *DEPLOYED):
        last = _git("log", "-1", "--format=%H", "--", *DEPLOYED).decode().strip()
        commit = _git("rev-parse", "--verify", "--quiet", f"{last}^").decode().strip()
    archive = _git("archive", commit, *DEPLOYED) if commit else b""
    if not archive:
        return Earlier(project=PROJECT, commit="")
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return Earlier(project=folder, commit=commit)


def _git(*words: str) -> bytes:
    """Ask git; nothing where there is none, or no history that has it."""
    try:
        done = subprocess.run(  # noqa: S603 - git, of this very project
            ["git", *words],  # noqa: S607 - found on the PATH
            cwd=PROJECT,
            capture_output=True,
            check=False,
        )
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""
