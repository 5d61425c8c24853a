"""Monitors stay where they are, and old votes count for what has not changed."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.config.files import unhurried
from tocsin.config.compile import AIM, LIMIT, Change, compile_shards, diff
from tocsin.config.configuration import Configuration
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.script import greeting
from tocsin.domain.shard import Shard
from tocsin.domain.target import Addresses, HttpTarget, TcpTarget, Tls

NAMES = st.sets(st.text("abcd", min_size=1, max_size=4), max_size=40)


def monitor(name: str) -> Monitor:
    target = TcpTarget(host=f"{name}.example.com", port=1)
    return Monitor(id=name, target=target, locations=("eu", "us", "ap"), need=2)


def of(*monitors: Monitor) -> Configuration:
    return Configuration(locations=(), monitors=monitors)


def named(names: set[str]) -> Configuration:
    return of(*map(monitor, names))


def many(count: int, start: int = 0) -> Configuration:
    return of(*(monitor(f"m{number}") for number in range(start, start + count)))


def homes(shards: tuple[Shard, ...]) -> dict[str, str]:
    return {monitor.id: shard.id for shard in shards for monitor in shard.monitors}


def test_the_first_version_fills_shards_to_the_aim() -> None:
    shards = compile_shards(many(2 * AIM + 1), (), 1)

    assert [shard.id for shard in shards] == ["s0", "s1", "s2"]
    assert sorted(len(shard.monitors) for shard in shards) == [167, 167, 167]
    assert {shard.version for shard in shards} == {1}
    assert {m.changed_in for shard in shards for m in shard.monitors} == {1}


def test_a_new_monitor_goes_to_the_emptiest_shard() -> None:
    before = (
        Shard(id="s0", version=1, monitors=(monitor("a"), monitor("b"))),
        Shard(id="s1", version=1, monitors=(monitor("c"),)),
    )

    after = compile_shards(named({"a", "b", "c", "d"}), before, 2)

    assert homes(after) == {"a": "s0", "b": "s0", "c": "s1", "d": "s1"}


def test_a_shard_that_became_empty_stays_and_ends_its_incidents() -> None:
    before = (
        Shard(id="s0", version=1, monitors=(monitor("a"),)),
        Shard(id="s1", version=1, monitors=(monitor("b"),)),
    )

    after = compile_shards(named({"b"}), before, 2)

    assert after[0] == Shard(id="s0", version=2, monitors=())
    assert homes(after) == {"b": "s1"}


def test_a_name_that_is_in_use_is_not_given_twice() -> None:
    before = (Shard(id="s1", version=1, monitors=many(AIM).monitors),)

    after = compile_shards(many(2 * AIM), before, 2)

    assert [shard.id for shard in after] == ["s1", "s0"]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"target": TcpTarget(host="z.example.com", port=1)}, id="the target"),
        pytest.param({"target": HttpTarget(url="https://a.example.com/")}, id="the kind"),
        pytest.param(
            {"target": TcpTarget(host="a.example.com", port=1, script=greeting("x"))},
            id="the script",
        ),
        pytest.param(
            {"target": TcpTarget(host="a.example.com", port=1, tls=Tls(fail_days=7))},
            id="the rules of TLS",
        ),
        pytest.param(
            {"target": TcpTarget(host="a.example.com", port=1, addresses=Addresses.ALL)},
            id="how many addresses must pass",
        ),
        pytest.param({"interval": timedelta(minutes=5)}, id="the interval"),
        pytest.param({"timeout": timedelta(seconds=1)}, id="the timeout"),
        pytest.param({"retries": 0}, id="the retries"),
    ],
)
def test_old_votes_do_not_count_when_what_is_checked_changes(changed: dict[str, object]) -> None:
    before = compile_shards(named({"a", "b"}), (), 3)

    (shard,) = compile_shards(of(replace(monitor("a"), **changed), monitor("b")), before, 4)  # type: ignore[arg-type]

    assert [m.changed_in for m in shard.monitors] == [4, 3]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"locations": ("eu", "us")}, id="the locations"),
        pytest.param({"need": 3}, id="the quorum"),
        pytest.param({"fail_for": timedelta(minutes=1)}, id="how long a fault must last"),
        pytest.param({"slow": timedelta(seconds=1)}, id="what is slow"),
        pytest.param({"slow_phases": (("tls", timedelta(seconds=1)),)}, id="a slow phase"),
        pytest.param({"routes": (Route.PAGE,)}, id="the routes"),
        pytest.param({"runbook": "https://wiki.example.com/"}, id="the runbook"),
        pytest.param({"tags": ("blue",)}, id="the tags"),
    ],
)
def test_old_votes_count_on_when_only_their_use_changes(changed: dict[str, object]) -> None:
    before = compile_shards(named({"a"}), (), 3)

    (shard,) = compile_shards(of(replace(monitor("a"), **changed)), before, 4)  # type: ignore[arg-type]

    assert [m.changed_in for m in shard.monitors] == [3]


def test_a_monitor_that_comes_back_is_a_new_one() -> None:
    first = compile_shards(named({"a", "b"}), (), 1)
    without = compile_shards(named({"b"}), first, 2)

    (shard,) = compile_shards(named({"a", "b"}), without, 3)

    assert [m.changed_in for m in shard.monitors] == [3, 1]


def test_a_version_never_goes_back() -> None:
    before = compile_shards(named({"a"}), (), 5)

    with pytest.raises(ValueError, match="version 4 is older"):
        compile_shards(named({"a"}), before, 4)


@unhurried
@given(NAMES, NAMES, st.randoms())
def test_the_order_of_the_file_does_not_matter(
    old: set[str], new: set[str], random: Random
) -> None:
    before = tuple(
        Shard(id=f"s{n}", version=1, monitors=tuple(map(monitor, sorted(old)[n::3])))
        for n in range(3)
    )
    shuffled = sorted(new)
    random.shuffle(shuffled)

    assert compile_shards(of(*map(monitor, shuffled)), before, 2) == compile_shards(
        of(*map(monitor, sorted(new))), before, 2
    )


@unhurried
@given(st.lists(NAMES, min_size=2, max_size=5))
def test_no_monitor_ever_moves_and_none_is_lost(history: list[set[str]]) -> None:
    shards: tuple[Shard, ...] = ()
    for version, names in enumerate(history, start=1):
        before, shards = shards, compile_shards(named(names), shards, version)

        after = homes(shards)
        assert after.keys() == names
        assert sum(len(shard.monitors) for shard in shards) == len(names)
        assert {name: after[name] for name in homes(before).keys() & names} == {
            name: home for name, home in homes(before).items() if name in names
        }
        assert [s.id for s in shards][: len(before)] == [s.id for s in before]


@unhurried
@given(NAMES)
def test_compiling_the_same_again_changes_nothing(names: set[str]) -> None:
    shards = compile_shards(named(names), (), 1)

    assert compile_shards(named(names), shards, 1) == shards
    assert not diff(shards, compile_shards(named(names), shards, 2))


@unhurried
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=4))
def test_no_shard_ever_holds_more_than_its_limit(history: list[tuple[int, int]]) -> None:
    shards: tuple[Shard, ...] = ()
    for version, (start, count) in enumerate(history, start=1):
        shards = compile_shards(many(count, start), shards, version)

        assert all(len(shard.monitors) <= LIMIT for shard in shards)


def test_a_diff_names_what_came_what_went_and_which_keys_changed() -> None:
    before = compile_shards(named({"a", "b", "c"}), (), 1)
    edited = replace(
        monitor("b"), need=3, routes=(Route.PAGE,), fail_for=timedelta(minutes=1), retries=1
    )

    after = compile_shards(of(edited, monitor("c"), monitor("d")), before, 2)

    found = diff(before, after)
    assert found.added == ("d",)
    assert found.removed == ("a",)
    assert found.changed == (Change(monitor="b", fields=("quorum", "retries", "for", "alert")),)
    assert found


def test_a_diff_brings_both_targets_where_what_is_checked_changed() -> None:
    before = compile_shards(named({"a", "b"}), (), 1)
    moved = TcpTarget(host="z.example.com", port=1)
    slow = timedelta(seconds=1)

    after = compile_shards(
        of(
            replace(monitor("a"), target=moved),
            replace(monitor("b"), slow=slow, slow_phases=(("tls", slow),)),
        ),
        before,
        2,
    )

    assert diff(before, after).changed == (
        Change(monitor="a", fields=("target",), targets=(monitor("a").target, moved)),
        Change(monitor="b", fields=("slow",)),
    )
