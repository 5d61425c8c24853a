"""What an HTTP check demands of headers and bodies, and what it says when they are not so."""

import gzip
import json
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.checks.servers import (
    HERE,
    Behaviour,
    answering,
    assert_failed,
    assert_passed,
    closing,
    endless,
    look,
    page,
    response,
    saying,
    serving,
    silent,
)
from tocsin.checks.coding import MEMBERS, decoded
from tocsin.checks.content import judge_body
from tocsin.checks.failure import CheckFailedError
from tocsin.checks.message import Answer, Extent
from tocsin.domain.outcome import Layer, Outcome, Reason
from tocsin.domain.target import READ_LIMIT, HttpTarget

KIB = 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIP = ("Content-Encoding: gzip",)
STRANGE = ("Content-Type: text/html", "Via: 1.1 a", "Via: 1.1 b", "X-Escape: \x1b[2J")
JSON = b'{"db": {"nodes": [{"state": "up"}, {"state": null}]}, "n": 1.5, "ok": true}'
OTHER_JSON = b'{"db": {"nodes": [{"state": "UP"}, {"state": ""}]}, "n": 1.51, "ok": "yes"}'


async def visit(behaviour: Behaviour, **expected: object) -> Outcome:
    async with serving(behaviour) as port:
        target = HttpTarget(url=f"http://{HERE}:{port}/", **expected)  # type: ignore[arg-type]
        return await look(target)


def answer(body: bytes, coding: str = "", extent: Extent = Extent.WHOLE) -> Answer:
    headers = ((b"content-encoding", coding.encode()),) if coding else ()
    return Answer(status=200, headers=headers, body=body, extent=extent)


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param((("Content-Type", "^text/html$"),), id="one that matches"),
        pytest.param((("content-TYPE", "html"),), id="a name in other letters"),
        pytest.param((("Via", "b$"),), id="one value of several"),
        pytest.param((("X-Debug", None),), id="one that must not be there, and is not"),
        pytest.param((("Via", "1.1"), ("X-Escape", r"\x1b"), ("X-Debug", None)), id="several"),
    ],
)
async def test_headers_as_expected(rules: tuple[tuple[str, str | None], ...]) -> None:
    assert_passed(await visit(page(headers=STRANGE), header_rules=rules), "status 200")


@pytest.mark.parametrize(
    ("rule", "phrase"),
    [
        pytest.param(
            ("Content-Type", "^application/json"),
            'the header Content-Type is "text/html", expected to match ^application/json',
            id="another value",
        ),
        pytest.param(
            ("Via", "a.*b"), 'the header Via is "1.1 a" and 1 more, expected to match a.*b',
            id="no pattern reaches from one value into the next",
        ),
        pytest.param(
            ("Server", "."), "there is no header Server, expected one that matches .", id="absent",
        ),
        pytest.param(
            ("X-Escape", None), r'the header X-Escape is there, "\x1b[2J", and must not be',
            id="one that must not be there",
        ),
    ],
)  # fmt: skip
async def test_headers_that_are_not_as_expected(rule: tuple[str, str | None], phrase: str) -> None:
    outcome = await visit(page(headers=STRANGE), header_rules=(rule,))

    assert_failed(outcome, Layer.HTTP, Reason.CONTENT_NOT_EXPECTED, phrase)


async def test_a_pattern_for_a_header_has_a_bound_on_its_time() -> None:
    hostile = page(headers=(f"X-Long: {'a' * 60}!",))

    outcome = await visit(hostile, header_rules=(("X-Long", "(a+)+$"),))

    assert_failed(outcome, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, "takes too long")


async def test_a_header_is_judged_before_the_body_is_waited_for() -> None:
    endless_body = answering(saying(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nwel", silent))

    outcome = await visit(endless_body, header_rules=(("X", "z"),), text="well")

    assert_failed(outcome, Layer.HTTP, Reason.CONTENT_NOT_EXPECTED, 'the header X is "y"')


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(
            answering(saying(b"HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nwe", silent)),
            id="never complete",
        ),
        pytest.param(
            page("503 Busy", b"well", ("Content-Encoding: br",)), id="in an unknown coding"
        ),
    ],
)
async def test_the_body_of_a_wrong_status_does_not_matter(behaviour: Behaviour) -> None:
    outcome = await visit(behaviour, text="well")

    assert_failed(outcome, Layer.HTTP, Reason.STATUS_NOT_EXPECTED, "status 503, expected 200-299")


