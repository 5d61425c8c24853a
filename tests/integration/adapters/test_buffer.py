"""Reports that wait for AWS: in order, once, and at most an hour of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.make import FAIL, PASS, TICK, report
from tests.fakes.memory import InMemoryReports
from tocsin.adapters.buffer import MOST, BufferedReports, LateReports
from tocsin.adapters.dynamodb import storage_errors
from tocsin.adapters.reports import DynamoReports
from tocsin.domain.outcome import Outcome
from tocsin.domain.report import Report
from tocsin.usecases.ports import StorageError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OUT = EndpointConnectionError(endpoint_url="https://dynamodb.example")
INVALID = ClientError({"Error": {"Code": "ValidationException"}}, "PutItem")


class Table(InMemoryReports):
    """A table that may refuse; `before` may do something while a report is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.after_storing = False
        self.before: Callable[[Report], None] = lambda _: None
        self.order: list[int] = []

    def add(self, report: Report) -> bool:
        self.before(report)
        with storage_errors("reports"):
            if self.error is not None and not self.after_storing:
                raise self.error
            stored = super().add(report)
            self.order.append(report.tick)
            if self.error is not None:
                raise self.error
        return stored


def buffered(table: Table, count: int = 3) -> BufferedReports:
    reports = BufferedReports(table)
    for n in range(count):
        assert reports.add(report("lima", tick=TICK + n, db=PASS))
    return reports


def test_nothing_is_sent_before_the_flush() -> None:
    table = Table()

    assert buffered(table).waiting == 3
    assert not table.order


def test_what_waits_is_sent_oldest_first_and_once() -> None:
    table = Table()
    reports = buffered(table)

    reports.flush()
    reports.flush()

    assert table.order == [TICK, TICK + 1, TICK + 2]
    assert (reports.waiting, reports.trouble) == (0, None)


def test_while_aws_does_not_answer_everything_waits_in_its_order() -> None:
    table = Table()
    table.error = OUT
    reports = buffered(table)

    reports.flush()
    first = reports.trouble
    table.error = None
    reports.add(report("lima", tick=TICK + 3, db=PASS))
    reports.flush()

    assert str(first).startswith("table reports: Could not connect to the endpoint URL")
    assert table.order == [TICK + n for n in range(4)]
    assert reports.trouble is None


def test_a_try_that_fails_is_the_last_of_that_flush() -> None:
    table = Table()
    table.error = OUT
    tries: list[int] = []
    table.before = lambda report: tries.append(report.tick)

    buffered(table).flush()

    assert tries == [TICK]


def test_each_shard_keeps_its_newest_hour() -> None:
    table = Table()
    reports = buffered(table, MOST + 2)
    other = Report(location="lima", shard="s1", tick=TICK, config_version=1, sightings={})
    reports.add(other)

    reports.flush()

    assert reports.dropped == 2
    assert table.order == [*range(TICK + 2, TICK + MOST + 2), TICK]


def test_a_report_that_is_dropped_while_it_is_sent_takes_no_other_with_it() -> None:
    table = Table()
    reports = buffered(table, MOST)

    def one_more(_: Report) -> None:
        table.before = lambda _: None
        reports.add(report("lima", tick=TICK + MOST, db=PASS))

    table.before = one_more
    reports.flush()

    assert table.order == [TICK + n for n in range(MOST + 1)]


