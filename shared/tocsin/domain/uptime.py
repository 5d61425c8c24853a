"""How much of the time a monitor was up, and how quick it was: what charts and figures show.

A digest is all that they need of a shard's hour or day. A day's follows from those of its hours, so
it can be made again at any time, and what is not known of an hour is not known of its day.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median

from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import HOUR, Rollup
from tocsin.domain.schedule import instant_of, tick_of
from tocsin.domain.state import ShardState

DAY = 24
"""Hours."""
HOUR_S = 3600
"""A day in which more seconds than these were down was a bad one."""

type Seconds = Mapping[Verdict, int]
"""How long a monitor was in each verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """An hour or a day of a shard in brief; `number` counts hours or days from 1970.

    `ms` is what a pass took, in the middle of the locations' medians; a monitor without a pass has
    none.
    """

    shard: str
    number: int
    seconds: Mapping[str, Seconds] = field(default_factory=dict)
    ms: Mapping[str, float] = field(default_factory=dict)


def digested(rollup: Rollup) -> Digest:
    """Give an hour in brief."""
    ms = {
        name: median(times)
        for name, row in rollup.monitors.items()
        if (times := [each.p50_ms for each in row.locations.values() if each.p50_ms is not None])
    }
    return Digest(
        shard=rollup.shard,
        number=rollup.hour,
        seconds={name: row.seconds for name, row in rollup.monitors.items()},
        ms=ms,
    )


def summed(shard: str, day: int, hours: Iterable[Digest]) -> Digest:
    """Sum up a day from its hours; those of other days count for nothing."""
    seconds: dict[str, Counter[Verdict]] = defaultdict(Counter)
    ms: dict[str, list[float]] = defaultdict(list)
    for hour in hours:
        if hour.number // DAY != day:
            continue
        for name, each in hour.seconds.items():
            seconds[name].update(each)
        for name, time in hour.ms.items():
            ms[name].append(time)
    return Digest(
        shard=shard,
        number=day,
        seconds={name: dict(sorted(each.items())) for name, each in sorted(seconds.items())},
        ms={name: float(f"{median(times):.3g}") for name, times in sorted(ms.items())},
    )


def ongoing(state: ShardState, now: datetime) -> Sequence[Digest]:
    """Tell of the hours that are not rolled up yet: what goes on with each monitor, since it began.

    What was before it is known when its hour is. Nobody judges where an hour is two behind.
    """
    hour = tick_of(now) // HOUR
    if state.rolled and state.rolled < hour - 2:
        return []
    unknown = range(max(state.rolled + 1, hour - 1), hour + 1)
    return [_ongoing(state, each, now) for each in unknown]


def _ongoing(state: ShardState, hour: int, now: datetime) -> Digest:
    begin, end = instant_of(hour * HOUR), min(now, instant_of((hour + 1) * HOUR))
    lasted = {
        name: int((end - max(each.since, begin)).total_seconds())
        for name, each in state.standings.items()
    }
    return Digest(
        shard=state.shard,
        number=hour,
        seconds={
            name: {state.standings[name].verdict: time} for name, time in lasted.items() if time > 0
        },
    )


def up_to_now(days: Iterable[Digest], hours: Iterable[Digest]) -> list[Digest]:
    """Add hours to the days that they are of, and give all of these in their order."""
    known = {day.number: day for day in days}
    for hour in hours:
        number = hour.number // DAY
        day = known.get(number, Digest(shard=hour.shard, number=number))
        seconds = {name: Counter(each) for name, each in day.seconds.items()}
        for name, each in hour.seconds.items():
            seconds[name] = seconds.get(name, Counter()) + Counter(each)
        known[number] = replace(day, seconds=seconds)
    return [known[day] for day in sorted(known)]


def uptime(digests: Iterable[Digest], name: str) -> float | None:
    """Give the share of the time in which a monitor served, of that in which it is known.

    Degraded is up: most of its users were served. Nobody knows of `unknown`, and nobody looked
    while it was paused. None where nothing is known.
    """
    served = down = 0
    for digest in digests:
        seconds = digest.seconds.get(name, {})
        served += seconds.get(Verdict.UP, 0) + seconds.get(Verdict.DEGRADED, 0)
        down += seconds.get(Verdict.DOWN, 0)
    return served / (served + down) if served + down else None


def tone(seconds: Seconds) -> Verdict | None:
    """Say in one word what a day was like: up, degraded by a short outage, or down for an hour.

    None where nothing is known of it.
    """
    down = seconds.get(Verdict.DOWN, 0)
    if not (down or seconds.get(Verdict.UP) or seconds.get(Verdict.DEGRADED)):
        return None
    if down >= HOUR_S:
        return Verdict.DOWN
    return Verdict.DEGRADED if down else Verdict.UP


def course(digests: Iterable[Digest], name: str, numbers: range) -> Sequence[Verdict | None]:
    """Say what each of these days was like."""
    known = {digest.number: digest.seconds.get(name, {}) for digest in digests}
    return [tone(known.get(number, {})) for number in numbers]


def times(digests: Iterable[Digest], name: str, numbers: range) -> Sequence[float | None]:
    """Give what a pass took in each of these hours or days."""
    known = {digest.number: digest.ms.get(name) for digest in digests}
    return [known.get(number) for number in numbers]
