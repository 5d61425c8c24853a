"""Hours of misfortune through the production code, and what must hold after each of them."""

from collections import Counter

import pytest

from tests.simulation.world import World
from tocsin.domain.incident import Event

SEEDS = range(150)
ROUGH_MINUTES = 60
CALM_MINUTES = 16


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_world_of_misfortune_loses_no_alert_and_invents_none(seed: int) -> None:
    world = World(seed)
    for _ in range(ROUGH_MINUTES):
        await world.minute(rough=True)
    world.calm()
    for _ in range(CALM_MINUTES):
        await world.minute(rough=False)

    decided, sent = world.states.decided, world.alerts.sent
    ids = [alert.id for alert in decided]
    opened = [alert.incident for alert in decided if alert.event is Event.OPENED]
    resolved = [alert.incident for alert in decided if alert.event is Event.RESOLVED]
    state = world.states.load("s0").state

    assert world.checked > ROUGH_MINUTES
    assert len(set(ids)) == len(ids), "no alert is decided twice"
    assert sorted(opened) == sorted(resolved), "each opening has its end"
    assert {(a.id, route) for a in decided for route in a.routes} == set(sent)
    repeats = sum(count - 1 for count in Counter(sent).values())
    assert repeats <= world.may_repeat, "only a death before the strike-off repeats an alert"
    for incident in {alert.incident for alert in decided}:
        for route in {route for _, route in sent}:
            ends = [a for a, r in sent if r is route and a == f"{incident}#{Event.RESOLVED}"]
            begins = [a for a, r in sent if r is route and a == f"{incident}#{Event.OPENED}"]
            firsts = [sent.index((each[0], route)) for each in (begins, ends) if each]
            assert firsts == sorted(firsts), "no end is sent before its beginning"
    assert state.incidents == ()
    assert state.outbox == ()
