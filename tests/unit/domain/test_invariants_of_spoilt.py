"""Stored documents of which a value was changed: refused, or judged as ever (invariant 14)."""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.make import CERTIFICATE, FAIL, MINUTE, NOON, PASS, THREE, monitor, report
from tests.fakes.memory import InMemoryHeartbeats
from tests.unit.domain.history import ME, Life
from tocsin.adapters.calendar import next_start, next_time
from tocsin.adapters.codec import pack, unpack
from tocsin.adapters.columns import pack_report, unpack_report
from tocsin.domain import orders
from tocsin.domain.control import Silence
from tocsin.domain.endpoint import Endpoint
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget, Schedule
from tocsin.domain.incident import Delivery
from tocsin.domain.judgement import Surroundings, judge
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outbox import claim
from tocsin.domain.pulse import Beat, Pulse, Signal, folded
from tocsin.domain.questions import ZoneTarget
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.domain.window import Window, held
from tocsin.domain.zones import Superseded
from tocsin.usecases.hear import Ear
from tocsin.usecases.ports import UnreadableError

HOUR = timedelta(hours=1)
ZONE = replace(monitor("zone"), target=ZoneTarget(zone="example.com"))
NIGHTLY = HeartbeatTarget(cron="0 3 * * *", timezone="Europe/Berlin", run_time=HOUR)
HOURLY = HeartbeatTarget(period=HOUR)
WHOLE = Shard(
    id="s0",
    version=3,
    monitors=(
        monitor("db", fail_for=MINUTE, recover_for=5 * MINUTE, slow=timedelta(seconds=1)),
        replace(monitor("web"), depends_on=("db",), was="site", tags=("shop",)),
        monitor("mail"),
        ZONE,
        Monitor(id="nightly", target=NIGHTLY, locations=(ENDPOINT,), need=1),
        Monitor(id="hourly", target=HOURLY, locations=(ENDPOINT,), need=1),
    ),
    windows=(
        Window(cron="0 2 * * 0", timezone="Europe/Berlin", length=HOUR, tags=("shop",)),
        Window(begin=NOON - HOUR, length=2 * HOUR, monitors=("mail",)),
    ),
)
SHOWN = replace(PASS, certificate=CERTIFICATE, address="192.0.2.7", serials={"ns1": 5})


@cache
def pulses() -> Mapping[str, Pulse]:
    """Give jobs that have begun, ended and failed."""
    found = {}
    for name in ("nightly", "hourly"):
        pulse = Pulse(created_at=NOON - 48 * HOUR)
        for number, signal in enumerate((Signal.START, Signal.SUCCESS, Signal.FAIL, Signal.START)):
            at = NOON - (30 - number) * HOUR
            pulse = folded(pulse, Beat(signal=signal, at=at, run=f"r{number // 2}", status=number))
        found[name] = pulse
    return found


@cache
def reports() -> Mapping[str, Report]:
    """Give a report of each location, with what passes, what fails and what shows a certificate."""
    return {
        place: report(place, version=3, db=FAIL, web=SHOWN, mail=PASS, zone=SHOWN)
        for place in THREE
    }


@cache
def lived() -> ShardState:
    """Give a state in which there is something of everything."""
    life = Life(WHOLE, deaf=True)
    life.live(10, down={"web", "mail"}).live(2, down={"db"}).live(6, silent=THREE)
    life.live(2, seen={"lima": {"db": FAIL}}, suspect={"mike": "canaries"})
    state = orders.acknowledged(life.state, life.state.incidents[0].id, ME)
    state = orders.paused(state, ["mail"], ME)
    silence = Silence(id="s-1", said=ME, until=NOON + HOUR, monitors=("db",), tags=("shop",))
    delivery = Delivery(
        alert="a", route=Route.PAGE, queued_at=NOON, sent_at=NOON, message="m", tries=1
    )
    return replace(
        orders.silenced(state, silence),
        incidents=tuple(each.with_delivery(delivery) for each in state.incidents),
        outbox=claim(state.outbox, life.now),
        serials={"zone": (Superseded(serial=3, since=NOON),)},
        schedules={"nightly": Schedule(text=NIGHTLY.schedule, since=NOON - 48 * HOUR)},
        rolled=7,
    )


def judged(
    shard: Shard = WHOLE,
    state: ShardState | None = None,
    seen: Mapping[str, Report] | None = None,
    heard: Mapping[str, Pulse] | None = None,
) -> None:
    """Judge what is stored as the aggregator does; what comes of it can be read back."""
    state, now = state or lived(), NOON + 30 * MINUTE
    beats = InMemoryHeartbeats(known=dict(heard or pulses()), canary=Endpoint(heard_at=now))
    own = Ear(pulses=beats, next_time=next_time).report(shard, state.schedules, now)
    around = Surroundings(
        leads=frozenset(THREE), held=held(shard.monitors, shard.windows, now, next_start)
    )
    after = judge(shard, {**(seen or reports()), ENDPOINT: own}, state, now, around)
    after = replace(after, outbox=claim(after.outbox, now))
    assert unpack(ShardState, pack(ShardState, after)) == after


