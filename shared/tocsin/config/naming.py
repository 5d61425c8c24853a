"""The shape of monitors of DNS: a question, a zone, a resolver."""

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from tocsin.config import fields, presentation, questions, servers
from tocsin.config.fault import MistakeError, shown
from tocsin.config.security import Days, Trust
from tocsin.config.settings import MonitorSettings
from tocsin.config.shape import InShort, Strict
from tocsin.config.values import text, whole
from tocsin.domain.questions import (
    ALIASES,
    PAYLOAD,
    Dnssec,
    DnsTarget,
    ResolverTarget,
    ZoneTarget,
)
from tocsin.domain.target import Family, Tls

BOGUS = "dnssec-failed.org."
"""A public name whose signatures are wrong on purpose."""

_BOUNDS = re.compile(r"([0-9]{1,3}) ?(?:-|to) ?([0-9]{1,3})")

type _Rules = Annotated[Trust | None, fields.SOMETHING]


class Question(Strict):
    """What is asked, and whom.

    A server is an address, asked over UDP (and over TCP for what was cut short), or
    `tcp://address`, `tls://host` or `https://host/path`.
    """

    name: fields.QuestionName
    """The name that is asked for."""
    type: fields.RecordType = "A"
    """The type of the records: A, AAAA, MX, TXT and others, or a number such as TYPE65280."""
    rdclass: fields.RecordClass = Field(default="IN", alias="class")
    """The class of the records: IN, CH or HS."""
    resolver: fields.Resolver = None
    """The server that is asked; by default the location's own resolver."""
    recursive: fields.Flag = True
    """Ask it to look further than in what it knows; false for a zone's own server."""
    edns: fields.Payload = PAYLOAD
    """Bytes of a UDP answer that are taken: 512 to 4096."""


class Count(Strict):
    """How many records there must be."""

    min: fields.RecordCount = None
    """At least this many."""
    max: fields.RecordCount = None
    """At most this many."""

    @property
    def bounds(self) -> tuple[int, int | None]:
        """Give both, inclusive; None where there is no upper one."""
        return self.min or 0, self.max

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min is None and self.max is None:
            fix = "Write `{min: 1, max: 4}`, or a number of records"
            raise MistakeError("bad_count", "there is no number of records", fix)
        if self.min is not None and self.max is not None and self.min > self.max:
            message = f"no answer has {self.min} records or more and {self.max} or fewer"
            raise MistakeError("bad_count", message, "Write `min` and `max` the other way round")
        return self


def _exactly(value: object) -> Count:
    if (bounds := _BOUNDS.fullmatch(text(value))) is not None:
        message = f"{shown(bounds[0])} is not a number"
        fix = f"Write `{{min: {bounds[1]}, max: {bounds[2]}}}`"
        raise MistakeError("bad_count", message, fix)
    number = whole(value, least=0, most=fields.RECORDS_LIMIT)
    return Count.model_construct(_fields_set={"min", "max"}, min=number, max=number)


type _Count = Annotated[Count | None, InShort(read=_exactly, face=fields.RECORD_COUNT)]


class DnsExpectation(Strict):
    """What a DNS answer must be.

    Records are in presentation format: names with a final dot, texts without quotes of their own.
    """

    rcode: fields.Rcode = "NOERROR"
    """The code of the answer: NXDOMAIN where there must be no such name."""
    equals: Annotated[fields.Records | None, fields.SOMETHING] = None
    """Exactly these records, in any order; [] where the name must have none of the type."""
    contains: fields.SomeRecords = ()
    """At least these records."""
    one_of: fields.SomeRecords = ()
    """At least one record, and none but these."""
    none_of: fields.SomeRecords = ()
    """None of these records."""
    count: _Count = None
    """How many records there must be: a number, or {min: 1, max: 4}."""
    matches: fields.Pattern = None
    """A regular expression that matches in one of the records."""
    ttl_at_least: fields.Ttl = None
    """The least TTL of each record, as an authoritative server gives it: 5m."""
    aa: fields.Flag = False
    """The server must say that it is authoritative (the flag AA)."""
    ad: fields.Flag = False
    """The resolver must say that it has validated the answer (the flag AD)."""
    dnssec: fields.Validity = Dnssec.OFF
    """valid: the answer is validated here, from the anchors on; or off."""
    anchors: fields.Anchors = ()
    """Where validation begins, as in ["example.com. DS 12345 13 2 3F…"]; by default the root."""
    aliases: fields.Aliases = ALIASES
    """How long a chain of CNAME records may be."""


