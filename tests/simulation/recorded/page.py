"""Writes docs/replay.md from the recorded week: `python -m tests.simulation.recorded.page`.

A test sees to it that the page is what this would write.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from tests.simulation.recorded.week import LOCATIONS, RECORDED, Trouble, Week
from tocsin.adapters.calendar import next_start
from tocsin.adapters.recording import read
from tocsin.domain.incident import Kind
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.schedule import instant_of
from tocsin.domain.spans import spoken
from tocsin.usecases.hindsight import Episode, episodes
from tocsin.usecases.replay import Replay, Rules

PAGE = Path(__file__).parents[3] / "docs" / "replay.md"
LATE = timedelta(minutes=5)
"""How long after its end a fault may still be what a page is about: a vote of five minutes."""

_HEAD = """\
<!-- Written by `python -m tests.simulation.recorded.page`; do not edit. -->

# Replaying the past

`tocsin replay` runs recorded reports through the very code that judges on AWS: which alerts would
have been sent, when, on which route, and how much earlier or later than they were. Reports are kept
for 14 days, so it answers what a change to `monitors.yaml` would have done, before it is applied.

```console
$ tocsin replay --monitors monitors.yaml --from 2026-11-20
$ tocsin replay --export week.reports --from 2026-11-13 --to 2026-11-20
$ tocsin replay --reports week.reports --monitors monitors.yaml
```

The same reports and the same file give the same alerts, to the second. Each minute is judged once,
half a minute into it. Every recorded vote counts, also one that was cast under another version of a
monitor; a monitor that was not recorded is not judged, and jobs are left out, since what they say
is kept elsewhere. What people said (pauses, silences, acknowledgements) is not replayed.

`--export` writes a file that `--reports` reads: lines of JSON, packed by zlib unless its name ends
in `.jsonl`. Each line is one report and says what is new in it; the times of a pass are written
again where they have changed by more than a quarter.

## One week under different rules

A week of {monitors} monitors at {locations} locations, recorded in a world of which it is known
what was really down: {outages} faults of services ({brief} of them shorter than two minutes), and
{local} that were seen from one location only, for lost packets, a rule against robots, a network
that was out. One location also said nothing for three hours. The file lies in
`tests/simulation/recorded`, with the script that made it.

"""
_TAIL = """
*False* is a page about a monitor that was well at that moment and in the five minutes before.
*Missed* are faults of services that nobody was paged for; one of a database and what needs it is
one, and so is each time that a service which goes up and down goes down, unless somebody was paged
for it and that is not over. *Delay* is the time from the beginning of a fault to its page.

- **any** pages for every lost packet that outlives two re-checks. It is no faster than a majority.
- **majority** pages for what is really down and for nothing else, but for the one minute in which
  two locations lost packets on their way to the same service. A service that goes up and down is
  held in one incident from its third turn on.
- **majority with `for: 2m`** lets short faults go, and pages two minutes later for the others.
- **one location alone** pages for all that it meets on its way, above all when its own network is
  out: then every monitor fails at once.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a rule would have done: the pages, and those of them that were false."""

    pages: int
    false: int
    missed: int
    delays: tuple[timedelta, ...]


@cache
def results() -> Mapping[str, Result]:
    """Replay the week under each rule."""
    return dict(_results())


def _results() -> Iterator[tuple[str, Result]]:
    week = Week()
    rules = Rules.of(week.shards)
    for name, tried in _tried(rules.monitors):
        with RECORDED.open("rb") as file:
            replay = Replay(replace(rules, monitors=tried), next_start)
            alerts = [*replay.run(read(file))]
        pages = [
            each
            for each in episodes(alerts)
            if each.kind is Kind.DOWN and Route.PAGE in each.routes
        ]
        yield name, _result(pages, [each for each in week.troubles if each.real])


def page() -> str:
    """Give the page."""
    week = Week()
    real = [each for each in week.troubles if each.real]
    head = _HEAD.format(
        monitors=sum(len(shard.monitors) for shard in week.shards),
        locations=len(LOCATIONS),
        outages=len(real),
        brief=sum(each.last == each.first for each in real),
        local=len(week.troubles) - len(real),
    )
    titles = ("rule", "pages", "false", "missed", "median delay", "longest delay")
    rows = [titles, *(_row(name, result) for name, result in results().items())]
    return head + _table(rows) + _TAIL


def _tried(monitors: Mapping[str, Monitor]) -> Iterator[tuple[str, dict[str, Monitor]]]:
    def all_with(**change: object) -> dict[str, Monitor]:
        return {name: replace(m, **change) for name, m in monitors.items()}  # type: ignore[arg-type]

    yield "any", all_with(need=1)
    yield "majority", all_with()
    yield "majority with `for: 2m`", all_with(fail_for=timedelta(minutes=2))
    for location in LOCATIONS:
        yield f"{location} alone", all_with(need=1, locations=(location,))


def _result(pages: Iterable[Episode], faults: list[Trouble]) -> Result:
    told = [*pages]
    delays = [_delay(fault, told) for fault in faults if not _covered(fault, told)]
    return Result(
        pages=len(told),
        false=sum(not any(_is_about(each, fault) for fault in faults) for each in told),
        missed=delays.count(None),
        delays=tuple(sorted(delay for delay in delays if delay is not None)),
    )


def _delay(fault: Trouble, pages: Iterable[Episode]) -> timedelta | None:
    """Say how long after a fault's beginning it was paged for."""
    begin = instant_of(fault.first)
    met = [each.opened_at - begin for each in pages if _is_about(each, fault)]
    return min(met, default=None)


def _covered(fault: Trouble, pages: Iterable[Episode]) -> bool:
    """Tell whether it is one more turn of what somebody was paged for and is not over."""
    begin = instant_of(fault.first)
    return any(_names(each, fault) and _lasts(each, begin) for each in pages)


def _is_about(each: Episode, fault: Trouble) -> bool:
    end = instant_of(fault.last + 1)
    return _names(each, fault) and instant_of(fault.first) <= each.opened_at <= end + LATE


def _names(each: Episode, fault: Trouble) -> bool:
    return not set(each.about).isdisjoint(fault.monitors)


def _lasts(each: Episode, at: datetime) -> bool:
    return each.opened_at < at and (each.ended_at is None or at < each.ended_at)


def _row(name: str, result: Result) -> tuple[str, ...]:
    counts = (str(result.pages), str(result.false), str(result.missed))
    if not result.delays:
        return (name, *counts, "", "")
    middle = result.delays[len(result.delays) // 2]
    return (name, *counts, spoken(middle), spoken(result.delays[-1]))


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    head, *rest = rows
    ruled = [head, tuple("---" for _ in head), *rest]
    return "".join(f"| {' | '.join(row)} |\n" for row in ruled)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
