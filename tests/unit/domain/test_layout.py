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


def test_parents_in_other_shards_are_found_and_others_are_not() -> None:
    assert layout([ONE, TWO]).parents == {"s0": {"s1": {"dns"}}, "s1": {}}
