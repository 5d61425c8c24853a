"""A shard of two monitors at a moment, without the history that leads there."""

from tests.fakes.make import MINUTE, NOON, THREE, monitor, shard
from tocsin.domain.quorum import Verdict
from tocsin.domain.scene import Scene
from tocsin.domain.standing import Standing

SHOP = shard(monitor("db"), monitor("web"))
UP = Standing(verdict=Verdict.UP, since=NOON)
DOWN = Standing(verdict=Verdict.DOWN, since=NOON, failing=("lima", "mike"), held_down=True)
BLIND = Standing(verdict=Verdict.UNKNOWN, since=NOON - 3 * MINUTE)
WARNED = Standing(verdict=Verdict.DEGRADED, since=NOON - 10 * MINUTE, failing=("lima",))


def scene(db: Standing = UP, web: Standing = UP, **rest: object) -> Scene:
    nothing = {
        "shard": SHOP,
        "reports": {},
        "standings": {"db": db, "web": web},
        "quiet": frozenset(),
        "sheltered": frozenset(),
        "places": frozenset(THREE),
        "doubts": {},
        "leads": frozenset(THREE),
        "now": NOON,
    }
    return Scene(**(nothing | rest))  # type: ignore[arg-type]
