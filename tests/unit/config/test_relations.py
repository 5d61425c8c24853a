"""What monitors say of one another: on which they depend, and what they were before."""

# ruff: noqa: E501 - a case a line: the tables are read down their columns

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.config.files import configured, faults, marked, watching
from tocsin.config.fault import Place
from tocsin.config.relations import GUESSED, circles

TCP = "tcp: 'a.example.com:1'"
NAMES = "abcdef"
GRAPHS = st.fixed_dictionaries(
    {name: st.sets(st.sampled_from(NAMES)).map(lambda s: tuple(sorted(s))) for name in NAMES}
).map(lambda graph: {name: tuple(p for p in above if p != name) for name, above in graph.items()})


def lines(*monitors: str) -> str:
    """Give monitors, each `name: more`, as a file has them."""
    return watching("\n".join("  {}: {{{}, {}}}".format(*_parts(each)) for each in monitors))


def _parts(monitor: str) -> tuple[str, str, str]:
    name, _, more = monitor.partition(": ")
    return name, TCP, more or "retries: 2"


@pytest.mark.parametrize(
    ("monitors", "code", "mend"),
    [
        pytest.param(("web: depends_on: [»db]",), "unknown_monitor", "Name a monitor of this file", id="on nobody"),
        pytest.param(("web: depends_on: [»databse]", "database"), "unknown_monitor", "Write database", id="on a misspelt one"),
        pytest.param(("web: depends_on: [»Database]", "database"), "unknown_monitor", "Write database", id="on one in capitals"),
        pytest.param(("web: depends_on: [»db]", "database: was: db"), "unknown_monitor", "Write database", id="on one by its former name"),
        pytest.param(("wex: depends_on: [db, »we]", "db", "web"), "unknown_monitor", "Write web", id="on one that is there, and on one that is not and cannot be itself"),
        pytest.param(("web: depends_on: »[db, db]", "db"), "named_twice", "Remove one", id="on one twice"),
        pytest.param(("web: depends_on: »[]",), "empty_list", "Name at least one, or remove the key", id="on an empty list"),
        pytest.param(("web: depends_on: »db", "db"), "wrong_type", "as a list: [db]", id="on a word"),
        pytest.param(("web: »depends_on: ", "db"), "wrong_type", "Write it as a list", id="on nothing"),
        pytest.param(("web: depends_on: [»{db: 1}]", "db"), "wrong_type", "Write one value", id="on a mapping"),
        pytest.param(("web: depends_on: [»web]",), "circle", "Remove it", id="on itself"),
        pytest.param(("web: depends_on: [db, »web]", "db"), "circle", "Remove it", id="on itself among others"),
        pytest.param(("web: depends_on: [»db]", "db: depends_on: [web]"), "circle", "Remove one of these dependencies", id="on each other"),
        pytest.param(("web: »depend_on: [db]", "db"), "unknown_key", "Write depends_on", id="a misspelt key"),
        pytest.param(("web: was: »web",), "same_name", "Remove `was`", id="it was what it is"),
        pytest.param(("web: was: »db", "db"), "name_in_use", "Remove the monitor db, or `was`", id="it was what another is"),
        pytest.param(("web: was: old", "db: was: »old"), "named_twice", "Keep it where", id="two were the same"),
        pytest.param(("web: was: »The Web",), "bad_name", "the name that the file had before", id="a name that never was one"),
        pytest.param(("web: was: »[old]",), "wrong_type", "Write one value", id="a list of names"),
        pytest.param(("web: »was: ",), "wrong_type", "remove the key", id="no name"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_of_another_is_refused_where_it_is_said(
    monitors: tuple[str, ...], code: str, mend: str
) -> None:
    file = marked(lines(*monitors))

    (fault,) = faults(file.text)

    assert (fault.code, Place(fault.line, fault.column)) == (code, *file.places)
    assert mend in fault.fix


def test_a_circle_is_named_in_full_and_once() -> None:
    file = marked(
        lines(
            "web: depends_on: [api]",
            "api: depends_on: [lone, »cache]",
            "cache: depends_on: [db]",
            "db: depends_on: [api]",
            "lone",
        )
    )

    (fault,) = faults(file.text)

    assert "api -> cache -> db -> api" in fault.message
    assert Place(fault.line, fault.column) == file.places[0]


def test_each_of_two_circles_is_told() -> None:
    file = marked(
        lines(
            *("a: depends_on: [»b]", "b: depends_on: [a, c]"),
            *("c: depends_on: [»d]", "d: depends_on: [c]"),
        )
    )

    found = faults(file.text)

    assert [Place(fault.line, fault.column) for fault in found] == list(file.places)


def test_of_very_many_unknown_names_the_first_are_guessed() -> None:
    """To look for one that is like it takes a while: a file of thousands is told of at once."""
    wrong = (f"m{number}: depends_on: [databas{number}]" for number in range(GUESSED + 1))

    found = faults(lines(*wrong, "databas-"))

    assert {fault.fix for fault in found[:-1]} == {"Write databas-"}
    assert found[-1].fix.startswith("Name a monitor")


def test_who_depends_on_itself_may_be_in_a_circle_as_well() -> None:
    file = marked(lines("a: depends_on: [»a, »b]", "b: depends_on: [a]"))

    found = faults(file.text)

    assert [Place(fault.line, fault.column) for fault in found] == list(file.places)
    assert "a -> b -> a" in found[1].message


def test_two_who_depend_on_the_same_are_no_circle() -> None:
    assert not faults(
        lines("a: depends_on: [b, c]", "b: depends_on: [d]", "c: depends_on: [d]", "d")
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("  db: 5", id="one that is no mapping"),
        pytest.param("  db: {tcp: x}", id="one whose target is wrong"),
        pytest.param("  db: {interval: 5m}", id="one without a kind"),
        pytest.param("  Db: {tcp: 'a.example.com:1'}", id="one whose name is refused"),
    ],
)
def test_one_that_was_refused_is_not_missing_as_well(other: str) -> None:
    found = faults(watching(f"  web: {{{TCP}, depends_on: [db]}}\n{other}"))

    assert len(found) == 1
    assert found[0].code != "unknown_monitor"


def test_monitors_of_all_kinds_have_relations_and_those_are_in_their_order() -> None:
    found = configured(
        watching(
            f"  web: {{{TCP}, depends_on: [job, db], was: site}}\n"
            f"  db: {{{TCP}}}\n"
            "  job: {heartbeat: 1d, depends_on: [db], was: backup}"
        )
    )

    web, db, job = found.monitors
    assert (web.depends_on, web.was) == (("job", "db"), "site")
    assert (db.depends_on, db.was) == ((), None)
    assert (job.depends_on, job.was) == (("db",), "backup")


def leads_back(name: str, graph: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether a monitor depends on itself, by going everywhere."""
    seen: set[str] = set()
    waiting = [*graph[name]]
    while waiting:
        here = waiting.pop()
        if here not in seen:
            seen.add(here)
            waiting += graph[here]
    return name in seen


@given(GRAPHS)
def test_every_monitor_in_a_circle_is_in_one_that_is_told_and_no_other(
    graph: dict[str, tuple[str, ...]],
) -> None:
    told = list(circles(graph))

    assert {name for way in told for name in way} == {n for n in graph if leads_back(n, graph)}
    for way in told:
        assert way[0] == way[-1]
        assert len(set(way)) == len(way) - 1
        assert all(parent in graph[child] for child, parent in pairwise(way))


class Counted(dict[str, tuple[str, ...]]):
    """Monitors and what they depend on; it counts how often somebody is followed."""

    steps = 0

    def __getitem__(self, name: str) -> tuple[str, ...]:
        self.steps += 1
        return super().__getitem__(name)


def test_only_who_may_be_in_a_circle_is_followed() -> None:
    """Of thousands in a row each would be followed by all before it: that takes minutes."""
    above = {f"a{n}": (f"a{n - 1}",) for n in range(1, 3000)}
    below = {f"b{n}": (f"b{n - 1}",) for n in range(1, 3000)}
    graph = Counted({**above, "a0": ("x",), "x": ("y", "b2999"), "y": ("x",), "b0": (), **below})

    assert [*circles(graph)] == [("x", "y", "x")]
    assert graph.steps < 10
