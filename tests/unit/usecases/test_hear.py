"""The report of the endpoint on the jobs of a shard."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.fakes.make import NOON, TICK, monitor, shard
from tests.fakes.memory import (
    FixedTime,
    InMemoryAlerts,
    InMemoryHeartbeats,
    InMemoryStates,
    bench,
)
from tocsin.adapters.calendar import next_time
from tocsin.domain.endpoint import Endpoint
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget, scheduled
from tocsin.domain.incident import Kind
from tocsin.domain.monitor import Monitor, Route
from tocsin.domain.outcome import Reason, Vote
from tocsin.domain.pulse import Beat, Pulse, Signal, folded
from tocsin.domain.quorum import Verdict
from tocsin.domain.report import Report
from tocsin.domain.shard import jobs as jobs_of
from tocsin.domain.shard import layout
from tocsin.usecases.assess import assess
from tocsin.usecases.hear import Ear

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HOURLY = HeartbeatTarget(period=HOUR, grace=5 * MINUTE)


def job(name: str = "backup", target: HeartbeatTarget = HOURLY, changed_in: int = 0) -> Monitor:
    return Monitor(
        id=name,
        target=target,
        locations=(ENDPOINT,),
        need=1,
        routes=(Route.PAGE,),
        changed_in=changed_in,
    )


def seen(table: InMemoryHeartbeats, *jobs: Monitor, now: datetime = NOON) -> Report:
    watched = shard(*jobs, version=3)
    known = scheduled({}, jobs_of(watched), NOON)
    return Ear(pulses=table, next_time=next_time).report(watched, known, now)


def test_it_reports_on_jobs_only_and_as_a_location_does() -> None:
    table = InMemoryHeartbeats(known={"backup": Pulse(created_at=NOON)})

    report = seen(table, job(), monitor("db"))

    assert (report.location, report.shard, report.tick) == (ENDPOINT, "s0", TICK)
    assert report.config_version == 3
    assert report.sightings.keys() == {"backup"}
    assert report.sightings["backup"].outcome.vote is Vote.PASS


def test_a_failure_is_dated_by_the_minute_in_which_it_began() -> None:
    known = folded(Pulse(created_at=NOON), Beat(signal=Signal.FAIL, at=NOON - 90 * MINUTE))

    report = seen(InMemoryHeartbeats(known={"backup": known}), job())

    assert report.sightings["backup"].failing_since == TICK - 90


def test_a_job_without_a_url_is_told_from_one_whose_pulse_cannot_be_read() -> None:
    class Spoilt(InMemoryHeartbeats):
        def pulses(self, monitors: object) -> dict[str, Pulse | None]:
            return {"spoilt": None}

    report = seen(Spoilt(), job("new"), job("spoilt"))

    assert report.sightings.keys() == {"new"}
    assert report.sightings["new"].outcome.reason is Reason.NO_URL


def test_a_report_of_any_job_shows_that_the_endpoint_lives() -> None:
    now = NOON + 66 * MINUTE
    silent = folded(Pulse(created_at=NOON), Beat(signal=Signal.SUCCESS, at=NOON))
    other = folded(Pulse(created_at=NOON), Beat(signal=Signal.LOG, at=now))
    alone = InMemoryHeartbeats({"silent": silent}, canary=Endpoint(heard_at=NOON + 64 * MINUTE))
    both = replace(alone, known={"silent": silent, "other": other})

    reasons = [
        seen(table, job("silent"), job("other"), now=now).sightings["silent"].outcome.reason
        for table in (alone, both)
    ]

    assert reasons == [None, Reason.LATE]


def test_a_report_that_is_stored_while_it_looks_is_not_missed() -> None:
    """It reads the endpoint's sign of life first: what was stored before that, it then sees."""
    deadline = NOON + 65 * MINUTE

    class Meanwhile(InMemoryHeartbeats):
        def pulses(self, monitors: Iterable[str]) -> Mapping[str, Pulse | None]:
            found = super().pulses(monitors)
            self.beat("backup", Beat(signal=Signal.SUCCESS, at=deadline))
            self.sing(deadline + timedelta(seconds=5))
            return found

    known = folded(Pulse(created_at=NOON), Beat(signal=Signal.SUCCESS, at=NOON))
    table = Meanwhile({"backup": known}, canary=Endpoint(heard_at=NOON + 64 * MINUTE))

    report = seen(table, job(), now=deadline + timedelta(seconds=6))

    assert report.sightings["backup"].outcome.vote is Vote.PASS


@dataclass
class Night:
    """A shard with one job, its tables, and a clock that is moved by hand."""

    now: datetime = NOON

    def __post_init__(self) -> None:
        self.watched = shard(job())
        self.table = InMemoryHeartbeats(known={"backup": Pulse(created_at=NOON)})
        self.states, self.alerts = InMemoryStates(), InMemoryAlerts()

    def go(self, minutes: int, *, canary: bool = True) -> Verdict:
        """Let minutes pass, each with its canary and its look."""
        for _ in range(minutes):
            self.now += MINUTE
            if canary:
                self.table.sing(self.now)
            self.look()
        return self.states.load("s0").state.standings["backup"].verdict

    def look(self) -> None:
        ear = Ear(pulses=self.table, next_time=next_time)
        at = bench(ear=ear, states=self.states, alerts=self.alerts)
        assess(self.watched, layout([self.watched]), at, FixedTime(self.now))

    def report(self, signal: Signal) -> None:
        self.table.beat("backup", Beat(signal=signal, at=self.now))

    @property
    def events(self) -> list[str]:
        return [alert.rpartition("#")[2] for alert, _ in self.alerts.sent]