async def test_a_redirect_that_is_not_followed_is_told_with_its_end() -> None:
    outcome = await visit(page("301 Moved", headers=("Location: https://localhost/\x1b[2J",)))

    phrase = r'status 301, expected 200-299: it redirects to "https://localhost/\x1b[2J", and no'
    assert_failed(outcome, Layer.HTTP, Reason.STATUS_NOT_EXPECTED, phrase)


async def test_a_text_that_must_not_be_there() -> None:
    body = "x" * 200 + "fatal error: no \x07 database" + "y" * 200

    passed = await visit(page(body=b"all is well"), without="error")
    failed = await visit(page(body=body.encode()), text="x", without="error")

    assert passed.evidence == "status 200"
    phrase = r'"error" is in the body: "error: no \x07 database'
    assert_failed(failed, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, phrase)


async def test_a_text_that_may_stand_in_what_was_not_read_is_told_of() -> None:
    outcome = await visit(page(body=b"well" * 300 + b"error"), without="error", limit=KIB)

    assert_passed(outcome, """status 200; "error" is not in the body's first 1024 bytes""")


@pytest.mark.parametrize("limit", [KIB, READ_LIMIT, KIB * KIB])
async def test_a_body_is_read_as_far_as_the_monitor_says(limit: int) -> None:
    at_the_end = page(body=b"x" * (limit - 4) + b"well" + b"x" * 9999)
    just_after = page(body=b"x" * (limit - 3) + b"well")

    seen = await visit(at_the_end, text="well", limit=limit)
    unseen = await visit(just_after, text="well", limit=limit)

    assert_passed(seen)
    phrase = f'"well" is not in the body\'s first {limit} bytes'
    assert_failed(unseen, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, phrase)


async def test_a_body_just_as_long_as_the_limit_is_whole() -> None:
    document = json.dumps({"a": "x" * (KIB - 9)}).encode()
    assert len(document) == KIB

    whole = await visit(page(body=document), json=(("$.a", "x" * (KIB - 9)),), limit=KIB)
    cut = await visit(page(body=document + b" "), json=(("$.a", "x"),), limit=KIB)

    assert_passed(whole)
    phrase = "the body is longer than 1 KiB, so its JSON cannot be read"
    assert_failed(cut, Layer.CONTENT, Reason.TOO_MUCH_DATA, phrase)


async def test_the_framing_of_chunks_is_read_besides_the_limit() -> None:
    limit = KIB * KIB
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    whole = saying(CHUNKED + chunk * 255 + b"4\r\nwell\r\n0\r\n\r\n", closing)
    tiny = endless(b"1\r\nx\r\n" * 2000, CHUNKED)

    assert_passed(await visit(answering(whole), text="well", limit=limit))
    async with serving(answering(tiny)) as port:
        outcome = await look(HttpTarget(url=f"http://{HERE}:{port}/", text="well", limit=9 * KIB))

    assert_failed(outcome, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, "body's first 9216 bytes")


async def test_a_monitors_limit_is_that_of_a_compressed_body_too() -> None:
    packed = page(body=gzip.compress(b"x" * 500_000 + b"well"), headers=GZIP)

    seen = await visit(packed, text="well", limit=KIB * KIB)
    unseen = await visit(packed, text="well", limit=4 * KIB)

    assert_passed(seen)
    phrase = "is not in the body's first 4096 bytes"
    assert_failed(unseen, Layer.CONTENT, Reason.CONTENT_NOT_EXPECTED, phrase)


def test_a_compressed_body_has_the_limit_in_clear() -> None:
    bomb = answer(gzip.compress(bytes(10_000_000)), "gzip")

    for limit in (1, KIB, READ_LIMIT):
        opened = decoded(bomb, limit)
        assert (len(opened.body), opened.extent) == (limit, Extent.BEGINNING)


def test_a_compressed_body_just_as_long_as_the_limit_is_whole() -> None:
    opened = decoded(answer(gzip.compress(b"x" * KIB), "gzip"), KIB)

    assert (len(opened.body), opened.extent) == (KIB, Extent.WHOLE)


@pytest.mark.parametrize(
    ("body", "clear"),
    [
        pytest.param(gzip.compress(b"we") + gzip.compress(b"ll"), b"well", id="in two members"),
        pytest.param(gzip.compress(b"well") + bytes(9), b"well", id="padded"),
        pytest.param(gzip.compress(b"well") + b"<!-- x -->", b"well", id="with something behind"),
    ],
)
def test_gzip_as_servers_send_it(body: bytes, clear: bytes) -> None:
    opened = decoded(answer(body, "gzip"), READ_LIMIT)

    assert (opened.body, opened.extent) == (clear, Extent.WHOLE)


