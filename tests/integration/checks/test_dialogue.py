"""What a dialogue with a service comes to, step by step, and how each way to fail is told."""

import asyncio
import re
from datetime import timedelta

import pytest

from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    LONG,
    SHORT,
    Behaviour,
    assert_failed,
    assert_passed,
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
from tocsin.checks.dial import Dialer
from tocsin.checks.pattern import Pattern
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.script import Expect, Send, StartTls, Step
from tocsin.domain.target import TcpTarget, Tls

GREETS = Expect(
    pattern=r"^220[ -](?P<greeting>[^\r\n]*)", declines=r"^[45]\d\d", wrong="^(?!220)..."
)
EHLO = Send(data="EHLO tocsin.invalid\r\n")
LISTS = Expect(pattern=r"(?m)^250 [^\r\n]*\r\n", declines=r"^[45]\d\d")
STARTTLS = Send(data="STARTTLS\r\n")
AGREES = Expect(pattern="^220[ -]", declines=r"^[45]\d\d")
SMTP: tuple[Step, ...] = (GREETS, EHLO, LISTS)
SMTP_TLS: tuple[Step, ...] = (*SMTP, STARTTLS, AGREES, StartTls())
PING: tuple[Step, ...] = (Send(data="PING\r\n"), Expect(pattern=r"^\+PONG"))
MUCH = 8_000_000
"""Bytes that the buffers of two kernels do not hold."""
SSL_REQUEST = Send(data="\0\0\0\x08\x04\xd2\x16\x2f")