def test_a_job_that_stops_is_announced_once_and_its_return_as_well() -> None:
    night = Night()
    night.report(Signal.SUCCESS)

    assert night.go(65) is Verdict.UP
    assert night.go(30) is Verdict.DOWN
    night.report(Signal.SUCCESS)
    assert night.go(1) is Verdict.UP
    assert night.events == ["opened", "resolved"]


def test_a_failure_that_is_reported_is_announced_at_the_next_look() -> None:
    night = Night()
    night.report(Signal.FAIL)

    assert night.go(1) is Verdict.DOWN
    assert night.events == ["opened"]


def test_an_endpoint_that_is_out_is_no_dead_job_and_no_silence_either() -> None:
    night = Night()
    night.go(1)
    night.report(Signal.SUCCESS)

    assert night.go(80, canary=False) is Verdict.UNKNOWN
    assert night.events == ["opened"]
    incidents = night.states.load("s0").state.incidents
    assert [incident.kind for incident in incidents] == [Kind.UNKNOWN]
    night.report(Signal.SUCCESS)
    assert night.go(2) is Verdict.UP
    assert night.events == ["opened", "resolved"]


def test_looking_again_at_the_same_moment_changes_nothing() -> None:
    night = Night()
    night.report(Signal.SUCCESS)
    night.go(70)
    before, writes = night.states.load("s0"), night.states.writes

    night.look()

    assert (night.states.load("s0"), night.states.writes) == (before, writes)


def test_a_day_of_looks_writes_only_what_changed() -> None:
    night = Night()
    for _ in range(6):
        night.report(Signal.SUCCESS)
        night.go(30)

    assert night.states.writes == 1


def test_a_job_that_never_came_is_announced_once_and_by_that_name() -> None:
    night = Night()

    assert night.go(65) is Verdict.UP
    assert night.go(60) is Verdict.DOWN
    assert night.events == ["opened"]
    (incident,) = night.states.load("s0").state.incidents
    assert incident.subjects[0].ballots[0].reason is Reason.NEVER_SEEN


def test_a_longer_grace_ends_what_a_shorter_one_called_late() -> None:
    night = Night()
    night.report(Signal.SUCCESS)
    assert night.go(70) is Verdict.DOWN

    night.watched = shard(job(target=replace(HOURLY, grace=30 * MINUTE), changed_in=1), version=1)

    assert night.go(1) is Verdict.UP
    assert night.go(30) is Verdict.DOWN
    assert night.events == ["opened", "resolved", "opened"]


def test_a_job_that_is_removed_while_it_is_late_and_comes_back_begins_anew() -> None:
    night = Night()
    night.report(Signal.SUCCESS)
    night.go(70)
    watched = night.watched

    night.watched = shard(monitor("db"), version=1)
    night.look()
    assert night.events == ["opened", "resolved"]
    night.now += 90 * MINUTE
    night.watched = replace(watched, version=2)

    assert night.go(66) is Verdict.UP
    assert night.go(1) is Verdict.DOWN


def test_what_is_reported_for_a_job_that_is_no_more_changes_nothing() -> None:
    night = Night()
    night.watched = shard(monitor("db"))
    night.look()
    before = night.states.load("s0")

    night.report(Signal.FAIL)
    night.look()

    assert night.states.load("s0") == before


def test_an_endpoint_that_is_out_while_a_job_is_late_already_ends_nothing() -> None:
    night = Night()
    night.report(Signal.SUCCESS)
    assert night.go(70) is Verdict.DOWN

    night.go(40, canary=False)
    assert night.go(5) is Verdict.DOWN
    assert night.events == ["opened"]


def test_an_outage_that_met_the_time_of_a_report_is_told_and_then_the_next_one_counts() -> None:
    night = Night()
    night.go(1)
    night.report(Signal.SUCCESS)
    night.go(58)
    night.go(10, canary=False)
    assert night.go(5) is Verdict.UNKNOWN
    assert night.events == ["opened"]

    assert night.go(60) is Verdict.DOWN
    assert night.events == ["opened", "resolved", "opened"]


def test_a_schedule_in_a_time_zone_that_is_not_known_here_makes_one_job_unknown_and_no_other() -> (
    None
):
    newer = HeartbeatTarget(cron="0 3 * * *", timezone="Moon/Copernicus")
    table = InMemoryHeartbeats(known={n: Pulse(created_at=NOON) for n in ("backup", "dump")})

    report = seen(table, job("backup", newer), job("dump"))

    backup, dump = (report.sightings[name].outcome for name in ("backup", "dump"))
    assert (backup.vote, backup.reason) == (Vote.ABSTAIN, Reason.NOT_CAPABLE)
    assert backup.evidence == (
        "the time zone Moon/Copernicus is not known here: deploy the present version, which may"
        " know it"
    )
    assert dump.vote is Vote.PASS
