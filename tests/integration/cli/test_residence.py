"""What systemd hears while an agent gets on, and when it does not."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tocsin_cli.residence import STALLED, End, beat

BEAT = 0.01


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Listen as systemd does."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", str(round(BEAT * 2_000_000)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


@pytest.fixture
async def end(systemd: socket.socket) -> AsyncIterator[End]:
    """Give the end of a process that tells systemd how it is."""
    assert systemd.fileno() > 0
    end = End()
    beating = asyncio.create_task(beat(end))
    yield end
    beating.cancel()


async def heard(systemd: socket.socket) -> bytes:
    async with asyncio.timeout(20):
        return await asyncio.get_running_loop().sock_recv(systemd, 100)


def drained(systemd: socket.socket) -> list[bytes]:
    """Give what has been said and not been heard."""
    found = []
    try:
        while True:
            found.append(systemd.recv(100))
    except BlockingIOError:
        return found


async def test_an_agent_that_gets_on_lives(systemd: socket.socket, end: End) -> None:
    end.progress -= STALLED - 60

    assert [await heard(systemd) for _ in range(3)] == [b"WATCHDOG=1"] * 3


async def test_one_that_gets_nowhere_is_not_heard_of_until_it_does(
    systemd: socket.socket, end: End
) -> None:
    await heard(systemd)
    end.progress -= STALLED + 1
    drained(systemd)
    await asyncio.sleep(5 * BEAT)
    silence = drained(systemd)
    await end.pause(0)

    assert silence == []
    assert await heard(systemd) == b"WATCHDOG=1"


async def test_a_pause_lasts_its_time_and_tells_that_nobody_asks_for_the_end() -> None:
    end = End()
    before = end.progress

    assert not await end.pause(0.01)
    assert end.progress - before >= 0.01
