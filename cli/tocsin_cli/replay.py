"""`tocsin replay`: what recorded reports would have announced under this configuration."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_cli.output import AsJson, CommandError, Region, complain, print_json, say, table
from tocsin_cli.stretch import To, since

if TYPE_CHECKING:
    from tocsin.domain.incident import Alert, Incident
    from tocsin.domain.report import Report
    from tocsin.usecases.hindsight import Episode, Pair
    from tocsin.usecases.replay import Rules
    from tocsin_cli.home import Home

HEADERS = ("WHEN", "LASTED", "KIND", "ABOUT", "TOLD", "WAS")
USUAL = timedelta(days=1)
REFUSED = 2

Monitors = Annotated[
    Path | None, typer.Option("--monitors", help="Another file than what is in force.")
]
From = Annotated[datetime | None, since("a day before --to")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """What came of a replay: every alert, and each incident beside what was.

    `compared` is False where the past is not known.
    """

    begin: datetime
    end: datetime
    alerts: "tuple[Alert, ...]"
    pairs: "tuple[Pair, ...]"
    compared: bool


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(replay)


def replay(  # noqa: PLR0913 - an argument is an option
    monitors: Monitors = None,
    begin: From = None,
    end: To = None,
    reports: Annotated[
        Path | None, typer.Option(help="Recorded reports, in place of those of the table.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="Write the reports to this file, and replay nothing.")
    ] = None,
    region: Region = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Run past reports through the judge: which alerts would have been sent, when, and where to.

    With another file of monitors it tells what that would have changed. Reports are kept for 14
    days. What is said of jobs is not recorded, so they are left out. With --reports and
    --monitors no AWS account is needed; then nothing is compared with what was.

    Exit: 0 done, 1 no home stack or no such reports, 2 the file of monitors has errors.
    """
    if monitors is not None and reports is not None and export is None:
        rules = _rules(monitors)
        found = _run(rules, _within(_read(reports), begin, end), None)
    else:
        from tocsin_cli.home import connected, place  # noqa: PLC0415 - boto3, not for --help

        with connected(place(region)) as home:
            recorded = _recorded(home, reports, begin, end)
            if export is not None:
                _export(home, recorded, export)
                return
            rules = _in_force(home) if monitors is None else _rules(monitors)
            found = _run(rules, recorded, home)
    if as_json:
        print_json(document(found))
    else:
        show(found)


def document(found: Rerun) -> dict[str, object]:
    """Give a replay as `--json` prints it."""
    return {
        "from": found.begin.isoformat(),
        "to": found.end.isoformat(),
        "compared": found.compared,
        "alerts": [
            {
                "at": alert.at.isoformat(),
                "event": alert.event,
                "kind": alert.kind,
                "incident": alert.incident,
                "monitors": [subject.monitor for subject in alert.subjects],
                "locations": [trouble.location for trouble in alert.troubles],
                "routes": list(alert.routes),
            }
            for alert in found.alerts
        ],
        "incidents": [
            {
                "replayed": _episode(pair.replayed),
                "was": _episode(pair.was),
                "later_s": None if pair.later is None else pair.later.total_seconds(),
            }
            for pair in found.pairs
        ],
    }


def show(found: Rerun) -> None:
    """Print a replay, a line for each incident, and how many alerts each route would have had."""
    table(HEADERS, [row(pair, compared=found.compared) for pair in found.pairs])
    told = Counter((route, alert.event) for alert in found.alerts for route in alert.routes)
    span = f"{found.begin:%Y-%m-%d %H:%M} to {found.end:%Y-%m-%d %H:%M} UTC"
    counts = ", ".join(f"{number} {event} on {route}" for (route, event), number in told.items())
    say(f"{span}: {counts or 'nothing would have been announced'}", "bold")


def row(pair: "Pair", *, compared: bool) -> tuple[str, ...]:
    """Give an incident as the table shows it."""
    from tocsin.domain.spans import spoken  # noqa: PLC0415 - not for --help

    shown = pair.replayed or pair.was
    if shown is None:
        raise ValueError("a pair has one side at least")
    lasted = "open" if shown.ended_at is None else spoken(shown.ended_at - shown.opened_at)
    return (
        f"{shown.opened_at:%Y-%m-%d %H:%M}" if pair.replayed else "never",
        lasted if pair.replayed else "",
        str(shown.kind),
        ", ".join(shown.about),
        " ".join(shown.routes) if pair.replayed else "",
        _was(pair) if compared else "",
    )


def _was(pair: "Pair") -> str:
    from tocsin.domain.spans import spoken  # noqa: PLC0415 - not for --help

    if pair.was is None:
        return "not announced"
    if pair.later is None:
        return f"announced at {pair.was.opened_at:%Y-%m-%d %H:%M}"
    if abs(pair.later) < timedelta(minutes=1):
        return "the same minute"
    return f"{spoken(abs(pair.later))} {'earlier' if pair.later > timedelta() else 'later'}"


