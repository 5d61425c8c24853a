"""A storm goes no faster than mail and the tables take it."""

import time

from tests.fakes.make import TICK, monitor, shard, world
from tests.fakes.memory import FixedTime, InMemoryAlerts, InMemoryReports, InMemoryStates, bench
from tests.integration.functions.environment import Context
from tests.integration.functions.load import handler
from tocsin.adapters import reports, states
from tocsin.domain.report import Report
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import layout
from tocsin.usecases.announce import BATCH
from tocsin.usecases.assess import assess

AGGREGATOR = handler("aggregator")
AT_ONCE = 2
"""Aggregators that send at the same time: that of the stream, and that of the minute."""

MOST_MAILS_A_SECOND = 10
"""Above it SNS switches a mail subscription off (SNS quotas, "Email delivery rate")."""

MOST_UNITS_A_SECOND = 1_000
"""Of writing, for one key of a table; a unit is 1 KiB (DynamoDB, partitions)."""


def test_two_aggregators_that_send_at_once_stay_below_what_mail_takes() -> None:
    assert AT_ONCE / AGGREGATOR.PACE_SECONDS < MOST_MAILS_A_SECOND


def test_an_alert_waits_for_its_turn() -> None:
    wake_up = AGGREGATOR.WakeUp(Context())

    began = time.monotonic()
    for _ in range(3):
        wake_up.turn()

    assert time.monotonic() - began >= 2 * AGGREGATOR.PACE_SECONDS


def test_a_storm_writes_the_document_of_its_shard_slower_than_one_key_takes_it() -> None:
    watched = shard(*(monitor(f"m{n}") for n in range(5 * BATCH)))
    kept, told, tables = FixedTime(instant_of(TICK)), InMemoryAlerts(), InMemoryStates()
    held = InMemoryReports()
    for place, seen in world("fff").items():
        sightings = {each.id: seen.sightings["db"] for each in watched.monitors}
        held.add(
            Report(location=place, shard="s0", tick=TICK, config_version=1, sightings=sightings)
        )

    at = bench(reports=held, states=tables, alerts=told)
    assess(watched, layout([watched]), at, kept)

    seconds = kept.turns * AGGREGATOR.PACE_SECONDS
    units = states.MOST_BYTES / 1024
    assert len(told.sent) == kept.turns == 5 * BATCH
    # The first write is the decision itself, before anything is sent.
    assert AT_ONCE * (tables.writes - 1) / seconds * units < MOST_UNITS_A_SECOND / 2
    assert AT_ONCE * units < MOST_UNITS_A_SECOND


def test_the_largest_report_is_less_than_one_key_takes_in_a_second() -> None:
    assert reports.MOST_BYTES / 1024 < MOST_UNITS_A_SECOND
