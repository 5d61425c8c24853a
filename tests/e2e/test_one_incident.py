"""One incident through every route: a service stops and comes back, and each reader hears of it.

The very template runs on MiniStack with IAM enforced; readers are given as its parameters, as
outlets, and by subscriptions of their own. Beside them are an endpoint that has died and an outlet
where nobody answers.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e import alarms, understanding
from tests.e2e.acceptance import OPENED, RESOLVED, Told, complaints, of, table
from tests.e2e.audience import Audience, audience
from tests.e2e.conftest import Show
from tests.e2e.ears import QUEUE, READERS, Ears
from tocsin.config.reader import parse
from tocsin.domain.quorum import Verdict
from tocsin_cli.local.deploy import HOME, PLACES
from tocsin_cli.local.services import DemoServices
from tocsin_cli.local.stack import SOURCES, LocalStack, running

PROJECT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 200.0
"""For one step: a minute until the next tick, and what a busy machine needs to run it."""
CONFIRMED_WITHIN_S: Final = 30.0
"""The endpoints were asked during the deployment."""
QUIET_S: Final = 8.0
"""After the end: long enough for a repeat to show itself."""
POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it, when it was over."""

    told: list[Told]
    refused: list[str]
    undelivered: list[dict[str, str]]
    waiting: int
    lost: int
    table: str
    alarms: dict[str, dict[str, Any]]

    @property
    def incident(self) -> str:
        return of(self.told, QUEUE["page"])[0].incident


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    with (
        audience(tmp_path_factory.mktemp("aws")) as everybody,
        DemoServices() as services,
        running(
            PROJECT,
            progress=print,
            readers=everybody.parameters,
            launcher=everybody.launcher,
            directory=tmp_path_factory.mktemp("stack"),
        ) as stack,
    ):
        yield _live(stack, services, everybody)


def test_each_reader_is_told_of_the_beginning_once_and_then_of_the_end_once(
    outcome: Outcome, show: Show
) -> None:
    show(outcome.table)

    wrong = complaints(outcome.told, READERS)
    assert not wrong, "\n".join(wrong)


def test_what_a_dead_endpoint_does_not_take_is_put_aside(outcome: Outcome) -> None:
    put_aside = [understanding.alarm(each) for each in outcome.undelivered]

    assert sorted(put_aside) == [(OPENED, outcome.incident), (RESOLVED, outcome.incident)]


def test_what_is_owed_to_an_outlet_where_nobody_answers_waits_for_it(outcome: Outcome) -> None:
    assert (outcome.waiting, outcome.lost) == (2, 0)


def test_endpoints_took_every_message_for_one_that_sns_had_signed(outcome: Outcome) -> None:
    assert outcome.refused == []


def test_every_alarm_rings_by_the_watchers_topic_of_its_region_with_its_runbook(
    outcome: Outcome,
) -> None:
    silent = [name for name, said in outcome.alarms.items() if not said]
    pages = {
        name: said["AlarmDescription"].splitlines()[-1]
        for name, said in outcome.alarms.items()
        if said
    }

    assert not silent
    assert {f"tocsin-{place.location}-probe-silent" for place in PLACES} <= pages.keys()
    assert {name: page for name, page in pages.items() if not (PROJECT / page).is_file()} == {}


def _live(stack: LocalStack, services: DemoServices, everybody: Audience) -> Outcome:
    ears = Ears(stack, everybody)
    home = stack.outputs[HOME.location]
    _keep_outlets(stack, everybody, home["OutletsPath"])
    assert _until(ears.confirmed, stack, CONFIRMED_WITHIN_S), ears.refused()
    everybody.leave()

    database = services.services["database"]
    _watch(stack, database.address)
    assert _until(lambda: _up(stack), stack), "the database is not seen up by every location"

    fault = datetime.now(UTC)
    database.stop()
    # Who never hears is seen in the outcome.
    _until(lambda: _all_heard(ears.told(), OPENED), stack)
    mended = datetime.now(UTC)
    database.start()
    _until(lambda: _all_heard(ears.told(), RESOLVED), stack)
    time.sleep(QUIET_S)
    told = ears.told()
    return Outcome(
        told=told,
        refused=ears.refused(),
        undelivered=ears.left(home["UndeliveredQueueUrl"]),
        waiting=_count(stack, home["HandoversQueueUrl"]),
        lost=_count(stack, home["LostHandoversQueueUrl"]),
        table=table(told, READERS, fault, mended),
        alarms=alarms.rung(stack),
    )


def _keep_outlets(stack: LocalStack, everybody: Audience, path: str) -> None:
    ssm = stack.emulator.client("ssm", HOME.location)
    for name, url in everybody.outlets.items():
        ssm.put_parameter(Name=f"{path}/{name}", Value=url, Type="SecureString")


def _watch(stack: LocalStack, address: str) -> None:
    text = (
        f"locations: {{{', '.join(f'{name}: {{}}' for name in SOURCES)}}}\n"
        "defaults: {interval: 1m, timeout: 5s, retries: 1}\n"
        "monitors:\n"
        f'  database: {{tcp: "{address}", quorum: all, alert: [page, chat, notice]}}\n'
    )
    reading = parse(text, "e2e", allow_private=True)
    assert reading.configuration is not None, reading.errors
    stack.apply(reading.configuration)


def _up(stack: LocalStack) -> bool:
    (sight,) = stack.survey().sights
    standing = sight.standing
    return standing is not None and standing.verdict is Verdict.UP and not standing.silent


def _all_heard(told: list[Told], event: str) -> bool:
    return all(event in {each.event for each in of(told, reader)} for reader in READERS)


def _until(holds: Callable[[], bool], stack: LocalStack, within_s: float = PATIENCE_S) -> bool:
    """Wait until something holds; False if it never does."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        stack.emulator.ensure_running()
        time.sleep(POLL_S)
    return True


def _count(stack: LocalStack, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = stack.emulator.client("sqs", HOME.location).get_queue_attributes(
        QueueUrl=queue, AttributeNames=names
    )["Attributes"]
    return sum(int(attributes[name]) for name in names)
