"""What is watched in a world, as a file would say it, and how that becomes shards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tocsin.domain.monitor import MINUTE, Monitor, Route, Target, majority
from tocsin.domain.questions import DnsTarget
from tocsin.domain.shard import Shard
from tocsin.domain.target import HttpTarget, TcpTarget
from tocsin.domain.window import Window

PLACES = ("lima", "mike", "november", "oscar", "papa")
SLOW = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the file says of a monitor; `home` is the number of its shard, times are minutes."""

    name: str
    places: tuple[str, ...]
    quorum: str | int = "majority"
    home: int = 0
    interval: int = 1
    fail_for: int = 0
    recover_for: int = 0
    shape: str = "tcp"
    host: str = ""
    slow: bool = False
    routes: tuple[Route, ...] = (Route.PAGE,)
    tags: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    was: str | None = None

    @property
    def need(self) -> int:
        """Give the number that its quorum means."""
        voters = len(self.places)
        match self.quorum:
            case "any":
                return 1
            case "all":
                return voters
            case int(number):
                return min(number, voters)
            case _:
                return majority(voters)

    def monitor(self, changed_in: int) -> Monitor:
        """Build what the file means."""
        return Monitor(
            id=self.name,
            target=self._target(),
            locations=self.places,
            need=self.need,
            interval=self.interval * MINUTE,
            fail_for=self.fail_for * MINUTE,
            recover_for=self.recover_for * MINUTE,
            slow=SLOW if self.slow else None,
            routes=self.routes,
            tags=self.tags,
            depends_on=self.depends_on,
            was=self.was,
            changed_in=changed_in,
        )

    def _target(self) -> Target:
        host = f"{self.host or self.name}.example.com"
        match self.shape:
            case "http":
                return HttpTarget(url=f"https://{host}/health")
            case "dns":
                return DnsTarget(name=f"{self.name}.example.com.", resolver=host)
            case _:
                return TcpTarget(host=host, port=5432)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One version of the configuration; `born` says in which each monitor's votes begin."""

    version: int
    homes: int
    wishes: tuple[Wish, ...]
    windows: tuple[Window, ...] = ()
    born: Mapping[str, int] = field(default_factory=dict)

    def wish(self, name: str) -> Wish | None:
        """Find what is said of a monitor."""
        return next((each for each in self.wishes if each.name == name), None)

    def shards(self) -> tuple[Shard, ...]:
        """Lay the monitors out; a shard without any stays."""
        return tuple(
            Shard(
                id=f"s{number}",
                version=self.version,
                monitors=tuple(
                    wish.monitor(self.born.get(wish.name, 0))
                    for wish in sorted(self.wishes, key=lambda wish: wish.name)
                    if wish.home == number
                ),
                windows=self.windows,
            )
            for number in range(self.homes)
        )

    def next(self, wishes: tuple[Wish, ...], windows: tuple[Window, ...] | None = None) -> "Draft":
        """Apply a new file; votes on what is checked otherwise begin anew."""
        version = self.version + 1
        born = {
            wish.name: self.born.get(wish.name, 0)
            if (before := self.wish(wish.name)) is not None and _same(before, wish)
            else version
            for wish in wishes
        }
        return replace(
            self,
            version=version,
            wishes=wishes,
            windows=self.windows if windows is None else windows,
            born=born,
        )


def _same(before: Wish, after: Wish) -> bool:
    # A vote that moves to another shard is not found there: its report is another one.
    return (before.shape, before.host, before.interval, before.home) == (
        after.shape,
        after.host,
        after.interval,
        after.home,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a world begins: its first configuration, and by how much each location's clock is off."""

    draft: Draft
    skews: Mapping[str, int] = field(default_factory=dict)
