"""Web servers that lie, stall or flood: each ends in time and in little memory, with its reason."""

import asyncio
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.conftest import Issue
from tests.integration.checks.servers import (
    HERE,
    SHORT,
    Behaviour,
    answering,
    assert_failed,
    assert_passed,
    closing,
    dripping,
    endless,
    hearing,
    look,
    page,
    resetting,
    response,
    saying,
    serving,
    silent,
)
from tocsin.checks.dial import Dialer
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.target import HttpTarget

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
NGINX = (
    b"<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n"
)
APACHE = b"Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"
GO = b"Client sent an HTTP request to an HTTPS server.\n"
TOMCAT = b"Bad Request\r\nThis combination of host and port requires TLS.\r\n"
ALERT = bytes.fromhex("15 0301 0002 02 46")
HOSTILE = {"text": "well", "pattern": "well", "json": (("$.a", "well"),), "redirects": 2}


async def visit(behaviour: Behaviour, **said: object) -> Outcome:
    async with serving(behaviour) as port:
        target = HttpTarget(url=f"http://{HERE}:{port}/", **said)  # type: ignore[arg-type]
        return await look(target, limit=SHORT)


@pytest.mark.parametrize(
    ("head", "phrase"),
    [
        pytest.param(b"HTTP/1.1 abc OK\r\n\r\n", "Invalid status code", id="no status"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", "Invalid status code", id="a short status"),
        pytest.param(b"HTTP/1.1 2000 OK\r\n\r\n", "Invalid response status", id="a long status"),
        pytest.param(b"HTTP/2 200\r\n\r\n", "Expected dot", id="another version"),
        pytest.param(OK + b"X-Foo bar\r\n\r\n", "Invalid header token", id="no colon"),
        pytest.param(OK + b"X-Foo : bar\r\n\r\n", "Invalid header token", id="a space and a colon"),
        pytest.param(OK + b": bar\r\n\r\n", "Invalid header token", id="no name"),
        pytest.param(OK + b"X: a\x00b\r\n\r\n", "NUL in a header", id="NUL"),
        pytest.param(OK + b"X: a\rb\r\n\r\n", "Missing expected LF", id="a bare CR"),
        pytest.param(OK + b"Content-Length: -1\r\n\r\n", "in Content-Length", id="-1"),
        pytest.param(OK + b"Content-Length: 0x9\r\n\r\n", "in Content-Length", id="hexadecimal"),
        pytest.param(
            OK + b"Content-Length: " + b"9" * 9999 + b"\r\n\r\n", "Content-Length overflow",
            id="a length of 9,999 digits",
        ),
        pytest.param(
            OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "Duplicate Content-Length",
            id="two lengths",
        ),
        pytest.param(
            OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 'transfer coding "gzip, chunked"',
            id="another transfer coding",
        ),
        pytest.param(
            b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "switches to another protocol",
            id="another protocol",
        ),
    ],
)  # fmt: skip
async def test_a_head_that_makes_no_sense(head: bytes, phrase: str) -> None:
    outcome = await visit(answering(saying(head, silent)))

    assert_failed(outcome, Layer.HTTP, Reason.MALFORMED_REPLY, "speaks broken HTTP (", phrase)
    assert 'it said "HTTP/' in outcome.evidence


@pytest.mark.parametrize(
    ("body", "reason", "phrase"),
    [
        pytest.param(b"zz\r\n", Reason.MALFORMED_REPLY, "in chunk size", id="no number"),
        pytest.param(b"-1\r\n", Reason.MALFORMED_REPLY, "in chunk size", id="negative"),
        pytest.param(b"f" * 99 + b"\r\n", Reason.MALFORMED_REPLY, "size overflow", id="99 digits"),
        pytest.param(b"1\r\nxyz\r\n", Reason.MALFORMED_REPLY, "after chunk data", id="too long"),
        pytest.param(
            b"1;" + b"x" * 20_000, Reason.TOO_MUCH_DATA, "more than 16 KiB around a chunk",
            id="an extension of 20 KB",
        ),
        pytest.param(
            b"0\r\n" + b"X: y\r\n" * 4000, Reason.TOO_MUCH_DATA, "more than 16 KiB around a chunk",
            id="thousands of trailers",
        ),
        pytest.param(
            b"ffffffffffffffff\r\nwell", Reason.TIMEOUT, "did not finish within 0.5 s",
            id="a chunk of 16 EiB",
        ),
    ],
)  # fmt: skip
async def test_chunks_that_make_no_sense(body: bytes, reason: Reason, phrase: str) -> None:
    outcome = await visit(answering(saying(CHUNKED + body, silent)), text="all is well")

    assert_failed(outcome, Layer.HTTP, reason, phrase)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(OK + b"a:\r\n" * 4000 + b"Content-Length: 4\r\n\r\nwell", id="4,000 headers"),
        pytest.param(b"HTTP/1.1 200\r\n\r\nwell", id="no reason"),
        pytest.param(b"HTTP/1.1 200 \xff\x1b[2J\r\n\r\nwell", id="a strange reason"),
        pytest.param(OK + b"X: y\r\n z\r\n\r\nwell", id="a folded header"),
        pytest.param(OK.replace(b"\r", b"") + b"X: y\n\nwell", id="bare LF"),
        pytest.param(
            b"HTTP/1.1 102 Processing\r\n\r\n" * 32 + OK + b"\r\nwell", id="32 interim responses"
        ),
    ],
)
async def test_a_head_that_is_odd_but_clear(head: bytes) -> None:
    assert_passed(await visit(answering(saying(head, closing)), text="well"), "status 200")


