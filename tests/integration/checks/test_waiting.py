"""Waiting for sockets and moments: nobody is woken early, late, or for another."""

import asyncio
import os
import socket

import pytest

from tests.integration.checks.servers import measuring
from tocsin.checks.processor import shared
from tocsin.checks.waiting import READABLE, WRITABLE, Timers


async def test_a_timer_is_never_early() -> None:
    timers, loop = Timers(), asyncio.get_running_loop()

    for seconds in (0.0, 0.001, 0.0049, 0.005, 0.012):
        began = loop.time()
        await timers.sleep(seconds)
        assert loop.time() - began >= seconds


async def test_who_stops_waiting_is_not_woken() -> None:
    timers, rung = Timers(), list[str]()
    now = asyncio.get_running_loop().time()

    def stopped() -> None:
        rung.append("stopped")

    timers.at(now, lambda: rung.append("waiting"))
    timers.at(now, stopped).pop(stopped)
    await timers.sleep(0.01)

    assert rung == ["waiting"]


async def test_a_wait_that_was_given_up_wakes_nobody_later() -> None:
    ours, theirs = socket.socketpair()
    with measuring(), ours, theirs:
        watch, loop = shared().watch, asyncio.get_running_loop()
        assert not await watch.ready(ours, READABLE, loop.time())
        theirs.send(b"late")
        # Another socket behind the same number, while a child process still holds the first.
        mine, other = socket.socketpair()
        with mine, other, ours.dup():
            os.dup2(mine.fileno(), ours.fileno())
            assert not await watch.ready(ours, READABLE, loop.time() + 0.02)


@pytest.mark.parametrize("event", [READABLE, WRITABLE], ids=["to read", "to write"])
async def test_a_socket_can_be_waited_for_again(event: int) -> None:
    ours, theirs = socket.socketpair()
    with measuring(), ours, theirs:
        theirs.send(b"here")
        soon = asyncio.get_running_loop().time() + 5
        assert await shared().watch.ready(ours, WRITABLE, soon)
        assert await shared().watch.ready(ours, event, soon)
