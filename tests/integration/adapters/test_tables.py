"""What only the real tables can get wrong: lost answers, spoilt bytes, missing tables."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from tests.fakes.make import (
    FAIL,
    NOON,
    PASS,
    TICK,
    monitor,
    report,
    shard,
    sighting,
)
from tests.integration.adapters.conftest import REGION
from tocsin.adapters import codec, parameters
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.parameters import (
    HELD_SECONDS,
    KEPT_SECONDS,
    WORST_SECONDS,
    SsmSecrets,
)
from tocsin.adapters.reports import MOST_BYTES, DynamoReports
from tocsin.adapters.states import SCHEMA, DynamoStates
from tocsin.domain.judgement import judge
from tocsin.domain.outcome import Certificate, Outcome
from tocsin.domain.report import Report
from tocsin.domain.schedule import TICK_BUDGET, budget
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.usecases.observe import RENEWING_SECONDS
from tocsin.usecases.ports import ConflictError, SecretError, StorageError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LostAnswer:
    """A client whose first write of one item is done, but its answer lost: boto3 tries again."""

    def __init__(self, client: "DynamoDBClient", sort_key: str) -> None:
        self._client = client
        self._sort_key = sort_key
        self.lost = 0

    def put_item(self, **request: Any) -> Any:
        if not self.lost and request["Item"]["sk"] == {"S": self._sort_key}:
            self.lost += 1
            self._client.put_item(**request)
        return self._client.put_item(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_a_write_whose_answer_was_lost_is_known_for_our_own(dynamodb: "DynamoDBClient") -> None:
    client: Any = LostAnswer(dynamodb, "STATE")
    states = DynamoStates(client, "state", iter(["mine"]).__next__)

    assert states.save(ShardState(shard="s0", config_version=4), over=0) == 1
    assert client.lost == 1
    assert states.load("s0").state.config_version == 4


def test_a_configuration_whose_answer_was_lost_is_in_force(dynamodb: "DynamoDBClient") -> None:
    client: Any = LostAnswer(dynamodb, "CURRENT")
    configs = DynamoConfigs(client, "state")

    current = configs.replace((shard(monitor()),), over=configs.current(), at="now")

    assert client.lost == 1
    assert configs.current() == current


def test_a_readable_line_stands_beside_each_failure(dynamodb: "DynamoDBClient") -> None:
    DynamoReports(dynamodb, "reports").add(report("lima", db=FAIL, web=PASS))

    (item,) = dynamodb.scan(TableName="reports")["Items"]

    assert item["failing"] == {"M": {"db": {"S": "fail connect/refused: connection refused"}}}
    assert item["pk"] == {"S": "lima#s0"}
    assert int(item["expires_at"]["N"]) == TICK * 60 + 14 * 86400


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00\xff", id="not packed"),
        pytest.param(zlib.compress(b"[1, 2"), id="cut JSON"),
        pytest.param(zlib.compress(b'{"location": 7}'), id="not a report"),
        pytest.param(zlib.compress(b" " * (codec.MOST_BYTES + 1)), id="a bomb"),
    ],
)
def test_bytes_that_are_no_report_are_refused_in_words(spoilt: bytes) -> None:
    with pytest.raises(UnreadableError, match="Report"):
        codec.unpack(Report, spoilt)


def test_what_a_newer_writer_added_is_ignored() -> None:
    packed = zlib.compress(b'{"vote": "pass", "colour": "blue"}')

    assert codec.unpack(Outcome, packed).attempts == 1


def test_a_state_of_a_newer_schema_is_refused(dynamodb: "DynamoDBClient") -> None:
    states = DynamoStates(dynamodb, "state", iter("ab").__next__)
    states.save(ShardState(shard="s0"), over=0)
    dynamodb.update_item(
        TableName="state",
        Key={"pk": {"S": "SHARD#s0"}, "sk": {"S": "STATE"}},
        UpdateExpression="SET #s = :v",
        ExpressionAttributeNames={"#s": "schema"},
        ExpressionAttributeValues={":v": {"N": str(SCHEMA + 1)}},
    )

    with pytest.raises(UnreadableError, match="deploy the newer version"):
        states.load("s0")


def test_a_table_that_is_not_there_is_named(dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(StorageError, match="table lost"):
        DynamoReports(dynamodb, "lost").newest("lima", "s0", until=10**8)


def worst(number: int) -> Outcome:
    """Fail with texts of which no two are alike, in characters of three bytes."""
    random = Random(number)  # noqa: S311 - bytes that do not compress, not a secret
    text = "".join(chr(random.randrange(0x4E00, 0x9FFF)) for _ in range(256))
    certificate = Certificate(
        fingerprint=random.randbytes(32).hex(), issuer=text[::-1], expires_at=NOON
    )
    return replace(FAIL, evidence=text, certificate=certificate)


def test_a_shard_that_is_down_as_a_whole_still_fits_and_names_every_monitor(
    dynamodb: "DynamoDBClient",
) -> None:
    places = tuple("abcdefg")
    watched = shard(*(monitor(f"m{n}", locations=places) for n in range(500)))
    table = {
        place: replace(
            report(place),
            sightings={
                each.id: sighting(worst(n * len(places) + number))
                for n, each in enumerate(watched.monitors)
            },
        )
        for number, place in enumerate(places)
    }
    reports = DynamoReports(dynamodb, "reports")
    states = DynamoStates(dynamodb, "state", iter("ab").__next__)

    for each in table.values():
        assert reports.add(each)
    sizes = [len(item["document"]["B"]) for item in dynamodb.scan(TableName="reports")["Items"]]
    assert max(sizes) <= MOST_BYTES
    stored = {place: reports.newest(place, "s0", until=TICK) for place in places}
    found = {place: each for place, each in stored.items() if each is not None}
    states.save(judge(watched, found, ShardState(shard="s0"), NOON), over=0)

    state = states.load("s0").state
    assert {name for i in state.incidents for name in i.monitors} == {
        m.id for m in watched.monitors
    }
    assert len(state.outbox) == 500


@pytest.mark.parametrize("spoilt", [{}, {"document": {"S": "text"}}], ids=["none", "text"])
def test_a_report_without_a_document_is_unreadable(
    dynamodb: "DynamoDBClient", spoilt: dict[str, Any]
) -> None:
    key = {"pk": {"S": "lima#s0"}, "sk": {"N": str(TICK)}}
    dynamodb.put_item(TableName="reports", Item={**key, **spoilt})

    with pytest.raises(UnreadableError, match="lima"):
        DynamoReports(dynamodb, "reports").newest("lima", "s0", until=TICK)


def test_a_report_from_the_future_hides_none_of_the_present(dynamodb: "DynamoDBClient") -> None:
    reports = DynamoReports(dynamodb, "reports")
    for tick in (TICK, TICK + 500_000):
        reports.add(report("lima", tick=tick, db=PASS))

    assert reports.newest("lima", "s0", until=TICK + 1) == report("lima", db=PASS)


def test_a_shard_that_cannot_be_read_keeps_no_other_from_being_watched(
    dynamodb: "DynamoDBClient",
) -> None:
    configs = DynamoConfigs(dynamodb, "state")
    current = configs.replace(SET, over=configs.current(), at="now")
    dynamodb.put_item(
        TableName="state",
        Item={
            "pk": {"S": f"CONFIG#{current.set}"},
            "sk": {"S": "SHARD#s1"},
            "document": {"B": b"of a newer version"},
        },
    )

    assert configs.shards() == SET[:1]
    assert configs.unreadable == 1


SET: tuple[Shard, ...] = (shard(monitor()), Shard(id="s1", version=1, monitors=()))


def test_before_the_first_apply_there_is_nothing_to_watch(dynamodb: "DynamoDBClient") -> None:
    assert DynamoConfigs(dynamodb, "state").shards() == ()


def test_a_set_put_in_force_is_what_is_watched(dynamodb: "DynamoDBClient") -> None:
    configs = DynamoConfigs(dynamodb, "state")

    current = configs.replace(SET, over=configs.current(), at="now")

    assert configs.shards() == SET
    assert current.version == 1
    assert DynamoConfigs(dynamodb, "state").shards() == SET


def test_of_two_who_apply_at_once_one_is_told_to_plan_again(dynamodb: "DynamoDBClient") -> None:
    mine, other = DynamoConfigs(dynamodb, "state"), DynamoConfigs(dynamodb, "state")
    seen = mine.current()
    other.replace((shard(monitor("web")),), over=seen, at="now")

    with pytest.raises(ConflictError, match="plan again"):
        mine.replace(SET, over=seen, at="now")
    assert mine.shards() == (shard(monitor("web")),)


class Unreachable:
    """A client that reaches nothing while it is `down`."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self.down = False

    def __getattr__(self, name: str) -> Any:
        if self.down:
            raise ReadTimeoutError(endpoint_url="the table")
        return getattr(self._client, name)


