"""What is stored can be read back, to the byte, also by a later version; and what it costs."""

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.make import CERTIFICATE, MINUTE, NOON, PASS, TICK, monitor, report, shard, world
from tocsin.adapters import codec
from tocsin.adapters.columns import pack_report, unpack_report
from tocsin.adapters.configs import SCHEMA, DynamoConfigs
from tocsin.config.compile import CHECKED
from tocsin.domain.judgement import judge
from tocsin.domain.monitor import Target
from tocsin.domain.outcome import Certificate, Outcome, Vote
from tocsin.domain.questions import DnsTarget
from tocsin.domain.quorum import Delay
from tocsin.domain.report import follow
from tocsin.domain.schedule import instant_of
from tocsin.domain.script import Expect, Send, StartTls, greeting
from tocsin.domain.shard import Shard
from tocsin.domain.state import ShardState
from tocsin.domain.target import Addresses, Family, HttpTarget, TcpTarget, Tls, TlsVersion
from tocsin.domain.window import Window
from tocsin.usecases.ports import StorageError, UnreadableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


BYTES = st.text(st.characters(max_codepoint=0xFF), max_size=20)
HOSTS = st.from_regex(r"[a-z]{1,9}", fullmatch=True)
EXPECTS = st.builds(
    Expect,
    pattern=BYTES,
    declines=st.none() | BYTES,
    wrong=st.none() | BYTES,
    timeout=st.none() | st.timedeltas(timedelta(milliseconds=1), timedelta(minutes=1)),
    shown=st.text(max_size=20),
)
RULES = st.builds(
    Tls,
    name=st.none() | HOSTS,
    authority=st.none() | st.text(max_size=50),
    minimum=st.sampled_from(TlsVersion),
    warn_days=st.none() | st.integers(1, 900),
    fail_days=st.none() | st.integers(1, 900),
)
SCRIPTS = st.lists(st.one_of(st.builds(Send, data=BYTES), EXPECTS), max_size=4).flatmap(
    lambda steps: st.sampled_from([tuple(steps), (*steps, StartTls(), *steps)])
)
TARGETS = st.one_of(
    st.builds(
        TcpTarget,
        host=HOSTS,
        port=st.integers(1, 65535),
        service=st.none() | HOSTS,
        script=SCRIPTS,
        tls=st.none() | RULES,
        family=st.sampled_from(Family),
        addresses=st.sampled_from(Addresses),
    ),
    st.builds(
        HttpTarget,
        url=HOSTS.map("https://{}/".format),
        host=st.none() | HOSTS,
        basic=st.none() | st.tuples(HOSTS, st.text(max_size=9)),
        header_rules=st.lists(st.tuples(HOSTS, st.none() | HOSTS), max_size=2).map(tuple),
        without=st.none() | st.text(max_size=9),
        tls=st.none() | RULES,
        addresses=st.sampled_from(Addresses),
    ),
    st.builds(DnsTarget, name=HOSTS, equals=st.none() | st.just(("192.0.2.7",))),
)


@settings(deadline=None)  # for a machine that is busy with other tests
@given(TARGETS)
def test_what_is_checked_is_stored_to_the_byte(target: Target) -> None:
    watched = shard(replace(monitor(), target=target))

    assert codec.unpack(Shard, codec.pack(Shard, watched)) == watched


def test_every_byte_that_a_script_can_send_is_stored() -> None:
    every = "".join(map(chr, range(256)))
    target = TcpTarget(host="a", port=1, script=(Send(data=every), Expect(pattern=every)))

    (stored,) = codec.unpack(
        Shard, codec.pack(Shard, shard(replace(monitor(), target=target)))
    ).monitors

    assert stored.target == target


def test_what_a_certificate_says_is_stored() -> None:
    state = ShardState(shard="s0")
    for tick in range(TICK, TICK + 12):
        state = judge(shard(monitor()), world("www", tick=tick), state, instant_of(tick))
    warned = world("www")["lima"]

    assert state.outbox[0].alert.subjects[0].ballots[0].certificate == CERTIFICATE
    assert codec.unpack(ShardState, codec.pack(ShardState, state)) == state
    assert unpack_report(pack_report(warned)) == warned


FORMER = {
    "id": "s0",
    "version": 3,
    "monitors": [
        {
            "id": "bastion",
            "target": {"host": "bastion.example.com", "port": 22, "banner": "^SSH-2.0-\u00e9"},
            "locations": ["lima"],
            "need": 1,
            "changed_in": 2,
        },
        {
            "id": "api",
            "target": {"url": "https://api.example.com/"},
            "locations": ["lima"],
            "need": 1,
        },
        {"id": "db", "target": {"host": "db", "port": 1}, "locations": ["lima"], "need": 1},
    ],
}
"""A shard as it was stored before there were scripts."""


