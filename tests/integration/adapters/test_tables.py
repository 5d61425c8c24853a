"""What only the real tables can get wrong: lost answers, spoilt bytes, missing tables."""

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from tests.fakes.make import FAIL, PASS, TICK, monitor, report, shard
from tests.integration.adapters.conftest import REGION
from tocsin.adapters import codec
from tocsin.adapters.configs import DynamoConfigs
from tocsin.adapters.parameters import KEPT_SECONDS, SsmSecrets
from tocsin.adapters.reports import DynamoReports
from tocsin.adapters.states import SCHEMA, DynamoStates
from tocsin.domain.outcome import Outcome
from tocsin.domain.report import Report
from tocsin.domain.shard import Shard, ShardState
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


def test_a_passing_monitor_costs_a_dozen_bytes() -> None:
    passing = {f"service-{n}": replace(report("lima", db=PASS).sightings["db"]) for n in range(500)}
    whole = replace(report("lima"), sightings=passing)

    assert len(codec.pack(Report, whole)) / 500 < 12


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


def test_a_secret_that_is_not_there_is_named(aws: None) -> None:
    secrets = SsmSecrets(boto3.client("ssm", region_name=REGION), lambda: 0.0)

    with pytest.raises(SecretError, match="/tocsin/lost"):
        secrets.reveal("/tocsin/lost")
