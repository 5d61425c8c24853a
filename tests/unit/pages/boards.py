"""Status pages to look at, in every state that there is.

`PYTHONPATH=.:shared:cli python -m tests.unit.pages.boards FOLDER` writes them.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

from tests.fakes.make import NOON, TICK
from tocsin.domain.quorum import Verdict
from tocsin.domain.rollup import HOUR
from tocsin.domain.uptime import DAY, tone
from tocsin.pages.publication import Face, draw
from tocsin.usecases.board import Board, Day, Episode, Mood, Part, Work
from tocsin.usecases.overview import DAYS

FACE = Face(title="Example Status", url="https://status.example.com/")
TODAY = TICK // HOUR // DAY
MINUTE = timedelta(minutes=1)


def days(down_minutes: dict[int, int], *, known: int = DAYS) -> tuple[Day, ...]:
    """Give `DAYS` days; `down_minutes` says how long it failed so many days ago."""
    found = []
    for ago in range(DAYS - 1, -1, -1):
        down = down_minutes.get(ago, 0) * MINUTE
        seconds = {Verdict.DOWN: int(down.total_seconds()), Verdict.UP: 3600}
        what = tone(seconds) if ago < known else None
        found.append(Day(number=TODAY - ago, tone=what, down=down))
    return tuple(found)


def part(
    name: str,
    group: str = "",
    mood: Mood = Mood.OPERATIONAL,
    *,
    since: int = 30 * 24 * 60,
    bad: dict[int, int] | None = None,
    known: int = DAYS,
    unsteady: bool = False,
) -> Part:
    lost = sum((bad or {}).values())
    return Part(
        slug=name.lower().replace(" ", "-"),
        name=name,
        group=group,
        mood=mood,
        since=NOON - since * MINUTE,
        unsteady=unsteady,
        days=days(bad or {}, known=known),
        uptime=1 - lost / (known * 1440) if known else None,
    )


def episode(
    mood: Mood, *parts: str, ago: timedelta, lasted: timedelta | None = None, unsteady: bool = False
) -> Episode:
    began = NOON - ago
    return Episode(
        id=f"{began:%Y%m%dT%H%MZ}-{mood}-{parts[0]}",
        mood=mood,
        parts=parts,
        began=began,
        ended=None if lasted is None else began + lasted,
        unsteady=unsteady,
    )


def board(parts: Sequence[Part], *episodes: Episode, works: Sequence[Work] = ()) -> Board:
    return Board(at=NOON, parts=tuple(parts), episodes=episodes, works=tuple(works))


PAST = (
    episode(Mood.DEGRADED, "website", ago=timedelta(days=4, hours=3), lasted=55 * MINUTE),
    episode(
        Mood.OUTAGE, "checkout", "customer-api", ago=timedelta(days=23), lasted=timedelta(hours=2)
    ),
    episode(
        Mood.OUTAGE,
        "sign-in",
        ago=timedelta(days=23, hours=1),
        lasted=12 * MINUTE,
        unsteady=True,
    ),
    episode(Mood.OUTAGE, "e-mail", ago=timedelta(days=61, hours=12), lasted=timedelta(hours=25)),
)
SERVICES = (
    part("Website", bad={4: 0, 60: 3}),
    part("Customer API", "For developers", bad={23: 120}),
    part("Webhooks", "For developers"),
    part("Checkout", "Shop", bad={23: 120, 44: 8}),
    part("Sign in", "Shop", bad={23: 12}),
    part("E-mail", "Shop", bad={61: 720, 60: 780}, known=70),
)
TROUBLED = (
    part("Website", bad={4: 0, 60: 3}, mood=Mood.DEGRADED, since=22, unsteady=True),
    part("Customer API", "For developers", mood=Mood.OUTAGE, since=47, bad={23: 120, 0: 42}),
    part("Webhooks", "For developers", mood=Mood.UNKNOWN, since=6),
    part("Checkout", "Shop", mood=Mood.OUTAGE, since=46, bad={23: 120, 44: 8, 0: 41}),
    part("Sign in", "Shop", bad={23: 12}),
    replace(SERVICES[-1], mood=Mood.MAINTENANCE, since=None),
)
WORKS = (
    Work(parts=("e-mail",), begins=NOON - 60 * MINUTE, ends=NOON + 60 * MINUTE),
    Work(
        parts=("checkout", "sign-in"),
        begins=NOON + timedelta(days=2, hours=13),
        ends=NOON + timedelta(days=2, hours=15),
    ),
)
CALM = board(SERVICES, *PAST)
TROUBLE = board(
    TROUBLED,
    episode(Mood.DEGRADED, "website", ago=22 * MINUTE, unsteady=True),
    episode(Mood.OUTAGE, "checkout", "customer-api", ago=46 * MINUTE),
    *PAST,
    works=WORKS,
)
EMPTY = board(())
NEW = board([part("Website", mood=Mood.UNKNOWN, known=0)])
ONE = board([part("Website")])
ALL_DOWN = board([replace(each, mood=Mood.OUTAGE) for each in SERVICES])
WORKED_ON = board(
    [replace(each, mood=Mood.MAINTENANCE, since=None) for each in SERVICES[:2]], works=WORKS[:0]
)


def many(count: int) -> Board:
    """Give a large installation, with something in its past."""
    random = Random(5)  # noqa: S311 - the same every time
    parts = [
        part(
            f"Service {number:04}",
            f"Region {number % 5}",
            bad={random.randrange(DAYS): random.randrange(200) for _ in range(number % 4)},
        )
        for number in range(count)
    ]
    return board(sorted(parts, key=lambda each: (each.group, each.name)))


BOARDS = {
    "calm": CALM,
    "trouble": TROUBLE,
    "empty": EMPTY,
    "new": NEW,
    "one": ONE,
    "all-down": ALL_DOWN,
    "maintenance": WORKED_ON,
}


def write(folder: Path) -> None:
    for name, each in BOARDS.items():
        for file in draw(FACE, each):
            path = folder / name / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.body)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