def stored(table: "DynamoDBClient", document: object, **attributes: Any) -> DynamoConfigs:
    """Put a set in force, and this document in the place of its shard."""
    configs = DynamoConfigs(table, "state")
    current = configs.replace((shard(monitor()),), over=configs.current(), at="now")
    table.put_item(
        TableName="state",
        Item={
            "pk": {"S": f"CONFIG#{current.set}"},
            "sk": {"S": "SHARD#s0"},
            "document": {"B": zlib.compress(json.dumps(document).encode())},
            **attributes,
        },
    )
    return configs


def test_a_banner_of_before_there_were_scripts_is_still_expected(
    dynamodb: "DynamoDBClient",
) -> None:
    (read,) = stored(dynamodb, FORMER).shards()

    bastion, api, db = read.monitors
    assert bastion.target == TcpTarget(
        host="bastion.example.com", port=22, script=greeting("^SSH-2.0-\u00e9")
    )
    assert bastion.changed_in == 2
    assert (str(api.target), str(db.target)) == ("https://api.example.com/", "tcp://db:1")


@pytest.mark.parametrize(
    "spoilt",
    [[], {"monitors": 7}, {"monitors": [{}]}, {"monitors": [{"target": "tcp://a:1"}]}],
    ids=["a list", "no list", "no target", "a target in words"],
)
def test_a_former_shard_that_is_spoilt_is_unreadable(
    dynamodb: "DynamoDBClient", spoilt: object
) -> None:
    configs = stored(dynamodb, spoilt)

    assert configs.shards() == ()
    assert configs.unreadable == 1


def test_a_shard_that_asks_for_more_than_is_known_is_refused_and_not_checked_by_half(
    dynamodb: "DynamoDBClient",
) -> None:
    newer = {"N": str(SCHEMA + 1)}
    configs = stored(dynamodb, FORMER, schema=newer)

    assert configs.shards() == ()
    assert configs.unreadable == 1


def test_a_shard_of_before_there_were_windows_has_none_and_its_monitors_stand_alone(
    dynamodb: "DynamoDBClient",
) -> None:
    (read,) = stored(dynamodb, FORMER, schema={"N": str(SCHEMA)}).shards()

    assert read.windows == ()
    assert {(m.depends_on, m.was) for m in read.monitors} == {((), None)}


@pytest.mark.parametrize("field", ["depends_on", "was", "windows"])
def test_what_only_judges_use_makes_no_new_schema(dynamodb: "DynamoDBClient", field: str) -> None:
    """A prober that does not know these looks at the same, so it need not refuse the shard."""
    assert field not in CHECKED
    configs = DynamoConfigs(dynamodb, "state")
    child = replace(monitor("web"), depends_on=("db",), was="site")
    window = Window(cron="0 2 * * 0", timezone="Europe/Berlin", length=timedelta(hours=2))
    whole = replace(shard(monitor("db"), child), windows=(window,))

    configs.replace((whole,), over=configs.current(), at="now")

    (item,) = (i for i in dynamodb.scan(TableName="state")["Items"] if "document" in i)
    document = json.loads(zlib.decompress(item["document"]["B"]))
    assert item["schema"] == {"N": "3"}
    assert field in {*document, *document["monitors"][1]}
    assert DynamoConfigs(dynamodb, "state").shards() == (whole,)


def test_a_shard_says_its_schema(dynamodb: "DynamoDBClient") -> None:
    configs = DynamoConfigs(dynamodb, "state")
    configs.replace((shard(monitor()),), over=configs.current(), at="now")

    items = dynamodb.scan(TableName="state")["Items"]

    schemas = [item.get("schema") for item in items if item["sk"]["S"].startswith("SHARD#")]
    assert schemas == [{"N": str(SCHEMA)}]


@pytest.mark.parametrize(
    ("authority", "match"),
    [
        pytest.param(Random(1).randbytes(400_000).hex(), "shard s0 takes", id="to be stored"),  # noqa: S311
        pytest.param("a" * (codec.MOST_BYTES + 1), "unpacks to over", id="to be read back"),
    ],
)
def test_a_shard_that_is_too_large_is_refused_before_anything_changes(
    dynamodb: "DynamoDBClient", authority: str, match: str
) -> None:
    configs = DynamoConfigs(dynamodb, "state")
    target = TcpTarget(host="a", port=1, tls=Tls(authority=authority))
    large = shard(replace(monitor(), target=target))

    with pytest.raises(StorageError, match=match):
        configs.replace((large,), over=configs.current(), at="now")
    assert dynamodb.scan(TableName="state")["Items"] == []


def like_every_other(_: Random) -> Outcome:
    return PASS


def over_tcp(random: Random) -> Outcome:
    return Outcome(
        vote=Vote.PASS,
        evidence=f"SSH-2.0-OpenSSH_9.{random.randrange(10)}p1 Debian-{random.randrange(1, 8)}",
        address=".".join(str(random.randrange(1, 255)) for _ in range(4)),
        phases_ms={
            "dns": random.lognormvariate(0.5, 1),
            "connect": random.lognormvariate(3.5, 0.7),
            "first_byte": random.lognormvariate(3.5, 0.7),
        },
    )


