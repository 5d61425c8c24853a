"""Reports in a file: what was written is what is read, line by line."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.make import ABSTAIN, FAIL, MINUTE, PASS, TICK, WARN, report
from tocsin.adapters.recording import read, write
from tocsin.adapters.reports import DynamoReports
from tocsin.domain.outcome import Outcome, Vote
from tocsin.domain.report import Report, Sighting
from tocsin.usecases.ports import UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SLOW = replace(PASS, phases_ms={"connect": 700.0})
OTHER = replace(PASS, evidence="hello", phases_ms={})
NAMES = ("db", "web", "mail")


def read_back(reports: list[Report], *, packed: bool = True, **every: int) -> list[Report]:
    return [*read(BytesIO(b"".join(write(reports, every, packed=packed))))]


def lines(*written: object) -> BytesIO:
    head = {"tocsin": "reports", "form": 1}
    return BytesIO(b"\n".join(json.dumps(line).encode() for line in (head, *written)))


@st.composite
def courses(draw: st.DrawFn) -> list[Report]:
    found = []
    for tick in range(TICK, TICK + draw(st.integers(1, 6))):
        for location in draw(st.sets(st.sampled_from(["lima", "mike"]))):
            sightings = {}
            for name in draw(st.sets(st.sampled_from(NAMES))):
                outcome = draw(st.sampled_from([PASS, SLOW, OTHER, WARN, FAIL, ABSTAIN]))
                at = tick - draw(st.integers(0, 3))
                since = at - draw(st.integers(0, 2)) if outcome.vote is Vote.FAIL else None
                sightings[name] = Sighting(outcome=outcome, checked_at=at, failing_since=since)
            found.append(
                Report(
                    location=location,
                    shard="s0",
                    tick=tick,
                    config_version=draw(st.integers(1, 2)),
                    sightings=sightings,
                    suspect=draw(st.sampled_from(["", "its canaries fail"])),
                )
            )
    return found


@settings(deadline=None)
@given(courses(), st.booleans(), st.integers(1, 5))
def test_what_was_written_is_what_is_read(course: list[Report], packed: bool, every: int) -> None:  # noqa: FBT001 - drawn
    assert read_back(course, packed=packed, db=every) == course


def test_a_report_that_was_read_stays_as_it_was_when_the_next_one_is_read() -> None:
    course = [report("lima", tick=TICK + n, db=(PASS, FAIL, OTHER)[n % 3]) for n in range(6)]
    streams = read(BytesIO(b"".join(write(course, {}))))

    assert [*streams] == course


def test_times_are_written_again_only_where_they_have_changed_much() -> None:
    def took(ms: float) -> Outcome:
        return replace(PASS, phases_ms={"connect": ms})

    course = [
        report("lima", tick=TICK + n, db=took(ms)) for n, ms in enumerate((100, 124, 76, 126))
    ]

    found = [each.sightings["db"].outcome.total_ms for each in read_back(course)]

    assert found == [100, 100, 100, 126]


def hours(minutes: int) -> Iterator[Report]:
    for tick in range(TICK, TICK + minutes):
        seen = {name: Sighting(outcome=PASS, checked_at=tick) for name in ("db", "web")}
        seen["mail"] = Sighting(outcome=PASS, checked_at=tick - tick % 5)
        yield replace(report("lima", tick=tick), sightings=seen)


def test_minutes_in_which_nothing_happens_say_nothing_of_the_monitors() -> None:
    text = b"".join(write(hours(30), {"mail": 5}, packed=False))

    assert [*read(BytesIO(text))] == [*hours(30)]
    assert sum(b"seen" in line for line in text.splitlines()) == 1
    assert len(b"".join(write(hours(600), {"mail": 5}))) < 600 * 6


@pytest.mark.parametrize(
    ("file", "match"),
    [
        pytest.param(BytesIO(), "empty", id="nothing"),
        pytest.param(BytesIO(b"{}"), "line 1 .*no recorded reports", id="another file"),
        pytest.param(BytesIO(b"MONITORS"), "line 1 ", id="no JSON"),
        pytest.param(BytesIO(b'{"tocsin":"reports","form":2}'), "form 2 is newer", id="newer"),
        pytest.param(BytesIO(b"\x78\x9c" + b"?" * 40), "line 1 ", id="no zlib"),
        pytest.param(
            BytesIO(zlib.compress(b'{"tocsin":"reports","form":1}\n')[:-4]),
            "ends in the middle",
            id="cut off",
        ),
        pytest.param(lines({"tick": 7}), "line 2 .*location", id="a line without a location"),
        pytest.param(
            lines(*({"tick": tick, "location": "lima", "shard": "s0"} for tick in (7, 6))),
            "line 3 .*order",
            id="time that goes back",
        ),
        pytest.param(
            lines(*({"tick": 7, "location": "lima", "shard": "s0"} for _ in range(2))),
            "line 3 .*once in a tick",
            id="a tick twice",
        ),
        pytest.param(
            lines(
                {
                    "tick": 7,
                    "location": "lima",
                    "shard": "s0",
                    "seen": {"db": {"outcome": {"vote": "pass"}, "every": 0}},
                }
            ),
            "line 2 ",
            id="never again",
        ),
    ],
)
def test_what_holds_no_reports_says_in_which_line(file: BytesIO, match: str) -> None:
    with pytest.raises(UnreadableError, match=match):
        [*read(file)]


def test_the_table_gives_the_reports_of_a_time_in_their_order(dynamodb: "DynamoDBClient") -> None:
    table = DynamoReports(dynamodb, "reports")
    course = [report("lima", tick=TICK + n, db=PASS) for n in range(5)]
    for each in (*course[::-1], report("mike", tick=TICK + 2, db=FAIL)):
        table.add(each)

    assert [*table.between("lima", "s0", TICK + 1, TICK + 3)] == course[1:4]
    assert [*table.between("lima", "s1", TICK, TICK + 9)] == []


def test_a_spoilt_report_is_left_out_of_a_time(dynamodb: "DynamoDBClient") -> None:
    table = DynamoReports(dynamodb, "reports")
    table.add(report("lima", tick=TICK, db=PASS))
    for document in ({"document": {"B": b"?"}}, {}):
        tick = TICK + 1 + len(document)
        key = {"pk": {"S": "lima#s0"}, "sk": {"N": str(tick)}}
        dynamodb.put_item(TableName="reports", Item={**key, **document})

    found = table.between("lima", "s0", TICK, TICK + timedelta(hours=1) // MINUTE)

    assert [each.tick for each in found] == [TICK]
