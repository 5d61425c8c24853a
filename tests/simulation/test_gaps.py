"""Every gap between two effects, and every way in which two aggregators can take turns.

Small worlds in which all of them can be tried: an outage of two monitors that opens, is told to
two routes, and ends. The invariants are held by the audit of each world.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from tests.simulation.plan import Draft, Plan, Wish
from tests.simulation.seeds import lived
from tests.simulation.steps import Fate, Probe, Ring, Step, Topic, Turn
from tests.simulation.trouble import TROUBLES
from tests.simulation.world import Loop
from tocsin.domain.incident import Alert, Event
from tocsin.domain.monitor import Route

PLACES = ("lima", "mike", "november")
PLAN = Plan(
    draft=Draft(
        version=1,
        homes=1,
        wishes=(
            Wish(name="api", places=PLACES, routes=(Route.PAGE, Route.CHAT)),
            Wish(name="db", places=PLACES, routes=(Route.NOTICE,)),
        ),
    )
)
GAPS = 60
"""More points between two effects than any run here has."""


@pytest.fixture(name="loop")
def _loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


def seen(minute: int) -> list[Step]:
    return [Probe(at=minute * 60 + 5, place=place, late=5) for place in PLACES]


def outage(first: Ring, second: Ring, *, topic: str = "") -> list[Step]:
    """Let both monitors go down, and come back five minutes later; these runs judge it."""
    down = [
        Turn(at=0, name=wish.name, trouble=number, places=PLACES)
        for number, wish in enumerate(PLAN.draft.wishes, start=len(TROUBLES) // 2)
    ]
    return [
        *down,
        Topic(at=0, mode=topic),
        *seen(0),
        replace(first, at=20),
        Topic(at=60),
        *seen(2),
        Ring(at=150, shard="s0"),
        *(replace(turn, at=300, trouble=0) for turn in down),
        *seen(5),
        replace(second, at=320),
        *seen(8),
        *(Ring(at=500 + 10 * n, shard="s0", again=True) for n in range(3)),
    ]


def told(plan: Plan, steps: Iterable[Step], loop: Loop) -> list[Event]:
    """Live through it, and give the events that were decided."""
    world = lived(plan, list(steps), loop)
    return sorted(alert.event for alert in world.ledger.decided.values())


CALM = Ring(at=0, shard="s0")
ALL = sorted([Event.OPENED, Event.RESOLVED] * 2)
"""Two monitors that share nothing: two openings and two ends, however it comes about."""


@pytest.mark.parametrize("how", ["crash", "error"])
@pytest.mark.parametrize("topic", ["", "throttled", "mute", "down"])
def test_6_a_run_that_ends_in_any_gap_loses_nothing(how: str, topic: str, loop: Loop) -> None:
    for point in range(1, GAPS):
        fated = replace(CALM, fate=Fate(point=point, how=how))
        for runs in ((fated, CALM), (CALM, fated), (fated, fated)):
            assert told(PLAN, outage(*runs, topic=topic), loop) == ALL, point


def test_3_no_end_goes_out_before_its_beginning(loop: Loop) -> None:
    """Also where all is well again while the claim of a run that has ended still stands."""
    begin = outage(CALM, CALM)[:6]
    heal = [Turn(at=60, name=wish.name) for wish in PLAN.draft.wishes]
    for point in range(1, GAPS):
        fated = Ring(at=20, shard="s0", fate=Fate(point=point))
        soon = [*heal, *seen(1), Ring(at=80, shard="s0"), Ring(at=100, shard="s0")]
        late = [*seen(4), *(Ring(at=280 + 10 * n, shard="s0") for n in range(3))]
        events = told(PLAN, [*begin, fated, *soon, *late], loop)
        assert events in (ALL, []), point


@pytest.mark.parametrize("budget", range(4))
def test_6_a_run_without_time_leaves_the_rest_to_the_next(budget: int, loop: Loop) -> None:
    hurried = replace(CALM, fate=Fate(budget=budget))

    assert told(PLAN, outage(hurried, hurried), loop) == ALL


@pytest.mark.parametrize("skew", [0, 29, -29])
def test_18_two_aggregators_end_in_one_state_in_whatever_order(skew: int, loop: Loop) -> None:
    for turns in product("ab", repeat=7):
        order = "".join(letter * 3 for letter in turns)
        pair = replace(CALM, rival=replace(CALM, skew=skew), order=order, again=True)
        assert told(PLAN, outage(pair, pair), loop) == ALL, order


def test_18_one_of_two_may_end_at_any_gap(loop: Loop) -> None:
    for point in range(1, GAPS, 2):
        fated = replace(CALM, fate=Fate(point=point))
        for order in ("ab", "aab", "abb", "aaabbb"):
            pair = replace(fated, rival=CALM, order=order)
            assert told(PLAN, outage(pair, pair), loop) == ALL, (point, order)


def test_failures_22_misfortune_changes_when_but_not_what(loop: Loop) -> None:
    """The alerts of a rough life are those of a calm one."""
    rough = replace(CALM, rival=replace(CALM, env=1), order="abbbaab", again=True)
    lives = (outage(CALM, CALM), outage(rough, rough, topic="mute"))

    calm, found = (lived(PLAN, steps, loop).ledger.decided.values() for steps in lives)

    assert [said(alert) for alert in found] == [said(alert) for alert in calm]


def said(alert: Alert) -> tuple[object, ...]:
    """Give what an alert says, whenever it says so."""
    names = [(each.monitor, each.ballots) for each in alert.subjects]
    return alert.event, alert.kind, alert.routes, alert.shared, names