def over_tls(random: Random) -> Outcome:
    plain = over_tcp(random)
    certificate = Certificate(
        fingerprint=random.randbytes(32).hex(),
        issuer=f"CN=R{random.randrange(10, 14)},O=Let's Encrypt,C=US",
        expires_at=NOON + timedelta(seconds=random.randrange(90 * 86400)),
    )
    return replace(
        plain,
        phases_ms={**plain.phases_ms, "tls": random.lognormvariate(4, 0.5)},
        certificate=certificate,
    )


@pytest.mark.parametrize(
    ("outcome", "most_bytes"),
    [
        pytest.param(like_every_other, 4, id="like every other one"),
        pytest.param(over_tcp, 20, id="TCP, each with an address, a banner and times of its own"),
        pytest.param(over_tls, 44, id="TLS, each with a certificate of its own too"),
    ],
)
def test_a_passing_monitor_costs_few_bytes(
    outcome: Callable[[Random], Outcome], most_bytes: int
) -> None:
    random = Random(1)  # noqa: S311 - the same figures every time, not a secret
    seen = {
        f"service-{n}": follow(None, outcome(random), TICK, fresh_for=MINUTE) for n in range(500)
    }
    whole = replace(report("lima"), sightings=seen)

    assert len(pack_report(whole)) / 500 < most_bytes


def unpacked(kind: type[Any], document: object) -> Any:
    return codec.unpack(kind, zlib.compress(json.dumps(document).encode()))


@pytest.mark.parametrize(
    "since",
    [
        pytest.param("2026-01-01T12:00:00", id="no zone"),
        pytest.param("2026-01-01", id="a day"),
        pytest.param("1969-12-31T23:59:59Z", id="before there were ticks"),
        pytest.param("2200-01-01T00:00:00Z", id="after the last tick"),
        pytest.param("9999-12-31T23:59:59Z", id="the last year"),
        pytest.param("0001-01-01T00:00:00Z", id="the first year"),
        pytest.param(10**10, id="seconds of another age"),
        pytest.param(float("nan"), id="no number"),
    ],
)
def test_an_instant_that_cannot_be_reckoned_with_makes_a_state_unreadable(since: object) -> None:
    assert unpacked(ShardState, doubting("2199-12-31T23:59:59Z")).doubts["lima"].text == "silent"

    with pytest.raises(UnreadableError, match=r"doubts\.lima\.since"):
        unpacked(ShardState, doubting(since))


def doubting(since: object) -> dict[str, Any]:
    return {"shard": "s0", "doubts": {"lima": {"since": since, "text": "silent"}}}


@pytest.mark.parametrize(
    ("kind", "document", "place"),
    [
        pytest.param(ShardState, {"shard": "s0", "rolled": -1}, "rolled", id="a negative count"),
        pytest.param(ShardState, {"shard": "s0", "rolled": 10**18}, "rolled", id="too great"),
        pytest.param(
            Delay, {"phase": None, "ms": float("nan"), "limit_ms": 1}, "ms", id="no number"
        ),
        pytest.param(Delay, {"phase": None, "ms": 1, "limit_ms": float("inf")}, "lim", id="no end"),
        pytest.param(Window, {"cron": "@daily", "length": "P99999D"}, "length", id="too long"),
        pytest.param(Window, {"begin": "2026-01-01T02:00", "length": 60}, "begin", id="no zone"),
    ],
)
def test_a_number_or_length_that_cannot_be_reckoned_with_is_unreadable(
    kind: type[Any], document: object, place: str
) -> None:
    with pytest.raises(UnreadableError, match=place):
        unpacked(kind, document)


@pytest.mark.parametrize("expires_at", ["9999-12-31T23:59:59Z", "1950-01-01T00:00:00Z"])
def test_what_a_certificate_says_of_its_end_is_read_whatever_it_is(expires_at: str) -> None:
    said = {"fingerprint": "a1", "issuer": "CN=R11", "expires_at": expires_at}

    assert unpacked(Certificate, said).expires_at == datetime.fromisoformat(expires_at)
    with pytest.raises(UnreadableError, match="timezone"):
        unpacked(Certificate, {**said, "expires_at": expires_at.removesuffix("Z")})
    with pytest.raises(UnreadableError, match="expires_at"):
        unpacked(Certificate, {**said, "expires_at": "9999-12-31T23:59:59-05:00"})


def test_a_window_over_all_the_years_that_a_file_can_name_is_stored() -> None:
    first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in (2000, 2100))
    whole = replace(shard(monitor()), windows=(Window(begin=first, length=last - first),))

    assert codec.unpack(Shard, codec.pack(Shard, whole)) == whole
