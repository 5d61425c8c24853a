"""Monitors in several shards: what moves from one to another, and what falls with its parents.

Small worlds in which it is known what must be told; the audit of each holds all the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from tests.simulation.plan import Draft, Plan, Wish
from tests.simulation.seeds import lived
from tests.simulation.steps import Edit, Probe, Ring, Step, Turn
from tests.simulation.trouble import TROUBLES
from tests.simulation.world import Loop
from tocsin.domain.incident import Ending, Event

PLACES = ("lima", "mike", "november")
REFUSED = len(TROUBLES) // 2
MOVED = "home"


@pytest.fixture(name="loop")
def _loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


def minutes(first: int, last: int, shards: Sequence[int], *, env: int = 0) -> list[Step]:
    """Let minutes pass in which all locations report, and these shards are judged in this order."""
    return [
        step
        for minute in range(first, last)
        for step in (
            *(Probe(at=minute * 60 + 5, place=place, late=5) for place in PLACES),
            *(
                Ring(at=minute * 60 + 20 + turn, shard=f"s{number}", env=env)
                for turn, number in enumerate(shards)
            ),
        )
    ]


def turned(minute: int, *names: str, trouble: int = 0) -> list[Step]:
    return [Turn(at=minute * 60, name=name, trouble=trouble, places=PLACES) for name in names]


def told(loop: Loop, plan: Plan, steps: list[Step]) -> list[tuple[str, Event, Ending | None]]:
    world = lived(plan, sorted(steps, key=lambda step: step.at), loop)
    return [
        (alert.subjects[0].monitor, alert.event, alert.ending)
        for alert in world.ledger.decided.values()
    ]


def watched(*wishes: Wish) -> Plan:
    return Plan(draft=Draft(version=1, homes=3, wishes=wishes))


@pytest.mark.parametrize("rename", [False, True], ids=["moved", "moved and renamed"])
def test_what_moves_while_it_is_down_ends_where_it_was_and_begins_where_it_is(
    rename: bool,  # noqa: FBT001 - a parameter of the test
    loop: Loop,
) -> None:
    """One aggregator still has the former file, so both shards judge it for a minute."""
    lags = (("judge0", 120), ("judge1", 0), *((place, 0) for place in PLACES))
    edits: list[Step] = [Edit(at=181, what="home", name="api", value=1, lags=lags)]
    name = "api"
    if rename:
        edits.append(Edit(at=182, what="rename", name="api", value="api2", lags=lags))
        name = "api2"
    both = [
        *minutes(3, 5, [1], env=1),
        *(replace(step, at=step.at + 5) for step in minutes(3, 5, [0]) if isinstance(step, Ring)),
    ]

    found = told(
        loop,
        watched(Wish(name="api", places=PLACES), Wish(name="db", places=PLACES)),
        [
            *turned(0, "api", trouble=REFUSED),
            *minutes(0, 3, [0, 1]),
            *edits,
            *both,
            *minutes(5, 8, [0, 1]),
            *turned(8, "api", name),
            *minutes(8, 10, [0, 1]),
        ],
    )

    assert found == [
        ("api", Event.OPENED, None),
        (name, Event.OPENED, None),
        ("api", Event.RESOLVED, Ending.DELETED),
        (name, Event.RESOLVED, Ending.RECOVERED),
    ]


CHAIN = (
    Wish(name="api", places=PLACES, depends_on=("bastion",), home=2),
    Wish(name="bastion", places=PLACES, depends_on=("cache",), home=1),
    Wish(name="cache", places=PLACES, home=0),
)


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
@pytest.mark.parametrize(
    "fallen",
    [("api", "bastion", "cache"), ("api", "cache")],
    ids=["all three fall", "what is between them does not"],
)
def test_what_falls_with_its_parents_in_other_shards_is_one_alert_in_whatever_order(
    fallen: tuple[str, ...], order: tuple[int, ...], loop: Loop
) -> None:
    found = told(
        loop,
        watched(*CHAIN),
        [
            *minutes(0, 2, order),
            *turned(2, *fallen, trouble=REFUSED),
            *minutes(2, 6, order),
            *turned(6, *fallen),
            *minutes(6, 12, order),
        ],
    )

    assert [(name, event) for name, event, _ in found] == [
        ("cache", Event.OPENED),
        ("cache", Event.RESOLVED),
    ]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=str)
def test_a_parent_that_was_renamed_shelters_also_before_it_is_judged_by_its_new_name(
    order: tuple[int, ...], loop: Loop
) -> None:
    lags = tuple((place, 60) for place in PLACES)

    found = told(
        loop,
        watched(*CHAIN),
        [
            *turned(0, "cache", trouble=REFUSED),
            *minutes(0, 3, (0, 1, 2)),
            Edit(at=181, what="rename", name="cache", value="cache2", lags=lags),
            *turned(3, "api", "bastion", trouble=REFUSED),
            *minutes(3, 6, order),
            *turned(6, "api", "bastion", "cache"),
            *minutes(6, 15, (0, 1, 2)),
        ],
    )

    assert [name for name, event, _ in found if event is Event.OPENED] == ["cache"]
