"""What is owed: claimed by one, struck off when sent, found again when it was not."""

from datetime import timedelta

from tests.fakes.make import NOON
from tests.unit.domain.test_shard import live
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import CLAIM, Owed, Receipt, claim, strike

OPENED = live("fff").outbox[0].alert
RECEIPT = Receipt(at=NOON, message="m-1")
OWED = Owed(alert=OPENED, routes=(Route.PAGE, Route.NOTICE))


def test_what_nobody_sends_is_claimed() -> None:
    (mine,) = claim((OWED,), NOON)

    assert mine.claimed_until == NOON + CLAIM
    assert mine.tries == 1


def test_what_somebody_sends_is_left_to_him_until_his_time_is_up() -> None:
    claimed = claim((OWED,), NOON)

    assert claim(claimed, NOON + CLAIM - timedelta(microseconds=1)) == claimed
    assert claim(claimed, NOON + CLAIM)[0].tries == 2


def test_a_claim_by_a_clock_that_ran_ahead_binds_nobody() -> None:
    claimed = claim((OWED,), NOON + timedelta(days=1))

    assert claim(claimed, NOON)[0].tries == 2


def test_a_claim_by_a_clock_half_a_minute_ahead_is_kept() -> None:
    claimed = claim((OWED,), NOON + timedelta(seconds=30))

    assert claim(claimed, NOON) == claimed


def test_an_end_waits_for_its_beginning() -> None:
    opened, resolved = (owed for owed in live("fff", "ppp").outbox)
    others = claim((opened,), NOON)

    mine = claim((*others, resolved), NOON + timedelta(seconds=30))
    later = claim(mine, NOON + CLAIM)

    assert [owed.tries for owed in mine] == [1, 0]
    assert [owed.tries for owed in later] == [2, 1]


def test_a_claim_outlives_every_aggregator() -> None:
    assert timedelta(seconds=60) < CLAIM


def test_what_was_sent_everywhere_is_struck_off() -> None:
    sent = {(OPENED.id, route): RECEIPT for route in (Route.PAGE, Route.NOTICE)}

    assert strike((OWED,), sent, frozenset()) == ()


def test_what_one_route_refused_stays_owed_to_that_route_and_is_free_to_claim() -> None:
    (claimed,) = claim((OWED,), NOON)

    (rest,) = strike((claimed,), {(OPENED.id, Route.PAGE): RECEIPT}, frozenset({OPENED.id}))

    assert rest.routes == (Route.NOTICE,)
    assert rest.claimed_until is None
    assert rest.tries == 1


def test_striking_leaves_what_others_are_sending() -> None:
    claimed = claim((OWED,), NOON)

    assert strike(claimed, {("another#opened", Route.PAGE): RECEIPT}, frozenset()) == claimed
