"""Pictures as SVG: the course of times, the days, the phases of a check.

They are short, since a page has hundreds: whole pixels, one path for all that looks alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.quorum import Verdict

SPARK = (96, 20)
"""Width and height of a course of times."""
DAY = 3
"""Width of a day, with the gap behind it."""
BAR = 18
"""Height of a day."""
PHASES = ("dns", "connect", "tls", "send", "first_byte", "transfer")
"""In the order in which a check passes them; each has its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a bar: which phase, how long it took, and where it lies in hundredths."""

    phase: str
    ms: float
    start: float
    width: float

    @property
    def number(self) -> int:
        """The number of its colour."""
        return PHASES.index(self.phase) if self.phase in PHASES else len(PHASES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A minute in the picture of phases: stacked parts from the bottom up, or a failure."""

    x: int
    failed: bool
    parts: tuple[tuple[int, float, float], ...] = ()


def spark(
    times: Sequence[float | None],
    width: int = SPARK[0],
    height: int = SPARK[1],
    top: float | None = None,
) -> str:
    """Draw a course of times from zero up to `top`, or to the longest of them.

    What is not known is a gap, a lone point a dot.
    """
    known = [ms for ms in times if ms is not None]
    if not known:
        return ""
    top = top or max(known) or 1
    step = (width - 2) / max(len(times) - 1, 1)
    pieces: list[str] = []
    before: float | None = None
    for place, ms in enumerate(times):
        if ms is not None:
            x, y = round(1 + place * step), round(height - 1 - (height - 3) * ms / top)
            alone = before is None and (place + 1 == len(times) or times[place + 1] is None)
            pieces.append(f"{'M' if before is None else ' '}{x} {y}{'h1' if alone else ''}")
        before = ms
    return "".join(pieces)


def days(tones: Sequence[Verdict | None], tone: str) -> str:
    """Draw all days of one tone, those beside each other as one line that is cut into days."""
    begin, pieces = None, []
    for place, each in enumerate((*tones, None)):
        if each == tone and begin is None:
            begin = place
        elif each != tone and begin is not None:
            pieces.append(f"M{begin * DAY} {BAR // 2}h{(place - begin) * DAY - 1}")
            begin = None
    return "".join(pieces)


def segments(phases: Iterable[tuple[str, float]]) -> Iterator[Segment]:
    """Lay the phases of a check out one after the other."""
    known = [*phases]
    total, start = sum(ms for _, ms in known) or 1.0, 0.0
    for phase, ms in known:
        width = 100 * ms / total
        yield Segment(phase=phase, ms=ms, start=round(start, 2), width=round(max(width, 0.6), 2))
        start += width


def columns(
    minutes: Sequence[Outcome | None], top: float, height: int, step: int
) -> Iterator[Column]:
    """Stack the phases of each minute; `top` milliseconds reach as high as it goes."""
    for place, outcome in enumerate(minutes):
        if outcome is None or outcome.vote is Vote.ABSTAIN:
            continue
        y, parts = float(height), []
        for each in segments(outcome.phases_ms.items()):
            tall = min(y, height * each.ms / (top or 1))
            y -= tall
            parts.append((each.number, round(y, 1), round(tall, 1)))
        yield Column(x=place * step, failed=outcome.vote is Vote.FAIL, parts=tuple(parts))


def highest(minutes: Iterable[Sequence[Outcome | None]]) -> float:
    """Give the longest that any of these checks took, in milliseconds."""
    return max((each.total_ms for row in minutes for each in row if each is not None), default=0)
