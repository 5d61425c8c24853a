"""The status page for programs: `status.json`, by the schema in docs/status.schema.json."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from tocsin.domain.quorum import Verdict
from tocsin.pages import wording
from tocsin.pages.showing import inert
from tocsin.usecases.board import Board, Day, Episode, Part, Work
from tocsin.usecases.publish import EVERY

VERSION: Final = 1
"""Goes up when a program that reads it would have to change; fields may come without that."""
LETTERS: Final = {Verdict.UP: "o", Verdict.DEGRADED: "p", Verdict.DOWN: "x", None: "-"}
"""A day: no outage, some of less than an hour in all, an hour or more, nothing is known."""


def written(board: Board, title: str) -> bytes:
    """Write all that the page shows."""
    document = {
        "version": VERSION,
        "title": inert(title),
        "as_of": _instant(board.at),
        "renewed_every_s": int(EVERY.total_seconds()),
        "state": str(board.mood),
        "text": wording.overall(board),
        "services": [_part(part) for part in board.parts],
        "incidents": [_episode(each, board) for each in board.episodes],
        "maintenance": [_work(each, board) for each in board.works],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _part(part: Part) -> dict[str, Any]:
    return {
        "id": part.slug,
        "name": inert(part.name),
        "group": inert(part.group) or None,
        "state": str(part.mood),
        "unsteady": part.unsteady,
        "since": None if part.since is None else _instant(part.since),
        "uptime": None if part.uptime is None else round(part.uptime, 6),
        "days": _days(part.days),
    }


def _days(days: Sequence[Day]) -> dict[str, str] | None:
    if not days:
        return None
    return {
        "first": f"{wording.midnight(days[0]):%Y-%m-%d}",
        "states": "".join(LETTERS.get(day.tone, "-") for day in days),
    }


def _episode(episode: Episode, board: Board) -> dict[str, Any]:
    return {
        "id": episode.id,
        "state": str(episode.mood),
        "text": wording.headline(episode, board),
        "services": list(episode.parts),
        "began": _instant(episode.began),
        "ended": None if episode.ended is None else _instant(episode.ended),
        "unsteady": episode.unsteady,
    }


def _work(work: Work, board: Board) -> dict[str, Any]:
    return {
        "text": wording.announced(work, board),
        "services": list(work.parts),
        "begins": _instant(work.begins),
        "ends": _instant(work.ends),
    }


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
