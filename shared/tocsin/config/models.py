"""The shape of monitors.yaml.

Each field reads itself (see `fields`); what several fields must agree on is in `rules`.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field
from pydantic import Tag as Label
from pydantic.json_schema import SkipJsonSchema

from tocsin.config import catalogue, fields, questions, values
from tocsin.config.catalogue import Service
from tocsin.config.configuration import LocationKind
from tocsin.config.scripts import Steps, dialogue, where_tls_starts
from tocsin.config.security import AnySecurity, Days, Mode, Security, Trust
from tocsin.config.shape import Strict
from tocsin.config.slowness import AnySlowness, Slowness
from tocsin.domain.monitor import MINUTE, Route
from tocsin.domain.script import Step, greeting
from tocsin.domain.target import (
    READ_LIMIT,
    Addresses,
    DnsTarget,
    Family,
    HttpTarget,
    Kind,
    TcpTarget,
    Tls,
)

KINDLESS = "kindless"
SERVICE = "service"
KINDS = (SERVICE, *map(str, Kind))
"""The keys that name the kind of a monitor; a service is checked as the TCP port that it is."""


def _or_empty(value: object) -> object:
    """Let `eu-west-1:` stand for `eu-west-1: {}`."""
    return {} if value is None else value


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
    slow: AnySlowness = Slowness()
    """Time above which the monitor is degraded, in all or by phase: {connect: 200ms}."""
    alert: fields.Routes = (Route.NOTICE,)
    """Where alerts go: page, chat, notice."""
    locations: Annotated[fields.LocationNames | None, fields.SOMETHING] = None
    """From where it is checked; by default from every location that is not an agent."""


class MonitorSettings(Settings):
    """What monitors of every kind have."""

    runbook: fields.Link = None
    """A page that says what to do, linked in alerts."""
    tags: fields.Tags = ()
    """Words to filter and group by."""


class ServiceExpectation(Strict):
    """What must be true of a service beside that it speaks."""

    open: fields.Flag = False
    """Look at nothing but whether the port accepts."""
    certificate_days: Days = None
    """Days that the certificate must still be valid: a number, or {warn: 30, fail: 7}."""


class ServiceMonitor(MonitorSettings):
    """A well-known service; `tocsin services` lists them."""

    service: fields.ServiceName
    """Its name in the table of services."""
    host: fields.Host
    """A name or an address."""
    port: fields.Port = None
    """By default the service's own."""
    family: fields.OneFamily = Family.ANY
    """IP version: any, 4 or 6."""
    addresses: fields.HowMany = Addresses.ANY
    """How many of the name's addresses must pass: any or all."""
    tls: AnySecurity = Security()
    """plain, starttls or direct, or a mapping; by default the service's usual one."""
    expect: ServiceExpectation = ServiceExpectation()
    """What must be true beside that it speaks."""

    @property
    def entry(self) -> Service:
        """What is known of the service."""
        return catalogue.services()[self.service]

    @property
    def mode(self) -> Mode:
        """From where on there is TLS."""
        return self.tls.mode or self.entry.usual

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or self.entry.port

    def target(self) -> TcpTarget:
        """Give what is checked: the service's dialogue, expanded."""
        host, port = self.endpoint
        bare = self.expect.open
        secured = not bare and self.mode is not Mode.PLAIN
        return TcpTarget(
            host=host,
            port=port,
            service=self.service,
            script=() if bare else self.entry.script(self.mode, self.tls.name or host),
            tls=self.tls.rules(self.expect.certificate_days) if secured else None,
            family=self.family,
            addresses=self.addresses,
        )


type _Script = Annotated[Steps, AfterValidator(values.some)]


class TcpExpectation(Strict):
    """What must be true of a TCP port beside that it accepts."""

    banner: fields.Pattern = None
    """A regular expression for what it must say first."""
    certificate_days: Days = None
    """Days that the certificate must still be valid: a number, or {warn: 30, fail: 7}."""


class TcpMonitor(MonitorSettings):
    """A TCP port."""

    tcp: fields.Endpoint
    """host:port, an IPv6 address in brackets."""
    family: fields.OneFamily = Family.ANY
    """IP version: any, 4 or 6."""
    addresses: fields.HowMany = Addresses.ANY
    """How many of the name's addresses must pass: any or all."""
    tls: AnySecurity = Security()
    """direct (from the first byte), or a mapping; where a script turns to TLS, its rules."""
    script: Annotated[_Script | None, fields.SOMETHING] = None
    """Steps: {send: …}, {expect: …} and the word starttls."""
    expect: TcpExpectation = TcpExpectation()
    """What must be true beside that it accepts."""

    @property
    def mode(self) -> Mode:
        """From where on there is TLS."""
        if where_tls_starts(self.script or ()):
            return Mode.STARTTLS
        return self.tls.mode or (Mode.DIRECT if self.tls.model_fields_set else Mode.PLAIN)

    def target(self) -> TcpTarget:
        """Give what is checked."""
        host, port = self.tcp
        return TcpTarget(
            host=host,
            port=port,
            script=self._script(host),
            tls=self._rules(),
            family=self.family,
            addresses=self.addresses,
        )

    def _script(self, host: str) -> tuple[Step, ...]:
        if self.script is not None:
            return dialogue(self.script, self.tls.name or host)
        return () if self.expect.banner is None else greeting(self.expect.banner)

    def _rules(self) -> Tls | None:
        if self.mode is Mode.PLAIN:
            return None
        return self.tls.rules(self.expect.certificate_days)


