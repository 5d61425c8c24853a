"""What monitors of DNS look at: an answer, a whole zone, a resolver; and what must be true of it.

Names are absolute, records in presentation format. A server is written `address`, `address:port`,
`tcp://address:port`, `tls://host:port` (RFC 7858) or `https://host/path` (RFC 8484): plain ones are
asked over UDP, and over TCP for what was cut short.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tocsin.domain.target import Family, Kind, Tls

PAYLOAD = 1232
"""Bytes of a UDP answer that pass everywhere without fragments (DNS Flag Day 2020)."""

ALIASES = 8
"""The longest chain of CNAME records that is followed unless a monitor says otherwise."""


class Dnssec(StrEnum):
    """What is expected of a zone's signatures."""

    AUTO = "auto"
    """They must be valid where the parent says that the zone is signed."""
    VALID = "valid"
    """The zone must be signed, and validly so."""
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsTarget:
    """A question, and what the answer must be.

    `resolver` is whom to ask; None asks the system's own. `tls` are the rules for one that is asked
    under TLS. Of the set of records: exactly those of `equals`; at least those of
    `contains`; none but those of `one_of`, and at least one; none of `none_of`; `count` of them
    (inclusive bounds); one that `matches` this regular expression; each with a TTL of
    `ttl_at_least` seconds. `authoritative` and `authenticated` ask for the flags AA and AD. With
    `dnssec` the answer is validated here, up to `anchors` (DS records with their owner, in
    presentation format) or the root's. The chain of aliases may be `aliases` long.
    """

    name: str
    type: str = "A"
    rdclass: str = "IN"
    resolver: str | None = None
    tls: Tls | None = None
    recursive: bool = True
    payload: int = PAYLOAD
    rcode: str = "NOERROR"
    equals: tuple[str, ...] | None = None
    contains: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    count: tuple[int, int | None] | None = None
    matches: str | None = None
    ttl_at_least: int | None = None
    authoritative: bool = False
    authenticated: bool = False
    dnssec: bool = False
    anchors: tuple[str, ...] = ()
    aliases: int = ALIASES
    kind: Kind = Kind.DNS

    def __str__(self) -> str:
        rdclass = f"&class={self.rdclass}" if self.rdclass != "IN" else ""
        server = f"&resolver={self.resolver}" if self.resolver else ""
        return f"dns://{self.name}?type={self.type}{rdclass}{server}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTarget:
    """A delegated zone: all its servers, at all their addresses, must agree.

    `parents` are addresses of servers of the parent zone, found by DNS where there are none.
    `resolver` is whom to ask for what is not of the zone itself; None asks the system's own. All
    servers are asked on `port`. `records` pairs names with types that must be the same everywhere.
    A server may be behind by `serial_lag`. Signatures with less than `fail_days` left fail the
    check, with less than `warn_days` it warns. `servers` is how many addresses must be well, None
    for all of them; where enough are, the others are a warning.
    """

    zone: str
    parents: tuple[str, ...] = ()
    resolver: str | None = None
    port: int = 53
    family: Family = Family.ANY
    records: tuple[tuple[str, str], ...] = ()
    serial_lag: timedelta = timedelta(minutes=30)
    dnssec: Dnssec = Dnssec.AUTO
    warn_days: int | None = None
    fail_days: int | None = None
    servers: int | None = None
    kind: Kind = Kind.ZONE

    def __str__(self) -> str:
        return f"zone://{self.zone}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverTarget:
    """A recursive resolver, and what it must know.

    It must answer `name` (with exactly the records of `equals`, where given), deny that `absent`
    exists (None: a random name under `invalid.`, RFC 6761), and with `validates` refuse `bogus`,
    whose signatures are wrong, though it finds it when asked not to validate.
    """

    server: str
    tls: Tls | None = None
    name: str = "."
    type: str = "NS"
    equals: tuple[str, ...] | None = None
    absent: str | None = None
    validates: bool = False
    bogus: str = "dnssec-failed.org."
    kind: Kind = Kind.RESOLVER

    def __str__(self) -> str:
        plus = "+" if "://" in self.server else "://"
        return f"resolver{plus}{self.server}"
