"""A tick at a location: what is checked, what is repeated, what is reported."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf

import pytest

from tests.fakes.make import ABSTAIN, FAIL, MINUTE, PASS, TICK, monitor, shard
from tests.fakes.memory import InMemoryConfigs, InMemoryReports, InMemorySecrets, ScriptedChecker
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.monitor import Monitor
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.report import Report
from tocsin.domain.schedule import due
from tocsin.domain.shard import Shard
from tocsin.domain.target import HttpTarget
from tocsin.usecases.observe import Prober
from tocsin.usecases.ports import StorageError
from tocsin.usecases.unseal import Unsealed

HOURLY = monitor("hourly", interval=60 * MINUTE)
ITS_MINUTE = next(tick for tick in range(TICK, TICK + 60) if due(HOURLY, tick))


def prober(*monitors: Monitor, reports: InMemoryReports | None = None) -> Prober:
    return Prober(
        location="lima",
        configs=InMemoryConfigs((shard(*monitors),)),
        reports=reports if reports is not None else InMemoryReports(),
        checker=ScriptedChecker({m.id: PASS for m in monitors}),
        secrets=InMemorySecrets({"/tocsin/key": "hunter2"}),
    )


def checker(who: Prober) -> ScriptedChecker:
    assert isinstance(who.checker, ScriptedChecker)
    return who.checker


def newest(who: Prober) -> Report:
    report = who.reports.newest("lima", "s0", until=10**8)
    assert report is not None
    return report


async def test_a_tick_checks_what_is_due_and_reports_all_that_is_known() -> None:
    who = prober(monitor("db"), HOURLY)

    await who.observe(ITS_MINUTE, deadline=9)
    done = await who.observe(ITS_MINUTE + 1, deadline=9)

    assert (done.checked, done.repeated) == (1, 1)
    seen = {name: each.checked_at for name, each in newest(who).sightings.items()}
    assert seen == {"db": ITS_MINUTE + 1, "hourly": ITS_MINUTE}


async def test_a_monitor_never_seen_does_not_wait_for_its_minute() -> None:
    done = await prober(HOURLY).observe(ITS_MINUTE + 1, deadline=9)

    assert done.checked == 1


async def test_only_this_locations_monitors_are_checked() -> None:
    who = prober(monitor("db"), monitor("far", locations=("mike",)))

    await who.observe(TICK, deadline=9)

    assert [m.id for m in checker(who).asked] == ["db"]


async def test_a_cold_start_reads_back_what_its_location_last_said() -> None:
    table = InMemoryReports()
    await prober(HOURLY, reports=table).observe(ITS_MINUTE, deadline=9)

    done = await prober(HOURLY, reports=table).observe(ITS_MINUTE + 1, deadline=9)

    assert done.checked == 0
    assert table.reads == 2


async def test_a_warm_start_reads_nothing() -> None:
    table = InMemoryReports()
    who = prober(monitor("db"), reports=table)
    await who.observe(TICK, deadline=9)
    reads = table.reads

    await who.observe(TICK + 1, deadline=9)

    assert table.reads == reads


async def test_failures_in_a_row_are_reported_with_their_beginning() -> None:
    who = prober(monitor("db"))
    for number, outcome in enumerate([PASS, FAIL, FAIL]):
        checker(who).outcomes["db"] = outcome
        await who.observe(TICK + number, deadline=9)

    assert newest(who).sightings["db"].failing_since == TICK + 1


async def test_a_table_that_answers_slowly_is_asked_for_all_shards_at_one_time() -> None:
    """A cloud's function has two cores, for which asyncio has six threads."""
    shards = tuple(Shard(id=f"s{n}", version=1, monitors=(monitor(f"m{n}"),)) for n in range(40))
    together = threading.Barrier(len(shards))

    class Slow(InMemoryReports):
        """Answers only where everybody asks."""

        def newest(self, location: str, shard: str, *, until: int) -> Report | None:
            together.wait(timeout=5)
            return super().newest(location, shard, until=until)

    who = replace(prober(reports=Slow()), configs=InMemoryConfigs(shards))
    checker(who).outcomes.update({f"m{n}": PASS for n in range(40)})

    done = await who.observe(TICK, deadline=9)

    assert done.checked == len(shards)


