"""Planning and applying against moto's tables: what an operator changes, and what follows."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.make import MINUTE, NOON, THREE, monitor, world
from tocsin.adapters.heartbeats import DynamoHeartbeats
from tocsin.adapters.states import DynamoStates
from tocsin.config.compile import compile_shards
from tocsin.config.configuration import Configuration
from tocsin.domain import orders
from tocsin.domain.control import Silence
from tocsin.domain.heartbeat import ENDPOINT, HeartbeatTarget
from tocsin.domain.incident import Event, Incident, Kind, Trouble
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Monitor
from tocsin.domain.quorum import Verdict
from tocsin.domain.state import ShardState
from tocsin.domain.target import TcpTarget, Tls
from tocsin.domain.window import Window
from tocsin.usecases.beat import Call, answered
from tocsin.usecases.order import carry_out
from tocsin.usecases.ports import ConflictError, StorageError
from tocsin_cli.home import Home, Place, home
from tocsin_cli.planning import BehindError, TooLargeError, apply, plan
from tocsin_cli.survey import survey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WHERE = Place(region="eu-west-1", reports_table="reports", state_table="state")


@pytest.fixture
def tables(dynamodb: "DynamoDBClient") -> Home:
    return home(dynamodb, WHERE)


def file(*monitors: Monitor, windows: tuple[Window, ...] = ()) -> Configuration:
    return Configuration(locations=(), monitors=monitors, windows=windows)


def job(name: str, was: str | None = None) -> Monitor:
    target = HeartbeatTarget(period=timedelta(days=1))
    return Monitor(id=name, target=target, locations=(ENDPOINT,), need=1, was=was)


def call(tables: Home, token: str, minutes: int) -> int:
    """Report success, and give the status of the answer."""
    request = Call(method="GET", path=f"/{token}")
    return answered(
        request, heartbeats=tables.heartbeats, now=lambda: NOON + minutes * MINUTE
    ).status


def put(tables: Home, *monitors: Monitor) -> None:
    apply(tables, plan(tables, file(*monitors)), NOON)


def outage(client: "DynamoDBClient", tables: Home) -> None:
    """Let all three locations fail on `db`, and the aggregator judge it."""
    (shard,) = tables.configs.shards()
    for report in world("fff").values():
        tables.reports.add(report)
    states = DynamoStates(client, "state", lambda: "aggregator")
    stored = states.load(shard.id)
    states.save(judge(shard, world("fff"), stored.state, NOON), over=stored.revision)


def test_the_first_plan_adds_everything(tables: Home) -> None:
    planned = plan(tables, file(monitor("db"), monitor("web")))

    assert planned.diff.added == ("db", "web")
    assert apply(tables, planned, NOON).version == 1
    assert [m.id for shard in tables.configs.shards() for m in shard.monitors] == ["db", "web"]


def test_a_plan_says_what_changed_in_the_words_of_the_file(tables: Home) -> None:
    put(tables, monitor("db"), monitor("web"))

    planned = plan(tables, file(monitor("db", fail_for=timedelta(minutes=2)), monitor("new")))

    assert planned.diff.added == ("new",)
    assert planned.diff.removed == ("web",)
    assert [(c.monitor, c.fields) for c in planned.diff.changed] == [("db", ("for",))]


def test_the_same_file_changes_nothing(tables: Home) -> None:
    put(tables, monitor("db"))

    assert not plan(tables, file(monitor("db"))).diff


def test_authorities_that_no_item_holds_are_refused_by_the_plan_with_names_and_the_mend(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    put(tables, monitor("db"))
    before = dynamodb.scan(TableName="state")["Items"]
    noise = Random(3)  # noqa: S311 - bytes that cannot be packed, and the same in every run

    def trusting(name: str, size: int) -> Monitor:
        authority = b64encode(noise.randbytes(size)).decode()
        target = TcpTarget(host="a", port=1, tls=Tls(authority=authority))
        return replace(monitor(name), target=target)

    many = [trusting(f"m{number}", 2_500) for number in range(200)]

    with pytest.raises(TooLargeError) as refused:
        plan(tables, file(*many, trusting("giant", 9_000), monitor("light")))

    said = str(refused.value)
    assert "202 monitors" in said
    assert "390,000" in said
    assert "Most of it is in giant (" in said
    assert "light" not in said
    assert "keep in each `ca` only the certificate" in said
    assert dynamodb.scan(TableName="state")["Items"] == before


def test_authorities_that_just_fit_are_planned_and_applied(tables: Home) -> None:
    noise = Random(3)  # noqa: S311 - as above

    def trusting(number: int) -> Monitor:
        authority = b64encode(noise.randbytes(2_500)).decode()
        target = TcpTarget(host="a", port=1, tls=Tls(authority=authority))
        return replace(monitor(f"m{number}"), target=target)

    put(tables, *map(trusting, range(150)))

    assert sum(len(shard.monitors) for shard in tables.configs.shards()) == 150


def test_a_plan_that_was_overtaken_is_not_applied(tables: Home) -> None:
    late = plan(tables, file(monitor("db")))
    put(tables, monitor("web"))

    with pytest.raises(ConflictError, match="plan again"):
        apply(tables, late, NOON)


def test_removing_what_is_down_is_said_to_end_its_incident(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    put(tables, monitor("db"), monitor("web"))
    outage(dynamodb, tables)

    planned = plan(tables, file(monitor("web")))

    assert [incident.kind for incident in planned.ending] == [Kind.DOWN]
    assert planned.ending[0].monitors == {"db"}


def test_a_survey_shows_every_monitor_with_its_votes_and_what_is_open(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    put(tables, monitor("db"), monitor("web"))
    outage(dynamodb, tables)

    seen = survey(tables, NOON)

    down, unseen = seen.sights
    assert down.standing is not None
    assert down.standing.verdict is Verdict.DOWN
    assert [ballot.location for ballot in down.ballots if ballot.counted] == list(THREE)
    assert unseen.standing is not None
    assert unseen.standing.verdict is Verdict.UNKNOWN
    assert [incident.monitors for incident in seen.incidents] == [{"db"}]
    assert (seen.version, len(seen.owed)) == (1, 1)


def test_what_only_a_location_has_is_not_said_to_end_with_a_monitor(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    put(tables, monitor("db"), monitor("web"))
    trouble = Incident(
        id="lima-1",
        kind=Kind.LOCATION,
        opened_at=NOON,
        routes=(),
        troubles=(Trouble(location="lima", since=NOON, text="silent"),),
    )
    states = DynamoStates(dynamodb, "state", lambda: "aggregator")
    stored = states.load("s0")
    states.save(replace(stored.state, incidents=(trouble,)), over=stored.revision)

    assert plan(tables, file(monitor("web"))).ending == ()


def test_renaming_what_is_down_keeps_its_incident(dynamodb: "DynamoDBClient", tables: Home) -> None:
    put(tables, monitor("db"), monitor("web"))
    outage(dynamodb, tables)
    states = DynamoStates(dynamodb, "state", lambda: "aggregator")
    (before,) = states.load("s0").state.incidents

    planned = plan(tables, file(replace(monitor("database"), was="db"), monitor("web")))
    apply(tables, planned, NOON)
    (shard,) = tables.configs.shards()
    later = NOON + MINUTE
    after = judge(shard, world("fff"), states.load("s0").state, later)

    assert (planned.diff.renamed, planned.ending) == ((("db", "database"),), ())
    assert [(i.id, *i.monitors) for i in after.incidents] == [(before.id, "database")]
    assert [owed.alert.event for owed in after.outbox] == [Event.OPENED]


def test_the_url_of_a_renamed_job_goes_on(tables: Home) -> None:
    put(tables, job("backup"), monitor("web"))
    token = tables.heartbeats.issue("backup", NOON, old_ends_at=None)
    assert call(tables, token, 1) == 200

    planned = plan(tables, file(job("nightly", was="backup"), monitor("web")))
    apply(tables, planned, NOON)

    assert planned.moving == (("backup", "nightly"),)
    assert call(tables, token, 2) == 200
    pulse = tables.heartbeats.pulses(["nightly"])["nightly"]
    assert pulse is not None
    assert pulse.reports == 2


def test_a_plan_that_was_overtaken_takes_no_url_from_a_job_in_force(tables: Home) -> None:
    put(tables, job("backup"))
    token = tables.heartbeats.issue("backup", NOON, old_ends_at=None)
    late = plan(tables, file(job("nightly", was="backup")))
    put(tables, job("backup"), monitor("web"))

    with pytest.raises(ConflictError, match="plan again"):
        apply(tables, late, NOON)

    assert call(tables, token, 1) == 200
    assert tables.heartbeats.pulses(["backup", "nightly"]).keys() == {"backup"}


class Unreachable(DynamoHeartbeats):
    """Heartbeats that cannot be written."""

    def rename(self, former: str, name: str) -> bool:
        raise StorageError(f"table state: out of reach, for {former} and {name}")


def test_a_url_that_stayed_behind_is_told_and_follows_with_the_next_apply(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    put(tables, job("backup"))
    token = tables.heartbeats.issue("backup", NOON, old_ends_at=None)
    renamed = file(job("nightly", was="backup"))
    half = replace(tables, heartbeats=Unreachable(dynamodb, "state"))

    with pytest.raises(BehindError, match="version 2 is in force, but the URL of nightly"):
        apply(half, plan(half, renamed), NOON)
    again = plan(tables, renamed)
    current = apply(tables, again, NOON)

    assert not again.diff
    assert current == again.over
    assert call(tables, token, 1) == 200
    assert tables.heartbeats.holder("nightly") is not None


def test_a_job_does_not_get_the_url_of_an_earlier_one_of_its_name_in_silence(
    tables: Home,
) -> None:
    put(tables, job("nightly"))
    tables.heartbeats.issue("nightly", NOON, old_ends_at=None)
    put(tables, job("backup"))
    tables.heartbeats.issue("backup", NOON, old_ends_at=None)

    with pytest.raises(BehindError, match="`tocsin heartbeat rotate nightly`"):
        put(tables, job("nightly", was="backup"))

    put(tables, job("nightly", was="backup"))  # told once, and no more


def test_a_job_without_a_url_is_renamed_without_ado(tables: Home) -> None:
    put(tables, job("backup"))

    put(tables, job("nightly", was="backup"))

    assert tables.heartbeats.holder("nightly") is None


def test_windows_are_planned_and_put_in_force(tables: Home) -> None:
    put(tables, monitor("db"))
    window = Window(cron="0 2 * * 0", length=timedelta(hours=2), monitors=("db",))

    planned = plan(tables, file(monitor("db"), windows=(window,)))
    apply(tables, planned, NOON)

    assert (planned.diff.begun, planned.diff.ended) == ((window,), ())
    assert [shard.windows for shard in tables.configs.shards()] == [(window,)]
    assert not plan(tables, file(monitor("db"), windows=(window,))).diff
    assert plan(tables, file(monitor("db"))).diff.ended == (window,)


def judged_under(client: "DynamoDBClient", version: int, shard: str = "s0") -> DynamoStates:
    """Let a shard have been judged under a version, and nothing be known of its configuration."""
    client.delete_item(TableName="state", Key={"pk": {"S": "CONFIG"}, "sk": {"S": "CURRENT"}})
    states = DynamoStates(client, "state", lambda: "aggregator")
    stored = states.load(shard)
    states.save(replace(stored.state, config_version=version), over=stored.revision)
    return states


def test_a_configuration_that_was_lost_goes_on_above_what_was_judged_under_it(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    put(tables, monitor("db"), monitor("web"))
    outage(dynamodb, tables)
    states = judged_under(dynamodb, 57)

    planned = plan(tables, file(monitor("db"), monitor("web")))
    current = apply(tables, planned, NOON)
    (shard,) = tables.configs.shards()
    before = states.load("s0").state
    after = judge(shard, world("ppp"), before, NOON + MINUTE)

    assert (planned.over.version, planned.judged, current.version) == (0, 57, 58)
    assert (shard.version, tables.configs.current()) == (58, current)
    assert (after.config_version, [i.id for i in after.incidents]) == (
        58,
        [i.id for i in before.incidents],
    )


def test_a_configuration_that_was_made_anew_below_that_is_applied_once_more(
    dynamodb: "DynamoDBClient", tables: Home
) -> None:
    """Its votes do not count: nobody knows what was checked under the lost versions."""
    same = file(monitor("db"))
    put(tables, monitor("db"))
    judged_under(dynamodb, 57)
    first = compile_shards(same, (), 1)
    tables.configs.replace(first, over=tables.configs.current(), at="now")

    planned = plan(tables, same)
    apply(tables, planned, NOON)
    again = plan(tables, same)

    assert (bool(planned.diff), planned.changes) == (False, True)
    (shard,) = tables.configs.shards()
    assert (shard.version, shard.monitors[0].changed_in) == (58, 58)
    assert (again.over.version, again.changes, again.judged) == (58, False, 0)


@pytest.mark.parametrize(
    ("attributes", "version"),
    [
        pytest.param({}, 0, id="nothing"),
        pytest.param({"config_version": {"N": "7"}}, 7, id="a version without a document"),
        pytest.param({"config_version": {"S": "7"}}, 0, id="a version in words"),
        pytest.param({"config_version": {"N": "9" + "0" * 30}}, 0, id="no number of a version"),
    ],
)
def test_what_was_judged_last_is_known_also_of_what_cannot_be_read(
    dynamodb: "DynamoDBClient", tables: Home, attributes: dict[str, Any], version: int
) -> None:
    key = {"pk": {"S": "SHARD#s0"}, "sk": {"S": "STATE"}}
    dynamodb.put_item(TableName="state", Item={**key, **attributes})

    assert tables.states.version("s0") == version
    assert tables.states.version("s1") == 0


def hush(tables: Home, name: str, minutes: int, *tags: str) -> None:
    """Silence tags, or else the monitor `db`, in every shard in force, as the command does."""
    names = () if tags else ("db",)
    silence = Silence(
        id=name,
        said=orders.said("ada", NOON),
        until=NOON + minutes * MINUTE,
        monitors=names,
        tags=tags,
    )
    for shard in tables.configs.shards():
        carry_out(partial(orders.silenced, silence=silence), shard.id, tables.states)


def silences(tables: Home, shard: str) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    state = tables.states.load(shard).state
    return sorted((each.id, each.monitors, each.tags) for each in state.silences)


def test_a_shard_that_is_new_has_the_silences_by_tag_that_are_in_force(
    tables: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tables, monitor("db"))
    hush(tables, "s-tag", 60, "shop")
    hush(tables, "s-over", 1, "shop")
    hush(tables, "s-name", 60)
    monkeypatch.setattr("tocsin.config.compile.AIM", 1)
    shop = replace(monitor("web"), tags=("shop",))

    apply(tables, plan(tables, file(monitor("db"), shop)), NOON + 2 * MINUTE)

    first, second = tables.configs.shards()
    assert [m.id for m in second.monitors] == ["web"]
    assert silences(tables, second.id) == [("s-tag", (), ("shop",))]
    seen = {p: replace(r, config_version=2) for p, r in world("fff", name="web").items()}
    later = judge(second, seen, tables.states.load(second.id).state, NOON + 2 * MINUTE)
    assert (later.standings["web"].verdict, later.incidents) == (Verdict.DOWN, ())
    assert len(silences(tables, first.id)) == 3


def test_a_monitor_that_gets_a_tag_later_is_silenced_too(tables: Home) -> None:
    put(tables, monitor("db"))
    hush(tables, "s-tag", 60, "shop")

    put(tables, replace(monitor("db"), tags=("shop",)))

    (shard,) = tables.configs.shards()
    state = judge(shard, world("fff"), tables.states.load(shard.id).state, NOON + MINUTE)
    assert (state.standings["db"].verdict, state.incidents) == (Verdict.DOWN, ())


class Full(DynamoStates):
    """States of which nobody wins the race for a new one."""

    def save(self, state: ShardState, *, over: int) -> int:
        raise ConflictError(f"shard {state.shard}: revision {over} is gone")


def test_a_silence_that_stayed_behind_is_told_and_follows_with_the_next_apply(
    dynamodb: "DynamoDBClient", tables: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tables, monitor("db"))
    hush(tables, "s-tag", 60, "shop")
    monkeypatch.setattr("tocsin.config.compile.AIM", 1)
    two = file(monitor("db"), monitor("web"))
    half = replace(tables, states=Full(dynamodb, "state", lambda: "ada"))

    with pytest.raises(BehindError, match="version 2 is in force, but a silence by tag"):
        apply(half, plan(half, two), NOON)
    again = plan(tables, two)
    current = apply(tables, again, NOON)

    assert (again.changes, current) == (False, again.over)
    assert silences(tables, "s1") == [("s-tag", (), ("shop",))]
