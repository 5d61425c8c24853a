"""Peers that mean harm, or are out of order: each check ends, in bounds, with a reason."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    SHORT,
    Behaviour,
    assert_failed,
    closing,
    dripping,
    endless,
    hearing,
    look,
    replying,
    resetting,
    saying,
    serving,
    silent,
    turning_to_tls,
)
from tocsin.checks import dialogue
from tocsin.checks.attempt import Attempt
from tocsin.checks.connection import Connection
from tocsin.checks.dial import Dialer
from tocsin.domain.egress import Egress
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.script import Expect, Send, StartTls, Step, wire
from tocsin.domain.target import TcpTarget, Tls

GREETS = Expect(pattern="^220[ -](?P<greeting>[^\r\n]*)\r\n", declines=r"^[45]\d\d")
HELLO = Send(data="EHLO tocsin.invalid\r\n")
LISTS = Expect(pattern=r"(?m)^250 [^\r\n]*\r\n", declines=r"^[45]\d\d")
STARTTLS = Send(data="STARTTLS\r\n")
AGREES = Expect(pattern="^220 [^\r\n]*\r\n", declines=r"^[45]\d\d")
SMTP_TLS: tuple[Step, ...] = (GREETS, HELLO, LISTS, STARTTLS, AGREES, StartTls())
REPLIES = (b"220 mx\r\n", b"250 STARTTLS\r\n", b"220 go\r\n")


class Noting(Dialer):
    """Keeps the connections that it makes, to see afterwards how much they have read."""

    def __init__(self) -> None:
        super().__init__(egress=Egress.LOOPBACK)
        self.made: list[Connection] = []

    async def connect(
        self,
        attempt: Attempt,
        address: str,
        port: int,
        *,
        layer: Layer = Layer.PROTOCOL,
        sharers: int = 1,
    ) -> Connection:
        made = await super().connect(attempt, address, port, layer=layer, sharers=sharers)
        self.made.append(made)
        return made


async def suffer(
    behaviour: Behaviour, *script: Step, limit: timedelta = SHORT, tls: Tls | None = None
) -> Outcome:
    """Look, hold it to its bounds, and see that it blames the peer and not itself."""
    dialer = Noting()
    async with serving(behaviour) as port:
        target = TcpTarget(host=HERE, port=port, script=script, tls=tls)
        outcome = await look(target, dialer=dialer, limit=limit)
    assert outcome.vote in {Vote.PASS, Vote.FAIL}
    assert all(connection.received <= dialogue.LIMIT for connection in dialer.made)
    return outcome


ENDS: dict[str, tuple[Behaviour, set[Reason]]] = {
    "silence": (silent, {Reason.SILENT, Reason.TIMEOUT}),
    "an end": (closing, {Reason.CLOSED}),
    "a reset": (resetting, {Reason.RESET}),
    "noise": (
        saying(b"\x00\x1b[2J\xff\r\n", closing),
        {Reason.UNEXPECTED_REPLY, Reason.NO_STARTTLS},
    ),
    "endless noise": (endless(b"\x00\x1b[2J\xff" * 100), {Reason.TOO_MUCH_DATA}),
    "an endless line": (endless(b"2" * 1000), {Reason.TOO_MUCH_DATA}),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("step", range(len(REPLIES)))
async def test_at_each_step_of_a_dialogue_each_end_has_its_reason(step: int, end: str) -> None:
    then, reasons = ENDS[end]
    replies = REPLIES[:step]
    greeting = replies[0] if replies else b""
    behaviour = replying(*replies[1:], greeting=greeting, then=hearing(then) if step else then)
    outcome = await suffer(behaviour, *SMTP_TLS)

    assert outcome.reason in reasons, outcome
    assert HERE in outcome.evidence


@pytest.mark.parametrize(
    ("then", "reasons"),
    [
        pytest.param(silent, {Reason.SILENT}, id="silence"),
        pytest.param(hearing(closing), {Reason.CLOSED}, id="an end"),
        pytest.param(hearing(resetting), {Reason.RESET}, id="a reset"),
        pytest.param(saying(b"250 hm?\r\n"), {Reason.UNEXPECTED_REPLY}, id="plain speech"),
        pytest.param(endless(b"\xff" * 1000), {Reason.UNEXPECTED_REPLY}, id="endless noise"),
        pytest.param(
            hearing(endless(b"\x16\x03\x03\x00\x01\x02")), {Reason.TOO_MUCH_DATA}, id="endless"
        ),
        pytest.param(
            hearing(dripping(b"\x16\x03\x03\x40\x00" + b"\x02" * 99)), {Reason.TIMEOUT}, id="drops"
        ),
    ],
)  # fmt: skip
async def test_who_agrees_to_tls_and_does_something_else(
    then: Behaviour, reasons: set[Reason]
) -> None:
    behaviour = replying(*REPLIES[1:], greeting=REPLIES[0], then=then)
    outcome = await suffer(behaviour, *SMTP_TLS)

    assert outcome.layer is Layer.TLS, outcome
    assert outcome.reason in reasons, outcome


async def test_an_endless_banner_under_tls_is_bounded_too(issue: Issue, ca_file: str) -> None:
    behaviour = replying(b"250 x\r\n", b"220 go\r\n", greeting=b"220 mx\r\n",
        then=turning_to_tls(issue(), endless(b"x" * 1000)))  # fmt: skip
    async with serving(behaviour) as port:
        dialer = Dialer(egress=Egress.LOOPBACK, ca_file=ca_file)
        script = (*SMTP_TLS, Expect(pattern="^y"))
        outcome = await look(TcpTarget(host=HERE, port=port, script=script), dialer=dialer)

    assert_failed(outcome, Layer.PROTOCOL, Reason.TOO_MUCH_DATA, "said 64 KiB without a match")


@pytest.mark.parametrize(
    "said",
    [
        b"\x1b]0;owned\x07\x1b[31mred\r\n",
        "\u202egnp.exe\u2066\u200b\n".encode(),
        b'\n{"_aws":{"CloudWatchMetrics":[]}}\n',
        b"\r\nSubject: forged\r\n\r\n<script>alert(1)</script>",
        b"\0" * 500 + b"text",
        bytes(range(256)),
    ],
)
@pytest.mark.parametrize("pattern", ["(?s)^(?P<all>.+)", "(?s)^.", "^never"])
async def test_what_a_peer_says_steers_no_terminal_log_or_mail(said: bytes, pattern: str) -> None:
    outcome = await suffer(saying(said, closing), Expect(pattern=pattern))

    # `look` has seen that it is printable and bounded.
    assert (outcome.vote is Vote.PASS) == (pattern != "^never")


type Move = bytes | str
"""What a server does next: say these bytes, or one of the things in DOINGS."""

PIECES = (
    b"220 mx.test ESMTP\r\n",
    b"250-SIZE\r\n250 HELP\r\n",
    b"220 ",
    b"\r\n",
    b"421 busy\r\n",
    b"+PONG\r\n",
    b"S",
    b"\x00\x0e\x40",
    b"\x15\x03\x03\x00\x02\x02\x28",
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x1b[2J\x00\xff",
    b"x" * 70_000,
)
EXPECTATIONS = (
    GREETS,
    LISTS,
    AGREES,
    Expect(pattern=r"^\+PONG", wrong=r"^[^+]"),
    Expect(pattern="^S", declines="^N", timeout=timedelta(seconds=0.03)),
    Expect(pattern=r"(?s)^\x00(?P<length>.)"),
    Expect(pattern="x"),
    Expect(pattern="(x+x+)+y"),
)
DOINGS: dict[str, Behaviour] = {
    "close": closing,
    "reset": resetting,
    "be silent": silent,
    "flood": endless(b"y" * 1000),
}


@dataclass(frozen=True)
class Peer:
    """Plays its moves, with pauses of no time in between."""

    moves: Sequence[Move]
    end: str

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for move in self.moves:
            if isinstance(move, bytes):
                writer.write(move)
            elif move == "listen":
                await reader.read(4096)
            else:
                writer.write_eof()
                break
            await asyncio.sleep(0)
        await DOINGS[self.end](reader, writer)

    @property
    def said(self) -> bytes:
        """All that it would say, if it is let."""
        said = b""
        for move in self.moves:
            if isinstance(move, bytes):
                said += move
            elif move == "say no more":
                return said
        return said + b"y" * dialogue.LIMIT if self.end == "flood" else said


def could_pass(script: Sequence[Step], said: bytes) -> bool:
    """Match the whole script against all that could be said, at leisure."""
    rest = said.decode("latin-1")
    for step in script:
        if isinstance(step, StartTls):
            return False  # no peer here speaks TLS
        if isinstance(step, Expect):
            if (found := re.search(step.pattern, rest)) is None:
                return False
            rest = rest[found.end() :]
            if not found[0].endswith("\n"):
                rest = rest.removeprefix("\r\n")
    return True


SCRIPTS = st.lists(
    st.sampled_from(EXPECTATIONS)
    | st.builds(Send, data=st.sampled_from(["PING\r\n", "\0\0\0\x08\x04\xd2\x16\x2f", wire("ü")])),
    max_size=5,
)
MOVES = st.lists(
    st.sampled_from(PIECES)
    | st.binary(min_size=1, max_size=40)
    | st.just("listen")
    | st.just("say no more"),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(
    steps=SCRIPTS,
    last=st.sampled_from([[], [], [], [StartTls()]]),
    peer=st.builds(Peer, moves=MOVES, end=st.sampled_from(sorted(DOINGS))),
)
async def test_whatever_a_peer_does_to_whatever_script_it_ends_well(
    steps: list[Step], last: list[Step], peer: Peer
) -> None:
    script = (*steps, *last)
    outcome = await suffer(peer, *script, limit=timedelta(seconds=0.1))

    if outcome.vote is Vote.PASS and any(isinstance(step, Expect) for step in script):
        assert could_pass(script, peer.said)
    assert outcome.reason is not Reason.PROBE_ERROR
