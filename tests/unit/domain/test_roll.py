"""Who is calm need not be counted: what follows is what counting each vote gives."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import (
    ABSTAIN,
    FAIL,
    MINUTE,
    NOON,
    PASS,
    THREE,
    TICK,
    WARN,
    monitor,
    report,
    shard,
    sighting,
)
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.quorum import Verdict, count
from tocsin.domain.report import Folded, Report, Sighting
from tocsin.domain.roll import calm
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Shard
from tocsin.domain.standing import Standing, resting, stand
from tocsin.domain.state import ShardState
from tocsin.domain.suspicion import suspects

SLOW = replace(PASS, phases_ms={"connect": 700.0})
NAMES = ("db", "web", "mail", "api")
LIMIT = timedelta(milliseconds=500)


@st.composite
def shards(draw: st.DrawFn) -> Shard:
    return shard(
        *(
            replace(
                monitor(
                    name,
                    locations=(places := draw(st.sampled_from([THREE, THREE[:1], THREE[1:]]))),
                    need=draw(st.integers(1, len(places))),
                    interval=draw(st.sampled_from([MINUTE, 5 * MINUTE])),
                    slow=draw(st.sampled_from([None, None, LIMIT])),
                    slow_phases=draw(st.sampled_from([(), (("connect", LIMIT),)])),
                    recover_for=draw(st.sampled_from([timedelta(), 3 * MINUTE])),
                    changed_in=draw(st.sampled_from([0, 0, 3])),
                ),
                depends_on=draw(st.sampled_from([(), ("db",)])) if name != "db" else (),
            )
            for name in NAMES
        ),
        version=3,
    )


@st.composite
def worlds(draw: st.DrawFn, tick: int) -> dict[str, Report]:
    outcomes = st.sampled_from([PASS, PASS, PASS, PASS, SLOW, WARN, FAIL, ABSTAIN])
    found = {}
    for location in draw(st.sets(st.sampled_from(THREE), min_size=1)):
        sightings = {}
        for name in draw(st.sets(st.sampled_from([*NAMES, "stranger"]))):
            outcome = draw(outcomes)
            at = tick - draw(st.sampled_from([0, 0, 0, 1, 2, 3, 12, 13]))
            since = at if outcome.vote is Vote.FAIL else None
            sightings[name] = Sighting(outcome=outcome, checked_at=at, failing_since=since)
        found[location] = Report(
            location=location,
            shard="s0",
            tick=tick,
            config_version=draw(st.sampled_from([3, 3, 2])),
            sightings=sightings,
            suspect=draw(st.sampled_from(["", "", "its canaries fail"])),
        )
    return found


def folded(report: Report) -> Report:
    """Give the report as it is when it was read from where it is stored."""
    names = report.calm()
    flat = {name for group in names.values() for name in group}
    others = {name: each for name, each in report.sightings.items() if name not in flat}
    return replace(report, sightings=Folded(names, report.sightings.__getitem__, others))


def counted_one_by_one(
    watched: Monitor, reports: Mapping[str, Report], before: Standing | None, seconds: int
) -> Standing:
    now = instant_of(TICK) + timedelta(seconds=seconds)
    return stand(watched, count(watched, reports, now), before, now)


@given(shards(), worlds(TICK), st.integers(-70, 300))
def test_of_the_calm_every_location_has_a_vote_that_passes_and_nothing_else_is_to_say(
    watched: Shard, reports: dict[str, Report], seconds: int
) -> None:
    now = instant_of(TICK) + timedelta(seconds=seconds)
    found = calm(watched, reports, now)

    for each in watched.monitors:
        tally = count(each, reports, now)
        well = set(tally.passing) == set(each.locations) and not tally.warned
        counts_more = each.slow is not None or bool(each.slow_phases)
        assert (each.id in found) == (well and not counts_more)


@given(shards(), worlds(TICK), st.integers(0, 200))
def test_whom_one_suspects_is_the_same_with_and_without_knowing_who_is_calm(
    watched: Shard, reports: dict[str, Report], seconds: int
) -> None:
    now = instant_of(TICK) + timedelta(seconds=seconds)

    assert suspects(watched, reports, now, calm(watched, reports, now)) == suspects(
        watched, reports, now
    )


@given(shards(), st.lists(st.integers(TICK, TICK + 3).flatmap(worlds), min_size=1, max_size=4))
def test_reports_that_are_folded_are_judged_as_those_that_are_not(
    watched: Shard, course: list[dict[str, Report]]
) -> None:
    state = ShardState(shard="s0")
    for number, reports in enumerate(course):
        now = instant_of(TICK + number) + timedelta(seconds=30)
        packed = {name: folded(report) for name, report in reports.items()}
        whole = judge(watched, reports, state, now)

        assert judge(watched, packed, state, now) == whole
        state = whole


@given(shards(), worlds(TICK), worlds(TICK + 1))
def test_a_standing_is_what_counting_its_votes_gives(
    watched: Shard, first: dict[str, Report], second: dict[str, Report]
) -> None:
    for location in (*first.values(), *second.values()):
        object.__setattr__(location, "suspect", "")
    before = judge(watched, first, ShardState(shard="s0"), instant_of(TICK))
    after = judge(watched, second, before, instant_of(TICK + 1))

    if not suspects(watched, second, instant_of(TICK + 1)):
        for each in watched.monitors:
            known = before.standings[each.id]
            one_by_one = counted_one_by_one(each, second, known, 60)
            found = after.standings[each.id]
            assert replace(found, sheltered=False, freed_at=None) == one_by_one


@pytest.mark.parametrize(
    ("version", "seconds", "well"),
    [
        pytest.param(3, 150, True, id="fresh"),
        pytest.param(3, 151, False, id="stale"),
        pytest.param(3, -60, True, id="a clock that is a minute slow"),
        pytest.param(3, -61, False, id="from the future"),
        pytest.param(2, 0, False, id="of an older definition"),
    ],
)
def test_only_votes_that_count_make_calm(version: int, seconds: int, well: bool) -> None:  # noqa: FBT001 - a case
    watched = shard(monitor("db", changed_in=3), version=3)
    reports = {name: report(name, version=version, db=PASS) for name in THREE}
    now = instant_of(TICK) + timedelta(seconds=seconds)

    assert calm(watched, reports, now) == (frozenset({"db"}) if well else frozenset())


def test_calm_is_what_every_one_of_its_locations_sees_pass_in_whatever_fresh_minute() -> None:
    watched = shard(*map(monitor, NAMES), monitor("vpn", locations=THREE[:2]), monitor("dns"))
    ticks = {"db": (0, 0, 0), "web": (0, 1, 2), "vpn": (2, 0)}
    reports = {place: report(place, mail=WARN, api=PASS, dns=PASS) for place in THREE}
    reports["mike"] = report("mike", mail=PASS, api=FAIL)
    for name, ages in ticks.items():
        for place, age in zip(THREE, ages, strict=False):
            seen = {name: sighting(PASS, at=TICK - age)}
            reports[place] = reports[place].changed(seen)

    assert calm(watched, reports, NOON) == {"db", "web", "vpn"}
    del reports["november"]
    assert calm(watched, reports, NOON) == {"vpn"}
    assert calm(watched, {}, NOON) == frozenset()


def test_what_has_no_quorum_without_a_location_tells_nothing_of_it() -> None:
    alone = ("db", "web", "api")
    watched = shard(*map(monitor, alone), *(monitor(f"all{n}", need=3) for n in range(4)))
    names = [each.id for each in watched.monitors]
    reports = {
        place: replace(
            report(place),
            sightings={
                name: sighting(FAIL if place == "lima" and name in alone else PASS)
                for name in names
            },
        )
        for place in THREE
    }
    at_ease = calm(watched, reports, NOON)

    assert at_ease == {"all0", "all1", "all2", "all3"}
    assert suspects(watched, reports, NOON, at_ease).keys() == {"lima"}


def test_what_rests_is_sheltered_all_the_same_while_its_parent_is_down() -> None:
    watched = shard(monitor("db"), replace(monitor("web"), depends_on=("db",)))
    well = {name: report(name, tick=TICK, db=PASS, web=PASS) for name in THREE}
    down = {name: report(name, tick=TICK + 1, db=FAIL, web=PASS) for name in THREE}

    before = judge(watched, well, ShardState(shard="s0"), instant_of(TICK))
    after = judge(watched, down, before, instant_of(TICK + 1))

    assert resting(["web"], before.standings) == {"web"}
    assert after.standings["web"].sheltered


def test_a_zone_is_never_calm_since_its_serials_have_a_say() -> None:
    zone = replace(monitor("zone"), target=ZoneTarget(zone="example.com"))
    seen = Sighting(outcome=Outcome(vote=Vote.PASS), checked_at=TICK)
    reports = {
        name: Report(
            location=name, shard="s0", tick=TICK, config_version=1, sightings={"zone": seen}
        )
        for name in THREE
    }

    assert calm(shard(zone), reports, NOON) == frozenset()
    assert calm(shard(monitor("zone")), reports, NOON) == {"zone"}


WELL = Standing(verdict=Verdict.UP, since=NOON, well=True)
OTHERWISE = {
    "verdict": Verdict.DEGRADED,
    "failing": ("lima",),
    "silent": ("lima",),
    "well": False,
    "held_down": True,
    "recovering_since": NOON,
    "flips": (NOON,),
    "sheltered": True,
    "freed_at": NOON,
    "failed": True,
}


def test_every_field_of_a_standing_but_its_age_can_keep_it_from_resting() -> None:
    assert resting(["db", "web"], {"db": WELL}) == {"db"}
    assert {field.name for field in fields(Standing)} == {*OTHERWISE, "since"}


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_standing_that_has_something_open_does_not_rest(name: str) -> None:
    other = replace(WELL, **{name: OTHERWISE[name]})  # type: ignore[arg-type]

    assert resting(["db"], {"db": other}) == set()
