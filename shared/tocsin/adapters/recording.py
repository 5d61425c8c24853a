"""Reports in a file, to be replayed: lines of JSON, also packed by zlib.

The first line is `{"tocsin": "reports", "form": 1}`. Each of the others is one report, in the order
of ticks, and says what is not as was to be expected from the report of that location and shard
before it:

    {"tick": 29454480, "location": "lima", "shard": "s0", "version": 7,
     "seen": {"db": {"outcome": {"vote": "pass", "phases_ms": {"connect": 1.5}}, "every": 5}},
     "gone": ["web"], "suspect": "why"}

`seen` holds the sightings that are new; `age` in one is how many ticks ago that was (0 where it is
not said), `since` the tick in which its failures began. What is not named was seen again, with the
same outcome, in each tick that is a multiple of `every` (1) after it was last seen. `version`
stays until another is said. A line in which nothing is new has neither `seen` nor `gone`, so an
hour in which nothing happens costs next to nothing. Times of a pass are written again where they
have changed by more than a quarter, so a limit for what is slow is held to no more than that.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import IO, Final

from pydantic_core import ValidationError, from_json

from tocsin.adapters.codec import read_json, write_json
from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.report import Folded, Report, Sighting
from tocsin.usecases.ports import UnreadableError

FORM: Final = 1
DAY: Final = 1440
_HEAD: Final = {"tocsin": "reports", "form": FORM}
_CHUNK: Final = 1 << 16
_ZLIB: Final = b"\x78"
"""What begins so was packed; what is not begins with a brace."""
_NEAR: Final = 0.25
_but_times = attrgetter(*(each.name for each in fields(Outcome) if each.name != "phases_ms"))
_MOST_LINE: Final = 64 * 1024 * 1024


def write(
    reports: Iterable[Report], every: Mapping[str, int], *, packed: bool = True
) -> Iterator[bytes]:
    """Write reports, which come in the order of their ticks.

    `every` is how many ticks lie between two checks of a monitor, where it is more than one.
    """
    press = zlib.compressobj(9) if packed else None
    texts = (write_json(Line, line) for line in _lines(reports, every))
    for text in chain([json.dumps(_HEAD).encode()], texts):
        line = text + b"\n"
        if chunk := line if press is None else press.compress(line):
            yield chunk
    if press is not None:
        yield press.flush()


def read(file: IO[bytes]) -> Iterator[Report]:
    """Read reports; UnreadableError, which says in which line, where they are none."""
    number, last = 0, -1
    tracks: dict[tuple[str, str], Track] = {}
    try:
        for number, found in enumerate(_texts(file), 1):
            if number == 1:
                _greet(from_json(found))
                continue
            line: Line = read_json(Line, found)
            last = _onward(last, line.tick)
            where = line.location, line.shard
            if where not in tracks:
                tracks[where] = Track(*where)
            yield tracks[where].next(line)
    except (zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        text = f"line {number or 1} of the recorded reports: {_said(error)}"
        raise UnreadableError(text) from error
    if number == 0:
        raise UnreadableError("there are no recorded reports in an empty file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A sighting as it stands in a line."""

    outcome: Outcome
    age: int = 0
    since: int | None = None
    every: int = 1

    def __post_init__(self) -> None:
        if self.age < 0 or not 1 <= self.every <= DAY:
            raise ValueError("a check is of now or before, and comes each minute to each day")

    def sighting(self, tick: int) -> Sighting:
        """Say what was seen, in the line of this tick."""
        return Sighting(outcome=self.outcome, checked_at=tick - self.age, failing_since=self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A report as it stands in the file."""

    tick: int
    location: str
    shard: str
    version: int | None = None
    seen: Mapping[str, Seen] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    suspect: str = ""


@dataclass(slots=True)
class Track:
    """The reports of one location on one shard, as they go on from line to line.

    `calm` are monitors that pass, by the tick of the last check and how often they are checked.
    """

    location: str
    shard: str
    version: int = 0
    last: int = -1
    calm: dict[tuple[int, int], frozenset[str]] = field(default_factory=dict)
    passes: Mapping[str, Outcome] = field(default_factory=dict)
    uneasy: Mapping[str, tuple[Sighting, int]] = field(default_factory=dict)

    def next(self, line: Line) -> Report:
        """Read the next line."""
        if line.tick <= self.last:
            raise ValueError(f"{self.location} reports on {self.shard} once in a tick")
        self.go_on(line.tick)
        if line.version is not None:
            self.version = line.version
        if line.seen or line.gone:
            self._see(line.seen, line.gone)
        return Report(
            location=self.location,
            shard=self.shard,
            tick=self.last,
            config_version=self.version,
            sightings=self.sightings(),
            suspect=line.suspect,
        )

    def sightings(self) -> Folded:
        """Give what is seen now; it stays so when the next line is read."""
        calm: dict[int, frozenset[str]] = {}
        for (checked, _), names in self.calm.items():
            calm[checked] = calm[checked] | names if checked in calm else names
        others = {name: sighting for name, (sighting, _) in self.uneasy.items()}
        return Folded(calm, partial(_made, self.passes, calm), others)

    def go_on(self, tick: int) -> None:
        """See again what is due until this tick."""
        self.last = tick
        self.calm = {(_again(c, e, tick), e): names for (c, e), names in self.calm.items()}
        if self.uneasy:
            self.uneasy = {n: (_later(s, e, tick), e) for n, (s, e) in self.uneasy.items()}

    def _see(self, seen: Mapping[str, Seen], gone: Iterable[str]) -> None:
        changed = {*seen, *gone}
        passes: dict[str, Outcome] = {}
        calm: dict[tuple[int, int], list[str]] = defaultdict(list)
        uneasy = {name: each for name, each in self.uneasy.items() if name not in changed}
        for name, each in seen.items():
            if each.outcome.vote is Vote.PASS and each.outcome.warning is None:
                passes[name] = each.outcome
                calm[self.last - each.age, each.every].append(name)
            else:
                uneasy[name] = each.sighting(self.last), each.every
        for when in {**self.calm, **calm}:
            before, now = self.calm.get(when, frozenset()), frozenset(calm.get(when, ()))
            # The same set goes on where nobody comes or goes: it is known again by that.
            if before & changed != now:
                self.calm[when] = before - changed | now
        self.calm = {when: names for when, names in self.calm.items() if names}
        # Made anew, since reports that were given before still look into the old one.
        self.passes = {**self.passes, **passes}
        self.uneasy = uneasy


def _again(checked: int, every: int, tick: int) -> int:
    return checked + (tick - checked) // every * every


def _later(sighting: Sighting, every: int, tick: int) -> Sighting:
    return replace(sighting, checked_at=_again(sighting.checked_at, every, tick))


def _made(passes: Mapping[str, Outcome], calm: Mapping[int, frozenset[str]], name: str) -> Sighting:
    outcome = passes[name]
    checked = next(tick for tick, names in calm.items() if name in names)
    return Sighting(outcome=outcome, checked_at=checked)


def _said(error: Exception) -> str:
    """Say in one line what is wrong."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _onward(last: int, tick: int) -> int:
    if tick < last:
        raise ValueError("reports come in the order of their ticks")
    return tick


def _greet(line: object) -> None:
    if not isinstance(line, dict) or line.get("tocsin") != "reports":
        raise ValueError("these are no recorded reports")
    if line.get("form") != FORM:
        raise ValueError(f"form {line.get('form')} is newer: take a newer version")


def _lines(reports: Iterable[Report], every: Mapping[str, int]) -> Iterator[Line]:
    tracks: dict[tuple[str, str], Track] = {}
    for report in reports:
        where = report.location, report.shard
        if where not in tracks:
            tracks[where] = Track(*where)
        track = tracks[where]
        line = _line(report, track, every)
        track.next(line)
        yield line


def _line(report: Report, track: Track, every: Mapping[str, int]) -> Line:
    """Say what is not as the track would have it."""
    expected = replace(track)
    expected.go_on(report.tick)
    known = expected.sightings()
    seen = {
        name: Seen(
            outcome=each.outcome,
            age=report.tick - each.checked_at,
            since=each.failing_since,
            every=every.get(name, 1),
        )
        for name, each in report.sightings.items()
        if name not in known or not _alike(known[name], each)
    }
    return Line(
        tick=report.tick,
        location=report.location,
        shard=report.shard,
        version=report.config_version if report.config_version != track.version else None,
        seen=seen,
        gone=tuple(sorted(name for name in known if name not in report.sightings)),
        suspect=report.suspect,
    )


def _alike(one: Sighting, other: Sighting) -> bool:
    """Tell whether two sightings are the same but for times that differ by little."""
    if one.checked_at != other.checked_at or one.failing_since != other.failing_since:
        return False
    was, is_now = one.outcome, other.outcome
    if was is is_now:
        return True
    return _but_times(was) == _but_times(is_now) and _near(was.phases_ms, is_now.phases_ms)


def _near(before: Mapping[str, float], now: Mapping[str, float]) -> bool:
    if before.keys() != now.keys():
        return False
    return all(abs(now[phase] - ms) <= _NEAR * ms for phase, ms in before.items())


def _texts(file: IO[bytes]) -> Iterator[bytes]:
    first = file.read(1)
    press = zlib.decompressobj() if first == _ZLIB else None
    chunk, rest = first, b""
    while chunk:
        # However much a chunk unpacks to, no more than this is held of it at once.
        text = chunk if press is None else press.decompress(chunk, _MOST_LINE)
        *lines, rest = (rest + text).split(b"\n")
        yield from (line for line in lines if line)
        if len(rest) > _MOST_LINE:
            raise ValueError("the line is too long")
        chunk = press.unconsumed_tail if press is not None else b""
        chunk = chunk or file.read(_CHUNK)
    if press is not None and not press.eof:
        raise ValueError("the file ends in the middle")
    if rest:
        yield rest
