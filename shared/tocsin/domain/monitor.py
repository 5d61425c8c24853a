"""What is watched, from where, how often, and who hears of it.

A meaningless monitor cannot be built; the friendlier messages with file, line and mend live in
`tocsin.config`, which is the only maker of monitors outside the tests.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tocsin.domain.heartbeat import HeartbeatTarget
from tocsin.domain.publicity import Public
from tocsin.domain.questions import DnsTarget, ResolverTarget, ZoneTarget
from tocsin.domain.target import HttpTarget, IcmpTarget, TcpTarget

type Target = (
    TcpTarget | HttpTarget | DnsTarget | ZoneTarget | ResolverTarget | IcmpTarget | HeartbeatTarget
)

MINUTE = timedelta(minutes=1)
LEAST_FRESHNESS = timedelta(seconds=150)


class Route(StrEnum):
    """Where alerts go: one SNS topic each."""

    PAGE = "page"
    CHAT = "chat"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One thing to watch, wholly defined.

    `id` is its name in the file. `retries` are re-checks inside the same tick. `need` is how many
    of `locations` must agree. `changed_in` is the configuration version in which what is checked
    last changed: votes from before it do not count. `slow` is for a whole attempt, `slow_phases`
    pairs a phase of it (`connect`, `first_byte` …) with a time of its own. While one of those that
    it `depends_on` is down it has no alert of its own. `was` is its name before it was renamed.
    `public` is what the status page shows of it, None where that is nothing.
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
    slow_phases: tuple[tuple[str, timedelta], ...] = ()
    routes: tuple[Route, ...] = (Route.NOTICE,)
    runbook: str | None = None
    tags: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    was: str | None = None
    public: Public | None = None
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