async def half_closing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say that nothing will come, and go on listening."""
    writer.write_eof()
    await asyncio.sleep(30)


async def talk(
    behaviour: Behaviour,
    *script: Step,
    service: str | None = None,
    tls: Tls | None = None,
    dialer: Dialer | None = None,
    limit: timedelta = LONG,
) -> Outcome:
    async with serving(behaviour) as port:
        target = TcpTarget(host=HERE, port=port, script=script, service=service, tls=tls)
        return await look(target, dialer=dialer, limit=limit)


async def test_a_service_that_says_what_it_should_passes_and_tells_what_it_is() -> None:
    behaviour = replying(b"250-SIZE 9\r\n250 HELP\r\n", greeting=b"220 mx.test ESMTP\r\n")
    outcome = await talk(behaviour, *SMTP, service="smtp")

    assert_passed(outcome)
    assert outcome.evidence == 'speaks smtp; greeting "mx.test ESMTP"'
    assert list(outcome.phases_ms) == ["connect", "first_byte", "transfer", "send"]


async def test_without_a_name_for_it_what_it_said_is_quoted() -> None:
    outcome = await talk(replying(b"+PONG\r\n"), *PING, service="redis")

    assert outcome.evidence == 'speaks redis; said "+PONG"'


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param(b"15.4", "version 15.4", id="a word"),
        pytest.param(
            b"15; certificate valid", 'version "15; certificate valid"', id="forged words"
        ),
        pytest.param(b"\x1b[2J\xff", r'version "\x1b[2J\xff"', id="escapes"),
        pytest.param(b"9" * 99, f'version "{"9" * 60}…"', id="too long"),
    ],
)
async def test_what_a_group_matched_is_printable_bounded_and_set_apart(
    said: bytes, shown: str
) -> None:
    outcome = await talk(saying(said + b"\n"), Expect(pattern=r"(?s)^(?P<version>.+)\n"))

    assert_passed(outcome)
    assert outcome.evidence == shown


async def test_only_what_is_written_is_sent_byte_by_byte() -> None:
    heard: list[bytes] = []
    outcome = await talk(
        replying(b"N", heard=heard), SSL_REQUEST, Expect(pattern="^[SN]"), limit=SHORT
    )

    assert_passed(outcome, 'said "N"')
    assert heard == [b"\x00\x00\x00\x08\x04\xd2\x16\x2f"]


async def test_a_reply_of_bytes_is_shown_in_hexadecimal() -> None:
    matched = await talk(saying(b"\x00\x0e\x40\xff"), Expect(pattern=r"^\x00\x0e"))
    wrong = await talk(saying(b"\x00\x0e\x40\xff", closing), Expect(pattern="^S", shown="53"))

    assert_passed(matched, "said the bytes 00 0e 40 ff")
    assert_failed(
        wrong,
        Layer.PROTOCOL,
        Reason.UNEXPECTED_REPLY,
        'said the bytes 00 0e 40 ff, which does not match "53"',
    )


async def test_each_expectation_begins_where_the_one_before_ended() -> None:
    first, second = Expect(pattern="^one\n"), Expect(pattern="^two(?P<end>!)")

    assert_passed(await talk(saying(b"one\ntwo!"), first, second), 'end "!"')
    assert_failed(
        await talk(saying(b"one\none\n", closing), first, first, second),
        Layer.PROTOCOL,
        Reason.CLOSED,
    )


async def test_the_end_of_a_matched_line_is_no_beginning_of_the_next_reply() -> None:
    behaviour = replying(b"502 not here\r\n", greeting=b"220 mx.test\r\n")
    outcome = await talk(behaviour, *SMTP)

    assert_failed(outcome, Layer.PROTOCOL, Reason.DECLINED, 'declines to serve: "502 not here"')


async def test_a_reply_that_came_before_its_request_counts() -> None:
    assert_passed(await talk(saying(b"+PONG\r\n+PONG\r\n"), *PING, *PING))


async def test_a_service_that_declines_is_told_in_its_own_words() -> None:
    outcome = await talk(saying(b"421 4.3.2 too busy\r\n"), *SMTP)

    assert_failed(
        outcome, Layer.PROTOCOL, Reason.DECLINED, 'declines to serve: "421 4.3.2 too busy"'
    )


async def test_what_only_something_else_says_ends_the_wait_at_once() -> None:
    outcome = await talk(saying(b"SSH-2.0-x\r\n"), *SMTP)

    assert_failed(
        outcome, Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, 'said "SSH-2.0-x", which does not match "'
    )
    assert outcome.total_ms < 1000


NOT_A_WORD = "accepted the connection, then said nothing"


@pytest.mark.parametrize(
    ("behaviour", "script", "reason", "phrase"),
    [
        pytest.param(silent, SMTP, Reason.SILENT, f"{NOT_A_WORD} within 0.5 s", id="no greeting"),
        pytest.param(
            silent, PING, Reason.SILENT, f'{NOT_A_WORD} to "PING" within 0.5 s', id="no reply"
        ),
        pytest.param(
            replying(greeting=b"220 mx\r\n"), SMTP, Reason.TIMEOUT,
            'said nothing to "EHLO tocsin.invalid" within 0.5 s; before, it had said "220 mx"',
            id="a greeting, then no reply",
        ),
        pytest.param(
            saying(b"+PO"), PING, Reason.UNEXPECTED_REPLY,
            r'said "+PO", which does not match "^\+PONG"', id="a part, then nothing",
        ),
        pytest.param(
            dripping(b"+" * 99, every=0.02), PING, Reason.TIMEOUT,
            'did not finish within 0.5 s; it said "++', id="drops of it",
        ),
        pytest.param(
            dripping(b"a\n" * 99, every=0.02), PING, Reason.UNEXPECTED_REPLY,
            r'said "a\na', id="wrong line after wrong line",
        ),
        pytest.param(
            half_closing, PING, Reason.CLOSED, "then closed it without a word", id="half an end"
        ),
        pytest.param(
            hearing(closing), PING, Reason.CLOSED, "then closed it without a word",
            id="an end after the request",
        ),
        pytest.param(
            hearing(resetting), PING, Reason.RESET, "then reset it without a word",
            id="a reset after the request",
        ),
        pytest.param(
            replying(greeting=b"220 mx\r\n", then=hearing(closing)), SMTP, Reason.CLOSED,
            'closed the connection after it had said "220 mx"', id="an end in the middle",
        ),
        pytest.param(
            replying(greeting=b"220 mx\r\n", then=hearing(resetting)), SMTP, Reason.RESET,
            'reset the connection after it had said "220 mx"', id="a reset in the middle",
        ),
    ],
)  # fmt: skip
async def test_each_way_to_fail_is_told_apart(
    behaviour: Behaviour, script: tuple[Step, ...], reason: Reason, phrase: str
) -> None:
    assert_failed(await talk(behaviour, *script, limit=SHORT), Layer.PROTOCOL, reason, phrase)


async def test_a_peer_that_never_reads_does_not_take_what_is_sent() -> None:
    outcome = await talk(silent, Send(data="x" * MUCH), *PING, limit=SHORT)

    phrase = "did not take what was sent within 0.5 s"
    assert_failed(outcome, Layer.PROTOCOL, Reason.TIMEOUT, phrase)


async def test_silence_after_an_answer_is_not_told_as_silence_to_the_request() -> None:
    outcome = await talk(replying(b"+PONG\r\n"), *PING, Expect(pattern="^more"), limit=SHORT)

    phrase = 'did not finish within 0.5 s; it said "+PONG"'
    assert_failed(outcome, Layer.PROTOCOL, Reason.TIMEOUT, phrase)


@pytest.mark.parametrize(
    "behaviour", [hearing(closing), hearing(resetting)], ids=["close", "reset"]
)
async def test_a_peer_that_said_not_a_byte_transferred_nothing(behaviour: Behaviour) -> None:
    assert list((await talk(behaviour, *PING)).phases_ms) == ["connect", "send", "first_byte"]


async def test_a_step_may_have_less_time_than_the_attempt() -> None:
    step = Expect(pattern="x", timeout=timedelta(seconds=0.3))
    outcome = await talk(silent, step)

    assert_failed(outcome, Layer.PROTOCOL, Reason.SILENT, f"{NOT_A_WORD} within 0.3 s")
    assert outcome.total_ms < 2000


async def test_a_step_has_no_more_time_than_the_attempt() -> None:
    outcome = await talk(silent, Expect(pattern="x", timeout=timedelta(seconds=9)), limit=SHORT)

    assert_failed(outcome, Layer.PROTOCOL, Reason.SILENT, f"{NOT_A_WORD} within 0.5 s")


async def test_a_step_in_time_leaves_the_next_one_its_own() -> None:
    hurried = Expect(pattern="^a", timeout=timedelta(seconds=0.2))
    script = (hurried, Expect(pattern="^b", timeout=timedelta(seconds=4)))

    assert_passed(await talk(dripping(b"ab", every=0.3), *script))


async def test_a_dialogue_ends_at_its_limit_of_bytes() -> None:
    first, never = Expect(pattern="^x"), Expect(pattern="^y")
    outcome = await talk(endless(b"x" * 1000), first, never)

    phrases = ("said 64 KiB without a match of", '"^y"; it began with "xxx')
    assert_failed(outcome, Layer.PROTOCOL, Reason.TOO_MUCH_DATA, *phrases)


async def test_a_match_at_the_very_limit_counts() -> None:
    size = dialogue.LIMIT
    assert_passed(await talk(saying(b"x" * (size - 1) + b"!"), Expect(pattern="x!")))


async def test_bytes_one_by_one_are_not_all_searched_again_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searched: list[int] = []
    search = Pattern.search

    def counted(self: Pattern, text: str) -> re.Match[str] | None:
        searched.append(len(text))
        return search(self, text)

    async def one_by_one(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(4000):
            writer.write(b"x")
            await asyncio.sleep(0)
        writer.write(b"!")
        await asyncio.sleep(30)

    monkeypatch.setattr(Pattern, "search", counted)
    outcome = await talk(one_by_one, Expect(pattern="!"))

    assert_passed(outcome)
    assert 100 < len(searched) < 1000  # at once for as long as that is cheap
    assert sum(searched) < 4000 * 4000 / 2 / 8  # an eighth of what each anew would have been


async def test_what_ends_a_flood_is_found_though_nothing_comes_after_it() -> None:
    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for size in (40_000, 15_000, 1):
            writer.write(b"x" * size)
            await asyncio.sleep(0.05)
        writer.write(b"!")
        writer.close()

    assert_passed(await talk(flood, Expect(pattern="!")))


async def test_a_farewell_is_sent_and_nobody_waits_for_its_answer() -> None:
    heard: list[bytes] = []
    gone = asyncio.Event()

    async def until_gone(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        gone.set()

    async with serving(saying(b"220 mx\r\n", until_gone)) as port:
        script = (GREETS, Send(data="QUIT\r\n"), Send(data="really\r\n"))
        outcome = await look(TcpTarget(host=HERE, port=port, script=script))
        await asyncio.wait_for(gone.wait(), 2)

    assert_passed(outcome, "greeting mx")
    assert heard == [b"QUIT\r\nreally\r\n"]
    assert "send" not in outcome.phases_ms


@pytest.mark.parametrize("times", [1, MUCH // 4], ids=["once", "far too often"])
@pytest.mark.parametrize("then", [silent, resetting, closing])
async def test_a_farewell_that_fails_is_no_failure(then: Behaviour, times: int) -> None:
    farewell = Send(data="QUIT" * times)

    assert_passed(await talk(saying(b"220 mx\r\n", then), GREETS, farewell, limit=SHORT))


async def test_what_is_only_sent_proves_no_more_than_that_the_port_is_open() -> None:
    farewell = Send(data="hello\r\n")

    assert_passed(await talk(silent, farewell), "accepts connections")
    assert_failed(await talk(closing, farewell), Layer.PROTOCOL, Reason.CLOSED)


@pytest.mark.parametrize(
    ("said", "phrase"),
    [
        pytest.param(
            b"\x15\x03\x03\x00\x02\x02\x16", "speaks TLS: it said the bytes 15 03", id="tls"
        ),
        pytest.param(b"HTTP/1.1 400 Bad\r\n\r\n", 'answers HTTP: it said "HTTP/1.1 400', id="http"),
    ],
)
async def test_another_protocol_is_recognised(said: bytes, phrase: str) -> None:
    starttls = (SSL_REQUEST, Expect(pattern="^S"), StartTls())
    for script in (PING, starttls):
        outcome = await talk(replying(said, then=closing), *script)
        assert_failed(outcome, Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, phrase)


async def test_tls_to_a_plain_port_is_recognised(trusting: Dialer) -> None:
    outcome = await talk(saying(b"220 mx\r\n"), *SMTP, tls=Tls(), dialer=trusting)

    assert_failed(outcome, Layer.TLS, Reason.TLS_HANDSHAKE, "does not speak TLS")


async def test_a_script_may_be_held_under_tls_from_the_first_byte(
    issue: Issue, trusting: Dialer
) -> None:
    async with serving(replying(b"+PONG\r\n"), tls=issue()) as port:
        target = TcpTarget(host=HERE, port=port, script=PING, tls=Tls(), service="redis")
        outcome = await look(target, dialer=trusting)

    assert_passed(outcome, 'speaks redis; said "+PONG"; TLS 1.3, certificate valid for')
    assert list(outcome.phases_ms) == ["connect", "tls", "send", "first_byte", "transfer"]


async def test_tls_alone_is_a_check(issue: Issue, trusting: Dialer) -> None:
    async with serving(silent, tls=issue()) as port:
        outcome = await look(TcpTarget(host=HERE, port=port, tls=Tls()), dialer=trusting)

    assert_passed(outcome, "accepts connections; TLS 1.3, certificate valid for")


async def test_tls_starts_where_the_script_says(issue: Issue, trusting: Dialer) -> None:
    heard: list[bytes] = []
    behaviour = replying(
        b"250 STARTTLS\r\n",
        b"220 2.0.0 go ahead\r\n",
        greeting=b"220 mx.test\r\n",
        then=turning_to_tls(issue(), replying(b"250 AUTH\r\n", heard=heard)),
    )
    outcome = await talk(behaviour, *SMTP_TLS, EHLO, LISTS, dialer=trusting)

    assert_passed(outcome, "greeting mx.test; TLS 1.3, certificate valid for")
    assert heard == [b"EHLO tocsin.invalid\r\n"]


@pytest.mark.parametrize(
    ("reply", "agrees", "phrase"),
    [
        pytest.param(b"502 what?\r\n", AGREES, 'it said "502 what?"', id="declined"),
        pytest.param(b"N", Expect(pattern="^S", wrong="^N"), 'it said "N", which', id="wrong"),
        pytest.param(b"N", Expect(pattern="^S"), 'it said "N", which', id="something else"),
    ],
)
async def test_a_service_that_does_not_turn_to_tls(
    reply: bytes, agrees: Expect, phrase: str
) -> None:
    outcome = await talk(replying(reply), STARTTLS, agrees, StartTls(), limit=SHORT)

    assert_failed(outcome, Layer.TLS, Reason.NO_STARTTLS, "does not turn to TLS", phrase)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (silent, Reason.SILENT),
        (hearing(closing), Reason.CLOSED),
        (hearing(resetting), Reason.RESET),
    ],
    ids=["silent", "closing", "resetting"],
)
async def test_no_answer_is_no_refusal_of_tls(behaviour: Behaviour, reason: Reason) -> None:
    outcome = await talk(behaviour, SSL_REQUEST, Expect(pattern="^S"), StartTls(), limit=SHORT)

    assert_failed(outcome, Layer.PROTOCOL, reason)


@pytest.mark.parametrize(
    ("reply", "agrees"),
    [
        pytest.param(b"220 go\r\n250 evil\r\n", AGREES, id="a line more, the match in the middle"),
        pytest.param(b"220 go\r\nevil", Expect(pattern="^220 .*\n"), id="after a whole line"),
        pytest.param(b"Sevil", Expect(pattern="^S"), id="after a byte"),
    ],
)
async def test_what_is_put_in_before_tls_is_refused(reply: bytes, agrees: Expect) -> None:
    outcome = await talk(replying(reply), STARTTLS, agrees, StartTls())

    phrases = ("sent more in clear after it had agreed to TLS", 'evil"')
    assert_failed(outcome, Layer.TLS, Reason.UNEXPECTED_REPLY, *phrases)


async def test_a_pattern_that_is_too_slow_is_blamed_itself() -> None:
    for steps in ((), (StartTls(),)):
        outcome = await talk(saying(b"a" * 60 + b"!\n"), Expect(pattern="(a+)+$"), *steps)
        phrase = 'the pattern "(a+)+$" takes too long on "aaa'
        assert_failed(outcome, Layer.PROTOCOL, Reason.UNEXPECTED_REPLY, phrase)
