"""The shape of monitors of HTTP: a request, and what its answer must be."""

from typing import Annotated

from pydantic import Field

from tocsin.config import fields
from tocsin.config.security import Days, Trust
from tocsin.config.settings import MonitorSettings
from tocsin.config.shape import Strict
from tocsin.domain.target import READ_LIMIT, Addresses, Family, HttpTarget, Tls


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
