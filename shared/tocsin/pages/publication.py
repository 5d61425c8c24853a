"""The status page: its files, made of what the public may see and of nothing else.

No script, nothing from elsewhere; the same bytes for the same board.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from functools import cache
from hashlib import blake2s
from importlib.resources import files
from itertools import groupby
from operator import attrgetter
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

from tocsin.domain.quorum import Verdict
from tocsin.pages import badge, document, wording
from tocsin.pages.showing import inert
from tocsin.usecases.board import Board, Day, Episode, Mood, Part
from tocsin.usecases.overview import DAYS
from tocsin.usecases.publish import File

SHORT: Final = "public, max-age=30, stale-if-error=86400"
FOR_EVER: Final = "public, max-age=31536000, immutable"
HTML, CSS, SVG = "text/html; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml"
RSS, JSON = "application/rss+xml; charset=utf-8", "application/json"
TOLD: Final = 30
"""Episodes that the feed has, the latest."""
PITCH, WIDE, TALL = 4, 3, 34
"""Of a day in the picture: from one to the next, its width, and the greatest height."""
HEIGHTS: Final = {Verdict.UP: 22, Verdict.DEGRADED: 28, Verdict.DOWN: 34, None: 4}
"""The worse the taller, for those who see no difference in colour."""
_TEMPLATES: Final = files("tocsin.pages") / "templates" / "public"
_BADGES: Final = "badges/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What a page is called, and where it is: a URL that ends in a slash, if that is known."""

    title: str
    url: str = ""


def draw(face: Face, board: Board, ever: Iterable[str] = ()) -> Iterator[File]:
    """Make every file; a badge that was there and is nobody's any more says that.

    What the page needs comes before it. Without a URL there is no feed: its links need one.
    """
    given = {"board": board, "face": face, "sheet": _sheet()}
    yield File(path=_sheet(), body=_source("public.css").encode(), content_type=CSS, cache=FOR_EVER)
    yield _file("icon.svg", SVG, "icon.svg", mood=board.mood)
    if face.url:
        yield _file("feed.xml", RSS, "feed.xml", **given, news=_news(board))
    yield File(
        path="status.json",
        body=document.written(board, face.title),
        content_type=JSON,
        cache=SHORT,
    )
    yield _file("index.html", HTML, "public.html", **given)
    yield _badge("badge.svg", inert(face.title), board.mood)
    paths = set()
    for part in board.parts:
        path = f"{_BADGES}{part.slug}.svg"
        paths.add(path)
        yield _badge(path, inert(part.name), part.mood, wording.word(part))
    for path in sorted({path for path in ever if path.startswith(_BADGES)} - paths):
        yield _badge(path, "status", Mood.UNKNOWN, "no longer shown")


def look(face: Face) -> str:
    """Tell how pages look of this version and face from how others do."""
    sources = (_source(name) for name in sorted(each.name for each in _TEMPLATES.iterdir()))
    return blake2s("|".join((*sources, repr(face))).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An item of the feed: an episode has begun, or is over."""

    id: str
    title: str
    text: str
    at: str
    anchor: str


def _news(board: Board) -> list[News]:
    found = []
    for each in board.episodes[:TOLD]:
        about = wording.headline(each, board)
        began = f"Began on {wording.date(each.began)} at {each.began:%H:%M} UTC"
        if each.ended is not None:
            text = (
                f"{began}, over on {wording.date(each.ended)} at {each.ended:%H:%M} UTC, "
                f"after {wording.lasted(each.began, each.ended)}."
            )
            found.append((each.ended, f"{each.id}-over", f"Over: {about}", text, each.id))
        found.append((each.began, each.id, about, f"{began}.", each.id))
    found.sort(key=lambda item: (item[0], item[1]), reverse=True)
    return [
        News(id=name, title=title, text=text, at=format_datetime(at), anchor=anchor)
        for at, name, title, text, anchor in found
    ]


def groups(board: Board) -> list[tuple[str, list[Part]]]:
    """Give the services under their headings; those without one come first."""
    return [(name, [*parts]) for name, parts in groupby(board.parts, attrgetter("group"))]


def going_on(board: Board) -> list[Episode]:
    """Give the episodes that are not over, the worst first."""
    order = [*Mood]
    return sorted(
        (each for each in board.episodes if each.ended is None),
        key=lambda each: (order.index(each.mood), -each.began.timestamp()),
    )


def past(board: Board) -> list[tuple[str, list[Episode]]]:
    """Give the episodes that are over, by the day on which they began."""
    over = [each for each in board.episodes if each.ended is not None]
    return [
        (wording.date(each[0].began), each)
        for _, each in ((day, [*same]) for day, same in groupby(over, lambda e: e.began.date()))
    ]


def calm_days(part: Part, tone: Verdict | None) -> str:
    """Draw all days of one tone as one path."""
    tall = HEIGHTS[tone]
    return "".join(
        f"M{place * PITCH} {TALL - tall}h{WIDE}v{tall}h-{WIDE}z"
        for place, day in enumerate(part.days)
        if day.tone == tone
    )


def bad_days(part: Part) -> list[tuple[int, int, Day]]:
    """Give the days that were not well, each with its place and height."""
    return [
        (place * PITCH, HEIGHTS[day.tone], day)
        for place, day in enumerate(part.days)
        if day.tone in {Verdict.DEGRADED, Verdict.DOWN}
    ]


def _badge(path: str, label: str, mood: Mood, text: str = "") -> File:
    left, right = badge.sides(label, (text or wording.WORDS[mood]).lower())
    return _file(path, SVG, "badge.svg", left=left, right=right, colour=badge.COLOURS[mood])


def _file(path: str, content_type: str, template: str, **given: object) -> File:
    text = _environment().get_template(template).render(given)
    return File(path=path, body=text.encode(), content_type=content_type, cache=SHORT)


def _sheet() -> str:
    """Name the style sheet after what is in it, so that it can be kept for ever."""
    return f"style-{blake2s(_source('public.css').encode(), digest_size=6).hexdigest()}.css"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["inert"] = inert
    environment.globals |= {
        "say": wording,
        "colours": badge.COLOURS,
        "groups": groups,
        "going_on": going_on,
        "past": past,
        "calm_days": calm_days,
        "bad_days": bad_days,
        "tones": {"up": Verdict.UP, "none": None},
        "span_of_days": PITCH * DAYS - 1,
        "TALL": TALL,
        "WIDE": WIDE,
    }
    return environment


@cache
def _source(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")
