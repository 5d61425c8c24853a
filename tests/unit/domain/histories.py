"""Histories of what locations say, drawn at random, and lived through minute by minute."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.fakes.make import (
    MINUTE,
    PASS,
    THREE,
    TICK,
    monitor,
    shard,
    sighting,
    world,
)
from tocsin.domain.incident import Alert, Kind
from tocsin.domain.judgement import Surroundings, judge
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.report import Report, Sighting
from tocsin.domain.schedule import instant_of
from tocsin.domain.state import ShardState

WATCHED = monitor()
SLOWLY = monitor(fail_for=2 * MINUTE, recover_for=3 * MINUTE)
VOTES = st.text(alphabet="pwfa-", min_size=3, max_size=3)
HISTORIES = st.lists(VOTES, max_size=25)
QUIET_AT_LAST = 45
"""Minutes: longer than what goes up and down is watched for, and than any monitor here waits."""

type Step = tuple[datetime, Mapping[str, Report], ShardState]


def lived(
    history: Iterable[str],
    watched: Monitor = WATCHED,
    *,
    ahead: timedelta = timedelta(),
    held: Sequence[bool] = (),
) -> list[Step]:
    """Judge once a minute; a location that is silent keeps its last report in the table.

    What each step owes is taken before the next. The judge's clock is `ahead`; a window is open in
    the minutes that `held` says.
    """
    table: dict[str, Report] = {}
    state = ShardState(shard="s0")
    steps: list[Step] = []
    for number, votes in enumerate(history):
        tick = TICK + number
        for place, each in world(votes, tick=tick).items():
            table[place] = _followed(table.get(place), each)
        quiet = frozenset({"db"} if number < len(held) and held[number] else ())
        state = replace(state, outbox=())
        now = instant_of(tick) + timedelta(seconds=20) + ahead
        state = judge(shard(watched), table, state, now, Surroundings(held=quiet))
        steps.append((now, dict(table), state))
    return steps


def _followed(before: Report | None, now: Report) -> Report:
    """Let failures in a row keep their beginning, as a prober does."""
    if before is None or before.tick != now.tick - 1:
        return now
    kept = {
        name: replace(each, failing_since=before.sightings[name].failing_since)
        for name, each in now.sightings.items()
        if each.failing_since is not None and before.sightings[name].failing_since is not None
    }
    return replace(now, sightings={**now.sightings, **kept})


def reported(
    place: str, tick: int, outcomes: Mapping[str, Outcome], *, since: int | None = None
) -> Report:
    return Report(
        location=place,
        shard="s0",
        tick=tick,
        config_version=1,
        sightings={name: sighting(each, at=tick, since=since) for name, each in outcomes.items()},
    )


def told(steps: Sequence[Step]) -> list[tuple[datetime, Mapping[str, Report], Alert]]:
    """List every alert with the moment at which it was decided."""
    return [(now, reports, owed.alert) for now, reports, state in steps for owed in state.outbox]


def seen(reports: Mapping[str, Report], now: datetime, vote: Vote, name: str = "db") -> set[str]:
    """Count by hand, from the raw reports: who freshly says so."""
    return {
        place
        for place, each in reports.items()
        if name in each.sightings
        and each.sightings[name].outcome.vote is vote
        and (now - instant_of(each.sightings[name].checked_at)).total_seconds() <= 150
    }


def open_kinds(state: ShardState) -> list[Kind]:
    return [incident.kind for incident in state.incidents]


OUTCOMES = st.one_of(
    st.just(PASS),
    st.builds(
        Outcome,
        vote=st.just(Vote.FAIL),
        layer=st.sampled_from(Layer),
        reason=st.sampled_from(Reason),
        evidence=st.text(max_size=20),
        address=st.sampled_from([None, "192.0.2.1"]),
    ),
    st.builds(Outcome, vote=st.just(Vote.ABSTAIN), reason=st.sampled_from(Reason)),
)
SIGHTINGS = st.builds(sighting, OUTCOMES, at=st.integers(TICK - 20, TICK))


@st.composite
def reports_of(draw: st.DrawFn, place: str, tick: int = TICK) -> Report:
    """Draw anything that a location can say, of whatever version, about whomever."""
    found = draw(st.dictionaries(st.sampled_from(["db", "web", "stranger"]), SIGHTINGS))
    shift = tick - TICK
    moved = {
        name: Sighting(
            outcome=each.outcome,
            checked_at=each.checked_at + shift,
            failing_since=None if each.failing_since is None else each.failing_since + shift,
        )
        for name, each in found.items()
    }
    return Report(
        location=place,
        shard="s0",
        tick=tick + draw(st.integers(0, 1)),
        config_version=draw(st.integers(0, 9)),
        sightings=moved,
        suspect=draw(st.sampled_from(["", "2 of its 3 canaries fail"])),
    )


PARENT = monitor("db", fail_for=MINUTE, recover_for=2 * MINUTE)
CHILD = replace(monitor("web"), depends_on=("db",))
PAIRS = st.lists(st.tuples(VOTES, VOTES), max_size=25)


def family(history: Iterable[tuple[str, str]]) -> list[Step]:
    """Judge a parent and its child once a minute."""
    table: dict[str, Report] = {}
    state = ShardState(shard="s0")
    steps: list[Step] = []
    for number, (parent, child) in enumerate(history):
        tick = TICK + number
        above, below = world(parent, tick=tick), world(child, tick=tick, name="web")
        for place in THREE:
            found = [each[place] for each in (above, below) if place in each]
            if found:
                both = {name: s for each in found for name, s in each.sightings.items()}
                now_so = replace(found[0], sightings=both)
                table[place] = _known_of(table.get(place), now_so)
        now = instant_of(tick)
        state = judge(shard(PARENT, CHILD), table, replace(state, outbox=()), now)
        steps.append((now, dict(table), state))
    return steps


def _known_of(before: Report | None, now: Report) -> Report:
    """Repeat what was known, and let failures in a row keep their beginning."""
    kept = dict(before.sightings) if before is not None else {}
    for name, each in now.sightings.items():
        last = before.sightings.get(name) if before is not None else None
        kept[name] = each
        if last and last.failing_since and each.failing_since and last.checked_at == now.tick - 1:
            kept[name] = replace(each, failing_since=last.failing_since)
    return replace(now, sightings=kept)
