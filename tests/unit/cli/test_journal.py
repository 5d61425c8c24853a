"""The lines of an agent: one a tick, and one for whatever else a person should know."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import cast

import pytest

from tests.fakes.make import ABSTAIN, FAIL, NOON, TICK, monitor, shard
from tocsin.domain.shard import Shard
from tocsin.usecases.observe import Tick
from tocsin.usecases.ports import StorageError
from tocsin.usecases.stay import Minute
from tocsin.wiring.agent import Agent
from tocsin_cli.journal import AgentJournal

QUIET = Minute(
    tick=TICK,
    done=Tick(tick=TICK, checked=4, failed=0, abstained=1, repeated=0, duplicate=False),
    skipped=0,
    waiting=0,
    trouble=None,
    failing=(),
    abstaining=(),
)
AT = "2026-01-01 12:00 UTC: "


@dataclass
class Office:
    """As much of an agent as its journal looks at."""

    held: tuple[Shard, ...] = (shard(monitor(locations=("office",))),)
    location: str = "office"
    read: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(unreadable=0, stale=0))
    reports: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(dropped=0, taken=0, refused=0)
    )
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = self
        self.configs = self
        self.journal = AgentJournal(cast("Agent", self), self.said.append)

    def present(self) -> datetime:
        return NOON

    def shards(self) -> tuple[Shard, ...]:
        return self.held

    def lines(self, minute: Minute) -> list[str]:
        """Give what is said of a minute that follows another."""
        self.journal.arrived()
        self.said.clear()
        self.journal.minute(minute)
        return [line.removeprefix(AT) for line in self.said]


COUNTS = "4 checked, 0 failed, 1 abstained"


@pytest.mark.parametrize(
    ("minute", "line"),
    [
        pytest.param(QUIET, COUNTS, id="a quiet minute"),
        pytest.param(
            replace(QUIET, done=replace(QUIET.done, repeated=9)),
            f"{COUNTS}; 9 not due",
            id="some were not due",
        ),
        pytest.param(
            replace(QUIET, skipped=1), f"{COUNTS}; 1 tick before it missed", id="a tick was missed"
        ),
        pytest.param(
            replace(QUIET, failing=tuple((name, FAIL) for name in "abcde")),
            f"{COUNTS}; failing a (connection refused), b (connection refused), "
            "c (connection refused), 2 more",
            id="more fail than a line holds",
        ),
        pytest.param(
            replace(QUIET, abstaining=(("gw", replace(ABSTAIN, evidence="may not ping")),)),
            f"{COUNTS}; abstaining gw (may not ping)",
            id="of one nobody could tell",
        ),
        pytest.param(
            replace(QUIET, waiting=7, trouble=StorageError("table tocsin: no answer")),
            f"{COUNTS}; 7 reports wait for AWS: table tocsin: no answer",
            id="AWS is out of reach",
        ),
        pytest.param(
            replace(QUIET, waiting=1),
            f"{COUNTS}; 1 report waits for AWS: it has not answered yet",
            id="AWS takes its time",
        ),
    ],
)
def test_a_minute_is_a_line(minute: Minute, line: str) -> None:
    assert Office().lines(minute) == [line]


def test_each_line_begins_with_the_minute_in_awss_time() -> None:
    office = Office()

    office.journal.minute(QUIET)

    assert all(line.startswith(AT) for line in office.said)


def test_what_is_watched_is_said_when_it_changes() -> None:
    office = Office()
    first = office.lines(QUIET)
    office.held = (shard(*(monitor(n, locations=("office",)) for n in "ab"), version=8),)
    office.journal.minute(QUIET)

    assert first == [COUNTS]
    assert office.said[1] == f"{AT}version 8: 2 monitors at office"


@pytest.mark.parametrize(
    ("held", "line"),
    [
        (
            (shard(monitor(locations=("shop", "eu-west-1"), need=1)),),
            (
                "no monitor of version 1 uses the location office, only eu-west-1, shop: "
                "start this agent as one of these, or name it in `locations` of a monitor"
            ),
        ),
        ((), "no configuration is in force: `tocsin apply` puts one"),
    ],
    ids=["other locations are used", "nothing was applied yet"],
)
def test_that_there_is_nothing_to_watch_is_said(held: tuple[Shard, ...], line: str) -> None:
    office = Office(held=held)

    office.journal.arrived()

    assert office.said == [AT + line]


def test_an_agent_that_may_stand_in_for_a_function_is_warned() -> None:
    office = Office(held=(shard(monitor(locations=("eu-west-1",))),), location="eu-west-1")

    office.journal.arrived()

    assert office.said[1] == (
        f"{AT}eu-west-1 is the name of a region: if a Lambda function reports as eu-west-1 too, "
        "give this agent a location of its own"
    )


def test_why_aws_is_waited_for_is_said_once_and_when_it_changes() -> None:
    office = Office()
    for why in ("no answer", "no answer", "refused", "refused"):
        office.journal.unreached(StorageError(f"table tocsin: {why}"))

    assert office.said == [
        f"{AT}waits for AWS: table tocsin: no answer",
        f"{AT}waits for AWS: table tocsin: refused",
    ]


def test_a_configuration_of_a_newer_version_asks_for_an_update() -> None:
    office = Office()
    office.read.unreadable = 1

    office.journal.arrived()

    assert office.said[1] == f"{AT}1 part of the configuration cannot be read: update this agent"


@pytest.mark.parametrize(
    ("count", "line"),
    [
        ("dropped", "2 reports dropped: an hour of them waits for AWS"),
        (
            "taken",
            (
                "AWS had 2 reports of office already: of this agent, before it was started anew or "
                "its network failed, or of another that runs under this name"
            ),
        ),
        ("refused", "2 reports dropped: AWS takes no such report"),
    ],
)
def test_what_was_lost_is_said_once(count: str, line: str) -> None:
    office = Office()
    setattr(office.reports, count, 2)

    first = office.lines(QUIET)
    again = office.lines(QUIET)

    assert (first, again) == ([COUNTS, line], [COUNTS])


def test_an_old_configuration_is_said_as_long_as_it_is() -> None:
    office = Office()
    office.read.stale = 3

    assert office.lines(QUIET)[1] == "the configuration is 3 ticks old"


def test_a_fault_is_said_by_its_place_and_not_by_its_words() -> None:
    office = Office()
    with pytest.raises(ValueError, match="hunter2") as fault:
        int("the password is hunter2")

    office.journal.broke(fault.value)
    office.journal.crashed(monitor(), fault.value)

    assert "hunter2" not in " ".join(office.said)
    assert office.said[0].startswith(f"{AT}a fault of tocsin's own: ValueError at ")
    assert office.said[1].startswith(f"{AT}the check of db broke, and it abstains: ValueError at ")


@pytest.mark.parametrize(
    ("waiting", "line"), [(0, "ends"), (2, "ends; 2 reports never reached AWS")]
)
def test_the_end_says_what_is_lost(waiting: int, line: str) -> None:
    office = Office()

    office.journal.left(waiting)

    assert office.said == [AT + line]
