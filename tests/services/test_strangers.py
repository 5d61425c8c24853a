"""What is no such service never passes for one: other programs, noise, silence."""

import asyncio
import re
from itertools import permutations, product
from ssl import SSLContext

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.integration.checks.servers import (
    SHORT,
    assert_failed,
    assert_passed,
    closing,
    hearing,
    saying,
    serving,
    silent,
)
from tests.services.asking import ask, expanded
from tests.services.exchange import HEALTHY, Says, said
from tests.services.peer import Peer
from tests.services.recorded import EXCHANGES
from tocsin.checks.dial import Dialer
from tocsin.config.catalogue import services
from tocsin.config.security import Mode
from tocsin.domain.outcome import Layer, Reason, Vote
from tocsin.domain.script import Expect

SPEAKING = {
    name: service.usual for name, service in services().items() if service.modes[service.usual]
}
MUTE = sorted(services().keys() - SPEAKING.keys())
IN_PLAIN = sorted(name for name, service in services().items() if service.modes.get(Mode.PLAIN))
FAMILIES = (
    {"postgres", "pgbouncer", "cockroachdb"},
    {"mysql", "mariadb"},
    {"smtp", "submission", "smtps"},
    {"imap", "imaps"},
    {"pop3", "pop3s"},
    {"ldap", "ldaps", "global-catalog", "global-catalog-ssl"},
    {"amqp", "amqps"},
    {"mqtt", "mqtts"},
    {"xmpp", "xmpps", "xmpp-server"},
    {"dns-tcp", "dns-tls"},
    {"ftp", "ftps"},
)
"""Services that are one program, on several ports or with a dialect that no greeting shows."""
STRANGERS = {
    "a web server": b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n",
    "an older web server": b"HTTP/1.0 404 Not Found\r\n\r\n<html>not found</html>",
    "an SSH server": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "a mail server": b"220 mx.example.com ESMTP Postfix\r\n",
    "a server of TLS": bytes.fromhex("15030100020246"),
    "somebody who says a zero": b"\0",
    "a proxy with a login": (
        b"HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: 12\r\n\r\nUnauthorized"
    ),
    "a proxy with nothing behind it": (
        b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n<html>503</html>"
    ),
    "a cache that shouts": b"ERROR\r\n",
    "a menu": b"Welcome!\r\n\r\n1) Status\r\n2) Quit\r\n> ",
}


@pytest.mark.parametrize(
    ("service", "stranger"), sorted(set(product(SPEAKING, STRANGERS)) - {("ssh", "an SSH server")})
)
async def test_another_program_never_passes(
    service: str, stranger: str, secured: SSLContext, trusting: Dialer
) -> None:
    mode = SPEAKING[service]
    tls = secured if mode is Mode.DIRECT else None

    async with serving(saying(STRANGERS[stranger], hearing(closing)), tls=tls) as port:
        outcome = await ask(service, mode, port, dialer=trusting, limit=SHORT)

    assert outcome.vote is Vote.FAIL, outcome


def test_no_service_takes_the_words_of_another_for_its_own() -> None:
    spoken = {
        held.service: b"".join(said(held.turns))
        for held in EXCHANGES
        if held.label == HEALTHY and services()[held.service].usual in held.modes
    }

    taken = {
        (listening, speaking)
        for listening, speaking in permutations(SPEAKING, 2)
        if not any({listening, speaking} <= family for family in FAMILIES)
        and _satisfied(listening, spoken[speaking])
    }

    assert not taken


def test_a_web_server_is_told_at_once_and_not_when_the_time_is_over() -> None:
    waiting = [name for name in IN_PLAIN if not _refused_at_once(name, STRANGERS["a web server"])]

    assert not waiting


@pytest.mark.parametrize("dripping", [False, True], ids=["at once", "byte by byte"])
async def test_a_login_that_a_proxy_asks_for_is_no_node_of_elasticsearch(*, dripping: bool) -> None:
    proxy = Peer([Says(STRANGERS["a proxy with a login"])], dripping=dripping, leaving=True)

    async with serving(proxy) as port:
        outcome = await ask("elasticsearch", Mode.PLAIN, port)

    assert_failed(
        outcome, Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, "is not what elasticsearch says"
    )


@settings(max_examples=150, deadline=None)
@given(service=st.sampled_from(IN_PLAIN), noise=st.binary(min_size=1, max_size=64))
async def test_noise_never_passes(service: str, noise: bytes) -> None:
    # One letter is all that PostgreSQL says, and one option of Telnet's is three bytes.
    assume(not _satisfied(service, noise) or len(noise) > 3)

    async with serving(saying(noise, hearing(closing))) as port:
        outcome = await ask(service, Mode.PLAIN, port, limit=SHORT)

    assert outcome.vote is Vote.FAIL, outcome


async def test_a_port_that_accepts_and_says_nothing_is_no_service(
    secured: SSLContext, trusting: Dialer
) -> None:
    async with serving(silent) as plain, serving(silent, tls=secured) as direct:
        outcomes = await asyncio.gather(
            *(
                ask(
                    name,
                    mode,
                    direct if mode is Mode.DIRECT else plain,
                    dialer=trusting,
                    limit=2 * SHORT,
                )
                for name, mode in SPEAKING.items()
            )
        )

    assert {outcome.vote for outcome in outcomes} == {Vote.FAIL}
    assert {outcome.reason for outcome in outcomes} <= {Reason.SILENT, Reason.NO_STARTTLS}


async def test_an_empty_connection_is_no_service() -> None:
    async with serving(closing) as port:
        outcomes = [await ask(name, Mode.PLAIN, port) for name in IN_PLAIN]

    assert {(outcome.vote, outcome.layer) for outcome in outcomes} == {(Vote.FAIL, Layer.PROTOCOL)}


@pytest.mark.parametrize("service", MUTE)
async def test_a_service_that_never_speaks_is_a_port_that_accepts(service: str) -> None:
    async with serving(silent) as port:
        outcome = await ask(service, Mode.PLAIN, port)

    assert_passed(outcome, "accepts connections")


def _satisfied(service: str, text: bytes) -> bool:
    """Tell whether these words, at once, would do for the whole dialogue."""
    left = text.decode("latin-1")
    for step in expanded(service, SPEAKING[service], 1).script:
        if isinstance(step, Expect):
            if (found := re.search(step.pattern, left)) is None:
                return False
            left = left[found.end() :]
    return True


def _refused_at_once(service: str, text: bytes) -> bool:
    [first, *_] = (
        step for step in expanded(service, Mode.PLAIN, 1).script if isinstance(step, Expect)
    )
    said_so = (first.wrong, first.declines)
    return any(way is not None and re.search(way, text.decode("latin-1")) for way in said_so)
