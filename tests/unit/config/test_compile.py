"""Monitors stay where they are, and old votes count for what has not changed."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.config.compile import AIM, LIMIT, Change, compile_shards, diff
from tocsin.config.configuration import Configuration
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.script import greeting
from tocsin.domain.shard import Shard
from tocsin.domain.target import Addresses, HttpTarget, TcpTarget, Tls
from tocsin.domain.window import Window

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


def over_two(*names: str) -> tuple[Shard, ...]:
    """Lay monitors out in turn in two shards."""
    return tuple(
        Shard(id=f"s{n}", version=1, monitors=tuple(map(monitor, names[n::2]))) for n in range(2)
    )


def closed(configuration: Configuration, *windows: Window) -> Configuration:
    return replace(configuration, windows=windows)


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
        pytest.param({"depends_on": ("b",)}, id="what it depends on"),
        pytest.param({"was": "z"}, id="what it was"),
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


@given(NAMES)
def test_compiling_the_same_again_changes_nothing(names: set[str]) -> None:
    shards = compile_shards(named(names), (), 1)

    assert compile_shards(named(names), shards, 1) == shards
    assert not diff(shards, compile_shards(named(names), shards, 2))


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


def test_a_renamed_monitor_stays_where_it_is_and_its_votes_begin_anew() -> None:
    before = over_two("a", "b", "c")
    new = replace(monitor("z"), was="a")

    after = compile_shards(of(new, monitor("b"), monitor("c")), before, 2)

    assert homes(after) == {"z": "s0", "b": "s1", "c": "s0"}
    assert {m.id: m.changed_in for shard in after for m in shard.monitors} == {
        "z": 2,
        "b": 0,
        "c": 0,
    }


def test_room_is_made_for_the_new_when_the_renamed_have_theirs() -> None:
    """In the order of their names the new one would come first, into the shard of the renamed."""
    before = over_two("m", "n")

    after = compile_shards(
        of(monitor("a"), replace(monitor("z"), was="n"), monitor("m")), before, 2
    )

    assert homes(after) == {"m": "s0", "z": "s1", "a": "s0"}


@pytest.mark.parametrize(
    "monitors",
    [
        pytest.param((replace(monitor("b"), was="a"), monitor("c")), id="one that was there"),
        pytest.param((replace(monitor("z"), was="x"), monitor("b")), id="the heir of nobody"),
        pytest.param((replace(monitor("z"), was="a"), monitor("a")), id="the heir of one present"),
    ],
)
def test_a_name_is_inherited_by_none_but_a_new_monitor_from_one_that_went(
    monitors: tuple[Monitor, ...],
) -> None:
    before = over_two("a", "b", "c")

    found = diff(before, compile_shards(of(*monitors), before, 2))

    assert found.renamed == ()


def test_what_was_renamed_once_is_not_renamed_again() -> None:
    first = compile_shards(named({"a"}), (), 1)
    renamed = of(replace(monitor("b"), was="a"))
    second = compile_shards(renamed, first, 2)

    third = compile_shards(renamed, second, 3)
    fourth = compile_shards(named({"b"}), third, 4)

    assert not diff(second, third)
    assert [m.changed_in for m in third[0].monitors] == [2]
    assert diff(third, fourth).changed == (Change(monitor="b", fields=("was",)),)
    assert [m.changed_in for m in fourth[0].monitors] == [2]


def test_a_diff_tells_a_renaming_from_a_monitor_that_came_and_one_that_went() -> None:
    before = over_two("a", "b", "c")
    new = replace(monitor("z"), was="a", need=3, target=monitor("a").target)

    found = diff(before, compile_shards(of(new, monitor("b"), monitor("d")), before, 2))

    assert (found.renamed, found.added, found.removed) == ((("a", "z"),), ("d",), ("c",))
    assert found.changed == (Change(monitor="z", fields=("quorum",)),)


def test_a_renaming_alone_is_a_change() -> None:
    before = over_two("a", "b")
    new = replace(monitor("z"), was="a", target=monitor("a").target)

    found = diff(before, compile_shards(of(new, monitor("b")), before, 2))

    assert (found.added, found.removed, found.changed) == ((), (), ())
    assert found


@given(NAMES, st.dictionaries(st.text("abcd", min_size=1, max_size=4), st.text("xyz", min_size=1)))
def test_who_is_renamed_keeps_company(names: set[str], wishes: dict[str, str]) -> None:
    before = tuple(
        Shard(id=f"s{n}", version=1, monitors=tuple(map(monitor, sorted(names)[n::3])))
        for n in range(3)
    )
    heirs = {new: old for old, new in wishes.items() if old in names}  # each new name once
    stay = names - set(heirs.values())

    after = compile_shards(
        of(*map(monitor, stay), *(replace(monitor(new), was=old) for new, old in heirs.items())),
        before,
        2,
    )

    where = homes(before)
    assert homes(after) == {n: where[n] for n in stay} | {n: where[o] for n, o in heirs.items()}
    assert set(diff(before, after).renamed) == {(old, new) for new, old in heirs.items()}


HOUR = timedelta(hours=1)
ALL = Window(cron="0 2 * * 0", length=HOUR)
SOME = Window(cron="0 2 * * 1", length=HOUR, monitors=("b",))
TAGGED = Window(cron="0 2 * * 2", length=HOUR, tags=("blue",))


def test_a_shard_has_the_windows_that_are_about_any_of_its_monitors() -> None:
    before = (*over_two("a", "b"), Shard(id="s2", version=1, monitors=()))
    blue = replace(monitor("a"), tags=("blue",))

    after = compile_shards(closed(of(blue, monitor("b")), ALL, SOME, TAGGED), before, 2)

    assert {shard.id: shard.windows for shard in after} == {
        "s0": (ALL, TAGGED),
        "s1": (ALL, SOME),
        "s2": (),
    }


def test_a_window_makes_no_vote_void() -> None:
    before = compile_shards(named({"a", "b"}), (), 1)

    (shard,) = compile_shards(closed(named({"a", "b"}), ALL), before, 2)

    assert [m.changed_in for m in shard.monitors] == [1, 1]


def test_a_diff_tells_each_window_that_came_or_went_once() -> None:
    wide = replace(ALL, length=2 * HOUR)
    before = over_two("a", "b")
    old = compile_shards(closed(named({"a", "b"}), ALL, SOME), before, 2)

    found = diff(old, compile_shards(closed(named({"a", "b"}), SOME, wide), old, 3))

    assert (found.begun, found.ended, found.changed) == ((wide,), (ALL,), ())
    assert found
    assert not diff(old, compile_shards(closed(named({"a", "b"}), SOME, ALL), old, 3))
