"""Count votes a second time, from the raw reports and by other means than the judge does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.report import Report, Sighting
from tocsin.domain.window import Window

EVERY = "every "
"""A line of cron in these worlds is `every <minutes>`: it begins at each multiple of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """Who says what of a monitor; `disbelieved` fail too, but are not counted."""

    need: int
    passing: Mapping[str, Outcome]
    failing: frozenset[str]
    confirmed: frozenset[str]
    disbelieved: frozenset[str]

    @property
    def down(self) -> bool:
        """Enough fail for long enough."""
        return len(self.confirmed) >= self.need

    @property
    def well(self) -> bool:
        """Enough pass, and too few fail, also with those that are not believed."""
        return len(self.passing) >= self.need > len(self.failing | self.disbelieved)

    @property
    def blind(self) -> bool:
        """Too few say anything."""
        return len(self.passing) + len(self.failing) < self.need

    @property
    def spotless(self) -> bool:
        """Nobody who counts has anything to say against it."""
        warned = any(outcome.warning for outcome in self.passing.values())
        return not self.failing and not self.blind and not warned


def votes(
    monitor: Monitor, newest: Mapping[str, Report], suspects: Iterable[str], now: datetime
) -> Votes:
    """Count the votes on a monitor."""
    seen = {
        place: sighting
        for place in monitor.locations
        if (sighting := _fresh(monitor, newest.get(place), now)) is not None
    }
    fails = {place: each for place, each in seen.items() if each.outcome.vote is Vote.FAIL}
    doubted = {place for place in fails if place in set(suspects)}
    own = {
        place
        for place, each in seen.items()
        if each.outcome.reason == "suspect" and each.outcome.vote is Vote.ABSTAIN
    }
    return Votes(
        need=monitor.need,
        passing={p: each.outcome for p, each in seen.items() if each.outcome.vote is Vote.PASS},
        failing=frozenset(fails.keys() - doubted),
        confirmed=frozenset(
            place for place in fails.keys() - doubted if _minutes(fails[place]) >= monitor.fail_for
        ),
        disbelieved=frozenset(doubted | own),
    )


def suspected(
    monitors: Iterable[Monitor], newest: Mapping[str, Report], now: datetime
) -> frozenset[str]:
    """Name the locations that say so themselves, or fail alone what a quorum of others sees."""
    found = {place for place, report in newest.items() if report.suspect}
    lone: dict[str, list[bool]] = {}
    for monitor in monitors:
        seen = {
            place: sighting.outcome.vote is Vote.FAIL
            for place in monitor.locations
            if (sighting := _fresh(monitor, newest.get(place), now)) is not None
            and sighting.outcome.vote is not Vote.ABSTAIN
            and not (sighting.outcome.vote is Vote.FAIL and place in found)
        }
        for place, fails in seen.items():
            others = [theirs for other, theirs in seen.items() if other != place]
            if len(others) >= monitor.need and not any(others):
                lone.setdefault(place, []).append(fails)
    return frozenset(
        found | {p for p, fails in lone.items() if sum(fails) >= 3 and 2 * sum(fails) >= len(fails)}
    )


def windowed(monitor: Monitor, windows: Iterable[Window], now: datetime) -> bool:
    """Tell whether a maintenance window is open for a monitor."""
    for window in windows:
        about = not window.monitors and not window.tags
        about = about or monitor.id in window.monitors or bool({*window.tags} & {*monitor.tags})
        begin = window.begin
        if window.cron is not None:
            period = timedelta(minutes=int(window.cron.removeprefix(EVERY)))
            begin = now - (now - datetime(2026, 1, 1, tzinfo=UTC)) % period
        if about and begin is not None and begin <= now < begin + window.length:
            return True
    return False


def next_start(cron: str, _timezone: str, after: datetime) -> datetime:
    """Give the first time after an instant that such a line means, as the calendar does."""
    period = timedelta(minutes=int(cron.removeprefix(EVERY)))
    after = after.replace(second=0, microsecond=0)
    return after + period - (after - datetime(2026, 1, 1, tzinfo=UTC)) % period


def _fresh(monitor: Monitor, report: Report | None, now: datetime) -> Sighting | None:
    if report is None or report.config_version < monitor.changed_in:
        return None
    sighting = report.sightings.get(monitor.id)
    if sighting is None:
        return None
    age = now.timestamp() - 60 * sighting.checked_at
    most = max(150.0, 2.5 * monitor.interval.total_seconds())
    return sighting if -60 <= age <= most else None


def _minutes(sighting: Sighting) -> timedelta:
    since = sighting.checked_at if sighting.failing_since is None else sighting.failing_since
    return timedelta(minutes=sighting.checked_at - since)