def _episode(each: "Episode | None") -> dict[str, object] | None:
    if each is None:
        return None
    return {
        "kind": each.kind,
        "about": list(each.about),
        "routes": list(each.routes),
        "opened_at": each.opened_at.isoformat(),
        "ended_at": each.ended_at.isoformat() if each.ended_at else None,
    }


def _run(rules: "Rules", reports: "Iterable[Report]", home: "Home | None") -> Rerun:
    from tocsin.adapters.calendar import next_start  # noqa: PLC0415 - not for --help
    from tocsin.domain.schedule import instant_of  # noqa: PLC0415
    from tocsin.usecases.hindsight import episodes, paired, remembered  # noqa: PLC0415
    from tocsin.usecases.replay import Replay  # noqa: PLC0415

    ticks: list[int] = []
    alerts = tuple(Replay(rules, next_start).run(_noted(reports, ticks)))
    if not ticks:
        raise CommandError("there are no reports of that time: they are kept for 14 days")
    begin, end = instant_of(ticks[0]), instant_of(ticks[-1]) + timedelta(minutes=1)
    past = [] if home is None else remembered(_past(home, begin, end), begin, end)
    return Rerun(
        begin=begin,
        end=end,
        alerts=alerts,
        pairs=tuple(paired(episodes(alerts), past)),
        compared=home is not None,
    )


def _noted(reports: "Iterable[Report]", ticks: list[int]) -> "Iterator[Report]":
    """Pass reports on, and note the first and the last tick of them."""
    for report in reports:
        ticks[1:] = [report.tick] if ticks else []
        if not ticks:
            ticks.append(report.tick)
        yield report


def _past(home: "Home", begin: datetime, end: datetime) -> "Iterator[Incident]":
    """Give the incidents of the past: those that are open, that wait to be filed, and the filed."""
    for shard in home.configs.shards():
        state = home.states.load(shard.id).state
        yield from (*state.incidents, *state.closed)
    month = begin.replace(day=1, hour=0, minute=0)
    while month <= end:
        yield from home.history.of_month(month)
        month = (month + timedelta(days=31)).replace(day=1)


def _in_force(home: "Home") -> "Rules":
    from tocsin.usecases.replay import Rules  # noqa: PLC0415 - not for --help

    return Rules.of(home.configs.shards())


def _rules(file: Path) -> "Rules":
    from tocsin.config.compile import compile_shards  # noqa: PLC0415 - pydantic and YAML
    from tocsin.config.reader import read  # noqa: PLC0415
    from tocsin.usecases.replay import Rules  # noqa: PLC0415

    reading = read(file)
    for fault in reading.faults:
        complain(str(fault))
    if reading.configuration is None:
        complain(f"tocsin: {file} has errors; nothing was replayed")
        raise typer.Exit(REFUSED)
    return Rules.of(compile_shards(reading.configuration, (), 1))


def _read(file: Path) -> "Iterator[Report]":
    from tocsin.adapters.recording import read  # noqa: PLC0415 - pydantic, not for --help

    try:
        with file.open("rb") as stream:
            yield from read(stream)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error


def _within(
    reports: "Iterable[Report]", begin: datetime | None, end: datetime | None
) -> "Iterator[Report]":
    """Give those of a time; what a file has from before it is not judged."""
    first, last = _tick(begin, lambda: 0), _tick(end, lambda: 1 << 40)
    return (report for report in reports if first <= report.tick <= last)


def _tick(at: datetime | None, otherwise: Callable[[], int]) -> int:
    from tocsin.domain.schedule import tick_of  # noqa: PLC0415 - not for --help

    return otherwise() if at is None else tick_of(at.replace(tzinfo=UTC))


def _recorded(
    home: "Home", file: Path | None, begin: datetime | None, end: datetime | None
) -> "Iterable[Report]":
    from tocsin_cli.records import recorded  # noqa: PLC0415 - boto3, not for --help

    if file is not None:
        return _within(_read(file), begin, end)
    now = datetime.now(UTC).replace(tzinfo=None)
    last = _tick(end or now, lambda: 0)
    return recorded(home, _tick(begin or (end or now) - USUAL, lambda: 0), last)


def _export(home: "Home", reports: "Iterable[Report]", file: Path) -> None:
    from tocsin.adapters.recording import write  # noqa: PLC0415 - not for --help
    from tocsin.domain.monitor import MINUTE  # noqa: PLC0415

    shards = home.configs.shards()
    every = {m.id: m.interval // MINUTE for shard in shards for m in shard.monitors}
    ticks: list[int] = []
    try:
        with file.open("wb") as stream:
            stream.writelines(write(_noted(reports, ticks), every, packed=file.suffix != ".jsonl"))
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    if not ticks:
        complain("tocsin: there are no reports of that time: they are kept for 14 days")
        raise typer.Exit(1)
    say(f"wrote {file}", "bold")
