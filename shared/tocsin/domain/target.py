"""What a monitor looks at: an endpoint or a question, and what must be true of it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tocsin.domain.script import StartTls, Step

READ_LIMIT = 64 * 1024
"""Bytes of an HTTP body that are read unless a monitor says otherwise."""

MOST_ECHOES = 20
"""Echo requests of one attempt."""


class Kind(StrEnum):
    """The kinds of monitor; each has one target class, here or in `questions` or `heartbeat`."""

    TCP = "tcp"
    HTTP = "http"
    DNS = "dns"
    ZONE = "zone"
    RESOLVER = "resolver"
    ICMP = "icmp"
    HEARTBEAT = "heartbeat"


class Family(StrEnum):
    """Which addresses of a name are tried."""

    ANY = "any"
    V4 = "4"
    V6 = "6"


class Addresses(StrEnum):
    """How many of a name's addresses must pass."""

    ANY = "any"
    ALL = "all"


class TlsVersion(StrEnum):
    """The versions of TLS that can be asked for, the oldest first."""

    V1_0 = "1.0"
    V1_1 = "1.1"
    V1_2 = "1.2"
    V1_3 = "1.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What must be true of a TLS connection; the chain is always verified.

    `name` is sent as SNI and must be the certificate's, where that is not the host itself.
    `authority` is what the chain must end at, in PEM, in place of the public authorities.
    `self_signed` lets a certificate that has signed itself pass; its name and dates still count.
    With less than `fail_days` left the check fails, with less than `warn_days` it warns.
    """

    name: str | None = None
    authority: str | None = None
    self_signed: bool = False
    minimum: TlsVersion = TlsVersion.V1_2
    warn_days: int | None = None
    fail_days: int | None = None

    def __post_init__(self) -> None:
        if self.self_signed and self.authority is not None:
            raise ValueError("a certificate is signed by itself or by an authority, not by both")
        if any(days is not None and days < 1 for days in (self.warn_days, self.fail_days)):
            raise ValueError(f"days are at least 1, got {self.warn_days} and {self.fail_days}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpTarget:
    """A port that must accept, and with a `script` must answer as it says.

    `service` is the name of a well-known service, for people; the script is all that is checked.
    With `tls` the connection begins under TLS, unless the script says where TLS starts.
    """

    host: str
    port: int
    service: str | None = None
    script: tuple[Step, ...] = ()
    tls: Tls | None = None
    family: Family = Family.ANY
    addresses: Addresses = Addresses.ANY
    kind: Kind = Kind.TCP

    def __post_init__(self) -> None:
        if sum(isinstance(step, StartTls) for step in self.script) > 1:
            raise ValueError(f"TLS starts once, got {self.script}")

    @property
    def upgrades(self) -> bool:
        """Tell whether TLS starts in the course of the script."""
        return any(isinstance(step, StartTls) for step in self.script)

    def __str__(self) -> str:
        return f"{self.service or self.kind}://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTarget:
    """A URL and what its answer must be.

    `host` is sent in place of the URL's own authority, `basic` as user and password. `status` holds
    inclusive ranges of accepted codes. Each of `header_rules` pairs a header's name with a regular
    expression that one of its values must match; None means that there must be no such header.
    `text` must be found in the body and `without` must not, `pattern` (a regular expression) must
    match in it; `json` pairs a path such as `$.db.state` with the text that its value must equal.
    At most `limit` bytes of a body are read. `tls` are the rules for an https URL; the name in them
    is the first hop's.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    host: str | None = None
    basic: tuple[str, str] | None = None
    body: str | None = None
    status: tuple[tuple[int, int], ...] = ((200, 299),)
    header_rules: tuple[tuple[str, str | None], ...] = ()
    text: str | None = None
    without: str | None = None
    pattern: str | None = None
    json: tuple[tuple[str, str], ...] = ()
    limit: int = READ_LIMIT
    redirects: int = 0
    tls: Tls | None = None
    family: Family = Family.ANY
    addresses: Addresses = Addresses.ANY
    kind: Kind = Kind.HTTP

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpTarget:
    """A host that must answer echo requests (RFC 792, RFC 4443).

    Of `count` requests at most `loss` percent may stay unanswered, and the mean round trip may take
    at most `rtt`.
    """

    host: str
    count: int = 4
    loss: int = 50
    rtt: timedelta | None = None
    family: Family = Family.ANY
    kind: Kind = Kind.ICMP

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_ECHOES or not 0 <= self.loss < 100:  # noqa: PLR2004 - percent
            raise ValueError(f"got {self.count} requests, of which {self.loss} % may be lost")

    def __str__(self) -> str:
        return f"icmp://{_bracketed(self.host)}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