type Path = tuple[str | int, ...]


def leaves(document: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Give every value that holds no others, and its place."""
    if isinstance(document, dict) and document:
        for key, each in document.items():
            yield from leaves(each, (*path, key))
    elif isinstance(document, list) and document:
        for number, each in enumerate(document):
            yield from leaves(each, (*path, number))
    else:
        yield path, document


def changed(document: Any, path: Path, value: object) -> Any:
    """Put another value in one place."""
    if not path:
        return value
    copy: Any = document.copy()
    copy[path[0]] = changed(document[path[0]], path[1:], value)
    return copy


INSTANTS = st.sampled_from(
    [
        "2026-01-01T12:00:00",
        "2026-01-01",
        "2026-01-01T12:00:00+23:59",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "1969-12-31T23:59:59Z",
        "2199-12-31T23:59:59Z",
    ]
)
LENGTHS = st.sampled_from(["P999999999D", "-P999999999D", "-P1D", "PT0S", "P39999D"])
NUMBERS: st.SearchStrategy[float] = st.sampled_from(
    [
        -1,
        0,
        1,
        99_999_999,
        2**52,  # half of what is read: what counts from the very end is refused a step later
        2**53 + 1,
        10**18,
        10**40,
        -(10**18),
        0.5,
        1e308,
        float("nan"),
        float("inf"),
    ]
)
WORDS = st.sampled_from(["", "db", "nobody", "Europe/Berlin", "\u202e\x00", "down", "location"])
ODD: st.SearchStrategy[Any] = st.one_of(
    INSTANTS, LENGTHS, NUMBERS, WORDS, st.sampled_from([True, None, [], {}, [[]]])
)


def odd(value: object) -> st.SearchStrategy[Any]:
    """Draw what may stand in the place of a value, most often something of its kind."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return INSTANTS | ODD
    if isinstance(value, str) and re.match(r"-?P[\dT]", value):
        return LENGTHS | ODD
    return NUMBERS | ODD if isinstance(value, int | float) else ODD


def spoilt(data: st.DataObject, document: Any) -> Any:
    """Put odd values into a few places."""
    for _ in range(data.draw(st.integers(1, 3))):
        place, value = data.draw(st.sampled_from([*leaves(document)]))
        document = changed(document, place, data.draw(odd(value)))
    return document


def stored(kind: type[Any], document: object) -> Any:
    return unpack(kind, zlib.compress(json.dumps(document).encode()))


def plain(kind: type[Any], value: object) -> Any:
    return json.loads(zlib.decompress(pack(kind, value)))


def test_what_is_changed_here_is_judged_as_long_as_nobody_changes_it() -> None:
    state = stored(ShardState, plain(ShardState, lived()))

    assert state == lived()
    said = plain(ShardState, state)
    assert said.keys() == {f.name for f in fields(ShardState)} - {"unprojected"}
    judged(state=state)


@given(st.data())
def test_14_a_state_of_which_a_value_was_changed_is_refused_or_judged(data: st.DataObject) -> None:
    try:
        state = stored(ShardState, spoilt(data, plain(ShardState, lived())))
    except UnreadableError:
        return
    judged(state=state)


def test_14_a_state_with_an_instant_of_no_time_zone_is_refused_wherever_it_stands() -> None:
    whole = plain(ShardState, lived())
    places = [at for at, value in leaves(whole) if re.match(r"\d{4}-\d\d-\d\dT", str(value))]
    assert len(places) > 50

    for place in places:
        with pytest.raises(UnreadableError):
            stored(ShardState, changed(whole, place, "2026-01-01T12:00:00"))


@given(st.data())
def test_14_a_shard_of_which_a_value_was_changed_is_refused_or_judged(data: st.DataObject) -> None:
    try:
        shard = stored(Shard, spoilt(data, plain(Shard, WHOLE)))
    except UnreadableError:
        return
    judged(shard=shard)


@given(st.data())
def test_14_a_report_of_which_a_value_was_changed_is_refused_or_judged(data: st.DataObject) -> None:
    whole = zlib.decompress(pack_report(reports()["lima"]))
    parts = [json.loads(each) for each in whole.split(b"\n")]
    text = b"\n".join(json.dumps(each).encode() for each in spoilt(data, parts))
    try:
        found = unpack_report(zlib.compress(text))
    except UnreadableError:
        return
    judged(seen={**reports(), "lima": found})


@given(st.data())
def test_14_a_pulse_of_which_a_value_was_changed_is_refused_or_judged(data: st.DataObject) -> None:
    try:
        pulse = stored(Pulse, spoilt(data, plain(Pulse, pulses()["hourly"])))
    except UnreadableError:
        return
    judged(heard={**pulses(), "hourly": pulse, "nightly": pulse})
