"""What of old serials is remembered, and the vote that follows from them to the last word."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.make import FAIL, MINUTE, NOON, PASS, THREE, TICK, monitor
from tests.unit.domain.test_zones import LAG, NEW, NS1, NS2, OLD, reports, seen, zone
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.zones import FORGOTTEN_AFTER, REMEMBERED, Superseded, judged, remembered

INSTANT = timedelta(microseconds=1)
NS3 = "ns3.example.com. 192.0.2.3"
BEHIND = seen(ns1=NEW, ns2=OLD)
NS2_BEHIND = f"ns2.example.com. (192.0.2.2) serves {OLD}, 6 min behind {NEW} at ns1.example.com."


def past(serial: int, age: timedelta) -> Superseded:
    return Superseded(serial=serial, since=NOON - age)


def vote(outcome: Outcome, *old: Superseded, servers: int | None = None) -> Outcome:
    """Give what one location's outcome becomes, where the others are silent."""
    found = judged(zone(servers), old, reports(0, lima=outcome), NOON)
    return found["lima"].sightings["zone"].outcome


def of(**serials: int) -> Outcome:
    servers = {"ns1": NS1, "ns2": NS2, "ns3": NS3}
    return Outcome(vote=Vote.PASS, serials={servers[name]: each for name, each in serials.items()})


def kept(before: tuple[Superseded, ...], **outcomes: Outcome) -> list[int]:
    return [each.serial for each in remembered(before, zone(), reports(0, **outcomes), NOON)]


def test_while_nobody_sees_a_serial_all_of_them_are_remembered() -> None:
    before = (past(OLD, 2 * FORGOTTEN_AFTER),)
    without = reports(0, lima=PASS)

    assert remembered(before, zone(), {}, NOON) is before
    assert judged(zone(), before, without, NOON) is without


@pytest.mark.parametrize(
    ("age", "outcome", "serials"),
    [
        pytest.param(2 * FORGOTTEN_AFTER, BEHIND, [OLD], id="somebody still gives it"),
        pytest.param(FORGOTTEN_AFTER - INSTANT, of(ns1=NEW), [OLD], id="nobody does any more"),
        pytest.param(FORGOTTEN_AFTER, of(ns1=NEW), [], id="nobody has for a day"),
        pytest.param(MINUTE, of(ns1=OLD - 1), [], id="it is the newest by now"),
    ],
)
def test_an_old_serial_is_remembered_while_it_may_come_back(
    age: timedelta, outcome: Outcome, serials: list[int]
) -> None:
    before = (past(OLD, age),)

    assert kept(before, lima=outcome) == serials
    assert set(remembered(before, zone(), reports(0, lima=outcome), NOON)) <= set(before)


def test_of_many_old_serials_those_that_are_given_and_then_the_latest_are_remembered() -> None:
    before = tuple(past(number, (50 - number) * MINUTE) for number in range(40))
    given = replace(BEHIND, serials={NS1: NEW, NS2: 7, NS3: 39})

    latest = range(40 - (REMEMBERED - 1), 40)
    assert kept(before, lima=given) == [7, *latest]
    assert kept(before, lima=of(ns1=NEW)) == [8, *latest]


def test_where_more_old_serials_are_given_than_are_remembered_the_oldest_stay() -> None:
    crowd = {f"ns{n}.example.com. 192.0.2.{n}": n for n in range(40)}
    before = tuple(past(number, (50 - number) * MINUTE) for number in range(40))

    found = kept(before, lima=replace(BEHIND, serials=crowd | {NS1: NEW}))

    assert found == [number for number in range(40) if number != 1][:REMEMBERED]


@pytest.mark.parametrize(
    ("age", "failing"), [(LAG, False), (LAG + INSTANT, True)], ids=["just in time", "too late"]
)
def test_a_server_may_be_behind_for_its_lag(age: timedelta, failing: bool) -> None:  # noqa: FBT001 - a case
    assert vote(BEHIND, past(OLD, age)).reason is (Reason.SERIAL_BEHIND if failing else None)


