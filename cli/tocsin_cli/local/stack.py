"""The whole system on this machine: the template that goes to AWS, built, deployed and fed.

Everything is real but the cloud under it: schedules, streams, functions, roles and topics.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tocsin.config.configuration import Configuration
from tocsin.domain.monitor import MINUTE
from tocsin.usecases.publish import File
from tocsin_cli import planning
from tocsin_cli.deployment.sam import Progress
from tocsin_cli.home import Home, Place, home
from tocsin_cli.local import deploy
from tocsin_cli.local.deploy import HOME, PLACES, SECOND, Outputs
from tocsin_cli.local.emulator import LAUNCHER, Emulator, LocalStackError
from tocsin_cli.local.inbox import Inbox
from tocsin_cli.survey import Survey, survey

NOTHING: Mapping[str, str] = {}

SOURCES: Mapping[str, str] = {place.location: place.source_address for place in PLACES}
"""The address that each location's probe connects from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStack:
    """A running stack: its tables, its topics' deliveries, and what each region's stack is."""

    emulator: Emulator
    outputs: dict[str, Outputs]
    home: Home
    inbox: Inbox
    endpoint: str
    """Where jobs report to."""

    def apply(self, configuration: Configuration) -> int:
        """Put a configuration in force, let the probes take it up at once, and give its version."""
        now = datetime.now(UTC)
        planned = planning.plan(self.home, configuration)
        version = planning.apply(self.home, planned, now).version
        self._tick()
        return version

    def url(self, job: str) -> str:
        """Make the URL that a job reports to."""
        token = self.home.heartbeats.issue(job, datetime.now(UTC), old_ends_at=None)
        return f"{self.endpoint}/{token}"

    def survey(self) -> Survey:
        """See how everything stands."""
        return survey(self.home, datetime.now(UTC))

    def published(self, path: str) -> File | None:
        """Read a file of the status page as it lies in its bucket; None where there is none."""
        bucket = self.outputs[HOME.location]["StatusPageBucketName"]
        try:
            found = self.emulator.client("s3", HOME.location).get_object(Bucket=bucket, Key=path)
            return File(
                path=path,
                body=found["Body"].read(),
                content_type=found["ContentType"],
                cache=found["CacheControl"],
            )
        except (BotoCoreError, ClientError):
            return None

    def _tick(self) -> None:
        """Wake every probe once by hand: the schedules' first minute is still to come.

        It is the tick before this one, so that it takes no scheduled tick's place.
        """
        before = (datetime.now(UTC) - MINUTE).isoformat()
        for place in PLACES:
            self.emulator.client("lambda", place.location).invoke(
                FunctionName=self.outputs[place.location]["ProbeFunctionName"],
                Qualifier="live",  # as its schedule does
                InvocationType="Event",
                Payload=json.dumps({"time": before}),
            )


@contextmanager
def running(
    project: Path,
    *,
    progress: Progress,
    readers: Mapping[str, str] = NOTHING,
    beside: Mapping[str, str] = NOTHING,
    launcher: Sequence[Path] = LAUNCHER,
    directory: Path | None = None,
) -> Iterator[LocalStack]:
    """Bring everything up, and leave nothing running at the end; raises LocalStackError.

    `readers` are the home stack's parameters that say who hears of alerts, `beside` further ones of
    a probe stack; `launcher` runs AWS. Logs stay in `directory`, else in the project's `.tocsin`.
    """
    template = project / "template.yaml"
    if not template.exists():
        raise LocalStackError(f"{template} is missing: run this in the project's folder")
    directory = directory or project / ".tocsin"
    with Emulator(directory, home_region=HOME.location, launcher=launcher) as emulator:
        progress(f"started a local AWS with IAM enforced at {emulator.endpoint_url}")
        built = deploy.build(emulator, project, emulator.scratch / "build", progress=progress)
        outputs = deploy.deploy(
            emulator, built, directory, progress=progress, more={HOME: readers, SECOND: beside}
        )
        where = Place(
            region=HOME.location,
            reports_table=outputs[HOME.location]["ReportsTableName"],
            state_table=outputs[HOME.location]["StateTableName"],
        )
        endpoint = _reachable_endpoint(emulator, outputs[HOME.location], where)
        yield LocalStack(
            emulator=emulator,
            outputs=outputs,
            home=home(emulator.client("dynamodb", HOME.location), where),
            inbox=Inbox(emulator, outputs[HOME.location]),
            endpoint=endpoint,
        )


def _reachable_endpoint(emulator: Emulator, outputs: Outputs, where: Place) -> str:
    """Note where the endpoint answers on this machine; its own URL is a name of AWS's."""
    name = outputs["HeartbeatUrl"].removeprefix("https://").partition(".")[0]
    url = f"{emulator.endpoint_url}/_aws/lambda-url/{name}"
    emulator.client("ssm", HOME.location).put_parameter(
        Name=f"/tocsin/{where.state_table}/heartbeat-url", Value=url, Type="String", Overwrite=True
    )
    return url