@pytest.mark.parametrize(
    ("body", "coding", "reason", "phrase"),
    [
        pytest.param(
            gzip.compress(b"") * (MEMBERS + 1), "gzip", Reason.TOO_MUCH_DATA,
            "more than 64 pieces", id="in very many members",
        ),
        pytest.param(
            gzip.compress(b"well" * 99)[:-12], "gzip", Reason.MALFORMED_REPLY,
            "not valid gzip: it ends in the middle", id="cut by the server",
        ),
        pytest.param(
            zlib.compress(b"well" * 99)[:-12], "deflate", Reason.MALFORMED_REPLY,
            "not valid deflate", id="deflate cut by the server",
        ),
        pytest.param(
            gzip.compress(b"well") + b"\x1f\x8bx", "gzip", Reason.MALFORMED_REPLY,
            "not valid gzip", id="with a broken second member",
        ),
        pytest.param(
            gzip.compress(gzip.compress(b"well")), "gzip, gzip", Reason.MALFORMED_REPLY,
            'is encoded as "gzip, gzip"; only gzip and deflate are read', id="one in the other",
        ),
    ],
)  # fmt: skip
def test_gzip_that_is_none(body: bytes, coding: str, reason: Reason, phrase: str) -> None:
    with pytest.raises(CheckFailedError, match=phrase) as caught:
        decoded(answer(body, coding), READ_LIMIT)

    assert (caught.value.layer, caught.value.reason) == (Layer.CONTENT, reason)


async def test_codings_in_two_headers_are_one_in_the_other() -> None:
    twice = page(body=gzip.compress(gzip.compress(b"well")), headers=GZIP + GZIP)

    outcome = await visit(twice, text="well")

    assert_failed(outcome, Layer.CONTENT, Reason.MALFORMED_REPLY, 'as "gzip, gzip"')


@given(
    body=st.binary(max_size=300),
    coding=st.sampled_from(["gzip", "deflate", "x-gzip", "br", ""]),
    packed=st.sampled_from([bytes, gzip.compress, zlib.compress]),
    extent=st.sampled_from(Extent),
    limit=st.integers(1, 400),
    cut=st.integers(0, 20),
)
def test_no_coding_gives_more_than_the_limit(
    body: bytes, coding: str, packed: type[bytes], extent: Extent, limit: int, cut: int
) -> None:
    sent = packed(body)
    sent = sent[: max(len(sent) - cut, 0)]
    with suppress(CheckFailedError):
        opened = decoded(answer(sent, coding, extent), limit)
        assert len(opened.body) <= (limit if coding else len(sent))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.db.nodes[0].state", "up"),
        ("$.db.nodes[1].state", "null"),
        ("$.db.nodes[0]", '{"state": "up"}'),
        ("$.n", "1.5"),
        ("$.ok", "true"),
    ],
)
def test_json_is_compared_as_text(path: str, expected: str) -> None:
    target = HttpTarget(url="http://localhost/", json=((path, expected),))

    assert judge_body(target, answer(JSON)) == ""
    assert judge_body(target, answer(b"\xef\xbb\xbf" + JSON)) == "", "after a byte order mark"
    with pytest.raises(CheckFailedError, match="expected"):
        judge_body(target, answer(OTHER_JSON))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_any_json_can_be_expected_as_it_is_written(document: object) -> None:
    written = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    sent = json.dumps(document).encode()
    target = HttpTarget(url="http://localhost/", json=(("$", written),), limit=10**6)

    assert judge_body(target, answer(sent)) == ""


def test_a_long_value_is_cut_with_a_mark() -> None:
    target = HttpTarget(url="http://localhost/", json=(("$.a", "x"),))

    with pytest.raises(CheckFailedError, match=r'\$\.a is "y{80}…", expected "x"'):
        judge_body(target, answer(json.dumps({"a": "y" * 81}).encode()))


async def test_a_big_answer_of_our_own_server_comes_whole() -> None:
    document = json.dumps({"rows": ["x" * 90] * 9000, "state": "up"}).encode()
    assert len(document) < KIB * KIB

    outcome = await visit(
        answering(saying(response(body=document), closing)),
        json=(("$.state", "up"),),
        limit=KIB * KIB,
    )

    assert_passed(outcome, "status 200")
