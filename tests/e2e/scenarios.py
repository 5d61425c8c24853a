"""The faults that the stack is put through, each on a monitor and a shard of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.e2e.proxies import Rule
from tocsin_cli.local.deploy import HOME

THERE: Final = "us-east-1"
"""The location beside home that goes on when the third is cut off."""
CUT_OFF: Final = "ap-southeast-1"

FOREVER_MS: Final = 600_000
"""Longer than anybody waits for an answer: a call that is held so long is never made."""
THROTTLED_S: Final = 75
"""Past the next tick."""
OUTAGE_S: Final = 600
"""Of SNS."""
CONFLICTS: Final = 7
"""More than a wake-up runs again (`assess.ATTEMPTS`)."""

NAMES: Final = (
    "nothing", "throttled", "outage", "judge-killed", "probe-killed", "stream-cut",
    "unanswered", "conflicts", "slow", "repeated",
)  # fmt: skip
"""Of the scenarios, and of the monitor of each."""
SHARDS: Final = {name: f"s{number}" for number, name in enumerate(NAMES, 1)}
"""What is told of one must not hold up what is told of another."""
DEAF: Final = frozenset({SHARDS["stream-cut"]})
"""The shards that the stream never tells of."""


class Wave(StrEnum):
    """When a scenario begins: those that take longest begin first."""

    FIRST = "first"
    SECOND = "second"


class Victim(StrEnum):
    """Whose processes die while the first fault of a scenario holds one of their calls."""

    AGGREGATOR = "aggregator"
    PROBE = "probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A rule for the proxy of a region."""

    region: str
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What goes wrong around the fault of one monitor, which bears its name.

    `opening` is in force when its service stops, `closing` when it comes back. It comes back when
    its alert was heard; where it is `owed`, as soon as the incident is open. `twice` are the
    events that are heard twice, as SNS's answer to the first was lost.
    """

    name: str
    what: str
    wave: Wave
    route: str = "notice"
    opening: Sequence[Fault] = ()
    closing: Sequence[Fault] = ()
    victim: Victim | None = None
    owed: bool = False
    twice: frozenset[str] = frozenset()

    @property
    def shard(self) -> str:
        """Where its monitor is."""
        return SHARDS[self.name]


def scenarios(page_topic: str) -> tuple[Scenario, ...]:
    """Write the scenarios."""
    conflict = {"error": {"code": "ConditionalCheckFailedException"}, "times": CONFLICTS}
    throttled = {"error": {"code": "ThrottlingException"}, "ttl_s": THROTTLED_S}
    broken = {"error": {"code": "InternalError", "status": 500}, "ttl_s": OUTAGE_S}
    slow = {"latency": 1200}
    held = {"timeout_ms": FOREVER_MS}
    # The call is made, and its answer comes a byte in hours, or not at all.
    unanswered = {"response": {"bandwidth_kbps": 1e-6}, "times": 2}
    cut = {"response": {"abort_bytes": 0}}
    return (
        Scenario(name="nothing", what="nothing, for comparison", wave=Wave.FIRST),
        Scenario(
            name="throttled",
            what=f"DynamoDB throttles every call for {THROTTLED_S} s",
            wave=Wave.FIRST,
            opening=[
                at_home(about("throttled"), **throttled),
                there(about("throttled"), **throttled),
            ],
        ),
        Scenario(
            name="outage",
            what=f"SNS fails for {OUTAGE_S} s, by one route",
            wave=Wave.FIRST,
            route="page",
            opening=[
                at_home(publishing(f"TopicArn == '{page_topic}'"), **broken),
            ],
            owed=True,
        ),
        Scenario(
            name="judge-killed",
            what="the aggregator is killed while SNS does not answer",
            wave=Wave.FIRST,
            opening=[at_home(alert_of("judge-killed"), **held, times=2)],
            victim=Victim.AGGREGATOR,
            owed=True,
        ),
        Scenario(
            name="probe-killed",
            what="a probe is killed before its report is stored",
            wave=Wave.FIRST,
            opening=[there(report_of("probe-killed"), **held, times=3)],
            victim=Victim.PROBE,
        ),
        Scenario(
            name="stream-cut",
            what="the stream's records are lost, all of them",
            wave=Wave.FIRST,
        ),
        Scenario(
            name="unanswered",
            what="answers are lost after the write was made",
            wave=Wave.SECOND,
            opening=[
                there(report_of("unanswered"), **cut, times=1),
                at_home(state_of("unanswered"), **unanswered),
            ],
            closing=[at_home(state_of("unanswered"), **cut, times=2)],
        ),
        Scenario(
            name="conflicts",
            what=f"{CONFLICTS} conditional conflicts in a row, twice",
            wave=Wave.SECOND,
            opening=[at_home(state_of("conflicts"), **conflict)],
            closing=[at_home(state_of("conflicts"), **conflict)],
        ),
        Scenario(
            name="slow",
            what="DynamoDB takes 1.2 s for every call",
            wave=Wave.SECOND,
            opening=[
                at_home(about("slow"), **slow),
                there(about("slow"), **slow),
            ],
        ),
        Scenario(
            name="repeated",
            what="SNS's answer is lost after it took the alert",
            wave=Wave.SECOND,
            opening=[at_home(alert_of("repeated"), **cut, times=1)],
            twice=frozenset({"opened"}),
        ),
    )


def state_of(name: str) -> Rule:
    """Match what stores the state of a scenario's shard."""
    return _storing(f"SHARD#{SHARDS[name]}")


def report_of(name: str) -> Rule:
    """Match what stores the report of the second location on a scenario's shard."""
    return _storing(f"{THERE}#{SHARDS[name]}")


def about(name: str) -> Rule:
    """Match every call that names a key of a scenario's shard, of reports and state alike."""
    return {"service": "dynamodb", "body": f"contains(to_string(@), '#{SHARDS[name]}\"')"}


def alert_of(name: str) -> Rule:
    """Match what publishes an alert of a scenario."""
    return publishing(f"contains(Message, '{name}')")


def publishing(what: str) -> Rule:
    """Match what publishes this."""
    return {"service": "sns", "operation": "Publish", "body": what}


def at_home(rule: Rule, **effect: object) -> Fault:
    """Let it fail to the aggregator, and to the probe at home."""
    return Fault(region=HOME.location, rule={**rule, **effect})


def there(rule: Rule, **effect: object) -> Fault:
    """Let it fail to the probe at the second location."""
    return Fault(region=THERE, rule={**rule, **effect})


def _storing(key: str) -> Rule:
    return {"service": "dynamodb", "operation": "PutItem", "body": f"Item.pk.S == '{key}'"}
