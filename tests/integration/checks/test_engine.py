"""How a tick's checks run together: bounded, fair, re-checked, and done by the deadline."""

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    SHORT,
    Namer,
    assert_abstained,
    assert_failed,
    assert_passed,
    clock,
    closed_port,
    closing,
    monitor,
    naming,
    page,
    saying,
    serving,
    silent,
    zone,
)
from tocsin.checks.attempt import Clock
from tocsin.checks.dial import Dialer
from tocsin.checks.engine import Check, Engine
from tocsin.checks.slots import Slots
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Monitor, Target
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.questions import DnsTarget
from tocsin.domain.script import greeting
from tocsin.domain.target import HttpTarget, Kind, TcpTarget

PASS = Outcome(vote=Vote.PASS)
FAIL = Outcome(vote=Vote.FAIL, layer=Layer.CONNECT, reason=Reason.REFUSED)
BLIND = Outcome(vote=Vote.ABSTAIN, reason=Reason.OUT_OF_SOCKETS)
FORBIDDEN = Outcome(vote=Vote.ABSTAIN, reason=Reason.FORBIDDEN_ADDRESS)
ROUTELESS = Outcome(vote=Vote.ABSTAIN, reason=Reason.NO_ROUTE_FAMILY)
PAUSE = timedelta(milliseconds=20)
DIALER = Dialer(egress=Egress.LOOPBACK)