def test_a_prober_that_cannot_read_goes_on_with_what_it_has(dynamodb: "DynamoDBClient") -> None:
    client: Any = Unreachable(dynamodb)
    configs = DynamoConfigs(client, "state")
    configs.replace(SET, over=configs.current(), at="now")
    configs.shards()
    client.down = True

    assert configs.shards() == SET
    assert configs.stale == 1


def test_a_prober_that_never_could_read_says_so(dynamodb: "DynamoDBClient") -> None:
    client: Any = Unreachable(dynamodb)
    client.down = True

    with pytest.raises(StorageError, match="table state"):
        DynamoConfigs(client, "state").shards()


def test_a_secret_is_kept_for_minutes_and_then_read_again(aws: None) -> None:
    ssm = boto3.client("ssm", region_name=REGION)
    now = [0.0]
    secrets = SsmSecrets(ssm, lambda: now[0])
    ssm.put_parameter(Name="/tocsin/key", Value="old", Type="SecureString")
    seen = [secrets.reveal("/tocsin/key")]
    ssm.put_parameter(Name="/tocsin/key", Value="new", Type="SecureString", Overwrite=True)
    for now[0] in (KEPT_SECONDS, KEPT_SECONDS + 1.0):
        seen.append(secrets.reveal("/tocsin/key"))

    assert seen == ["old", "old", "new"]


