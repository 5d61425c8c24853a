"""The shape of monitors.yaml.

Each field reads itself (see `fields`); what several fields must agree on is in `rules`.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field
from pydantic import Tag as Label
from pydantic.json_schema import SkipJsonSchema

from tocsin.config import fields, questions
from tocsin.config.configuration import LocationKind
from tocsin.domain.monitor import MINUTE, Route
from tocsin.domain.script import greeting
from tocsin.domain.target import DnsTarget, Family, HttpTarget, Kind, TcpTarget

KINDLESS = "kindless"


def _or_empty(value: object) -> object:
    """Let `eu-west-1:` stand for `eu-west-1: {}`."""
    return {} if value is None else value


class Strict(BaseModel):
    """A mapping of the file: no other keys, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class LocationModel(Strict):
    """A place from which monitors are checked."""

    model_config = ConfigDict(json_schema_extra={"type": ["object", "null"]})

    kind: fields.OneLocationKind = LocationKind.LAMBDA
    """`lambda` (a function in the AWS region of that name) or `agent` (a process of yours)."""


class Settings(Strict):
    """What a monitor has, and what `defaults` may give it."""

    interval: fields.Interval = MINUTE
    """Time between two checks: whole minutes, 1m to 1d."""
    timeout: fields.Timeout = timedelta(seconds=5)
    """Time for one attempt."""
    retries: fields.Retries = 2
    """Further attempts before a check counts as failed."""
    quorum: fields.Quorum = "majority"
    """How many locations must agree: majority, all, any or a number."""
    fail_for: fields.Hold = Field(default=timedelta(), alias="for")
    """How long enough locations must fail before the monitor is down."""
    recover_for: fields.Hold = timedelta()
    """How long enough locations must pass before it is up again."""
    slow: fields.Threshold = None
    """Time above which the monitor is degraded."""
    alert: fields.Routes = (Route.NOTICE,)
    """Where alerts go: page, chat, notice."""
    locations: fields.LocationNames | None = None
    """From where it is checked; by default from every location that is not an agent."""


class MonitorSettings(Settings):
    """What monitors of every kind have."""

    runbook: fields.Link = None
    """A page that says what to do, linked in alerts."""
    tags: fields.Tags = ()
    """Words to filter and group by."""


class TcpExpectation(Strict):
    """What a TCP service must say first."""

    banner: fields.Pattern = None
    """A regular expression."""


class TcpMonitor(MonitorSettings):
    """A TCP port."""

    tcp: fields.Endpoint
    """host:port, an IPv6 address in brackets."""
    family: fields.OneFamily = Family.ANY
    """IP version: any, 4 or 6."""
    expect: TcpExpectation = TcpExpectation()

    def target(self) -> TcpTarget:
        """Give what is checked."""
        host, port = self.tcp
        banner = self.expect.banner
        script = () if banner is None else greeting(banner)
        return TcpTarget(host=host, port=port, script=script, family=self.family)


class HttpExpectation(Strict):
    """What an HTTP answer must be."""

    status: fields.Statuses = ((200, 299),)
    """Codes and ranges, as in [200, "300-399"]."""
    text: fields.Text = None
    """Text that the body holds."""
    pattern: fields.Pattern = None
    """A regular expression that matches in the body."""
    json_values: Annotated[dict[fields.JsonPath, fields.JsonValue], fields.SHORT] = Field(
        default={}, alias="json"
    )
    """Values by path, as in {"$.db": "ok"}."""


class HttpMonitor(MonitorSettings):
    """A URL."""

    http: fields.Url
    """An http or https URL."""
    family: fields.OneFamily = Family.ANY
    """IP version: any, 4 or 6."""
    method: fields.Method = "GET"
    headers: Annotated[dict[fields.HeaderName, fields.HeaderValue], fields.SHORT] = {}
    """Sent with the request; secrets as ${ssm:/tocsin/name}."""
    body: fields.Body = None
    """Sent with the request."""
    redirects: fields.Redirects = 0
    """How many redirects are followed."""
    expect: HttpExpectation = HttpExpectation()

    def target(self) -> HttpTarget:
        """Give what is checked."""
        return HttpTarget(
            url=self.http,
            method=self.method,
            headers=tuple(self.headers.items()),
            body=self.body,
            status=self.expect.status,
            text=self.expect.text,
            pattern=self.expect.pattern,
            json=tuple(self.expect.json_values.items()),
            redirects=self.redirects,
            family=self.family,
        )


class Question(Strict):
    """What is asked, and whom."""

    name: fields.QuestionName
    type: fields.RecordType = "A"
    resolver: fields.Resolver = None
    """A server's address, with or without port; by default the location's own resolver."""


class DnsExpectation(Strict):
    """What a DNS answer must be; records in presentation format, names with a final dot."""

    rcode: fields.Rcode = "NOERROR"
    equals: fields.Records | None = None
    """Exactly these records, in any order."""
    contains: fields.Records = ()
    """At least these records."""


class DnsMonitor(MonitorSettings):
    """A DNS question."""

    dns: Question
    expect: DnsExpectation = DnsExpectation()

    def target(self) -> DnsTarget:
        """Give what is checked."""
        equals = self.expect.equals
        return DnsTarget(
            name=self.dns.name,
            type=self.dns.type,
            resolver=self.dns.resolver,
            rcode=self.expect.rcode,
            equals=None if equals is None else self._canonical(equals),
            contains=self._canonical(self.expect.contains),
        )

    def _canonical(self, records: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(questions.record(record, self.dns.type) for record in records)


class KindlessMonitor(MonitorSettings):
    """A monitor without a kind: refused later, when all else that is wrong with it is known."""


def kind_of(value: object) -> str:
    """Find the key that names the kind of a monitor: the first, should there be several."""
    keys = value if isinstance(value, dict) else ()
    return next((key for key in keys if key in set(Kind)), KINDLESS)


type AnyMonitor = Annotated[
    Annotated[TcpMonitor, Label(Kind.TCP)]
    | Annotated[HttpMonitor, Label(Kind.HTTP)]
    | Annotated[DnsMonitor, Label(Kind.DNS)]
    | Annotated[SkipJsonSchema[KindlessMonitor], Label(KINDLESS)],
    Discriminator(kind_of),
]


class File(Strict):
    """The whole of monitors.yaml."""

    locations: dict[fields.LocationName, Annotated[LocationModel, BeforeValidator(_or_empty)]]
    defaults: Annotated[Settings, BeforeValidator(_or_empty)] = Settings()
    monitors: dict[fields.MonitorName, AnyMonitor]