async def test_a_doubled_event_makes_no_second_vote() -> None:
    table = InMemoryReports()
    first, second = (prober(monitor("db"), reports=table) for _ in range(2))
    checker(second).outcomes["db"] = FAIL

    done = [await each.observe(TICK, deadline=9) for each in (first, second)]

    assert [each.duplicate for each in done] == [False, True]
    assert newest(first).sightings["db"].outcome == PASS


async def test_what_another_environment_saw_since_is_not_forgotten() -> None:
    table = InMemoryReports()
    mine, other = (prober(monitor("db"), HOURLY, reports=table) for _ in range(2))
    checker(mine).outcomes["db"] = FAIL
    await mine.observe(ITS_MINUTE, deadline=9)
    await other.observe(ITS_MINUTE + 1, deadline=9)

    await mine.observe(ITS_MINUTE + 2, deadline=9)

    assert newest(mine).sightings["db"].failing_since == ITS_MINUTE + 2


async def test_a_report_that_lost_to_another_is_not_remembered() -> None:
    table = InMemoryReports()
    first, second = (prober(monitor("db"), reports=table) for _ in range(2))
    checker(second).outcomes["db"] = FAIL
    for who in (first, second):
        await who.observe(TICK, deadline=9)

    await second.observe(TICK + 1, deadline=9)

    assert newest(second).sightings["db"].failing_since == TICK + 1


class Death(BaseException):
    """The end of a process, which nothing catches."""


async def test_a_death_between_the_checks_and_the_report_leaves_a_tick_that_never_was() -> None:
    class Fatal(InMemoryReports):
        def add(self, report: Report) -> bool:
            if report.tick == TICK:
                raise Death
            return super().add(report)

    table = Fatal()
    dying, following = (prober(monitor("db"), reports=table) for _ in range(2))
    for who in (dying, following):
        checker(who).outcomes["db"] = FAIL

    with pytest.raises(Death):
        await dying.observe(TICK, deadline=9)
    assert [each.id for each in checker(dying).asked] == ["db"]
    await following.observe(TICK + 1, deadline=9)

    assert [*table.items["lima", "s0"]] == [TICK + 1]
    assert newest(following).sightings["db"].failing_since == TICK + 1


async def test_an_edited_monitor_is_checked_anew() -> None:
    table = InMemoryReports()
    await prober(HOURLY, reports=table).observe(ITS_MINUTE, deadline=9)
    edited = monitor("hourly", interval=60 * MINUTE, changed_in=2)
    who = Prober(
        location="lima",
        configs=InMemoryConfigs((Shard(id="s0", version=2, monitors=(edited,)),)),
        reports=table,
        checker=ScriptedChecker({"hourly": PASS}),
        secrets=InMemorySecrets(),
    )

    done = await who.observe(ITS_MINUTE + 1, deadline=9)

    assert done.checked == 1


def sealed(header: str) -> Monitor:
    target = HttpTarget(url="https://example.com/", headers=(("Authorization", header),))
    return Monitor(id="api", target=target, locations=("lima",), need=1)


