"""What an attempt leaves behind: nothing that waits for the garbage collector.

While a tick runs that comes seldom, and it counts objects, not the tens of KiB behind each of TLS.
"""

import gc
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    SHORT,
    Behaviour,
    closed_port,
    look,
    naming,
    page,
    resetting,
    saying,
    serving,
    silent,
    zone,
)
from tocsin.checks.attempt import Attempt
from tocsin.checks.connection import Connection
from tocsin.checks.dial import Dialer
from tocsin.checks.nameserver import Inquiry
from tocsin.domain.egress import Egress
from tocsin.domain.monitor import Target
from tocsin.domain.questions import DnsTarget
from tocsin.domain.script import Expect, greeting
from tocsin.domain.target import Addresses, HttpTarget, TcpTarget

NAMES = zone("a.test. A 127.0.0.1\na.test. A 127.0.0.2\n")
HEARS = greeting("^hi")
IN_TIME = (Expect(pattern="^hi", timeout=timedelta(seconds=0.05)),)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def left() -> list[object]:
    kinds = (Attempt, Connection, Inquiry)
    return [each for each in gc.get_objects() if type(each) in kinds]


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    ("behaviour", "script"),
    [
        pytest.param(saying(b"hi\n"), HEARS, id="a pass"),
        pytest.param(saying(b"hi\n"), (), id="a port"),
        pytest.param(saying(b"no\n"), HEARS, id="a wrong word"),
        pytest.param(silent, HEARS, id="silence"),
        pytest.param(silent, IN_TIME, id="silence at one step"),
        pytest.param(resetting, HEARS, id="a reset"),
    ],
)
@pytest.mark.parametrize("addresses", Addresses)
async def test_a_dialogue_leaves_nothing(
    behaviour: Behaviour, script: tuple[Expect, ...], addresses: Addresses
) -> None:
    async with serving(behaviour) as port, naming(NAMES) as server:
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        target = TcpTarget(host="a.test", port=port, script=script, addresses=addresses)
        await look(target, dialer=dialer, limit=SHORT)

    assert left() == []


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("trusted", [True, False])
async def test_tls_leaves_nothing(issue: Issue, trusting: Dialer, *, trusted: bool) -> None:
    async with serving(page(), tls=issue()) as port:
        for text in (None, "not there"):
            target = HttpTarget(url=f"https://{HERE}:{port}/", text=text)
            await look(target, dialer=trusting if trusted else None)

    assert left() == []


@pytest.mark.usefixtures("no_collector")
async def test_questions_and_closed_ports_leave_nothing() -> None:
    async with naming(NAMES) as server:
        targets: list[Target] = [
            TcpTarget(host=HERE, port=closed_port()),
            TcpTarget(host="b.test", port=1),
            DnsTarget(name="a.test", resolver=str(server)),
            DnsTarget(name="b.test", resolver=str(server)),
            DnsTarget(name="a.test", resolver=f"{HERE}:{closed_port()}"),
        ]
        dialer = Dialer(egress=Egress.LOOPBACK, nameservers=[server])
        for target in targets:
            await look(target, dialer=dialer)

    assert left() == []
