"""What an HTTP check says of answers that are good, wrong, huge, hostile or none at all."""

import asyncio
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.checks.servers import (
    HERE,
    SHORT,
    Behaviour,
    answering,
    assert_failed,
    assert_passed,
    closed_port,
    closing,
    dripping,
    endless,
    look,
    page,
    resetting,
    response,
    saying,
    serving,
    silent,
)
from tocsin import __version__
from tocsin.domain.outcome import Layer, Outcome, Reason, Vote
from tocsin.domain.target import HttpTarget
from tocsin.usecases.unseal import refused

BOMB = gzip.compress(bytes(50_000_000))
JSON = b'{"db": "ok", "up": true, "n": 3, "nodes": [{"id": "a"}, {"id": null}]}'
LATIN = ("Content-Type: text/plain; charset=ISO-8859-1",)
GZIP, DEFLATE = ("Content-Encoding: gzip",), ("Content-Encoding: deflate",)


def to(port: int, **expected: object) -> HttpTarget:
    return HttpTarget(url=f"http://{HERE}:{port}/health", **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "refused_us"),
    [
        ("401 Unauthorized", True),
        ("403 Forbidden", True),
        ("404 Not Found", False),
        ("503 Busy", False),
        ("200 OK", False),
    ],
)
async def test_a_target_that_refuses_whoever_asks_is_known_by_what_is_said_of_it(
    status: str,
    refused_us: bool,  # noqa: FBT001 - a case
) -> None:
    outcome = await visit(page(status, body=b"status 401"))

    assert refused(outcome) is refused_us


async def visit(behaviour: Behaviour, **expected: object) -> Outcome:
    async with serving(behaviour) as port:
        return await look(to(port, **expected), limit=SHORT)


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        pytest.param(page(), {}, id="an empty answer"),
        pytest.param(page("204 No Content", length=False), {}, id="no content"),
        pytest.param(page("503 Busy"), {"status": ((200, 200), (503, 503))}, id="a status wanted"),
        pytest.param(page("302 Found", headers=("Location: /x",)), {"status": ((302, 302),)},
                     id="a redirect is a status where none are followed"),
        pytest.param(page(body=b"all is well"), {"text": "is well"}, id="text"),
        pytest.param(page(body="größe".encode()), {"text": "größe"}, id="text in UTF-8"),
        pytest.param(
            page(body="größe".encode("latin-1"), headers=LATIN),
            {"text": "größe"}, id="text in Latin-1",
        ),
        pytest.param(page(body=b"\xff\x00\x9f well"), {"text": "well"}, id="text among bytes"),
        pytest.param(page(body=b"id=42;"), {"pattern": r"id=\d+"}, id="a pattern"),
        pytest.param(page(body=JSON), {"json": (
            ("$.db", "ok"), ("$.up", "true"), ("$.n", "3"), ("$.nodes[1].id", "null"),
            ("$.nodes[0]", '{"id": "a"}'),
        )}, id="json"),
        pytest.param(page(body=b'"ok"'), {"json": (("$", "ok"),)}, id="json that is only a value"),
        pytest.param(page(body=b"well", length=False), {"text": "well"}, id="until the end"),
        pytest.param(
            page(body=b"3\r\nwel\r\n1\r\nl\r\n0\r\n\r\n", headers=("Transfer-Encoding: chunked",),
                 length=False),
            {"text": "well"}, id="chunks",
        ),
        pytest.param(page(body=gzip.compress(b"well"), headers=GZIP),
                     {"text": "well"}, id="gzip that was not asked for"),
        pytest.param(page(body=zlib.compress(b"well"), headers=DEFLATE),
                     {"text": "well"}, id="deflate"),
        pytest.param(page(body=zlib.compress(b"well")[2:-4], headers=DEFLATE),
                     {"text": "well"}, id="deflate without its header"),
        pytest.param(
            answering(saying(b"HTTP/1.1 103 Early Hints\r\n\r\n" + response(), closing)), {},
            id="early hints",
        ),
        pytest.param(
            answering(saying(b"HTTP/1.0 200 OK\r\n\r\nwell", closing)), {"text": "well"},
            id="HTTP/1.0",
        ),
        pytest.param(
            answering(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwe", silent)), {},
            id="a body that nobody waits for",
        ),
        pytest.param(
            answering(endless(b"x" * 999, b"HTTP/1.1 200 OK\r\n\r\n well")), {"text": "well"},
            id="an endless body with the text at its beginning",
        ),
    ],
)  # fmt: skip
async def test_answers_that_pass(behaviour: Behaviour, expected: dict[str, object]) -> None:
    outcome = await visit(behaviour, **expected)

    assert_passed(outcome, "status ")
    assert outcome.address == HERE
    assert list(outcome.phases_ms) == ["connect", "send", "first_byte", "transfer"]


