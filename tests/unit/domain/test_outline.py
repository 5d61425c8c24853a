"""What can be said of a shard once and for all, and for how long it is remembered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import MINUTE, THREE, monitor, shard
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.monitor import Monitor
from tocsin.domain.outline import REMEMBERED, Company, Outline, outline
from tocsin.domain.questions import ZoneTarget

LIMIT = timedelta(milliseconds=200)
DB = monitor("db")
MAIL = monitor("mail", need=3)
WEB = replace(monitor("web", locations=("lima", "oscar")), depends_on=("db", "mail"))
API = replace(monitor("api", interval=5 * MINUTE), depends_on=("db",), was="rest")
ZONE = replace(monitor("zone"), target=ZoneTarget(zone="example.com"))
BACKUP = replace(
    monitor("backup", locations=(ENDPOINT,)), target=HeartbeatTarget(period=timedelta(hours=1))
)


def company(*names: str, **rule: object) -> Company:
    rules = {"locations": THREE, "fresh_for": timedelta(seconds=150), "changed_in": 0} | rule
    return Company(names=frozenset(names), **rules)  # type: ignore[arg-type]


def test_a_shard_is_outlined_to_the_last_monitor() -> None:
    assert outline(shard(DB, MAIL, WEB, API, ZONE, BACKUP)) == Outline(
        monitors={"db": DB, "mail": MAIL, "web": WEB, "api": API, "zone": ZONE, "backup": BACKUP},
        places=frozenset({*THREE, "oscar"}),
        companies=(
            company("db", "mail"),
            company("web", locations=("lima", "oscar")),
            company("api", fresh_for=timedelta(minutes=12.5)),
            company("backup", locations=(ENDPOINT,)),
        ),
        spare={THREE: frozenset({"db", "api", "zone"})},
        zones=(ZONE,),
        jobs=(("backup", HeartbeatTarget(period=timedelta(hours=1))),),
        hanging={"web": ("db", "mail"), "api": ("db",)},
        hangs={"db": ("web", "api"), "mail": ("web",)},
        renamed=(API,),
    )


@pytest.mark.parametrize(
    "other",
    [
        monitor("other", slow=LIMIT),
        monitor("other", slow_phases=(("connect", LIMIT),)),
        replace(monitor("other"), target=ZoneTarget(zone="example.com")),
    ],
    ids=["its whole time", "the time of a phase", "its serials"],
)
def test_where_more_than_the_votes_has_a_say_a_monitor_keeps_no_company(other: Monitor) -> None:
    assert outline(shard(DB, other)).companies == (company("db"),)


def test_votes_that_count_since_another_version_are_another_company() -> None:
    newer = replace(MAIL, changed_in=3)

    assert outline(shard(DB, newer)).companies == (company("db"), company("mail", changed_in=3))


def test_a_shard_is_looked_at_once_and_another_is_looked_at_anew() -> None:
    one, same = shard(DB), shard(DB)

    assert outline(one) is outline(one)
    assert outline(same) is not outline(one)
    assert outline(same) == outline(one)


def test_as_many_shards_are_remembered_as_is_meant_to_be() -> None:
    watched = shard(DB)

    def forgotten_after() -> int:
        seen = outline(watched)
        others = range(1, 2 * REMEMBERED)
        return next(n for n in others if outline(shard()) and outline(watched) is not seen)

    forgotten_after()  # whatever others have left there
    # Itself and the one that drove it out are there already.
    assert forgotten_after() == 64 - 1