async def test_a_secret_reaches_the_target_and_nothing_else() -> None:
    who = prober(sealed("Bearer ${ssm:/tocsin/key}"))
    checker(who).outcomes["api"] = Outcome(vote=Vote.PASS, evidence="you sent hunter2")

    await who.observe(TICK, deadline=9)

    target = checker(who).asked[0].target
    assert isinstance(target, HttpTarget)
    assert target.headers == (("Authorization", "Bearer hunter2"),)
    assert newest(who).sightings["api"].outcome.evidence == "you sent [secret]"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param("key hunter2hunter2.", "key [secret].", id="whole"),
        pytest.param("key hunter2hun…", "key [secret]…", id="cut"),
        pytest.param("key hunt…", "key [secret]…", id="cut short"),
        pytest.param("hunting hun…", "hunting hun…", id="nothing of it"),
    ],
)
def test_an_echoed_secret_is_blotted_out_even_where_it_was_cut(said: str, shown: str) -> None:
    opened = Unsealed(monitor=monitor(), secrets=("hunter2hunter2",))

    assert opened.redact(Outcome(vote=Vote.PASS, evidence=said)).evidence == shown


@pytest.mark.parametrize("secret", ["hunter2\n", " hunter2", "h\u00fcnter2", "hunter\x1b2"])
async def test_a_secret_that_no_header_can_hold_is_named_and_not_told(secret: str) -> None:
    who = prober(sealed("Bearer ${ssm:/tocsin/bad}"))
    assert isinstance(who.secrets, InMemorySecrets)
    who.secrets.held["/tocsin/bad"] = secret

    await who.observe(TICK, deadline=9)

    outcome = newest(who).sightings["api"].outcome
    assert outcome.reason is Reason.NO_SECRET
    assert "/tocsin/bad" in outcome.evidence
    assert "unter" not in outcome.evidence


async def test_a_monitor_without_its_secret_abstains_and_says_which() -> None:
    who = prober(sealed("Bearer ${ssm:/tocsin/lost}"), monitor("db"))

    done = await who.observe(TICK, deadline=9)

    outcome = newest(who).sightings["api"].outcome
    assert (outcome.vote, outcome.reason) == (Vote.ABSTAIN, Reason.NO_SECRET)
    assert "/tocsin/lost" in outcome.evidence
    assert (done.checked, done.abstained) == (2, 1)


REFUSAL = Outcome(
    vote=Vote.FAIL,
    layer=Layer.HTTP,
    reason=Reason.STATUS_NOT_EXPECTED,
    evidence="status 401, expected 200",
)


@dataclass
class Rotated(InMemorySecrets):
    """Parameter Store, of which an older secret is kept until it is doubted."""

    kept: dict[str, str] = field(default_factory=dict)
    doubted: list[str] = field(default_factory=list)

    def reveal(self, name: str) -> str:
        return self.kept.get(name) or super().reveal(name)

    def doubt(self, name: str) -> None:
        self.doubted.append(name)
        self.kept.pop(name, None)


@dataclass
class Doorman(ScriptedChecker):
    """Targets that let in whoever has this secret, and refuse all else."""

    password: str = "hunter3"  # noqa: S105 - of nobody
    refusal: Outcome = REFUSAL
    welcome: Outcome = PASS

    async def run(self, monitors: Iterable[Monitor], *, deadline: float) -> dict[str, Outcome]:
        wanted = list(monitors)
        self.asked += wanted
        return {each.id: self.welcome if self._knows(each) else self.refusal for each in wanted}

    def _knows(self, monitor: Monitor) -> bool:
        assert isinstance(monitor.target, HttpTarget)
        return self.password in dict(monitor.target.headers).values()


def rotating(kept: str = "hunter2", refusal: Outcome = REFUSAL) -> tuple[Prober, Rotated, Doorman]:
    secrets = Rotated(held={"/tocsin/key": "hunter3"}, kept={"/tocsin/key": kept})
    doorman = Doorman(refusal=refusal)
    who = replace(prober(sealed("${ssm:/tocsin/key}")), secrets=secrets, checker=doorman)
    return who, secrets, doorman


async def test_a_secret_that_was_changed_without_overlap_is_read_anew_and_fails_nothing() -> None:
    who, secrets, doorman = rotating()

    done = await who.observe(TICK, deadline=inf)

    assert (done.checked, done.failed) == (1, 0)
    assert newest(who).sightings["api"].outcome.vote is Vote.PASS
    assert (len(doorman.asked), secrets.doubted) == (2, ["/tocsin/key"])