class DnsMonitor(MonitorSettings):
    """A DNS question."""

    dns: Question
    """What is asked, and whom."""
    tls: _Rules = None
    """Rules for the certificate of a resolver that is asked under TLS."""
    expect: DnsExpectation = DnsExpectation()
    """What the answer must be."""

    @property
    def secured(self) -> bool:
        """Tell whether the server is asked under TLS."""
        return self.dns.resolver is not None and servers.parsed(self.dns.resolver).secured

    def target(self) -> DnsTarget:
        """Give what is checked."""
        expected = self.expect
        return DnsTarget(
            name=self.dns.name,
            type=self.dns.type,
            rdclass=self.dns.rdclass,
            resolver=self.dns.resolver,
            tls=_tls(self.tls),
            recursive=self.dns.recursive,
            payload=self.dns.edns,
            rcode=expected.rcode,
            equals=None if expected.equals is None else self._canonical(expected.equals),
            contains=self._canonical(expected.contains),
            one_of=self._canonical(expected.one_of),
            none_of=self._canonical(expected.none_of),
            count=None if expected.count is None else expected.count.bounds,
            matches=expected.matches,
            ttl_at_least=expected.ttl_at_least,
            authoritative=expected.aa,
            authenticated=expected.ad,
            dnssec=expected.dnssec is Dnssec.VALID,
            anchors=expected.anchors,
            aliases=expected.aliases,
        )

    def _canonical(self, records: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(presentation.record(record, self.dns.type) for record in records)


class ZoneExpectation(Strict):
    """What must be true of a zone, beside that all its servers answer, and the same."""

    serial_lag: fields.Lag = timedelta(minutes=30)
    """How long a server may give an older serial than another one: 1m to 7d."""
    dnssec: fields.ZoneValidity = Dnssec.AUTO
    """valid: it must be signed; auto: its signatures count where the parent has a DS; or off."""
    signature_days: Days = None
    """Days that signatures must still be valid: a number, or {warn: 7, fail: 2}."""
    servers: fields.ServerCount = None
    """How many addresses of servers must be well: a number, or all; fewer are a warning."""


class ZoneMonitor(MonitorSettings):
    """A delegated zone: its parent's delegation, and each address of each of its servers."""

    zone: fields.ZoneName
    """The name of the zone."""
    parents: fields.PlainServers = ()
    """Addresses of servers of the parent zone; by default found by DNS."""
    resolver: fields.PlainResolver = None
    """The server that is asked for what is not in the zone; by default the location's own."""
    port: fields.Port = 53
    """The port of the zone's servers."""
    family: fields.OneFamily = Family.ANY
    """IP version: any, 4 or 6."""
    records: fields.NamesAndTypes = ()
    """What must be the same at every server: ["www.example.com A", "@ MX"]; @ is the zone."""
    expect: ZoneExpectation = ZoneExpectation()
    """What must be true of it."""

    def target(self) -> ZoneTarget:
        """Give what is checked."""
        days = self.expect.signature_days
        return ZoneTarget(
            zone=self.zone,
            parents=self.parents,
            resolver=self.resolver,
            port=self.port or 53,
            family=self.family,
            records=tuple(map(self.record, self.records)),
            serial_lag=self.expect.serial_lag,
            dnssec=self.expect.dnssec,
            warn_days=days.warn if days else None,
            fail_days=days.fail if days else None,
            servers=self.expect.servers,
        )

    def record(self, written: str) -> tuple[str, str]:
        """Give the name and the type; `@` is the zone, and a single label lies in it."""
        name, kind = written.split()
        if name == "@":
            return self.zone, kind
        alone = "." not in name and not questions.within(name, self.zone)
        return (f"{name}.{self.zone}" if alone else name), kind


class ResolverExpectation(Strict):
    """What a resolver must know."""

    equals: fields.SomeRecords = ()
    """Exactly these records of the name, in any order."""
    absent: fields.OptionalName = None
    """A name that it must say does not exist; by default a random one under `invalid.`."""
    validates: fields.Flag = False
    """It must refuse a name whose signatures are wrong."""
    bogus: fields.OptionalName = None
    """That name; by default dnssec-failed.org."""


class ResolverMonitor(MonitorSettings):
    """A recursive resolver."""

    resolver: fields.Server
    """The server: an address, or tcp://address, tls://host or https://host/path."""
    name: fields.OptionalName = None
    """A name that it must know; by default the root, with type NS."""
    type: fields.OptionalType = None
    """The type of the records of that name; by default A."""
    tls: _Rules = None
    """Rules for the certificate, where it is asked under TLS."""
    expect: ResolverExpectation = ResolverExpectation()
    """What it must know, beside that name."""

    @property
    def secured(self) -> bool:
        """Tell whether the server is asked under TLS."""
        return servers.parsed(self.resolver).secured

    @property
    def asked(self) -> tuple[str, str]:
        """Give the name that it must know, and the type of its records."""
        return (".", "NS") if self.name is None else (self.name, self.type or "A")

    def target(self) -> ResolverTarget:
        """Give what is checked."""
        name, kind = self.asked
        equals = tuple(presentation.record(record, kind) for record in self.expect.equals)
        return ResolverTarget(
            server=self.resolver,
            tls=_tls(self.tls),
            name=name,
            type=kind,
            equals=equals or None,
            absent=self.expect.absent,
            validates=self.expect.validates,
            bogus=self.expect.bogus or BOGUS,
        )


def _tls(rules: Trust | None) -> Tls | None:
    return None if rules is None else rules.rules(None)
