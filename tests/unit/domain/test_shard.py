"""Where monitors stand, and the incidents and alerts that follow."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes.make import (
    CERTIFICATE,
    FAIL,
    MINUTE,
    NOON,
    PASS,
    THREE,
    TICK,
    monitor,
    report,
    shard,
    world,
)
from tocsin.domain.incident import Alert, Ending, Event, Kind
from tocsin.domain.judgement import ignored, judge
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.openings import BLIND_AFTER, WARN_AFTER
from tocsin.domain.outcome import Reason
from tocsin.domain.quorum import Delay, Verdict
from tocsin.domain.schedule import instant_of
from tocsin.domain.shard import Shard
from tocsin.domain.standing import Standing
from tocsin.domain.state import ShardState, slim

LATE = replace(PASS, phases_ms={"connect": 7.5})
EMPTY = ShardState(shard="s0")


def live(*ticks: str, watched: Shard | None = None, state: ShardState = EMPTY) -> ShardState:
    """Judge once a minute from noon, each time on what the three locations say in that minute."""
    for number, votes in enumerate(ticks):
        tick = TICK + number
        state = judge(watched or shard(monitor()), world(votes, tick=tick), state, instant_of(tick))
    return state


def told(state: ShardState) -> list[tuple[Event, Kind]]:
    return [(owed.alert.event, owed.alert.kind) for owed in state.outbox]


def alert(state: ShardState) -> Alert:
    return state.outbox[-1].alert


def test_a_healthy_monitor_owes_nothing() -> None:
    state = live("ppp", "ppp")

    assert state.standings == {"db": Standing(verdict=Verdict.UP, since=NOON, well=True)}
    assert state.incidents == ()
    assert state.outbox == ()


def test_a_quorum_of_failures_opens_one_incident_and_owes_one_alert() -> None:
    state = live("ppp", "fff", "fff")

    assert told(state) == [(Event.OPENED, Kind.DOWN)]
    assert [incident.kind for incident in state.incidents] == [Kind.DOWN]
    assert alert(state).subjects[0].ballots[0].evidence == "connection refused"


def test_the_end_bears_the_id_of_the_opening() -> None:
    state = live("fff", "ppp")

    assert told(state) == [(Event.OPENED, Kind.DOWN), (Event.RESOLVED, Kind.DOWN)]
    opened, resolved = (owed.alert for owed in state.outbox)
    assert opened.incident == resolved.incident
    assert opened.id != resolved.id
    assert resolved.ending is Ending.RECOVERED
    assert resolved.opened_at == opened.at
    assert state.incidents == ()


def test_two_outages_are_two_incidents() -> None:
    state = live("fff", "ppp", "fff")

    assert len({owed.alert.incident for owed in state.outbox}) == 2


@pytest.mark.parametrize(
    "votes",
    [
        pytest.param("---", id="silence"),
        pytest.param("p--", id="one lonely pass"),
        pytest.param("pf-", id="a tie"),
        pytest.param("aaa", id="abstentions"),
    ],
)
def test_only_evidence_ends_an_incident(votes: str) -> None:
    state = live("fff", *[votes] * 10)

    assert Kind.DOWN in {incident.kind for incident in state.incidents}
    assert (Event.RESOLVED, Kind.DOWN) not in told(state)


def test_a_monitor_recovers_after_it_has_passed_for_long_enough() -> None:
    watched = shard(monitor(recover_for=2 * MINUTE))

    assert told(live("fff", "ppp", "ppp", watched=watched)) == [(Event.OPENED, Kind.DOWN)]
    assert (Event.RESOLVED, Kind.DOWN) in told(live("fff", *["ppp"] * 3, watched=watched))


def test_a_relapse_starts_the_recovery_again() -> None:
    watched = shard(monitor(recover_for=2 * MINUTE))

    state = live("fff", "ppp", "fff", "ppp", "ppp", watched=watched)

    assert told(state) == [(Event.OPENED, Kind.DOWN)]
    assert state.standings["db"].verdict is Verdict.DOWN
    assert state.standings["db"].recovering_since == NOON + 3 * MINUTE


def test_a_deleted_monitor_ends_its_incident() -> None:
    down = live("fff")

    after = judge(shard(monitor("web"), version=2), {}, down, NOON + MINUTE)

    assert alert(after).event is Event.RESOLVED
    assert alert(after).ending is Ending.DELETED
    assert alert(after).subjects == down.incidents[0].subjects
    assert after.incidents == ()
    assert "db" not in after.standings


def test_an_edited_monitor_keeps_its_incident_until_the_new_definition_passes() -> None:
    down = live("fff")
    edited = shard(monitor(changed_in=2), version=2)

    at_first = judge(edited, world("ppp", tick=TICK + 1), down, NOON + MINUTE)
    reports = {name: report(name, tick=TICK + 2, version=2, db=PASS) for name in THREE}
    later = judge(edited, reports, at_first, NOON + 2 * MINUTE)

    assert [incident.kind for incident in at_first.incidents] == [Kind.DOWN]
    assert later.incidents == ()


def test_an_older_configuration_judges_nothing() -> None:
    newer = live("fff", watched=shard(monitor(), version=7))

    assert judge(shard(version=6), {}, newer, NOON + MINUTE) is newer


def test_blindness_is_told_once_it_lasts_and_once_only() -> None:
    quiet = live(*["p--"] * 3)
    loud = live(*["p--"] * 8)

    assert timedelta(minutes=3) == BLIND_AFTER
    assert told(quiet) == []
    assert told(loud) == [(Event.OPENED, Kind.UNKNOWN)]


def test_sight_regained_ends_the_blindness() -> None:
    state = live(*["---"] * 5, "ppp")

    assert told(state) == [(Event.OPENED, Kind.UNKNOWN), (Event.RESOLVED, Kind.UNKNOWN)]


def test_all_that_goes_dark_at_once_is_one_incident() -> None:
    watched = shard(
        monitor("db", routes=(Route.NOTICE,)), monitor("web", routes=(Route.PAGE, Route.CHAT))
    )

    state = live(*["---"] * 5, watched=watched)

    assert len(state.incidents) == 1
    assert state.incidents[0].monitors == {"db", "web"}
    assert state.incidents[0].routes == (Route.PAGE, Route.CHAT, Route.NOTICE)


def test_a_monitor_that_is_down_and_then_unseen_has_both_incidents_and_ends_both() -> None:
    dark = live("fff", *["---"] * 8)
    light = live("fff", *["---"] * 8, "ppp")

    assert {incident.kind for incident in dark.incidents} == {Kind.DOWN, Kind.UNKNOWN}
    assert light.incidents == ()


def test_a_failure_at_one_location_warns_when_it_lasts_and_wakes_nobody() -> None:
    watched = shard(monitor(routes=(Route.PAGE, Route.CHAT)))

    quiet = live(*["ppf"] * 10, watched=watched)
    loud = live(*["ppf"] * 12, watched=watched)

    assert timedelta(minutes=10) == WARN_AFTER
    assert told(quiet) == []
    assert told(loud) == [(Event.OPENED, Kind.DEGRADED)]
    assert alert(loud).routes == (Route.CHAT,)


def test_a_quorum_on_its_way_to_being_down_is_no_warning() -> None:
    watched = shard(monitor(fail_for=15 * MINUTE))
    table = {name: report(name, tick=TICK + 12, since=TICK, db=FAIL) for name in THREE}
    begun = live("fff", watched=watched)

    state = judge(watched, table, begun, NOON + 12 * MINUTE)

    assert state.standings["db"].verdict is Verdict.DEGRADED
    assert told(state) == []


def test_a_state_can_be_told_in_fewer_words_but_names_every_monitor() -> None:
    state = live("fff")

    for evidence in (4, 0):
        subject = slim(state, evidence).outbox[0].alert.subjects[0]
        assert subject.monitor == "db"
        assert {ballot.evidence for ballot in subject.ballots} == ({"conn"} if evidence else set())
    assert slim(state, 4).incidents[0].subjects[0].ballots[0].evidence == "conn"


def test_the_name_of_an_issuer_is_told_in_fewer_words_too() -> None:
    state = live(*["www"] * 12)

    certificate = slim(state, 4).incidents[0].subjects[0].ballots[0].certificate

    assert certificate == replace(CERTIFICATE, issuer="CN=R")


def test_a_warning_for_a_monitor_that_only_pages_goes_to_the_notices() -> None:
    assert alert(live(*["ppf"] * 12)).routes == (Route.NOTICE,)


def test_what_will_soon_fail_is_told_once_it_lasts_and_wakes_nobody() -> None:
    watched = shard(monitor(routes=(Route.PAGE, Route.CHAT)))

    quiet = live(*["www"] * 10, watched=watched)
    loud = live(*["www"] * 12, watched=watched)

    assert told(quiet) == []
    assert told(loud) == [(Event.OPENED, Kind.DEGRADED)]
    assert alert(loud).routes == (Route.CHAT,)
    assert alert(loud).subjects[0].ballots[0].warning is Reason.CERTIFICATE_EXPIRES_SOON


@pytest.mark.parametrize(
    ("first", "then"), [("www", "ppf"), ("ppf", "www")], ids=["a failure", "a warning"]
)
def test_another_cause_is_still_the_same_trouble(first: str, then: str) -> None:
    before = live(*[first] * 12)
    after = live(*[first] * 12, *[then] * 12)

    assert told(after) == told(before) == [(Event.OPENED, Kind.DEGRADED)]
    assert [each.id for each in after.incidents] == [each.id for each in before.incidents]
    assert after.standings["db"].since == NOON


def test_a_warning_that_becomes_a_failure_pages() -> None:
    state = live(*["www"] * 12, "fff")

    assert told(state) == [(Event.OPENED, Kind.DEGRADED), (Event.OPENED, Kind.DOWN)]
    assert alert(state).routes == (Route.PAGE,)


def test_an_alert_says_what_was_slow() -> None:
    lazy = shard(monitor(slow_phases=(("connect", timedelta(milliseconds=1)),)))

    state = live(*["ppp"] * 12, watched=lazy)

    assert alert(state).subjects[0].slow == (Delay(phase="connect", ms=1.5, limit_ms=1),)


def test_a_slow_service_whose_times_vary_is_not_written_down_every_minute() -> None:
    lazy = shard(monitor(slow=timedelta(milliseconds=1)))
    slower = {name: report(name, tick=TICK + 1, db=LATE) for name in THREE}
    state = live("ppp", watched=lazy)

    assert judge(lazy, slower, state, NOON + MINUTE) == state


@pytest.mark.parametrize("last", ["fff", "---"], ids=["worse", "unseen"])
def test_a_warning_ends_only_when_all_is_well(last: str) -> None:
    warned = [*["ppf"] * 12, last]

    assert (Event.RESOLVED, Kind.DEGRADED) not in told(live(*warned))
    assert (Event.RESOLVED, Kind.DEGRADED) in told(live(*warned, "ppp"))


def test_a_verdict_keeps_the_time_when_it_began() -> None:
    standings = [live(*["ppp"] * n, "ppf", "ppf").standings["db"] for n in (0, 2)]

    assert [each.since for each in standings] == [NOON, NOON + 2 * MINUTE]
    assert standings[0].failing == ("november",)


def test_the_silent_are_named() -> None:
    assert live("pp-").standings["db"].silent == ("november",)


def test_a_wake_up_that_finds_nothing_new_changes_nothing() -> None:
    state = live("ppp", "fff")

    assert judge(shard(monitor()), world("fff", tick=TICK + 2), state, NOON + 2 * MINUTE) == state


def test_monitors_do_not_know_each_other() -> None:
    def judged(*monitors: Monitor) -> ShardState:
        reports = {name: report(name, db=FAIL, web=PASS) for name in THREE}
        return judge(shard(*monitors), reports, EMPTY, NOON)

    alone, together = judged(monitor("db")), judged(monitor("web"), monitor("db"))

    assert alone.standings["db"] == together.standings["db"]
    assert alone.outbox == together.outbox


def test_votes_that_cannot_count_are_counted() -> None:
    watched = shard(monitor("db", changed_in=3), monitor("web"), version=3)
    reports = [
        report("lima", version=2, db=PASS, web=PASS),
        report("mike", version=3, db=PASS, gone=PASS),
    ]

    assert ignored(watched, reports) == 2


def test_an_incident_is_named_for_people_and_for_good() -> None:
    def opened_at(now: datetime) -> str:
        reports = {name: report(name, db=FAIL) for name in THREE}
        return judge(shard(monitor()), reports, EMPTY, now).incidents[0].id

    first, again, later = (opened_at(NOON + each * MINUTE) for each in (0, 0, 1))

    assert first == again != later
    assert first.startswith("db-20260101T120000Z-")


def test_an_alert_says_how_it_ended_only_at_the_end() -> None:
    opened = alert(live("fff"))

    with pytest.raises(ValueError, match="only an end"):
        replace(opened, ending=Ending.RECOVERED)
    with pytest.raises(ValueError, match="only an end"):
        replace(opened, event=Event.RESOLVED)