@contextmanager
def descriptors(spare: int) -> Iterator[None]:
    """Leave this process so many file descriptors more than it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + spare, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def some(name: str, *, port: int = 1, retries: int = 0, banner: str | None = None) -> Monitor:
    target = TcpTarget(host=HERE, port=port, script=greeting(banner) if banner else ())
    return monitor(target, name, limit=SHORT, retries=retries)


def scripted(*outcomes: Outcome | float | Exception) -> Check:
    """Play these in turn: an outcome, an error, or a sleep of so many seconds before the next."""
    left = list(outcomes)

    async def check(_monitor: Monitor, _dialer: Dialer, _clock: Clock) -> Outcome:
        step = left.pop(0)
        while isinstance(step, float):
            await asyncio.sleep(step)
            step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    return check


async def run(check: Check, *, retries: int = 2, within: float = 5) -> Outcome:
    engine = Engine(DIALER, checks={Kind.TCP: check}, pause=PAUSE)
    began = asyncio.get_running_loop().time()
    outcomes = await engine.run([some("it", retries=retries)], deadline=began + within)
    assert asyncio.get_running_loop().time() < began + max(within, 0) + 0.2
    return outcomes["it"]


@pytest.mark.parametrize(
    ("steps", "expected", "attempts"),
    [
        pytest.param((PASS,), PASS, 1, id="a pass is enough"),
        pytest.param((FAIL, PASS), PASS, 2, id="the first pass wins"),
        pytest.param((FAIL, FAIL, FAIL), FAIL, 3, id="all re-checks fail"),
        pytest.param((BLIND, PASS), PASS, 2, id="blind at first"),
        pytest.param((BLIND, BLIND, BLIND), BLIND, 3, id="blind to the end"),
        pytest.param((FAIL, BLIND, BLIND), FAIL, 3, id="what was seen is not unseen"),
        pytest.param((BLIND, FAIL, BLIND), FAIL, 3, id="what was seen in between stays"),
        pytest.param((FORBIDDEN,), FORBIDDEN, 1, id="what a second cannot change"),
        pytest.param((ROUTELESS, PASS), PASS, 2, id="a family that DNS may tell of later"),
    ],
)
async def test_re_checks(steps: tuple[Outcome, ...], expected: Outcome, attempts: int) -> None:
    assert await run(scripted(*steps)) == replace(expected, attempts=attempts)


async def test_a_monitor_without_retries_has_one_attempt() -> None:
    assert await run(scripted(FAIL), retries=0) == FAIL


async def test_one_attempt_that_does_not_end_in_the_tick_is_no_verdict() -> None:
    outcome = await run(scripted(9.0), within=0.2)

    assert_abstained(outcome, Reason.OUT_OF_TIME, "before one attempt was complete")


async def test_a_whole_failed_attempt_counts_though_re_checks_ran_out_of_time() -> None:
    assert await run(scripted(FAIL, 9.0), within=0.2) == FAIL


async def test_nothing_starts_after_the_deadline() -> None:
    assert_abstained(await run(scripted(0.0, PASS), within=-1), Reason.OUT_OF_TIME)


async def test_our_own_crash_costs_one_monitor_its_vote_and_no_other() -> None:
    heard: list[tuple[str, str]] = []

    async def check(checked: Monitor, _dialer: Dialer, _clock: Clock) -> Outcome:
        await asyncio.sleep(0)
        if checked.id == "bad":
            raise ZeroDivisionError("secret detail")
        return PASS

    engine = Engine(
        DIALER,
        checks={Kind.TCP: check},
        on_crash=lambda which, error: heard.append((which.id, type(error).__name__)),
    )
    deadline = asyncio.get_running_loop().time() + 5
    outcomes = await engine.run([some("bad"), some("good")], deadline=deadline)

    assert_abstained(outcomes["bad"], Reason.PROBE_ERROR, "the check itself broke", "ZeroDivision")
    assert "secret" not in outcomes["bad"].evidence
    assert outcomes["good"] == PASS
    assert heard == [("bad", "ZeroDivisionError")]


async def test_no_monitors_are_no_work() -> None:
    assert await Engine(DIALER).run([], deadline=0) == {}


async def test_kinds_run_together_and_each_finds_its_check() -> None:
    async with (
        serving(saying(b"SSH-2.0-x\r\n")) as ssh,
        serving(page(body=b"well")) as web,
        naming(zone("a.test. A 192.0.2.1")) as server,
    ):
        targets: dict[str, Target] = {
            "ssh": TcpTarget(host=HERE, port=ssh, script=greeting("^SSH")),
            "web": HttpTarget(url=f"http://{HERE}:{web}/", text="well"),
            "dns": DnsTarget(name="a.test", resolver=str(server)),
            "gone": TcpTarget(host=HERE, port=closed_port()),
        }
        monitors = [monitor(target, name) for name, target in targets.items()]
        deadline = asyncio.get_running_loop().time() + 5
        outcomes = await Engine(DIALER, clock=clock).run(monitors, deadline=deadline)

    assert list(outcomes) == list(targets)
    assert_failed(outcomes["gone"], Layer.CONNECT, Reason.REFUSED)
    for name in ("ssh", "web", "dns"):
        assert_passed(outcomes[name])


async def test_never_more_attempts_than_sockets_and_every_monitor_gets_its_turn() -> None:
    now, most = 0, 0

    async def counting(_monitor: Monitor, _dialer: Dialer, _clock: Clock) -> Outcome:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1
        return PASS

    engine = Engine(DIALER, checks={Kind.TCP: counting}, sockets=20)
    deadline = asyncio.get_running_loop().time() + 10
    outcomes = await engine.run([some(f"m{n}") for n in range(300)], deadline=deadline)

    assert list(outcomes.values()) == [PASS] * 300
    assert most == 20


async def test_a_thousand_real_connections_pass_through_few_sockets() -> None:
    async with serving(saying(b"hello\n", closing)) as port:
        monitors = [some(f"m{n}", port=port, banner="hello") for n in range(1000)]
        deadline = asyncio.get_running_loop().time() + 20
        with descriptors(150):  # the server has as many as the engine
            outcomes = await Engine(DIALER, sockets=20).run(monitors, deadline=deadline)

    assert {outcome.vote for outcome in outcomes.values()} == {Vote.PASS}


async def test_slow_targets_do_not_delay_the_others() -> None:
    async with serving(silent) as slow, serving(saying(b"hi\n")) as quick:
        monitors = [some(f"slow{n}", port=slow, banner="hi") for n in range(200)]
        monitors += [some(f"quick{n}", port=quick, banner="hi") for n in range(200)]
        loop = asyncio.get_running_loop()
        began = loop.time()
        outcomes = await Engine(DIALER).run(monitors, deadline=began + 10)

    assert loop.time() - began < SHORT.total_seconds() + 1
    assert sum(outcome.vote is Vote.PASS for outcome in outcomes.values()) == 200
    assert sum(outcome.reason is Reason.SILENT for outcome in outcomes.values()) == 200


async def test_the_impatient_go_first() -> None:
    async with serving(silent) as slow, serving(saying(b"hi\n")) as quick:
        monitors = [some(f"slow{n}", port=slow, banner="hi", retries=2) for n in range(50)]
        monitors += [some("quick", port=quick, banner="hi")]
        deadline = asyncio.get_running_loop().time() + 0.8
        outcomes = await Engine(DIALER, sockets=10).run(monitors, deadline=deadline)

    assert_passed(outcomes["quick"])
    assert list(outcomes)[-1] == "quick"


async def test_a_crowd_of_handshakes_blames_no_target(issue: Issue, trusting: Dialer) -> None:
    async with serving(page(), tls=issue()) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/")
        monitors = [monitor(target, f"m{n}", limit=SHORT) for n in range(400)]
        deadline = asyncio.get_running_loop().time() + 20
        outcomes = await Engine(trusting).run(monitors, deadline=deadline)

    assert {outcome.vote for outcome in outcomes.values()} == {Vote.PASS}


async def test_hostile_bodies_do_not_carry_a_tick_past_its_deadline() -> None:
    async with serving(page(body=b"a" * 60_000)) as port:
        url = f"http://{HERE}:{port}/"
        monitors = [monitor(HttpTarget(url=url, pattern=rf"\w+@{n}"), f"m{n}") for n in range(12)]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 0.5
        outcomes = await Engine(DIALER).run(monitors, deadline=deadline)

    assert loop.time() - deadline < 1.5
    assert {outcome.vote for outcome in outcomes.values()} == {Vote.FAIL, Vote.ABSTAIN}


async def test_pauses_between_attempts_hold_no_socket() -> None:
    async def check(checked: Monitor, _dialer: Dialer, _clock: Clock) -> Outcome:
        await asyncio.sleep(0.01)
        return FAIL if checked.retries else PASS

    engine = Engine(DIALER, checks={Kind.TCP: check}, sockets=1, pause=timedelta(seconds=0.3))
    monitors = [some(f"ill{n}", retries=1) for n in range(5)]
    monitors += [some(f"well{n}") for n in range(5)]
    began = asyncio.get_running_loop().time()
    outcomes = await engine.run(monitors, deadline=began + 5)

    assert asyncio.get_running_loop().time() - began < 1
    assert [o.attempts for o in outcomes.values()] == [2] * 5 + [1] * 5


def no_answer(_query: object, _tcp: bool) -> None:  # noqa: FBT001 - the shape of Namer
    return None


SILENT: Namer = no_answer


async def test_a_location_without_descriptors_blames_no_target() -> None:
    async with serving(silent) as port, naming(SILENT) as server:
        targets: dict[str, Target] = {
            "tcp": TcpTarget(host=HERE, port=port),
            "http": HttpTarget(url=f"http://{HERE}:{port}/"),
            "dns": DnsTarget(name="a.test", resolver=str(server)),
            "name": TcpTarget(host="a.test", port=1),
        }
        monitors = [monitor(target, name, limit=SHORT) for name, target in targets.items()]
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        deadline = asyncio.get_running_loop().time() + 5
        with descriptors(0):
            outcomes = await Engine(dialer).run(monitors, deadline=deadline)

    for outcome in outcomes.values():
        assert_abstained(outcome, Reason.OUT_OF_SOCKETS, "no file descriptor left")


async def test_a_tick_that_is_cancelled_leaves_no_task_behind() -> None:
    async with serving(silent) as port:
        engine = Engine(DIALER)
        monitors = [some(f"m{n}", port=port, banner="x") for n in range(20)]
        deadline = asyncio.get_running_loop().time() + 5
        running = asyncio.create_task(engine.run(monitors, deadline=deadline))
        await asyncio.sleep(0.1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        left = [task for task in asyncio.all_tasks() if "_settle" in repr(task)]

    assert left == []


def test_one_engine_serves_many_event_loops() -> None:
    engine = Engine(DIALER, checks={Kind.TCP: scripted(PASS, FAIL)})

    async def tick() -> Outcome:
        deadline = asyncio.get_running_loop().time() + 5
        return (await engine.run([some("it")], deadline=deadline))["it"]

    assert [asyncio.run(tick()), asyncio.run(tick())] == [PASS, FAIL]


async def test_no_descriptor_is_left_open() -> None:
    async with serving(saying(b"hi\n", closing)) as port, serving(page()) as web:
        monitors = [some(f"m{n}", port=port, banner="hi") for n in range(30)]
        monitors += [monitor(HttpTarget(url=f"http://{HERE}:{web}/"), f"w{n}") for n in range(30)]
        deadline = asyncio.get_running_loop().time() + 5
        engine = Engine(DIALER)
        await engine.run(monitors[:1], deadline=deadline)
        await asyncio.sleep(0.1)
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only counted
        await engine.run(monitors, deadline=deadline)
        await asyncio.sleep(0.1)

        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - only counted


async def test_a_place_given_to_one_that_was_cancelled_goes_to_the_next() -> None:
    slots, inside = Slots(1), []

    async def enter(name: str) -> None:
        async with slots:
            inside.append(name)

    async with slots:
        first, second = asyncio.create_task(enter("first")), asyncio.create_task(enter("second"))
        await asyncio.sleep(0)
    first.cancel()  # it holds the place already, but has not run since
    await asyncio.wait_for(second, 1)
    async with slots:
        inside.append("third")

    assert inside == ["second", "third"]