class HttpExpectation(Strict):
    """What an HTTP answer must be."""

    status: fields.Statuses = ((200, 299),)
    """Codes and ranges, as in [200, "300-399"]."""
    headers: Annotated[dict[fields.ExpectedHeader, fields.HeaderRule], fields.SHORT] = Field(
        default={}
    )
    """Regular expressions by header, as in {Content-Type: '^text/'}; null: there is none."""
    text: fields.Text = None
    """Text that the body holds."""
    without: fields.Text = None
    """Text that the body does not hold."""
    pattern: fields.Pattern = None
    """A regular expression that matches in the body."""
    json_values: Annotated[dict[fields.JsonPath, fields.JsonValue], fields.SHORT] = Field(
        default={}, alias="json"
    )
    """Values by path, as in {"$.db": "ok"}."""
    certificate_days: Days = None
    """Days that the certificate must still be valid: a number, or {warn: 30, fail: 7}."""


class Credentials(Strict):
    """User and password of Basic authentication."""

    user: fields.User
    """A name, or a reference: ${ssm:/tocsin/name}."""
    password: fields.Secret
    """A reference: ${ssm:/tocsin/name}."""


class HttpMonitor(MonitorSettings):
    """A URL."""

    http: fields.Url
    """An http or https URL."""
    family: fields.OneFamily = Family.ANY
    """IP version: any, 4 or 6."""
    addresses: fields.HowMany = Addresses.ANY
    """How many of the name's addresses must pass: any or all."""
    tls: Annotated[Trust | None, fields.SOMETHING] = None
    """Rules for the certificate of an https URL; by default the public authorities."""
    host: fields.Authority = None
    """The Host header, where it is not the URL's own host."""
    method: fields.Method = "GET"
    """GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS."""
    headers: Annotated[dict[fields.HeaderName, fields.HeaderValue], fields.SHORT] = Field(
        default={}
    )
    """Sent with the request; secrets as ${ssm:/tocsin/name}."""
    basic: Annotated[Credentials | None, fields.SOMETHING] = None
    """User and password of Basic authentication."""
    bearer: fields.Token = None
    """A token, as a reference: ${ssm:/tocsin/name}."""
    body: fields.Body = None
    """Sent with the request."""
    redirects: fields.Redirects = 0
    """How many redirects are followed."""
    limit: fields.Limit = READ_LIMIT
    """How much of a body is read, at most 1MiB."""
    expect: HttpExpectation = HttpExpectation()
    """What the answer must be; by default a status from 200 to 299."""

    @property
    def secured(self) -> bool:
        """Tell whether the URL is under TLS."""
        return self.http.lower().startswith("https:")

    def target(self) -> HttpTarget:
        """Give what is checked."""
        bearer = () if self.bearer is None else (("Authorization", f"Bearer {self.bearer}"),)
        return HttpTarget(
            url=self.http,
            method=self.method,
            headers=(*self.headers.items(), *bearer),
            host=self.host,
            basic=None if self.basic is None else (self.basic.user, self.basic.password),
            body=self.body,
            status=self.expect.status,
            header_rules=tuple(self.expect.headers.items()),
            text=self.expect.text,
            without=self.expect.without,
            pattern=self.expect.pattern,
            json=tuple(self.expect.json_values.items()),
            limit=self.limit,
            redirects=self.redirects,
            tls=self._rules(),
            family=self.family,
            addresses=self.addresses,
        )

    def _rules(self) -> Tls | None:
        days = self.expect.certificate_days
        if self.tls is None and days is None:
            return None
        return (self.tls or Trust()).rules(days)


class Question(Strict):
    """What is asked, and whom."""

    name: fields.QuestionName
    """The name that is asked for."""
    type: fields.RecordType = "A"
    """The type of the records: A, AAAA, MX, TXT and others."""
    resolver: fields.Resolver = None
    """A server's address, with or without port; by default the location's own resolver."""


class DnsExpectation(Strict):
    """What a DNS answer must be; records in presentation format, names with a final dot."""

    rcode: fields.Rcode = "NOERROR"
    """The code of the answer: NXDOMAIN where there must be no such name."""
    equals: Annotated[fields.Records | None, fields.SOMETHING] = None
    """Exactly these records, in any order."""
    contains: fields.Records = ()
    """At least these records."""


class DnsMonitor(MonitorSettings):
    """A DNS question."""

    dns: Question
    """What is asked, and whom."""
    expect: DnsExpectation = DnsExpectation()
    """What the answer must be."""

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
    return next((key for key in keys if key in KINDS), KINDLESS)


type AnyMonitor = Annotated[
    Annotated[ServiceMonitor, Label(SERVICE)]
    | Annotated[TcpMonitor, Label(Kind.TCP)]
    | Annotated[HttpMonitor, Label(Kind.HTTP)]
    | Annotated[DnsMonitor, Label(Kind.DNS)]
    | Annotated[SkipJsonSchema[KindlessMonitor], Label(KINDLESS)],
    Discriminator(kind_of),
]


class File(Strict):
    """The whole of monitors.yaml."""

    locations: dict[fields.LocationName, Annotated[LocationModel, BeforeValidator(_or_empty)]]
    """From where is watched, by name: an AWS region, or what you call an agent."""
    defaults: Annotated[Settings, BeforeValidator(_or_empty)] = Settings()
    """What every monitor has that does not say otherwise."""
    monitors: dict[fields.MonitorName, AnyMonitor]
    """What is watched, by a name of lower-case letters, digits, dots, hyphens, underscores."""
