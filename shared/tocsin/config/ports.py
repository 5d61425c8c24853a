"""The shape of monitors of ports: a well-known service, or a port with a dialogue of one's own."""

from typing import Annotated

from pydantic import AfterValidator

from tocsin.config import catalogue, fields, values
from tocsin.config.catalogue import Service
from tocsin.config.scripts import Steps, dialogue, where_tls_starts
from tocsin.config.security import AnySecurity, Days, Mode, Security
from tocsin.config.settings import MonitorSettings
from tocsin.config.shape import Strict
from tocsin.domain.script import Step, greeting
from tocsin.domain.target import Addresses, Family, TcpTarget, Tls


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
