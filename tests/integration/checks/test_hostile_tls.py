"""What a check says of TLS that is broken on purpose, at every step of it."""

import ssl
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.checks.certificates import called, key, shaking_hands, signed
from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    SHORT,
    Behaviour,
    assert_failed,
    closing,
    endless,
    hearing,
    look,
    resetting,
    saying,
    serving,
    silent,
)
from tocsin.checks.dial import Dialer
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.target import HttpTarget, Tls

MOST_MEMORY = 4 * 1024 * 1024


async def attack(
    behaviour: Behaviour, dialer: Dialer | None = None, rules: Tls | None = None
) -> Outcome:
    async with serving(behaviour) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/", tls=rules)
        return await look(target, dialer=dialer, limit=SHORT)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("cut", [1, 5, 60, 130, 300, 500])
@pytest.mark.parametrize(
    ("then", "reason", "told"),
    [
        pytest.param(resetting, Reason.RESET, "reset the connection during", id="reset"),
        pytest.param(closing, Reason.CLOSED, "closed the connection during", id="end"),
        pytest.param(silent, Reason.TIMEOUT, "did not finish the TLS handshake", id="silence"),
    ],
)
async def test_an_end_in_the_midst_of_the_handshake(
    tmp_path: Path,
    version: ssl.TLSVersion,
    cut: int,
    then: Behaviour,
    reason: Reason,
    told: str,
) -> None:
    server = signed(subject=called("x" * 60)).server(tmp_path)
    server.minimum_version = server.maximum_version = version

    outcome = await attack(shaking_hands(server, then, cut=cut))

    assert_failed(outcome, Layer.TLS, reason, told)


@pytest.mark.parametrize(
    ("garbage", "told"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", "not TLS after the handshake", id="clear text"),
        pytest.param(b"\x17\x03\x03\x00\x20" + bytes(32), "not TLS after", id="forged record"),
        pytest.param(b"\x16\x03\x03\x00\x04" + bytes(4), "not TLS after", id="bare handshake"),
        pytest.param(b"\x17\x03\x03\xff\xff" + bytes(99), "not TLS after", id="oversized record"),
    ],
)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_garbage_after_the_handshake(
    issue: Issue, trusting: Dialer, version: ssl.TLSVersion, garbage: bytes, told: str
) -> None:
    server = issue()
    server.minimum_version = server.maximum_version = version

    outcome = await attack(shaking_hands(server, hearing(saying(garbage))), trusting)

    assert_failed(outcome, Layer.TLS, Reason.MALFORMED_REPLY, told)


def looped(folder: Path, length: int) -> ssl.SSLContext:
    """Show a certificate below authorities each of which may have signed all of the others."""
    own = key()
    houses = [
        signed(subject=called("loop"), names=(), authority=True, own=own) for _ in range(length)
    ]
    shown = signed(by=houses[0])
    return replace(shown, above=tuple(house.certificate for house in houses)).server(folder)


@pytest.mark.parametrize("rules", [None, Tls(self_signed=True)], ids=["as usual", "self-signed"])
@pytest.mark.parametrize(
    ("length", "reason", "told"),
    [
        pytest.param(200, Reason.CERTIFICATE_UNTRUSTED, "shows a chain that ends in", id="many"),
        pytest.param(400, Reason.TOO_MUCH_DATA, "far too many certificates", id="far too many"),
    ],
)
async def test_a_chain_of_hundreds_is_refused_within_time_and_memory(
    tmp_path: Path, rules: Tls | None, length: int, reason: Reason, told: str
) -> None:
    server = looped(tmp_path, length)

    with at_most(MOST_MEMORY):
        outcome = await attack(shaking_hands(server, silent), rules=rules)

    assert_failed(outcome, Layer.TLS, reason, told)


async def test_an_endless_handshake_takes_no_memory() -> None:
    flood = b"\x16\x03\x03\x40\x00\x0b\xff\xff\xff" + bytes(16_380)
    with at_most(MOST_MEMORY):
        outcome = await attack(endless(flood))

    assert outcome.layer is Layer.TLS
    assert outcome.reason in {Reason.TOO_MUCH_DATA, Reason.TLS_HANDSHAKE}


@contextmanager
def at_most(limit: int) -> Iterator[None]:
    """Hold what Python allocates meanwhile to a limit."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()
