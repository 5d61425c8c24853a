"""What a connection makes of TLS that starts after words in clear."""

import asyncio
import ssl
from contextlib import closing as closing_it

import pytest

from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    LONG,
    NOW,
    SHORT,
    Behaviour,
    assert_failed,
    assert_passed,
    clock,
    closing,
    endless,
    hearing,
    resetting,
    saying,
    serving,
    silent,
)
from tocsin.checks.attempt import Attempt, attempted
from tocsin.checks.dial import Dialer
from tocsin.domain.outcome import Layer, Outcome, Reason


async def upgrade(behaviour: Behaviour, dialer: Dialer, *, patient: bool = True) -> Outcome:
    """Speak as a mail server's client does, line by line, and give what is said under TLS."""
    async with serving(behaviour) as port:

        async def talk(attempt: Attempt) -> str:
            trust = dialer.trust(None)
            with closing_it(await dialer.dial(attempt, HERE, port)) as connection:
                await connection.receive()
                await connection.send(b"STARTTLS\r\n")
                _, _, unread = (await connection.receive()).partition(b"\r\n")
                await connection.start_tls(HERE, trust, unread=unread)
                return (await connection.receive()).decode()

        return await attempted(LONG if patient else SHORT, talk, clock)


def agreeing(then: Behaviour, *, more: bytes = b"") -> Behaviour:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 a.test\r\n")
        await reader.readuntil(b"\r\n")
        writer.write(b"220 go ahead\r\n" + more)
        await writer.drain()
        await then(reader, writer)

    return behave


def turning(context: ssl.SSLContext, then: Behaviour, *, first: bytes = b"") -> Behaviour:
    """Turn to TLS as agreed; what is said first is said in clear."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        await writer.drain()
        await writer.start_tls(context)
        await then(reader, writer)

    return behave


async def test_tls_may_start_after_words_in_clear(issue: Issue, trusting: Dialer) -> None:
    server = issue(until=NOW.replace(year=NOW.year + 1))

    outcome = await upgrade(agreeing(turning(server, saying(b"inside"))), trusting)

    assert_passed(outcome, "inside")
    assert outcome.certificate is not None
    assert outcome.certificate.expires_at == NOW.replace(year=NOW.year + 1)
    assert set(outcome.phases_ms) == {"connect", "first_byte", "transfer", "send", "tls"}


async def test_the_wait_for_the_first_word_under_tls_is_a_phase(
    issue: Issue, trusting: Dialer
) -> None:
    agreed = agreeing(turning(issue(), silent))

    outcome = await upgrade(agreed, trusting, patient=False)

    assert outcome.phases_ms["first_byte"] > 100


@pytest.mark.parametrize("more", [b"250 injected\r\n", b"\x00", b"\x16\x03\x03"], ids=repr)
async def test_words_in_clear_behind_the_agreement_are_a_failure(
    issue: Issue, trusting: Dialer, more: bytes
) -> None:
    agreed = agreeing(turning(issue(), saying(b"inside")), more=more)

    outcome = await upgrade(agreed, trusting)

    told = f"{HERE}:", "sent more in clear after it had agreed to TLS: "
    assert_failed(outcome, Layer.TLS, Reason.UNEXPECTED_REPLY, *told)


async def test_words_in_clear_before_the_handshake_are_a_failure(
    issue: Issue, trusting: Dialer
) -> None:
    agreed = agreeing(turning(issue(), saying(b"inside"), first=b"250 injected\r\n"))

    outcome = await upgrade(agreed, trusting)

    told = 'sent more in clear after it had agreed to TLS: "250 injected"'
    assert_failed(outcome, Layer.TLS, Reason.UNEXPECTED_REPLY, told)


@pytest.mark.parametrize(
    ("then", "reason", "told"),
    [
        pytest.param(
            hearing(saying(b"500 no\r\n")), Reason.UNEXPECTED_REPLY,
            'more in clear after it had agreed to TLS: "500 no"', id="in clear after all",
        ),
        pytest.param(
            silent, Reason.SILENT, "agreed to TLS, then did not answer the TLS handshake",
            id="silence",
        ),
        pytest.param(hearing(closing), Reason.CLOSED, "closed the connection during", id="end"),
        pytest.param(hearing(resetting), Reason.RESET, "reset the connection during", id="reset"),
        pytest.param(
            hearing(endless(b"x" * 4096)), Reason.UNEXPECTED_REPLY,
            "sent more in clear after it had agreed", id="endless words in clear",
        ),
    ],
)  # fmt: skip
async def test_what_agrees_and_then_does_not_turn_to_tls(
    trusting: Dialer, then: Behaviour, reason: Reason, told: str
) -> None:
    outcome = await upgrade(agreeing(then), trusting, patient=False)

    assert_failed(outcome, Layer.TLS, reason, told)


async def test_a_certificate_is_refused_after_words_in_clear_too(
    issue: Issue, trusting: Dialer
) -> None:
    agreed = agreeing(turning(issue("other.test"), saying(b"inside")))

    outcome = await upgrade(agreed, trusting)

    told = f"a certificate for other.test, not for {HERE}"
    assert_failed(outcome, Layer.TLS, Reason.CERTIFICATE_WRONG_NAME, told)
    assert outcome.certificate is not None