class Counted:
    """A client of which it is counted how often it was asked."""

    def __init__(self, client: Any) -> None:
        self.inside = client
        self.asked = 0

    def get_parameter(self, **parameters: Any) -> Any:
        self.asked += 1
        return self.inside.get_parameter(**parameters)


@dataclass
class Refusing:
    """A target that refuses a secret in a parameter, and whoever keeps it."""

    ssm: Any
    client: Any
    secrets: SsmSecrets
    now: list[float]

    def put(self, value: str) -> None:
        self.ssm.put_parameter(Name=KEY, Value=value, Type="SecureString", Overwrite=True)

    def refuse(self, at: float) -> str:
        """Have it refused at that time, as a tick does, and give what the tick goes on with."""
        self.now[0] = at
        self.secrets.reveal(KEY)
        self.secrets.doubt(KEY)
        return self.secrets.reveal(KEY)

    def asked_by(self, minutes: Iterable[int]) -> list[int]:
        """Have it refused in each of these minutes, and tell in which Parameter Store was asked."""
        asked = []
        for minute in minutes:
            before = self.client.asked
            self.refuse(at=60.0 * minute)
            asked += [minute] * (self.client.asked - before)
        return asked


KEY = "/tocsin/key"


@pytest.fixture
def refusing(aws: None) -> Refusing:
    now = [0.0]
    ssm: Any = boto3.client("ssm", region_name=REGION)
    client: Any = Counted(Unreachable(ssm))
    # As an agent has them, which holds by itself what cannot be read again.
    made = Refusing(ssm, client, SsmSecrets(client, lambda: now[0], hold=0), now)
    made.put("old")
    made.secrets.reveal(KEY)
    return made


def test_a_secret_that_is_doubted_is_read_anew_once_a_tick(refusing: Refusing) -> None:
    within = refusing.refuse(at=3.0)
    refusing.put("new")

    assert [within, *map(refusing.refuse, (60.0, 61.0, 62.0))] == ["old", "new", "new", "new"]
    assert refusing.client.asked == 2


def test_a_secret_that_changed_late_in_one_tick_is_read_anew_early_in_the_next(
    refusing: Refusing,
) -> None:
    refusing.put("other")
    late = refusing.refuse(at=60.0 + 33.0)
    refusing.put("new")

    assert (late, refusing.refuse(at=2 * 60.0)) == ("other", "new")


def test_a_secret_that_is_refused_and_never_another_is_read_ever_less_often(
    refusing: Refusing,
) -> None:
    assert refusing.asked_by(range(1, 30)) == [1, 2, 4, 8, 14, 20, 26]


@pytest.mark.parametrize("renewed", [True, False], ids=["it was changed", "it was let in again"])
def test_a_secret_that_was_well_meanwhile_is_read_at_once_when_it_is_refused(
    refusing: Refusing,
    renewed: bool,  # noqa: FBT001 - a case
) -> None:
    refusing.asked_by(range(1, 14))
    if renewed:
        refusing.put("new")
        refusing.now[0] = 18 * 60.0
        refusing.secrets.reveal(KEY)
    else:
        for minute in range(14, 25):
            refusing.now[0] = minute * 60.0
            refusing.secrets.reveal(KEY)

    assert refusing.asked_by(range(25, 27)) == [25, 26]


