"""The lines of an agent: one a tick, and one for whatever else a person should know."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import cast

import pytest

from tests.fakes.make import FAIL, NOON, TICK, monitor, shard
from tocsin.domain.shard import Shard
from tocsin.usecases.observe import Tick
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
            replace(QUIET, waiting=7, trouble="table tocsin: no answer"),
            f"{COUNTS}; 7 reports for AWS, which is out of reach; table tocsin: no answer",
            id="AWS is out of reach",
        ),
        pytest.param(
            replace(QUIET, waiting=1),
            f"{COUNTS}; 1 report for AWS, which is out of reach; it has not answered yet",
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
        ((shard(monitor()),), "no monitor of version 1 uses the location office, only "),
        ((), "no monitor of version 0 uses the location office, only none at all"),
    ],
)
def test_a_location_that_nobody_uses_is_said(held: tuple[Shard, ...], line: str) -> None:
    office = Office(held=held)

    office.journal.arrived()

    assert office.said[0].removeprefix(AT).startswith(line)


def test_a_configuration_of_a_newer_version_asks_for_an_update() -> None:
    office = Office()
    office.read.unreadable = 1

    office.journal.arrived()

    assert office.said[1] == f"{AT}1 part of the configuration cannot be read: update this agent"


@pytest.mark.parametrize(
    ("count", "line"),
    [
        ("dropped", "2 reports waited for over an hour and went"),
        ("taken", "another process reports as office: 2 reports not taken"),
        ("refused", "AWS will never take 2 reports of ours"),
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
    assert office.said[0].startswith(f"{AT}a tick broke: ValueError at ")
    assert office.said[1].startswith(f"{AT}the check of db broke, and it abstains: ValueError at ")


@pytest.mark.parametrize(
    ("waiting", "line"), [(0, "ends"), (2, "ends; 2 reports never reached AWS")]
)
def test_the_end_says_what_is_lost(waiting: int, line: str) -> None:
    office = Office()

    office.journal.left(waiting)

    assert office.said == [AT + line]