async def test_what_the_first_check_saw_stands_where_the_one_with_the_new_secret_has_no_end() -> (
    None
):
    who, _, doorman = rotating(refusal=replace(REFUSAL, evidence="status 401: not hunter2"))
    doorman.welcome = ABSTAIN

    done = await who.observe(TICK, deadline=inf)

    outcome = newest(who).sightings["api"].outcome
    assert (done.failed, done.abstained, len(doorman.asked)) == (1, 0, 2)
    assert outcome.evidence == "status 401: not [secret]"


async def test_what_the_check_with_the_new_secret_saw_does_not_show_it() -> None:
    who, _, doorman = rotating()
    doorman.welcome = replace(FAIL, evidence="hunter3 is expected to be blue")

    await who.observe(TICK, deadline=inf)

    outcome = newest(who).sightings["api"].outcome
    assert outcome.evidence == "[secret] is expected to be blue"


async def test_a_tick_with_no_time_to_check_once_more_leaves_the_new_secret_to_the_next() -> None:
    who, secrets, doorman = rotating()

    done = [await who.observe(TICK, deadline=0.0), await who.observe(TICK + 1, deadline=0.0)]

    assert [each.failed for each in done] == [1, 0]
    assert (len(doorman.asked), secrets.doubted) == (2, ["/tocsin/key"])


async def test_a_secret_that_is_wrong_is_read_anew_and_not_tried_twice() -> None:
    who, secrets, doorman = rotating()
    secrets.held["/tocsin/key"] = "hunter2"

    done = await who.observe(TICK, deadline=inf)

    assert done.failed == 1
    assert (len(doorman.asked), secrets.doubted) == (1, ["/tocsin/key"])


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(FAIL, id="another failure"),
        pytest.param(replace(REFUSAL, evidence="status 503, expected 200"), id="an outage"),
    ],
)
async def test_where_no_secret_is_refused_none_is_doubted(refusal: Outcome) -> None:
    who, secrets, _ = rotating(refusal=refusal)

    done = await who.observe(TICK, deadline=inf)

    assert (done.failed, secrets.doubted) == (1, [])


async def test_a_refusal_of_who_brings_no_secret_puts_none_in_doubt() -> None:
    who, secrets, doorman = rotating()
    who = replace(who, configs=InMemoryConfigs((shard(sealed("none")),)))

    assert (await who.observe(TICK, deadline=inf)).failed == 1
    assert (len(doorman.asked), secrets.doubted) == (1, [])


class Faulty(InMemoryReports):
    """A table that fails on one shard."""

    def add(self, report: Report) -> bool:
        if report.shard == "s0":
            raise StorageError("table reports: throttled")
        return super().add(report)

    def newest(self, location: str, shard: str, *, until: int) -> Report | None:
        if shard == "s0":
            raise StorageError("table reports: throttled")
        return super().newest(location, shard, until=until)


async def test_a_report_that_cannot_be_stored_keeps_no_other_back_and_is_told() -> None:
    first, second = shard(monitor("db")), Shard(id="s1", version=1, monitors=(monitor("web"),))
    who = Prober(
        location="lima",
        configs=InMemoryConfigs((first, second)),
        reports=Faulty(),
        checker=ScriptedChecker({"db": PASS, "web": PASS}),
        secrets=InMemorySecrets(),
    )

    with pytest.raises(StorageError, match="throttled"):
        await who.observe(TICK, deadline=9)

    assert who.reports.newest("lima", "s1", until=TICK) is not None
    assert [m.id for m in checker(who).asked] == ["db", "web"]


URL = "https://jobs.example.com/"
JOB = Monitor(
    id="backup", target=HeartbeatTarget(period=60 * MINUTE), locations=(ENDPOINT,), need=1
)


