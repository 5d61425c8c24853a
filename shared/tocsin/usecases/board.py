"""See what the public may see: how each public monitor does, did, and will be worked on.

Nothing gets in here but names that were chosen for the public, times, and one of a few words for a
state. Hosts, evidence, locations, reasons, people and notes have no place in it to be in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain

from tocsin.domain.incident import Incident, Kind, Subject
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Vote
from tocsin.domain.publicity import Public
from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import HOUR
from tocsin.domain.schedule import tick_of
from tocsin.domain.standing import Standing
from tocsin.domain.uptime import DAY, Digest, Seconds, ongoing, tone, up_to_now, uptime
from tocsin.domain.window import NextStart, Window
from tocsin.usecases.closeup import PastIncidents, lately
from tocsin.usecases.overview import DAYS, Past
from tocsin.usecases.survey import Known

MONTHS = 4
"""Months of which incidents are looked for: 90 days lie in that many."""
AHEAD = timedelta(days=14)
"""How long before it begins a maintenance window is announced."""
MOST = 100
"""Events that are told of, the latest."""


class Mood(StrEnum):
    """How a service does, in the public's words; the worst first."""

    OUTAGE = "outage"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    OPERATIONAL = "operational"


_MOODS = {Verdict.UP: Mood.OPERATIONAL, Verdict.DOWN: Mood.OUTAGE}
_TOLD = {Kind.DOWN: Mood.OUTAGE, Kind.DEGRADED: Mood.DEGRADED}
"""What is told of: that Tocsin itself does not see says nothing of the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of a service: what it was like (None: nothing is known), and for how long it failed."""

    number: int
    tone: Verdict | None = None
    down: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A service: how it does and since when, its last `DAYS`, and its uptime in them.

    It is `unsteady` while it comes and goes.
    """

    slug: str
    name: str
    group: str
    mood: Mood
    since: datetime | None = None
    unsteady: bool = False
    days: Sequence[Day] = ()
    uptime: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An outage or a degradation of services, by their slugs; not over without an end."""

    id: str
    mood: Mood
    parts: tuple[str, ...]
    began: datetime
    ended: datetime | None = None
    unsteady: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A maintenance window of services, by their slugs."""

    parts: tuple[str, ...]
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All that the public sees at one moment: the episodes the latest first, the works in order."""

    at: datetime
    parts: tuple[Part, ...] = ()
    episodes: tuple[Episode, ...] = ()
    works: tuple[Work, ...] = ()

    @property
    def mood(self) -> Mood:
        """How all of it does: as the worst."""
        return next(
            (mood for mood in Mood if any(p.mood is mood for p in self.parts)), Mood.UNKNOWN
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A public monitor with what the public may know of it."""

    monitor: Monitor
    public: Public
    slug: str


def present(known: Known, next_start: NextStart, now: datetime) -> Board:
    """See how things are now, from what was read already: without any past but the latest."""
    shown = public(known)
    slugs = _slugs(shown)
    works = tuple(_works(known, shown, next_start, now))
    incidents = [*chain.from_iterable((*s.incidents, *s.closed) for s in known.states)]
    open_now = [each for each in incidents if each.ended_at is None]
    worked_on = {slug for work in works if work.begins <= now for slug in work.parts}
    return Board(
        at=now,
        parts=tuple(
            _part(each, known.standings.get(each.monitor.id), open_now, each.slug in worked_on, now)
            for each in shown
        ),
        episodes=_episodes(incidents, slugs, now),
        works=works,
    )


def remembering(board: Board, known: Known, past: Past, history: PastIncidents) -> Board:
    """Put the last days and the incidents that are over into what is seen now."""
    shown = {each.monitor.id: each for each in public(known)}
    today = tick_of(board.at) // HOUR // DAY
    parts = {part.slug: part for part in board.parts}
    for name, (shard, state) in known.shards.items():
        mine = [shown[m.id] for m in shard.monitors if m.id in shown]
        if not mine:
            continue
        days = up_to_now(past.days(name, today - DAYS + 1, today), ongoing(state, board.at))
        for each in mine:
            parts[each.slug] = _remembered(parts[each.slug], each.monitor.id, days, today)
    over = lately(history, board.at, MONTHS)
    told = {episode.id: episode for episode in _episodes(over, _slugs(shown.values()), board.at)}
    told |= {episode.id: episode for episode in board.episodes}
    return replace(board, parts=tuple(parts.values()), episodes=_latest(told.values(), board.at))


def public(known: Known) -> list[Shown]:
    """Give the monitors that the public may see, by group and name; no two have one slug."""
    found = [(m, m.public) for m in known.monitors.values() if m.public is not None]
    found.sort(key=lambda each: (each[1].group.casefold(), each[1].name.casefold(), each[0].id))
    shown: dict[str, Shown] = {}
    for monitor, name in found:
        slug, number = name.slug, 1
        while slug in shown:  # the file is refused for it, but this may be stored all the same
            number += 1
            slug = f"{name.slug}-{number}"
        shown[slug] = Shown(monitor=monitor, public=name, slug=slug)
    return [*shown.values()]


def _slugs(shown: Iterable[Shown]) -> dict[str, str]:
    """Say which slug a monitor has, by the name it has and by the one that it had before."""
    known = [*shown]
    former = {each.monitor.was: each.slug for each in known if each.monitor.was is not None}
    return former | {each.monitor.id: each.slug for each in known}


def _part(
    each: Shown,
    standing: Standing | None,
    open_now: Iterable[Incident],
    worked_on: bool,  # noqa: FBT001 - of a private function
    now: datetime,
) -> Part:
    name = each.monitor.id
    mine = [i for i in open_now if i.kind in _TOLD and name in _about(i) and name not in i.back]
    mood = _mood(standing, told=bool(mine))
    down = any(incident.kind is Kind.DOWN for incident in mine)
    unsteady = any(incident.flapping for incident in mine)
    if down and mood is Mood.UNKNOWN and not _paused(standing):
        mood = Mood.OUTAGE  # nobody has seen the end of it
    elif unsteady and mood is Mood.OPERATIONAL:
        mood = Mood.DEGRADED
    elif worked_on and not mine:
        mood = Mood.MAINTENANCE
    return Part(
        slug=each.slug,
        name=each.public.name,
        group=each.public.group,
        mood=mood,
        since=None if standing is None or mood is Mood.MAINTENANCE else _minute(standing.since),
        unsteady=unsteady
        or (standing is not None and not _paused(standing) and standing.flaps(now)),
    )


def _mood(standing: Standing | None, *, told: bool) -> Mood:
    """Put a verdict into the public's words; `told` where an episode of it goes on.

    What is degraded by a warning alone, such as a certificate that ends in two weeks, serves
    everybody.
    """
    if standing is None:
        return Mood.UNKNOWN
    if standing.verdict is Verdict.DEGRADED:
        return Mood.DEGRADED if standing.failing or told else Mood.OPERATIONAL
    return _MOODS.get(standing.verdict, Mood.UNKNOWN)


def _paused(standing: Standing | None) -> bool:
    return standing is not None and standing.verdict is Verdict.PAUSED


def _remembered(part: Part, name: str, digests: Sequence[Digest], today: int) -> Part:
    known = {digest.number: digest.seconds.get(name, {}) for digest in digests}
    days = [_day(number, known.get(number, {})) for number in range(today - DAYS + 1, today + 1)]
    # What goes on now is of today, also before its hour is over.
    if part.mood is Mood.OUTAGE:
        days[-1] = replace(days[-1], tone=Verdict.DOWN)
    elif part.mood is Mood.OPERATIONAL and days[-1].tone is None:
        days[-1] = replace(days[-1], tone=Verdict.UP)
    return replace(part, days=tuple(days), uptime=uptime(digests, name))


def _day(number: int, seconds: Seconds) -> Day:
    down = timedelta(seconds=seconds.get(Verdict.DOWN, 0))
    return Day(number=number, tone=tone(seconds), down=down)


def _episodes(
    incidents: Iterable[Incident], slugs: Mapping[str, str], now: datetime
) -> tuple[Episode, ...]:
    return _latest(filter(None, (_episode(each, slugs) for each in incidents)), now)


def _episode(incident: Incident, slugs: Mapping[str, str]) -> Episode | None:
    """Tell of an incident what the public may know; None where that is nothing."""
    mood = _TOLD.get(incident.kind)
    told = _about(incident)
    about = {slugs[name] for name in told if name in slugs}
    if mood is None or not about:
        return None
    own = {slugs[s.monitor] for s in incident.subjects if s.monitor in slugs and s.monitor in told}
    began = _minute(incident.opened_at)
    # Its own id has a name from inside in it. What falls later changes nothing of this one.
    return Episode(
        id=f"{began:%Y%m%dT%H%MZ}-{mood}-{min(own or about)}",
        mood=mood,
        parts=tuple(sorted(about)),
        began=began,
        ended=None if incident.ended_at is None else max(began, _minute(incident.ended_at)),
        unsteady=incident.flapping,
    )


def _about(incident: Incident) -> frozenset[str]:
    """Name what an incident is about, and what fell with it and has no alert of its own."""
    if incident.kind is Kind.DEGRADED:
        return frozenset(subject.monitor for subject in incident.subjects if _felt(subject))
    fallen = (name for subject in incident.subjects for name in subject.fallen)
    return incident.monitors | frozenset(fallen)


def _felt(subject: Subject) -> bool:
    """Tell whether users feel what is degraded; a warning is for those who mend it in time."""
    failing = (each.counted and each.vote is Vote.FAIL for each in subject.ballots)
    return bool(subject.slow) or not subject.ballots or any(failing)


def _latest(episodes: Iterable[Episode], now: datetime) -> tuple[Episode, ...]:
    recent = (
        each for each in episodes if each.ended is None or each.ended > now - timedelta(days=DAYS)
    )
    return tuple(sorted(recent, key=lambda each: (each.began, each.id), reverse=True)[:MOST])


def _works(
    known: Known, shown: Sequence[Shown], next_start: NextStart, now: datetime
) -> Iterator[Work]:
    """Announce the windows that are open or soon will be, the next time of each."""
    windows = dict.fromkeys(w for shard, _ in known.shards.values() for w in shard.windows)
    found = set()
    for window in windows:
        parts = tuple(each.slug for each in shown if window.covers(each.monitor))
        begins = _begins(window, next_start, now)
        if parts and begins is not None and begins <= now + AHEAD:
            found.add((begins, begins + window.length, parts))
    for begins, ends, parts in sorted(found):
        yield Work(parts=parts, begins=begins, ends=ends)


def _begins(window: Window, next_start: NextStart, now: datetime) -> datetime | None:
    """Say when a window that is not over begins, or has begun."""
    if window.cron is not None:
        return next_start(window.cron, window.timezone, now - window.length)
    if window.begin is not None and now < window.begin + window.length:
        return window.begin
    return None


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)