@pytest.mark.parametrize("said", [NGINX, APACHE, GO, TOMCAT], ids=["nginx", "apache", "go", "java"])
async def test_plain_http_at_a_port_of_https(said: bytes) -> None:
    outcome = await visit(page("400 Bad Request", said))

    phrase = "status 400, expected 200-299: this port speaks TLS, and the URL should begin with"
    assert_failed(outcome, Layer.HTTP, Reason.STATUS_NOT_EXPECTED, phrase)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(page("400 Bad Request", b"no such tenant"), id="another reason"),
        pytest.param(
            answering(saying(b"HTTP/1.1 400 B\r\nContent-Length: 99\r\n\r\n", silent)),
            id="a reason that never comes",
        ),
        pytest.param(
            answering(
                saying(
                    b"HTTP/1.1 400 B\r\nTransfer-Encoding: chunked\r\n\r\nto https port\r\n",
                    closing,
                )
            ),
            id="a broken body",
        ),
    ],
)
async def test_a_bad_request_is_not_always_about_tls(behaviour: Behaviour) -> None:
    outcome = await visit(behaviour)

    assert_failed(outcome, Layer.HTTP, Reason.STATUS_NOT_EXPECTED)
    assert outcome.evidence == "status 400, expected 200-299"


async def test_what_the_body_of_another_status_says_of_tls_is_no_reason() -> None:
    outcome = await visit(page("403 Forbidden", NGINX))

    assert outcome.evidence == "status 403, expected 200-299"


async def test_a_tls_alert_in_answer_to_plain_http() -> None:
    outcome = await visit(answering(saying(ALERT, closing)))

    phrase = "speaks TLS, not plain HTTP: the URL should begin with https"
    assert_failed(outcome, Layer.HTTP, Reason.MALFORMED_REPLY, phrase)


async def test_https_at_a_port_of_plain_http(trusting: Dialer) -> None:
    plain = hearing(saying(b"HTTP/1.0 400 Bad request\r\n\r\n", closing))
    async with serving(plain) as port:
        outcome = await look(HttpTarget(url=f"https://{HERE}:{port}/"), dialer=trusting)

    phrases = "does not speak TLS", 'it said "HTTP/1.0 400 Bad request'
    assert_failed(outcome, Layer.TLS, Reason.TLS_HANDSHAKE, *phrases)


