"""How the status page puts things to people who know nothing of what is behind it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import floor
from types import MappingProxyType
from typing import Final

from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import HOUR
from tocsin.domain.schedule import instant_of
from tocsin.domain.spans import spoken
from tocsin.domain.uptime import DAY
from tocsin.messages.words import count
from tocsin.pages.showing import inert
from tocsin.usecases.board import Board, Day, Episode, Mood, Part, Work

WORDS: Final[Mapping[Mood, str]] = MappingProxyType(
    {
        Mood.OUTAGE: "Outage",
        Mood.DEGRADED: "Degraded",
        Mood.UNKNOWN: "No data",
        Mood.MAINTENANCE: "Maintenance",
        Mood.OPERATIONAL: "Operational",
    }
)
_LEADS: Final[Mapping[Mood, str]] = MappingProxyType(
    {
        Mood.OUTAGE: "Outage of",
        Mood.DEGRADED: "Degraded service of",
        Mood.UNKNOWN: "No current data for",
        Mood.MAINTENANCE: "Maintenance of",
    }
)
NAMED = 3
"""Services that a sentence names; of more it tells the number."""


def word(part: Part) -> str:
    """Say in a word how a service does."""
    return f"{WORDS[part.mood]}, unsteady" if part.unsteady else WORDS[part.mood]


def overall(board: Board) -> str:
    """Sum up in one line: the worst that is going on."""
    if not board.parts:
        return "No services are shown yet"
    if board.mood is Mood.OPERATIONAL:
        return "All services are operational" if board.parts[1:] else "Operational"
    worst = [part.slug for part in board.parts if part.mood is board.mood]
    return _of(board.mood, worst, board)


def headline(episode: Episode, board: Board) -> str:
    """Say what an episode is or was."""
    return _of(episode.mood, episode.parts, board)


def announced(work: Work, board: Board) -> str:
    """Say what is to be worked on."""
    return _of(Mood.MAINTENANCE, work.parts, board)


def named(slugs: Sequence[str], board: Board) -> str:
    """Name services, or say how many they are."""
    names = {part.slug: inert(part.name) for part in board.parts}
    if len(slugs) == len(names) > 1:
        return "all services"
    found = sorted((names[slug] for slug in slugs), key=str.casefold)
    if len(found) > NAMED:
        return count(len(found), "service")
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def _of(mood: Mood, slugs: Sequence[str], board: Board) -> str:
    return f"{_LEADS[mood]} {named(slugs, board)}"


def date(at: datetime) -> str:
    """Write a day: `4 January 2026`."""
    return f"{at.day} {at:%B %Y}"


def moment(at: datetime, beside: datetime) -> str:
    """Write an instant: the time alone on the day that it stands beside, else with its date."""
    if at.date() == beside.date():
        return f"{at:%H:%M}"
    year = "" if at.year == beside.year else f" {at.year}"
    return f"{at.day} {at:%B}{year}, {at:%H:%M}"


def lasted(begins: datetime, ends: datetime) -> str:
    """Say how long something took; times are in whole minutes."""
    return spoken(ends - begins) if ends - begins >= timedelta(minutes=1) else "under 1 min"


def midnight(day: Day) -> datetime:
    """Give the instant at which a day begins."""
    return instant_of(day.number * DAY * HOUR).astimezone(UTC)


def remark(day: Day) -> str:
    """Say of a day that was not well what was wrong."""
    at = midnight(day)
    # One that began just now, or of which nobody has seen the end, has no time yet.
    down = f": {spoken(day.down)} of outage" if day.down else ": outage"
    return f"{at.day} {at:%B}{down}"


def days(part: Part) -> str:
    """Say in words what the picture of the days shows."""
    known = [day for day in part.days if day.tone is not None]
    if not known:
        return f"Nothing is known of the last {len(part.days)} days"
    bad = [day for day in known if day.tone is not Verdict.UP]
    told = "; ".join(map(remark, bad[-NAMED:]))
    more = f", the last on {told}" if bad[NAMED:] else f": {told}"
    what = f"{count(len(bad), 'day')} with an outage{more}" if bad else "no outage"
    return f"Last {len(part.days)} days of {inert(part.name)}: {what}"


def percent(share: float | None) -> str:
    """Say an uptime; one that is not whole is never rounded up to it."""
    if share is None:
        return ""
    return "100 %" if share >= 1 else f"{floor(share * 10_000) / 100:.2f} %"
