"""What is owed: claimed by one, struck off when sent, found again when it was not."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes.make import MINUTE, NOON
from tests.unit.domain.test_shard import live
from tocsin.domain.incident import Ending, Event, Incident, Kind, Moment, announced
from tocsin.domain.monitor import Route
from tocsin.domain.outbox import (
    CLAIM,
    CLOSED,
    PATIENCE,
    WAITING,
    Owed,
    Receipt,
    bounded,
    claim,
    strike,
    unheard,
)

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


BOTH = (Route.PAGE, Route.NOTICE)
NOW = NOON + PATIENCE


def incident(number: int, *, size: int = 1, routes: tuple[Route, ...] = BOTH) -> Incident:
    """Give one that is over, of so many monitors."""
    return Incident(
        id=f"i{number}",
        kind=Kind.DOWN,
        opened_at=NOON - MINUTE,
        routes=routes,
        subjects=OPENED.subjects * size,
        ended_at=NOON,
        ending=Ending.RECOVERED,
    )


def owed(each: Incident, event: Event, *routes: Route, at: datetime = NOON) -> Owed:
    return Owed(alert=announced(each, event, at), routes=routes or each.routes)


def pair(number: int, *, size: int = 1) -> tuple[Owed, Owed]:
    each = incident(number, size=size)
    return owed(each, Event.OPENED), owed(each, Event.RESOLVED)


def full(*first: Owed, pairs: int = 100) -> tuple[Owed, ...]:
    """Give an outbox in which as much waits as may, beside the first of it."""
    return (*first, *(each for number in range(pairs) for each in pair(number)))


def left(outbox: Iterable[Owed]) -> set[str]:
    return {each.alert.id for each in outbox}


def test_as_much_waits_as_may_and_no_more() -> None:
    at_most, one_more = full(), full(*pair(-1))

    assert sum(len(each.alert.subjects) for each in at_most) == WAITING
    assert bounded(at_most, (), monitors=0, now=NOW) == (at_most, ())
    assert bounded(one_more, (), monitors=1, now=NOW) == (one_more, ())
    assert bounded(one_more, (), monitors=0, now=NOW) == (at_most, ())


def test_one_that_is_too_much_is_too_much() -> None:
    end = owed(incident(-3), Event.RESOLVED)

    assert bounded(full(end), (), monitors=0, now=NOW)[0] == (end, *full()[2:])
    # Two for each monitor wait beside the rest, and the third does not.
    assert bounded(full(*pair(-1), end), (), monitors=1, now=NOW)[0] == full(end)
    # Of two that are both needed the first alone is not enough.
    assert bounded(full(*pair(-1), end), (), monitors=0, now=NOW)[0] == (end, *full()[2:])


def test_as_much_is_given_up_as_has_to_be_by_what_it_takes_to_store() -> None:
    crowd, small = pair(-2, size=30), pair(-1)
    trouble = incident(-3)
    of_place = replace(trouble, kind=Kind.LOCATION, subjects=())
    place = (owed(of_place, Event.OPENED), owed(of_place, Event.RESOLVED))

    assert bounded(full(*crowd), (), monitors=0, now=NOW)[0] == full()
    assert bounded(full(*crowd, *small), (), monitors=1, now=NOW)[0] == full(*small)
    assert bounded(full(*small, *crowd), (), monitors=0, now=NOW)[0] == full()
    assert bounded(full(*place), (), monitors=0, now=NOW)[0] == full()


NEVER: dict[str, Callable[[], tuple[Owed, ...]]] = {
    "it is open": lambda: (owed(incident(-1), Event.OPENED),),
    "its beginning was told": lambda: (owed(incident(-1), Event.RESOLVED),),
    "it has not been over for long": lambda: (
        owed(incident(-1), Event.OPENED),
        owed(incident(-1), Event.RESOLVED, at=NOON + timedelta(microseconds=1)),
    ),
    "somebody is sending it": lambda: claim(pair(-1), NOW - timedelta(seconds=1)),
    "somebody is sending its beginning": lambda: (
        *claim(pair(-1)[:1], NOW - timedelta(seconds=1)),
        *pair(-1)[1:],
    ),
}


@pytest.mark.parametrize("why", NEVER)
def test_an_incident_is_not_given_up_where(why: str) -> None:
    kept = NEVER[why]()

    rest, _ = bounded(full(*kept, *pair(-2)), (), monitors=0, now=NOW)

    assert left(kept) <= left(rest)
    assert left(pair(-2)).isdisjoint(left(rest))


def test_it_is_given_up_on_the_route_that_has_taken_nothing_of_it_and_says_so() -> None:
    each, other = incident(-1, size=2), incident(-2)
    half = (owed(each, Event.OPENED, Route.PAGE), owed(each, Event.RESOLVED))

    rest, closed = bounded(full(*half, pairs=99), (each, other), monitors=0, now=NOW)

    assert rest == (owed(each, Event.RESOLVED, Route.NOTICE), *full(pairs=99))
    assert closed[0].moments == (Moment(at=NOW, what="never taken by page: given up"),)
    assert closed[1] == other
    _, (neither,) = bounded(full(*pair(-2)), (other,), monitors=0, now=NOW)
    assert neither.moments == (Moment(at=NOW, what="never taken by page, notice: given up"),)
    # Its end stays where the other route waits for it, so that is not as much as it looks.
    more, _ = bounded(full(*half), (), monitors=0, now=NOW)
    assert more == (owed(each, Event.RESOLVED, Route.NOTICE), *full()[2:])
    assert bounded(rest, closed, monitors=0, now=NOW) == (rest, closed)


def test_what_waits_to_be_told_is_not_dropped_and_of_the_rest_the_latest_are_kept() -> None:
    told = tuple(incident(number) for number in range(-1 - CLOSED, 0))
    untold = tuple(incident(number) for number in range(100))

    _, closed = bounded(full(), (*told, *untold), monitors=0, now=NOW)
    _, more = bounded(full(), (*told, *untold), monitors=1, now=NOW)

    assert closed == (*told[1:], *untold)
    assert more == (*told, *untold)


def test_what_a_route_has_yet_to_take_is_known_by_incident() -> None:
    each, other = incident(1), incident(2)
    outbox = (
        owed(each, Event.OPENED, Route.PAGE),
        owed(other, Event.OPENED, Route.CHAT),
        owed(each, Event.RESOLVED, Route.NOTICE),
    )

    assert unheard(outbox) == {"i1": frozenset(BOTH), "i2": frozenset({Route.CHAT})}
    assert unheard(()) == {}
