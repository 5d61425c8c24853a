"""What `tocsin cost` reckons with is measured again, and what it reckons of a minute is so.

What is counted is the same wherever it is counted. Times are only held against each other, and
loosely: this machine is another one, and has other things to do.

If this fails since less or more is asked of AWS than before: `python -m benchmarks.metering`, then
`PYTHONPATH=.:shared:cli python -m tests.unit.cli.cost_page`, and look at what became of the bill.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from benchmarks import functions, metering
from benchmarks.functions import Installation

from tests.unit.cli.cost_page import crowd, reckoned
from tocsin_cli.cost import consumption
from tocsin_cli.cost.consumption import MINUTES, STREAM_SHARDS, Usage
from tocsin_cli.cost.measured import Call, Invocation, Measured, measured

pytestmark = pytest.mark.xdist_group("metering")

APART = 4
"""How many times as long as it was, beside a check of TCP, anything may take."""


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    found = metering.measure(tmp_path_factory.mktemp("metering"))
    return Measured.model_validate({"date": "today", "processor": "this one", **found})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with functions.installation(tmp_path_factory.mktemp("minute")) as made:
        yield made


def invocations(of: Measured) -> dict[str, Invocation]:
    return {
        "probe": of.probe,
        "ring": of.ring,
        "sweep": of.sweep,
        "beat": of.heartbeat.beat,
        "canary": of.heartbeat.canary,
    }


def test_as_much_is_asked_for_as_was_measured(again: Measured) -> None:
    before, after = invocations(measured()), invocations(again)

    for name, was in before.items():
        now = after[name]
        assert (now.calls, now.metrics) == (was.calls, was.metrics), name
        assert now.log_bytes == pytest.approx(was.log_bytes, rel=0.1), name
        assert now.sent_bytes == pytest.approx(was.sent_bytes, rel=0.1), name
        if isinstance(was, Call):
            assert isinstance(now, Call)
            assert (now.reads, now.writes) == (was.reads, was.writes), name


def test_an_incident_takes_what_it_took(again: Measured) -> None:
    was, now = measured().incident, again.incident

    assert (now.publishes, now.metrics) == (was.publishes, was.metrics)
    assert now.writes == pytest.approx(was.writes, abs=5)
    assert now.reads == pytest.approx(was.reads, abs=5)
    assert again.notifier.invocations == measured().notifier.invocations
    assert again.notifier.metrics == measured().notifier.metrics


def test_what_is_stored_and_sent_is_as_large_as_it_was(again: Measured) -> None:
    assert again.report_bytes == measured().report_bytes
    assert again.state_bytes == pytest.approx(measured().state_bytes, rel=0.1)
    for kind, was in measured().kinds.items():
        now = again.kinds[kind]
        assert now.report_bytes == pytest.approx(was.report_bytes, rel=0.02), kind
        assert now.state_bytes == pytest.approx(was.state_bytes, rel=0.1), kind
        assert now.sent_bytes == pytest.approx(was.sent_bytes, rel=0.3), kind
    assert again.hour.rollup_bytes == pytest.approx(measured().hour.rollup_bytes, rel=0.4)
    assert again.hour.day_bytes == pytest.approx(measured().hour.day_bytes, rel=0.4)


def test_nothing_takes_much_longer_beside_a_check_than_it_did(again: Measured) -> None:
    def beside(of: Measured) -> dict[str, float]:
        times = {name: each.cpu_ms for name, each in invocations(of).items()}
        times |= {kind: each.cpu_ms for kind, each in of.kinds.items()}
        times |= {"shard": of.shard_cpu_ms, "hour": of.hour.cpu_ms, "alert": of.notifier.cpu_ms}
        return {name: each / of.kinds["tcp"].cpu_ms for name, each in times.items()}

    was, now = beside(measured()), beside(again)

    assert {name for name in was if now[name] > APART * was[name]} == set()


def test_a_minute_asks_for_what_is_reckoned_of_it(made: Installation) -> None:
    shards = [metering.shard(made, f"s{n}", *["tcp"] * 5) for n in range(STREAM_SHARDS)]
    lived = metering.minutes(made, *shards)[-1]
    here, _ = reckoned(crowd({"tcp": 1000}))
    usage: Usage = defaultdict(float)
    for part in (consumption._probes, consumption._reports, consumption._judging):
        part(here, usage)

    asked: Counter[str] = Counter()
    places = len(here.probes)
    # Each location's reports wake the aggregator once for each part of the stream.
    rung = [made.ring(each.id) for _ in range(places) for each in shards]
    for ran, times in ((lived.probe, places), (lived.sweep, 1), *((each, 1) for each in rung)):
        asked["reads"] += times * sum(ran.metered.reads.values())
        asked["writes"] += times * sum(ran.metered.writes.values())
        asked["requests"] += times

    def reckoned_of(name: str) -> float:
        return sum(much for (each, _), much in usage.items() if each == name) / MINUTES

    assert len(here.shards) == len(shards)
    assert asked["reads"] == reckoned_of("dynamodb-reads")
    assert asked["requests"] == reckoned_of("lambda-requests")
    # The reports of so few are of one unit each; those of 250 are of as many as their size says.
    units = -(-consumption.report_size([*here.shards[0].monitors], here.measured) // 1024)
    reports = places * len(shards)
    assert asked["writes"] == reckoned_of("dynamodb-writes") - reports * (units - 1)
