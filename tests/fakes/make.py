"""Short ways to make domain values, so that a test shows only what it is about."""

from datetime import UTC, datetime, timedelta

from tocsin.domain.monitor import Monitor, Route, majority
from tocsin.domain.outcome import Certificate, Layer, Outcome, Reason, Vote
from tocsin.domain.report import Report, Sighting
from tocsin.domain.schedule import tick_of
from tocsin.domain.shard import Shard
from tocsin.domain.target import TcpTarget

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TICK = tick_of(NOON)
MINUTE = timedelta(minutes=1)
THREE = ("lima", "mike", "november")

PASS = Outcome(vote=Vote.PASS, phases_ms={"connect": 1.5})
FAIL = Outcome(
    vote=Vote.FAIL,
    layer=Layer.CONNECT,
    reason=Reason.REFUSED,
    evidence="connection refused",
)
CERTIFICATE = Certificate(
    fingerprint="a1b2c3d4e5f60718", issuer="CN=R11", expires_at=NOON + timedelta(days=9)
)
WARN = Outcome(
    vote=Vote.PASS,
    phases_ms={"connect": 1.5},
    certificate=CERTIFICATE,
    warning=Reason.CERTIFICATE_EXPIRES_SOON,
)
ABSTAIN = Outcome(vote=Vote.ABSTAIN, reason=Reason.OUT_OF_TIME)


def monitor(
    name: str = "db",
    *,
    locations: tuple[str, ...] = THREE,
    need: int | None = None,
    interval: timedelta = MINUTE,
    fail_for: timedelta = timedelta(),
    recover_for: timedelta = timedelta(),
    slow: timedelta | None = None,
    slow_phases: tuple[tuple[str, timedelta], ...] = (),
    routes: tuple[Route, ...] = (Route.PAGE,),
    changed_in: int = 0,
) -> Monitor:
    return Monitor(
        id=name,
        target=TcpTarget(host=f"{name}.example.com", port=5432),
        locations=locations,
        need=majority(len(locations)) if need is None else need,
        interval=interval,
        fail_for=fail_for,
        recover_for=recover_for,
        slow=slow,
        slow_phases=slow_phases,
        routes=routes,
        changed_in=changed_in,
    )


def shard(*monitors: Monitor, version: int = 1) -> Shard:
    return Shard(id="s0", version=version, monitors=monitors)


def sighting(outcome: Outcome, *, at: int = TICK, since: int | None = None) -> Sighting:
    failing = outcome.vote is Vote.FAIL
    begun = (at if since is None else since) if failing else None
    return Sighting(outcome=outcome, checked_at=at, failing_since=begun)


def report(
    location: str,
    *,
    tick: int = TICK,
    version: int = 1,
    since: int | None = None,
    **outcomes: Outcome,
) -> Report:
    """Report these outcomes by monitor, all of this tick."""
    return Report(
        location=location,
        shard="s0",
        tick=tick,
        config_version=version,
        sightings={name: sighting(each, at=tick, since=since) for name, each in outcomes.items()},
    )


def world(votes: str, *, tick: int = TICK, name: str = "db") -> dict[str, Report]:
    """Let the locations vote in order: `p`ass, `w`arn, `f`ail, `a`bstain, `-` no report at all."""
    meaning = {"p": PASS, "w": WARN, "f": FAIL, "a": ABSTAIN}
    return {
        location: Report(
            location=location,
            shard="s0",
            tick=tick,
            config_version=1,
            sightings={name: sighting(meaning[vote], at=tick)},
        )
        for location, vote in zip(THREE, votes, strict=True)
        if vote != "-"
    }
