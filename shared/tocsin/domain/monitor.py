"""What is watched: monitors, their targets, and from where.

A meaningless monitor cannot be built; the friendlier messages with file, line and mend live in
`tocsin.config`, which is the only maker of monitors outside the tests.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MINUTE = timedelta(minutes=1)
LEAST_FRESHNESS = timedelta(seconds=150)


class Kind(StrEnum):
    """The kinds of check; each has one target class below and one module in `tocsin.checks`."""

    TCP = "tcp"
    HTTP = "http"
    DNS = "dns"


class Route(StrEnum):
    """Where alerts go: one SNS topic each."""

    PAGE = "page"
    CHAT = "chat"
    NOTICE = "notice"


class Family(StrEnum):
    """Which addresses of a name are tried."""

    ANY = "any"
    V4 = "4"
    V6 = "6"


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpTarget:
    """A port that must accept, and with `banner` (a regular expression) must speak first."""

    host: str
    port: int
    banner: str | None = None
    family: Family = Family.ANY
    kind: Kind = Kind.TCP

    def __str__(self) -> str:
        return f"tcp://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTarget:
    """A URL and what its answer must be.

    `status` holds inclusive ranges of accepted codes. `text` must be found in the body, `pattern`
    (a regular expression) must match in it; `json` pairs a path such as `$.db.state` with the text
    that its value must equal.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    status: tuple[tuple[int, int], ...] = ((200, 299),)
    text: str | None = None
    pattern: str | None = None
    json: tuple[tuple[str, str], ...] = ()
    redirects: int = 0
    family: Family = Family.ANY
    kind: Kind = Kind.HTTP

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsTarget:
    """A question and what the set of answers must be, in presentation format, names absolute.

    `resolver` is whom to ask, as `address` or `address:port`; None asks the system's own.
    """

    name: str
    type: str = "A"
    resolver: str | None = None
    rcode: str = "NOERROR"
    equals: tuple[str, ...] | None = None
    contains: tuple[str, ...] = ()
    kind: Kind = Kind.DNS

    def __str__(self) -> str:
        server = f"&resolver={self.resolver}" if self.resolver else ""
        return f"dns://{self.name}?type={self.type}{server}"


type Target = TcpTarget | HttpTarget | DnsTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One thing to watch, wholly defined.

    `id` is its name in the file. `retries` are re-checks inside the same tick. `need` is how many
    of `locations` must agree. `changed_in` is the configuration version in which what is checked
    last changed: votes from before it do not count.
    """

    id: str
    target: Target
    locations: tuple[str, ...]
    need: int
    interval: timedelta = MINUTE
    timeout: timedelta = timedelta(seconds=5)
    retries: int = 2
    fail_for: timedelta = timedelta()
    recover_for: timedelta = timedelta()
    slow: timedelta | None = None
    routes: tuple[Route, ...] = (Route.NOTICE,)
    runbook: str | None = None
    tags: tuple[str, ...] = ()
    changed_in: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.need <= len(self.locations):
            got = f"{self.need} of {len(self.locations)}"
            raise ValueError(f"{self.id}: a quorum needs 1 <= need <= locations, got {got}")
        if len(set(self.locations)) != len(self.locations):
            raise ValueError(f"{self.id}: a location votes once, got {self.locations}")
        if self.interval < MINUTE or self.interval % MINUTE:
            raise ValueError(f"{self.id}: the interval is whole minutes, got {self.interval}")
        if self.timeout <= timedelta() or self.retries < 0:
            raise ValueError(f"{self.id}: got timeout {self.timeout} and {self.retries} retries")

    @property
    def fresh_for(self) -> timedelta:
        """How old a vote may be and still count."""
        return max(2.5 * self.interval, LEAST_FRESHNESS)


def majority(voters: int) -> int:
    """Give the strict majority of that many voters."""
    return voters // 2 + 1


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