def test_what_is_behind_fails_since_the_lag_of_the_first_was_over() -> None:
    outcome = of(ns1=NEW, ns2=OLD, ns3=NEW - 1)
    (found,) = judged(
        zone(),
        (past(OLD, 9 * MINUTE), past(NEW - 1, 6 * MINUTE)),
        reports(0, lima=replace(outcome, warning=Reason.SIGNATURE_EXPIRES_SOON)),
        NOON,
    ).values()

    assert found.sightings["zone"].failing_since == TICK - 4
    assert found.sightings["zone"].outcome == Outcome(
        vote=Vote.FAIL,
        layer=Layer.CONTENT,
        reason=Reason.SERIAL_BEHIND,
        evidence=(
            f"ns2.example.com. (192.0.2.2) serves {OLD}, 9 min behind {NEW} at ns1.example.com.; "
            f"ns3.example.com. (192.0.2.3) serves {NEW - 1}, 6 min behind {NEW} at ns1.example.com."
        ),
        serials=outcome.serials,
    )


@pytest.mark.parametrize(
    ("servers", "expected"), [(3, Vote.FAIL), (2, Vote.PASS), (1, Vote.PASS)], ids=str
)
def test_it_is_a_warning_where_as_many_servers_are_well_as_must_be(
    servers: int, expected: Vote
) -> None:
    found = vote(of(ns1=NEW, ns2=OLD, ns3=NEW), past(OLD, 6 * MINUTE), servers=servers)

    assert found.vote is expected
    assert found.evidence == NS2_BEHIND
    assert Reason.SERIAL_BEHIND in {found.warning, found.reason}


def test_the_newest_is_seen_at_the_first_by_name_that_has_it() -> None:
    assert vote(of(ns3=NEW, ns2=OLD, ns1=NEW), past(OLD, 6 * MINUTE)).evidence == NS2_BEHIND


def test_where_two_others_are_behind_too_they_are_counted() -> None:
    crowd = {f"ns{n}.example.com. 192.0.2.{n}": OLD for n in (2, 3, 4)}
    outcome = replace(BEHIND, serials={NS1: NEW} | crowd)

    assert vote(outcome, past(OLD, 6 * MINUTE)).evidence == (
        f"ns2.example.com. (192.0.2.2) and 2 others serve {OLD}, "
        f"6 min behind {NEW} at ns1.example.com."
    )


def test_a_serial_that_was_old_and_is_the_newest_again_is_behind_nobody() -> None:
    assert vote(of(ns1=OLD, ns2=OLD), past(OLD, 6 * MINUTE)) == of(ns1=OLD, ns2=OLD)


@pytest.mark.parametrize(
    ("warning", "left"),
    [
        (Reason.SERIAL_BEHIND, None),
        (Reason.SIGNATURE_EXPIRES_SOON, Reason.SIGNATURE_EXPIRES_SOON),
    ],
    ids=["that it is behind", "something else"],
)
def test_of_the_warnings_of_a_check_only_that_of_serials_is_judged_here(
    warning: Reason, left: Reason | None
) -> None:
    assert vote(replace(BEHIND, warning=warning), past(OLD, MINUTE)).warning is left


@pytest.mark.parametrize(
    "first",
    [
        pytest.param({}, id="is silent"),
        pytest.param({"lima": replace(FAIL, serials=BEHIND.serials)}, id="fails by itself"),
    ],
)
def test_where_one_location_has_no_say_the_others_vote_all_the_same(
    first: Mapping[str, Outcome],
) -> None:
    before = reports(0, **first, mike=BEHIND, november=BEHIND)

    after = judged(zone(), (past(OLD, 6 * MINUTE),), before, NOON)

    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in first)
    assert [after[name].sightings["zone"].outcome.evidence for name in THREE[1:]] == [
        NS2_BEHIND
    ] * 2


def test_only_a_zone_is_judged_by_serials() -> None:
    before = reports(0, lima=BEHIND)

    assert judged(monitor("zone"), (past(OLD, 6 * MINUTE),), before, NOON) is before