@pytest.mark.parametrize(
    ("behaviour", "expected", "layer", "reason", "phrase"),
    [
        pytest.param(
            page("503 Busy"), {}, Layer.HTTP, Reason.STATUS_NOT_EXPECTED,
            "status 503, expected 200-299", id="status",
        ),
        pytest.param(
            page(), {"status": ((201, 201), (300, 399))}, Layer.HTTP, Reason.STATUS_NOT_EXPECTED,
            "status 200, expected 201, 300-399", id="status of several",
        ),
        pytest.param(
            page(body=b"under construction\x1b[2J"), {"text": "well"}, Layer.CONTENT,
            Reason.CONTENT_NOT_EXPECTED,
            r'"well" is not in the body; it begins "under construction\x1b[2J"', id="text",
        ),
        pytest.param(
            page(), {"text": "well"}, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, "it is empty",
            id="text in nothing",
        ),
        pytest.param(
            page(body=b"id=x"), {"pattern": r"id=\d+"}, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED,
            r"nothing in the body matches id=\d+", id="pattern",
        ),
        pytest.param(
            page(body=b"a" * 60 + b"!"), {"pattern": "(a+)+$"}, Layer.CONTENT,
            Reason.CONTENT_NOT_EXPECTED, "takes too long", id="a pattern that backtracks for ever",
        ),
        pytest.param(
            page(body=JSON), {"json": (("$.db", "ok"), ("$.n", "4"))}, Layer.CONTENT,
            Reason.CONTENT_NOT_EXPECTED, '$.n is "3", expected "4"', id="json",
        ),
        pytest.param(
            page(body=JSON), {"json": (("$.nodes[2].id", "a"),)}, Layer.CONTENT,
            Reason.CONTENT_NOT_EXPECTED, "$.nodes[2].id is not there", id="json without the path",
        ),
        pytest.param(
            page(body=b"<html>"), {"json": (("$.db", "ok"),)}, Layer.CONTENT,
            Reason.CONTENT_NOT_EXPECTED, 'the body is not JSON; it begins "<html>"', id="no json",
        ),
        pytest.param(
            page(body=b"[" * 60_000), {"json": (("$[0]", "ok"),)}, Layer.CONTENT,
            Reason.CONTENT_NOT_EXPECTED, "the body is not JSON", id="json without a bottom",
        ),
        pytest.param(
            page(body=b" " * 70_000 + JSON), {"json": (("$.db", "ok"),)}, Layer.CONTENT,
            Reason.TOO_MUCH_DATA, "longer than 64 KiB", id="json too long to read",
        ),
        pytest.param(
            page(body=BOMB, headers=GZIP), {"text": "well"}, Layer.CONTENT,
            Reason.CONTENT_NOT_EXPECTED, "is not in the body's first 65536 bytes", id="gzip bomb",
        ),
        pytest.param(
            page(body=b"well", headers=GZIP), {"text": "well"},
            Layer.CONTENT, Reason.MALFORMED_REPLY, "the body is not valid gzip", id="no gzip",
        ),
        pytest.param(
            page(body=b"well", headers=("Content-Encoding: br",)), {"text": "well"},
            Layer.CONTENT, Reason.MALFORMED_REPLY, 'is encoded as "br"', id="an unknown coding",
        ),
        pytest.param(
            answering(endless(b"3e8\r\n" + b"x" * 1000 + b"\r\n",
                              b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")),
            {"text": "well"}, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED,
            '"well" is not in the body\'s first 6', id="endless chunks",
        ),
        pytest.param(
            answering(endless(b"1\r\nx\r\n" * 1000,
                              b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")),
            {"text": "well"}, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED,
            "bytes (in 256 KiB of chunks)", id="endless tiny chunks",
        ),
        pytest.param(
            page(headers=("X-Big: " + "x" * 40_000,)), {}, Layer.HTTP, Reason.TOO_MUCH_DATA,
            "more than 16 KiB of headers", id="a huge header",
        ),
        pytest.param(
            answering(endless(b"X-More: x\r\n", b"HTTP/1.1 200 OK\r\n")), {}, Layer.HTTP,
            Reason.TOO_MUCH_DATA, "more than 16 KiB of headers", id="endless headers",
        ),
        pytest.param(
            answering(endless(b"HTTP/1.1 100 Continue\r\n\r\n")), {}, Layer.HTTP,
            Reason.TOO_MUCH_DATA, "more than 32 interim responses", id="endless hints",
        ),
        pytest.param(
            answering(saying(b"SSH-2.0-x\r\n")), {}, Layer.HTTP, Reason.MALFORMED_REPLY,
            "does not speak HTTP", id="another protocol",
        ),
        pytest.param(
            answering(saying(b"<html>\x00\xff\x1b[31m</html>\r\n\r\n")), {}, Layer.HTTP,
            Reason.MALFORMED_REPLY, r"it said \"<html>\x00\xff\x1b[31m".replace('\\"', '"'),
            id="HTTP/0.9",
        ),
        pytest.param(
            page(body=b"wells", headers=("Content-Length: 9",)), {}, Layer.HTTP,
            Reason.MALFORMED_REPLY, "Content-Length", id="two lengths",
        ),
        pytest.param(
            answering(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwell", closing)),
            {"text": "well"}, Layer.HTTP, Reason.CLOSED, "closed the connection after it had said",
            id="an end in the middle",
        ),
        pytest.param(
            answering(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwell", resetting)),
            {"text": "well"}, Layer.HTTP, Reason.RESET, "reset the connection",
            id="a reset in the middle",
        ),
        pytest.param(answering(closing), {}, Layer.HTTP, Reason.CLOSED, "without a word", id="end"),
        pytest.param(resetting, {}, Layer.HTTP, Reason.RESET, "reset", id="reset"),
        pytest.param(
            silent, {}, Layer.HTTP, Reason.SILENT, "said nothing within 0.5 s", id="silence",
        ),
        pytest.param(
            answering(dripping(response())), {}, Layer.HTTP, Reason.TIMEOUT,
            'did not finish within 0.5 s; it said "HT', id="headers one byte at a time",
        ),
        pytest.param(
            answering(saying(response()[:-2] + b"Content-Length: 99\r\n\r\n", dripping(b"x" * 99))),
            {"text": "well"}, Layer.HTTP, Reason.MALFORMED_REPLY, "", id="lengths that differ",
        ),
        pytest.param(
            answering(saying(b"HTTP/1.1 200 OK\r\n\r\n", dripping(b"x" * 99))),
            {"text": "well"}, Layer.HTTP, Reason.TIMEOUT, "did not finish within 0.5 s",
            id="a body one byte at a time",
        ),
    ],
)  # fmt: skip
async def test_answers_that_fail(
    behaviour: Behaviour, expected: dict[str, object], layer: Layer, reason: Reason, phrase: str
) -> None:
    assert_failed(await visit(behaviour, **expected), layer, reason, phrase)


async def test_a_server_that_does_not_take_what_is_sent() -> None:
    outcome = await visit(silent, method="POST", body="x" * 20_000_000)

    assert_failed(outcome, Layer.HTTP, Reason.TIMEOUT, "did not take what was sent within 0.5 s")


async def test_a_closed_port_refuses() -> None:
    outcome = await look(to(closed_port()))

    assert_failed(outcome, Layer.CONNECT, Reason.REFUSED, "refused the connection")


async def test_the_request_is_what_the_monitor_says() -> None:
    asked: list[bytes] = []
    async with serving(answering(saying(response(), closing), asked)) as port:
        target = HttpTarget(
            url=f"http://{HERE}:{port}/a%20b/ü?q=1#part",
            method="POST",
            headers=(("X-Key", "k"), ("User-Agent", "mine")),
            body="grüße",
        )
        assert_passed(await look(target))
        assert_passed(await look(HttpTarget(url=f"http://{HERE}:{port}")))

    lines = asked[0].decode().split("\r\n")
    assert lines[0] == "POST /a%20b/%C3%BC?q=1 HTTP/1.1"
    assert {f"Host: {HERE}:{port}", "Accept-Encoding: identity", "Connection: close"} <= {
        line.title() if line.startswith("host") else line for line in lines
    } | {line.split(": ")[0].title() + ": " + line.split(": ")[-1] for line in lines}
    assert "x-key: k" in lines
    assert "user-agent: mine" in lines
    assert lines[-1] == "grüße"
    assert asked[1].startswith(b"GET / HTTP/1.1\r\n")
    assert f"user-agent: tocsin/{__version__}\r\n".encode() in asked[1]


async def test_redirects_are_followed_as_far_as_allowed() -> None:
    async with (
        serving(page(body=b"well")) as last,
        serving(page("307 T", headers=(f"Location: http://{HERE}:{last}/",))) as middle,
        serving(page("301 M", headers=(f"Location: //{HERE}:{middle}/x",), body=BOMB)) as first,
    ):
        followed = await look(to(first, redirects=2, text="well"))
        too_far = await look(to(first, redirects=1, text="well"))

    assert_passed(followed, "status 200 after 2 redirects")
    assert_failed(
        too_far, Layer.HTTP, Reason.TOO_MANY_REDIRECTS, "more than 1 redirect;", f"{HERE}:{last}"
    )


@pytest.mark.parametrize(
    ("location", "phrase"),
    [
        ("file:///etc/passwd", "neither http nor https"),
        ("gopher://x/", "neither http nor https"),
        ("javascript:alert(1)", "neither http nor https"),
        ("http://user:secret@x/", "a user name or password"),
        ("http://x:99999/", "Port out of range"),
        ("http://x:0/", "its port is 0"),
        ("http://[::/", "Invalid IPv6 URL"),
        ("http://a b/", "a space or control character"),
        ("http://[::1%25lo]/", "its host has a zone or an escape"),
        ("http://a%20b/", "its host has a zone or an escape"),
        ("http://a..test/", "its host is not a valid name"),
        ("https://.localhost/", "its host is not a valid name"),
        (f"https://{'a' * 64}.localhost/", "its host is not a valid name"),
        (f"http://{'a.' * 127}test/", "its host is not a valid name"),
        ("http://⒈.localhost/", "its host is not a valid name"),
    ],
)
async def test_a_redirect_that_leads_nowhere(location: str, phrase: str) -> None:
    outcome = await visit(page("302 Found", headers=(f"Location: {location}",)), redirects=5)

    shown = f'redirects to "{location[:100]}'
    assert_failed(outcome, Layer.HTTP, Reason.BAD_REDIRECT, shown, phrase)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(saying(b"Content-Length: 99\r\n\r\nmoved", silent), id="never complete"),
        pytest.param(
            saying(b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\nmoved", closing),
            id="in an unknown coding",
        ),
    ],
)
async def test_the_body_of_a_redirect_does_not_matter(first: Behaviour) -> None:
    async with serving(page(body=b"well")) as last:
        head = f"HTTP/1.1 302 Found\r\nLocation: http://{HERE}:{last}/\r\n".encode()
        outcome = await visit(answering(saying(head, first)), redirects=1, text="well")

    assert_passed(outcome, "status 200 after 1 redirect")


async def test_a_streamed_body_of_many_small_chunks_is_read_whole() -> None:
    pieces = ['{"db": "ok", "rows": [', *("1, " for _ in range(9000)), "1]}"]
    chunks = "".join(f"{len(piece):x}\r\n{piece}\r\n" for piece in pieces) + "0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(answering(saying(head + chunks.encode(), closing))) as port:
        outcome = await look(to(port, json=(("$.db", "ok"),)))

    assert_passed(outcome)


async def test_json_in_too_many_chunks_is_not_called_too_long() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(answering(endless(b"1\r\n1\r\n" * 1000, head))) as port:
        outcome = await look(to(port, json=(("$.db", "ok"),)))

    phrase = "bytes (in 256 KiB of chunks) are all that is read"
    assert_failed(outcome, Layer.CONTENT, Reason.TOO_MUCH_DATA, phrase)


async def test_another_server_gets_no_credentials() -> None:
    asked: list[bytes] = []
    async with serving(answering(saying(response(), closing), asked)) as other:
        there = page("307 Temporary Redirect", headers=(f"Location: http://{HERE}:{other}/",))
        async with serving(there) as port:
            target = to(
                port,
                method="POST",
                body="token=x",
                headers=(("Authorization", "Bearer x"), ("X-Api-Key", "x")),
                redirects=1,
            )
            assert_passed(await look(target))

    assert asked[0].startswith(b"GET / HTTP/1.1\r\n")
    assert b"authorization" not in asked[0].lower()
    assert b"x-api-key" not in asked[0].lower()
    assert b"token" not in asked[0]


@pytest.mark.parametrize(
    ("status", "again"), [("303 See Other", b"GET"), ("302 Found", b"GET"), ("308 P", b"POST")]
)
async def test_the_same_server_is_asked_again_as_the_status_has_it(
    status: str, again: bytes
) -> None:
    asked: list[bytes] = []

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = not asked
        behaviour = saying(
            response(status, headers=("Location: /b",)) if first else response(), closing
        )
        await answering(behaviour, asked)(reader, writer)

    async with serving(twice) as port:
        target = to(port, method="POST", body="b", headers=(("X-Key", "k"),), redirects=1)
        assert_passed(await look(target), "after 1 redirect")

    assert asked[1].startswith(again + b" /b HTTP/1.1")
    assert (b"\r\n\r\nb" in asked[1]) is (again == b"POST")
    assert b"x-key: k" in asked[1]


async def test_a_bomb_stays_small_in_memory() -> None:
    behaviour = page(body=BOMB, headers=GZIP)
    async with serving(behaviour) as port:
        tracemalloc.start()
        try:
            await look(to(port, text="well"))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 2_000_000


@settings(max_examples=60, deadline=None)
@given(
    head=st.sampled_from(
        [
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08",
            b"HTTP/1.1 302 Found\r\nLocation: ",
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=",
        ]
    ),
    noise=st.binary(max_size=200),
    tail=st.sampled_from([b"", b"\r\n\r\n", b"\r\n\r\n{"]),
    end=st.sampled_from([closing, resetting]),
)
async def test_no_bytes_whatsoever_break_the_check(
    head: bytes, noise: bytes, tail: bytes, end: Behaviour
) -> None:
    async with serving(answering(saying(head + noise + tail, end))) as port:
        target = to(port, redirects=1, text="x", pattern="y", json=(("$.a", "b"),))
        outcome = await look(target, limit=SHORT)

    assert outcome.vote in {Vote.FAIL, Vote.ABSTAIN}
