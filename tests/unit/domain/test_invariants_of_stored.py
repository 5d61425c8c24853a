"""Whatever is stored: strangers, other versions, spoilt bytes, years (invariants 13 to 15)."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import (
    FAIL,
    MINUTE,
    NOON,
    PASS,
    THREE,
    TICK,
    monitor,
    shard,
)
from tests.unit.domain.histories import (
    CHILD,
    HISTORIES,
    PARENT,
    SIGHTINGS,
    WATCHED,
    lived,
    reported,
    reports_of,
)
from tocsin.adapters.codec import pack
from tocsin.adapters.columns import pack_report, unpack_report
from tocsin.domain.control import Said
from tocsin.domain.judgement import judge
from tocsin.domain.orders import paused
from tocsin.domain.quorum import Verdict, count
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.usecases.ports import UnreadableError


@given(HISTORIES, st.data())
def test_13_strangers_and_older_definitions_change_no_verdict(
    history: list[str], data: st.DataObject
) -> None:
    edited = replace(WATCHED, changed_in=1)
    for now, reports, state in lived(history, edited):
        place = data.draw(st.sampled_from(THREE))
        known = reports.get(place)
        if known is not None:
            strangers = data.draw(st.dictionaries(st.sampled_from(["x", "y"]), SIGHTINGS))
            strangers = {n: s for n, s in strangers.items() if s.checked_at <= known.tick}
            more = {**reports, place: replace(known, sightings={**known.sightings, **strangers})}
            assert judge(shard(edited), more, state, now) == state
        outdated = {p: replace(each, config_version=0) for p, each in reports.items()}
        tally = count(edited, outdated, now)
        assert not tally.passing
        assert not tally.failing


@given(HISTORIES, HISTORIES)
def test_13_an_old_configuration_decides_nothing(history: list[str], later: list[str]) -> None:
    steps = lived(history)
    known = replace(steps[-1][2] if steps else ShardState(shard="s0"), config_version=2)

    for now, reports, _ in lived(later):
        assert judge(shard(WATCHED), reports, known, now) is known


def test_13_a_rename_keeps_the_incident_and_what_people_have_said() -> None:
    said = Said(by="ann", at=NOON)
    other = monitor("web")
    reports = {p: reported(p, TICK, {"db": FAIL, "web": PASS}) for p in THREE}
    state = judge(shard(WATCHED, other), reports, ShardState(shard="s0"), NOON)
    state = paused(state, ["web"], said)

    names = (replace(WATCHED, id="store", was="db"), replace(other, id="site", was="web"))
    after = judge(shard(*names, version=2), {}, state, NOON + MINUTE)

    assert after.paused == {"site": said}
    assert [incident.monitors for incident in after.incidents] == [{"store"}]
    assert len(after.outbox) == len(state.outbox)
    assert after.incidents[0].id == state.incidents[0].id


def test_13_a_pause_survives_a_judge_who_does_not_know_the_monitor_yet() -> None:
    """Somebody applies a file and pauses what is new in it, before every judge has that file."""
    old, new = shard(WATCHED), shard(WATCHED, monitor("web", changed_in=2), version=2)
    state = paused(judge(old, {}, ShardState(shard="s0"), NOON), ["web"], Said(by="ann", at=NOON))

    soon = judge(new, {}, judge(old, {}, state, NOON + MINUTE), NOON + 2 * MINUTE)
    later = judge(old, {}, state, NOON + 10 * MINUTE)

    assert soon.standings["web"].verdict is Verdict.PAUSED
    assert later.paused == {}


@given(st.data(), st.integers(-200, 200))
def test_14_judging_is_total(data: st.DataObject, seconds: int) -> None:
    watched = (WATCHED, replace(monitor("web", need=1), depends_on=("db",), changed_in=3))
    state = ShardState(shard="s0")
    now = NOON
    for _ in range(3):
        table = {place: data.draw(reports_of(place)) for place in data.draw(st.sets(PLACES))}
        stored = {place: unpack_report(pack_report(each)) for place, each in table.items()}
        now += timedelta(seconds=seconds)
        state = judge(Shard(id="s0", version=3, monitors=watched), stored, state, now)
        assert judge(Shard(id="s0", version=3, monitors=watched), table, state, now) == state
    assert state.standings.keys() == {"db", "web"}


PLACES = st.sampled_from(THREE)


@given(st.data(), st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_14_bytes_that_were_spoilt_are_a_report_or_unreadable(
    data: st.DataObject, where: int, spoilt: bytes
) -> None:
    packed = pack_report(data.draw(reports_of("lima")))
    at = where % len(packed)
    try:
        found = unpack_report(packed[:at] + spoilt + packed[at + len(spoilt) :])
    except UnreadableError:
        return
    judge(shard(WATCHED), {"lima": found}, ShardState(shard="s0"), NOON)


def test_15_a_state_grows_with_monitors_and_not_with_time() -> None:
    watched = (PARENT, CHILD, replace(monitor("mail"), tags=("x",)))
    state, sizes = ShardState(shard="s0"), []
    for number in range(0, 4 * 1440, 2):
        hour = number % 120
        outcomes = {
            "db": FAIL if 10 < hour < 20 else PASS,
            "web": FAIL if 12 < hour < 30 else PASS,
            "mail": FAIL if hour % 7 > 3 else PASS,
        }
        tick = TICK + number
        table = {p: reported(p, tick, outcomes, since=tick - 5) for p in THREE}
        now = instant_of(tick)
        state = judge(shard(*watched), table, state, now)
        state = replace(state, outbox=(), closed=())  # all is sent and filed
        if number % 1440 == 1438:
            sizes.append(len(pack(ShardState, state)))

    assert max(sizes[1:]) <= sizes[0] + 1000
    assert all(len(incident.moments) <= 40 for incident in state.incidents)