OUTAGES = st.lists(
    st.tuples(
        st.sampled_from(["s0", "s1"]),
        st.integers(0, MOST + 20),  # reports that are made
        st.integers(0, 3 * MOST),  # reports that AWS takes before it is out again
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(OUTAGES)
def test_whatever_the_outages_each_report_is_sent_in_order_or_dropped_and_counted(
    outages: list[tuple[str, int, int]],
) -> None:
    table = Table()
    reports = BufferedReports(table)
    left = [0]
    sent: list[tuple[str, int]] = []

    def take(report: Report) -> None:
        table.error = OUT if not left[0] else None
        if left[0]:
            left[0] -= 1
            sent.append((report.shard, report.tick))

    table.before = take
    made = 0
    for shard, many, taken in outages:
        for _ in range(many):
            made += 1
            reports.add(replace(report("lima", tick=made, db=PASS), shard=shard))
        left[0] = taken
        reports.flush()

        assert reports.waiting <= 2 * MOST
        assert made == len(sent) + reports.waiting + reports.dropped
    ticks = [tick for _, tick in sent]
    assert ticks == sorted(set(ticks))


def test_the_newest_is_known_while_aws_does_not_answer() -> None:
    table = Table()
    table.error = OUT
    reports = buffered(table)

    newest = reports.newest("lima", "s0", until=TICK + 2)

    assert newest == report("lima", tick=TICK + 2, db=PASS)
    assert table.reads == 0


def test_what_was_reported_before_this_process_is_read() -> None:
    table = Table()
    table.add(report("lima", tick=TICK - 5, db=FAIL))
    reports = buffered(table)

    assert reports.newest("lima", "s0", until=TICK - 1) == report("lima", tick=TICK - 5, db=FAIL)
    assert reports.newest("lima", "s1", until=TICK) is None


def test_a_tick_that_another_process_reported_is_counted() -> None:
    table = Table()
    table.add(report("lima", tick=TICK + 1, db=FAIL))
    reports = buffered(table)

    reports.flush()

    assert (reports.taken, reports.waiting) == (1, 0)


def test_our_own_report_whose_answer_was_lost_is_no_other_process() -> None:
    table = Table()
    reports = buffered(table)
    table.error, table.after_storing = OUT, True
    reports.flush()
    table.error = None

    reports.flush()

    assert (reports.taken, reports.waiting) == (0, 0)


def test_a_report_that_aws_will_never_take_holds_up_no_other() -> None:
    table = Table()
    reports = buffered(table)

    def invalid(sent: Report) -> None:
        table.error = INVALID if sent.tick == TICK else None

    table.before = invalid
    reports.flush()

    assert table.order == [TICK + 1, TICK + 2]
    assert (reports.refused, reports.waiting, reports.trouble) == (1, 0, None)


def test_a_report_that_breaks_us_is_told_and_holds_up_no_other() -> None:
    table = Table()
    reports = buffered(table)

    def stumble(sent: Report) -> None:
        if sent.tick == TICK:
            raise ValueError("stumbled")

    table.before = stumble
    with pytest.raises(ValueError, match="stumbled"):
        reports.flush()
    reports.flush()

    assert table.order == [TICK + 1, TICK + 2]
    assert (reports.refused, reports.waiting) == (1, 0)


def test_dynamodb_takes_what_waited(dynamodb: "DynamoDBClient") -> None:
    table = DynamoReports(dynamodb, "reports")
    reports = BufferedReports(table)
    reports.add(report("lima", db=PASS))

    reports.flush()

    assert table.newest("lima", "s0", until=TICK) == report("lima", db=PASS)


def test_a_table_that_is_not_there_is_a_trouble_and_nothing_is_lost(
    dynamodb: "DynamoDBClient",
) -> None:
    reports = BufferedReports(DynamoReports(dynamodb, "nowhere"))
    reports.add(report("lima", db=PASS))

    reports.flush()

    assert reports.waiting == 1
    assert "ResourceNotFoundException" in str(reports.trouble)


# A probe, whose reports wait only where the home does not take them


def refused(reports: LateReports, ticks: range, outcome: Outcome = PASS) -> None:
    for tick in ticks:
        with pytest.raises(StorageError):
            reports.add(report("lima", tick=tick, db=outcome, api=PASS))


def test_what_the_home_takes_does_not_wait() -> None:
    reports = LateReports(Table())

    assert reports.add(report("lima", db=PASS))
    assert not reports.add(report("lima", db=FAIL)), "this tick has its report"
    assert reports.waiting == 0


def test_what_the_home_does_not_take_waits_and_its_tick_says_so() -> None:
    table = Table()
    table.error = OUT
    reports = LateReports(table)

    refused(reports, range(TICK, TICK + 3))

    assert reports.waiting == 3
    assert not table.items


def test_once_the_home_is_back_it_gets_what_waited_as_it_was_and_with_its_ticks() -> None:
    table = Table()
    table.error = OUT
    reports = LateReports(table)
    refused(reports, range(TICK, TICK + 3), FAIL)
    table.error = None

    assert reports.add(report("lima", tick=TICK + 3, db=PASS, api=PASS))
    assert reports.catch_up(lambda: True) == 3

    assert table.order == [TICK + 3, TICK, TICK + 1, TICK + 2]
    stored = table.items["lima", "s0"][TICK + 1]
    assert stored.sightings["db"] == report("lima", tick=TICK + 1, db=FAIL).sightings["db"]
    assert (reports.waiting, reports.catch_up(lambda: True)) == (0, 0)


def test_at_most_an_hour_of_each_shard_waits_the_oldest_goes_first() -> None:
    table = Table()
    table.error = OUT
    reports = LateReports(table)
    refused(reports, range(TICK, TICK + MOST + 5))
    with pytest.raises(StorageError):
        reports.add(replace(report("lima", db=PASS), shard="s1"))
    table.error = None

    assert reports.catch_up(lambda: True) == MOST + 1
    assert min(table.items["lima", "s0"]) == TICK + 5
    assert [*table.items["lima", "s1"]] == [TICK]


def test_a_home_that_goes_again_keeps_the_rest_waiting() -> None:
    table = Table()
    table.error = OUT
    reports = LateReports(table)
    refused(reports, range(TICK, TICK + 3))

    assert reports.catch_up(lambda: True) == 0
    assert reports.waiting == 3


def test_a_tick_sends_no_more_than_it_has_time_for() -> None:
    table = Table()
    table.error = OUT
    reports = LateReports(table)
    refused(reports, range(TICK, TICK + 3))
    table.error = None
    time_for = iter([True, True, False])

    assert reports.catch_up(lambda: next(time_for)) == 2
    assert reports.waiting == 1


def test_what_was_stored_though_nobody_heard_of_it_is_not_stored_twice() -> None:
    table = Table()
    table.error, table.after_storing = OUT, True
    reports = LateReports(table)
    refused(reports, range(TICK, TICK + 1))
    table.error = None

    reports.catch_up(lambda: True)

    assert reports.waiting == 0
    assert [*table.items["lima", "s0"]] == [TICK]


def test_what_the_home_will_never_take_does_not_wait() -> None:
    table = Table()
    table.error = INVALID
    reports = LateReports(table)

    refused(reports, range(TICK, TICK + 1))

    assert reports.waiting == 0


def test_what_the_home_will_never_take_holds_up_nothing() -> None:
    table = Table()
    table.error = OUT
    reports = LateReports(table)
    refused(reports, range(TICK, TICK + 2))

    def spoil(late: Report) -> None:
        table.error = INVALID if late.tick == TICK else None

    table.before = spoil
    turns = iter([True] * 5)

    assert reports.catch_up(lambda: next(turns, False)) == 1
    assert reports.waiting == 0
