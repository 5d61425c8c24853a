"""Write the status page: when something changes that the public sees, and every quarter of an hour.

Only files that differ from what was written last are written. What could not be written stays owed:
the next minute tries it again. It waits until everything was judged, and no alert waits for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Protocol

from tocsin.domain.window import NextStart
from tocsin.usecases.board import Board, present, remembering
from tocsin.usecases.closeup import PastIncidents
from tocsin.usecases.overview import Past
from tocsin.usecases.ports import Configs, States, StorageError
from tocsin.usecases.survey import read

EVERY = timedelta(minutes=15)
"""How old a page gets on which nothing changes: it says when it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of the page; `cache` is what Cache-Control says of it."""

    path: str
    body: bytes
    content_type: str
    cache: str

    @property
    def digest(self) -> str:
        """Tell it from what it was before."""
        told = f"{self.path}\n{self.content_type}\n{self.cache}\n".encode()
        return blake2s(told + self.body, digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is at a site: what it was made of, on which day, and the digest of each file.

    `made_of` is empty where not all of it could be written.
    """

    made_of: str = ""
    day: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)


class Site(Protocol):
    """Where the public looks."""

    def put(self, path: str, body: bytes, content_type: str, cache: str) -> None:
        """Write a file in place of what is there; StorageError where that could not be done."""
        ...


class Ledger(Protocol):
    """What was written to the site; nothing at first."""

    def written(self) -> Written:
        """Read it, strongly consistent."""
        ...

    def note(self, written: Written) -> None:
        """Keep it in place of what was known."""
        ...


type Draw = Callable[[Board, Iterable[str]], Iterable[File]]
"""Makes the files of a board; the paths are those of all files that were ever written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a wake-up did: how many files it wrote, and whether any are still owed."""

    files: int = 0
    owed: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """What it takes to publish; `look` is the version of how the page looks."""

    configs: Configs
    states: States
    past: Past
    history: PastIncidents
    next_start: NextStart
    draw: Draw
    site: Site
    ledger: Ledger
    look: str = ""

    def publish(self, now: datetime, enough: Callable[[], bool]) -> Publication:
        """Write what has changed, for as long as there is `enough` time for another file."""
        if not enough():
            return Publication(owed=True)
        before = Written()
        try:
            known = read(self.configs, self.states)
            board = present(known, self.next_start, now)
            made_of = _made_of(board, self.look)
            before = self.ledger.written()
            if before.made_of == made_of:
                return Publication()
            if not enough():  # what is remembered takes longer to read than all of this
                return Publication(owed=True)
            board = remembering(board, known, self.past, self.history)
        except StorageError as error:
            return Publication(owed=True, problem=str(error))
        return self._write(board, made_of, before, enough)

    def _write(
        self, board: Board, made_of: str, before: Written, enough: Callable[[], bool]
    ) -> Publication:
        day = board.at.date().toordinal()
        # Once a day all of it, also what somebody may have removed or changed there.
        there = dict(before.digests) if before.day == day else {}
        known = {**dict.fromkeys(before.digests, ""), **there}
        files, problem, owed = 0, "", False
        for file in self.draw(board, before.digests):
            if known.get(file.path) == file.digest:
                continue
            if not enough():
                owed = True
                break
            try:
                self.site.put(file.path, file.body, file.content_type, file.cache)
            except StorageError as error:
                owed, problem = True, str(error)
                break
            known[file.path] = file.digest
            files += 1
        written = Written(made_of="" if owed else made_of, day=day, digests=known)
        if written != before:
            try:
                self.ledger.note(written)
            except StorageError as error:
                return Publication(files=files, owed=True, problem=problem or str(error))
        return Publication(files=files, owed=owed, problem=problem)


def _made_of(board: Board, look: str) -> str:
    """Name all that a page depends on but the past, which follows from it and the time."""
    slot = int(board.at.timestamp() // EVERY.total_seconds())
    still = replace(board, at=board.at.replace(minute=0, second=0, microsecond=0))
    return blake2s(f"{look}|{slot}|{still!r}".encode(), digest_size=16).hexdigest()
