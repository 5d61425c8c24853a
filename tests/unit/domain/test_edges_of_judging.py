"""What a judgement keeps, and what it says of the votes that it does not believe or count."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from tests.fakes.make import (
    FAIL,
    MINUTE,
    NOON,
    PASS,
    THREE,
    TICK,
    monitor,
    report,
    shard,
    sighting,
    world,
)
from tests.unit.domain.history import ME
from tocsin.domain.incident import Event
from tocsin.domain.judgement import ignored, judge
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome, Reason
from tocsin.domain.quorum import Verdict
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState

OLD, NEW, SAME = monitor("old", changed_in=2), monitor("new", changed_in=4), monitor("same")
WATCHED = (OLD, NEW, SAME)
BOTH = {"old": PASS, "new": FAIL}


@pytest.mark.parametrize(
    ("monitors", "version", "votes", "lost"),
    [
        pytest.param(WATCHED, 4, BOTH, 0, id="all of the newest definition"),
        pytest.param(WATCHED, 3, BOTH, 1, id="one of an older definition"),
        pytest.param(WATCHED, 2, BOTH, 1, id="another of just its own"),
        pytest.param(WATCHED, 1, BOTH, 2, id="both of older definitions"),
        pytest.param(WATCHED, 1, {"same": PASS}, 0, id="of what has never changed"),
        pytest.param(WATCHED, 1, BOTH | {"gone": PASS}, 3, id="of an unknown monitor too"),
        pytest.param(WATCHED, 4, {"gone": PASS, "lost": FAIL}, 2, id="of unknown monitors"),
        pytest.param((), 0, {"gone": PASS}, 1, id="where nothing is watched"),
    ],
)
def test_a_vote_that_cannot_count_is_counted_as_such(
    monitors: tuple[Monitor, ...], version: int, votes: Mapping[str, Outcome], lost: int
) -> None:
    seen = {name: sighting(outcome) for name, outcome in votes.items()}
    reports = [report(name, version=version).changed(seen) for name in ("lima", "mike")]

    assert ignored(shard(*monitors, version=4), reports) == 2 * lost


@pytest.mark.parametrize(
    ("before", "since"),
    [
        pytest.param(Standing(verdict=Verdict.PAUSED, since=NOON), NOON, id="it was paused"),
        pytest.param(Standing(verdict=Verdict.UP, since=NOON), NOON + MINUTE, id="it was up"),
        pytest.param(None, NOON + MINUTE, id="it was not known"),
    ],
)
def test_a_pause_lasts_since_it_began(before: Standing | None, since: datetime) -> None:
    known = {"db": before} if before is not None else {}
    state = ShardState(shard="s0", standings=known, paused={"db": ME})

    after = judge(shard(monitor()), world("fff", tick=TICK + 1), state, NOON + MINUTE)

    assert after.standings["db"] == Standing(verdict=Verdict.PAUSED, since=since)


def test_an_alert_says_why_a_failure_at_one_location_is_not_believed() -> None:
    why = "2 of its 3 canaries fail"
    seen = world("fff")
    reports = seen | {"lima": replace(seen["lima"], suspect=why)}

    (incident,) = judge(shard(monitor()), reports, ShardState(shard="s0"), NOON).incidents

    lima, *others = incident.subjects[0].ballots
    assert (lima.location, lima.counted, lima.reason, lima.evidence) == (
        "lima",
        False,
        Reason.SUSPECT,
        why,
    )
    assert [(each.counted, each.reason) for each in others] == [(True, Reason.REFUSED)] * 2


FAMILY = shard(monitor("db"), replace(monitor("web"), depends_on=("db",)))
EARLIER = NOON - 5 * MINUTE
FREE = Standing(verdict=Verdict.DOWN, since=EARLIER, held_down=True, failing=THREE, failed=True)
UNDER = replace(FREE, sheltered=True)
FREED = replace(FREE, freed_at=EARLIER)


@pytest.mark.parametrize(
    ("db", "web", "before", "freed_at"),
    [
        pytest.param(FAIL, FAIL, FREED, None, id="what it hangs on is down again"),
        pytest.param(FAIL, FAIL, UNDER, None, id="what it hangs on is still down"),
        pytest.param(PASS, FAIL, UNDER, NOON, id="what it hangs on is well now"),
        pytest.param(PASS, FAIL, FREED, EARLIER, id="what it hangs on was well before"),
        pytest.param(PASS, FAIL, FREE, None, id="it fell by itself"),
        pytest.param(PASS, FAIL, None, None, id="it is new"),
        pytest.param(PASS, PASS, UNDER, None, id="it is well, with what it hangs on"),
        pytest.param(PASS, PASS, FREED, None, id="it is well, some time after that"),
    ],
)
def test_it_is_known_since_when_what_a_monitor_hangs_on_has_been_well(
    db: Outcome, web: Outcome, before: Standing | None, freed_at: datetime | None
) -> None:
    known = {"web": before} if before is not None else {}
    reports = {name: report(name, db=db, web=web) for name in THREE}

    after = judge(FAMILY, reports, ShardState(shard="s0", standings=known), NOON)

    assert after.standings["web"].freed_at == freed_at
    assert after.standings["web"].sheltered is (db is FAIL)
    assert after.standings["db"].freed_at is None


def test_what_ends_goes_on_and_begins_in_one_moment_is_all_told_in_this_order() -> None:
    watched = shard(*(monitor(name) for name in ("a", "b", "c", "d")))
    first = {name: report(name, a=FAIL, b=FAIL, c=FAIL, d=PASS) for name in THREE}
    later = {name: report(name, tick=TICK + 60, a=PASS, b=FAIL, c=FAIL, d=FAIL) for name in THREE}

    state = judge(watched, first, ShardState(shard="s0"), NOON)
    after = judge(watched, later, replace(state, outbox=()), NOON + 60 * MINUTE)

    assert [(o.alert.event, o.alert.subjects[0].monitor) for o in after.outbox] == [
        (Event.RESOLVED, "a"),
        (Event.REMINDER, "b"),
        (Event.REMINDER, "c"),
        (Event.OPENED, "d"),
    ]
    assert [incident.monitors for incident in after.incidents] == [{"b"}, {"c"}, {"d"}]
    assert [incident.monitors for incident in after.closed] == [{"a"}]
