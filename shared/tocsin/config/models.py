"""The shape of monitors.yaml.

Each field reads itself (see `fields`); what several fields must agree on is in `rules`.
"""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field
from pydantic import Tag as Label
from pydantic.json_schema import SkipJsonSchema

from tocsin.config import catalogue, fields, values
from tocsin.config.catalogue import Service
from tocsin.config.echoes import IcmpMonitor
from tocsin.config.jobs import HeartbeatMonitor
from tocsin.config.naming import DnsMonitor, ResolverMonitor, ZoneMonitor
from tocsin.config.scripts import Steps, dialogue, where_tls_starts
from tocsin.config.security import AnySecurity, Days, Mode, Security, Trust
from tocsin.config.settings import LocationModel, MonitorSettings, Settings
from tocsin.config.shape import Strict
from tocsin.domain.script import Step, greeting
from tocsin.domain.target import READ_LIMIT, Addresses, Family, HttpTarget, Kind, TcpTarget, Tls

KINDLESS = "kindless"
SERVICE = "service"
KINDS = (SERVICE, *map(str, Kind))
"""The keys that name the kind of a monitor; a service is checked as the TCP port that it is."""


def _or_empty(value: object) -> object:
    """Let `eu-west-1:` stand for `eu-west-1: {}`."""
    return {} if value is None else value


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


class KindlessMonitor(MonitorSettings):
    """A monitor without a kind: refused later, when all else that is wrong with it is known."""


def kind_of(value: object) -> str:
    """Find the key that names the kind of a monitor: the first, should there be several.

    `resolver` comes last, for a zone has such a key too.
    """
    found = [key for key in value if key in KINDS] if isinstance(value, dict) else []
    return min(found, key=lambda key: key == Kind.RESOLVER, default=KINDLESS)


type Watching = (
    ServiceMonitor
    | TcpMonitor
    | HttpMonitor
    | DnsMonitor
    | ZoneMonitor
    | ResolverMonitor
    | IcmpMonitor
    | HeartbeatMonitor
)
"""Every kind of monitor that there is."""

type AnyMonitor = Annotated[
    Annotated[ServiceMonitor, Label(SERVICE)]
    | Annotated[TcpMonitor, Label(Kind.TCP)]
    | Annotated[HttpMonitor, Label(Kind.HTTP)]
    | Annotated[DnsMonitor, Label(Kind.DNS)]
    | Annotated[ZoneMonitor, Label(Kind.ZONE)]
    | Annotated[ResolverMonitor, Label(Kind.RESOLVER)]
    | Annotated[IcmpMonitor, Label(Kind.ICMP)]
    | Annotated[HeartbeatMonitor, Label(Kind.HEARTBEAT)]
    | Annotated[SkipJsonSchema[KindlessMonitor], Label(KINDLESS)],
    Discriminator(kind_of),
]


class File(Strict):
    """The whole of monitors.yaml."""

    locations: dict[fields.LocationName, Annotated[LocationModel, BeforeValidator(_or_empty)]]
    """From where is watched, by name: an AWS region, or what you call an agent or a network."""
    defaults: Annotated[Settings, BeforeValidator(_or_empty)] = Settings()
    """What every monitor has that does not say otherwise."""
    monitors: dict[fields.MonitorName, AnyMonitor]
    """What is watched, by a name of lower-case letters, digits, dots, hyphens, underscores."""