@pytest.mark.parametrize("gone", [True, False], ids=["it is gone", "nothing answers"])
def test_a_secret_that_cannot_be_read_anew_goes_on_and_is_asked_for_once_a_tick(
    refusing: Refusing,
    gone: bool,  # noqa: FBT001 - a case
) -> None:
    unreachable = refusing.client.inside
    if gone:
        refusing.ssm.delete_parameter(Name=KEY)
    unreachable.down = not gone

    seen = [refusing.refuse(at=60.0)]
    for refusing.now[0] in (61.0, 90.0, KEPT_SECONDS):
        seen.append(refusing.secrets.reveal(KEY))

    assert seen == ["old"] * 4
    assert refusing.client.asked == 2


def test_a_secret_that_could_not_be_read_anew_is_read_by_the_next_tick(refusing: Refusing) -> None:
    refusing.ssm.delete_parameter(Name=KEY)
    refusing.now[0] = KEPT_SECONDS - 5.0
    refusing.refuse(at=refusing.now[0])
    refusing.put("new")
    refusing.now[0] = KEPT_SECONDS + 15.0

    assert refusing.secrets.reveal(KEY) == "new"


def test_a_tick_begins_to_read_a_secret_anew_only_where_it_can_end_in_time() -> None:
    assert RENEWING_SECONDS >= parameters.WORST_SECONDS


@pytest.mark.parametrize(
    ("after", "told"),
    [
        pytest.param(KEPT_SECONDS + 1.0, True, id="while it may be used"),
        pytest.param(HELD_SECONDS + 1.0, False, id="and no longer"),
    ],
)
def test_a_secret_goes_on_where_the_service_is_not_reached(
    aws: None, after: float, *, told: bool
) -> None:
    ssm: Any = boto3.client("ssm", region_name=REGION)
    ssm.put_parameter(Name="/tocsin/key", Value="old", Type="SecureString")
    client: Any = Unreachable(ssm)
    now = [0.0]
    secrets = SsmSecrets(client, lambda: now[0])
    secrets.reveal("/tocsin/key")
    client.down, now[0] = True, after

    if told:
        # The second time without another call.
        assert [secrets.reveal("/tocsin/key"), secrets.reveal("/tocsin/key")] == ["old", "old"]
    else:
        with pytest.raises(SecretError, match="/tocsin/key"):
            secrets.reveal("/tocsin/key")


def test_a_secret_that_was_taken_away_is_used_no_more(aws: None) -> None:
    ssm = boto3.client("ssm", region_name=REGION)
    ssm.put_parameter(Name="/tocsin/key", Value="old", Type="SecureString")
    now = [0.0]
    secrets = SsmSecrets(ssm, lambda: now[0])
    secrets.reveal("/tocsin/key")
    ssm.delete_parameter(Name="/tocsin/key")
    now[0] = KEPT_SECONDS + 1.0

    with pytest.raises(SecretError, match="/tocsin/key"):
        secrets.reveal("/tocsin/key")


def test_parameters_that_do_not_answer_leave_a_tick_the_time_for_its_checks() -> None:
    bounds: Any = parameters.BOUNDS
    attempts = bounds.retries["total_max_attempts"]
    pauses = sum(2**n for n in range(attempts - 1))  # botocore's standard mode, at most
    asked = 2  # the prober's own region for secrets, and home for where jobs report to

    assert attempts * (bounds.connect_timeout + bounds.read_timeout) + pauses <= WORST_SECONDS
    assert TICK_BUDGET - timedelta(seconds=asked * WORST_SECONDS) >= budget(monitor())


class Asked:
    """A client that counts what it is asked, and reaches nothing."""

    def __init__(self) -> None:
        self.asked = 0

    def get_parameter(self, **_: Any) -> Any:
        self.asked += 1
        raise ReadTimeoutError(endpoint_url="the parameters")


def test_a_service_that_does_not_answer_is_asked_once_a_tick_and_not_for_each_secret() -> None:
    client: Any = Asked()
    now = [0.0]
    secrets = SsmSecrets(client, lambda: now[0])

    for now[0], name in (
        (0.0, "/tocsin/a"),
        (1.0, "/tocsin/a"),
        (2.0, "/tocsin/b"),
        (61.0, "/tocsin/b"),
    ):
        with pytest.raises(SecretError, match="/tocsin/"):
            secrets.reveal(f"/tocsin/{name}")

    assert client.asked == 2


def test_a_secret_that_is_not_there_is_named(aws: None) -> None:
    secrets = SsmSecrets(boto3.client("ssm", region_name=REGION), lambda: 0.0)

    with pytest.raises(SecretError, match="/tocsin/lost"):
        secrets.reveal("/tocsin/lost")
