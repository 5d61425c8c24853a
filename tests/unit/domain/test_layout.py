"""How shards lie to each other: who tells of a location, and where parents are."""

from dataclasses import replace

from tests.fakes.make import monitor
from tocsin.domain.shard import Shard, layout

ONE = Shard(
    id="s0",
    version=1,
    monitors=(monitor("db"), replace(monitor("api"), depends_on=("db", "dns", "gone"))),
)
TWO = Shard(
    id="s1",
    version=1,
    monitors=(monitor("dns", locations=("mike", "oscar")), monitor("vpn", locations=("oscar",))),
)


def test_each_location_has_one_shard_that_tells_of_it() -> None:
    leads = layout([TWO, ONE]).leads

    assert leads == {"s0": {"lima", "mike", "november"}, "s1": {"oscar"}}


def test_it_knows_where_each_monitor_is_and_what_it_depends_on() -> None:
    lie = layout([TWO, ONE])

    assert lie.shards == {"s0": ONE, "s1": TWO}
    assert lie.homes == {"db": "s0", "api": "s0", "dns": "s1", "vpn": "s1"}
    assert lie.parents == {"api": ("db", "dns", "gone")}