async def test_a_body_under_tls_in_a_thousand_records(issue: Issue, trusting: Dialer) -> None:
    async def piecemeal(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 4000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"well")
        await writer.drain()
        await closing(_reader, writer)

    async with serving(answering(piecemeal), tls=issue()) as port:
        target = HttpTarget(url=f"https://{HERE}:{port}/", text="well" * 1000)
        outcome = await look(target, dialer=trusting)

    assert_passed(outcome, "status 200, TLS 1.3, certificate valid for")


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(answering(endless(b"x" * 9999, OK + b"\r\n")), id="an endless body"),
        pytest.param(answering(endless(b"HTTP/1.1 100 C\r\nX: y\r\n\r\n")), id="endless hints"),
        pytest.param(answering(endless(b"X: y\r\n", OK)), id="endless headers"),
        pytest.param(answering(endless(b"y" * 9999, OK + b"X: ")), id="an endless header"),
        pytest.param(
            answering(endless((b"64\r\n" + b"x" * 100 + b"\r\n") * 99, CHUNKED)),
            id="endless chunks",
        ),
        pytest.param(answering(endless(b"y" * 9999, CHUNKED + b"1;")), id="an endless extension"),
        pytest.param(answering(endless(b"X: y\r\n", CHUNKED + b"0\r\n")), id="endless trailers"),
        pytest.param(
            page(body=gzip.compress(bytes(30_000_000)), headers=("Content-Encoding: gzip",)),
            id="a bomb of gzip",
        ),
        pytest.param(
            page(body=zlib.compress(bytes(30_000_000)), headers=("Content-Encoding: deflate",)),
            id="a bomb of deflate",
        ),
        pytest.param(
            page(body=gzip.compress(bytes(99_999)) * 999, headers=("Content-Encoding: gzip",)),
            id="a chain of bombs",
        ),
        pytest.param(page(body=b"[" * 60_000), id="brackets"),
        pytest.param(
            page("302 Found", headers=(f"Location: /{'a' * 15_000}",)), id="a long redirect"
        ),
        pytest.param(answering(dripping(response(body=b"well"), 0.02)), id="a trickle"),
    ],
)
async def test_memory_stays_small_whatever_comes(behaviour: Behaviour) -> None:
    async with serving(behaviour) as port:
        target = HttpTarget(url=f"http://{HERE}:{port}/", **HOSTILE)  # type: ignore[arg-type]
        tracemalloc.start()
        try:
            outcome = await look(target, limit=SHORT)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert outcome.vote is Vote.FAIL
    assert peak < 3_000_000


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from(
            [
                OK, CHUNKED, b"HTTP/1.1 ", b"HTTP/1.1 302 Found\r\n", b"HTTP/1.1 100 C\r\n\r\n",
                b"Location: ", b"http://[::1", b"//", b"\\", b"Content-Length: 9\r\n",
                b"Content-Encoding: gzip\r\n", b"Content-Encoding: deflate\r\n", b"\r\n\r\n",
                gzip.compress(b'{"a": 1}'), b"5\r\n", b"0\r\n", b'{"a": ', b'"\\ud800"', b"}",
                ALERT,
            ]
        )
        | st.binary(max_size=9),
        max_size=12,
    ),
    end=st.sampled_from([closing, resetting]),
)  # fmt: skip
async def test_no_pieces_of_http_break_the_check(pieces: list[bytes], end: Behaviour) -> None:
    async with serving(answering(saying(b"".join(pieces), end))) as port:
        target = HttpTarget(
            url=f"http://{HERE}:{port}/",
            status=((100, 999),),
            header_rules=(("Location", None),),
            without="never",
            **HOSTILE,  # type: ignore[arg-type]
        )
        outcome = await look(target)

    assert outcome.vote is Vote.FAIL
