"""The stack behind microburst: how soon a fault is told of, and what faults of AWS do to that.

One run of the very template on MiniStack. First nothing is injected, and faults all over the minute
are timed. Then everything goes wrong at once, each fault on a monitor and a shard of its own, while
one region cannot reach AWS at all.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.e2e import detection, hardship
from tests.e2e.acceptance import OPENED, RESOLVED
from tests.e2e.conftest import Show
from tests.e2e.proxies import HOST, Proxies
from tests.e2e.scenarios import DEAF, NAMES
from tests.e2e.targets import Target
from tests.e2e.trial import Outcome, Trial
from tocsin_cli.local.stack import SOURCES, running

PROJECT: Final = Path(__file__).parents[2]
LAUNCHER: Final = Path(__file__).with_name("behind_microburst.py")
FAULTS: Final = 20


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    timed = [f"d{number:02}" for number in range(FAULTS)]
    proxies = Proxies({region: _free_port() for region in SOURCES})
    told = tmp_path_factory.mktemp("microburst") / "told.json"
    told.write_text(json.dumps({"ports": proxies.ports, "deaf_to": [*DEAF]}))
    with ExitStack() as all_of:
        targets = {
            name: all_of.enter_context(Target(number))
            for number, name in enumerate([*timed, *NAMES], 1)
        }
        launcher = (LAUNCHER, told)
        stack = all_of.enter_context(
            running(PROJECT, progress=print, launcher=launcher, directory=told.parent)
        )
        proxies.ready()
        yield Trial(stack=stack, proxies=proxies, targets=targets, timed=timed).outcome()


def test_every_fault_is_told_of_as_soon_as_is_promised(outcome: Outcome, show: Show) -> None:
    show(detection.table(outcome.detections, outcome.seed))

    wrong = [*detection.complaints(outcome.detections)]
    assert not wrong, "\n".join(wrong)


def test_no_fault_of_aws_loses_or_doubles_an_alert(outcome: Outcome, show: Show) -> None:
    show(hardship.table(outcome.accounts))

    wrong = [*hardship.complaints(outcome.accounts)]
    assert not wrong, "\n".join(wrong)


def test_who_was_told_of_through_it_all_hears_of_the_end_once(outcome: Outcome) -> None:
    assert sorted(outcome.ended) == sorted(each.monitor for each in outcome.detections)


def test_nobody_is_told_of_anything_else_and_nothing_is_left_owed(outcome: Outcome) -> None:
    assert (outcome.strangers, outcome.owed) == ([], [])


def test_a_region_that_cannot_reach_aws_falls_silent_and_comes_back(
    outcome: Outcome, show: Show
) -> None:
    hole = outcome.hole
    show(hole.told())

    assert hole.met
    assert hole.noticed is not None
    assert hole.back is not None
    # So soon that it need not be told; or once, where it had only begun to report.
    assert outcome.of_locations == [OPENED, RESOLVED][: len(outcome.of_locations)]


def test_calls_that_nobody_answers_take_no_function_all_its_time(outcome: Outcome) -> None:
    assert outcome.cut_short == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
