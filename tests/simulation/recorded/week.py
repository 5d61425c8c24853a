"""Makes the recorded week: `python -m tests.simulation.recorded.week` writes it anew.

One seed gives the world; what was really down in it is known, so that a page can be held against
it. Everything that a week brings is in it: lost packets at one location, a service that shuts one
location out, services that go up and down, short and long outages, a location without a network,
one that says nothing for hours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tocsin.adapters.recording import write
from tocsin.config.compile import compile_shards
from tocsin.config.reader import read
from tocsin.domain.monitor import MINUTE, Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.report import Report, Sighting, follow
from tocsin.domain.schedule import due, tick_of
from tocsin.domain.shard import Shard

HERE = Path(__file__).parent
MONITORS = HERE / "monitors.yaml"
RECORDED = HERE / "week.reports"

BEGIN = tick_of(datetime(2026, 11, 9, tzinfo=UTC))
WEEK = 7 * 1440
LOCATIONS = ("us-east-1", "eu-west-1", "ap-southeast-1")
HOUR = 60

REFUSED = Outcome(
    vote=Vote.FAIL, layer=Layer.CONNECT, reason=Reason.REFUSED, evidence="connection refused"
)
TIMEOUT = Outcome(
    vote=Vote.FAIL,
    layer=Layer.CONNECT,
    reason=Reason.CONNECT_TIMEOUT,
    evidence="no answer within 5 s",
    attempts=3,
)
FORBIDDEN = Outcome(
    vote=Vote.FAIL,
    layer=Layer.HTTP,
    reason=Reason.STATUS_NOT_EXPECTED,
    evidence="status 403, expected 200-299",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that fails from a tick to another: everywhere, or seen from one location only."""

    monitors: tuple[str, ...]
    first: int
    last: int
    outcome: Outcome = TIMEOUT
    location: str | None = None

    @property
    def real(self) -> bool:
        """Tell whether the service itself was down."""
        return self.location is None

    def hits(self, monitor: str, location: str, tick: int) -> bool:
        """Tell whether it is what this location meets."""
        here = self.location in {None, location}
        return here and self.first <= tick <= self.last and monitor in self.monitors


@dataclass(slots=True)
class Week:
    """The world of one seed."""

    seed: int = 7
    shards: tuple[Shard, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    dark: Mapping[str, range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shards = shards()
        self.troubles = tuple(self._troubles(Random(self.seed)))  # noqa: S311 - a world, no secret
        self.dark = {"ap-southeast-1": _span(day=4, hour=2, minutes=3 * HOUR)}

    def reports(self, ticks: int = WEEK) -> Iterator[Report]:
        """Live through the first so many ticks."""
        random = Random(self.seed)  # noqa: S311 - as above
        known: dict[tuple[str, str], dict[str, Sighting]] = {}
        for tick in range(BEGIN, BEGIN + ticks):
            for shard in self.shards:
                for location in LOCATIONS:
                    seen = known.setdefault((shard.id, location), {})
                    self._look(shard, location, tick, seen, random)
                    if tick not in self.dark.get(location, ()):
                        yield Report(
                            location=location,
                            shard=shard.id,
                            tick=tick,
                            config_version=1,
                            sightings=dict(seen),
                        )

    def _look(
        self, shard: Shard, location: str, tick: int, seen: dict[str, Sighting], random: Random
    ) -> None:
        for monitor in shard.monitors:
            if due(monitor, tick) or monitor.id not in seen:
                outcome = self._outcome(monitor, location, tick, random)
                before = seen.get(monitor.id)
                seen[monitor.id] = follow(before, outcome, tick, fresh_for=monitor.fresh_for)

    def _outcome(self, monitor: Monitor, location: str, tick: int, random: Random) -> Outcome:
        for trouble in self.troubles:
            if trouble.hits(monitor.id, location, tick):
                return trouble.outcome
        usual = 8 + 25 * LOCATIONS.index(location) + len(monitor.id)
        # Times drift a little, and once in a while one is far from the others.
        slowness = 3 if random.random() < 0.002 else 1 + 0.1 * random.random()
        times = {"dns": 1.5, "connect": usual * slowness}
        return Outcome(vote=Vote.PASS, phases_ms=times)

    def _troubles(self, random: Random) -> Iterator[Trouble]:
        names = [monitor.id for shard in self.shards for monitor in shard.monitors]
        # Lost packets: every re-check of a minute or two is lost, at one location.
        for _ in range(60):
            first = BEGIN + random.randrange(WEEK)
            yield Trouble(
                monitors=(random.choice(names),),
                first=first,
                last=first + random.choice((0, 0, 0, 1, 1, 2)),
                location=random.choice(LOCATIONS),
            )
        # A rule against robots, for some hours, at one location.
        yield _trouble("shop", day=1, hour=9, minutes=4 * HOUR, what=FORBIDDEN, at="us-east-1")
        yield _trouble("docs", day=3, hour=20, minutes=50, what=FORBIDDEN, at="ap-southeast-1")
        # A location without a network of its own.
        yield _trouble(*names, day=2, hour=14, minutes=25, at="eu-west-1")
        # Two locations that lose packets in the same minute.
        yield _trouble("cdn", day=5, hour=6, minutes=1, at="us-east-1")
        yield _trouble("cdn", day=5, hour=6, minutes=1, at="eu-west-1")
        # Restarts: really down, for a minute.
        for day, name in enumerate(("git", "login", "queue", "search", "web")):
            yield _trouble(name, day=day, hour=3 + day, minutes=1, what=REFUSED)
        # Outages: the database and what needs it, the mail host, the one behind the VPN.
        yield _trouble("db", "api", "shop", day=2, hour=10, minutes=37, what=REFUSED)
        yield _trouble("mail", "imap", day=4, hour=17, minutes=95)
        yield _trouble("vpn", day=6, hour=8, minutes=12)
        # One that goes up and down for an hour and a half.
        for turn in range(13):
            yield _trouble("cache", day=3, hour=11, after=7 * turn, minutes=3, what=REFUSED)


def shards() -> tuple[Shard, ...]:
    """Read what is watched."""
    reading = read(MONITORS)
    if reading.configuration is None:
        raise ValueError(f"{MONITORS} has errors: {reading.faults}")
    return compile_shards(reading.configuration, (), 1)


def recorded(ticks: int = WEEK) -> bytes:
    """Write down the first so many ticks."""
    week = Week()
    every = {m.id: m.interval // MINUTE for shard in week.shards for m in shard.monitors}
    return b"".join(write(week.reports(ticks), every))


def _span(*, day: int, hour: int, minutes: int, after: int = 0) -> range:
    first = BEGIN + 1440 * day + HOUR * hour + after
    return range(first, first + minutes)


def _trouble(
    *monitors: str,
    day: int,
    hour: int,
    minutes: int,
    after: int = 0,
    what: Outcome = TIMEOUT,
    at: str | None = None,
) -> Trouble:
    span = _span(day=day, hour=hour, minutes=minutes, after=after)
    return Trouble(
        monitors=monitors, first=span.start, last=span.stop - 1, outcome=what, location=at
    )


if __name__ == "__main__":
    RECORDED.write_bytes(recorded())
