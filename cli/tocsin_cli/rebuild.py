"""`tocsin rebuild`: what people read, made again from the reports and the state."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, CommandError, Region, print_json, say
from tocsin_cli.stretch import To, since

if TYPE_CHECKING:
    from tocsin_cli.home import Home

KEPT = timedelta(days=14)
"""How long reports are kept."""

From = Annotated[datetime | None, since("14 days ago")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What was written: how many statuses of monitors, and how many hours of shards."""

    begin: datetime
    end: datetime
    statuses: int
    hours: int
    shards: int


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(rebuild)


def rebuild(
    begin: From = None, end: To = None, region: Region = None, *, as_json: AsJson = False
) -> None:
    """Make the current status, the hourly and the daily rollups again, from reports and state.

    The aggregator writes both as it goes; this is for tables that were restored, and for hours of
    which reports came late. It judges with the configuration in force, and only whole hours of
    which there are reports; the last hour is the aggregator's until it has written it. Pauses that
    are over are not known any more. Running it again, or while the aggregator runs, does no harm.

    Exit: 0 written, 1 no home stack, 64 the times are none.
    """
    from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3, not for --help

    now = datetime.now(UTC)
    first = now - KEPT if begin is None else begin.replace(tzinfo=UTC)
    last = now if end is None else end.replace(tzinfo=UTC)
    if first >= last:
        raise typer.BadParameter("--from is before --to")
    if first < now - KEPT - timedelta(hours=1):
        raise CommandError("reports are kept for 14 days: nothing older can be made again")
    with connected(place(region)) as home:
        done = _rebuilt(home, first, min(last, now), now)
    if as_json:
        print_json(
            {
                "from": done.begin.isoformat(timespec="seconds"),
                "to": done.end.isoformat(timespec="seconds"),
                "statuses": done.statuses,
                "hours": done.hours,
                "shards": done.shards,
            }
        )
        return
    say(f"wrote the status of {done.statuses} monitors in {done.shards} shards", "bold")
    span = f"{done.begin:%Y-%m-%d %H:%M} to {done.end:%Y-%m-%d %H:%M} UTC"
    say(f"wrote {done.hours} hourly rollups, {span}", "bold")


def _rebuilt(home: "Home", first: datetime, last: datetime, now: datetime) -> Rebuilt:
    from tocsin.adapters.calendar import next_start  # noqa: PLC0415 - not for --help
    from tocsin.domain.uptime import DAY  # noqa: PLC0415
    from tocsin.usecases.project import Projector  # noqa: PLC0415

    projector = Projector(
        reports=home.reports,
        projections=home.projections,
        next_start=next_start,
        history=home.history,
    )
    shards = home.configs.shards()
    statuses, hours = 0, 0
    for shard in shards:
        stored = home.states.load(shard.id)
        for name in stored.state.standings:
            projector.tell(stored.state, name, stored.revision, now)
            statuses += 1
        days = set()
        for hour in _whole(first, last, stored.state.rolled, now):
            rollup = projector.rollup(shard, hour, stored.state)
            if rollup.monitors:
                home.projections.keep(rollup)
                days.add(hour // DAY)
                hours += 1
        for day in days:
            projector.sum_up(shard.id, day)
    return Rebuilt(begin=first, end=last, statuses=statuses, hours=hours, shards=len(shards))


def _whole(first: datetime, last: datetime, rolled: int, now: datetime) -> range:
    """Give the hours that lie wholly within a time.

    The last hour is left to the aggregator until that has rolled it up: it still counts as now.
    """
    from tocsin.domain.rollup import HOUR  # noqa: PLC0415 - not for --help
    from tocsin.domain.schedule import tick_of  # noqa: PLC0415

    known = max(rolled + 1, tick_of(now) // HOUR - 1)
    return range(-(-tick_of(first) // HOUR), min(tick_of(last) // HOUR, known))
