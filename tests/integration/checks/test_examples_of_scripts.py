"""The scripts on the page about ports are held against servers that speak as the page says."""

import re
from dataclasses import replace
from pathlib import Path

from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    Behaviour,
    assert_failed,
    assert_passed,
    look,
    replying,
    serving,
    turning_to_tls,
)
from tests.unit.config.files import LOCATIONS, configured
from tocsin.checks.dial import Dialer
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.target import TcpTarget

PAGE = Path(__file__).parents[3] / "docs" / "kinds" / "ports.md"


def monitored(name: str) -> TcpTarget:
    """Read what the page says of a monitor."""
    for example in re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        for monitor in configured(f"{LOCATIONS}{example}").monitors:
            if monitor.id == name:
                assert isinstance(monitor.target, TcpTarget)
                return monitor.target
    raise AssertionError(f"{PAGE} has no monitor {name}")


async def check(name: str, behaviour: Behaviour, dialer: Dialer | None = None) -> Outcome:
    async with serving(behaviour) as port:
        return await look(replace(monitored(name), host=HERE, port=port), dialer=dialer)


async def test_the_game_says_its_version() -> None:
    heard: list[bytes] = []
    outcome = await check("game", replying(b"+OK\r\n", b"version 2.14.1\r\n", heard=heard))

    assert_passed(outcome, "version 2.14.1")
    assert heard == [b"HELLO game.example.com\r\n", b"\x00\x01\xff"]


async def test_a_busy_game_declines() -> None:
    outcome = await check("game", replying(b"+OK\r\n", b"busy, 99 players\r\n"))

    assert_failed(outcome, Layer.PROTOCOL, Reason.DECLINED, "busy, 99 players")


async def test_a_server_of_mail_turns_to_tls(trusting: Dialer, issue: Issue) -> None:
    behaviour = replying(
        b"250-mail.example.com\r\n250-STARTTLS\r\n250 HELP\r\n",
        b"220 2.0.0 go ahead\r\n",
        greeting=b"220 mail.example.com ESMTP\r\n",
        then=turning_to_tls(issue("mail.example.com"), replying()),
    )
    outcome = await check("legacy-mail", behaviour, trusting)

    assert_passed(outcome, "certificate valid for")