def calling(who: Prober, *urls: str | None) -> Prober:
    """Let a prober know where jobs report to, and the engine what comes of calling there."""
    checker(who).outcomes["/canary"] = FAIL
    return replace(who, endpoint=iter(urls).__next__)


async def test_where_jobs_report_each_tick_calls_there_too_and_counts_it_nowhere() -> None:
    who = calling(prober(monitor("db"), JOB), URL)

    done = await who.observe(TICK, deadline=9)

    canary = next(asked for asked in checker(who).asked if asked.id != "db")
    assert canary.target == HttpTarget(url="https://jobs.example.com/canary", method="POST")
    assert (done.checked, done.failed) == (1, 0)
    assert newest(who).sightings.keys() == {"db"}


async def test_a_location_with_no_monitor_of_its_own_calls_the_endpoint_all_the_same() -> None:
    who = calling(prober(JOB), URL)

    await who.observe(TICK, deadline=9)

    assert len(checker(who).asked) == 1


@pytest.mark.parametrize(
    ("monitors", "urls"),
    [
        pytest.param([monitor("db")], [], id="no job"),
        pytest.param([monitor("db"), JOB], [None], id="no endpoint"),
    ],
)
async def test_nothing_is_called_where_there_is_nothing_to_call(
    monitors: list[Monitor], urls: list[None]
) -> None:
    who = calling(prober(*monitors), *urls)

    await who.observe(TICK, deadline=9)

    assert [asked.id for asked in checker(who).asked] == ["db"]


@pytest.mark.parametrize("shards", [(), (shard(monitor("far", locations=("mike",))),)])
async def test_a_location_with_nothing_to_do_reports_nothing(shards: tuple[Shard, ...]) -> None:
    who = prober()
    idle = Prober(
        location="lima",
        configs=InMemoryConfigs(shards),
        reports=who.reports,
        checker=who.checker,
        secrets=who.secrets,
    )

    assert (await idle.observe(TICK, deadline=9)).checked == 0
    assert who.reports.newest("lima", "s0", until=TICK) is None


CANARIES = tuple(monitor(f"/canaries/{n}") for n in range(3))


def beside_canaries(*votes: Outcome) -> Prober:
    who = replace(prober(monitor("db"), monitor("web")), canaries=CANARIES)
    checker(who).outcomes |= {"db": FAIL, "web": PASS}
    checker(who).outcomes |= {each.id: vote for each, vote in zip(CANARIES, votes, strict=True)}
    return who


async def test_a_location_whose_canaries_fail_does_not_believe_its_failures() -> None:
    who = beside_canaries(FAIL, FAIL, PASS)

    done = await who.observe(TICK, deadline=9)

    report = newest(who)
    assert report.suspect == "2 of its 3 canaries fail: connection refused"
    assert report.sightings["db"].outcome.vote is Vote.ABSTAIN
    assert report.sightings["db"].outcome.reason is Reason.SUSPECT
    assert report.sightings["web"].outcome.vote is Vote.PASS
    assert (done.checked, done.failed, done.abstained) == (2, 0, 1)


@pytest.mark.parametrize(
    "votes",
    [
        pytest.param((PASS, PASS, PASS), id="all well"),
        pytest.param((FAIL, PASS, PASS), id="one fails"),
        pytest.param((FAIL, ABSTAIN, ABSTAIN), id="one fails and nobody knows of the others"),
    ],
)
async def test_a_location_most_of_whose_canaries_are_well_believes_itself(
    votes: tuple[Outcome, ...],
) -> None:
    who = beside_canaries(*votes)

    await who.observe(TICK, deadline=9)

    assert newest(who).suspect == ""
    assert newest(who).sightings["db"].outcome == FAIL


async def test_canaries_are_in_no_report() -> None:
    who = beside_canaries(PASS, PASS, PASS)

    await who.observe(TICK, deadline=9)

    assert set(newest(who).sightings) == {"db", "web"}
